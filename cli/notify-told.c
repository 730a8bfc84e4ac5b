/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "cli.h"
#include "dict.h"
#include "notify.h"

#include <relaysentry/compile.h>
#include <relaysentry/readfile.h>
#include <relaysentry/userkey.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* Some million users. */
#define FILE_MAX (256U * 1024 * 1024)
#define FILE_MODE 0600U
#define HEADING "# Who was told of which relay, and when: user, relay, seconds since 1970.\n"

struct notify_told {
	const char *path; /* NULL: in a dict */
	bool dry;

	char *text; /* lines of the file; of a dict what was not written */
	size_t len;
	struct stat identity; /* of the file that text is of */
	char *lock_path;
	int lock; /* -1: not held */

	struct rs_dict_uri uri;
	const char *base_dir;
	struct rs_cli_dict *dict; /* NULL: not connected */
};

struct notify_told *rs_notify_told_new(const struct rs_policy *policy, const char *path,
				       const char *base_dir, bool dry)
{
	struct notify_told *told = calloc(1, sizeof(*told));
	const char *error;

	if (told == NULL)
		return NULL;
	told->path = path;
	told->base_dir = base_dir;
	told->dry = dry;
	told->lock = -1;
	told->text = strdup(HEADING);
	told->len = sizeof(HEADING) - 1;
	if (path == NULL)
		/* The policy was read, so that it is one. */
		(void)rs_dict_uri_parse(rs_policy_state(policy)->dict, &told->uri, &error);
	else if (asprintf(&told->lock_path, "%s.lock", path) < 0)
		told->lock_path = NULL;
	if (told->text == NULL || (path != NULL && told->lock_path == NULL))
		rs_notify_told_free(&told);
	return told;
}

void rs_notify_told_free(struct notify_told **_told)
{
	struct notify_told *told = *_told;

	*_told = NULL;
	if (told == NULL)
		return;
	rs_notify_told_end(told);
	rs_notify_told_rest(told);
	free(told->lock_path);
	free(told->text);
	free(told);
}

/* --- text --- */

/* The line of a pair begins so, behind a newline. Returns its length, or -1. */
static int line_begin(const struct notify_login *login, char **begin_r)
{
	/* Neither a user key nor an id has a blank. */
	return asprintf(begin_r, "\n%s %s ", login->key, login->relay);
}

static int text_has(const struct notify_told *told, const struct notify_login *login, bool *known_r)
{
	char *begin;
	int len = line_begin(login, &begin);

	if (len < 0)
		return rs_cli_no_memory();
	*known_r = memmem(told->text, told->len, begin, (size_t)len) != NULL;
	free(begin);
	return 0;
}

static int text_add(struct notify_told *told, const struct notify_login *login, int64_t now)
{
	char *line, *longer;
	int len = asprintf(&line, "%s %s %" PRId64 "\n", login->key, login->relay, now);

	if (len < 0)
		return rs_cli_no_memory();
	longer = realloc(told->text, told->len + (size_t)len + 1);
	if (longer == NULL) {
		free(line);
		return rs_cli_no_memory();
	}
	memcpy(longer + told->len, line, (size_t)len + 1);
	told->text = longer;
	told->len += (size_t)len;
	free(line);
	return 0;
}

/* --- file --- */

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* What others have written, or an administrator has taken out. A file that is away is an
 * empty one; what a dry run remembers stays. */
static int load(struct notify_told *told)
{
	struct rs_diags *diags;
	struct stat now;
	char *text, *longer;
	size_t len;
	int status = 0;

	if (stat(told->path, &now) < 0 && errno == ENOENT) {
		if (!told->dry) {
			told->len = sizeof(HEADING) - 1;
			told->text[told->len] = '\0';
			told->identity = (struct stat){ 0 };
		}
		return 0;
	}
	if (is_same(&now, &told->identity))
		return 0;
	diags = rs_diags_new();
	if (rs_readfile(told->path, FILE_MAX, &text, &len, &now, diags) < 0) {
		rs_cli_print_diags(diags);
		status = rs_diags_memory_short(diags) ? EX_OSERR : EX_NOINPUT;
	} else if ((longer = realloc(text, len + 2)) == NULL) {
		free(text);
		status = rs_cli_no_memory();
	} else {
		/* Each line of a pair stands behind a newline, and ends with one. */
		if (len == 0 || longer[len - 1] != '\n')
			longer[len++] = '\n';
		longer[len] = '\0';
		free(told->text);
		told->text = longer;
		told->len = len;
		told->identity = now;
	}
	rs_diags_free(&diags);
	return status;
}

static int cannot_lock(const struct notify_told *told)
{
	rs_cli_message(RS_LEVEL_ERROR,
		       "%s: cannot be locked: %s; make its folder writable for this user, or name "
		       "another file with --state",
		       told->lock_path, strerror(errno));
	return EX_CANTCREAT;
}

/* Waits for who tells somebody else: a mail at the most. */
static int lock(struct notify_told *told)
{
	if (told->dry)
		return 0;
	told->lock = open(told->lock_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY,
			  FILE_MODE);
	if (told->lock == -1)
		return cannot_lock(told);
	while (flock(told->lock, LOCK_EX) < 0) {
		if (errno == EINTR)
			continue;
		(void)cannot_lock(told);
		rs_notify_told_end(told);
		return EX_CANTCREAT;
	}
	return 0;
}

static int write_file(struct notify_told *told)
{
	struct rs_diags *diags = rs_diags_new();
	int status = 0;

	if (rs_publish(told->path, told->text, told->len, FILE_MODE, false, diags) < 0) {
		rs_cli_print_diags(diags);
		status = diags == NULL || rs_diags_memory_short(diags) ? EX_OSERR : EX_CANTCREAT;
		/* What is there is read again. */
		told->identity = (struct stat){ 0 };
	} else if (stat(told->path, &told->identity) < 0) {
		told->identity = (struct stat){ 0 };
	}
	rs_diags_free(&diags);
	return status;
}

/* --- dict --- */

static int connect_dict(struct notify_told *told)
{
	if (told->dict != NULL)
		return 0;
	return rs_cli_dict_open(&told->uri, told->base_dir, 0, &told->dict);
}

static int look_up(struct notify_told *told, const struct notify_login *login, bool *known_r)
{
	char key[RS_DICT_KEY_SIZE], *value;
	int status = connect_dict(told);

	if (status != 0)
		return status;
	(void)rs_dict_key(login->key, RS_DICT_TOLD, login->relay, key);
	status = rs_cli_dict_lookup(told->dict, key, &value);
	if (status != 0) {
		rs_notify_told_rest(told);
		return status;
	}
	/* Whatever it holds: better once too few than twice. */
	*known_r = value != NULL;
	free(value);
	return 0;
}

static int write_dict(struct notify_told *told, const struct notify_login *login, int64_t now)
{
	char key[RS_DICT_KEY_SIZE], value[RS_CLI_TIME_LEN];
	struct rs_dict_change change = { .key = key, .value = value };
	int status = connect_dict(told);

	if (status != 0)
		return status;
	(void)rs_dict_key(login->key, RS_DICT_TOLD, login->relay, key);
	(void)snprintf(value, sizeof(value), "time=%" PRId64, now);
	status = rs_cli_dict_commit(told->dict, &change, 1, 0);
	if (status != 0)
		rs_notify_told_rest(told);
	return status;
}

/* --- both --- */

int rs_notify_told_begin(struct notify_told *told, const struct notify_login *login, bool *known_r)
{
	int status;

	*known_r = false;
	if (told->path == NULL) {
		status = text_has(told, login, known_r);
		if (status == 0 && !*known_r)
			status = look_up(told, login, known_r);
		return status;
	}
	status = lock(told);
	if (status != 0)
		return status;
	status = load(told);
	if (status == 0)
		status = text_has(told, login, known_r);
	if (status != 0)
		rs_notify_told_end(told);
	return status;
}

int rs_notify_told_record(struct notify_told *told, const struct notify_login *login, int64_t now)
{
	int status;

	if (told->path == NULL && !told->dry)
		return write_dict(told, login, now);
	status = text_add(told, login, now);
	return status != 0 || told->dry ? status : write_file(told);
}

void rs_notify_told_end(struct notify_told *told)
{
	if (told->lock != -1)
		close(told->lock);
	told->lock = -1;
}

void rs_notify_told_rest(struct notify_told *told)
{
	rs_cli_dict_close(&told->dict);
}

int rs_notify_told_count(struct notify_told *told, int64_t since, size_t *count_r)
{
	const char *line, *end;
	int status;

	*count_r = 0;
	if (told->path == NULL)
		return 0;
	/* What cannot be written is said before anybody is told. */
	status = lock(told);
	if (status == 0)
		status = load(told);
	rs_notify_told_end(told);
	for (line = told->text; (end = strchr(line, '\n')) != NULL; line = end + 1) {
		const char *word = memrchr(line, ' ', (size_t)(end - line));

		if (*line != '#' && word != NULL && strtoll(word + 1, NULL, 10) > since)
			(*count_r)++;
	}
	return status;
}

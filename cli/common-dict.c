/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "cli.h"
#include "dict-internal.h"

#include <relaysentry/userkey.h>

#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A key that nobody has: which protocol is spoken, only an answer tells. */
#define PROBE_KEY RS_DICT_PREFIX "-/-"
/* How long to wait before a full queue of the socket is tried again. */
#define RETRY_MSECS 50

static void take_answer(enum rs_dict_result result, const char *key, const char *text,
			void *context)
{
	struct answer *answer = context;

	if (key != NULL) {
		if (answer->status == 0)
			answer->status = answer->row(key, text, answer->context);
		return;
	}
	answer->done = true;
	answer->result = result;
	if (text != NULL) {
		answer->text = strdup(text);
		answer->no_memory = answer->text == NULL;
	}
}

/* --- connection --- */

static int complain_of_connect(const struct rs_cli_dict *dict, int error)
{
	const struct group *group = NULL;
	struct stat st;

	switch (error) {
	case EACCES:
	case EPERM:
		if (stat(dict->path, &st) == 0 && (st.st_mode & S_IWGRP) != 0)
			group = getgrgid(st.st_gid);
		return rs_dict_complain(
			dict, EX_NOPERM,
			"permission denied; run this as root or as a member of the group "
			"\"%s\"",
			group != NULL ? group->gr_name : "dovecot");
	case ENOENT:
	case ENOTDIR:
		return rs_dict_complain(
			dict, EX_UNAVAILABLE, "there is no such socket; start Dovecot, or %s",
			dict->uri.socket[0] != '\0'
				? "correct what \"dict\" in the policy names"
				: "give its base_dir (doveconf -h base_dir) with --base-dir");
	case ECONNREFUSED:
		return rs_dict_complain(dict, EX_UNAVAILABLE,
					"nobody listens there; start Dovecot");
	case EAGAIN:
		return rs_dict_complain(dict, EX_TEMPFAIL,
					"no connection within %u s: too many wait there; look into "
					"Dovecot's log",
					dict->seconds);
	}
	return rs_dict_complain(dict, EX_UNAVAILABLE, "cannot connect: %s", strerror(error));
}

/* Returns 0, or errno. */
static int connect_socket(struct rs_cli_dict *dict)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	memcpy(address.sun_path, dict->path, sizeof(dict->path));
	dict->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (dict->fd < 0)
		return errno;
	while (connect(dict->fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
		int error = errno;

		/* The queue is full: there is nothing else to wait for. */
		if (error == EAGAIN && rs_dict_msecs_left(dict) > 0)
			(void)poll(NULL, 0, RETRY_MSECS);
		else if (error != EINTR) {
			close(dict->fd);
			dict->fd = -1;
			return error;
		}
	}
	return 0;
}

/* Who speaks another major version, or has no dictionary of this name, closes the connection
 * and says nothing. */
static int try_major(struct rs_cli_dict *dict, unsigned major, bool *refused_r)
{
	struct answer answer = { 0 };
	const char *detail = "";
	enum outcome outcome;
	int error, status;

	*refused_r = false;
	rs_dictproto_free(&dict->proto);
	dict->proto = rs_dictproto_new(major, dict->uri.name);
	if (dict->proto == NULL ||
	    rs_dictproto_lookup(dict->proto, PROBE_KEY, take_answer, &answer) == 0)
		return rs_cli_no_memory();
	error = connect_socket(dict);
	if (error != 0)
		return complain_of_connect(dict, error);
	outcome = rs_dict_exchange(dict, &answer, &detail);
	*refused_r = outcome == CLOSED;
	if (outcome == ANSWERED)
		/* If the dictionary fails, the command will say so. */
		status = 0;
	else if (*refused_r)
		status = rs_dict_give_up(dict, EX_CONFIG);
	else
		status = rs_dict_outcome_failed(dict, outcome, detail, "a first lookup", "");
	free(answer.text);
	return status;
}

static int try_majors(struct rs_cli_dict *dict)
{
	static const unsigned majors[] = { 4, 3 };
	bool refused = true;
	int status = 0;

	rs_dict_begin_to_wait(dict);
	for (size_t i = 0; i < sizeof(majors) / sizeof(*majors) && refused; i++)
		status = try_major(dict, majors[i], &refused);
	if (refused)
		rs_dict_complain(
			dict, 0,
			"Dovecot closes the connection: it has no such dictionary, or cannot open "
			"it; add it to dovecot.conf (2.3: dict { %s = ... }, 2.4: dict_server { "
			"dict %s { ... } }), or look into Dovecot's log",
			dict->uri.name, dict->uri.name);
	return status;
}

int rs_cli_dict_open(const struct rs_dict_uri *uri, const char *base_dir, unsigned seconds,
		     struct rs_cli_dict **dict_r)
{
	struct rs_cli_dict *dict = calloc(1, sizeof(*dict));
	int len, status;

	*dict_r = NULL;
	if (dict == NULL)
		return rs_cli_no_memory();
	dict->uri = *uri;
	dict->fd = -1;
	dict->seconds = seconds > 0 ? seconds : RS_CLI_DICT_SECONDS;
	if (base_dir == NULL)
		base_dir = RS_DEFAULT_BASE_DIR;
	if (uri->socket[0] != '\0')
		len = snprintf(dict->path, sizeof(dict->path), "%s", uri->socket);
	else
		len = snprintf(dict->path, sizeof(dict->path), "%s/dict", base_dir);
	if (len < 0 || (size_t)len >= sizeof(dict->path)) {
		rs_cli_message(RS_LEVEL_ERROR,
			       "%s/dict: the path is too long for a socket; no Dovecot can listen "
			       "there",
			       base_dir);
		status = EX_UNAVAILABLE;
	} else {
		status = try_majors(dict);
	}
	if (status == 0)
		*dict_r = dict;
	else
		rs_cli_dict_close(&dict);
	return status;
}

void rs_cli_dict_close(struct rs_cli_dict **_dict)
{
	struct rs_cli_dict *dict = *_dict;

	*_dict = NULL;
	if (dict == NULL)
		return;
	if (dict->fd != -1)
		close(dict->fd);
	rs_dictproto_free(&dict->proto);
	free(dict);
}

/* --- commands --- */

/* As Dovecot's dict-fail.c says it, in 2.3 and 2.4. */
static bool is_unsupported(const char *text)
{
	static const char begin[] = "Unsupported operation";

	return strncmp(text, begin, sizeof(begin) - 1) == 0;
}

/* Waits for the answer to the command with this number. Returns 0 when there is one that is
 * no failure. */
static int wait_for(struct rs_cli_dict *dict, uint64_t number, struct answer *answer,
		    const char *doing, const char *uncertain)
{
	const char *detail = "";
	enum outcome outcome;

	if (number == 0 && dict->fd == -1)
		return dict->status;
	if (number == 0)
		return rs_dict_complain(dict, EX_OSERR,
					"cannot ask: memory is short, or the text too long");
	rs_dict_begin_to_wait(dict);
	outcome = rs_dict_exchange(dict, answer, &detail);
	if (outcome != ANSWERED)
		return rs_dict_outcome_failed(dict, outcome, detail, doing, uncertain);
	if (answer->no_memory)
		return rs_cli_no_memory();
	if (answer->result == RS_DICT_FAILED && answer->row != NULL && is_unsupported(answer->text))
		return RS_CLI_DICT_NO_LIST;
	if (answer->result == RS_DICT_FAILED)
		return rs_dict_complain(dict, EX_UNAVAILABLE,
					"%s failed: %s; look into Dovecot's log", doing,
					answer->text);
	return 0;
}

int rs_cli_dict_lookup(struct rs_cli_dict *dict, const char *key, char **value_r)
{
	struct answer answer = { 0 };
	int status;

	status = wait_for(dict, rs_dictproto_lookup(dict->proto, key, take_answer, &answer),
			  &answer, "the lookup", "");
	if (status != 0 || answer.result != RS_DICT_FOUND) {
		free(answer.text);
		answer.text = NULL;
	}
	*value_r = answer.text;
	return status;
}

int rs_cli_dict_iterate(struct rs_cli_dict *dict, const char *prefix, rs_cli_dict_row *row,
			void *context)
{
	struct answer answer = { .row = row, .context = context };
	int status;

	status = wait_for(dict, rs_dictproto_iterate(dict->proto, prefix, take_answer, &answer),
			  &answer, "the list", "");
	free(answer.text);
	return answer.status != 0 ? answer.status : status;
}

int rs_cli_dict_commit(struct rs_cli_dict *dict, const struct rs_dict_change *changes, size_t count,
		       unsigned expire_secs)
{
	struct answer answer = { 0 };
	int status;

	status = wait_for(
		dict,
		rs_dictproto_commit(dict->proto, changes, count, expire_secs, take_answer, &answer),
		&answer, "the change", ", and it may have been made all the same");
	free(answer.text);
	return status;
}

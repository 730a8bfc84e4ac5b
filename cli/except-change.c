/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "cli.h"
#include "except.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* How long to wait for who changes exceptions on this node, and how often to look. */
#define LOCK_MSECS 20000
#define LOOK_MSECS 50
/* A driver may answer a lookup with the old value for a moment. */
#define VERIFY_TRIES 20
#define VERIFY_MSECS 50
/* So long another node takes at most, in its turn, between reading and writing. */
#define SETTLE_MSECS 250
/* How often the change is made when others take it away. */
#define CHANGES_MAX 5

static void wait_msecs(int msecs)
{
	(void)poll(NULL, 0, msecs);
}

/* --- one at a time on this node --- */

/* The policy is a file that whoever gets so far can open, and that nobody else locks.
 * Locking needs no right to write. */
int rs_except_lock(const struct kept *kept, int *fd_r)
{
	const char *path = rs_policy_path(kept->policy);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	int error = fd != -1 ? 0 : errno, waited = 0;

	*fd_r = fd;
	while (error == 0 && flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR) {
			error = errno;
		} else if (waited >= LOCK_MSECS) {
			rs_cli_message(
				RS_LEVEL_ERROR,
				"%s: somebody else holds the lock, which lets one command at "
				"a time change exceptions, for %d s; try again",
				path, LOCK_MSECS / 1000);
			close(fd);
			return EX_TEMPFAIL;
		} else {
			wait_msecs(LOOK_MSECS);
			waited += LOOK_MSECS;
		}
	}
	if (error == 0)
		return 0;
	rs_cli_message(RS_LEVEL_ERROR, "%s: cannot be locked: %s", path, strerror(error));
	if (fd != -1)
		close(fd);
	return EX_OSERR;
}

/* --- reading --- */

/* quiet: a faulty value was warned of before. */
static int read_list(const struct except *except, bool quiet, struct rs_exceptions **list_r)
{
	char key[RS_DICT_KEY_SIZE], *value;
	bool faulty;
	int status;

	*list_r = NULL;
	(void)rs_dict_key(except->user.key, RS_DICT_EXCEPTIONS, NULL, key);
	status = rs_cli_dict_lookup(except->kept.exceptions, key, &value);
	if (status == 0)
		status = rs_kept_parse(except->user.key, value, list_r, quiet ? &faulty : NULL);
	free(value);
	return status;
}

static const struct rs_exception *find(const struct rs_exceptions *list, const char *relay)
{
	for (size_t i = 0; i < rs_exceptions_count(list); i++) {
		const struct rs_exception *item = rs_exceptions_get(list, i);

		if (strcmp(item->relay, relay) == 0)
			return item;
	}
	return NULL;
}

/* Whether the change is there, or another one for the same relay that came behind it. */
static bool has_change(const struct except *except, const struct rs_exceptions *list)
{
	const struct rs_exception *item = find(list, except->relay);

	if (item == NULL)
		return except->remove;
	return item->since >= except->kept.now && (!except->remove || item->since != 0);
}

/* Returns 0 and *there_r. */
static int verify(const struct except *except, int tries, bool *there_r)
{
	struct rs_exceptions *list;
	int status = 0;

	*there_r = false;
	for (int i = 0; i < tries && status == 0 && !*there_r; i++) {
		if (i > 0)
			wait_msecs(VERIFY_MSECS);
		status = read_list(except, true, &list);
		*there_r = status == 0 && has_change(except, list);
		rs_exceptions_free(&list);
	}
	return status;
}

/* --- changing --- */

static int put(struct except *except, struct rs_exceptions *list)
{
	int ret = rs_exceptions_put(list, &except->put);

	if (ret == 0)
		return 0;
	if (ret == -1)
		return rs_cli_no_memory();
	rs_cli_message(RS_LEVEL_ERROR,
		       "the user has too many exceptions, %zu; at most %u, in %u bytes, are "
		       "possible: remove some, or write shorter reasons",
		       rs_exceptions_count(list), RS_EXCEPTIONS_MAX, RS_EXCEPTIONS_TEXT_MAX);
	return EX_DATAERR;
}

/* Until the last of them ends, for drivers that forget by themselves. */
static unsigned expire_secs(const struct except *except, const struct rs_exceptions *list)
{
	int64_t longest = 1;

	for (size_t i = 0; i < rs_exceptions_count(list); i++) {
		int64_t left = rs_exceptions_get(list, i)->not_after - except->kept.now;

		longest = left > longest ? left : longest;
	}
	return longest < UINT32_MAX ? (unsigned)longest : 0;
}

static int write_list(struct except *except, const struct rs_exceptions *list)
{
	char key[RS_DICT_KEY_SIZE];
	struct rs_dict_change change = { .key = key };
	char *text = NULL;
	int status;

	if (rs_exceptions_count(list) > 0) {
		text = rs_exceptions_text(list);
		if (text == NULL)
			return rs_cli_no_memory();
	}
	change.value = text;
	(void)rs_dict_key(except->user.key, RS_DICT_EXCEPTIONS, NULL, key);
	if (!except->sent)
		rs_except_hold(&except->signals);
	except->sent = true;
	status = rs_cli_dict_commit(except->kept.exceptions, &change, 1, expire_secs(except, list));
	free(text);
	return status;
}

/* Changes the list as it is now. *again: the change was there before, and is lost. */
static int change_once(struct except *except, bool again)
{
	const struct rs_exception *old;
	int status;

	rs_exceptions_free(&except->list);
	status = read_list(except, again, &except->list);
	if (status != 0)
		return status;
	old = find(except->list, except->relay);
	if (!again)
		except->was_until = old != NULL ? old->not_after : 0;
	if (except->remove && old == NULL && !again) {
		rs_cli_message(RS_LEVEL_ERROR,
			       "%s has no exception for %s; \"relaysentry except --list\" tells "
			       "which there are",
			       except->user.name, except->relay);
		return RS_EX_NO;
	}
	(void)rs_exceptions_remove(except->list, except->relay, except->kept.now);
	(void)rs_exceptions_remove(except->list, NULL, except->kept.now);
	if (!except->remove)
		status = put(except, except->list);
	return status != 0 ? status : write_list(except, except->list);
}

/* *there_r: it was written, and is there. */
static int change_locked(struct except *except, bool again, bool *there_r)
{
	int fd, status = rs_except_lock(&except->kept, &fd);

	*there_r = false;
	if (status != 0)
		return status;
	status = change_once(except, again);
	if (status == 0)
		status = verify(except, VERIFY_TRIES, there_r);
	close(fd);
	return status;
}

/* A dictionary has no way to write a value only if it is still the one that was read.
 * On one node the lock does for that; of another node's change at the same moment each
 * of the two learns when it looks again. */
static int change(struct except *except)
{
	bool there = false;
	int status = 0;

	for (int i = 0; i < CHANGES_MAX && status == 0 && !there; i++) {
		status = change_locked(except, i > 0, &there);
		if (status == 0 && there) {
			wait_msecs(SETTLE_MSECS);
			status = verify(except, 1, &there);
		}
	}
	if (status != 0 || there)
		return status;
	rs_cli_message(RS_LEVEL_ERROR,
		       "what was written is not there: others change the exceptions of %s at the "
		       "same moment, or the dictionary does not keep them; try again",
		       except->user.name);
	return EX_TEMPFAIL;
}

int rs_except_change(struct except *except)
{
	int status = change(except);

	if (except->sent) {
		rs_except_log(except, status == 0);
		rs_except_let_go(&except->signals);
	}
	return status;
}

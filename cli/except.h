/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_CLI_EXCEPT_H
#define RELAYSENTRY_CLI_EXCEPT_H

/* What the files of the command except share. All functions return 0, or an exit status
 * with a message. */

#include "kept.h"

#include <signal.h>
#include <stdbool.h>

struct except {
	struct kept kept;
	struct kept_user user;
	const char *relay; /* an id, "@class" or "*" */
	/* To be put; its relay is that above. Not used when it is removed. */
	struct rs_exception put;
	bool remove, json;
	/* What was found and done. */
	struct rs_exceptions *list; /* as it is now */
	bool sent;		    /* something may have been changed */
	sigset_t signals;	    /* that were held back before */
	int64_t was_until; /* of the one in whose place it came, or that is removed; 0: none */
};

/* Reads the list, changes it and writes it, so that no other change is lost, and logs
 * that (except-change.c). RS_EX_NO when there is nothing to remove. */
int rs_except_change(struct except *except);

/* Waits until no other command of this node changes exceptions. *fd_r: to be closed when
 * the change is made. EX_TEMPFAIL when that takes too long (except-change.c). */
int rs_except_lock(const struct kept *kept, int *fd_r);

/* One line to syslog: what was done, for whom, by whom (except-log.c). done: false when it
 * is not known whether it was. */
void rs_except_log(const struct except *except, bool done);
/* Around a change and its line: nobody shall make one and keep it out of the log, not by a
 * timer that came with the process either. */
void rs_except_hold(sigset_t *before_r);
void rs_except_let_go(const sigset_t *before);
/* The name of who runs this, for people. Returns buf. */
#define RS_EXCEPT_NAME_SIZE 256
const char *rs_except_own_name(char buf[RS_EXCEPT_NAME_SIZE]);

/* What a change has led to (except-tell.c). */
int rs_except_tell(const struct except *except);
/* Prints the exceptions of one user, or with user NULL of all. */
int rs_except_list(struct except *except, const struct kept_user *user);
/* Writes the members of an exception into the object that is open. */
struct rs_jsonw;
void rs_except_json(struct rs_jsonw *w, const struct rs_exception *item, int64_t now);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_CLI_WHY_H
#define RELAYSENTRY_CLI_WHY_H

/* What the files of the command why share. */

#include "kept.h"

#include <relaysentry/decide.h>

#include <stdbool.h>

/* What can be done for a login that is denied. */
enum why_advice {
	WHY_LET_IN,    /* it is not denied */
	WHY_EXCEPT,    /* an exception would let it in: the command is in advice */
	WHY_NO_DICT,   /* the policy names no dictionary of exceptions */
	WHY_NO_RULE,   /* no rule asks for exceptions */
	WHY_OTHER_RULE /* the rule that denies it comes before */
};

struct why_relay {
	char *id;
	const struct rs_relay *relay; /* NULL: the database does not know it (any more) */
	bool was_seen;
	struct rs_seen seen;
	bool was_told; /* by mail, as the dict knows */
	int64_t told;  /* 0: nobody knows when */
	/* Of a login today, when the database knows the relay. */
	struct rs_ip address;
	const char *service, *rule, *reason;
	enum rs_action action, decided;
	char *entry; /* NULL: no user entry decided */
	enum why_advice advice;
	char *command; /* of WHY_EXCEPT */
};

/* The newest verdicts about logins of the user that a log tells of. */
#define WHY_VERDICTS 5U
struct why_log {
	const char *path;	   /* NULL: none is read */
	char *lines[WHY_VERDICTS]; /* the newest, the i-th in place i % WHY_VERDICTS */
	size_t count;		   /* of all that were found */
};

struct why {
	struct kept kept;
	struct kept_user user;
	struct rs_login fields;	    /* of the passdbs, as options tell them */
	struct rs_exceptions *list; /* NULL: the policy names no dictionary for them */
	struct why_relay *relays;   /* in the order of their ids */
	size_t relay_count;
	size_t faulty; /* records of what was seen */
	struct why_log log;
};

/* Finds what there is to tell (why-find.c). Returns 0, or an exit status with a message. */
int rs_why_find(struct why *why);
void rs_why_free(struct why *why);
/* The command that lets in (why-advice.c); to be freed. NULL when memory is short. */
char *rs_why_command(const struct why *why, const char *relay);

/* Reads it, line by line, to its end (why-log.c). Returns 0, or an exit status with a
 * message. */
int rs_why_read_log(struct why *why);

/* Print it (why-print.c). The same. */
int rs_why_print(const struct why *why);
int rs_why_print_json(const struct why *why);
/* Of them, the part about the log (why-log.c); nothing when none was read. */
void rs_why_print_log(const struct why *why);
struct rs_jsonw;
void rs_why_put_log(struct rs_jsonw *w, const struct why *why);
/* Before each line for people: what it is about. */
#define WHY_LABEL "  %-10s "

#endif

/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_CLI_CHECK_H
#define RELAYSENTRY_CLI_CHECK_H

/* What the files of the command check share. */

#include <relaysentry/decide.h>

#include <stdbool.h>

struct rs_cli_dict;

struct check {
	struct rs_catalogue *catalogue; /* for the apps seen; NULL: none */
	struct rs_policy *policy;	/* NULL: only relays are shown */
	struct rs_relaydb *db;
	struct rs_verdict *verdict;	  /* NULL without a policy */
	struct rs_login login;		  /* all facts but address and, from stdin, user */
	struct rs_exceptions *exceptions; /* of the login; NULL: none was named */
	struct rs_cli_dict *dict;	  /* that is asked for them; NULL: none is */
	char *asked;			  /* the user it was asked about last, NULL: nobody */
	int dict_status;		  /* why it was not answered, 0: it was */
	bool json;
};

/* Reads an address, or "none" for a login without one; as rs_ip_parse(). */
int rs_check_address(const char *text, struct rs_ip *ip_r, const char **error_r);
/* Warns about a service that no rule would know, such as a slip of the pen. */
void rs_check_service(const char *service);
/* Adds an exception, RELAY or RELAY=TIME (check-exception.c). Returns 0; -1 when memory
 * is short, -2 when it is none or one too many. */
int rs_check_exception(struct check *check, const char *text);
/* When the policy names a dict and no exception was named: says so in the facts. The
 * dict is that of Dovecot, which may run elsewhere or not at all. */
void rs_check_exceptions_pending(struct check *check);
/* Connects to the policy's dict, in which the exceptions of each login are looked up
 * that a rule asks for. Returns 0, or an exit status with a message. */
int rs_check_open_dict(struct check *check, const char *base_dir);
/* Before a decision: what was looked up for another user is forgotten. */
void rs_check_begin_login(struct check *check);
/* After one that wants exceptions: whether they are known now. */
bool rs_check_look_up(struct check *check);
/* What is said of a verdict that wants exceptions. Returns buf. */
#define RS_CHECK_NOTE_SIZE 320
const char *rs_check_not_looked_up(const struct check *check, char buf[RS_CHECK_NOTE_SIZE]);
/* Fills in what the mechanism tells: the credential, and whether it was verified
 * before the decision. Each only when asked for. */
void rs_check_mechanism(struct rs_login *login, bool credential, bool verified);
/* Fills in what is known of TLS when no option says it. */
void rs_check_tls(struct rs_login *login);

/* Checks one address and prints all about it (check-print.c). denied_r: whether
 * the login is refused. Returns 0 or an exit status with a message. */
int rs_check_one(struct check *check, const struct rs_ip *ip, const char *text, bool *denied_r);

/* Checks the lines of stdin and prints a summary (check-lines.c). The same. */
int rs_check_lines(struct check *check, bool *denied_r);

/* Decides about check->login. Without a policy only the match is looked up. */
const struct rs_match *rs_check_decide(struct check *check);

#endif

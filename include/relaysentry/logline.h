/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_LOGLINE_H
#define RELAYSENTRY_LOGLINE_H

/* The structured log line: key=value pairs that no value can forge. */

#include <relaysentry/decide.h>
#include <relaysentry/login.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The longest value after escaping, in bytes. */
#define RS_LOG_VALUE_MAX 255
/* Room for any line that rs_log_line() writes, including NUL. */
#define RS_LOG_LINE_MAX 4096

/* Writes value into buf[RS_LOG_VALUE_MAX + 1]: blank, '=', '"', '\', control
 * bytes, DEL, bytes that are not UTF-8, C1 controls, line separators and the
 * controls of text direction (lib/utf8.h) as \xNN of each byte. Cut to
 * RS_LOG_VALUE_MAX so that no character and no \xNN is split. An empty value is
 * written as "-"; a value that is "-" as \x2d. NULL as "-". Returns buf. */
const char *rs_log_escape(const char *value, char buf[RS_LOG_VALUE_MAX + 1]);

/* The user entry that led to this report: that of the verdict, when the report is
 * of the rule that ended the decision. NULL: none. */
const char *rs_log_entry(const struct rs_verdict *verdict, const struct rs_report *report);

/* What a line says. */
struct rs_log_facts {
	const char *action; /* rs_action_name() */
	bool enforced;
	const char *relay, *class_, *network; /* NULL: no relay */
	const char *rule;
	enum rs_credential credential;
	bool verified;
	const char *const *tags;
	size_t tag_count;
	const char *entry;	/* NULL: none */
	const char *outcome;	/* NULL: not told, and so for those below */
	const char *first_seen; /* "yes", "no" */
	uint64_t repeated;	/* logins since the last such line; 0: not told */
};

/* What a report says; the strings are those of the login, the verdict and its policy.
 * The last three are left out. */
void rs_log_facts_set(struct rs_log_facts *facts_r, const struct rs_login *login,
		      const struct rs_verdict *verdict, const struct rs_report *report);

/* Writes `relaysentry: action=deny enforced=yes relay=... class=... network=...
 * rule=... credential=... verified=yes` (then tags=a,b entry=... outcome=denied
 * first_seen=yes repeated=17, where there are any) into buf; a comma within a tag is
 * escaped too. Returns its length. */
size_t rs_log_line(const struct rs_log_facts *facts, char buf[RS_LOG_LINE_MAX]);

/* --- reading --- */

/* Of the line; no NUL follows. */
struct rs_log_span {
	const char *text;
	size_t len;
};

/* A line as it stands in Dovecot's log. */
struct rs_log_read {
	struct rs_log_span time; /* as it is written there: often without a year */
	struct rs_log_span user, address;
	struct rs_log_span action, enforced, relay, rule; /* escaped; "-": none */
	struct rs_log_span outcome; /* len 0: the line is of an older release */
};

/* The longest name that Dovecot shows as it is, in bytes. */
#define RS_LOG_USER_MAX 64U
/* Whether a name in Dovecot's log can only be of the user who is called so: it has no
 * brackets, no question mark and no #, is printable, and neither too long nor cut. */
bool rs_log_user_certain(const char *name, size_t len);

/* Reads a line of len bytes, without its newline, of Dovecot 2.3 or 2.4, in a file of its
 * own or of syslog. Returns 1 when it tells of a login from a relay whose user is certain,
 * whatever names others have: all of the line is looked at; else 0, or -1 when memory is
 * short. */
int rs_log_read(const char *line, size_t len, struct rs_log_read *read_r);

#endif

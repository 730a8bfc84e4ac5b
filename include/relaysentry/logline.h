/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_LOGLINE_H
#define RELAYSENTRY_LOGLINE_H

/* The structured log line: key=value pairs that no value can forge. */

#include <relaysentry/decide.h>
#include <relaysentry/login.h>

#include <stddef.h>

/* The longest value after escaping, in bytes. */
#define RS_LOG_VALUE_MAX 255
/* Room for any line that rs_log_report() writes, including NUL. */
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

/* Writes `relaysentry: action=deny enforced=yes relay=... class=... network=...
 * rule=... credential=... verified=yes` (then tags=a,b entry=... when there are any) into buf;
 * a comma within a tag is escaped too. entry= is rs_log_entry(). Returns its length. */
size_t rs_log_report(const struct rs_login *login, const struct rs_verdict *verdict,
		     const struct rs_report *report, char buf[RS_LOG_LINE_MAX]);

#endif

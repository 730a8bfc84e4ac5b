/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_CLI_AUDIT_TEXT_H
#define RELAYSENTRY_CLI_AUDIT_TEXT_H

/* What the files share that print the report of `relaysentry audit` for a terminal:
 * audit-text.c prints sentences, audit-tables.c tables. */

#include "audit.h"

/* width: columns of the terminal, 0: no limit. */

/* 2026-11-22, in UTC; "-" for no time. Returns buf. */
const char *rs_audit_date(int64_t time, char buf[RS_WHEN_LEN]);
/* The same with hour and minute. */
const char *rs_audit_minute(int64_t time, char buf[RS_WHEN_LEN]);
/* A line for what comes, behind an empty one. */
void rs_audit_heading(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Print tables, if there is something in them. Return 0, EX_OSERR with a message. */
int rs_audit_table_relays(const struct audit_report *report, size_t width);
int rs_audit_table_users(const struct audit_report *report, size_t width);
int rs_audit_table_addresses(const struct audit_report *report, size_t width);
int rs_audit_table_rules(const struct audit_report *report, size_t width);

#endif

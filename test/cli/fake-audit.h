/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_TEST_FAKE_AUDIT_H
#define RELAYSENTRY_TEST_FAKE_AUDIT_H

/* An audit that keeps the lines it gets, instead of what they tell; and what the command
 * would have said. */

#include "unit.h"

#include <relaysentry/audit.h>

/* What an audit got, one text: for each line in the order of files and lines its file,
 * offset, length, hash and time; "long" for one that was too long. Lives until the next
 * call. */
const char *fake_audit_text(struct rs_audit *audit);
/* Lines without a date among them, and how many audits there are. */
size_t fake_audit_lines(const struct rs_audit *audit);
int fake_audit_count(void);
/* The times of the first and the last line of a file, as "2026-11-25 2026-11-26". */
const char *fake_audit_span(struct rs_audit *audit, uint32_t file);

/* Memory is short after so many calls of rs_audit_lines(); -1: never. */
void fake_audit_fail_after(long calls);

/* How often a file was begun at its first line, of the one for which that was most, since
 * the last call. */
int fake_audit_passes(void);

/* Messages since the last call. */
const char *fake_messages(void);

void cli_suite_audit_names(CU_pSuite suite);
void cli_suite_audit_set(CU_pSuite suite);
void cli_suite_audit_years(CU_pSuite suite);
void cli_suite_audit_input(CU_pSuite suite);
void cli_suite_audit_feed(CU_pSuite suite);
void cli_suite_audit_progress(CU_pSuite suite);
void cli_suite_audit_run(CU_pSuite suite);

#endif

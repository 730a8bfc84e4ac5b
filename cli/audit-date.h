/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_CLI_AUDIT_DATE_H
#define RELAYSENTRY_CLI_AUDIT_DATE_H

/* The dates that lines of logs begin with, kept as they stand there until their year is
 * known. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Room for a date as a line begins with. */
#define AUDIT_DATE_LEN 40

struct audit_date {
	char text[AUDIT_DATE_LEN]; /* without NUL */
	unsigned char len;	   /* 0: there is none */
	bool named;		   /* it has no year of its own */
};

/* The first date in text that begins with a line; the last one. Their len is 0 when there
 * is none. */
void rs_audit_date_first(struct audit_date *date_r, const char *text, size_t len);
void rs_audit_date_last(struct audit_date *date_r, const char *text, size_t len);
/* When it was, in seconds since 1970; in that year where it has none. Returns false when
 * there was no such day. */
bool rs_audit_date_time(const struct audit_date *date, int year, int64_t *time_r);

#endif

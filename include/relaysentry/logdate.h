/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_LOGDATE_H
#define RELAYSENTRY_LOGDATE_H

/* The dates at the begin of log lines.
 *
 * `Nov 25 09:12:01` (RFC 3164, 4.1.2, and Dovecot's default) has neither year nor zone:
 * the year is the one that brings it closest to the date before it, the zone that of the
 * process (localtime_r()). `2026-11-25T09:12:01.123456+01:00` (RFC 3339, RFC 5424, and
 * with a blank for the T, with +0100, or without a zone) has all or some of it. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is known of dates before the next one is read. Zero-initialise, and set year. */
struct rs_logdate_context {
	int year;   /* of the date before; 0: not known, such dates are not read */
	int month;  /* of the date before, 1..12; 0: there was none, the next is in year */
	bool named; /* some date had no year of its own */
	/* How the last hour without a zone became UTC. */
	int64_t hour; /* since 1970, as the log counts it; with utc */
	int64_t utc;  /* seconds to add; valid when known */
	bool known;
};

/* Reads the date that the text of len bytes begins with. Returns how many bytes it has,
 * without a blank behind it, and *time_r in seconds since 1970-01-01 UTC; 0 when it begins
 * with none, or with one that does not exist. A leap second counts as the second before. */
size_t rs_logdate_parse(struct rs_logdate_context *context, const char *text, size_t len,
			int64_t *time_r);

/* The latest year in which month and day of a text `Nov 25 09:12:01` are not after limit
 * (seconds since 1970; in local time). 0: the text has a year of its own or is no date. */
int rs_logdate_year(const char *text, size_t len, int64_t limit);

/* The length of what may stand before the date: `<22>` of RFC 3164, and `<22>1 ` of RFC 5424,
 * 6.2, which is told. 0: there is none. */
size_t rs_log_priority(const char *line, size_t len, bool *rfc5424_r);

#endif

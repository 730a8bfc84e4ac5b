/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_WHEN_H
#define RELAYSENTRY_WHEN_H

/* Dates and times as a policy and the command line write them. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A time zone. While it is entered, the TZ variable of the process is set; one
 * at a time, not while other threads read the environment. */
struct rs_zone {
	const char *name; /* of the tz database; "UTC" needs no entering */
	char *saved;	  /* the TZ variable as it was, NULL: not set */
	bool entered;
};

/* Whether the tz database of this system has a zone of this name. */
bool rs_zone_exists(const char *name);
/* Puts the TZ variable back if the zone was entered. */
void rs_zone_leave(struct rs_zone *zone);

/* What a text stands for: *first_r is its first second, *end_r the first second
 * behind it, both since 1970-01-01 UTC. A date (2026-11-22) is a whole day in
 * the zone, which is entered when needed; a time (RFC 3339, 2026-11-22T08:00:00Z)
 * is one second. Returns 0; -1 with *error_r a constant fragment that fits
 * behind the quoted text, or rs_when_no_memory. */
extern const char rs_when_no_memory[];
int rs_when_parse(const char *text, struct rs_zone *zone, int64_t *first_r, int64_t *end_r,
		  const char **error_r);

/* Writes the time as 2026-11-22T08:00:00Z (RFC 3339) and returns buf; as seconds,
 * @1795000000, when it lies outside of the years 1970 to 9999. */
#define RS_WHEN_LEN 32
const char *rs_when_format(int64_t time, char buf[RS_WHEN_LEN]);

/* Reads "90s", "15m", "12h", "30d" or "4w" as seconds, 1 s to 3650 days.
 * Returns 0, or -1. */
int rs_duration_parse(const char *text, int64_t *seconds_r);

#endif

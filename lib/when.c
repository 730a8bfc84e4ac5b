/* SPDX-License-Identifier: MIT */
#include <relaysentry/when.h>

#include "civil.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define DAY RS_DAY
/* Beyond the year 9999 there is no RFC 3339. */
#define TIME_MAX INT64_C(253402300799)
/* No zone is further from UTC; enough room for days that begin late. */
#define ZONE_MAX (26 * 3600)

bool rs_zone_exists(const char *name)
{
	char path[256];
	int len;

	if (strcmp(name, "UTC") == 0)
		return true;
	if (!isalpha((unsigned char)name[0]) || strstr(name, "..") != NULL ||
	    name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
			      "0123456789/_+-")] != '\0' ||
	    name[strlen(name) - 1] == '/')
		return false;
	len = snprintf(path, sizeof(path), "/usr/share/zoneinfo/%s", name);
	if (len < 0 || (size_t)len >= sizeof(path) || access(path, R_OK) < 0)
		return false;
	/* "Europe" is a folder. */
	len = snprintf(path, sizeof(path), "/usr/share/zoneinfo/%s/.", name);
	return len > 0 && (size_t)len < sizeof(path) && access(path, F_OK) < 0;
}

static int zone_enter(struct rs_zone *zone)
{
	const char *old = getenv("TZ");

	if (zone->entered)
		return 0;
	if (old != NULL && (zone->saved = strdup(old)) == NULL)
		return -1;
	if (setenv("TZ", zone->name, 1) < 0) {
		free(zone->saved);
		zone->saved = NULL;
		return -1;
	}
	tzset();
	zone->entered = true;
	return 0;
}

void rs_zone_leave(struct rs_zone *zone)
{
	if (!zone->entered)
		return;
	if (zone->saved != NULL)
		setenv("TZ", zone->saved, 1);
	else
		unsetenv("TZ");
	tzset();
	free(zone->saved);
	zone->saved = NULL;
	zone->entered = false;
}

/* Reads exactly count digits. Returns the number and moves *text on; -1. */
static int digits(const char **text, int count)
{
	int value = 0;

	for (int i = 0; i < count; i++) {
		if (!isdigit((unsigned char)(*text)[i]))
			return -1;
		value = value * 10 + ((*text)[i] - '0');
	}
	*text += count;
	return value;
}

static bool skip(const char **text, const char *set)
{
	if (**text == '\0' || strchr(set, **text) == NULL)
		return false;
	(*text)++;
	return true;
}

/* Reads "YYYY-MM-DD". Returns 0 and the days since 1970, -1. */
static int parse_date(const char **text, int64_t *days_r, const char **error_r)
{
	int year, month = -1, day = -1;

	*error_r = "is no date; write YYYY-MM-DD, or a time like 2026-11-22T08:00:00Z";
	if ((year = digits(text, 4)) < 0 || !skip(text, "-") || (month = digits(text, 2)) < 0 ||
	    !skip(text, "-") || (day = digits(text, 2)) < 0)
		return -1;
	*error_r = "is a date that does not exist";
	if (month < 1 || month > 12 || day < 1 || day > rs_days_of_month(year, month))
		return -1;
	*error_r = "lies outside of the years 1970 to 9998";
	if (year < 1970 || year > 9998)
		return -1;
	*days_r = rs_days_from_civil(year, month, day);
	return 0;
}

/* Reads "HH:MM:SS", a fraction and an offset (RFC 3339, 5.6). */
static int parse_time(const char **text, int64_t *seconds_r, const char **error_r)
{
	int hour, minute = -1, second = -1, offset = 0;

	*error_r = "is no time; write it like 2026-11-22T08:00:00Z or "
		   "2026-11-22T08:00:00+01:00";
	if ((hour = digits(text, 2)) < 0 || !skip(text, ":") || (minute = digits(text, 2)) < 0 ||
	    !skip(text, ":") || (second = digits(text, 2)) < 0)
		return -1;
	if (skip(text, ".")) {
		if (digits(text, 1) < 0)
			return -1;
		while (digits(text, 1) >= 0)
			;
	}
	if (!skip(text, "Zz")) {
		int sign = **text == '-' ? -1 : 1, off_hour, off_minute = -1;

		if (!skip(text, "+-") || (off_hour = digits(text, 2)) < 0 || !skip(text, ":") ||
		    (off_minute = digits(text, 2)) < 0 || off_hour > 23 || off_minute > 59)
			return -1;
		offset = sign * (off_hour * 3600 + off_minute * 60);
	}
	if (**text != '\0' || hour > 23 || minute > 59 || second > 60)
		return -1;
	*seconds_r = hour * 3600 + minute * 60 + second - offset;
	return 0;
}

/* The date at this second in the zone that was entered, as days since 1970. */
static int64_t local_day(int64_t at)
{
	time_t t = (time_t)at;
	struct tm tm;

	if (localtime_r(&t, &tm) == NULL)
		return at / DAY;
	return rs_days_from_civil(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
}

/* The first second of a day in the zone: not always midnight, for some zones
 * put their clocks forward then. */
static int64_t day_start(int64_t day)
{
	int64_t low = day * DAY - ZONE_MAX, high = day * DAY + ZONE_MAX;
	time_t t = (time_t)(day * DAY);
	struct tm tm;

	if (localtime_r(&t, &tm) != NULL) {
		int64_t guess = day * DAY - tm.tm_gmtoff;

		if (local_day(guess) == day && local_day(guess - 1) == day - 1)
			return guess;
	}
	while (high - low > 1) {
		int64_t middle = low + (high - low) / 2;

		if (local_day(middle) >= day)
			high = middle;
		else
			low = middle;
	}
	return high;
}

const char rs_when_no_memory[] = "needs memory for its time zone";

int rs_when_parse(const char *text, struct rs_zone *zone, int64_t *first_r, int64_t *end_r,
		  const char **error_r)
{
	int64_t day, seconds;

	if (parse_date(&text, &day, error_r) < 0)
		return -1;
	/* RFC 3339, 5.6: a blank may stand for the T. */
	if (skip(&text, "Tt ")) {
		if (parse_time(&text, &seconds, error_r) < 0)
			return -1;
		*first_r = day * DAY + seconds;
		*end_r = *first_r + 1;
		return 0;
	}
	*error_r = "has something behind the date; write YYYY-MM-DD, or a time like "
		   "2026-11-22T08:00:00Z";
	if (*text != '\0')
		return -1;
	if (strcmp(zone->name, "UTC") == 0) {
		*first_r = day * DAY;
		*end_r = (day + 1) * DAY;
		return 0;
	}
	*error_r = rs_when_no_memory;
	if (zone_enter(zone) < 0)
		return -1;
	*first_r = day_start(day);
	*end_r = day_start(day + 1);
	return 0;
}

const char *rs_when_format(int64_t time, char buf[RS_WHEN_LEN])
{
	time_t t = (time_t)time;
	struct tm tm;

	if (time < 0 || time > TIME_MAX || gmtime_r(&t, &tm) == NULL ||
	    strftime(buf, RS_WHEN_LEN, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		snprintf(buf, RS_WHEN_LEN, "@%" PRId64, time);
	return buf;
}

int rs_duration_parse(const char *text, int64_t *seconds_r)
{
	static const char units[] = "smhdw";
	static const int64_t seconds[] = { 1, 60, 3600, DAY, 7 * DAY };
	const int64_t longest = 3650LL * DAY;
	int64_t value = 0;
	const char *unit;

	if (!isdigit((unsigned char)*text))
		return -1;
	for (; isdigit((unsigned char)*text); text++) {
		value = value * 10 + (*text - '0');
		if (value > longest)
			return -1;
	}
	if (*text == '\0' || text[1] != '\0' || (unit = strchr(units, *text)) == NULL)
		return -1;
	value *= seconds[unit - units];
	if (value < 1 || value > longest)
		return -1;
	*seconds_r = value;
	return 0;
}

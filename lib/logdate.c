/* SPDX-License-Identifier: MIT */
#include <relaysentry/logdate.h>

#include "civil.h"

#include <string.h>
#include <time.h>

/* What a date says of itself. */
struct date {
	int year, month, day; /* year 0: not said */
	int seconds;	      /* of the day */
	bool zoned;
	int offset; /* seconds east of UTC */
};

/* The number that count digits make; -1 when they are not all digits. */
static int number(const char *text, size_t count)
{
	int value = 0;

	for (size_t i = 0; i < count; i++) {
		unsigned digit = (unsigned char)text[i] - (unsigned)'0';

		if (digit > 9)
			return -1;
		value = value * 10 + (int)digit;
	}
	return value;
}

/* `09:12:01`, 8 bytes. */
static bool read_clock(const char *text, struct date *date)
{
	int hour = number(text, 2), minute = number(text + 3, 2), second = number(text + 6, 2);

	if (text[2] != ':' || text[5] != ':' || hour < 0 || hour > 23 || minute < 0 ||
	    minute > 59 || second < 0 || second > 60)
		return false;
	date->seconds = hour * 3600 + minute * 60 + (second == 60 ? 59 : second);
	return true;
}

static int read_month(const char *text)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	for (int month = 1; month <= 12; month++) {
		if (memcmp(names + (ptrdiff_t)3 * (month - 1), text, 3) == 0)
			return month;
	}
	return 0;
}

/* `Nov 25 09:12:01`; a day of one digit has a second blank before it. */
static size_t read_rfc3164(const char *text, size_t len, struct date *date)
{
	if (len < 15 || text[3] != ' ' || text[6] != ' ' || (date->month = read_month(text)) == 0 ||
	    !read_clock(text + 7, date))
		return 0;
	date->day = number(text + (text[4] == ' ' ? 5 : 4), text[4] == ' ' ? 1 : 2);
	/* Dovecot and syslog alike: an hour, minute or second is followed by no digit. */
	return date->day >= 1 && (len == 15 || number(text + 15, 1) < 0) ? 15 : 0;
}

/* `Z`, `+01:00`, `+0100`. Returns its length; 0: there is none. */
static size_t read_zone(const char *text, size_t len, struct date *date)
{
	int hour, minute;
	size_t colon;

	if (len >= 1 && (*text == 'Z' || *text == 'z')) {
		date->zoned = true;
		return 1;
	}
	if (len < 5 || (*text != '+' && *text != '-'))
		return 0;
	colon = text[3] == ':' ? 1 : 0;
	if (len < 5 + colon)
		return 0;
	hour = number(text + 1, 2);
	minute = number(text + 3 + colon, 2);
	if (hour < 0 || hour > 23 || minute < 0 || minute > 59)
		return 0;
	date->zoned = true;
	date->offset = (hour * 3600 + minute * 60) * (*text == '-' ? -1 : 1);
	return 5 + colon;
}

/* `2026-11-25T09:12:01.123456+01:00`, or with a blank before the time and the zone. */
static size_t read_rfc3339(const char *text, size_t len, struct date *date)
{
	size_t used = 19, zone;

	if (len < used || text[4] != '-' || text[7] != '-' ||
	    (text[10] != 'T' && text[10] != 't' && text[10] != ' '))
		return 0;
	date->year = number(text, 4);
	date->month = number(text + 5, 2);
	date->day = number(text + 8, 2);
	if (date->year < 1970 || date->month < 1 || date->month > 12 || date->day < 1 ||
	    !read_clock(text + 11, date))
		return 0;
	if (used + 1 < len && (text[used] == '.' || text[used] == ',') &&
	    number(text + used + 1, 1) >= 0) {
		used++;
		while (used < len && number(text + used, 1) >= 0)
			used++;
	}
	zone = read_zone(text + used, len - used, date);
	/* Exim's log_timezone puts a blank before it; a host's name may begin with Z. */
	if (zone == 0 && used + 6 <= len && text[used] == ' ' && text[10] == ' ' &&
	    (text[used + 1] == '+' || text[used + 1] == '-')) {
		zone = read_zone(text + used + 1, len - used - 1, date);
		zone += zone > 0 ? 1 : 0;
	}
	used += zone;
	return used == len || number(text + used, 1) < 0 ? used : 0;
}

static size_t read_date(const char *text, size_t len, struct date *date_r)
{
	size_t used;

	memset(date_r, 0, sizeof(*date_r));
	if (len == 0)
		return 0;
	used = *text >= 'A' && *text <= 'S' ? read_rfc3164(text, len, date_r)
					    : read_rfc3339(text, len, date_r);
	/* In the year 4 there is a leap day. */
	if (used > 0 &&
	    date_r->day > rs_days_of_month(date_r->year == 0 ? 4 : date_r->year, date_r->month))
		return 0;
	return used;
}

/* The year that brings a date without one closest to the date before it. */
static int nearest_year(const struct rs_logdate_context *context, int month)
{
	if (context->month == 0)
		return context->year;
	if (month < context->month - 6)
		return context->year + 1;
	/* A line that came late, from before the turn of the year. */
	if (month > context->month + 6)
		return context->year - 1;
	return context->year;
}

/* The seconds since 1970 of a local time, which is given as if it was UTC. */
static int64_t from_local(struct rs_logdate_context *context, int64_t local)
{
	int64_t hour = local / 3600;

	if (!context->known || context->hour != hour) {
		time_t as_utc = (time_t)local;
		struct tm tm;
		time_t utc;

		if (gmtime_r(&as_utc, &tm) == NULL)
			return local;
		tm.tm_isdst = -1;
		utc = mktime(&tm);
		context->hour = hour;
		context->utc = (int64_t)utc - local;
		context->known = true;
	}
	return local + context->utc;
}

size_t rs_logdate_parse(struct rs_logdate_context *context, const char *text, size_t len,
			int64_t *time_r)
{
	struct date date;
	size_t used = read_date(text, len, &date);
	int64_t local;

	if (used == 0)
		return 0;
	if (date.year == 0) {
		if (context->year == 0)
			return 0;
		context->named = true;
		date.year = nearest_year(context, date.month);
		if (date.day > rs_days_of_month(date.year, date.month))
			return 0;
		context->year = date.year;
		context->month = date.month;
	}
	local = rs_days_from_civil(date.year, date.month, date.day) * RS_DAY + date.seconds;
	*time_r = date.zoned ? local - date.offset : from_local(context, local);
	return used;
}

int rs_logdate_year(const char *text, size_t len, int64_t limit)
{
	struct date date;
	time_t t = (time_t)limit;
	struct tm tm;
	int year;

	if (read_date(text, len, &date) == 0 || date.year != 0 || localtime_r(&t, &tm) == NULL)
		return 0;
	year = tm.tm_year + 1900;
	if (date.month > tm.tm_mon + 1 || (date.month == tm.tm_mon + 1 && date.day > tm.tm_mday))
		year--;
	/* The last one that had this day. */
	while (date.day > rs_days_of_month(year, date.month))
		year--;
	return year;
}

size_t rs_log_priority(const char *line, size_t len, bool *rfc5424_r)
{
	size_t used = 1;

	*rfc5424_r = false;
	if (len < 3 || *line != '<')
		return 0;
	while (used < len && used < 4 && number(line + used, 1) >= 0)
		used++;
	if (used == 1 || used == len || line[used] != '>')
		return 0;
	used++;
	*rfc5424_r = used + 2 <= len && line[used] == '1' && line[used + 1] == ' ';
	return used + (*rfc5424_r ? 2 : 0);
}

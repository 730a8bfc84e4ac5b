/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <relaysentry/logdate.h>
#include <relaysentry/when.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

static void zone_enter(const char *name)
{
	setenv("TZ", name, 1);
	tzset();
}

static void test_forms(void)
{
	static const struct {
		const char *label, *text, *want; /* NULL: no date */
		size_t used;
	} cases[] = {
		{ "syslog's", "Nov 25 09:12:01 mx", "2026-11-25T08:12:01Z", 15 },
		{ "a day of one digit", "Nov  5 09:12:01 mx", "2026-11-05T08:12:01Z", 15 },
		{ "a day with a zero", "Nov 05 09:12:01 mx", "2026-11-05T08:12:01Z", 15 },
		{ "in summer", "Jul  5 09:12:01 mx", "2026-07-05T07:12:01Z", 15 },
		{ "nothing behind it", "Jul  5 09:12:01", "2026-07-05T07:12:01Z", 15 },
		{ "RFC 3339", "2025-11-25T09:12:01Z mx", "2025-11-25T09:12:01Z", 20 },
		{ "with a zone", "2025-11-25T09:12:01+01:00 mx", "2025-11-25T08:12:01Z", 25 },
		{ "west of Greenwich", "2025-11-25T09:12:01-05:30 mx", "2025-11-25T14:42:01Z", 25 },
		{ "the journal's zone", "2025-11-25T09:12:01+0100 mx", "2025-11-25T08:12:01Z", 24 },
		{ "with a fraction", "2025-11-25T09:12:01.123456+01:00 mx", "2025-11-25T08:12:01Z",
		  32 },
		{ "without a zone", "2025-11-25 09:12:01 mx", "2025-11-25T08:12:01Z", 19 },
		{ "Exim's zone", "2025-11-25 09:12:01 +0100 1w", "2025-11-25T08:12:01Z", 25 },
		{ "Exim's fraction", "2025-11-25 09:12:01.123 1w", "2025-11-25T08:12:01Z", 23 },
		{ "a number behind a blank is no zone", "2025-11-25 09:12:01 2345",
		  "2025-11-25T08:12:01Z", 19 },
		{ "a host that is called like a zone", "2025-11-25 09:12:01 zeus x",
		  "2025-11-25T08:12:01Z", 19 },
		{ "a leap second", "2016-12-31T23:59:60Z x", "2016-12-31T23:59:59Z", 20 },
		{ "a leap day", "2024-02-29 09:12:01 x", "2024-02-29T08:12:01Z", 19 },
		{ "no leap day", "2025-02-29 09:12:01 x", NULL, 0 },
		{ "no leap day in the year that is known", "Feb 29 09:12:01 x", NULL, 0 },
		{ "the 31st of November", "Nov 31 09:12:01 x", NULL, 0 },
		{ "the 0th", "Nov  0 09:12:01 x", NULL, 0 },
		{ "a month that is none", "Nob 25 09:12:01 x", NULL, 0 },
		{ "a month in lower case", "nov 25 09:12:01 x", NULL, 0 },
		{ "a month over the border of two names", "anF 25 09:12:01 x", NULL, 0 },
		{ "25 hours", "Nov 25 25:12:01 x", NULL, 0 },
		{ "60 minutes", "Nov 25 09:60:01 x", NULL, 0 },
		{ "61 seconds", "Nov 25 09:12:61 x", NULL, 0 },
		{ "month 13", "2025-13-25 09:12:01 x", NULL, 0 },
		{ "before 1970", "1969-12-31 09:12:01 x", NULL, 0 },
		{ "one digit too many", "Nov 25 09:12:011 x", NULL, 0 },
		{ "cut", "Nov 25 09:12:0", NULL, 0 },
		{ "cut in RFC 3339", "2025-11-25T09:12:0", NULL, 0 },
		{ "a zone that is cut", "2025-11-25T09:12:01+01:0", "2025-11-25T08:12:01Z", 19 },
		{ "nothing", "", NULL, 0 },
		{ "a word", "December and more of it", NULL, 0 },
	};

	zone_enter("Europe/Berlin");
	for (size_t i = 0; i < RS_COUNT(cases); i++) {
		struct rs_logdate_context context = { .year = 2026 };
		size_t len = strlen(cases[i].text);
		/* Nothing behind it is looked at. */
		char *copy = malloc(len + 1), buf[RS_WHEN_LEN];
		int64_t time = -1;

		memcpy(copy, cases[i].text, len);
		copy[len] = '9';
		RS_CHECK_INT(cases[i].label, rs_logdate_parse(&context, copy, len, &time),
			     cases[i].want != NULL ? cases[i].used : 0);
		if (cases[i].want != NULL)
			RS_CHECK_STR(cases[i].label, rs_when_format(time, buf), cases[i].want);
		free(copy);
	}
}

static void test_years(void)
{
	static const struct {
		const char *label;
		int year; /* of the first one */
		const char *texts[4], *want;
	} cases[] = {
		{ "from December to January",
		  2024,
		  { "Dec 31 23:59:59", "Jan  1 00:00:00" },
		  "2025-01-01T00:00:00Z" },
		{ "a late line is of the old year",
		  2024,
		  { "Dec 31 23:59:59", "Jan  1 00:00:00", "Dec 31 23:59:58" },
		  "2024-12-31T23:59:58Z" },
		{ "and the year goes on behind it",
		  2024,
		  { "Dec 31 23:59:59", "Jan  1 00:00:00", "Dec 31 23:59:58", "Jan  1 00:00:01" },
		  "2025-01-01T00:00:01Z" },
		{ "a late line of the month before",
		  2024,
		  { "Mar  1 00:00:00", "Feb 29 23:59:59" },
		  "2024-02-29T23:59:59Z" },
		{ "several years",
		  2023,
		  { "Nov  1 00:00:00", "Mar  1 00:00:00", "Aug  1 00:00:00", "Jan  1 00:00:00" },
		  "2025-01-01T00:00:00Z" },
		{ "a date with its year changes nothing",
		  2024,
		  { "Dec 31 23:59:59", "2030-01-01T00:00:00Z", "Dec 31 23:59:59" },
		  "2024-12-31T23:59:59Z" },
		{ "the year is not known", 0, { "Dec 31 23:59:59" }, "@-1" },
	};

	zone_enter("UTC");
	for (size_t i = 0; i < RS_COUNT(cases); i++) {
		struct rs_logdate_context context = { .year = cases[i].year };
		char buf[RS_WHEN_LEN];
		int64_t time = -1;

		for (size_t j = 0; j < 4 && cases[i].texts[j] != NULL; j++)
			(void)rs_logdate_parse(&context, cases[i].texts[j],
					       strlen(cases[i].texts[j]), &time);
		RS_CHECK_STR(cases[i].label, rs_when_format(time, buf), cases[i].want);
	}
}

/* Each hour of two years, as libc has it. */
static void test_zone(void)
{
	static const char *const zones[] = { "Europe/Berlin", "America/St_Johns", "UTC",
					     "Australia/Lord_Howe" };

	for (size_t i = 0; i < RS_COUNT(zones); i++) {
		struct rs_logdate_context context = { 0 };
		unsigned wrong = 0;

		zone_enter(zones[i]);
		for (int64_t at = 1735689600; at < 1735689600 + 2 * 365 * 86400; at += 3600) {
			time_t t = (time_t)at;
			char text[32];
			struct tm tm;
			int64_t got = 0;

			localtime_r(&t, &tm);
			if (context.year == 0)
				context.year = tm.tm_year + 1900;
			strftime(text, sizeof(text), "%b %e %H:%M:%S", &tm);
			if (rs_logdate_parse(&context, text, strlen(text), &got) != 15 ||
			    llabs((long long)(got - at)) > 3600)
				wrong++;
			/* An hour that comes twice is one of the two. */
			tm.tm_isdst = -1;
			if (got != at && (int64_t)mktime(&tm) == at)
				wrong++;
		}
		RS_CHECK_INT(zones[i], wrong, 0);
	}
	zone_enter("UTC");
}

static void test_latest_year(void)
{
	static const struct {
		const char *label, *text;
		int64_t limit;
		int want;
	} cases[] = {
		/* 1795000000: 2026-11-18T11:06:40Z */
		{ "the day before", "Nov 17 00:00:00", 1795000000, 2026 },
		{ "the same day, a later hour", "Nov 18 23:00:00", 1795000000, 2026 },
		{ "the day behind", "Nov 19 00:00:00", 1795000000, 2025 },
		{ "December", "Dec  1 00:00:00", 1795000000, 2025 },
		{ "a leap day", "Feb 29 00:00:00", 1795000000, 2024 },
		{ "it has a year", "2024-01-01T00:00:00Z", 1795000000, 0 },
		{ "it is no date", "Nob 17 00:00:00", 1795000000, 0 },
	};

	zone_enter("UTC");
	for (size_t i = 0; i < RS_COUNT(cases); i++)
		RS_CHECK_INT(cases[i].label,
			     rs_logdate_year(cases[i].text, strlen(cases[i].text), cases[i].limit),
			     cases[i].want);
}

void rs_suite_logdate(CU_pSuite suite)
{
	CU_add_test(suite, "dates in each form are read, and others are not", test_forms);
	CU_add_test(suite, "a date without a year is near the one before it", test_years);
	CU_add_test(suite, "local times are those of the zone", test_zone);
	CU_add_test(suite, "the latest year that is not after a time", test_latest_year);
}

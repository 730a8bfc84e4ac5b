/* SPDX-License-Identifier: MIT */
/* The years of logs whose dates have none. */
#include "fake-audit.h"
#include "log-files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Lines of days "2025-11-25" to "2026-02-03", one every so many days; the year of their
 * dates is written only where that is wanted. Allocated with malloc(). */
static char *make_days(const char *first, const char *last, int step, bool with_year)
{
	struct tm tm = { 0 };
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	time_t t, end;

	if (out == NULL || strptime(last, "%Y-%m-%d", &tm) == NULL)
		exit(2);
	end = timegm(&tm);
	memset(&tm, 0, sizeof(tm));
	if (strptime(first, "%Y-%m-%d", &tm) == NULL)
		exit(2);
	for (t = timegm(&tm); t <= end; t += (time_t)step * LOG_DAY) {
		char date[40];

		(void)gmtime_r(&t, &tm);
		(void)strftime(date, sizeof(date),
			       with_year ? "%Y-%m-%dT%H:%M:%SZ" : "%b %e %H:%M:%S", &tm);
		fprintf(out, "%s mx dovecot: imap-login: Login: user=<a>, rip=192.0.2.1\n", date);
	}
	if (fclose(out) != 0)
		exit(2);
	return text;
}

/* A file of a case: `NAME FIRST LAST STEP WRITTEN [year] = WANTED FIRST YEAR`. */
struct log {
	const char *name, *first, *last;
	int step;
	const char *written;
	bool with_year;
};

#define LOGS_MAX 4

static void write_logs(const struct log *logs, const char *folder)
{
	for (size_t i = 0; i < LOGS_MAX && logs[i].name != NULL; i++) {
		char path[200];
		char *text =
			make_days(logs[i].first, logs[i].last, logs[i].step, logs[i].with_year);

		snprintf(path, sizeof(path), "%s/%s", folder, logs[i].name);
		(void)log_text(path, text, logs[i].written);
		free(text);
	}
}

static const struct {
	const char *label;
	struct log logs[LOGS_MAX]; /* oldest first, as they are to be sorted */
	int year;		   /* told */
	uint64_t part_len;
	int passes;
	int want[LOGS_MAX]; /* the years in which they begin */
} cases[] = {
	{ "one of this year",
	  { { "a.log", "2026-11-20", "2026-11-25", 1, "2026-11-25", false } },
	  0,
	  0,
	  1,
	  { 2026 } },
	{ "over the turn of the year",
	  { { "a.log", "2025-12-20", "2026-01-05", 1, "2026-01-05", false } },
	  0,
	  0,
	  1,
	  { 2025 } },
	{ "written long ago",
	  { { "a.log", "2019-11-20", "2019-11-25", 1, "2019-11-25", false } },
	  0,
	  0,
	  1,
	  { 2019 } },
	{ "a copy of this week",
	  { { "a.log", "2026-11-20", "2026-11-22", 1, "2026-11-25", false } },
	  0,
	  0,
	  1,
	  { 2026 } },
	{ "more than a year",
	  { { "a.log", "2024-10-01", "2026-11-25", 3, "2026-11-25", false } },
	  0,
	  0,
	  2,
	  { 2024 } },
	{ "more than a year, in parts",
	  { { "a.log", "2022-03-01", "2026-11-25", 3, "2026-11-25", false } },
	  0,
	  2000,
	  1,
	  { 2022 } },
	{ "several years in each part",
	  { { "a.log", "2014-03-01", "2026-11-25", 30, "2026-11-25", false } },
	  0,
	  3000,
	  2,
	  { 2014 } },
	{ "more than a year, compressed",
	  { { "a.log.gz", "2024-10-01", "2026-11-25", 3, "2026-11-25", false } },
	  0,
	  0,
	  2,
	  { 2024 } },
	{ "a year to the day",
	  { { "a.log", "2025-11-25", "2026-11-25", 1, "2026-11-25", false } },
	  0,
	  0,
	  2,
	  { 2025 } },
	{ "dates have years",
	  { { "a.log", "2019-11-20", "2021-11-25", 3, "2026-11-25", true } },
	  0,
	  2000,
	  1,
	  { 2019 } },
	{ "a set of some weeks",
	  { { "a.log.2.gz", "2026-11-01", "2026-11-08", 1, "2026-11-08", false },
	    { "a.log.1", "2026-11-08", "2026-11-15", 1, "2026-11-15", false },
	    { "a.log", "2026-11-15", "2026-11-22", 1, "2026-11-22", false } },
	  0,
	  0,
	  1,
	  { 2026, 2026, 2026 } },
	{ "a set over the turn of the year",
	  { { "a.log.2.gz", "2025-12-14", "2025-12-21", 1, "2025-12-21", false },
	    { "a.log.1", "2025-12-21", "2025-12-28", 1, "2025-12-28", false },
	    { "a.log", "2025-12-28", "2026-01-04", 1, "2026-01-04", false } },
	  0,
	  0,
	  1,
	  { 2025, 2025, 2025 } },
	{ "a copied set of two years: the order tells",
	  { { "a.log.2.gz", "2024-12-01", "2025-05-31", 5, "2026-11-25", false },
	    { "a.log.1.gz", "2025-06-01", "2025-12-31", 5, "2026-11-25", false },
	    { "a.log", "2026-01-01", "2026-11-25", 5, "2026-11-25", false } },
	  0,
	  0,
	  1,
	  { 2024, 2025, 2026 } },
	{ "rotated once a year, each begins on the same day",
	  { { "a.log.2.gz", "2023-11-25", "2024-11-25", 5, "2024-11-25", false },
	    { "a.log.1.gz", "2024-11-25", "2025-11-25", 5, "2025-11-25", false },
	    { "a.log", "2025-11-25", "2026-11-25", 5, "2026-11-25", false } },
	  0,
	  0,
	  2,
	  { 2023, 2024, 2025 } },
	{ "the same, copied",
	  { { "a.log.2.gz", "2023-11-25", "2024-11-25", 5, "2026-11-25", false },
	    { "a.log.1.gz", "2024-11-25", "2025-11-25", 5, "2026-11-25", false },
	    { "a.log", "2025-11-25", "2026-11-25", 5, "2026-11-25", false } },
	  0,
	  0,
	  2,
	  { 2023, 2024, 2025 } },
	{ "numbers of hosts, not of rotation: their times tell",
	  { { "a.log.2", "2026-11-10", "2026-11-25", 1, "2026-11-25", false },
	    { "a.log.1", "2026-11-05", "2026-11-25", 1, "2026-11-25", false } },
	  0,
	  0,
	  1,
	  { 2026, 2026 } },
	{ "an old one without years, a new one with",
	  { { "a.log.1", "2025-12-01", "2025-12-31", 1, "2026-11-25", false },
	    { "a.log", "2026-01-01", "2026-01-20", 1, "2026-11-25", true } },
	  0,
	  0,
	  1,
	  { 2025, 2026 } },
	{ "the year is told",
	  { { "a.log", "2019-11-20", "2019-11-25", 1, "2026-11-25", false } },
	  2019,
	  0,
	  1,
	  { 2019 } },
	{ "the year of the oldest is told",
	  { { "a.log.2.gz", "2018-11-20", "2018-12-25", 1, "2026-11-25", false },
	    { "a.log.1.gz", "2018-12-26", "2019-02-03", 1, "2026-11-25", false },
	    { "a.log", "2019-02-03", "2019-03-01", 1, "2026-11-25", false } },
	  2018,
	  0,
	  1,
	  { 2018, 2018, 2019 } },
	{ "the same, and one is of more than a year",
	  { { "a.log.1.gz", "2016-11-20", "2018-12-25", 5, "2026-11-25", false },
	    { "a.log", "2018-12-26", "2019-03-01", 1, "2026-11-25", false } },
	  2016,
	  0,
	  2,
	  { 2016, 2018 } },
	{ "a leap day",
	  { { "a.log", "2024-02-29", "2024-03-03", 1, "2026-11-25", false } },
	  0,
	  0,
	  1,
	  { 2024 } },
	{ "a leap day at the end",
	  { { "a.log", "2024-02-20", "2024-02-29", 1, "2026-11-25", false } },
	  0,
	  0,
	  1,
	  { 2024 } },
};

/* The days of the first and the last line, as all files have them. */
static void check_case(size_t n, const char *folder, unsigned threads)
{
	const char *operands[] = { rs_unit_path(folder) };
	const struct log *logs = cases[n].logs;
	const char *label = cases[n].label;
	const struct rs_audit_options options = { 0 };
	struct rs_audit *audit;
	struct audit_set set;

	RS_CHECK_INT(label,
		     rs_audit_set_open(&set, (char *const *)operands, 1, cases[n].year, LOG_NOW),
		     0);
	if (cases[n].part_len > 0)
		log_cut_parts(&set, cases[n].part_len);
	RS_CHECK_INT(label, rs_audit_run(&set, &options, threads, false, &audit), 0);
	for (uint32_t i = 0; i < set.count && i < LOGS_MAX; i++) {
		char span[64];

		snprintf(span, sizeof(span), "%s %s", logs[i].first, logs[i].last);
		RS_CHECK(label, strncmp(fake_audit_span(audit, i), span, 10) == 0,
			 "file %u: %s, want %s", i, fake_audit_span(audit, i), span);
		/* The last step may end before the last day. */
		RS_CHECK(label, strncmp(fake_audit_span(audit, i) + 11, span + 11, 4) == 0,
			 "file %u: %s, want %s", i, fake_audit_span(audit, i), span);
		RS_CHECK_INT(label, set.files[i].first_year,
			     logs[i].with_year ? 0 : cases[n].want[i]);
		RS_CHECK(label, set.files[i].logins > 0);
	}
	RS_CHECK_INT(label, fake_audit_passes(), cases[n].passes);
	rs_audit_free(&audit);
	rs_audit_set_free(&set);
	RS_CHECK_STR(label, fake_messages(), "");
}

static void test_years(void)
{
	for (size_t i = 0; i < RS_COUNT(cases); i++) {
		char folder[20];

		snprintf(folder, sizeof(folder), "years%zu", i);
		write_logs(cases[i].logs, folder);
		check_case(i, folder, 1);
		check_case(i, folder, 3);
	}
}

static void test_dates(void)
{
	static const struct {
		const char *label, *text, *first, *last;
	} dates[] = {
		{ "none", "", "", "" },
		{ "no date", "a\nb\n", "", "" },
		{ "one", "Nov 25 09:12:01 a\n", "Nov 25 09:12:01", "Nov 25 09:12:01" },
		{ "without a newline", "Nov 25 09:12:01 a", "Nov 25 09:12:01", "Nov 25 09:12:01" },
		{ "among others", "x\n\nNov 24 09:12:01 a\nNov 25 09:12:01 b\n y\n",
		  "Nov 24 09:12:01", "Nov 25 09:12:01" },
		{ "a leap day", "Feb 29 09:12:01 a\n", "Feb 29 09:12:01", "Feb 29 09:12:01" },
		{ "with a year", "2026-11-25T09:12:01.123456+01:00 a\n2026-11-26 09:12:01 b\n",
		  "2026-11-25T09:12:01.123456+01:00", "2026-11-26 09:12:01" },
		{ "RFC 3164", "<22>Nov 25 09:12:01 a\n", "Nov 25 09:12:01", "Nov 25 09:12:01" },
		{ "RFC 5424", "<22>1 2026-11-25T09:12:01Z a\n", "2026-11-25T09:12:01Z",
		  "2026-11-25T09:12:01Z" },
		{ "no priority", "<>Nov 25 09:12:01 a\n<22\n<", "", "" },
		{ "within a line is none", "x Nov 25 09:12:01 a\n", "", "" },
	};

	for (size_t i = 0; i < RS_COUNT(dates); i++) {
		struct audit_date date;
		char text[AUDIT_DATE_LEN + 1];

		rs_audit_date_first(&date, dates[i].text, strlen(dates[i].text));
		snprintf(text, sizeof(text), "%.*s", date.len, date.text);
		RS_CHECK_STR(dates[i].label, text, dates[i].first);
		rs_audit_date_last(&date, dates[i].text, strlen(dates[i].text));
		snprintf(text, sizeof(text), "%.*s", date.len, date.text);
		RS_CHECK_STR(dates[i].label, text, dates[i].last);
	}
}

void cli_suite_audit_years(CU_pSuite suite)
{
	CU_add_test(suite, "the first and the last date of a text", test_dates);
	CU_add_test(suite, "each file has its years", test_years);
}

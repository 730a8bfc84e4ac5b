/* SPDX-License-Identifier: MIT */
/* The dates of log lines. The input is one text, and decides what was known before it. */
#include "fuzz.h"

#include <relaysentry/logdate.h>

#include <string.h>
#include <time.h>

#define DAY 86400

/* Where there is summer time: some local times are two times, and some none. */
static void enter_zone(void)
{
	static bool entered;

	if (!entered)
		FUZZ_CHECK(setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1) == 0);
	entered = true;
}

/* FNV-1a: what else a parse needs, of each text its own. */
static uint32_t hash(const uint8_t *data, size_t size)
{
	uint32_t value = 2166136261U;

	for (size_t i = 0; i < size; i++)
		value = (value ^ data[i]) * 16777619U;
	return value;
}

/* The text is what was read of it, and no more. */
static void check_exact(const struct rs_logdate_context *before, const char *text, size_t used,
			int64_t time)
{
	struct rs_logdate_context context = *before;
	char *copy = malloc(used);
	int64_t same;

	FUZZ_CHECK(copy != NULL);
	memcpy(copy, text, used);
	FUZZ_CHECK(rs_logdate_parse(&context, copy, used, &same) == used && same == time);
	free(copy);
}

/* A moment is read again as it is written. */
static void check_written(int64_t time)
{
	struct rs_logdate_context context = { 0 };
	time_t t = (time_t)time;
	char text[64];
	int64_t same;
	struct tm tm;
	size_t len;

	FUZZ_CHECK(gmtime_r(&t, &tm) != NULL);
	len = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	if (tm.tm_year + 1900 < 1970 || tm.tm_year + 1900 > 9999)
		return;
	FUZZ_CHECK(rs_logdate_parse(&context, text, len, &same) == len && same == time);
	FUZZ_CHECK(!context.named);
}

static void check_parse(const char *text, size_t len, uint32_t chance)
{
	struct rs_logdate_context context = { .year = (int)(1971 + chance % 130),
					      .month = (int)(chance / 130 % 13) };
	const struct rs_logdate_context before = context;
	int64_t time;
	size_t used = rs_logdate_parse(&context, text, len, &time);

	FUZZ_CHECK(used <= len);
	if (used == 0)
		return;
	if (context.named) {
		FUZZ_CHECK(context.year >= before.year - 1 && context.year <= before.year + 1);
		FUZZ_CHECK(context.month >= 1 && context.month <= 12);
	} else {
		FUZZ_CHECK(context.year == before.year && context.month == before.month);
	}
	check_exact(&before, text, used, time);
	check_written(time);
}

/* The latest year in which the date is not behind the limit. Hours do not count, and zones
 * are no further than a day from UTC. */
static void check_year(const char *text, size_t len, int64_t limit)
{
	int year = rs_logdate_year(text, len, limit);
	struct rs_logdate_context context = { 0 };
	int64_t time;

	if (year == 0) {
		if (rs_logdate_parse(&context, text, len, &time) == 0) {
			context.year = 2024; /* has every day */
			FUZZ_CHECK(rs_logdate_parse(&context, text, len, &time) == 0);
		}
		return;
	}
	FUZZ_CHECK(rs_logdate_parse(&context, text, len, &time) == 0);
	context.year = year;
	FUZZ_CHECK(rs_logdate_parse(&context, text, len, &time) > 0 && context.named);
	FUZZ_CHECK(time < limit + 2 * DAY);
	context = (struct rs_logdate_context){ .year = year + 1 };
	if (rs_logdate_parse(&context, text, len, &time) > 0)
		FUZZ_CHECK(time > limit - 2 * DAY);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint32_t chance = hash(data, size);

	enter_zone();
	check_parse((const char *)data, size, chance);
	check_year((const char *)data, size, 366 * DAY + (int64_t)chance);
	return 0;
}

/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "audit-years.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DAY INT64_C(86400)
/* Where the first date of a part is looked for: mostly in its first lines; else as far as
 * the longest one reaches. */
#define SAMPLE_SHORT 4096U
#define SAMPLE_LONG (2U * RS_SCAN_LINE_MAX)

static int year_of(int64_t seconds)
{
	time_t t = (time_t)seconds;
	struct tm tm;

	return localtime_r(&t, &tm) != NULL ? tm.tm_year + 1900 : 1970;
}

/* --- looking at a file --- */

static bool is_named(const struct audit_date *date)
{
	return date->len > 0 && date->named;
}

/* The first date of the lines that begin at offset or behind. Unreadable is unknown: when
 * it is read, that is told. */
static void sample(const struct audit_file *file, uint64_t offset, char *buf, size_t size,
		   struct audit_date *date_r)
{
	/* Whether a line begins there is told by the byte before. */
	ssize_t n = rs_audit_pread(file, offset - 1, buf, size);
	const char *newline = n > 0 ? memchr(buf, '\n', (size_t)n) : NULL;

	date_r->len = 0;
	if (newline != NULL)
		rs_audit_date_first(date_r, newline + 1, (size_t)(buf + n - (newline + 1)));
}

static void sample_parts(struct audit_file *file, char *buf)
{
	for (size_t i = 1; i < file->years->part_count; i++) {
		struct audit_part *part = &file->years->parts[i];

		sample(file, part->begin, buf, SAMPLE_SHORT, &part->first);
		if (part->first.len == 0)
			sample(file, part->begin, buf, SAMPLE_LONG, &part->first);
	}
}

/* How often the year turns, as far as is seen: reading tells it for certain. */
static void count_turns(struct audit_years *years)
{
	struct rs_logdate_context context = { .year = years->base };
	int64_t t;

	for (size_t i = 0; i < years->part_count; i++) {
		struct audit_part *part = &years->parts[i];

		(void)rs_logdate_parse(&context, part->first.text, part->first.len, &t);
		part->turns = context.year - years->base;
		part->month = context.month;
	}
	(void)rs_logdate_parse(&context, years->last.text, years->last.len, &t);
	years->span = context.year - years->base;
}

static void look_into_plain(struct audit_file *file, char *buf)
{
	struct audit_years *years = file->years;
	uint64_t begin = file->size > SAMPLE_LONG ? file->size - SAMPLE_LONG : 0;
	ssize_t n = rs_audit_pread(file, begin, buf, SAMPLE_LONG);

	if (n > 0)
		rs_audit_date_last(&years->last, buf, (size_t)n);
	if (is_named(&years->first) || is_named(&years->last))
		sample_parts(file, buf);
}

static int own_year(const struct audit_file *file)
{
	const struct audit_date *first = &file->years->first;
	int64_t t = file->mtime;

	if (is_named(first))
		return rs_logdate_year(first->text, first->len, file->mtime + DAY);
	/* Of what has no date at its begin, some may come later. */
	if (first->len > 0)
		(void)rs_audit_date_time(first, 0, &t);
	return year_of(t);
}

int rs_audit_years_look(struct audit_file *file, const char *text, size_t len, uint64_t part_len)
{
	struct audit_years *years = calloc(1, sizeof(*years));
	char *buf = malloc(SAMPLE_LONG);
	size_t count = 1;

	rs_audit_years_free(&file->years);
	if (file->plain && file->size > part_len)
		count = (size_t)((file->size - 1) / part_len + 1);
	if (years != NULL)
		years->parts = calloc(count, sizeof(*years->parts));
	if (buf == NULL || years == NULL || years->parts == NULL) {
		free(buf);
		rs_audit_years_free(&years);
		return -1;
	}
	file->years = years;
	years->part_count = count;
	for (size_t i = 0; i < count; i++)
		years->parts[i].begin = i * part_len;
	rs_audit_date_first(&years->first, text, len);
	years->parts[0].first = years->first;
	years->base = own_year(file);
	if (file->plain)
		look_into_plain(file, buf);
	count_turns(years);
	file->first_year = is_named(&years->first) ? years->base : 0;
	free(buf);
	return 0;
}

void rs_audit_years_free(struct audit_years **years)
{
	if (*years != NULL)
		free((*years)->parts);
	free(*years);
	*years = NULL;
}

/* --- the year in which each begins --- */

/* Whether the last date is about when the file was written last: then it is that year,
 * whatever the order of files says. A copy has another time. */
static bool time_fits(const struct audit_file *file, int year)
{
	const struct audit_years *years = file->years;
	int64_t t;

	return is_named(&years->last) && rs_audit_date_time(&years->last, year + years->span, &t) &&
	       t >= file->mtime - 2 * DAY && t <= file->mtime + DAY;
}

/* The latest year that puts the file before what comes behind it in its set. */
static int year_before(const struct audit_file *file, int64_t newer)
{
	const struct audit_years *years = file->years;
	const struct audit_date *first = &years->first;
	int64_t written = file->mtime + DAY, limit, t;
	int year = rs_logdate_year(first->text, first->len, written);

	if (newer >= written || time_fits(file, year)) {
		limit = written;
	} else {
		year = rs_logdate_year(first->text, first->len, newer);
		limit = newer + DAY;
	}
	while (is_named(&years->last) && year > 1970 &&
	       (!rs_audit_date_time(&years->last, year + years->span, &t) || t > limit))
		year--;
	return year;
}

/* The earliest year that puts the file behind what comes before it in its set. */
static int year_behind(const struct audit_file *file, int64_t older)
{
	const struct audit_date *first = &file->years->first;
	int year = year_of(older) - 1;
	int64_t t;

	/* A leap day comes within eight years. */
	for (int tries = 0; tries < 9; tries++, year++) {
		if (rs_audit_date_time(first, year, &t) && t >= older - DAY)
			break;
	}
	return year;
}

static bool set_base(struct audit_file *file, int year)
{
	bool changed = file->years->base != year;

	file->years->base = year;
	file->first_year = year;
	return changed;
}

/* What can be read once has been read with the year it has. */
static bool is_settable(const struct audit_file *file)
{
	return file->years != NULL && file->regular;
}

/* The files of a set, newest first: each begins before the next. */
static bool set_backwards(struct audit_file *files, size_t count)
{
	int64_t newer = INT64_MAX, t;
	bool changed = false;

	for (size_t i = count; i-- > 0;) {
		struct audit_years *years = files[i].years;

		if (!is_settable(&files[i]))
			continue;
		if (is_named(&years->first) && set_base(&files[i], year_before(&files[i], newer)))
			changed = true;
		if (rs_audit_date_time(&years->first, years->base, &t))
			newer = t;
	}
	return changed;
}

/* The files of a set, oldest first, which begins in that year. */
static bool set_forwards(struct audit_file *files, size_t count, int year)
{
	int64_t older = INT64_MIN, t;
	bool changed = false;

	for (size_t i = 0; i < count; i++) {
		struct audit_years *years = files[i].years;

		if (!is_settable(&files[i]) || years->first.len == 0)
			continue;
		if (is_named(&years->first) &&
		    set_base(&files[i], older == INT64_MIN ? year : year_behind(&files[i], older)))
			changed = true;
		if (rs_audit_date_time(&years->first, years->base, &t) && t > older)
			older = t;
		if (rs_audit_date_time(&years->last, years->base + years->span, &t) && t > older)
			older = t;
	}
	return changed;
}

bool rs_audit_years_set(struct audit_set *set)
{
	bool changed = false;

	for (size_t i = 0, end; i < set->count; i = end) {
		for (end = i + 1; end < set->count; end++) {
			if (set->files[end].group != set->files[i].group)
				break;
		}
		if (set->year == 0 ? set_backwards(set->files + i, end - i)
				   : set_forwards(set->files + i, end - i, set->year))
			changed = true;
	}
	return changed;
}

/* --- reading --- */

void rs_audit_years_context(const struct audit_file *file, size_t part,
			    struct rs_logdate_context *context_r)
{
	const struct audit_years *years = file->years;

	*context_r = (struct rs_logdate_context){ .year = years->base + years->parts[part].turns,
						  .month = years->parts[part].month };
}

void rs_audit_years_read(struct audit_file *file, size_t part, const struct rs_logdate_context *end,
			 const struct audit_date *last)
{
	struct audit_years *years = file->years;
	struct audit_part *read = &years->parts[part];

	read->read = true;
	read->named = end->named;
	read->inside = end->year - years->base - read->turns;
	read->last_month = end->month;
	/* Others read the other parts meanwhile. */
	if (part + 1 == years->part_count && last->len > 0)
		years->last = *last;
	if (years->part_count == 1)
		years->span = read->inside;
}

/* Follows the year through all parts. Returns whether one began with another. */
static bool settle_file(struct audit_years *years)
{
	struct rs_logdate_context context = { .year = years->base };
	bool named = false, wrong = false;
	int64_t t;

	for (size_t i = 0; i < years->part_count; i++)
		named = named || years->parts[i].named;
	for (size_t i = 0; named && i < years->part_count; i++) {
		struct audit_part *part = &years->parts[i];

		(void)rs_logdate_parse(&context, part->first.text, part->first.len, &t);
		if (part->turns != context.year - years->base) {
			part->turns = context.year - years->base;
			wrong = true;
		}
		part->month = context.month;
		/* What could not be read has changed nothing. */
		if (!part->read)
			continue;
		context.year += part->inside;
		context.month = part->last_month;
	}
	(void)rs_logdate_parse(&context, years->last.text, years->last.len, &t);
	if (named)
		years->span = context.year - years->base;
	return wrong;
}

bool rs_audit_years_settle(struct audit_set *set)
{
	bool wrong = false;

	for (size_t i = 0; i < set->count; i++) {
		if (is_settable(&set->files[i]) && settle_file(set->files[i].years))
			wrong = true;
	}
	return rs_audit_years_set(set) || wrong;
}

bool rs_audit_years_late(const struct audit_file *file)
{
	const struct audit_years *years = file->years;
	int64_t t;

	return years != NULL && is_named(&years->last) &&
	       rs_audit_date_time(&years->last, years->base + years->span, &t) &&
	       t > file->mtime + DAY;
}

/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "audit-html.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A quarter of a year; as many weeks are most of two years. */
#define BARS_MAX 92U
#define DAY_SECONDS 86400

static const struct {
	const char *each, *one;
} units[] = {
	[RS_HTML_DAY] = { "day", "Day" },
	[RS_HTML_WEEK] = { "week", "Week from" },
	[RS_HTML_MONTH] = { "month", "Month" },
};

/* --- what is drawn --- */

static struct tm day_tm(int32_t day)
{
	time_t seconds = (time_t)day * DAY_SECONDS;
	struct tm tm = { 0 };

	(void)gmtime_r(&seconds, &tm);
	return tm;
}

/* The first day of the bar that a day is part of. */
static int32_t bucket_day(enum rs_html_unit unit, int32_t day)
{
	struct tm tm = day_tm(day);

	if (unit == RS_HTML_WEEK)
		return day - (tm.tm_wday + 6) % 7;
	if (unit == RS_HTML_MONTH)
		return day - (tm.tm_mday - 1);
	return day;
}

const char *rs_html_bucket_label(enum rs_html_unit unit, int32_t day, char buf[RS_HTML_LABEL_LEN])
{
	struct tm tm = day_tm(day);

	(void)strftime(buf, RS_HTML_LABEL_LEN, unit == RS_HTML_MONTH ? "%Y-%m" : "%Y-%m-%d", &tm);
	return buf;
}

const char *rs_html_series_name(const struct rs_html *html, const struct rs_html_chart *chart,
				size_t i)
{
	return i < chart->series_count ? html->report->relays[chart->series[i]].relay->name
				       : "other relays";
}

static uint64_t relay_logins(const struct audit_report *report, size_t relay)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < report->day_count; i++)
		sum += report->days[i].by_relay[relay];
	return sum;
}

/* Whether a relay that has no place yet goes before another: mail-relays, then who has
 * more logins. */
static bool goes_before(const struct audit_report *report, const uint64_t *logins, size_t a,
			size_t b)
{
	bool a_first = report->relays[a].relay->class_ == RS_CLASS_MAIL_RELAY;
	bool b_first = report->relays[b].relay->class_ == RS_CLASS_MAIL_RELAY;

	return a_first != b_first ? a_first : logins[a] > logins[b];
}

/* logins is used up: 0 for those with a place. Few places: no need to sort. */
static void choose_series(const struct audit_report *report, uint64_t *logins,
			  struct rs_html_chart *chart)
{
	size_t left = 0;

	for (size_t i = 0; i < report->relay_count; i++)
		left += logins[i] > 0;
	while (left > 0 && chart->series_count < RS_HTML_SERIES) {
		size_t best = report->relay_count;

		for (size_t i = 0; i < report->relay_count; i++) {
			if (logins[i] > 0 &&
			    (best == report->relay_count || goes_before(report, logins, i, best)))
				best = i;
		}
		chart->series[chart->series_count++] = best;
		logins[best] = 0;
		left--;
	}
	chart->others = left;
}

static void add_day(struct rs_html_bucket *bucket, const struct rs_html_chart *chart,
		    const struct audit_day *day)
{
	uint64_t others = day->success;

	for (size_t i = 0; i < chart->series_count; i++) {
		uint64_t logins = day->by_relay[chart->series[i]];

		bucket->by_series[i] += logins;
		others -= logins < others ? logins : others;
	}
	bucket->by_series[chart->series_count] += others;
	bucket->success += day->success;
	bucket->failed += day->failed;
}

static void fill(const struct audit_report *report, struct rs_html_chart *chart)
{
	for (size_t i = 0; i < report->day_count; i++) {
		int32_t begin = bucket_day(chart->unit, report->days[i].day);

		if (chart->bucket_count == 0 ||
		    chart->buckets[chart->bucket_count - 1].day != begin)
			chart->buckets[chart->bucket_count++].day = begin;
		add_day(&chart->buckets[chart->bucket_count - 1], chart, &report->days[i]);
	}
	for (size_t i = 0; i < chart->bucket_count; i++) {
		if (chart->buckets[i].success > chart->highest)
			chart->highest = chart->buckets[i].success;
	}
}

/* Returns false when memory is short. */
static bool make_chart(const struct audit_report *report, struct rs_html_chart *chart)
{
	uint64_t *logins = calloc(report->relay_count + 1, sizeof(*logins));

	*chart = (struct rs_html_chart){ .unit = report->day_count <= BARS_MAX ? RS_HTML_DAY
						 : report->day_count <= 7 * BARS_MAX
							 ? RS_HTML_WEEK
							 : RS_HTML_MONTH };
	chart->buckets = calloc(report->day_count, sizeof(*chart->buckets));
	if (logins != NULL && chart->buckets != NULL) {
		for (size_t i = 0; i < report->relay_count; i++)
			logins[i] = relay_logins(report, i);
		choose_series(report, logins, chart);
		fill(report, chart);
	}
	free(logins);
	return logins != NULL && chart->buckets != NULL;
}

/* --- what is written --- */

static void put_legend(struct rs_html *html, const struct rs_html_chart *chart)
{
	size_t count = chart->series_count + (chart->others > 0);

	rs_html_put(html, "<ul class=\"legend\" aria-label=\"Relays\">");
	for (size_t i = 0; i < count; i++) {
		rs_html_put(html,
			    "<li><svg class=\"swatch\" viewBox=\"0 0 16 16\" aria-hidden=\"true\">"
			    "<rect width=\"16\" height=\"16\" fill=\"url(#p%zu)\"/></svg>",
			    i < chart->series_count ? i : (size_t)RS_HTML_SERIES);
		rs_html_name(html, rs_html_series_name(html, chart, i));
		if (i < chart->series_count)
			rs_html_put(html, " <small>%s</small>",
				    rs_class_name(
					    html->report->relays[chart->series[i]].relay->class_));
		rs_html_put(html, "</li>");
	}
	rs_html_put(html, "</ul>\n");
}

static void put_numbers(struct rs_html *html, const struct rs_html_chart *chart)
{
	struct rs_html_column columns[RS_HTML_SERIES + 5] = { 0 };
	size_t count = chart->series_count + (chart->others > 0), column = 0;
	char label[RS_HTML_LABEL_LEN];

	columns[column++].label = units[chart->unit].one;
	columns[column++] = (struct rs_html_column){ "All", RS_HTML_NUMBER, false };
	for (size_t i = 0; i < count; i++)
		columns[column++] = (struct rs_html_column){ rs_html_series_name(html, chart, i),
							     RS_HTML_NUMBER, false };
	columns[column] = (struct rs_html_column){ "Failed", RS_HTML_NUMBER, false };
	rs_html_put(html, "<details><summary id=\"numbers\">The same as a table</summary>\n");
	rs_html_table_begin(html, "numbers", NULL, columns);
	for (size_t i = 0; i < chart->bucket_count; i++) {
		const struct rs_html_bucket *bucket = &chart->buckets[i];

		rs_html_put(html, "<tr><th scope=\"row\" class=\"short\">%s</th>",
			    rs_html_bucket_label(chart->unit, bucket->day, label));
		rs_html_cell_count(html, bucket->success);
		for (size_t j = 0; j < count; j++)
			rs_html_cell_count(html, bucket->by_series[j]);
		rs_html_cell_count(html, bucket->failed);
		rs_html_put(html, "</tr>\n");
	}
	rs_html_table_end(html);
	rs_html_put(html, "</details>\n");
}

void rs_html_timeline(struct rs_html *html)
{
	struct rs_html_chart chart = { 0 };

	if (html->report->day_count == 0) {
		rs_html_put(html, "<p>%s</p>\n",
			    html->report->only_new && html->report->pair_count > 0
				    ? "Days are not counted where only what is new was asked for."
				    : "There were no logins from relays.");
		return;
	}
	if (make_chart(html->report, &chart)) {
		rs_html_put(html, "<p>Successful logins from relays, by %s (UTC)%s.</p>\n",
			    units[chart.unit].each,
			    chart.unit == RS_HTML_DAY
				    ? ""
				    : "; the first and the last may not be whole");
		if (html->report->day_count >= AUDIT_DAYS)
			rs_html_put(html,
				    "<p class=\"note\">Only the last %u days are drawn.</p>\n",
				    AUDIT_DAYS);
		rs_html_put(html, "<div class=\"figure\">\n");
		put_legend(html, &chart);
		rs_html_svg(html, &chart);
		rs_html_put(html, "</div>\n");
		put_numbers(html, &chart);
	} else {
		html->failed = true;
	}
	free(chart.buckets);
}

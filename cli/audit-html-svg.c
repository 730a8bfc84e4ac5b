/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "audit-html.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* In units of the picture. */
#define WIDTH 960
#define HEIGHT 320
#define LEFT 70
#define RIGHT 10
#define TOP 26
#define BOTTOM 46
#define PLOT_WIDTH (WIDTH - LEFT - RIGHT)
#define PLOT_HEIGHT (HEIGHT - TOP - BOTTOM)
#define BAR_MAX 56.0
/* Few bars begin at the left: a phone shows no more than that without scrolling. */
#define SLOT_MAX 110.0
/* As many labels as have room below. */
#define LABELS_MAX 13U
#define TICKS_WANTED 4U

static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
				      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
static const char *const unit_names[] = {
	[RS_HTML_DAY] = "day",
	[RS_HTML_WEEK] = "week",
	[RS_HTML_MONTH] = "month",
};

/* What lies over the colour of a series, so that neighbours differ without it, too: the
 * first one, and each second behind it, is plain. */
static const char *const overlays[RS_HTML_SERIES + 1] = {
	[1] = "<path d=\"M-2 2L2 -2M0 8L8 0M6 10L10 6\"/>",
	[3] = "<path d=\"M0 2H8M0 6H8\"/>",
	[5] = "<path d=\"M-2 6L2 10M0 0L8 8M6 -2L10 2\"/>",
	[7] = "<path d=\"M2 0V8M6 0V8\"/>",
	[8] = "<circle cx=\"2\" cy=\"2\" r=\".8\"/><circle cx=\"6\" cy=\"6\" r=\".8\"/>",
};

static void put_patterns(struct rs_html *html)
{
	rs_html_put(html, "<defs>");
	for (size_t i = 0; i <= RS_HTML_SERIES; i++)
		rs_html_put(html,
			    "<pattern id=\"p%zu\" width=\"8\" height=\"8\" "
			    "patternUnits=\"userSpaceOnUse\"><rect class=\"s%zu\" width=\"8\" "
			    "height=\"8\"/>%s</pattern>",
			    i, i, overlays[i] == NULL ? "" : overlays[i]);
	rs_html_put(html, "</defs>\n");
}

/* 1, 2 or 5 times a power of ten, at least 1. */
static uint64_t tick_step(uint64_t highest)
{
	uint64_t least = highest / TICKS_WANTED, step = 1;

	while (step < least) {
		if (step * 2 >= least)
			return step * 2;
		if (step * 5 >= least)
			return step * 5;
		if (step > UINT64_MAX / 100)
			break;
		step *= 10;
	}
	return step;
}

/* Room for one bar. */
static double slot_width(const struct rs_html_chart *chart)
{
	double slot = (double)PLOT_WIDTH / (double)chart->bucket_count;

	return slot < SLOT_MAX ? slot : SLOT_MAX;
}

static double height_of(uint64_t logins, uint64_t top)
{
	return PLOT_HEIGHT * ((double)logins / (double)top);
}

/* Returns what the upper edge stands for. */
static uint64_t put_ticks(struct rs_html *html, uint64_t highest)
{
	uint64_t step = tick_step(highest);
	uint64_t count = highest / step + (highest % step > 0 || highest == 0);
	uint64_t top = step * count;

	rs_html_put(html, "<g class=\"axis\">");
	for (uint64_t i = 0; i <= count; i++) {
		double y = TOP + PLOT_HEIGHT - height_of(i * step, top);

		rs_html_put(html,
			    "<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"%s/><text x=\"%d\" "
			    "y=\"%.1f\" text-anchor=\"end\">",
			    LEFT, WIDTH - RIGHT, y, y, i == 0 ? " class=\"base\"" : "", LEFT - 8,
			    y + 4);
		rs_html_count(html, i * step);
		rs_html_put(html, "</text>");
	}
	rs_html_put(html, "</g>\n");
	return top;
}

static void put_label(struct rs_html *html, double x, enum rs_html_unit unit, int32_t day,
		      bool with_year)
{
	char text[RS_HTML_LABEL_LEN];
	int month = atoi(rs_html_bucket_label(RS_HTML_DAY, day, text) + 5);

	rs_html_put(html, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">", x,
		    HEIGHT - BOTTOM + 18);
	if (unit == RS_HTML_MONTH)
		rs_html_put(html, "%s", months[month - 1]);
	else
		rs_html_put(html, "%d %s", atoi(text + 8), months[month - 1]);
	rs_html_put(html, "</text>");
	if (with_year)
		rs_html_put(html, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%.4s</text>", x,
			    HEIGHT - BOTTOM + 35, text);
}

static void put_labels(struct rs_html *html, const struct rs_html_chart *chart)
{
	double slot = slot_width(chart);
	size_t step = (chart->bucket_count + LABELS_MAX - 1) / LABELS_MAX;
	char year[8] = "";

	/* A whole year, or a part of one, between two labels. */
	if (chart->unit == RS_HTML_MONTH)
		step = step <= 3 ? 3 : step <= 6 ? 6 : 12;
	if (chart->unit == RS_HTML_DAY && step > 1)
		step = step <= 2 ? 2 : 7;
	rs_html_put(html, "<g class=\"axis\">");
	for (size_t i = 0; i < chart->bucket_count; i += step) {
		char text[RS_HTML_LABEL_LEN];
		int32_t day = chart->buckets[i].day;
		bool other = strncmp(year, rs_html_bucket_label(RS_HTML_DAY, day, text), 4) != 0;

		put_label(html, LEFT + slot * ((double)i + 0.5), chart->unit, day, other);
		snprintf(year, sizeof(year), "%.4s", text);
	}
	rs_html_put(html, "</g>\n");
}

/* What a pointer that rests on a bar is told. */
static void put_tooltip(struct rs_html *html, const struct rs_html_chart *chart,
			const struct rs_html_bucket *bucket)
{
	char label[RS_HTML_LABEL_LEN];

	rs_html_put(html, "<title>%s%s: ", chart->unit == RS_HTML_WEEK ? "week from " : "",
		    rs_html_bucket_label(chart->unit, bucket->day, label));
	rs_html_counted(html, bucket->success, "login", "logins");
	/* As they lie, the highest first. */
	for (size_t i = chart->series_count + 1; i-- > 0;) {
		if (bucket->by_series[i] == 0)
			continue;
		rs_html_put(html, "\n");
		rs_html_text(html, rs_html_series_name(html, chart, i));
		rs_html_put(html, ": ");
		rs_html_count(html, bucket->by_series[i]);
	}
	rs_html_put(html, "</title>");
}

static void put_bar(struct rs_html *html, const struct rs_html_chart *chart, size_t at,
		    uint64_t top)
{
	const struct rs_html_bucket *bucket = &chart->buckets[at];
	double slot = slot_width(chart);
	double width = slot * 0.8 < BAR_MAX ? slot * 0.8 : BAR_MAX;
	double x = LEFT + slot * (double)at + (slot - width) / 2;
	uint64_t below = 0;

	if (bucket->success == 0)
		return;
	rs_html_put(html, "<g>");
	put_tooltip(html, chart, bucket);
	for (size_t i = 0; i <= chart->series_count; i++) {
		double height = height_of(bucket->by_series[i], top);
		double bottom = TOP + PLOT_HEIGHT - height_of(below, top);

		below += bucket->by_series[i];
		if (bucket->by_series[i] == 0)
			continue;
		rs_html_put(html,
			    "<rect x=\"%.1f\" y=\"%.2f\" width=\"%.1f\" height=\"%.2f\" "
			    "fill=\"url(#p%zu)\"/>",
			    x, bottom - height, width, height,
			    i < chart->series_count ? i : (size_t)RS_HTML_SERIES);
	}
	rs_html_put(html, "</g>\n");
}

static void put_description(struct rs_html *html, const struct rs_html_chart *chart)
{
	const struct rs_html_bucket *highest = &chart->buckets[0];
	char label[RS_HTML_LABEL_LEN];

	for (size_t i = 1; i < chart->bucket_count; i++) {
		if (chart->buckets[i].success > highest->success)
			highest = &chart->buckets[i];
	}
	rs_html_put(html, "<title id=\"chart-title\">Logins from relays by %s</title>\n",
		    unit_names[chart->unit]);
	rs_html_put(html, "<desc id=\"chart-desc\">Stacked bars, one for each %s from %s",
		    unit_names[chart->unit],
		    rs_html_bucket_label(chart->unit, chart->buckets[0].day, label));
	rs_html_put(html, " to %s, of successful logins by relay. The highest is ",
		    rs_html_bucket_label(chart->unit, chart->buckets[chart->bucket_count - 1].day,
					 label));
	rs_html_put(html, "%s with ", rs_html_bucket_label(chart->unit, highest->day, label));
	rs_html_counted(html, highest->success, "login", "logins");
	rs_html_put(html, ". The numbers stand in the table below.</desc>\n");
}

void rs_html_svg(struct rs_html *html, const struct rs_html_chart *chart)
{
	uint64_t top;

	rs_html_put(html,
		    "<div class=\"scroll plain\" role=\"region\" aria-labelledby=\"timeline\" "
		    "tabindex=\"0\">\n<svg class=\"chart\" viewBox=\"0 0 %d %d\" role=\"img\" "
		    "aria-labelledby=\"chart-title chart-desc\">\n",
		    WIDTH, HEIGHT);
	put_description(html, chart);
	put_patterns(html);
	rs_html_put(html, "<text class=\"unit\" x=\"0\" y=\"12\">logins per %s</text>\n",
		    unit_names[chart->unit]);
	top = put_ticks(html, chart->highest);
	for (size_t i = 0; i < chart->bucket_count; i++)
		put_bar(html, chart, i, top);
	put_labels(html, chart);
	rs_html_put(html, "</svg>\n</div>\n");
}

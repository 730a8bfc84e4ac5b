/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_CLI_AUDIT_HTML_H
#define RELAYSENTRY_CLI_AUDIT_HTML_H

/* What the files of the audit's page share: audit-html.c puts the page together,
 * audit-html-text.c escapes and formats, audit-html-chart.c adds days up and
 * audit-html-svg.c draws them, audit-html-matrix.c, -table.c and -detail.c write tables,
 * audit-html-write.c the file.
 *
 * Functions here do not return failures: they are kept in rs_html.failed, at which
 * rs_audit_html() looks in the end. */

#include "audit.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Rows of users when --top says nothing: more make the page slow. */
#define RS_HTML_USERS 1000U
#define RS_HTML_MATRIX_USERS 200U
#define RS_HTML_MATRIX_RELAYS 40U
#define RS_HTML_ADDRESSES 2000U
/* Longer names are cut: a line of a log has room for 60 kilobytes of them. */
#define RS_HTML_NAME_MAX 300U

struct rs_html {
	FILE *out;
	const struct audit_report *report;
	bool failed; /* memory was short, or a write failed */
	char nonce[33];
};

/* The style and the script of cli/report/, line by line, ended by NULL. The build makes
 * them. */
extern const char *const rs_report_css[];
extern const char *const rs_report_js[];

/* --- text (audit-html-text.c) --- */

/* Markup, and values that need no escaping. */
void rs_html_put(struct rs_html *html, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Markup as it is. */
void rs_html_copy(struct rs_html *html, const char *text);
/* Foreign text: control bytes, controls of direction and what is no UTF-8 shown as \xNN,
 * as rs_printable() does, then escaped for HTML; also within an attribute's "". */
void rs_html_text(struct rs_html *html, const char *text);
/* A name in <bdi>, so that letters written from right to left turn nothing around; cut to
 * RS_HTML_NAME_MAX bytes, and then its length is told. */
void rs_html_name(struct rs_html *html, const char *name);
/* 1,234,567 */
void rs_html_count(struct rs_html *html, uint64_t count);
/* "1,234 users": one and many are the words behind it. */
void rs_html_counted(struct rs_html *html, uint64_t count, const char *one, const char *many);
/* "12.3 %"; whole is not 0. */
void rs_html_share(struct rs_html *html, uint64_t part, uint64_t whole);
/* <time>2026-11-22 08:00</time> in UTC, a dash for INT64_MIN and INT64_MAX; date: the day
 * alone. */
void rs_html_time(struct rs_html *html, int64_t time);
void rs_html_date(struct rs_html *html, int64_t time);

/* --- tables (audit-html-table.c) --- */

/* How a column sorts; of NUMBER (times, too) by the cells' data-sort. */
enum rs_html_kind { RS_HTML_TEXT, RS_HTML_NUMBER };

struct rs_html_column {
	const char *label; /* NULL ends them */
	enum rs_html_kind kind;
	bool hidden; /* left out */
};

/* Begins a table in a region that scrolls by itself. id: of the heading that names it.
 * filter: what the field filters, "users"; NULL: there is none. */
void rs_html_table_begin(struct rs_html *html, const char *id, const char *filter,
			 const struct rs_html_column *columns);
void rs_html_table_end(struct rs_html *html);
void rs_html_cell_count(struct rs_html *html, uint64_t count);
void rs_html_cell_time(struct rs_html *html, int64_t time);
void rs_html_cell_text(struct rs_html *html, const char *text);
/* The cell that names the row: a user, an id. */
void rs_html_cell_head(struct rs_html *html, const char *name);
/* Logins, failed, first, last, services, mechanisms; the columns for them. */
#define RS_HTML_TALLY_COLUMNS                                                                      \
	{ "Logins", RS_HTML_NUMBER, false }, { "Failed", RS_HTML_NUMBER, false },                  \
		{ "First", RS_HTML_NUMBER, false }, { "Last", RS_HTML_NUMBER, false },             \
		{ "Services", RS_HTML_TEXT, false },                                               \
	{                                                                                          \
		"Mechanisms", RS_HTML_TEXT, false                                                  \
	}
void rs_html_cells_tally(struct rs_html *html, const struct rs_audit_tally *tally);
/* The relay's id, marked by its class. */
void rs_html_relay(struct rs_html *html, const struct rs_relay *relay);
/* Says that only the first shown of all are there; nothing when none is left out. */
void rs_html_left_out(struct rs_html *html, size_t shown, size_t all, const char *what);
/* How many of count are shown. */
size_t rs_html_limit(const struct rs_html *html, size_t count, size_t standard);

void rs_html_relays(struct rs_html *html);
void rs_html_users(struct rs_html *html);
void rs_html_matrix(struct rs_html *html);
void rs_html_addresses(struct rs_html *html);
void rs_html_rules(struct rs_html *html);
void rs_html_faults(struct rs_html *html);
void rs_html_files(struct rs_html *html);

/* --- the time line (audit-html-chart.c, audit-html-svg.c) --- */

/* Relays with a colour of their own; all others are one more series. */
#define RS_HTML_SERIES 8

enum rs_html_unit { RS_HTML_DAY, RS_HTML_WEEK, RS_HTML_MONTH };

/* One bar. */
struct rs_html_bucket {
	int32_t day; /* its first one, since 1970-01-01; of a week the Monday */
	uint64_t success, failed;
	uint64_t by_series[RS_HTML_SERIES + 1]; /* successes; the last one: of all others */
};

struct rs_html_chart {
	enum rs_html_unit unit;
	size_t series[RS_HTML_SERIES]; /* indexes of the report's relays, lowest first */
	size_t series_count;
	size_t others; /* relays with logins that are no series */
	struct rs_html_bucket *buckets;
	size_t bucket_count;
	uint64_t highest; /* successes of a bucket */
};

/* "2026-11-22", "2026-11" */
#define RS_HTML_LABEL_LEN 32
const char *rs_html_bucket_label(enum rs_html_unit unit, int32_t day, char buf[RS_HTML_LABEL_LEN]);
/* The name of a series; i == series_count: of all others. */
const char *rs_html_series_name(const struct rs_html *html, const struct rs_html_chart *chart,
				size_t i);
void rs_html_svg(struct rs_html *html, const struct rs_html_chart *chart);
/* The heading, the picture, and its numbers as a table. */
void rs_html_timeline(struct rs_html *html);

#endif

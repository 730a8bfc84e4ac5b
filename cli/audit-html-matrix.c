/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "audit-html.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Each power of ten is darker, up to this one. */
#define SHADES 5U

struct matrix {
	size_t *order;	/* of columns: indexes of the report's relays */
	size_t columns; /* that are shown */
	const struct audit_pair *
		*by_relay; /* of the user in hand, for each of the report's relays */
};

/* Mail-relays first: they hold passwords. Within a class as the report has them. */
static void order_columns(const struct audit_report *report, struct matrix *matrix)
{
	size_t count = 0;

	for (int class_ = 0; class_ < RS_CLASS_COUNT; class_++) {
		for (size_t i = 0; i < report->relay_count; i++) {
			if ((int)report->relays[i].relay->class_ == class_)
				matrix->order[count++] = i;
		}
	}
	matrix->columns = count < RS_HTML_MATRIX_RELAYS ? count : RS_HTML_MATRIX_RELAYS;
}

static unsigned shade(uint64_t count)
{
	unsigned level = 0;

	for (; count > 0 && level < SHADES; count /= 10)
		level++;
	return level;
}

static void put_head(struct rs_html *html, const struct matrix *matrix)
{
	rs_html_put(html,
		    "<div class=\"scroll\" role=\"region\" aria-labelledby=\"matrix\" "
		    "tabindex=\"0\">\n<table class=\"matrix\" aria-labelledby=\"matrix\" "
		    "data-name=\"matrix\" data-filter=\"users\">\n<thead><tr><th scope=\"col\">User"
		    "</th>");
	for (size_t i = 0; i < matrix->columns; i++) {
		rs_html_put(html, "<th scope=\"col\" class=\"n\">");
		rs_html_relay(html, html->report->relays[matrix->order[i]].relay);
		rs_html_put(html, "</th>");
	}
	rs_html_put(html, "<th scope=\"col\" class=\"n\">All</th></tr></thead>\n<tbody>\n");
}

static void put_cell(struct rs_html *html, const struct audit_pair *pair,
		     const struct rs_relay *relay)
{
	uint64_t success = pair == NULL ? 0 : pair->tally.success;
	uint64_t failed = pair == NULL ? 0 : pair->tally.failed;

	if (success == 0 && failed == 0) {
		rs_html_put(html, "<td class=\"n\" data-sort=\"0\"></td>");
	} else if (success == 0) {
		/* Somebody tried from there, and has no password. */
		rs_html_put(html, "<td class=\"n zero\" data-sort=\"0\">");
		rs_html_count(html, failed);
		rs_html_put(html, " failed</td>");
	} else {
		rs_html_put(html, "<td class=\"n %s%u\" data-sort=\"%" PRIu64 "\">",
			    relay->class_ == RS_CLASS_MAIL_RELAY ? "m" : "o", shade(success),
			    success);
		rs_html_count(html, success);
		rs_html_put(html, "</td>");
	}
}

static void put_row(struct rs_html *html, const struct matrix *matrix,
		    const struct audit_user *user)
{
	const struct audit_report *report = html->report;

	memset(matrix->by_relay, 0, report->relay_count * sizeof(*matrix->by_relay));
	for (size_t i = 0; i < user->pair_count; i++) {
		const struct audit_pair *pair = &report->pairs[user->first_pair + i];

		matrix->by_relay[pair->relay] = pair;
	}
	rs_html_put(html, "<tr>");
	rs_html_cell_head(html, user->name);
	for (size_t i = 0; i < matrix->columns; i++)
		put_cell(html, matrix->by_relay[matrix->order[i]],
			 report->relays[matrix->order[i]].relay);
	rs_html_cell_count(html, user->tally.success);
	rs_html_put(html, "</tr>\n");
}

static void put_scale(struct rs_html *html)
{
	static const char *const labels[SHADES] = { "1 to 9", "10 to 99", "100 to 999",
						    "1,000 to 9,999", "10,000 and more" };

	rs_html_put(html, "<ul class=\"legend\" aria-label=\"Shades\">");
	for (unsigned i = 0; i < SHADES; i++)
		rs_html_put(html,
			    "<li><span class=\"shade m%u\"></span><span class=\"shade o%u\"></span>"
			    "%s</li>",
			    i + 1, i + 1, labels[i]);
	rs_html_put(html, "</ul>\n");
}

void rs_html_matrix(struct rs_html *html)
{
	const struct audit_report *report = html->report;
	size_t shown = rs_html_limit(html, report->user_count, RS_HTML_MATRIX_USERS);
	struct matrix matrix = {
		.order = calloc(report->relay_count, sizeof(*matrix.order)),
		.by_relay = calloc(report->relay_count, sizeof(*matrix.by_relay)),
	};

	if (report->relay_count > 0 && (matrix.order == NULL || matrix.by_relay == NULL)) {
		html->failed = true;
		goto out;
	}
	order_columns(report, &matrix);
	rs_html_put(html, "<p>Successful logins of each user from each relay. Mail-relays come "
			  "first: they log in with what the user left with them.</p>\n");
	put_scale(html);
	rs_html_left_out(html, shown, report->user_count, "users");
	rs_html_left_out(html, matrix.columns, report->relay_count, "relays");
	put_head(html, &matrix);
	for (size_t i = 0; i < shown; i++)
		put_row(html, &matrix, &report->users[i]);
	rs_html_table_end(html);
out:
	free(matrix.order);
	free(matrix.by_relay);
}

/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "audit-html.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- what all tables are made of --- */

void rs_html_table_begin(struct rs_html *html, const char *id, const char *filter,
			 const struct rs_html_column *columns)
{
	rs_html_put(html,
		    "<div class=\"scroll\" role=\"region\" aria-labelledby=\"%s\" tabindex=\"0\">\n"
		    "<table aria-labelledby=\"%s\" data-name=\"%s\"",
		    id, id, id);
	if (filter != NULL)
		rs_html_put(html, " data-filter=\"%s\"", filter);
	rs_html_put(html, ">\n<thead><tr>");
	for (const struct rs_html_column *column = columns; column->label != NULL; column++) {
		if (column->hidden)
			continue;
		rs_html_put(html, "<th scope=\"col\"%s>",
			    column->kind == RS_HTML_NUMBER ? " class=\"n\"" : "");
		rs_html_text(html, column->label);
		rs_html_put(html, "</th>");
	}
	rs_html_put(html, "</tr></thead>\n<tbody>\n");
}

void rs_html_table_end(struct rs_html *html)
{
	rs_html_put(html, "</tbody>\n</table>\n</div>\n");
}

void rs_html_cell_count(struct rs_html *html, uint64_t count)
{
	rs_html_put(html, "<td class=\"n%s\" data-sort=\"%" PRIu64 "\">", count == 0 ? " zero" : "",
		    count);
	rs_html_count(html, count);
	rs_html_put(html, "</td>");
}

void rs_html_cell_time(struct rs_html *html, int64_t time)
{
	if (time == INT64_MIN || time == INT64_MAX)
		rs_html_put(html, "<td class=\"n\" data-sort=\"\">");
	else
		rs_html_put(html, "<td class=\"n\" data-sort=\"%" PRId64 "\">", time);
	rs_html_time(html, time);
	rs_html_put(html, "</td>");
}

void rs_html_cell_text(struct rs_html *html, const char *text)
{
	rs_html_put(html, "<td>");
	rs_html_text(html, text);
	rs_html_put(html, "</td>");
}

void rs_html_cell_head(struct rs_html *html, const char *name)
{
	rs_html_put(html, "<th scope=\"row\">");
	rs_html_name(html, name);
	rs_html_put(html, "</th>");
}

void rs_html_cells_tally(struct rs_html *html, const struct rs_audit_tally *tally)
{
	char buf[256];

	rs_html_cell_count(html, tally->success);
	rs_html_cell_count(html, tally->failed);
	rs_html_cell_time(html, tally->first);
	rs_html_cell_time(html, tally->last);
	rs_html_put(html, "<td class=\"short\">%s</td>",
		    rs_audit_services(tally->services, buf, sizeof(buf)));
	rs_html_cell_text(html, rs_audit_mechanisms(tally->mechanisms, buf, sizeof(buf)));
}

void rs_html_relay(struct rs_html *html, const struct rs_relay *relay)
{
	rs_html_put(html, "<span class=\"relay %s\">", rs_class_name(relay->class_));
	rs_html_text(html, relay->id);
	rs_html_put(html, "</span>");
}

void rs_html_left_out(struct rs_html *html, size_t shown, size_t all, const char *what)
{
	if (shown >= all)
		return;
	rs_html_put(html, "<p class=\"note\">These are the first ");
	rs_html_count(html, shown);
	rs_html_put(html, " of ");
	rs_html_count(html, all);
	rs_html_put(html, " %s; ", what);
	rs_html_count(html, all - shown);
	rs_html_put(html, " more are not shown. <code>--csv</code> and <code>--json</code> have "
			  "all of them.</p>\n");
}

size_t rs_html_limit(const struct rs_html *html, size_t count, size_t standard)
{
	size_t limit = html->report->top > 0 ? html->report->top : standard;

	return count < limit ? count : limit;
}

/* --- relays --- */

static void put_relay_name(struct rs_html *html, const struct audit_relay *of)
{
	const struct rs_relay *relay = of->relay;

	rs_html_put(html, "<th scope=\"row\">");
	rs_html_name(html, relay->name);
	if (strcmp(relay->name, relay->id) != 0) {
		rs_html_put(html, "<br><code>");
		rs_html_text(html, relay->id);
		rs_html_put(html, "</code>");
	}
	for (size_t i = 0; i < of->seen_app_count; i++) {
		rs_html_put(html, i == 0 ? "<br><small>apps seen there: " : ", ");
		rs_html_text(html, of->seen_apps[i]);
	}
	rs_html_put(html, "%s</th><td><span class=\"relay %s\">%s</span></td>",
		    of->seen_app_count > 0 ? "</small>" : "", rs_class_name(relay->class_),
		    rs_class_name(relay->class_));
}

void rs_html_relays(struct rs_html *html)
{
	const struct audit_report *report = html->report;
	size_t shown = rs_html_limit(html, report->relay_count, report->relay_count);
	bool alerts = false, denials = false;

	for (size_t i = 0; i < report->relay_count; i++) {
		alerts = alerts || report->relays[i].alerts > 0;
		denials = denials || report->relays[i].denials > 0;
	}
	const struct rs_html_column columns[] = { { "Relay", RS_HTML_TEXT, false },
						  { "Class", RS_HTML_TEXT, false },
						  { "Users", RS_HTML_NUMBER, false },
						  { "Users who only failed", RS_HTML_NUMBER,
						    false },
						  RS_HTML_TALLY_COLUMNS,
						  { "Alerts", RS_HTML_NUMBER, !alerts },
						  { "Denials", RS_HTML_NUMBER, !denials },
						  { .label = NULL } };

	rs_html_left_out(html, shown, report->relay_count, "relays");
	rs_html_table_begin(html, "relays", "relays", columns);
	for (size_t i = 0; i < shown; i++) {
		const struct audit_relay *relay = &report->relays[i];

		rs_html_put(html, "<tr>");
		put_relay_name(html, relay);
		rs_html_cell_count(html, relay->users);
		rs_html_cell_count(html, relay->failed_users);
		rs_html_cells_tally(html, &relay->tally);
		if (alerts)
			rs_html_cell_count(html, relay->alerts);
		if (denials)
			rs_html_cell_count(html, relay->denials);
		rs_html_put(html, "</tr>\n");
	}
	rs_html_table_end(html);
}

/* --- users --- */

/* What relaysentry's own lines tell of a user. */
struct verdicts {
	uint64_t alerts, denials;
};

static struct verdicts count_verdicts(const struct audit_pair *pairs, size_t count)
{
	struct verdicts verdicts = { 0 };

	for (size_t i = 0; i < count; i++) {
		verdicts.alerts += pairs[i].alerts;
		verdicts.denials += pairs[i].denials;
	}
	return verdicts;
}

/* all: of all users; what none has is no column. */
static void put_user(struct rs_html *html, const struct audit_user *user,
		     const struct verdicts *all)
{
	const struct audit_pair *pairs = &html->report->pairs[user->first_pair];
	struct verdicts own = count_verdicts(pairs, user->pair_count);

	rs_html_put(html, "<tr>");
	rs_html_cell_head(html, user->name);
	rs_html_put(html, "<td>");
	for (size_t i = 0; i < user->pair_count; i++) {
		rs_html_put(html, i == 0 ? "" : ", ");
		rs_html_relay(html, html->report->relays[pairs[i].relay].relay);
	}
	rs_html_put(html, "</td>");
	rs_html_cells_tally(html, &user->tally);
	rs_html_cell_count(html, user->success);
	if (all->alerts > 0)
		rs_html_cell_count(html, own.alerts);
	if (all->denials > 0)
		rs_html_cell_count(html, own.denials);
	rs_html_put(html, "</tr>\n");
}

void rs_html_users(struct rs_html *html)
{
	const struct audit_report *report = html->report;
	size_t shown = rs_html_limit(html, report->user_count, RS_HTML_USERS);
	const struct verdicts all = count_verdicts(report->pairs, report->pair_count);
	const struct rs_html_column columns[] = {
		{ "User", RS_HTML_TEXT, false },
		{ "Relays", RS_HTML_TEXT, false },
		RS_HTML_TALLY_COLUMNS,
		{ "All logins", RS_HTML_NUMBER, false },
		{ "Alerts", RS_HTML_NUMBER, all.alerts == 0 },
		{ "Denials", RS_HTML_NUMBER, all.denials == 0 },
		{ .label = NULL },
	};

	rs_html_put(html, "<p>Logins and failures are those from relays; <em>All logins</em> "
			  "come from everywhere.</p>\n");
	rs_html_left_out(html, shown, report->user_count, "users");
	rs_html_table_begin(html, "users", "users", columns);
	for (size_t i = 0; i < shown; i++)
		put_user(html, &report->users[i], &all);
	rs_html_table_end(html);
}

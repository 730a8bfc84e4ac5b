/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "audit-html.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- addresses --- */

static void put_address(struct rs_html *html, const struct audit_pair *pair,
			const struct audit_address *address)
{
	const struct audit_report *report = html->report;

	rs_html_put(html, "<tr>");
	rs_html_cell_head(html, report->users[pair->user].name);
	rs_html_put(html, "<td>");
	rs_html_relay(html, report->relays[pair->relay].relay);
	rs_html_put(html, "</td>");
	rs_html_cell_text(html, address->text);
	rs_html_cell_text(html, address->network == NULL ? "" : address->network);
	rs_html_cells_tally(html, &address->tally);
	rs_html_put(html, "</tr>\n");
}

/* By user, in the order of users. Returns how many there are; the first limit of them are
 * written. */
static size_t put_addresses(struct rs_html *html, size_t limit)
{
	const struct audit_report *report = html->report;
	size_t count = 0;

	for (size_t i = 0; i < report->pair_count; i++) {
		const struct audit_pair *pair = &report->pairs[i];

		for (size_t j = 0; j < pair->address_count; j++) {
			if (count++ < limit)
				put_address(html, pair, &pair->addresses[j]);
		}
	}
	return count;
}

void rs_html_addresses(struct rs_html *html)
{
	static const struct rs_html_column columns[] = { { "User", RS_HTML_TEXT, false },
							 { "Relay", RS_HTML_TEXT, false },
							 { "Address", RS_HTML_TEXT, false },
							 { "Network", RS_HTML_TEXT, false },
							 RS_HTML_TALLY_COLUMNS,
							 { .label = NULL } };
	size_t limit = html->report->top > 0 ? html->report->top : RS_HTML_ADDRESSES;
	size_t count;

	rs_html_table_begin(html, "addresses", "addresses", columns);
	count = put_addresses(html, limit);
	rs_html_table_end(html);
	rs_html_left_out(html, count < limit ? count : limit, count, "addresses");
}

/* --- policy --- */

static const char *how(const struct rs_html *html, const struct rs_audit_rule *rule)
{
	if (*rule->id == '\0')
		return "";
	if (rs_policy_mode(html->report->policy) == RS_MODE_NONE)
		return "none: not asked";
	return rule->enforced ? "enforced" : "testing: told only";
}

static void put_rule(struct rs_html *html, const struct rs_audit_rule *rule)
{
	rs_html_put(html, "<tr>");
	if (*rule->id == '\0')
		rs_html_put(html, "<th scope=\"row\"><em>no rule ended it</em></th>");
	else
		rs_html_cell_head(html, rule->id);
	rs_html_cell_text(html, rs_action_name(rule->action));
	rs_html_cell_text(html, how(html, rule));
	rs_html_cell_count(html, rule->logins);
	rs_html_cell_count(html, rule->users);
	rs_html_put(html, "</tr>\n");
}

void rs_html_rules(struct rs_html *html)
{
	static const struct rs_html_column columns[] = {
		{ "Rule", RS_HTML_TEXT, false },    { "Action", RS_HTML_TEXT, false },
		{ "How", RS_HTML_TEXT, false },	    { "Logins", RS_HTML_NUMBER, false },
		{ "Users", RS_HTML_NUMBER, false }, { .label = NULL }
	};
	const struct audit_report *report = html->report;

	rs_html_put(html, "<p>Successful logins as the rules of ");
	/* A path may be below somebody's home. */
	if (report->anonymized) {
		rs_html_put(html, "the policy");
	} else {
		rs_html_put(html, "<code>");
		rs_html_text(html, rs_policy_path(report->policy));
		rs_html_put(html, "</code>");
	}
	rs_html_put(
		html,
		", mode %s, would have judged them. What a log does not tell, "
		"such as groups, passdb fields and users' exceptions, is not known here.%s</p>\n",
		rs_mode_name(rs_policy_mode(report->policy)),
		report->wanted_relay != NULL || report->only_new
			? " These are the logins from everywhere, not only those above."
			: "");
	rs_html_table_begin(html, "policy", NULL, columns);
	for (size_t i = 0; i < report->rule_count; i++)
		put_rule(html, &report->rules[i]);
	rs_html_table_end(html);
}

/* --- what was not understood --- */

static void put_example(struct rs_html *html, const struct rs_audit_fault *fault)
{
	char *line = rs_audit_example(fault);

	rs_html_put(html, "<td><code class=\"line\">");
	if (line != NULL)
		rs_html_text(html, line);
	else
		html->failed = true;
	rs_html_put(html, "</code></td><td>");
	rs_html_name(html, rs_audit_example_name(html->report, fault));
	rs_html_put(html, "<br><small>at byte ");
	rs_html_count(html, fault->offset);
	rs_html_put(html, "</small></td>");
	free(line);
}

static void put_fault(struct rs_html *html, enum rs_scan kind, const struct rs_audit_fault *fault)
{
	rs_html_put(html, "<tr><th scope=\"row\">");
	rs_html_text(html, rs_scan_name(kind));
	rs_html_put(html, "</th>");
	rs_html_cell_count(html, fault->count);
	/* A line names its user. */
	if (html->report->anonymized)
		rs_html_put(html, "<td><em>not shown: names are hidden</em></td><td></td>");
	else if (fault->example == NULL)
		rs_html_put(html, "<td></td><td></td>");
	else
		put_example(html, fault);
	rs_html_put(html, "</tr>\n");
}

void rs_html_faults(struct rs_html *html)
{
	static const struct rs_html_column columns[] = { { "What", RS_HTML_TEXT, false },
							 { "Lines", RS_HTML_NUMBER, false },
							 { "The first one", RS_HTML_TEXT, false },
							 { "In", RS_HTML_TEXT, false },
							 { .label = NULL } };
	const struct rs_audit *audit = html->report->audit;
	uint64_t count = 0;

	for (int kind = RS_SCAN_FAULTS; kind < RS_SCAN_COUNT; kind++)
		count += rs_audit_fault(audit, (enum rs_scan)kind)->count;
	if (count == 0) {
		rs_html_put(html, "<p>Each line that tells of a login was understood.</p>\n");
		return;
	}
	rs_html_put(html, "<p>");
	rs_html_counted(html, count, "line that seems", "lines that seem");
	rs_html_put(html, " to tell of a login, and not for certain who came, when, or from "
			  "where. They are not counted above.</p>\n");
	rs_html_table_begin(html, "faults", NULL, columns);
	for (int kind = RS_SCAN_FAULTS; kind < RS_SCAN_COUNT; kind++) {
		const struct rs_audit_fault *fault = rs_audit_fault(audit, (enum rs_scan)kind);

		if (fault->count > 0)
			put_fault(html, (enum rs_scan)kind, fault);
	}
	rs_html_table_end(html);
}

/* --- the logs --- */

/* Of dates that have none. Where it was guessed wrong, all of a file is. */
static void put_year(struct rs_html *html, int year)
{
	if (year == 0)
		rs_html_put(html, "<td class=\"n\" data-sort=\"\"></td>");
	else
		rs_html_put(html, "<td class=\"n\" data-sort=\"%d\">%d</td>", year, year);
}

void rs_html_files(struct rs_html *html)
{
	const struct audit_set *set = html->report->set;
	bool years = false;

	for (size_t i = 0; i < set->count; i++)
		years = years || set->files[i].first_year != 0;
	const struct rs_html_column columns[] = { { "Log", RS_HTML_TEXT, false },
						  { "Bytes", RS_HTML_NUMBER, false },
						  { "Logins", RS_HTML_NUMBER, false },
						  { "Read as from", RS_HTML_NUMBER, !years },
						  { .label = NULL } };

	rs_html_put(html, "<details><summary id=\"files\">");
	rs_html_counted(html, set->count, "log was read", "logs were read");
	rs_html_put(html, "</summary>\n");
	rs_html_table_begin(html, "files", NULL, columns);
	for (size_t i = 0; i < set->count; i++) {
		const struct audit_file *file = &set->files[i];
		char number[32];

		/* A path may be below somebody's home. */
		snprintf(number, sizeof(number), "log %zu", i + 1);
		rs_html_put(html, "<tr>");
		rs_html_cell_head(html,
				  html->report->anonymized ? number : rs_audit_file_name(file));
		rs_html_cell_count(html, file->size);
		rs_html_cell_count(html, file->logins);
		if (years)
			put_year(html, file->first_year);
		rs_html_put(html, "</tr>\n");
	}
	rs_html_table_end(html);
	rs_html_put(html, "</details>\n");
}

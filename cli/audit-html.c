/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "audit-html.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static const struct section {
	const char *id, *title;
	void (*put)(struct rs_html *html);
	bool always; /* also where there was no login from a relay */
} sections[] = {
	{ "timeline", "Time line", rs_html_timeline, true },
	{ "relays", "Relays", rs_html_relays, false },
	{ "matrix", "Users by relay", rs_html_matrix, false },
	{ "users", "Users", rs_html_users, false },
	{ "addresses", "Addresses", rs_html_addresses, false },
	{ "policy", "What the policy would have done", rs_html_rules, true },
	{ "faults", "What was not understood", rs_html_faults, true },
};
#define SECTION_COUNT (sizeof(sections) / sizeof(sections[0]))

static bool has_section(const struct audit_report *report, const struct section *section)
{
	if (section->put == rs_html_addresses && !report->addresses)
		return false;
	if (section->put == rs_html_rules && report->policy == NULL)
		return false;
	return section->always || report->relay_count > 0;
}

/* --- head --- */

/* Who chooses a name cannot know the nonce before it is made, so that nothing in a name runs even
 * where escaping should fail. Returns false when the system has no random bytes. */
static bool make_nonce(struct rs_html *html)
{
	unsigned char bytes[(sizeof(html->nonce) - 1) / 2];
	ssize_t got;

	do
		got = getrandom(bytes, sizeof(bytes), 0);
	while (got < 0 && errno == EINTR);
	if (got != (ssize_t)sizeof(bytes))
		return false;
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(html->nonce + 2 * i, 3, "%02x", bytes[i]);
	return true;
}

static void put_lines(struct rs_html *html, const char *const *lines)
{
	for (; *lines != NULL; lines++)
		rs_html_copy(html, *lines);
}

static void put_period(struct rs_html *html)
{
	const struct rs_audit_totals *totals = html->report->totals;
	char first[RS_WHEN_LEN], last[RS_WHEN_LEN];

	if (totals->first > totals->last) {
		rs_html_put(html, "There are no logins");
		return;
	}
	rs_html_date(html, totals->first);
	if (strncmp(rs_when_format(totals->first, first), rs_when_format(totals->last, last),
		    strlen("2026-11-22")) == 0)
		return;
	rs_html_put(html, " to ");
	rs_html_date(html, totals->last);
}

static void put_head(struct rs_html *html)
{
	rs_html_put(html,
		    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		    "style-src 'nonce-%s'; script-src 'nonce-%s'; base-uri 'none'; "
		    "form-action 'none'\">\n"
		    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		    "<meta name=\"color-scheme\" content=\"light dark\">\n"
		    "<meta name=\"referrer\" content=\"no-referrer\">\n"
		    "<meta name=\"robots\" content=\"noindex\">\n"
		    "<title>Logins from relays</title>\n<style nonce=\"%s\">\n",
		    html->nonce, html->nonce, html->nonce);
	put_lines(html, rs_report_css);
	rs_html_put(html, "</style>\n</head>\n");
}

/* --- what was asked --- */

static void put_limit(struct rs_html *html, const char *word, int64_t time)
{
	if (time == INT64_MIN || time == INT64_MAX)
		return;
	rs_html_put(html, "<li>%s ", word);
	rs_html_time(html, time);
	rs_html_put(html, "</li>");
}

static void put_wanted(struct rs_html *html)
{
	const struct audit_report *report = html->report;
	bool any = report->wanted_user != NULL || report->wanted_relay != NULL ||
		   report->since != INT64_MIN || report->until != INT64_MAX || report->only_new;

	if (!any) {
		rs_html_put(html, "all logins");
		return;
	}
	rs_html_put(html, "<ul>");
	put_limit(html, "from", report->since);
	put_limit(html, "before", report->until);
	if (report->wanted_user != NULL) {
		rs_html_put(html, "<li>user ");
		rs_html_name(html, report->wanted_user);
		rs_html_put(html, "</li>");
	}
	if (report->wanted_relay != NULL) {
		rs_html_put(html, "<li>relay ");
		rs_html_name(html, report->wanted_relay);
		rs_html_put(html, "</li>");
	}
	if (report->only_new)
		rs_html_put(html, "<li>only users and relays that were not there before</li>");
	rs_html_put(html, "</ul>");
}

static void put_facts(struct rs_html *html)
{
	const struct audit_report *report = html->report;

	rs_html_put(html, "<dl class=\"facts\">\n<div><dt>Asked for</dt><dd>");
	put_wanted(html);
	rs_html_put(html, "</dd></div>\n<div><dt>Relay database</dt><dd>");
	rs_html_put(html, "<code>%s</code> of ", report->database.id);
	rs_html_date(html, report->database.build_epoch);
	rs_html_put(html, "</dd></div>\n<div><dt>Made</dt><dd>");
	rs_html_time(html, report->now);
	rs_html_put(html, "</dd></div>\n<div><dt>Lines read</dt><dd>");
	rs_html_count(html, report->totals->lines);
	rs_html_put(html, "</dd></div>\n</dl>\n");
	if (report->set != NULL && report->set->count > 0)
		rs_html_files(html);
}

static void put_header(struct rs_html *html)
{
	rs_html_put(html,
		    "<body>\n<header>\n<div class=\"top\"><p class=\"brand\">relaysentry "
		    "audit</p><button type=\"button\" id=\"theme\" hidden>Dark</button></div>\n"
		    "<h1>Logins made by somebody else&#39;s servers</h1>\n<p class=\"lead\">");
	put_period(html);
	rs_html_put(html, ". All times are UTC.</p>\n</header>\n<nav aria-label=\"Parts\"><ul>");
	for (size_t i = 0; i < SECTION_COUNT; i++) {
		if (has_section(html->report, &sections[i]))
			rs_html_put(html, "<li><a href=\"#%s\">%s</a></li>", sections[i].id,
				    sections[i].title);
	}
	rs_html_put(html, "</ul></nav>\n<main>\n");
}

/* --- summary --- */

/* A number, what it counts, and a line below. */
static void tile_begin(struct rs_html *html, const char *what, uint64_t count, bool loud)
{
	rs_html_put(html, "<div%s><dt>%s</dt><dd class=\"big\">", loud ? " class=\"loud\"" : "",
		    what);
	rs_html_count(html, count);
	rs_html_put(html, "</dd><dd>");
}

static void tile_end(struct rs_html *html)
{
	rs_html_put(html, "</dd></div>\n");
}

static void put_share_of(struct rs_html *html, uint64_t part, uint64_t whole, const char *what)
{
	if (whole == 0)
		return;
	rs_html_share(html, part, whole);
	rs_html_put(html, " of %s", what);
}

static void put_summary(struct rs_html *html)
{
	const struct audit_report *report = html->report;
	const struct rs_audit_totals *totals = report->totals;

	rs_html_put(html, "<section>\n<h2 class=\"unseen\" id=\"summary\">Summary</h2>\n"
			  "<dl class=\"tiles\">\n");
	tile_begin(html, "Users whose password is with a mail-relay", report->password_users,
		   report->password_users > 0);
	put_share_of(html, report->password_users, totals->users, "users");
	if (report->password_relays > 1)
		rs_html_put(html, "; with %" PRIu64 " mail-relays", report->password_relays);
	tile_end(html);
	tile_begin(html, "Users seen from relays", report->relay_users, false);
	put_share_of(html, report->relay_users, totals->users, "users");
	tile_end(html);
	tile_begin(html, "Logins from relays", report->relay_success, false);
	put_share_of(html, report->relay_success, totals->success, "logins");
	tile_end(html);
	tile_begin(html, "Failed from relays", report->relay_failed, false);
	put_share_of(html, report->relay_failed, totals->failed, "failures");
	tile_end(html);
	tile_begin(html, "Users", totals->users, false);
	rs_html_put(html, "with a login");
	tile_end(html);
	tile_begin(html, "Logins", totals->success, false);
	rs_html_counted(html, totals->failed, "failure", "failures");
	tile_end(html);
	rs_html_put(html, "</dl>\n");
	put_facts(html);
	rs_html_put(html, "</section>\n");
}

/* --- all --- */

static void put_footer(struct rs_html *html)
{
	rs_html_put(html, "</main>\n<footer><p>Made by relaysentry " PACKAGE_VERSION ". ");
	if (html->report->anonymized)
		rs_html_put(html, "Names of users are hashes and addresses are networks; who knows "
				  "when somebody reads mail may still find them here.");
	else
		rs_html_put(html, "This page names users and tells when they read their mail: it "
				  "is personal data.");
	rs_html_put(html, "</p></footer>\n<script nonce=\"%s\">\n", html->nonce);
	put_lines(html, rs_report_js);
	rs_html_put(html, "</script>\n</body>\n</html>\n");
}

int rs_audit_html(const struct audit_report *report, FILE *out)
{
	struct rs_html html = { .out = out, .report = report };

	if (!make_nonce(&html))
		return -1;
	put_head(&html);
	put_header(&html);
	put_summary(&html);
	for (size_t i = 0; i < SECTION_COUNT; i++) {
		if (!has_section(report, &sections[i]))
			continue;
		rs_html_put(&html, "<section>\n<h2 id=\"%s\">%s</h2>\n", sections[i].id,
			    sections[i].title);
		sections[i].put(&html);
		rs_html_put(&html, "</section>\n");
	}
	put_footer(&html);
	return html.failed || fflush(out) != 0 || ferror(out) != 0 ? -1 : 0;
}

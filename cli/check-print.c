/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "cli.h"
#include "check.h"

#include <relaysentry/catalogue.h>
#include <relaysentry/json.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LABEL "  %-9s "

static const char *colour_of(enum rs_action action)
{
	if (!rs_cli_colour(STDOUT_FILENO))
		return "";
	switch (action) {
	case RS_ACTION_DENY:
		return "\033[31m";
	case RS_ACTION_ALERT:
		return "\033[33m";
	default:
		return "\033[32m";
	}
}

static const char *colour_end(void)
{
	return rs_cli_colour(STDOUT_FILENO) ? "\033[0m" : "";
}

static const struct rs_relay_def *find_def(const struct check *check, const char *id)
{
	return check->catalogue != NULL ? rs_catalogue_find(check->catalogue, id) : NULL;
}

static void print_relays(const struct check *check, const struct rs_match *match)
{
	for (uint32_t i = 0; i < match->cover_count; i++) {
		const struct rs_cover *cover = &match->covers[i];
		const struct rs_relay_def *def = find_def(check, cover->relay->id);

		printf(LABEL "%s, class %s, by %s (%s)\n", i == 0 ? "relay" : "", cover->relay->id,
		       rs_class_name(cover->relay->class_), cover->network, cover->relay->name);
		for (size_t j = 0; def != NULL && j < def->seen_app_count; j++)
			printf("%s%s", j == 0 ? "            seen from there: " : ", ",
			       def->seen_apps[j]);
		if (def != NULL && def->seen_app_count > 0)
			printf("\n");
	}
	if (match->asn != 0)
		printf(LABEL "AS%u %s\n", "network", (unsigned)match->asn, match->as_org);
}

/* How wide the column of rules must be. */
struct widths {
	size_t rule;
};

static void measure_step(const struct rs_step *step, void *context)
{
	struct widths *widths = context;

	if (strlen(step->rule) > widths->rule)
		widths->rule = strlen(step->rule);
}

struct printing {
	struct widths widths;
	size_t count;
};

static void print_step(const struct rs_step *step, void *context)
{
	struct printing *printing = context;

	printf(LABEL "%-*s  %-11s  %s%s: %s\n", printing->count++ == 0 ? "rules" : "",
	       (int)printing->widths.rule, step->rule, rs_action_name(step->action),
	       step->matched ? "matches" : "no",
	       step->matched && step->mode == RS_MODE_TESTING ? " (testing)" : "", step->why);
}

static void print_rules(struct check *check)
{
	struct printing printing = { { 0 }, 0 };
	size_t left;

	/* Deciding is pure: twice the same. */
	rs_decide(check->policy, check->db, &check->login, check->verdict, measure_step,
		  &printing.widths);
	rs_decide(check->policy, check->db, &check->login, check->verdict, print_step, &printing);
	left = rs_policy_rule_count(check->policy) - printing.count;
	if (left > 0 && printing.count == 0)
		printf(LABEL "none tried\n", "rules");
	else if (left == 1)
		printf(LABEL "the last rule not tried\n", "");
	else if (left > 1)
		printf(LABEL "the last %zu rules not tried\n", "", left);
}

static void print_verdict(const struct check *check)
{
	const struct rs_verdict *verdict = check->verdict;
	char note[RS_CHECK_NOTE_SIZE];

	for (size_t i = 0; i < verdict->tag_count; i++)
		printf(LABEL "%s\n", i == 0 ? "tags" : "", verdict->tags[i]);
	for (size_t i = 0; i < verdict->report_count; i++)
		printf(LABEL "action=%s enforced=%s rule=%s%s\n", i == 0 ? "reports" : "",
		       rs_action_name(verdict->reports[i].action),
		       verdict->reports[i].enforced ? "yes" : "no", verdict->reports[i].rule,
		       verdict->reports[i].notify ? " notify=yes" : "");
	printf(LABEL "%s%s%s", "verdict", colour_of(verdict->action),
	       rs_action_name(verdict->action), colour_end());
	if (verdict->decided != verdict->action)
		printf(" (%s if the policy's mode were enforce)", rs_action_name(verdict->decided));
	if (verdict->rule != NULL)
		printf(", by rule %s", verdict->rule);
	else
		printf(", %s", verdict->reason);
	if (verdict->entry_source != NULL)
		printf(", by %s", verdict->entry_source);
	printf("\n");
	if (verdict->decided == RS_ACTION_DENY)
		printf(LABEL "%s\n", "reply",
		       verdict->message != NULL ? verdict->message
						: "that of a wrong password (generic)");
	if (verdict->wants_exceptions)
		printf(LABEL "%s\n", "note", rs_check_not_looked_up(check, note));
}

static void print_text(struct check *check, const char *text)
{
	const struct rs_match *match = rs_check_decide(check);
	char buf[RS_IP_STRLEN];

	printf("%s", text);
	if (check->policy != NULL && check->verdict->remote.family != 0 &&
	    !rs_ip_equal(&check->verdict->remote, &check->login.remote))
		printf(" (NAT64 for %s)", rs_ip_format(&check->verdict->remote, buf));
	printf("\n");
	if (match != NULL)
		print_relays(check, match);
	else if (check->policy != NULL && check->verdict->reason != NULL &&
		 strcmp(check->verdict->reason, "mode none") == 0)
		printf(LABEL "not looked up: the policy's mode is none\n", "relay");
	else
		printf(LABEL "none\n", "relay");
	if (check->policy == NULL)
		return;
	print_rules(check);
	print_verdict(check);
}

static void json_step(const struct rs_step *step, void *context)
{
	struct rs_jsonw *w = context;

	rs_jsonw_object(w, NULL);
	rs_jsonw_string(w, "rule", step->rule);
	rs_jsonw_string(w, "action", rs_action_name(step->action));
	rs_jsonw_string(w, "mode", rs_mode_name(step->mode));
	rs_jsonw_bool(w, "matched", step->matched);
	rs_jsonw_string(w, "why", step->why);
	rs_jsonw_end(w);
}

static void json_relays(const struct check *check, struct rs_jsonw *w, const struct rs_match *match)
{
	rs_jsonw_array(w, "relays");
	for (uint32_t i = 0; match != NULL && i < match->cover_count; i++) {
		const struct rs_cover *cover = &match->covers[i];
		const struct rs_relay_def *def = find_def(check, cover->relay->id);

		rs_jsonw_object(w, NULL);
		rs_jsonw_string(w, "id", cover->relay->id);
		rs_jsonw_string(w, "class", rs_class_name(cover->relay->class_));
		rs_jsonw_string(w, "network", cover->network);
		rs_jsonw_string(w, "name", cover->relay->name);
		if (def != NULL && def->seen_app_count > 0) {
			rs_jsonw_array(w, "seen_apps");
			for (size_t j = 0; j < def->seen_app_count; j++)
				rs_jsonw_string(w, NULL, def->seen_apps[j]);
			rs_jsonw_end(w);
		}
		rs_jsonw_end(w);
	}
	rs_jsonw_end(w);
	if (match != NULL && match->asn != 0) {
		rs_jsonw_int(w, "asn", match->asn);
		rs_jsonw_string(w, "as_org", match->as_org);
	}
}

static void json_verdict(struct check *check, struct rs_jsonw *w)
{
	const struct rs_verdict *verdict = check->verdict;

	rs_jsonw_array(w, "rules");
	rs_decide(check->policy, check->db, &check->login, check->verdict, json_step, w);
	rs_jsonw_end(w);
	rs_jsonw_string(w, "action", rs_action_name(verdict->action));
	rs_jsonw_string(w, "decided", rs_action_name(verdict->decided));
	rs_jsonw_bool(w, "enforced", verdict->enforced);
	rs_jsonw_string(w, "rule", verdict->rule);
	rs_jsonw_string(w, "reason", verdict->reason);
	rs_jsonw_string(w, "entry", verdict->entry_source);
	if (verdict->exception != NULL)
		rs_jsonw_int(w, "exception_not_after", verdict->exception->not_after);
	if (verdict->wants_exceptions)
		rs_jsonw_bool(w, "wants_exceptions", true);
	rs_jsonw_array(w, "tags");
	for (size_t i = 0; i < verdict->tag_count; i++)
		rs_jsonw_string(w, NULL, verdict->tags[i]);
	rs_jsonw_end(w);
	if (verdict->decided == RS_ACTION_DENY) {
		rs_jsonw_string(w, "reply",
				verdict->reply == RS_REPLY_REASON ? "reason" : "generic");
		rs_jsonw_string(w, "message", verdict->message);
	}
	rs_jsonw_array(w, "reports");
	for (size_t i = 0; i < verdict->report_count; i++) {
		rs_jsonw_object(w, NULL);
		rs_jsonw_string(w, "action", rs_action_name(verdict->reports[i].action));
		rs_jsonw_bool(w, "enforced", verdict->reports[i].enforced);
		rs_jsonw_string(w, "rule", verdict->reports[i].rule);
		if (verdict->reports[i].notify)
			rs_jsonw_bool(w, "notify", true);
		rs_jsonw_end(w);
	}
	rs_jsonw_end(w);
}

static int print_json(struct check *check, const struct rs_ip *ip)
{
	struct rs_jsonw *w = rs_jsonw_new(false);
	const struct rs_match *match = rs_check_decide(check);
	char buf[RS_IP_STRLEN];

	if (w == NULL)
		return rs_cli_no_memory();
	rs_jsonw_object(w, NULL);
	rs_jsonw_string(w, "address", ip->family != 0 ? rs_ip_format(ip, buf) : NULL);
	if (check->login.user != NULL)
		rs_jsonw_string(w, "user", check->login.user);
	json_relays(check, w, match);
	if (check->policy != NULL)
		json_verdict(check, w);
	rs_jsonw_end(w);
	return rs_cli_print_json(&w);
}

int rs_check_one(struct check *check, const struct rs_ip *ip, const char *text, bool *denied_r)
{
	int status = 0;

	check->login.remote = *ip;
	if (check->json)
		status = print_json(check, ip);
	else
		print_text(check, text);
	if (check->policy != NULL && check->verdict->action == RS_ACTION_DENY)
		*denied_r = true;
	return status;
}

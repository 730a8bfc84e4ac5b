/* SPDX-License-Identifier: MIT */
#include "decide-internal.h"

#include <stdlib.h>
#include <string.h>

static const char default_message[] =
	"Logins of this mail app's servers are not allowed here. Please use another mail app.";

struct rs_verdict *rs_verdict_new(const struct rs_policy *policy)
{
	struct rs_verdict *verdict = calloc(1, sizeof(*verdict));

	if (verdict == NULL)
		return NULL;
	/* One more than rules: no_address reports too. */
	verdict->report_room = policy->rule_count + 1;
	verdict->reports = calloc(verdict->report_room, sizeof(*verdict->reports));
	if (verdict->reports == NULL)
		rs_verdict_free(&verdict);
	return verdict;
}

void rs_verdict_free(struct rs_verdict **verdict)
{
	if (*verdict == NULL)
		return;
	free((*verdict)->reports);
	free(*verdict);
	*verdict = NULL;
}

static void reset(struct rs_verdict *verdict)
{
	verdict->action = RS_ACTION_ALLOW;
	verdict->decided = RS_ACTION_ALLOW;
	verdict->enforced = false;
	verdict->match = NULL;
	verdict->cover = NULL;
	verdict->rule = NULL;
	verdict->tag_count = 0;
	memset(verdict->tags, 0, sizeof(verdict->tags));
	verdict->reply = RS_REPLY_GENERIC;
	verdict->message = NULL;
	verdict->reason = "no rule ended it";
	verdict->entry_source = NULL;
	verdict->exception = NULL;
	verdict->wants_exceptions = false;
	verdict->no_address = false;
	verdict->report_count = 0;
	verdict->entry_text[0] = '\0';
}

/* rule NULL: no_address. */
static void add_report(struct rs_verdict *verdict, enum rs_action action, bool enforced,
		       const struct rs_rule *rule)
{
	if (verdict->report_count < verdict->report_room)
		verdict->reports[verdict->report_count++] = (struct rs_report){
			.action = action,
			.enforced = enforced,
			.rule = rule != NULL ? rule->id : "no_address",
			.notify = rule != NULL && rule->notify,
		};
}

static void add_tag(struct rs_verdict *verdict, const char *tag)
{
	for (size_t i = 0; i < verdict->tag_count; i++) {
		if (strcmp(verdict->tags[i], tag) == 0)
			return;
	}
	if (verdict->tag_count < RS_TAGS_MAX)
		verdict->tags[verdict->tag_count++] = tag;
}

/* A translated address stands for the IPv4 address within. */
static void map_nat64(const struct rs_policy *policy, struct rs_ip *ip)
{
	if (ip->family != AF_INET6 || rs_nat64_extract(&rs_nat64_well_known, ip))
		return;
	for (size_t i = 0; i < policy->nat64_count; i++) {
		if (rs_nat64_extract(&policy->nat64[i], ip))
			return;
	}
}

static void find_relay(struct rs_decision *d, const struct rs_relaydb *db)
{
	struct rs_verdict *verdict = d->verdict;

	if (d->remote.family == 0) {
		verdict->no_address = true;
		verdict->reason = "no address";
		return;
	}
	if (rs_netset_covers(&d->policy->own_networks, &d->remote)) {
		verdict->reason = "own network";
		return;
	}
	if (db == NULL || rs_relaydb_lookup(db, &d->remote, &verdict->match) != 1) {
		verdict->match = NULL;
		verdict->reason = "no relay";
		return;
	}
	d->covers = verdict->match->covers;
	d->cover_count = verdict->match->cover_count;
	verdict->cover = d->covers;
}

/* What is told to the client that is refused by this rule, NULL by no_address. */
static void set_reply(struct rs_decision *d, const struct rs_rule *rule)
{
	struct rs_verdict *verdict = d->verdict;
	enum rs_reply reply = RS_REPLY_GENERIC;

	if (rule == NULL)
		return;
	if (rule->reply_given)
		reply = rule->reply;
	else if (d->cover_count > 0 && d->covers->relay->class_ == RS_CLASS_MAIL_RELAY)
		reply = RS_REPLY_REASON;
	/* Who has not proved a password must not learn what would happen to the right one. */
	if (reply == RS_REPLY_GENERIC || !d->login->verified)
		return;
	verdict->reply = RS_REPLY_REASON;
	verdict->message = rule->message != NULL ? rule->message : default_message;
}

/* Ends the decision. */
static void end(struct rs_decision *d, const struct rs_rule *rule, enum rs_action action)
{
	struct rs_verdict *verdict = d->verdict;
	bool enforce = d->policy->mode == RS_MODE_ENFORCE;

	verdict->decided = action;
	verdict->action = action == RS_ACTION_DENY && !enforce ? RS_ACTION_ALLOW : action;
	verdict->enforced = enforce;
	if (rule != NULL) {
		verdict->rule = rule->id;
		verdict->reason = verdict->entry_source != NULL ? "user entry" : "rule";
	}
	if (action == RS_ACTION_DENY)
		set_reply(d, rule);
	if (action == RS_ACTION_DENY || action == RS_ACTION_ALERT)
		add_report(verdict, action, enforce, rule);
}

/* What a rule that matched does. Returns true when it ends the decision. */
static bool apply(struct rs_decision *d, const struct rs_rule *rule, enum rs_action action)
{
	if (rule->mode == RS_MODE_TESTING) {
		add_report(d->verdict, action, false, rule);
		d->verdict->entry_source = NULL;
		d->verdict->exception = NULL;
		return false;
	}
	if (action == RS_ACTION_TAG) {
		add_tag(d->verdict, rule->tag);
		return false;
	}
	end(d, rule, action);
	return true;
}

static bool try_rule(struct rs_decision *d, const struct rs_rule *rule,
		     rs_explain_callback *explain, void *explain_context)
{
	struct rs_trial trial = rs_rule_try(d, rule);

	if (trial.miss == RS_MISS_NOTHING && rule->action == RS_ACTION_USER_POLICY &&
	    !rs_entries_decide(d, rule, &trial.action))
		trial.miss = RS_MISS_NO_ENTRY;
	if (explain != NULL) {
		char why[RS_WHY_SIZE];
		struct rs_step step = { rule->id, rule->action, rule->mode,
					trial.miss == RS_MISS_NOTHING,
					rs_why(d, rule, &trial, why) };

		explain(&step, explain_context);
	}
	return trial.miss == RS_MISS_NOTHING && apply(d, rule, trial.action);
}

void rs_decide(const struct rs_policy *policy, const struct rs_relaydb *db,
	       const struct rs_login *login, struct rs_verdict *verdict,
	       rs_explain_callback *explain, void *explain_context)
{
	/* Not initialised: it is large, and set when it is needed. */
	struct rs_user_name user;
	struct rs_decision d = {
		.policy = policy,
		.login = login,
		.verdict = verdict,
		.remote = login->remote,
		.via = login->via,
	};

	map_nat64(policy, &d.remote);
	map_nat64(policy, &d.via);
	reset(verdict);
	verdict->remote = d.remote;
	if (policy->mode == RS_MODE_NONE) {
		verdict->reason = "mode none";
		return;
	}
	find_relay(&d, db);
	if (policy->needs_user && login->user != NULL) {
		rs_user_name_set(&user, policy, login->user);
		d.user = &user;
	}
	for (size_t i = 0; i < policy->rule_count; i++) {
		if (try_rule(&d, &policy->rules[i], explain, explain_context))
			return;
	}
	end(&d, NULL, verdict->no_address ? policy->no_address : RS_ACTION_ALLOW);
}

/* SPDX-License-Identifier: MIT */
#include "nearest.h"
#include "policy-internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* What a passdb of Dovecot 2.3 or 2.4 is asked about, and Postfix and Exim. */
static const char *const services[] = { "doveadm", "imap", "pop3", "sieve", "smtp", "submission" };
static const char *const mechanisms[] = {
	"apop",
	"cram-md5",
	"digest-md5",
	"dovecot-token",
	"external",
	"gssapi",
	"gss-spnego",
	"login",
	"oauthbearer",
	"otp",
	"plain",
	"scram-sha-1",
	"scram-sha-1-plus",
	"scram-sha-256",
	"scram-sha-256-plus",
	"skey",
	"xoauth2",
};
/* Dovecot accepts these without asking any passdb. */
static const char *const unasked[] = { "anonymous", "ntlm" };
#define COUNT(array) (sizeof(array) / sizeof(*(array)))

struct lint {
	const struct rs_policy *policy;
	struct rs_diags *diags;
	const struct rs_rule *rule;
};

static void warn(const struct lint *lint, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void warn(const struct lint *lint, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (lint->rule != NULL)
		rs_diags_add(lint->diags, RS_LEVEL_WARNING, lint->policy->path, lint->rule->line,
			     "rule \"%s\": %s", lint->rule->id, text);
	else
		rs_diags_add(lint->diags, RS_LEVEL_WARNING, lint->policy->path, 0, "%s", text);
}

static bool known(const char *word, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(word, words[i]) == 0)
			return true;
	}
	return false;
}

static void check_services(const struct lint *lint, const struct rs_words *words)
{
	bool smtp = rs_words_have(words, "smtp", 4);
	bool submission = rs_words_have(words, "submission", 10);

	for (size_t i = 0; i < words->count; i++) {
		const char *word = words->items[i].text, *near;

		if (known(word, services, COUNT(services)))
			continue;
		near = strcmp(word, "managesieve") == 0
			       ? "sieve"
			       : rs_nearest(word, services, COUNT(services));
		warn(lint, "service \"%s\" is not known to log in to Dovecot%s%s%s", word,
		     near != NULL ? "; did you mean \""
				  : "; known are imap, pop3, sieve, smtp and "
				    "submission",
		     near != NULL ? near : "", near != NULL ? "\"?" : "");
	}
	if (smtp != submission)
		warn(lint,
		     "names the service %s without %s; Postfix and Exim log in as smtp, Dovecot's "
		     "own submission service as submission: name both",
		     smtp ? "smtp" : "submission", smtp ? "submission" : "smtp");
}

static void check_mechanisms(const struct lint *lint, const struct rs_words *words)
{
	for (size_t i = 0; i < words->count; i++) {
		const char *word = words->items[i].text, *near;

		if (known(word, unasked, COUNT(unasked))) {
			warn(lint,
			     "mechanism \"%s\" never matches: Dovecot decides such logins without "
			     "a passdb; switch it off with auth_mechanisms",
			     word);
			continue;
		}
		if (known(word, mechanisms, COUNT(mechanisms)))
			continue;
		near = rs_nearest(word, mechanisms, COUNT(mechanisms));
		warn(lint, "mechanism \"%s\" is not known to Dovecot%s%s%s", word,
		     near != NULL ? "; did you mean \"" : "", near != NULL ? near : "",
		     near != NULL ? "\"?" : "");
	}
}

static void check_networks(const struct lint *lint, const struct rs_netset *set, const char *name)
{
	char buf[RS_NET_STRLEN];

	for (size_t i = 0; i < set->count; i++) {
		const struct rs_net *net = &set->nets[i];
		bool translated = rs_net_covers(&rs_nat64_well_known, net);

		for (size_t j = 0; j < lint->policy->nat64_count; j++)
			translated = translated || rs_net_covers(&lint->policy->nat64[j], net);
		if (translated)
			warn(lint,
			     "%s %s never matches: addresses translated by NAT64 are compared as "
			     "the "
			     "IPv4 address within; name that",
			     name, rs_net_format(net, buf));
		if (net->prefix == 0)
			warn(lint, "%s %s is every address; leave it out or narrow it", name,
			     rs_net_format(net, buf));
	}
}

/* Whether the conditions are about the service smtp alone. */
static bool smtp_only(const struct rs_conds *conds)
{
	return conds->services.count == 1 && rs_words_have(&conds->services, "smtp", 4);
}

static void check_tls(const struct lint *lint)
{
	const struct rs_rule *rule = lint->rule;
	const unsigned about_address =
		1U << RS_COND_RELAY | 1U << RS_COND_CLASS | 1U << RS_COND_NETWORK;
	bool reports = rule->action == RS_ACTION_DENY || rule->action == RS_ACTION_ALERT;

	if (rule->conds.tls == 1 && reports && !rule->any_address &&
	    (rule->conds.present & about_address) == 0)
		warn(lint, "is for logins from a relay only, and a login without TLS is a danger "
			   "from any address; write \"any_address\": true, or name the relay or "
			   "class that is meant");
	if (rule->conds.tls == 2 && smtp_only(&rule->conds))
		warn(lint, "tls true never matches with the service smtp: Postfix and Exim do not "
			   "say for certain that there is TLS; write \"not\": {\"tls\": false} "
			   "instead");
}

static void check_conds(const struct lint *lint, const struct rs_conds *conds)
{
	if ((conds->present & 1U << RS_COND_SERVICE) != 0)
		check_services(lint, &conds->services);
	if ((conds->present & 1U << RS_COND_MECHANISM) != 0)
		check_mechanisms(lint, &conds->mechanisms);
	check_networks(lint, &conds->networks, "network");
	check_networks(lint, &conds->vias, "via");
}

static void check_reply(const struct lint *lint)
{
	const struct rs_rule *rule = lint->rule;
	bool mail_relay = (rule->conds.present & 1U << RS_COND_CLASS) == 0 || rule->covering ||
			  (rule->conds.classes & 1U << RS_CLASS_MAIL_RELAY) != 0;

	if (rule->message != NULL && !rule->reply_given && !mail_relay)
		warn(lint, "the message is never told, because only logins from a mail-relay get "
			   "one by default; write \"reply\": \"reason\"");
}

/* Whether the rule can ever lead to a report. */
static bool reports(const struct rs_rule *rule)
{
	if (rule->mode != RS_MODE_ENFORCE)
		return rule->mode == RS_MODE_TESTING;
	return rule->action == RS_ACTION_DENY || rule->action == RS_ACTION_ALERT ||
	       rule->action == RS_ACTION_USER_POLICY;
}

static void check_switches(const struct lint *lint)
{
	const struct rs_rule *rule = lint->rule;
	const unsigned about_relay = 1U << RS_COND_RELAY | 1U << RS_COND_CLASS;
	unsigned both = rule->conds.present | rule->not_conds.present;

	if (rule->any_address && (rule->conds.present & about_relay) != 0)
		warn(lint, "any_address changes nothing, because the rule names a relay or class; "
			   "leave it out");
	if (rule->any_address && rule->action == RS_ACTION_USER_POLICY)
		warn(lint, "any_address changes nothing, because user entries are about relays; "
			   "leave it out");
	if (rule->covering && (both & about_relay) == 0 && rule->action != RS_ACTION_USER_POLICY)
		warn(lint, "covering changes nothing, because the rule names no relay and no "
			   "class; leave it out");
	if (rule->notify && !reports(rule))
		warn(lint, "notify changes nothing, because the rule never reports; leave it out, "
			   "or give the rule the action alert");
	else if (rule->notify && !lint->policy->alert.present)
		warn(lint, "notify changes nothing, because users are told of alerts, and the "
			   "policy has no \"alert\"; add it, if only as {}");
}

/* Whether nothing comes behind this rule for logins from a relay. */
static bool ends_all(const struct rs_rule *rule)
{
	return rule->mode == RS_MODE_ENFORCE && rule->conds.present == 0 &&
	       rule->not_conds.present == 0 && rule->action != RS_ACTION_TAG &&
	       rule->action != RS_ACTION_USER_POLICY;
}

static void check_reach(struct lint *lint)
{
	const struct rs_policy *policy = lint->policy;
	const struct rs_rule *relays = NULL, *all = NULL;

	for (size_t i = 0; i < policy->rule_count; i++) {
		const struct rs_rule *rule = &policy->rules[i];
		const struct rs_rule *before = rule->any_address ? all : relays;

		lint->rule = rule;
		if (before != NULL)
			warn(lint,
			     "is never reached, because rule \"%s\" in line %u ends it for "
			     "every login before; move it up or leave it out",
			     before->id, before->line);
		if (relays == NULL && ends_all(rule))
			relays = rule;
		if (all == NULL && ends_all(rule) && rule->any_address)
			all = rule;
	}
	lint->rule = NULL;
}

static void check_entries(const struct lint *lint)
{
	const struct rs_policy *policy = lint->policy;

	for (size_t i = 0; i < policy->rule_count; i++) {
		const struct rs_rule *rule = &policy->rules[i];

		if (rule->action == RS_ACTION_USER_POLICY && rule->mode != RS_MODE_NONE)
			return;
	}
	if (policy->entries.span_count > 0)
		warn(lint, "user entries are never asked, because no rule has the action "
			   "user-policy; add one");
	if (policy->exceptions.dict != NULL)
		warn(lint, "exceptions are never asked, because no rule has the action "
			   "user-policy; add one");
}

/* What is remembered and reported, where nothing is evaluated. */
static void check_mode(const struct lint *lint)
{
	const struct rs_policy *policy = lint->policy;
	const struct {
		const char *name;
		bool present;
	} settings[] = {
		{ "exceptions", policy->exceptions.dict != NULL },
		{ "state", policy->state.present },
		{ "alert", policy->alert.present },
	};

	for (size_t i = 0; policy->mode == RS_MODE_NONE && i < COUNT(settings); i++) {
		if (settings[i].present)
			warn(lint, "%s changes nothing, because the policy's mode is none",
			     settings[i].name);
	}
}

static void check_alert(const struct lint *lint)
{
	const struct rs_policy *policy = lint->policy;
	bool reported = policy->no_address == RS_ACTION_DENY;

	for (size_t i = 0; i < policy->rule_count; i++)
		reported = reported || reports(&policy->rules[i]);
	if (policy->alert.present && !reported && policy->rule_count > 0)
		warn(lint, "alert changes nothing, because no rule reports; give one the action "
			   "alert or deny");
	if (policy->alert.present && policy->state.dict == NULL)
		warn(lint, "alert without a dict in state: what was seen is lost when the auth "
			   "process ends, and then reported again; name a dict, like \"state\": "
			   "{\"dict\": \"proxy::relaysentry\"}");
	if (policy->write_interval_given && policy->state.dict == NULL)
		warn(lint, "write_interval changes nothing, because state names no dict; leave it "
			   "out, or name one");
}

void rs_policy_lint(const struct rs_policy *policy, struct rs_diags *diags)
{
	struct lint lint = { policy, diags, NULL };

	if (policy->rule_count == 0)
		warn(&lint, "there are no rules, so that every login is allowed");
	check_networks(&lint, &policy->own_networks, "own_networks");
	check_entries(&lint);
	check_mode(&lint);
	check_alert(&lint);
	for (size_t i = 0; i < policy->rule_count; i++) {
		lint.rule = &policy->rules[i];
		check_conds(&lint, &lint.rule->conds);
		check_conds(&lint, &lint.rule->not_conds);
		check_reply(&lint);
		check_tls(&lint);
		check_switches(&lint);
	}
	check_reach(&lint);
}

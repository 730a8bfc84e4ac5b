/* SPDX-License-Identifier: MIT */
#include "policy-internal.h"
#include "ascii.h"
#include "strbuf.h"
#include <relaysentry/when.h>

#include <inttypes.h>
#include <string.h>

/* Lists are cut behind so many items. */
#define ITEMS_MAX 8

typedef void line_function(const char *sentence, void *context);

struct speaker {
	const struct rs_policy *policy;
	struct rs_strbuf text;
	line_function *line;
	void *context;
	bool no_memory; /* a sentence was left out */
};

static void say(struct speaker *s)
{
	if (s->text.failed)
		s->no_memory = true;
	else
		s->line(rs_strbuf_text(&s->text), s->context);
	rs_strbuf_clear(&s->text);
}

/* Puts ", " or " or " between items; false when the rest was summed up. */
static bool begin_item(struct rs_strbuf *text, size_t i, size_t count)
{
	if (i == ITEMS_MAX && count > ITEMS_MAX + 1) {
		rs_strbuf_addf(text, " or %zu more", count - i);
		return false;
	}
	rs_strbuf_add_text(text, i == 0 ? "" : i + 1 == count ? " or " : ", ");
	return true;
}

static void add_words(struct rs_strbuf *text, const struct rs_words *words, bool upper)
{
	for (size_t i = 0; i < words->count && begin_item(text, i, words->count); i++) {
		const struct rs_word *word = &words->items[i];

		if (!upper) {
			rs_strbuf_add_escaped(text, word->text, word->len);
			continue;
		}
		for (size_t j = 0; j < word->len; j++) {
			char c = rs_upper(word->text[j]);

			rs_strbuf_add(text, &c, 1);
		}
	}
}

static void add_nets(struct rs_strbuf *text, const struct rs_netset *set)
{
	char buf[RS_NET_STRLEN];

	for (size_t i = 0; i < set->count && begin_item(text, i, set->count); i++)
		rs_strbuf_add_text(text, rs_net_format(&set->nets[i], buf));
}

static void add_bits(struct rs_strbuf *text, unsigned bits, bool classes)
{
	const size_t count = (size_t)__builtin_popcount(bits);

	for (size_t i = 0; bits != 0 && begin_item(text, i, count); bits &= bits - 1, i++) {
		int bit = __builtin_ctz(bits);

		rs_strbuf_add_text(text, classes ? rs_class_name((enum rs_class)bit)
						 : rs_credential_name((enum rs_credential)bit));
	}
}

static void add_relays(struct speaker *s, const struct rs_conds *conds)
{
	rs_strbuf_add_text(&s->text, " from ");
	for (size_t i = 0; i < conds->relay_count; i++) {
		if (!begin_item(&s->text, i, conds->relay_count))
			break;
		rs_strbuf_add_text(&s->text, s->policy->relays[conds->relays[i]].id);
	}
}

static void add_master(struct rs_strbuf *text, const struct rs_conds *conds)
{
	bool none = (conds->master & RS_MASTER_NONE) != 0;
	bool any = (conds->master & RS_MASTER_ANY) != 0;

	rs_strbuf_addf(text, "%s%s%s", none ? " without a master user" : "",
		       none && conds->master != RS_MASTER_NONE ? " or" : "",
		       any ? " with a master user" : "");
	if (!any && conds->masters.count > 0) {
		rs_strbuf_add_text(text, " with the master user ");
		add_words(text, &conds->masters, false);
	}
}

/* A condition, behind "a login". */
static void add_cond(struct speaker *s, const struct rs_conds *conds, enum rs_cond cond)
{
	struct rs_strbuf *text = &s->text;
	char buf[RS_WHEN_LEN];

	switch (cond) {
	case RS_COND_RELAY:
		add_relays(s, conds);
		break;
	case RS_COND_CLASS:
		rs_strbuf_add_text(text, " from a relay of class ");
		add_bits(text, conds->classes, true);
		break;
	case RS_COND_NETWORK:
		rs_strbuf_add_text(text, " from an address in ");
		add_nets(text, &conds->networks);
		break;
	case RS_COND_VIA:
		rs_strbuf_add_text(text, " via ");
		add_nets(text, &conds->vias);
		break;
	case RS_COND_USER:
		rs_strbuf_add_text(text, " of the user ");
		add_words(text, &conds->users, false);
		break;
	case RS_COND_GROUP:
		rs_strbuf_add_text(text, " of the group ");
		add_words(text, &conds->groups, false);
		break;
	case RS_COND_SERVICE:
		rs_strbuf_add_text(text, " to ");
		add_words(text, &conds->services, false);
		break;
	case RS_COND_MECHANISM:
		rs_strbuf_add_text(text, " by the mechanism ");
		add_words(text, &conds->mechanisms, true);
		break;
	case RS_COND_CREDENTIAL:
		rs_strbuf_add_text(text, " proved by ");
		add_bits(text, conds->credentials, false);
		break;
	case RS_COND_TLS:
		rs_strbuf_add_text(text, conds->tls == 3   ? " with or without TLS"
					 : conds->tls == 2 ? " with TLS"
							   : " without TLS");
		break;
	case RS_COND_MASTER:
		add_master(text, conds);
		break;
	case RS_COND_NOT_BEFORE:
		rs_strbuf_addf(text, " from %s on", rs_when_format(conds->not_before, buf));
		break;
	case RS_COND_NOT_AFTER:
		rs_strbuf_addf(text, " until %s", rs_when_format(conds->not_after - 1, buf));
		break;
	case RS_COND_COUNT:
		break;
	}
}

static void add_subject(struct speaker *s, const struct rs_rule *rule)
{
	const unsigned about_relay = 1U << RS_COND_RELAY | 1U << RS_COND_CLASS;
	unsigned left;

	rs_strbuf_add_text(&s->text, rule->any_address ? "any login" : "a login");
	if (!rule->any_address && (rule->conds.present & about_relay) == 0)
		rs_strbuf_add_text(&s->text, " from any relay");
	for (left = rule->conds.present; left != 0; left &= left - 1) {
		if (left != rule->conds.present)
			rs_strbuf_add_text(&s->text, ",");
		add_cond(s, &rule->conds, (enum rs_cond)__builtin_ctz(left));
	}
	for (left = rule->not_conds.present; left != 0; left &= left - 1) {
		rs_strbuf_add_text(&s->text,
				   left == rule->not_conds.present ? ", but not one" : ", nor one");
		add_cond(s, &rule->not_conds, (enum rs_cond)__builtin_ctz(left));
	}
	if (rule->not_conds.present != 0)
		rs_strbuf_add_text(&s->text, ",");
	if (rule->covering)
		rs_strbuf_add_text(&s->text, " (looking at all relays that cover the address)");
}

static void add_reply(struct speaker *s, const struct rs_rule *rule)
{
	if (rule->reply_given && rule->reply == RS_REPLY_GENERIC)
		rs_strbuf_add_text(&s->text, ", with the reply of a wrong password");
	else if (rule->message != NULL)
		rs_strbuf_addf(&s->text, ", with the message \"%s\"", rule->message);
}

static void say_rule(struct speaker *s, size_t number, const struct rs_rule *rule)
{
	bool testing = rule->mode == RS_MODE_TESTING;
	const char *is = testing ? "would be" : "is";

	rs_strbuf_addf(&s->text, "Rule %zu, %s: ", number, rule->id);
	if (rule->mode == RS_MODE_NONE)
		rs_strbuf_add_text(&s->text, "(switched off) ");
	add_subject(s, rule);
	switch (rule->action) {
	case RS_ACTION_ALLOW:
		rs_strbuf_addf(&s->text, " %s allowed", is);
		break;
	case RS_ACTION_TAG:
		rs_strbuf_addf(&s->text, " %s tagged \"%s\"%s", is, rule->tag,
			       testing ? "" : ", and the next rules are tried");
		break;
	case RS_ACTION_ALERT:
		rs_strbuf_addf(&s->text, " %s let in and reported", is);
		break;
	case RS_ACTION_DENY:
		rs_strbuf_addf(&s->text, " %s refused and reported", is);
		add_reply(s, rule);
		break;
	case RS_ACTION_USER_POLICY:
		rs_strbuf_addf(&s->text, " %s allowed or refused as the user's entries say%s", is,
			       testing ? "" : "; without an entry the next rules are tried");
		add_reply(s, rule);
		break;
	}
	if (rule->notify)
		rs_strbuf_add_text(&s->text, "; reports of it ask for the user to be told");
	rs_strbuf_add_text(&s->text, testing ? "; this is only reported, and the next rules are "
					       "tried."
					     : ".");
	say(s);
}

static void say_general(struct speaker *s)
{
	static const char *const modes[] = {
		[RS_MODE_NONE] = ("Mode none: nothing is evaluated, tagged or reported; every "
				  "login is let in. If the mode were another one:"),
		[RS_MODE_TESTING] =
			"Mode testing: nobody is refused; what would happen is reported.",
		[RS_MODE_ENFORCE] = "Mode enforce: what the rules refuse is refused.",
	};
	const struct rs_policy *policy = s->policy;

	rs_strbuf_add_text(&s->text, modes[policy->mode]);
	say(s);
	rs_strbuf_addf(&s->text, "Relays are looked up in %s.", policy->database);
	say(s);
	if (policy->own_networks.count > 0) {
		rs_strbuf_add_text(&s->text, "An address in ");
		add_nets(&s->text, &policy->own_networks);
		rs_strbuf_add_text(&s->text, " is never a relay.");
		say(s);
	}
	if (policy->default_domain_len > 0) {
		rs_strbuf_addf(&s->text, "A user name without a domain is one of @%s.",
			       policy->default_domain);
		say(s);
	}
}

/* "10 min", in the largest unit without a rest. */
static void add_duration(struct rs_strbuf *text, int64_t seconds)
{
	static const struct {
		const char *name;
		int64_t seconds;
	} units[] = { { "d", 86400 }, { "h", 3600 }, { "min", 60 }, { "s", 1 } };
	size_t i = 0;

	while (seconds % units[i].seconds != 0)
		i++;
	rs_strbuf_addf(text, "%" PRId64 " %s", seconds / units[i].seconds, units[i].name);
}

static void say_exceptions(struct speaker *s)
{
	const struct rs_policy_exceptions *exceptions = &s->policy->exceptions;

	rs_strbuf_addf(&s->text, "A user's exceptions are looked up in the dict %s; a login waits ",
		       exceptions->dict);
	add_duration(&s->text, exceptions->timeout);
	rs_strbuf_add_text(&s->text, " at most, and the answer is used for ");
	add_duration(&s->text, exceptions->cache);
	rs_strbuf_add_text(&s->text, ".");
	say(s);
	rs_strbuf_add_text(&s->text, "A new exception ends within ");
	add_duration(&s->text, exceptions->longest);
	rs_strbuf_add_text(&s->text, ".");
	say(s);
}

static void say_state(struct speaker *s)
{
	const struct rs_policy_state *state = &s->policy->state;

	rs_strbuf_addf(&s->text, "What was seen of %zu %s of a user and a relay is kept in memory",
		       state->pairs, state->pairs == 1 ? "pair" : "pairs");
	if (state->dict != NULL) {
		rs_strbuf_addf(&s->text, ", written to the dict %s every ", state->dict);
		add_duration(&s->text, state->write_interval);
		rs_strbuf_add_text(&s->text, ",");
	}
	rs_strbuf_add_text(&s->text, " and forgotten ");
	add_duration(&s->text, state->forget_after);
	rs_strbuf_add_text(&s->text, " behind the last login.");
	say(s);
}

static void say_alert(struct speaker *s)
{
	const struct rs_policy_alert *alert = &s->policy->alert;
	char buf[RS_WHEN_LEN];

	rs_strbuf_add_text(&s->text, "What is reported of a user and a relay is not reported again "
				     "for ");
	add_duration(&s->text, alert->repeat_after);
	rs_strbuf_add_text(&s->text,
			   "; alerts, refusals and what is only tested count each on their own.");
	say(s);
	if (alert->learn_until != 0) {
		rs_strbuf_addf(&s->text,
			       "Before %s nothing of this is reported, but what was seen is "
			       "remembered.",
			       rs_when_format(alert->learn_until, buf));
		say(s);
	}
	if (alert->facility != NULL) {
		rs_strbuf_addf(&s->text, "Reports also go to syslog, facility %s, socket ",
			       alert->facility);
		rs_strbuf_add_escaped(&s->text, alert->socket, strlen(alert->socket));
		rs_strbuf_add_text(&s->text, ".");
		say(s);
	}
}

static void say_kept(struct speaker *s)
{
	if (s->policy->exceptions.dict != NULL)
		say_exceptions(s);
	if (s->policy->state.present)
		say_state(s);
	if (s->policy->alert.present)
		say_alert(s);
}

int rs_policy_sentences(const struct rs_policy *policy, line_function *line, void *context)
{
	struct speaker s = { .policy = policy, .line = line, .context = context };
	bool entries = false;

	say_general(&s);
	for (size_t i = 0; i < policy->rule_count; i++) {
		say_rule(&s, i + 1, &policy->rules[i]);
		entries = entries || policy->rules[i].action == RS_ACTION_USER_POLICY;
	}
	if (entries || policy->entries.span_count > 0) {
		rs_strbuf_addf(
			&s.text, "The policy has %zu %s for %zu %s.", policy->entries.item_count,
			policy->entries.item_count == 1 ? "entry" : "entries",
			policy->entries.span_count,
			policy->entries.span_count == 1 ? "user or domain" : "users or domains");
		say(&s);
	}
	say_kept(&s);
	rs_strbuf_add_text(&s.text, "A login that no rule ended is allowed.");
	say(&s);
	rs_strbuf_addf(&s.text, "A login without a remote address that no rule ended is %s.",
		       policy->no_address == RS_ACTION_DENY ? "refused and reported" : "allowed");
	say(&s);
	rs_strbuf_free(&s.text);
	return s.no_memory ? -1 : 0;
}

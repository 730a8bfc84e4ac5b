/* SPDX-License-Identifier: MIT */
#include "decide-model.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char *class_of(const char *relay)
{
	if (strcmp(relay, "mobile") == 0 || strcmp(relay, "gmail") == 0)
		return "mail-relay";
	return strcmp(relay, "proxy") == 0 ? "privacy-proxy" : "cloud";
}

/* The i-th relay that a rule looks at, NULL behind the last. */
static const char *cover(const struct reference *r, const struct model_rule *rule, size_t i)
{
	return i > 0 && !rule->covering ? NULL : addresses[r->l->address].covers[i];
}

static bool user_is(const struct reference *r, const char *pattern)
{
	char full[64];
	const char *at = strrchr(r->user, '@');

	if (strcmp(pattern, "*") == 0)
		return true;
	if (pattern[0] == '@')
		return at != NULL && strcasecmp(at, pattern) == 0;
	snprintf(full, sizeof(full), "%s%s", pattern,
		 strchr(pattern, '@') == NULL && r->m->default_domain ? "@example.org" : "");
	return strcasecmp(full, r->user) == 0;
}

static bool list_has(const char *list, const char *word)
{
	char copy[64], *save = NULL;

	snprintf(copy, sizeof(copy), "%s", list != NULL ? list : "");
	for (char *item = strtok_r(copy, ", ", &save); item != NULL;
	     item = strtok_r(NULL, ", ", &save)) {
		if (strcasecmp(item, word) == 0)
			return true;
	}
	return false;
}

/* Whether the set is there, and what it asks for holds. 1, 0; -1: it is not there. */
static int any_of(const struct reference *r, const struct model_rule *rule,
		  const char *const *words, size_t count, unsigned set, char kind)
{
	if (set == 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		const char *relay;

		if ((set & 1U << i) == 0)
			continue;
		for (size_t j = 0; j < 3 && (relay = cover(r, rule, j)) != NULL; j++) {
			if ((kind == 'r' && strcmp(relay, words[i]) == 0) ||
			    (kind == 'c' && strcmp(class_of(relay), words[i]) == 0))
				return 1;
		}
		if ((kind == 'u' && user_is(r, words[i])) ||
		    (kind == 'g' && list_has(r->l->group, words[i])) ||
		    (kind == 's' && strcmp(r->l->service, words[i]) == 0) ||
		    (kind == 'p' && r->l->credential == i) ||
		    (kind == 'n' && (addresses[r->l->address].nets & 1U << i) != 0) ||
		    (kind == 'v' && (addresses[r->l->via].nets & 1U << i) != 0))
			return 1;
	}
	return 0;
}

/* How many conditions are there and how many hold. */
static void count_conds(const struct reference *r, const struct model_rule *rule,
			const struct model_conds *c, int *present_r, int *hold_r)
{
	const int results[] = {
		any_of(r, rule, relay_ids, RS_COUNT(relay_ids), c->relay, 'r'),
		any_of(r, rule, classes, RS_COUNT(classes), c->class_, 'c'),
		any_of(r, rule, nets, RS_COUNT(nets), c->network, 'n'),
		any_of(r, rule, nets, RS_COUNT(nets), c->via, 'v'),
		any_of(r, rule, users, RS_COUNT(users), c->user, 'u'),
		any_of(r, rule, groups, RS_COUNT(groups), c->group, 'g'),
		any_of(r, rule, services, RS_COUNT(services), c->service, 's'),
		any_of(r, rule, credentials, RS_COUNT(credentials), c->credential, 'p'),
		c->tls == 0 ? -1 : r->l->tls != 2 && (c->tls & 1U << r->l->tls) != 0,
	};

	*present_r = *hold_r = 0;
	for (size_t i = 0; i < RS_COUNT(results); i++) {
		*present_r += results[i] >= 0;
		*hold_r += results[i] > 0;
	}
}

static bool target_is(const struct reference *r, const struct model_rule *rule, const char *target,
		      int rank)
{
	const char *relay;

	for (size_t i = 0; i < 3 && (relay = cover(r, rule, i)) != NULL; i++) {
		if ((rank == 0 && strcmp(target, relay) == 0) ||
		    (rank == 1 && target[0] == '@' && strcmp(target + 1, class_of(relay)) == 0) ||
		    (rank == 2 && strcmp(target, "*") == 0))
			return true;
	}
	return false;
}

/* What is said of a relay by the lists of one user. -1: nothing, else the action. */
static int ask(const struct reference *r, const struct model_rule *rule,
	       const struct model_entry *entry, const char *allow, const char *deny)
{
	for (int rank = 0; rank < 3; rank++) {
		for (int denies = 1; denies >= 0; denies--) {
			unsigned set = entry == NULL ? 0 : denies ? entry->deny : entry->allow;
			const char *list = denies ? deny : allow;

			for (size_t i = 0; i < RS_COUNT(targets); i++) {
				if (((set & 1U << i) != 0 || list_has(list, targets[i])) &&
				    target_is(r, rule, targets[i], rank))
					return denies ? RS_ACTION_DENY : RS_ACTION_ALLOW;
			}
		}
	}
	return -1;
}

/* The exceptions, in the order of their rank; the pool has them so. */
static bool excepted(const struct reference *r, const struct model_rule *rule,
		     struct rs_verdict *verdict)
{
	if (cover(r, rule, 0) == NULL)
		return false;
	if (r->l->pending) {
		verdict->wants_exceptions = true;
		return false;
	}
	for (int rank = 0; rank < 3; rank++) {
		for (size_t i = 0; i < RS_COUNT(targets); i++) {
			if ((r->l->exceptions & 1U << i) == 0 ||
			    !target_is(r, rule, targets[i], rank))
				continue;
			snprintf(verdict->entry_text, sizeof(verdict->entry_text), "exception %s",
				 targets[i]);
			verdict->entry_source = verdict->entry_text;
			return true;
		}
	}
	return false;
}

static int ask_all(const struct reference *r, const struct model_rule *rule,
		   struct rs_verdict *verdict)
{
	int action;

	if (excepted(r, rule, verdict))
		return RS_ACTION_ALLOW;
	action = ask(r, rule, NULL, r->l->allow, r->l->deny);
	if (action >= 0) {
		verdict->entry_source = action == RS_ACTION_DENY ? "passdb field relaysentry_deny"
								 : "passdb field relaysentry_allow";
		return action;
	}
	/* The pool has exact names, then domains, then *. */
	for (size_t i = 0; i < RS_COUNT(users); i++) {
		if (!user_is(r, users[i]))
			continue;
		action = ask(r, rule, &r->m->entries[i], NULL, NULL);
		if (action < 0)
			continue;
		snprintf(verdict->entry_text, sizeof(verdict->entry_text), "user_entries %s%s",
			 users[i],
			 strcmp(users[i], "bob") == 0 && r->m->default_domain ? "@example.org"
									      : "");
		verdict->entry_source = verdict->entry_text;
		return action;
	}
	return -1;
}

static void conclude(const struct reference *r, const struct model_rule *rule, int action,
		     struct rs_verdict *v)
{
	const char *relay = addresses[r->l->address].covers[0];
	bool enforce = r->m->mode == 2;

	v->decided = (enum rs_action)action;
	v->action = action == RS_ACTION_DENY && !enforce ? RS_ACTION_ALLOW : v->decided;
	v->rule = rule != NULL ? rule->id : NULL;
	if (action == RS_ACTION_DENY && rule != NULL && !rule->generic && r->l->verified &&
	    relay != NULL && strcmp(class_of(relay), "mail-relay") == 0) {
		v->reply = RS_REPLY_REASON;
		v->message = rule->id;
	}
	if (action == RS_ACTION_DENY || action == RS_ACTION_ALERT)
		v->reports[v->report_count++] =
			(struct rs_report){ v->decided, enforce,
					    rule != NULL ? rule->id : "no_address",
					    rule != NULL && rule->notify };
}

static void add_tag(struct rs_verdict *v, const char *tag)
{
	for (size_t i = 0; i < v->tag_count; i++) {
		if (strcmp(v->tags[i], tag) == 0)
			return;
	}
	v->tags[v->tag_count++] = tag;
}

void rs_reference_decide(struct reference *r, struct rs_verdict *v)
{
	const char *address = addresses[r->l->address].address;
	bool relay = addresses[r->l->address].covers[0] != NULL;

	v->action = v->decided = RS_ACTION_ALLOW;
	v->reason = r->m->mode == 0   ? "mode none"
		    : address == NULL ? "no address"
		    : relay	      ? "no rule ended it"
				      : "no relay";
	snprintf(r->user, sizeof(r->user), "%s%s", r->l->user,
		 strchr(r->l->user, '@') == NULL && r->m->default_domain ? "@example.org" : "");
	if (r->m->mode == 0)
		return;
	for (size_t i = 0; i < r->m->rule_count; i++) {
		const struct model_rule *rule = &r->m->rules[i];
		int present, hold, not_present, not_hold, action = (int)rule->action;

		count_conds(r, rule, &rule->conds, &present, &hold);
		count_conds(r, rule, &rule->not_conds, &not_present, &not_hold);
		if (rule->mode == 0 || (!relay && !rule->any_address) || hold != present ||
		    not_hold != 0)
			continue;
		if (action == RS_ACTION_USER_POLICY && (action = ask_all(r, rule, v)) < 0)
			continue;
		if (rule->mode == 1) {
			v->entry_source = NULL;
			v->reports[v->report_count++] =
				(struct rs_report){ (enum rs_action)action, false, rule->id,
						    rule->notify };
		} else if (action == RS_ACTION_TAG) {
			add_tag(v, rule->tag);
		} else {
			conclude(r, rule, action, v);
			return;
		}
	}
	conclude(r, NULL,
		 address == NULL && r->m->no_address_deny ? RS_ACTION_DENY : RS_ACTION_ALLOW, v);
}

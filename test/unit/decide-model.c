/* SPDX-License-Identifier: MIT */
#include "decide-model.h"

#include <stdio.h>
#include <string.h>

static uint64_t state;

void rs_model_seed(void)
{
	state = 88172645463325252ULL;
}

/* xorshift64 (Marsaglia, 2003): the same sequence on every machine. */
static unsigned pick(unsigned below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned)(state >> 33) % below;
}

static unsigned maybe_set(size_t count, unsigned one_in)
{
	return pick(one_in) == 0 ? 1 + pick((1U << count) - 1) : 0;
}

static void random_conds(struct model_conds *conds, unsigned one_in)
{
	conds->relay = maybe_set(RS_COUNT(relay_ids), one_in);
	conds->class_ = maybe_set(RS_COUNT(classes), one_in);
	conds->network = maybe_set(RS_COUNT(nets), one_in);
	conds->via = maybe_set(RS_COUNT(nets), one_in * 2);
	conds->user = maybe_set(RS_COUNT(users), one_in);
	conds->group = maybe_set(RS_COUNT(groups), one_in);
	conds->service = maybe_set(RS_COUNT(services), one_in);
	conds->credential = maybe_set(RS_COUNT(credentials), one_in);
	conds->tls = maybe_set(2, one_in);
}

void rs_model_random(struct model *m)
{
	memset(m, 0, sizeof(*m));
	m->mode = pick(8) == 0 ? 0 : 1 + pick(2);
	m->no_address_deny = pick(2);
	m->default_domain = pick(2);
	m->rule_count = pick(RULES_MAX + 1);
	for (size_t i = 0; i < m->rule_count; i++) {
		struct model_rule *rule = &m->rules[i];

		snprintf(rule->id, sizeof(rule->id), "r%zu", i);
		snprintf(rule->tag, sizeof(rule->tag), "t%u", pick(3));
		rule->action = pick(5);
		rule->mode = pick(4) == 0 ? pick(2) : 2;
		rule->covering = pick(3) == 0;
		rule->any_address = pick(3) == 0;
		rule->generic = pick(2);
		rule->notify = pick(2);
		random_conds(&rule->conds, 5);
		random_conds(&rule->not_conds, 12);
	}
	for (size_t i = 0; i < RS_COUNT(users); i++) {
		m->entries[i].allow = maybe_set(RS_COUNT(targets), 3);
		m->entries[i].deny = maybe_set(RS_COUNT(targets), 3);
	}
}

void rs_model_random_login(struct model_login *l)
{
	static const char *const names[] = { "Alice@Example.org", "bob", "BOB@example.ORG",
					     "carol@example.net", "dave@x@example.org" };
	static const char *const memberships[] = { NULL, "", "staff", "alumni , Staff", "guestss" };
	static const char *const lists[] = {
		NULL, NULL, NULL, "mobile", "@cloud, proxy", "*", "azure,@mail-relay"
	};

	l->address = pick(RS_COUNT(addresses));
	l->via = pick(2) ? RS_COUNT(addresses) - 1 : pick(RS_COUNT(addresses));
	l->user = names[pick(RS_COUNT(names))];
	l->group = memberships[pick(RS_COUNT(memberships))];
	l->allow = lists[pick(RS_COUNT(lists))];
	l->deny = lists[pick(RS_COUNT(lists))];
	l->service = services[pick(RS_COUNT(services))];
	l->credential = pick(RS_COUNT(credentials));
	l->tls = pick(3);
	l->verified = pick(2);
	l->exceptions = maybe_set(RS_COUNT(targets), 3);
	l->ended = maybe_set(RS_COUNT(targets), 3) & ~l->exceptions;
	l->pending = pick(5) == 0;
}

void rs_model_put_exceptions(struct rs_strbuf *text, const struct model_login *l)
{
	bool first = true;

	rs_strbuf_add_text(text, "[");
	for (size_t i = RS_COUNT(targets); i-- > 0;) {
		if (((l->exceptions | l->ended) & 1U << i) == 0)
			continue;
		rs_strbuf_addf(text, "%s{\"relay\":\"%s\",\"not_after\":%d}", first ? "" : ",",
			       targets[i], (l->ended & 1U << i) != 0 ? MODEL_TIME : MODEL_TIME + 1);
		first = false;
	}
	rs_strbuf_add_text(text, "]");
}

/* --- the policy as text --- */

static void put_set(struct rs_strbuf *text, const char *key, const char *const *words, size_t count,
		    unsigned set, bool *first)
{
	bool inner = true;

	if (set == 0)
		return;
	rs_strbuf_addf(text, "%s\"%s\":[", *first ? "" : ",", key);
	for (size_t i = 0; i < count; i++) {
		if ((set & 1U << i) == 0)
			continue;
		rs_strbuf_addf(text, "%s\"%s\"", inner ? "" : ",", words[i]);
		inner = false;
	}
	rs_strbuf_add_text(text, "]");
	*first = false;
}

static void put_conds(struct rs_strbuf *text, const struct model_conds *conds, bool *first)
{
	put_set(text, "relay", relay_ids, RS_COUNT(relay_ids), conds->relay, first);
	put_set(text, "class", classes, RS_COUNT(classes), conds->class_, first);
	put_set(text, "network", nets, RS_COUNT(nets), conds->network, first);
	put_set(text, "via", nets, RS_COUNT(nets), conds->via, first);
	put_set(text, "user", users, RS_COUNT(users), conds->user, first);
	put_set(text, "group", groups, RS_COUNT(groups), conds->group, first);
	put_set(text, "service", services, RS_COUNT(services), conds->service, first);
	put_set(text, "credential", credentials, RS_COUNT(credentials), conds->credential, first);
	if (conds->tls != 0) {
		rs_strbuf_addf(text, "%s\"tls\":[%s]", *first ? "" : ",",
			       conds->tls == 3	 ? "true,false"
			       : conds->tls == 2 ? "true"
						 : "false");
		*first = false;
	}
}

static void put_rule(struct rs_strbuf *text, const struct model_rule *rule)
{
	struct rs_strbuf not_text = { 0 };
	bool first = false, refuses = rule->action >= 3;

	rs_strbuf_addf(text, "{\"id\":\"%s\",\"action\":\"%s\",\"mode\":\"%s\"", rule->id,
		       actions[rule->action], modes[rule->mode]);
	if (rule->action == 1)
		rs_strbuf_addf(text, ",\"tag\":\"%s\"", rule->tag);
	if (refuses)
		rs_strbuf_addf(text,
			       rule->generic ? ",\"reply\":\"generic\"" : ",\"message\":\"%s\"",
			       rule->id);
	if (rule->covering)
		rs_strbuf_add_text(text, ",\"covering\":true");
	if (rule->any_address)
		rs_strbuf_add_text(text, ",\"any_address\":true");
	if (rule->notify)
		rs_strbuf_add_text(text, ",\"notify\":true");
	put_conds(text, &rule->conds, &first);
	first = true;
	put_conds(&not_text, &rule->not_conds, &first);
	if (!first)
		rs_strbuf_addf(text, ",\"not\":{%s}", rs_strbuf_text(&not_text));
	rs_strbuf_add_text(text, "}");
	rs_strbuf_free(&not_text);
}

void rs_model_put(struct rs_strbuf *text, const struct model *m)
{
	rs_strbuf_addf(text, "\"mode\":\"%s\",\"no_address\":\"%s\",%s\"rules\":[", modes[m->mode],
		       m->no_address_deny ? "deny" : "allow",
		       m->default_domain ? "\"default_domain\":\"Example.org\"," : "");
	for (size_t i = 0; i < m->rule_count; i++) {
		rs_strbuf_add_text(text, i > 0 ? "," : "");
		put_rule(text, &m->rules[i]);
	}
	rs_strbuf_add_text(text, "],\"user_entries\":{");
	for (size_t i = 0; i < RS_COUNT(users); i++) {
		bool first = true;

		rs_strbuf_addf(text, "%s\"%s\":{", i > 0 ? "," : "", users[i]);
		put_set(text, "allow", targets, RS_COUNT(targets), m->entries[i].allow, &first);
		put_set(text, "deny", targets, RS_COUNT(targets), m->entries[i].deny, &first);
		rs_strbuf_add_text(text, "}");
	}
	rs_strbuf_add_text(text, "}");
}

/* SPDX-License-Identifier: MIT */
#include "decide-fixture.h"
#include "unit.h"
#include <relaysentry/when.h>

#include <relaysentry/mmdbw.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct rs_relaydb *db;

static const struct {
	const char *id;
	enum rs_class class_;
	const char *nets[2];
} relays[] = {
	{ "mobile", RS_CLASS_MAIL_RELAY, { "52.125.128.0/20" } },
	{ "gmail", RS_CLASS_MAIL_RELAY, { "2a00:1450::/32", "198.51.100.0/24" } },
	{ "proxy", RS_CLASS_PRIVACY_PROXY, { "203.0.113.0/24" } },
	{ "azure", RS_CLASS_CLOUD, { "52.112.0.0/12" } },
	{ "hoster", RS_CLASS_CLOUD, { "203.0.113.0/25" } },
};

static void build(void)
{
	struct rs_mmdbw *w = rs_mmdbw_new("test", 1);
	unsigned char *data = NULL;
	const char *error;
	struct rs_net net;
	size_t size;

	for (size_t i = 0; i < RS_COUNT(relays); i++) {
		int relay = rs_mmdbw_relay(w, relays[i].id, relays[i].id, relays[i].class_);

		for (size_t j = 0; j < 2 && relays[i].nets[j] != NULL; j++) {
			const char *text = relays[i].nets[j];

			if (rs_net_parse(text, strlen(text), &net, NULL, NULL, &error) < 0 ||
			    rs_mmdbw_insert(w, relay, &net, 0, "") < 0)
				abort();
		}
	}
	if (rs_mmdbw_build(w, &data, &size, NULL) < 0)
		abort();
	db = rs_relaydb_load_memory("fixture", data, size, NULL);
	if (db == NULL)
		abort();
	free(data);
	rs_mmdbw_free(&w);
}

const struct rs_relaydb *fixture_db(void)
{
	if (db == NULL)
		build();
	return db;
}

struct rs_policy *fixture_policy(const char *label, const char *text)
{
	struct rs_diags *diags = rs_diags_new();
	char json[4096];
	struct rs_policy *policy;

	snprintf(json, sizeof(json), "{\"version\": 1, %s}", text);
	policy = rs_policy_parse("policy.json", json, strlen(json), diags);
	RS_CHECK(label, policy != NULL, "%s", rs_unit_diags(diags));
	rs_diags_clear(diags);
	if (policy != NULL) {
		RS_CHECK_INT(label, rs_policy_bind(policy, fixture_db(), RS_LEVEL_ERROR, diags), 0);
		RS_CHECK(label, rs_diags_kept(diags) == 0, "%s", rs_unit_diags(diags));
	}
	rs_diags_free(&diags);
	return policy;
}

static void parse_ip(const char *text, struct rs_ip *ip_r)
{
	const char *error;

	memset(ip_r, 0, sizeof(*ip_r));
	if (text != NULL && rs_ip_parse(text, strlen(text), ip_r, &error) < 0)
		abort();
}

static const struct rs_exceptions *read_exceptions(const char *text)
{
	static struct rs_exceptions *exceptions;

	rs_exceptions_free(&exceptions);
	if (text == NULL)
		return NULL;
	exceptions = rs_exceptions_parse("exceptions", text, strlen(text), NULL);
	if (exceptions == NULL)
		abort();
	return exceptions;
}

void fixture_login(const struct fixture_login *from, struct rs_login *to_r)
{
	struct rs_zone utc = { .name = "UTC" };
	const char *error;
	int64_t end;

	memset(to_r, 0, sizeof(*to_r));
	parse_ip(from->address, &to_r->remote);
	parse_ip(from->via, &to_r->via);
	to_r->user = from->user != NULL ? from->user : "alice@example.org";
	to_r->master = from->master;
	to_r->group = from->group;
	to_r->allow = from->allow;
	to_r->deny = from->deny;
	to_r->exceptions = read_exceptions(from->exceptions);
	to_r->exceptions_pending = from->exceptions_pending;
	to_r->service = from->service != NULL ? from->service : "imap";
	to_r->mechanism = from->mechanism != NULL ? from->mechanism : "PLAIN";
	to_r->credential = from->credential;
	to_r->verified = !from->unverified;
	to_r->tls = from->no_tls ? RS_TLS_OFF : from->tls_unknown ? RS_TLS_UNKNOWN : RS_TLS_ON;
	if (rs_when_parse(from->at != NULL ? from->at : "2026-11-22T12:00:00Z", &utc, &to_r->time,
			  &end, &error) < 0)
		abort();
}

const char *fixture_verdict(const struct rs_verdict *v, char buf[FIXTURE_LEN])
{
	size_t used = 0;

#define ADD(...) used += (size_t)snprintf(buf + used, FIXTURE_LEN - used, __VA_ARGS__)
	ADD("%s", rs_action_name(v->action));
	if (v->decided != v->action)
		ADD(" (decided %s)", rs_action_name(v->decided));
	if (v->rule != NULL)
		ADD(" by %s", v->rule);
	else
		ADD(": %s", v->reason);
	for (size_t i = 0; i < v->tag_count; i++)
		ADD("%s%s", i == 0 ? "; tags " : ",", v->tags[i]);
	for (size_t i = 0; i < v->report_count; i++)
		ADD("%s%s%s%s=%s", i == 0 ? "; reports " : " ",
		    rs_action_name(v->reports[i].action), v->reports[i].enforced ? "" : "?",
		    v->reports[i].notify ? "!" : "", v->reports[i].rule);
	if (v->decided == RS_ACTION_DENY)
		ADD("; reply %s", v->reply == RS_REPLY_REASON ? v->message : "generic");
	if (v->entry_source != NULL)
		ADD("; entry %s", v->entry_source);
	if (v->wants_exceptions)
		ADD("; wants exceptions");
#undef ADD
	return buf;
}

void fixture_run(const struct fixture_case *cases, size_t count)
{
	char buf[FIXTURE_LEN];

	for (size_t i = 0; i < count; i++) {
		struct rs_policy *policy = fixture_policy(cases[i].label, cases[i].policy);
		struct rs_verdict *verdict;
		struct rs_login login;

		if (policy == NULL)
			continue;
		verdict = rs_verdict_new(policy);
		fixture_login(&cases[i].login, &login);
		rs_decide(policy, fixture_db(), &login, verdict, NULL, NULL);
		RS_CHECK_STR(cases[i].label, fixture_verdict(verdict, buf), cases[i].want);
		rs_verdict_free(&verdict);
		rs_policy_free(&policy);
	}
}

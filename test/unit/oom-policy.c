/* SPDX-License-Identifier: MIT */
/* The relay database, the policy and its decisions. */
#include "oom.h"

#include "oom-inject.h"
#include "unit.h"

#include <relaysentry/decide.h>
#include <relaysentry/logline.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int add_network(const struct rs_net *net, const struct rs_match *match, void *context)
{
	char buf[RS_NET_STRLEN];

	oom_note(context, "%s %u %s", rs_net_format(net, buf), match->asn, match->as_org);
	for (uint32_t i = 0; i < match->cover_count; i++)
		oom_note(context, " %s %s", match->covers[i].relay->name, match->covers[i].network);
	oom_note(context, "\n");
	return 0;
}

static int load_database(struct oom_run *run, const void *context)
{
	struct rs_relaydb *db = rs_relaydb_load(context, NULL, run->diags);
	struct rs_relaydb_info info;
	int ret;

	if (db == NULL)
		return -1;
	rs_relaydb_info(db, &info);
	oom_note(run, "%s %zu %zu\n", info.id, info.network_count, info.relay_count);
	ret = rs_relaydb_walk(db, add_network, run);
	rs_relaydb_free(&db);
	return ret;
}

static struct rs_relaydb *database;
static struct rs_exceptions *exceptions;

static void add_step(const struct rs_step *step, void *context)
{
	oom_note(context, "%s %d %s\n", step->rule, step->matched, step->why);
}

static void add_sentence(const char *sentence, void *context)
{
	oom_note(context, "%s\n", sentence);
}

static void write_line(const struct rs_login *login, const struct rs_verdict *verdict, size_t n,
		       char line[RS_LOG_LINE_MAX])
{
	struct rs_log_facts facts;

	rs_log_facts_set(&facts, login, verdict, &verdict->reports[n]);
	(void)rs_log_line(&facts, line);
}

/* What the plugin does for each login: nothing of it may allocate. */
static void judge_login(const struct rs_policy *policy, const struct rs_login *login,
			struct rs_verdict *verdict)
{
	unsigned long before = oom_count();
	char line[RS_LOG_LINE_MAX];

	rs_decide(policy, database, login, verdict, NULL, NULL);
	for (size_t n = 0; n < verdict->report_count; n++)
		write_line(login, verdict, n, line);
	if (oom_count() != before) {
		fprintf(stderr, "oom-tests: a decision allocates memory\n");
		abort();
	}
}

static void decide(struct oom_run *run, const struct rs_policy *policy, struct rs_verdict *verdict)
{
	static const char *const users[] = { "alice@example.org", "bob@example.net", "Carol" };
	static const char *const addresses[] = { "192.0.2.1", "2001:db8::1", "10.0.0.1",
						 "203.0.113.1" };
	struct rs_login login = { .service = "imap",
				  .mechanism = "PLAIN",
				  .verified = true,
				  .tls = RS_TLS_ON,
				  .time = 1795000000,
				  .deny = "own" };
	char line[RS_LOG_LINE_MAX];
	const char *error;

	for (size_t i = 0; i < RS_COUNT(users) * RS_COUNT(addresses); i++) {
		const char *address = addresses[i / RS_COUNT(users)];

		oom_pause();
		(void)rs_ip_parse(address, strlen(address), &login.remote, &error);
		oom_resume();
		login.user = users[i % RS_COUNT(users)];
		login.exceptions = i % 2 == 0 ? exceptions : NULL;
		login.exceptions_pending = i % 5 == 0;
		judge_login(policy, &login, verdict);
		rs_decide(policy, database, &login, verdict, add_step, run);
		oom_note(run, "%d %d %s %s\n", verdict->action, verdict->decided, verdict->reason,
			 verdict->message != NULL ? verdict->message : "-");
		for (size_t n = 0; n < verdict->report_count; n++) {
			write_line(&login, verdict, n, line);
			oom_note(run, "%s\n", line);
		}
	}
}

static int load_policy(struct oom_run *run, const void *context)
{
	struct rs_policy *policy = rs_policy_load(context, NULL, NULL, run->diags);
	struct rs_verdict *verdict = NULL;
	int ret = -1;

	if (policy == NULL)
		return -1;
	oom_note(run, "%s %zu %s %s\n", rs_policy_id(policy), rs_policy_rule_count(policy),
		 rs_policy_entries_path(policy), rs_policy_database(policy));
	rs_policy_lint(policy, run->diags);
	if (rs_policy_bind(policy, database, RS_LEVEL_WARNING, run->diags) < 0)
		goto out;
	verdict = rs_verdict_new(policy);
	if (verdict == NULL)
		goto out;
	decide(run, policy, verdict);
	ret = 0;
out:
	/* These two say so by what they return only. */
	if (ret < 0 && rs_diags_count(run->diags, RS_LEVEL_ERROR) == 0)
		rs_diags_no_memory(run->diags, NULL, 0);
	rs_verdict_free(&verdict);
	rs_policy_free(&policy);
	return ret;
}

static const char *policy_path;

static int say_policy(struct oom_run *run, const void *context)
{
	struct rs_policy *policy;
	int ret;

	(void)context;
	oom_pause();
	policy = rs_policy_load(policy_path, NULL, NULL, run->diags);
	oom_resume();
	/* Descriptors may be short, which the pause does not end. */
	ret = policy != NULL ? rs_policy_sentences(policy, add_sentence, run) : -1;
	rs_policy_free(&policy);
	return ret;
}

static const char exceptions_text[] =
	"[{\"relay\":\"other\",\"not_after\":1796000000},{\"relay\":\"@cloud\",\"not_after\":"
	"1796000000},{\"relay\":\"*\",\"not_after\":1700000000}]";

static void make_policy(void)
{
	(void)rs_unit_write_text(
		"users.json",
		"{ \"carol@example.org\": {\"deny\": [\"@cloud\", \"*\"]}, \"@example.net\": "
		"{\"allow\": [{\"relay\": \"mobile\", \"not_after\": \"2027-01-01\"}, \"gone\"]}}");
	policy_path = rs_unit_write_text(
		"policy.json",
		"{ \"version\": 1, \"database\": \"relays.mmdb\", \"mode\": \"enforce\",\n"
		"\"own_networks\": [\"10.0.0.0/8\"], \"default_domain\": \"Example.ORG\",\n"
		"\"timezone\": \"Europe/Berlin\", \"nat64_prefix\": [\"2001:db8:64::/96\"],\n"
		"\"exceptions\": {\"dict\": \"proxy::exceptions\"}, \"state\": {\"dict\": "
		"\"proxy:/run/dict:state\"},\n"
		"\"alert\": {\"learn_until\": \"2026-12-24\", \"syslog\": {\"facility\": \"mail\", "
		"\"socket\": \"/run/log\"}},\n"
		"\"rules\": [\n"
		"{\"id\": \"via\", \"via\": [\"192.0.2.10\", \"2001:db8::/64\"], \"action\": "
		"\"allow\"},\n"
		"{\"id\": \"first\", \"action\": \"user-policy\"},\n"
		"{\"id\": \"many\", \"relay\": [\"mobile\", \"unknown\", \"other\"], \"covering\": "
		"true,\n"
		" \"group\": [\"staff\", \"" OOM_LONG
		"\"], \"service\": [\"imap\", \"pop\"], \"mechanism\":\n"
		" [\"PLAIN\", \"LOGIN\"], \"credential\": [\"password\", \"token\"], \"tls\": "
		"true,\n"
		" \"master\": [true, \"root\"], \"not_before\": \"2026-01-01\", \"not_after\":\n"
		" \"2026-12-31\", \"action\": \"deny\", \"message\": \"" OOM_LONG "\"},\n"
		"{\"id\": \"tag\", \"class\": \"cloud\", \"action\": \"tag\", \"tag\": "
		"\"cloud\"},\n"
		"{\"id\": \"try\", \"mode\": \"testing\", \"user\": [\"dave\", \"@example.net\", "
		"\"*\"],\n"
		" \"not\": {\"network\": [\"192.0.2.64/26\"], \"user\": \"eve\"}, \"action\": "
		"\"deny\"},\n"
		"{\"id\": \"deny\", \"class\": [\"mail-relay\", \"cloud\"], \"action\": \"deny\",\n"
		" \"reply\": \"reason\", \"message\": \"no\"}],\n"
		"\"user_entries\": {\"Alice\": {\"allow\": [\"mobile\"], \"comment\": \"c\"}},\n"
		"\"user_entries_file\": \"users.json\" }\n");
}

static int find_nearest(struct oom_run *run, const void *context)
{
	const struct rs_relay *relay = rs_relaydb_nearest(database, context);

	oom_note(run, "%s\n", relay != NULL ? relay->id : "none");
	return relay != NULL ? 0 : -1;
}

static int make_printable(struct oom_run *run, const void *context)
{
	char *text = rs_printable(context);

	oom_note(run, "%s\n", text != NULL ? text : "none");
	free(text);
	return text != NULL ? 0 : -1;
}

void oom_add_policy(void)
{
	const char *path = oom_write_database();

	database = rs_relaydb_load(path, NULL, NULL);
	if (database == NULL)
		abort();
	make_policy();
	exceptions = rs_exceptions_parse("e", exceptions_text, strlen(exceptions_text), NULL);
	if (exceptions == NULL)
		abort();
	oom_add("database", load_database, path)->mmdb = true;
	oom_add("policy", load_policy, policy_path);
	oom_add("sentences", say_policy, NULL)->silent = true;
	oom_add("nearest", find_nearest, "mobil")->silent = true;
	oom_add("printable", make_printable, OOM_LONG "\n" OOM_LONG)->silent = true;
}

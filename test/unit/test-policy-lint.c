/* SPDX-License-Identifier: MIT */
/* What is said about a policy that is right: warnings, defaults, facts, sentences. */
#include "policy-texts.h"
#include "unit.h"

#include <relaysentry/policy.h>

#include <stdio.h>
#include <string.h>

#define EXCEPTIONS "\"exceptions\":{\"dict\":\"proxy::a\"}"
#define STATE "\"state\":{\"dict\":\"proxy::b\"}"
#define ALERTS "\"alert\":{}"
/* A setting and one rule. */
#define WITH(setting, rest) "{\"version\":1," setting ",\"rules\":[{\"id\":\"r\"," rest "}]}"

static const struct {
	const char *label, *text;
	const char *want; /* a part of the warnings; "": none */
} lint_cases[] = {
	{ "nothing", RULE("\"service\":[\"smtp\",\"submission\"]" DENY), "" },
	{ "no rules", TOP("\"mode\":\"none\""), "there are no rules" },
	{ "unknown service", RULE("\"service\":\"imaps\"" DENY), "did you mean \"imap\"?" },
	{ "managesieve", RULE("\"service\":\"managesieve\"" DENY), "did you mean \"sieve\"?" },
	{ "smtp alone", RULE("\"service\":\"smtp\"" DENY), "smtp without submission" },
	{ "submission alone", RULE("\"not\":{\"service\":\"submission\"}" DENY),
	  "submission without smtp" },
	{ "unknown mechanism", RULE("\"mechanism\":\"PLAN\"" DENY), "did you mean \"plain\"?" },
	{ "mechanism without passdb", RULE("\"mechanism\":\"ANONYMOUS\"" DENY), "never matches" },
	{ "behind a rule for all",
	  "{\"version\":1,\"rules\":[{\"id\":\"a\",\"action\":\"alert\"},\n"
	  "{\"id\":\"b\",\"class\":\"cloud\",\"action\":\"deny\"}]}",
	  "p:2: rule \"b\": is never reached, because rule \"a\" in line 1" },
	{ "behind one in testing",
	  "{\"version\":1,\"rules\":[{\"id\":\"a\",\"action\":\"alert\",\"mode\":\"testing\"},\n"
	  "{\"id\":\"b\",\"class\":\"cloud\",\"action\":\"deny\"}]}",
	  "" },
	{ "any_address behind one for relays",
	  "{\"version\":1,\"rules\":[{\"id\":\"a\",\"action\":\"alert\"},\n"
	  "{\"id\":\"b\",\"any_address\":true,\"action\":\"deny\"}]}",
	  "" },
	{ "message to a cloud", RULE("\"class\":\"cloud\",\"message\":\"x\"" DENY),
	  "the message is never told" },
	{ "any_address and relay", RULE("\"relay\":\"x\",\"any_address\":true" DENY),
	  "any_address changes nothing" },
	{ "covering without relay", RULE("\"covering\":true" DENY), "covering changes nothing" },
	{ "translated network", RULE("\"network\":\"64:ff9b::a00:0/104\"" DENY), "never matches" },
	{ "own network of everything", TOP("\"own_networks\":\"0.0.0.0/0\""), "is every address" },
	{ "entries that nobody asks", TOP("\"user_entries\":{\"a\":{\"deny\":\"*\"}}"),
	  "user entries are never asked" },
	{ "exceptions that nobody asks", TOP(EXCEPTIONS), "exceptions are never asked" },
	{ "exceptions, and the rule that asks is switched off",
	  WITH(EXCEPTIONS, "\"action\":\"user-policy\",\"mode\":\"none\""),
	  "exceptions are never asked" },
	{ "exceptions that are asked", WITH(EXCEPTIONS, "\"action\":\"user-policy\""), "" },
	{ "exceptions that a rule in testing asks",
	  WITH(EXCEPTIONS, "\"action\":\"user-policy\",\"mode\":\"testing\""), "" },
	{ "exceptions in mode none",
	  WITH("\"mode\":\"none\"," EXCEPTIONS, "\"action\":\"user-policy\""),
	  "exceptions changes nothing, because the policy's mode is none" },
	{ "state in mode none", WITH("\"mode\":\"none\",\"state\":{}", "\"action\":\"alert\""),
	  "state changes nothing" },
	{ "alert in mode none", WITH("\"mode\":\"none\"," STATE "," ALERTS, "\"action\":\"alert\""),
	  "alert changes nothing, because the policy's mode" },
	{ "alert and state", WITH(STATE "," ALERTS, "\"action\":\"alert\""), "" },
	{ "alert alone", WITH(ALERTS, "\"action\":\"alert\""), "alert without a dict in state" },
	{ "alert, and state in memory only",
	  WITH("\"state\":{\"pairs\":9}," ALERTS, "\"action\":\"alert\""),
	  "alert without a dict in state" },
	{ "alert, and nothing is reported", WITH(STATE "," ALERTS, "\"action\":\"allow\""),
	  "alert changes nothing, because no rule reports" },
	{ "alert, and what is tested is reported",
	  WITH(STATE "," ALERTS, "\"action\":\"allow\",\"mode\":\"testing\""), "" },
	{ "alert, and a missing address is reported",
	  WITH("\"no_address\":\"deny\"," STATE "," ALERTS, "\"action\":\"allow\""), "" },
	{ "state alone", WITH("\"state\":{}", "\"action\":\"alert\""), "" },
	{ "nothing is written",
	  WITH("\"state\":{\"write_interval\":\"1m\"}", "\"action\":\"alert\""),
	  "write_interval changes nothing" },
	{ "notify with alert", WITH(STATE "," ALERTS, "\"notify\":true,\"action\":\"alert\""), "" },
	{ "notify with user-policy",
	  WITH(STATE "," ALERTS, "\"notify\":true,\"action\":\"user-policy\""), "" },
	{ "notify without alerts", RULE("\"notify\":true" DENY),
	  "notify changes nothing, because users are told of alerts" },
	{ "notify with allow", RULE("\"notify\":true,\"action\":\"allow\""),
	  "notify changes nothing, because the rule never reports" },
	{ "notify with tag", RULE("\"notify\":true,\"action\":\"tag\",\"tag\":\"t\""),
	  "notify changes nothing" },
	{ "notify with allow in testing",
	  WITH(STATE "," ALERTS, "\"notify\":true,\"action\":\"allow\",\"mode\":\"testing\""), "" },
	{ "notify of a rule that is switched off", RULE("\"notify\":true,\"mode\":\"none\"" DENY),
	  "notify changes nothing" },
};

static void test_lint(void)
{
	struct rs_diags *diags = rs_diags_new();

	for (size_t i = 0; i < RS_COUNT(lint_cases); i++) {
		const char *label = lint_cases[i].label, *text = lint_cases[i].text;
		struct rs_policy *policy = rs_policy_parse("p", text, strlen(text), diags);

		RS_CHECK(label, policy != NULL, "%s", rs_unit_diags(diags));
		if (policy != NULL)
			rs_policy_lint(policy, diags);
		if (lint_cases[i].want[0] == '\0')
			RS_CHECK(label, rs_diags_kept(diags) == 0, "%s", rs_unit_diags(diags));
		else
			RS_CHECK(label, rs_unit_diags_have(diags, lint_cases[i].want), "%s",
				 rs_unit_diags(diags));
		RS_CHECK_INT(label, rs_diags_count(diags, RS_LEVEL_ERROR), 0);
		rs_diags_clear(diags);
		rs_policy_free(&policy);
	}
	rs_diags_free(&diags);
}

static void test_defaults(void)
{
	static const char text[] = "{\"version\":1,\"rules\":[]}";
	struct rs_policy *policy = rs_policy_parse("p", text, strlen(text), NULL);

	RS_CHECK_INT("mode", rs_policy_mode(policy), RS_MODE_TESTING);
	RS_CHECK_INT("ten seconds", rs_policy_reload_interval(policy), 10);
	RS_CHECK_INT("thirty days", rs_policy_max_age(policy), 30L * 24 * 60 * 60);
	RS_CHECK_STR("database", rs_policy_database(policy), RS_STATEDIR "/relays.mmdb");
	RS_CHECK("no entries", rs_policy_entries_path(policy) == NULL);
	rs_policy_free(&policy);
}

static void test_facts(void)
{
	static const char text[] =
		"{\"version\":1,\"rules\":[{\"id\":\"a\",\"group\":\"g\",\"action\":\"deny\"},"
		"{\"id\":\"b\",\"not\":{\"group\":\"g\"},\"action\":\"deny\"},"
		"{\"id\":\"c\",\"credential\":\"token\",\"mode\":\"none\",\"action\":\"deny\"},"
		"{\"id\":\"d\",\"message\":\"x\",\"action\":\"user-policy\"},"
		"{\"id\":\"e\",\"user\":[\"*\"],\"action\":\"deny\"}]}";
	struct rs_policy *policy = rs_policy_parse("p", text, strlen(text), NULL);
	char buf[64];

	RS_CHECK_INT("facts", rs_policy_facts(policy),
		     RS_FACT_GROUP | RS_FACT_ENTRIES | RS_FACT_MESSAGE);
	RS_CHECK_STR("rules of a fact", rs_policy_fact_rules(policy, RS_FACT_GROUP, buf, 64),
		     "a, b");
	RS_CHECK_STR("cut", rs_policy_fact_rules(policy, RS_FACT_GROUP, buf, 4), "...");
	RS_CHECK_STR("everybody needs no name", rs_policy_fact_rules(policy, RS_FACT_USER, buf, 64),
		     "");
	rs_policy_free(&policy);
}

static void add_sentence(const char *sentence, void *context)
{
	strcat(strcat(context, sentence), "\n");
}

static void test_sentences(void)
{
	static const char text[] =
		"{\"version\":1,\"mode\":\"enforce\",\"database\":\"/r\",\"rules\":["
		"{\"id\":\"a\",\"class\":[\"mail-relay\",\"cloud\"],\"service\":[\"imap\",\"pop3\","
		"\"sieve\"],\"not\":{\"group\":\"g\",\"tls\":true},\"action\":\"deny\","
		"\"message\":\"Why\"},"
		"{\"id\":\"b\",\"any_address\":true,\"tls\":false,\"action\":\"allow\","
		"\"mode\":\"testing\"},"
		"{\"id\":\"c\",\"action\":\"tag\",\"tag\":\"t\"},"
		"{\"id\":\"n\",\"action\":\"alert\",\"class\":\"cloud\",\"notify\":true},"
		"{\"id\":\"d\",\"action\":\"user-policy\",\"not_after\":\"2026-11-22\"}]}";
	struct rs_policy *policy = rs_policy_parse("p", text, strlen(text), NULL);
	char got[2048] = "";

	RS_CHECK_INT("sentences", rs_policy_sentences(policy, add_sentence, got), 0);
	RS_CHECK_STR(
		"sentences", got,
		"Mode enforce: what the rules refuse is refused.\n"
		"Relays are looked up in /r.\n"
		"Rule 1, a: a login from a relay of class mail-relay or cloud, to imap, pop3 or "
		"sieve, "
		"but not one of the group g, nor one with TLS, is refused and reported, with the "
		"message \"Why\".\n"
		"Rule 2, b: any login without TLS would be allowed; this is only reported, and the "
		"next rules are tried.\n"
		"Rule 3, c: a login from any relay is tagged \"t\", and the next rules are tried.\n"
		"Rule 4, n: a login from a relay of class cloud is let in and reported; reports of "
		"it ask for the user to be told.\n"
		"Rule 5, d: a login from any relay until 2026-11-22T23:59:59Z is allowed or "
		"refused "
		"as the user's entries say; without an entry the next rules are tried.\n"
		"The policy has 0 entries for 0 users or domains.\n"
		"A login that no rule ended is allowed.\n"
		"A login without a remote address that no rule ended is allowed.\n");
	rs_policy_free(&policy);
}

/* The sentences about what is kept, without all others. */
static void add_kept(const char *sentence, void *context)
{
	static const char *const others[] = { "Mode ", "Relays ", "Rule ", "The policy has ",
					      "A login " };

	for (size_t i = 0; i < RS_COUNT(others); i++) {
		if (strncmp(sentence, others[i], strlen(others[i])) == 0)
			return;
	}
	add_sentence(sentence, context);
}

static void test_kept_sentences(void)
{
	static const struct {
		const char *label, *settings, *want;
	} kept[] = {
		{ "nothing", "\"mode\":\"enforce\"", "" },
		{ "exceptions", EXCEPTIONS,
		  "A user's exceptions are looked up in the dict proxy::a; a login waits 2 s at "
		  "most, and the answer is used for 1 min.\n"
		  "A new exception ends within 180 d.\n" },
		{ "state", STATE,
		  "What was seen of 100000 pairs of a user and a relay is kept in memory, written "
		  "to the dict proxy::b every 10 min, and forgotten 180 d behind the last "
		  "login.\n" },
		{ "state in memory, one pair, a length with a rest",
		  "\"state\":{\"pairs\":1,\"forget_after\":\"90m\"}",
		  "What was seen of 1 pair of a user and a relay is kept in memory and forgotten "
		  "90 min behind the last login.\n" },
		{ "alert", "\"alert\":{\"repeat_after\":\"36h\"}",
		  "What is reported of a user and a relay is not reported again for 36 h; alerts, "
		  "refusals and what is only tested count each on their own.\n" },
		{ "alert, all of it",
		  "\"alert\":{\"learn_until\":\"2026-12-24\",\"syslog\":{\"socket\":\"/a\\nb\"}}",
		  "What is reported of a user and a relay is not reported again for 1 d; alerts, "
		  "refusals and what is only tested count each on their own.\n"
		  "Before 2026-12-24T00:00:00Z nothing of this is reported, but what was seen is "
		  "remembered.\n"
		  "Reports also go to syslog, facility authpriv, socket /a\\x0ab.\n" },
	};

	for (size_t i = 0; i < RS_COUNT(kept); i++) {
		char text[512], got[2048] = "";
		struct rs_policy *policy;

		snprintf(text, sizeof(text), "{\"version\":1,\"rules\":[],%s}", kept[i].settings);
		policy = rs_policy_parse("p", text, strlen(text), NULL);
		if (!RS_CHECK(kept[i].label, policy != NULL))
			continue;
		RS_CHECK_INT(kept[i].label, rs_policy_sentences(policy, add_kept, got), 0);
		RS_CHECK_STR(kept[i].label, got, kept[i].want);
		rs_policy_free(&policy);
	}
}

void rs_suite_policy_lint(CU_pSuite suite)
{
	CU_add_test(suite, "policy point 12: what lint warns of", test_lint);
	CU_add_test(suite, "what holds when nothing is said", test_defaults);
	CU_add_test(suite, "facts that need other passdbs", test_facts);
	CU_add_test(suite, "the policy in sentences", test_sentences);
	CU_add_test(suite, "what is kept, in sentences", test_kept_sentences);
}

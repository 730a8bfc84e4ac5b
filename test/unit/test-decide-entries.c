/* SPDX-License-Identifier: MIT */
/* Point 9 of the policy's semantics (doc/design.md, "Policy"): what a rule of the
 * action user-policy asks. */
#include "decide-fixture.h"
#include "decide-rules.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>

static void test_entries(void)
{
#define E(entries) ENFORCE "\"user_entries\": {" entries "}, " RULES(ENTRIES)
#define BY(action, source) action " by own; entry " source
#define DENY_BY(source) DENIED("own") "; entry " source
	static const struct fixture_case cases[] = {
		{ "no entry: goes on", E(""), { .address = MOBILE }, NO_MATCH },
		{ "field before user_entries",
		  E("\"alice@example.org\": {\"allow\": \"mobile\"}"),
		  { .address = MOBILE, .deny = "*" },
		  DENY_BY("passdb field relaysentry_deny") },
		{ "a field without an entry for this relay goes on",
		  E("\"alice@example.org\": {\"allow\": \"mobile\"}"),
		  { .address = MOBILE, .deny = "gmail, @cloud" },
		  BY("allow", "user_entries alice@example.org") },
		{ "field: id before class",
		  E(""),
		  { .address = MOBILE, .allow = "mobile", .deny = "@mail-relay,*" },
		  BY("allow", "passdb field relaysentry_allow") },
		{ "field: class before *",
		  E(""),
		  { .address = MOBILE, .allow = "@mail-relay", .deny = "*" },
		  BY("allow", "passdb field relaysentry_allow") },
		{ "field: deny before allow at equal rank",
		  E(""),
		  { .address = MOBILE, .allow = "mobile", .deny = " gmail , Mobile" },
		  DENY_BY("passdb field relaysentry_deny") },
		{ "exact user before @domain",
		  E("\"@example.org\": {\"deny\": \"mobile\"}, "
		    "\"alice@example.org\": {\"allow\": \"*\"}"),
		  { .address = MOBILE },
		  BY("allow", "user_entries alice@example.org") },
		{ "@domain before *",
		  E("\"*\": {\"deny\": \"mobile\"}, \"@example.org\": {\"allow\": \"*\"}"),
		  { .address = MOBILE },
		  BY("allow", "user_entries @example.org") },
		{ "* for everybody",
		  E("\"*\": {\"deny\": \"mobile\"}"),
		  { .address = MOBILE },
		  DENY_BY("user_entries *") },
		{ "a user without an entry for this relay: @domain",
		  E("\"alice@example.org\": {\"deny\": \"gmail\"}, "
		    "\"@example.org\": {\"allow\": \"mobile\"}"),
		  { .address = MOBILE },
		  BY("allow", "user_entries @example.org") },
		{ "id before class before *",
		  E("\"*\": {\"deny\": [\"*\", \"@mail-relay\"], \"allow\": \"mobile\"}"),
		  { .address = MOBILE },
		  BY("allow", "user_entries *") },
		{ "class before *",
		  E("\"*\": {\"deny\": \"*\", \"allow\": \"@mail-relay\"}"),
		  { .address = MOBILE },
		  BY("allow", "user_entries *") },
		{ "deny before allow at equal rank",
		  E("\"*\": {\"allow\": \"mobile\", \"deny\": \"mobile\"}"),
		  { .address = MOBILE },
		  DENY_BY("user_entries *") },
		{ "an allow list refuses nothing that it does not name",
		  E("\"alice@example.org\": {\"allow\": [\"gmail\"]}"),
		  { .address = MOBILE },
		  NO_MATCH },
		{ "an entry holds on its last day",
		  E("\"*\": {\"deny\": {\"relay\": \"mobile\", \"not_after\": \"2026-11-22\"}}"),
		  { .address = MOBILE, .at = "2026-11-22T23:59:59Z" },
		  DENY_BY("user_entries *") },
		{ "and not behind it",
		  E("\"*\": {\"deny\": {\"relay\": \"mobile\", \"not_after\": \"2026-11-22\"}}"),
		  { .address = MOBILE, .at = "2026-11-23T00:00:00Z" },
		  NO_MATCH },
		{ "no relay: no entry",
		  E("\"*\": {\"deny\": \"*\"}"),
		  { .address = HOME },
		  "allow: no relay" },
		{ "a name without domain",
		  E("\"alice\": {\"deny\": \"*\"}"),
		  { .address = MOBILE, .user = "Alice" },
		  DENY_BY("user_entries alice") },
	};

	RUN(cases);
}

#define EXCEPTION(relay, end) "{\"relay\":\"" relay "\",\"not_after\":" end "}"
#define NOW "1795348800"    /* when the fixture's logins are */
#define BEHIND "1795348801" /* one second later */

static void test_exceptions(void)
{
	static const struct fixture_case cases[] = {
		{ "an exception allows",
		  E(""),
		  { .address = MOBILE, .exceptions = "[" EXCEPTION("mobile", BEHIND) "]" },
		  BY("allow", "exception mobile") },
		{ "its end has come",
		  E(""),
		  { .address = MOBILE, .exceptions = "[" EXCEPTION("mobile", NOW) "]" },
		  NO_MATCH },
		{ "exceptions before the passdb fields",
		  E(""),
		  { .address = MOBILE,
		    .deny = "mobile",
		    .exceptions = "[" EXCEPTION("*", BEHIND) "]" },
		  BY("allow", "exception *") },
		{ "exceptions before user_entries",
		  E("\"alice@example.org\": {\"deny\": \"mobile\"}"),
		  { .address = MOBILE, .exceptions = "[" EXCEPTION("@mail-relay", BEHIND) "]" },
		  BY("allow", "exception @mail-relay") },
		{ "one that ended leaves it to the others",
		  E("\"*\": {\"deny\": \"mobile\"}"),
		  { .address = MOBILE, .exceptions = "[" EXCEPTION("mobile", NOW) "]" },
		  DENY_BY("user_entries *") },
		{ "one for another relay leaves it to the others",
		  E("\"*\": {\"deny\": \"mobile\"}"),
		  { .address = MOBILE,
		    .exceptions =
			    "[" EXCEPTION("gmail", BEHIND) "," EXCEPTION("@cloud", BEHIND) "]" },
		  DENY_BY("user_entries *") },
		{ "id before class before *",
		  E(""),
		  { .address = MOBILE,
		    .exceptions = "[" EXCEPTION("*", BEHIND) "," EXCEPTION(
			    "@mail-relay", BEHIND) "," EXCEPTION("mobile", BEHIND) "]" },
		  BY("allow", "exception mobile") },
		{ "class before *",
		  E(""),
		  { .address = MOBILE,
		    .exceptions = "[" EXCEPTION("*", BEHIND) "," EXCEPTION(
			    "@mail-relay", BEHIND) "," EXCEPTION("mobile", NOW) "]" },
		  BY("allow", "exception @mail-relay") },
		{ "the most specific relay",
		  E(""),
		  { .address = MOBILE, .exceptions = "[" EXCEPTION("azure", BEHIND) "]" },
		  NO_MATCH },
		{ "covering: all relays",
		  ENFORCE RULES(RULE("own", "\"action\": \"user-policy\", \"covering\": true")),
		  { .address = MOBILE, .exceptions = "[" EXCEPTION("azure", BEHIND) "]" },
		  BY("allow", "exception azure") },
		{ "covering: all classes",
		  ENFORCE RULES(RULE("own", "\"action\": \"user-policy\", \"covering\": true")),
		  { .address = MOBILE, .exceptions = "[" EXCEPTION("@cloud", BEHIND) "]" },
		  BY("allow", "exception @cloud") },
		{ "none at all", E(""), { .address = MOBILE, .exceptions = "[]" }, NO_MATCH },
		{ "no relay: no exception",
		  E(""),
		  { .address = HOME, .exceptions = "[" EXCEPTION("*", BEHIND) "]" },
		  "allow: no relay" },
		{ "no rule asks",
		  ENFORCE RULES(DENY("r", "")),
		  { .address = MOBILE, .exceptions = "[" EXCEPTION("*", BEHIND) "]" },
		  DENIED("r") },
		{ "a rule in testing says what it would have done",
		  ENFORCE RULES(RULE("own", "\"action\": \"user-policy\", \"mode\": \"testing\"")),
		  { .address = MOBILE, .exceptions = "[" EXCEPTION("*", BEHIND) "]" },
		  "allow: no rule ended it; reports allow?=own" },
	};

	RUN(cases);
}

static void test_pending(void)
{
#define WANTS "; wants exceptions"
	static const struct fixture_case cases[] = {
		{ "as if there were none",
		  E(""),
		  { .address = MOBILE, .exceptions_pending = true },
		  NO_MATCH WANTS },
		{ "also where some are given",
		  E(""),
		  { .address = MOBILE,
		    .exceptions_pending = true,
		    .exceptions = "[" EXCEPTION("*", BEHIND) "]" },
		  NO_MATCH WANTS },
		{ "another source decides meanwhile",
		  E(""),
		  { .address = MOBILE, .exceptions_pending = true, .deny = "*" },
		  DENY_BY("passdb field relaysentry_deny") WANTS },
		{ "a rule in testing asks too",
		  ENFORCE RULES(RULE("own", "\"action\": \"user-policy\", \"mode\": \"testing\"")),
		  { .address = MOBILE, .exceptions_pending = true },
		  NO_MATCH WANTS },
		{ "a policy in testing asks too",
		  RULES(ENTRIES),
		  { .address = MOBILE, .exceptions_pending = true },
		  NO_MATCH WANTS },
		{ "no relay: not wanted",
		  E(""),
		  { .address = HOME, .exceptions_pending = true },
		  "allow: no relay" },
		{ "no relay, any_address: not wanted",
		  ENFORCE RULES(RULE("own", ANY "\"action\": \"user-policy\"")),
		  { .address = HOME, .exceptions_pending = true },
		  "allow: no relay" },
		{ "a rule before ends it: not wanted",
		  ENFORCE RULES(ALLOW("first", "") "," ENTRIES),
		  { .address = MOBILE, .exceptions_pending = true },
		  "allow by first" },
		{ "the rule's conditions do not hold: not wanted",
		  ENFORCE RULES(RULE("own", "\"service\": \"pop3\", \"action\": \"user-policy\"")),
		  { .address = MOBILE, .exceptions_pending = true },
		  NO_MATCH },
		{ "the rule is switched off: not wanted",
		  ENFORCE RULES(RULE("own", "\"action\": \"user-policy\", \"mode\": \"none\"")),
		  { .address = MOBILE, .exceptions_pending = true },
		  NO_MATCH },
		{ "mode none: not wanted",
		  "\"mode\": \"none\", " RULES(ENTRIES),
		  { .address = MOBILE, .exceptions_pending = true },
		  "allow: mode none" },
		{ "no rule asks: not wanted",
		  ENFORCE RULES(DENY("r", "")),
		  { .address = MOBILE, .exceptions_pending = true },
		  DENIED("r") },
	};

	RUN(cases);
}

static void keep_why(const struct rs_step *step, void *context)
{
	strcpy(context, step->why);
}

/* The line that check shows, and what the verdict tells of the exception. */
static void test_exception_explained(void)
{
	static const struct {
		const char *label;
		struct fixture_login login;
		const char *want;
		int64_t end; /* of the verdict's exception; 0: none */
	} cases[] = {
		{ "its last second",
		  { .address = MOBILE, .exceptions = "[" EXCEPTION("mobile", "1796000000") "]" },
		  "allow by exception mobile until 2026-11-30T00:53:19Z",
		  1796000000 },
		{ "no end",
		  { .address = MOBILE, .exceptions = "[" EXCEPTION("*", "253402300799") "]" },
		  "allow by exception *",
		  RS_EXCEPTION_LATEST },
		{ "another source",
		  { .address = MOBILE, .allow = "*" },
		  "allow by passdb field relaysentry_allow",
		  0 },
		{ "ended",
		  { .address = MOBILE, .exceptions = "[" EXCEPTION("mobile", NOW) "]" },
		  "alice@example.org has no entry for mobile",
		  0 },
		{ "not looked up",
		  { .address = MOBILE, .exceptions_pending = true },
		  "alice@example.org has no entry for mobile; exceptions were not looked up",
		  0 },
	};
	struct rs_policy *policy = fixture_policy("explained", ENFORCE RULES(ENTRIES));
	struct rs_verdict *verdict = rs_verdict_new(policy);

	for (size_t i = 0; i < RS_COUNT(cases); i++) {
		struct rs_login login;
		char why[1024] = "";

		fixture_login(&cases[i].login, &login);
		rs_decide(policy, fixture_db(), &login, verdict, keep_why, why);
		RS_CHECK_STR(cases[i].label, why, cases[i].want);
		RS_CHECK_INT(cases[i].label,
			     verdict->exception != NULL ? verdict->exception->not_after : 0,
			     cases[i].end);
	}
	rs_verdict_free(&verdict);
	rs_policy_free(&policy);
}

static void note_entry(const struct rs_policy_entry *entry, void *context)
{
	char *text = context;
	size_t len = strlen(text);

	snprintf(text + len, 512 - len, "%s %s %s%s; ", entry->user, entry->deny ? "deny" : "allow",
		 entry->relay, entry->end == INT64_MAX ? "" : " ends");
}

static void test_told(void)
{
	static const struct {
		const char *label, *user, *want;
		size_t count;
	} cases[] = {
		{ "in the order in which they are asked", "ALICE",
		  "alice@example.org deny mobile ends; alice@example.org allow mobile; "
		  "alice@example.org allow @cloud; @example.org deny *; * allow gmail; ",
		  5 },
		{ "another of the domain", "bob", "@example.org deny *; * allow gmail; ", 2 },
		{ "of another domain", "bob@example.net", "* allow gmail; ", 1 },
	};
	struct rs_policy *policy = fixture_policy(
		"told", ENFORCE
		"\"default_domain\": \"example.org\", \"timezone\": \"Europe/Berlin\", "
		"\"user_entries\": {"
		"\"alice@example.org\": {\"allow\": [\"@cloud\", \"mobile\"], \"deny\": "
		"{\"relay\": \"mobile\", \"not_after\": \"2026-11-22\"}}, "
		"\"@example.org\": {\"deny\": \"*\"}, \"*\": {\"allow\": \"gmail\"}}, " RULES(
			ENTRIES));

	for (size_t i = 0; i < RS_COUNT(cases); i++) {
		char text[512] = "";

		RS_CHECK_INT(cases[i].label,
			     rs_policy_user_entries(policy, cases[i].user, note_entry, text),
			     cases[i].count);
		RS_CHECK_STR(cases[i].label, text, cases[i].want);
		RS_CHECK_INT(cases[i].label,
			     rs_policy_user_entries(policy, cases[i].user, NULL, NULL),
			     cases[i].count);
	}
	RS_CHECK_STR("time zone", rs_policy_timezone(policy), "Europe/Berlin");
	rs_policy_free(&policy);
}

void rs_suite_decide_entries(CU_pSuite suite)
{
	CU_add_test(suite, "policy point 9: user entries and their ranks", test_entries);
	CU_add_test(suite, "policy point 9: exceptions come first, and end", test_exceptions);
	CU_add_test(suite, "policy point 9: exceptions are looked up only when a rule asks",
		    test_pending);
	CU_add_test(suite, "policy point 9: an exception is explained with its end",
		    test_exception_explained);
	CU_add_test(suite, "policy point 9: a user's entries are told in their order", test_told);
}

/* SPDX-License-Identifier: MIT */
/* Points 1 to 5 of the policy's semantics (doc/design.md, "Policy"): how rules
 * are tried, what they match, and what modes make of them. */
#include "decide-fixture.h"
#include "decide-rules.h"
#include "unit.h"

static void test_order(void)
{
	static const struct fixture_case cases[] = {
		{ "no rules", ENFORCE RULES(""), { .address = MOBILE }, NO_MATCH },
		{ "the first that matches ends it",
		  ENFORCE RULES(ALLOW("a", "") "," DENY("b", "")),
		  { .address = MOBILE },
		  "allow by a" },
		{ "one that does not match is passed",
		  ENFORCE RULES(ALLOW("a", "\"class\": \"cloud\", ") "," DENY("b", "")),
		  { .address = MOBILE },
		  DENIED("b") },
		{ "alert ends it",
		  ENFORCE RULES(ALERT("a", "") "," DENY("b", "")),
		  { .address = MOBILE },
		  "alert by a; reports alert=a" },
		{ "tag goes on",
		  ENFORCE RULES(TAG("a", "x") "," TAG("b", "y") "," ALERT("c", "")),
		  { .address = MOBILE },
		  "alert by c; tags x,y; reports alert=c" },
		{ "the same tag twice is one",
		  ENFORCE RULES(TAG("a", "x") "," TAG("b", "x")),
		  { .address = MOBILE },
		  NO_MATCH "; tags x" },
		{ "tags of a refused login stay",
		  ENFORCE RULES(TAG("a", "x") "," DENY("b", "")),
		  { .address = MOBILE },
		  "deny by b; tags x; reports deny=b; reply generic" },
		{ "none ends it: allow",
		  ENFORCE RULES(TAG("a", "x")),
		  { .address = MOBILE },
		  NO_MATCH "; tags x" },
	};

	RUN(cases);
}

static void test_conditions(void)
{
	static const struct fixture_case cases[] = {
		HOLDS("relay", "\"relay\": \"mobile\"", .via = NULL),
		FAILS("another relay", "\"relay\": \"gmail\"", .via = NULL),
		HOLDS("a list is OR", "\"relay\": [\"gmail\", \"mobile\"]", .via = NULL),
		HOLDS("class", "\"class\": [\"cloud\", \"mail-relay\"]", .via = NULL),
		FAILS("another class", "\"class\": \"cloud\"", .via = NULL),
		HOLDS("network", "\"network\": [\"10.0.0.0/8\", \"52.125.138.0/24\"]", .via = NULL),
		FAILS("another network", "\"network\": [\"52.125.137.0/24\", \"52.125.139.0/24\"]",
		      .via = NULL),
		HOLDS("a network in another", "\"network\": [\"52.0.0.0/8\", \"52.125.1.0/24\"]",
		      .via = NULL),
		HOLDS("via", "\"via\": \"192.0.2.10\"", .via = "192.0.2.10"),
		FAILS("another via", "\"via\": \"192.0.2.10\"", .via = "192.0.2.11"),
		FAILS("no via", "\"via\": [\"0.0.0.0/0\", \"::/0\"]", .via = NULL),
		HOLDS("group", "\"group\": \"staff\"", .group = "students, staff"),
		HOLDS("a group's case does not count", "\"group\": \"Staff\"", .group = "STAFF"),
		FAILS("part of a group's name", "\"group\": \"staff\"", .group = "staffers"),
		FAILS("no group", "\"group\": \"staff\"", .group = NULL),
		HOLDS("service", "\"service\": [\"smtp\", \"submission\"]", .service = "smtp"),
		FAILS("another service", "\"service\": [\"smtp\", \"submission\"]", .via = NULL),
		HOLDS("mechanism", "\"mechanism\": \"plain\"", .via = NULL),
		FAILS("another mechanism", "\"mechanism\": \"LOGIN\"", .via = NULL),
		HOLDS("credential", "\"credential\": [\"token\", \"kerberos\"]",
		      .credential = RS_CREDENTIAL_TOKEN),
		FAILS("another credential", "\"credential\": \"token\"", .via = NULL),
		HOLDS("tls", "\"tls\": true", .via = NULL),
		FAILS("no tls", "\"tls\": true", .no_tls = true),
		HOLDS("tls false", "\"tls\": false", .no_tls = true),
		FAILS("tls unknown is not true", "\"tls\": true", .tls_unknown = true),
		FAILS("tls unknown is not false", "\"tls\": false", .tls_unknown = true),
		FAILS("tls unknown is neither", "\"tls\": [true, false]", .tls_unknown = true),
		HOLDS("tls unknown is not without", "\"not\": {\"tls\": false}",
		      .tls_unknown = true),
		HOLDS("any master", "\"master\": true", .master = "root"),
		FAILS("no master", "\"master\": true", .master = NULL),
		HOLDS("master false", "\"master\": false", .master = NULL),
		FAILS("master false, and one", "\"master\": false", .master = "root"),
		HOLDS("master by name", "\"master\": [\"Root\", \"admin\"]", .master = "root"),
		FAILS("another master", "\"master\": \"admin\"", .master = "root"),
		HOLDS("conditions are AND: both", "\"tls\": true, \"service\": \"imap\"",
		      .via = NULL),
		FAILS("conditions are AND: one", "\"tls\": true, \"service\": \"pop3\"",
		      .via = NULL),
		HOLDS("not: none of these", "\"not\": {\"group\": \"a\", \"service\": \"pop3\"}",
		      .group = "b"),
		FAILS("not: one of these", "\"not\": {\"group\": \"a\", \"service\": \"pop3\"}",
		      .group = "a"),
		FAILS("not: the other", "\"not\": {\"group\": \"a\", \"service\": \"pop3\"}",
		      .service = "pop3"),
		HOLDS("not: what is unknown is none", "\"not\": {\"group\": \"a\"}", .group = NULL),
		FAILS("condition and not", "\"tls\": true, \"not\": {\"tls\": true}", .via = NULL),
	};

	RUN(cases);
}

static void test_times(void)
{
	static const struct fixture_case cases[] = {
		FAILS("before not_before", "\"not_before\": \"2026-11-22\"",
		      .at = "2026-11-21T23:59:59Z"),
		HOLDS("first second of the day", "\"not_before\": \"2026-11-22\"",
		      .at = "2026-11-22T00:00:00Z"),
		HOLDS("last second of the day", "\"not_after\": \"2026-11-22\"",
		      .at = "2026-11-22T23:59:59Z"),
		FAILS("behind the day", "\"not_after\": \"2026-11-22\"",
		      .at = "2026-11-23T00:00:00Z"),
		HOLDS("RFC 3339: that second", "\"not_after\": \"2026-11-22T12:00:00+02:00\"",
		      .at = "2026-11-22T10:00:00Z"),
		FAILS("RFC 3339: the next", "\"not_after\": \"2026-11-22T12:00:00+02:00\"",
		      .at = "2026-11-22T10:00:01Z"),
		{ "a day begins in the zone",
		  ENFORCE "\"timezone\": \"Europe/Berlin\", " RULES(
			  DENY("r", "\"not_before\": \"2026-11-22\", ")),
		  { .address = MOBILE, .at = "2026-11-21T23:00:00Z" },
		  DENIED("r") },
		{ "a day of 25 hours ends in the zone",
		  ENFORCE "\"timezone\": \"Europe/Berlin\", " RULES(
			  DENY("r", "\"not_after\": \"2026-10-25\", ")),
		  { .address = MOBILE, .at = "2026-10-25T22:59:59Z" },
		  DENIED("r") },
		{ "and not later",
		  ENFORCE "\"timezone\": \"Europe/Berlin\", " RULES(
			  DENY("r", "\"not_after\": \"2026-10-25\", ")),
		  { .address = MOBILE, .at = "2026-10-25T23:00:00Z" },
		  NO_MATCH },
		{ "east of Greenwich a day may begin at one, too",
		  ENFORCE "\"timezone\": \"Asia/Beirut\", " RULES(
			  DENY("r", "\"not_before\": \"2026-03-29\", ")),
		  { .address = MOBILE, .at = "2026-03-28T21:59:59Z" },
		  NO_MATCH },
		{ "from its first second",
		  ENFORCE "\"timezone\": \"Asia/Beirut\", " RULES(
			  DENY("r", "\"not_before\": \"2026-03-29\", ")),
		  { .address = MOBILE, .at = "2026-03-28T22:00:00Z" },
		  DENIED("r") },
		{ "a day without midnight begins at one",
		  ENFORCE "\"timezone\": \"America/Santiago\", " RULES(
			  DENY("r", "\"not_before\": \"2026-09-06\", ")),
		  { .address = MOBILE, .at = "2026-09-06T03:59:59Z" },
		  NO_MATCH },
		{ "at that second",
		  ENFORCE "\"timezone\": \"America/Santiago\", " RULES(
			  DENY("r", "\"not_before\": \"2026-09-06\", ")),
		  { .address = MOBILE, .at = "2026-09-06T04:00:00Z" },
		  DENIED("r") },
	};

	RUN(cases);
}

static void test_relay_only(void)
{
	static const struct fixture_case cases[] = {
		{ "no relay",
		  ENFORCE RULES(DENY("r", "")),
		  { .address = HOME },
		  "allow: no relay" },
		{ "no relay, with a condition that holds",
		  ENFORCE RULES(DENY("r", "\"tls\": true, ")),
		  { .address = HOME },
		  "allow: no relay" },
		{ "any_address: no relay",
		  ENFORCE RULES(DENY("r", ANY)),
		  { .address = HOME },
		  DENIED("r") },
		{ "any_address: a relay too",
		  ENFORCE RULES(DENY("r", ANY)),
		  { .address = MOBILE },
		  DENIED("r") },
		{ "any_address and relay: needs the relay",
		  ENFORCE RULES(DENY("r", ANY "\"relay\": \"mobile\", ")),
		  { .address = HOME },
		  "allow: no relay" },
		{ "any_address, not from a cloud",
		  ENFORCE RULES(DENY("r", ANY "\"not\": {\"class\": \"cloud\"}, ")),
		  { .address = HOME },
		  DENIED("r") },
		{ "any_address and user-policy: no entry",
		  ENFORCE RULES(RULE("r", ANY "\"action\": \"user-policy\"")),
		  { .address = HOME, .deny = "*" },
		  "allow: no relay" },
	};

	RUN(cases);
}

static void test_covering(void)
{
	static const struct fixture_case cases[] = {
		{ "only the most specific relay counts",
		  ENFORCE RULES(DENY("r", "\"relay\": \"azure\", ")),
		  { .address = MOBILE },
		  NO_MATCH },
		{ "covering: all count",
		  ENFORCE RULES(DENY("r", "\"covering\": true, \"relay\": \"azure\", ")),
		  { .address = MOBILE },
		  DENIED("r") },
		{ "only the most specific class counts",
		  ENFORCE RULES(DENY("r", "\"class\": \"privacy-proxy\", ")),
		  { .address = HOSTER },
		  NO_MATCH },
		{ "covering: all classes",
		  ENFORCE RULES(DENY("r", "\"covering\": true, \"class\": \"privacy-proxy\", ")),
		  { .address = HOSTER },
		  DENIED("r") },
		{ "covering holds within not",
		  ENFORCE RULES(DENY("r", "\"covering\": true, \"not\": {\"relay\": \"proxy\"}, ")),
		  { .address = HOSTER },
		  NO_MATCH },
		{ "user entries: the most specific",
		  ENFORCE RULES(ENTRIES),
		  { .address = MOBILE, .deny = "azure" },
		  NO_MATCH },
		{ "user entries, covering",
		  ENFORCE RULES(RULE("own", "\"action\": \"user-policy\", \"covering\": true, "
					    "\"reply\": \"generic\"")),
		  { .address = MOBILE, .deny = "azure" },
		  DENIED("own") "; entry passdb field relaysentry_deny" },
	};

	RUN(cases);
}

static void test_modes(void)
{
#define T "\"mode\": \"testing\", "
	static const struct fixture_case cases[] = {
		{ "a deny in testing goes on",
		  ENFORCE RULES(DENY("a", T) "," ALERT("b", "")),
		  { .address = MOBILE },
		  "alert by b; reports deny?=a alert=b" },
		{ "an alert in testing goes on",
		  ENFORCE RULES(ALERT("a", T) "," DENY("b", "")),
		  { .address = MOBILE },
		  "deny by b; reports alert?=a deny=b; reply generic" },
		{ "an allow in testing goes on",
		  ENFORCE RULES(ALLOW("a", T) "," DENY("b", "")),
		  { .address = MOBILE },
		  "deny by b; reports allow?=a deny=b; reply generic" },
		{ "a tag in testing is not set",
		  ENFORCE RULES(RULE("a", T "\"action\": \"tag\", \"tag\": \"x\"")),
		  { .address = MOBILE },
		  NO_MATCH "; reports tag?=a" },
		{ "user entries in testing only report",
		  ENFORCE RULES(RULE("own", T "\"action\": \"user-policy\"")),
		  { .address = MOBILE, .deny = "*" },
		  NO_MATCH "; reports deny?=own" },
		{ "user entries in testing without an entry",
		  ENFORCE RULES(RULE("own", T "\"action\": \"user-policy\"")),
		  { .address = MOBILE },
		  NO_MATCH },
		{ "a rule of mode none is not tried",
		  ENFORCE RULES(DENY("a", "\"mode\": \"none\", ")),
		  { .address = MOBILE },
		  NO_MATCH },
		{ "policy in testing refuses nothing",
		  T RULES(TAG("t", "x") "," DENY("a", "") "," ALERT("b", "")),
		  { .address = MOBILE },
		  "allow (decided deny) by a; tags x; reports deny?=a; reply generic" },
		{ "testing is the default",
		  RULES(DENY("a", "")),
		  { .address = MOBILE },
		  "allow (decided deny) by a; reports deny?=a; reply generic" },
		{ "policy in testing: alerts are not enforced",
		  T RULES(ALERT("a", "")),
		  { .address = MOBILE },
		  "alert by a; reports alert?=a" },
		{ "a rule cannot enforce more than the policy",
		  T RULES(DENY("a", "\"mode\": \"enforce\", ")),
		  { .address = MOBILE },
		  "allow (decided deny) by a; reports deny?=a; reply generic" },
		{ "policy in mode none",
		  "\"mode\": \"none\", \"no_address\": \"deny\", " RULES(
			  TAG("t", "x") "," DENY("a", ANY)),
		  { .address = MOBILE },
		  "allow: mode none" },
		{ "policy in mode none, no address",
		  "\"mode\": \"none\", \"no_address\": \"deny\", " RULES(""),
		  { .address = NULL },
		  "allow: mode none" },
	};

	RUN(cases);
}

void rs_suite_decide_rules(CU_pSuite suite)
{
	CU_add_test(suite, "policy point 1: rules are tried in order", test_order);
	CU_add_test(suite, "policy point 2: conditions, lists and not", test_conditions);
	CU_add_test(suite, "policy point 2: a date covers its whole day", test_times);
	CU_add_test(suite, "policy point 3: rules are for logins from a relay", test_relay_only);
	CU_add_test(suite, "policy point 4: the most specific relay, or all that cover",
		    test_covering);
	CU_add_test(suite, "policy point 5: modes of rules and of the policy", test_modes);
}

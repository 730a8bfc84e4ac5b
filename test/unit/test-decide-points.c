/* SPDX-License-Identifier: MIT */
/* The further points of the policy's semantics (doc/design.md, "Policy") that
 * decide about a login: what is told, users, groups, addresses. Point 9 stands in
 * test-decide-entries.c, 11 is the plugin's (test/integration/test_broken.py), 13 the reader's
 * (test-policy.c). */
#include "decide-fixture.h"
#include "decide-rules.h"
#include "unit.h"

#include <string.h>

static void test_reply(void)
{
#define R(rest) ENFORCE RULES(RULE("r", "\"action\": \"deny\"" rest))
#define REPORT "; reports deny=r; reply "
#define DEFAULT                                                                                    \
	"Logins of this mail app's servers are not allowed here. Please use another mail app."
	static const struct fixture_case cases[] = {
		{ "mail-relay: reason is the default",
		  R(", \"message\": \"Why\""),
		  { .address = MOBILE },
		  "deny by r" REPORT "Why" },
		{ "a reason without a message",
		  R(""),
		  { .address = MOBILE },
		  "deny by r" REPORT DEFAULT },
		{ "cloud: generic is the default",
		  R(""),
		  { .address = AZURE },
		  "deny by r" REPORT "generic" },
		{ "cloud: the message is not told",
		  R(", \"message\": \"Why\""),
		  { .address = AZURE },
		  "deny by r" REPORT "generic" },
		{ "privacy-proxy: generic is the default",
		  R(""),
		  { .address = PROXY },
		  "deny by r" REPORT "generic" },
		{ "cloud: reason when it says so",
		  R(", \"reply\": \"reason\", \"message\": \"Why\""),
		  { .address = AZURE },
		  "deny by r" REPORT "Why" },
		{ "mail-relay: generic when it says so",
		  R(", \"reply\": \"generic\""),
		  { .address = MOBILE },
		  "deny by r" REPORT "generic" },
		{ "no relay: generic",
		  R(", \"any_address\": true"),
		  { .address = HOME },
		  "deny by r" REPORT "generic" },
		{ "a reason is not told to who has proved nothing",
		  R(", \"reply\": \"reason\", \"message\": \"Why\""),
		  { .address = MOBILE, .unverified = true },
		  "deny by r" REPORT "generic" },
		{ "user entries: as for the class",
		  ENFORCE RULES(RULE("r", "\"action\": \"user-policy\", \"message\": \"Yours\"")),
		  { .address = MOBILE, .deny = "*" },
		  "deny by r" REPORT "Yours; entry passdb field relaysentry_deny" },
	};

	RUN(cases);
}

static void test_user(void)
{
#define USER(label, cond, name, want)                                                              \
	{                                                                                          \
		label, ENFORCE RULES(DENY("r", "\"user\": " cond ", ")),                           \
			{ .address = MOBILE, .user = name }, want                                  \
	}
#define DEFAULTED(label, cond, name, want)                                                         \
	{                                                                                          \
		label,                                                                             \
			ENFORCE "\"default_domain\": \"Example.org\", " RULES(                     \
				DENY("r", "\"user\": " cond ", ")),                                \
			{ .address = MOBILE, .user = name }, want                                  \
	}
	static const struct fixture_case cases[] = {
		USER("exact", "\"alice@example.org\"", "alice@example.org", DENIED("r")),
		USER("lower case in both", "\"Alice@Example.ORG\"", "aLICE@eXAMPLE.org",
		     DENIED("r")),
		USER("letters beyond ASCII compare as bytes", "\"\xc3\x84@x\"", "\xc3\xa4@x",
		     NO_MATCH),
		USER("another name", "\"alice@example.org\"", "bob@example.org", NO_MATCH),
		USER("a beginning is not the name", "\"alice@example.org\"", "alice@example.orga",
		     NO_MATCH),
		USER("@domain", "\"@Example.org\"", "bob@example.ORG", DENIED("r")),
		USER("another domain", "\"@example.org\"", "bob@sub.example.org", NO_MATCH),
		USER("the last @ counts", "\"@example.org\"", "bob@evil@example.org", DENIED("r")),
		USER("not the first", "\"@evil\"", "bob@evil@example.org", NO_MATCH),
		USER("@domain and a name without", "\"@example.org\"", "bob", NO_MATCH),
		USER("an empty domain is none", "[\"@example.org\"]", "bob@", NO_MATCH),
		USER("* is everybody", "\"*\"", "bob", DENIED("r")),
		USER("a name without domain", "\"bob\"", "Bob", DENIED("r")),
		USER("a name without domain is not one with", "\"bob\"", "bob@example.org",
		     NO_MATCH),
		DEFAULTED("default_domain supplies the login's", "\"bob@example.org\"", "bob",
			  DENIED("r")),
		DEFAULTED("default_domain supplies the policy's", "\"bob\"", "bob@example.org",
			  DENIED("r")),
		DEFAULTED("default_domain for @domain", "\"@example.org\"", "bob", DENIED("r")),
		DEFAULTED("default_domain and another", "\"bob\"", "bob@example.net", NO_MATCH),
	};

	RUN(cases);
}

static void test_long_user(void)
{
	struct rs_policy *policy = fixture_policy(
		"long", ENFORCE RULES(DENY("d", "\"user\": \"@example.org\", ") "," ALERT(
				"a", "\"user\": \"*\", ")));
	struct rs_verdict *verdict = rs_verdict_new(policy);
	struct fixture_login facts = { .address = MOBILE };
	struct rs_login login;
	char name[4096], buf[FIXTURE_LEN];

	memset(name, 'x', sizeof(name));
	strcpy(name + 3000, "@example.org");
	facts.user = name;
	fixture_login(&facts, &login);
	rs_decide(policy, fixture_db(), &login, verdict, NULL, NULL);
	RS_CHECK_STR("long name, its domain counts", fixture_verdict(verdict, buf), DENIED("d"));
	memset(name, 'x', sizeof(name) - 1);
	name[100] = '@';
	name[sizeof(name) - 1] = '\0';
	rs_decide(policy, fixture_db(), &login, verdict, NULL, NULL);
	RS_CHECK_STR("long domain is none", fixture_verdict(verdict, buf),
		     "alert by a; reports alert=a");
	login.user = NULL;
	rs_decide(policy, fixture_db(), &login, verdict, NULL, NULL);
	RS_CHECK_STR("no name is no user", fixture_verdict(verdict, buf), NO_MATCH);
	rs_verdict_free(&verdict);
	rs_policy_free(&policy);
}

static void test_group_field(void)
{
	static const struct fixture_case cases[] = {
		HOLDS("comma separated", "\"group\": \"b\"", .group = "a,b,c"),
		HOLDS("blanks around items", "\"group\": \"b b\"", .group = "a ,  b b  , c"),
		FAILS("blanks within items count", "\"group\": \"b\"", .group = "a b"),
		FAILS("empty items", "\"group\": \"b\"", .group = " , ,,"),
		HOLDS("empty items before", "\"group\": \"b\"", .group = ",, b"),
		FAILS("empty field", "\"group\": \"b\"", .group = ""),
	};

	RUN(cases);
}

static void test_notify(void)
{
#define NOTIFY "\"notify\": true, "
	static const struct fixture_case cases[] = {
		{ "alert",
		  ENFORCE RULES(ALERT("r", NOTIFY)),
		  { .address = MOBILE },
		  "alert by r; reports alert!=r" },
		{ "deny",
		  ENFORCE RULES(DENY("r", NOTIFY)),
		  { .address = MOBILE },
		  "deny by r; reports deny!=r; reply generic" },
		{ "false is the default",
		  ENFORCE RULES(ALERT("r", "\"notify\": false, ")),
		  { .address = MOBILE },
		  "alert by r; reports alert=r" },
		{ "each rule for itself",
		  ENFORCE RULES(DENY("t", NOTIFY "\"mode\": \"testing\", ") "," ALERT("r", "")),
		  { .address = MOBILE },
		  "alert by r; reports deny?!=t alert=r" },
		{ "user-policy",
		  ENFORCE RULES(RULE("own", NOTIFY "\"action\": \"user-policy\", \"reply\": "
						   "\"generic\"")),
		  { .address = MOBILE, .deny = "*" },
		  "deny by own; reports deny!=own; reply generic; entry passdb field "
		  "relaysentry_deny" },
		{ "no_address never",
		  ENFORCE "\"no_address\": \"deny\", " RULES(DENY("r", NOTIFY)),
		  { .address = NULL },
		  "deny: no address; reports deny=no_address; reply generic" },
	};

	RUN(cases);
}

static void test_addresses(void)
{
#define OWN "\"own_networks\": [\"52.125.138.0/24\", \"2001:db8::/32\"], "
#define NAT "\"nat64_prefix\": [\"2001:db8:64::/96\"], "
	static const struct fixture_case cases[] = {
		{ "no address: allowed",
		  ENFORCE RULES(DENY("r", "")),
		  { .address = NULL },
		  "allow: no address" },
		{ "no address: denied",
		  ENFORCE "\"no_address\": \"deny\", " RULES(""),
		  { .address = NULL },
		  "deny: no address; reports deny=no_address; reply generic" },
		{ "no address in testing",
		  "\"no_address\": \"deny\", " RULES(""),
		  { .address = NULL },
		  "allow (decided deny): no address; reports deny?=no_address; reply generic" },
		{ "no_address is for no others",
		  ENFORCE "\"no_address\": \"deny\", " RULES(""),
		  { .address = HOME },
		  "allow: no relay" },
		{ "no address, any_address: the rule is tried first",
		  ENFORCE "\"no_address\": \"deny\", " RULES(ALLOW("r", ANY)),
		  { .address = NULL },
		  "allow by r" },
		{ "own_networks are never a relay",
		  ENFORCE OWN RULES(DENY("r", "")),
		  { .address = MOBILE },
		  "allow: own network" },
		{ "beside own_networks",
		  ENFORCE OWN RULES(DENY("r", "")),
		  { .address = "52.125.139.7" },
		  DENIED("r") },
		{ "own_networks and any_address",
		  ENFORCE OWN RULES(DENY("r", ANY)),
		  { .address = MOBILE },
		  DENIED("r") },
		{ "NAT64, well-known prefix",
		  ENFORCE RULES(DENY("r", "\"relay\": \"mobile\", ")),
		  { .address = "64:ff9b::347d:8a07" },
		  DENIED("r") },
		{ "NAT64, own prefix",
		  ENFORCE NAT RULES(DENY("r", "\"relay\": \"mobile\", ")),
		  { .address = "2001:db8:64::347d:8a07" },
		  DENIED("r") },
		{ "NAT64, not a prefix of ours",
		  ENFORCE RULES(DENY("r", "")),
		  { .address = "2001:db8:64::347d:8a07" },
		  "allow: no relay" },
		{ "NAT64: conditions see the IPv4 address",
		  ENFORCE RULES(DENY("r", "\"network\": \"52.125.138.7\", ")),
		  { .address = "64:ff9b::347d:8a07" },
		  DENIED("r") },
		{ "a mapped address is IPv4",
		  ENFORCE RULES(DENY("r", "\"relay\": \"mobile\", ")),
		  { .address = "::ffff:52.125.138.7" },
		  DENIED("r") },
		{ "IPv6",
		  ENFORCE RULES(DENY("r", "\"relay\": \"gmail\", ")),
		  { .address = "2a00:1450:4013::1" },
		  DENIED("r") },
	};

	RUN(cases);
}

/* A relay that the database does not know matches nothing. */
static void test_unknown_relay(void)
{
	static const char text[] = "{\"version\": 1, \"mode\": \"enforce\", \"rules\": [\n"
				   "{\"id\": \"a\", \"relay\": \"moblie\", \"action\": \"deny\"},\n"
				   "{\"id\": \"b\", \"action\": \"user-policy\"}],\n"
				   "\"user_entries\": {\"*\": {\"deny\": [\"nobody\"]}}}";
	struct rs_diags *diags = rs_diags_new();
	struct rs_policy *policy = rs_policy_parse("p", text, strlen(text), diags);
	struct rs_verdict *verdict = rs_verdict_new(policy);
	const struct fixture_login facts = { .address = MOBILE };
	struct rs_login login;
	char buf[FIXTURE_LEN];

	fixture_login(&facts, &login);
	RS_CHECK_INT("bind", rs_policy_bind(policy, fixture_db(), RS_LEVEL_WARNING, diags), 0);
	RS_CHECK_STR("both are named", rs_unit_diags(diags),
		     "warning: p:2: rule \"a\": the database knows no relay \"moblie\", so that "
		     "nothing matches it; did you mean \"mobile\"?\n"
		     "warning: p:4: a user entry: the database knows no relay \"nobody\", so that "
		     "nothing matches it; correct the id, or add the relay to the catalogue and "
		     "compile it\n");
	rs_decide(policy, fixture_db(), &login, verdict, NULL, NULL);
	RS_CHECK_STR("matches nothing", fixture_verdict(verdict, buf), NO_MATCH);
	rs_diags_clear(diags);
	RS_CHECK_INT("no database", rs_policy_bind(policy, NULL, RS_LEVEL_ERROR, diags), 0);
	RS_CHECK_INT("no database: all are unknown", rs_diags_count(diags, RS_LEVEL_ERROR), 2);
	rs_decide(policy, NULL, &login, verdict, NULL, NULL);
	RS_CHECK_STR("no database", fixture_verdict(verdict, buf), "allow: no relay");
	rs_verdict_free(&verdict);
	rs_policy_free(&policy);
	rs_diags_free(&diags);
}

void rs_suite_decide_points(CU_pSuite suite)
{
	CU_add_test(suite, "policy point 6: what a refused client is told", test_reply);
	CU_add_test(suite, "policy point 7: users and their domains", test_user);
	CU_add_test(suite, "policy point 7: names of any length", test_long_user);
	CU_add_test(suite, "policy point 8: groups come comma separated", test_group_field);
	CU_add_test(suite, "a report says whether its rule notifies", test_notify);
	CU_add_test(suite, "policy point 10: no address, own networks, NAT64", test_addresses);
	CU_add_test(suite, "policy point 12: a relay that the database does not know",
		    test_unknown_relay);
}

/* SPDX-License-Identifier: MIT */
#include "decide-fixture.h"
#include "policy-texts.h"
#include "strbuf.h"
#include "unit.h"

#include <relaysentry/policy.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const struct {
	const char *label, *text;
	const char *want; /* a part of the diagnostics; "": accepted */
} cases[] = {
	{ "least policy", "{\"version\":1,\"rules\":[]}", "" },
	{ "comments", "// a\n{\"version\":1, /* b */ \"rules\":[], \"comment\":\"c\"}", "" },
	{ "no object", "[]", "write an object" },
	{ "no version", "{\"rules\":[]}", "has no \"version\"" },
	{ "another version", "{\"version\":2,\"rules\":[]}", "version: must be 1" },
	{ "version as text", "{\"version\":\"1\",\"rules\":[]}", "version: must be 1" },
	{ "no rules", "{\"version\":1}", "has no \"rules\"" },
	{ "rules is an object", "{\"version\":1,\"rules\":{}}", "write a list of rules" },
	{ "unknown key", TOP("\"moode\":\"testing\""), "did you mean \"mode\"?" },
	{ "duplicate key", TOP("\"mode\":\"none\",\n\"mode\":\"none\""), "p:2: the key \"mode\"" },
	{ "depth", "{\"version\":1,\"rules\":[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]}", "p:1: " },

	{ "unknown mode", TOP("\"mode\":\"enforced\""), "did you mean \"enforce\"?" },
	{ "mode of another kind", TOP("\"mode\":true"), "mode: is true or false; write a string" },
	{ "no_address", TOP("\"no_address\":\"deny\""), "" },
	{ "unknown no_address", TOP("\"no_address\":\"tag\""), "write one of allow, deny" },
	{ "own network", TOP("\"own_networks\":\"192.0.2.0/24\""), "" },
	{ "own network with host bits", TOP("\"own_networks\":[\"10.1.2.3/8\"]"),
	  "own_networks[0]: \"10.1.2.3/8\" has host bits set; did you mean \"10.0.0.0/8\"?" },
	{ "own network that is none", TOP("\"own_networks\":[\"ten\"]"),
	  "own_networks[0]: \"ten\"" },
	{ "default_domain with @", TOP("\"default_domain\":\"@x.org\""), "without @" },
	{ "empty default_domain", TOP("\"default_domain\":\"\""), "is no domain" },
	{ "timezone", TOP("\"timezone\":\"Europe/Berlin\""), "" },
	{ "unknown timezone", TOP("\"timezone\":\"Europe/Berlim\""), "is no time zone" },
	{ "a folder of time zones", TOP("\"timezone\":\"Europe\""), "is no time zone" },
	{ "timezone out of its folder", TOP("\"timezone\":\"../passwd\""), "is no time zone" },
	{ "absolute timezone", TOP("\"timezone\":\"/etc/passwd\""), "is no time zone" },
	{ "nat64", TOP("\"nat64_prefix\":[\"2001:db8::/96\",\"2001:db8:1::/48\"]"), "" },
	{ "nat64 of a wrong length", TOP("\"nat64_prefix\":\"2001:db8::/50\""), "lengths 32" },
	{ "nat64 of IPv4", TOP("\"nat64_prefix\":\"10.0.0.0/8\""), "is no NAT64 prefix" },
	{ "max_age", TOP("\"max_age\":\"12h\""), "" },
	{ "max_age without unit", TOP("\"max_age\":\"12\""), "is no length of time" },
	{ "max_age of 0", TOP("\"max_age\":\"0d\""), "is no length of time" },
	{ "max_age too long", TOP("\"max_age\":\"99999999999999999999d\""), "is no length" },
	{ "max_age as number", TOP("\"max_age\":30"), "write a string" },
	{ "reload_interval", TOP("\"reload_interval\":3600"), "" },
	{ "reload_interval of 0", TOP("\"reload_interval\":0"), "from 1 to 3600" },
	{ "reload_interval too long", TOP("\"reload_interval\":3601"), "from 1 to 3600" },
	{ "reload_interval with a fraction", TOP("\"reload_interval\":1.5"), "from 1 to 3600" },

	{ "least rule", RULE("\"action\":\"deny\""), "" },
	{ "rule that is a string", "{\"version\":1,\"rules\":[\"x\"]}", "rules[0]: is a string" },
	{ "no id", "{\"version\":1,\"rules\":[{\"action\":\"deny\"}]}", "has no \"id\"" },
	{ "id with a blank", "{\"version\":1,\"rules\":[{\"id\":\"a b\",\"action\":\"deny\"}]}",
	  "rules[0].id: \"a b\" cannot be used" },
	{ "id twice",
	  "{\"version\":1,\"rules\":[{\"id\":\"a\",\"action\":\"deny\"},\n"
	  "{\"id\":\"a\",\"action\":\"deny\"}]}",
	  "p:2: rules[1].id: \"a\" is the id of another rule, in line 1" },
	{ "reserved id", "{\"version\":1,\"rules\":[{\"id\":\"no_address\",\"action\":\"deny\"}]}",
	  "choose another id" },
	{ "no action", RULE("\"tls\":true"), "has no \"action\"" },
	{ "unknown action", RULE("\"action\":\"denny\""), "did you mean \"deny\"?" },
	{ "unknown condition", RULE("\"gruop\":\"x\"" DENY), "did you mean \"group\"?" },
	{ "tag", RULE("\"action\":\"tag\",\"tag\":\"x\""), "" },
	{ "tag without label", RULE("\"action\":\"tag\""), "but no \"tag\"" },
	{ "label without tag", RULE("\"tag\":\"x\"" DENY), "belongs to the action tag" },
	{ "label with a comma", RULE("\"action\":\"tag\",\"tag\":\"a,b\""), "cannot be used" },
	{ "message", RULE("\"message\":\"Why\"" DENY), "" },
	{ "message with allow", RULE("\"message\":\"Why\",\"action\":\"allow\""),
	  "message: belongs to the actions deny and user-policy" },
	{ "reply with alert", RULE("\"reply\":\"reason\",\"action\":\"alert\""),
	  "reply: belongs to the actions deny and user-policy" },
	{ "message with a newline", RULE("\"message\":\"a\\nb\"" DENY), "at place 2" },
	{ "message beyond ASCII", RULE("\"message\":\"\xc3\xa4\"" DENY), "not printable ASCII" },
	{ "empty message", RULE("\"message\":\"\"" DENY), "has 0 bytes" },
	{ "message that is never told", RULE("\"message\":\"x\",\"reply\":\"generic\"" DENY),
	  "is never told" },
	{ "unknown reply", RULE("\"reply\":\"reasons\"" DENY), "did you mean \"reason\"?" },
	{ "any_address as text", RULE("\"any_address\":\"yes\"" DENY), "write true or false" },
	{ "empty list", RULE("\"relay\":[]" DENY), "is an empty list" },
	{ "list of numbers", RULE("\"user\":[1]" DENY), "user[0]: is a" },
	{ "relay that is no id", RULE("\"relay\":\"Outlook Mobile\"" DENY), "id of a relay" },
	{ "unknown class", RULE("\"class\":\"mail-relais\"" DENY), "did you mean \"mail-relay\"?" },
	{ "unknown credential", RULE("\"credential\":\"pasword\"" DENY),
	  "did you mean \"password\"?" },
	{ "network with host bits", RULE("\n\"network\":[\"192.0.2.1\",\n\"10.1.2.3/8\"]" DENY),
	  "p:3: rules[0].network[1]: \"10.1.2.3/8\" has host bits set; did you mean "
	  "\"10.0.0.0/8\"?" },
	{ "user with *", RULE("\"user\":\"alice*\"" DENY), "has a * within" },
	{ "domain alone", RULE("\"user\":\"@\"" DENY), "is no domain" },
	{ "user with a newline", RULE("\"user\":\"a\\nb\"" DENY), "cannot be a user name" },
	{ "empty user", RULE("\"user\":\"\"" DENY), "cannot be a user name" },
	{ "group with a comma", RULE("\"group\":\"a,b\"" DENY), "has a comma" },
	{ "service with a blank", RULE("\"service\":\"imap pop3\"" DENY), "no name of a service" },
	{ "tls as text", RULE("\"tls\":\"yes\"" DENY), "write true or false" },
	{ "master by domain", RULE("\"master\":\"@x\"" DENY), "is no master user" },
	{ "date that does not exist", RULE("\"not_after\":\"2026-02-29\"" DENY), "does not exist" },
	{ "leap day", RULE("\"not_after\":\"2028-02-29\"" DENY), "" },
	{ "date in another order", RULE("\"not_after\":\"22.11.2026\"" DENY), "is no date" },
	{ "time without offset", RULE("\"not_after\":\"2026-11-22T08:00:00\"" DENY), "is no time" },
	{ "not_after before not_before",
	  RULE("\"not_before\":\"2026-11-23\",\"not_after\":\"2026-11-22\"" DENY),
	  "lies before not_before" },
	{ "one day", RULE("\"not_before\":\"2026-11-22\",\"not_after\":\"2026-11-22\"" DENY), "" },
	{ "min_tls", RULE("\"min_tls\":\"TLSv1.2\"" DENY),
	  "rules[0].min_tls: cannot be known: Dovecot 2.3 to 2.4.5 does not tell" },
	{ "min_tls says what to do", RULE("\"min_tls\":\"TLSv1.3\"" DENY),
	  "ssl_min_protocol = TLSv1.2 in dovecot.conf" },
	{ "min_tls in not", RULE("\"not\":{\"min_tls\":\"TLSv1.2\"}" DENY),
	  "rules[0].not.min_tls: cannot be known" },
	{ "min_tls of a wrong type", RULE("\"min_tls\":1.2" DENY),
	  "rules[0].min_tls: cannot be known" },
	{ "not in not", RULE("\"not\":{\"not\":{\"tls\":true}}" DENY), "not" },
	{ "empty not", RULE("\"not\":{}" DENY), "names no condition" },
	{ "not that is a list", RULE("\"not\":[]" DENY), "write an object with conditions" },

	{ "entries", TOP("\"user_entries\":{\"a\":{\"allow\":\"x\",\"deny\":[\"@cloud\",\"*\"]}}"),
	  "" },
	{ "entries that are a list", TOP("\"user_entries\":[]"), "whose keys are users" },
	{ "a user that is a list", TOP("\"user_entries\":{\"a\":[]}"), "\"allow\" or \"deny\"" },
	{ "unknown key of a user", TOP("\"user_entries\":{\"a\":{\"alow\":\"x\"}}"),
	  "did you mean \"allow\"?" },
	{ "unknown class of an entry", TOP("\"user_entries\":{\"a\":{\"allow\":\"@clowd\"}}"),
	  "is no class" },
	{ "entry without relay", TOP("\"user_entries\":{\"a\":{\"allow\":{\"comment\":\"x\"}}}"),
	  "has no \"relay\"" },
	{ "entry as number", TOP("\"user_entries\":{\"a\":{\"allow\":[1]}}"), "or an object" },
	{ "the same user by case", TOP("\"user_entries\":{\"a\":{},\n\"A\":{}}"),
	  "is the same user as in line 1" },
	{ "the same user by domain",
	  TOP("\"default_domain\":\"x.org\",\"user_entries\":{\"a\":{},\"a@X.org\":{}}"),
	  "is the same user" },
};

static void test_cases(void)
{
	struct rs_diags *diags = rs_diags_new();

	for (size_t i = 0; i < RS_COUNT(cases); i++) {
		struct rs_policy *policy =
			rs_policy_parse("p", cases[i].text, strlen(cases[i].text), diags);

		if (cases[i].want[0] == '\0') {
			RS_CHECK(cases[i].label, policy != NULL, "%s", rs_unit_diags(diags));
		} else {
			RS_CHECK(cases[i].label, policy == NULL);
			RS_CHECK(cases[i].label, rs_unit_diags_have(diags, cases[i].want), "%s",
				 rs_unit_diags(diags));
		}
		rs_diags_clear(diags);
		rs_policy_free(&policy);
		policy = rs_policy_parse("p", cases[i].text, strlen(cases[i].text), NULL);
		RS_CHECK(cases[i].label, (policy != NULL) == (cases[i].want[0] == '\0'),
			 "without a list of diagnostics");
		rs_policy_free(&policy);
	}
	rs_diags_free(&diags);
}

static void test_all_errors(void)
{
	static const char text[] = "{\"version\": 1, \"mode\": \"x\",\n"
				   "\"rules\": [{\"id\": \"a\", \"action\": \"x\"},\n"
				   "{\"id\": \"a\", \"action\": \"deny\", \"tls\": 1}],\n"
				   "\"user_entries\": {\"u\": {\"deny\": 1}}}";
	struct rs_diags *diags = rs_diags_new();
	struct rs_policy *policy = rs_policy_parse("p", text, strlen(text), diags);

	RS_CHECK("refused", policy == NULL);
	RS_CHECK_INT("all of them", rs_diags_count(diags, RS_LEVEL_ERROR), 5);
	RS_CHECK("line 1", rs_unit_diags_have(diags, "p:1: mode: "));
	RS_CHECK("line 2", rs_unit_diags_have(diags, "p:2: rules[0].action: "));
	RS_CHECK("line 3, id", rs_unit_diags_have(diags, "p:3: rules[1].id: "));
	RS_CHECK("line 3, tls", rs_unit_diags_have(diags, "p:3: rules[1].tls: "));
	RS_CHECK("line 4", rs_unit_diags_have(diags, "p:4: user_entries.u.deny: "), "%s",
		 rs_unit_diags(diags));
	rs_diags_free(&diags);
}

/* Fills text with so many rules of the action tag, each with its own label. */
static void make_tags(char *text, size_t size, int count)
{
	size_t used = (size_t)snprintf(text, size, "{\"version\":1,\"rules\":[");

	for (int i = 0; i < count; i++)
		used += (size_t)snprintf(text + used, size - used,
					 "%s{\"id\":\"r%d\",\"action\":\"tag\",\"tag\":\"t%d\"}",
					 i > 0 ? "," : "", i, i);
	snprintf(text + used, size - used, "]}");
}

static void test_limits(void)
{
	static char text[200000];
	struct rs_diags *diags = rs_diags_new();
	struct rs_policy *policy;
	size_t used;

	make_tags(text, sizeof(text), 16);
	policy = rs_policy_parse("p", text, strlen(text), diags);
	RS_CHECK("16 tags", policy != NULL);
	rs_policy_free(&policy);
	make_tags(text, sizeof(text), 17);
	policy = rs_policy_parse("p", text, strlen(text), diags);
	RS_CHECK("17 tags", policy == NULL && rs_unit_diags_have(diags, "17 different tags"));
	rs_diags_clear(diags);
	used = (size_t)snprintf(text, sizeof(text), "{\"version\":1,\"rules\":[");
	for (int i = 0; i < 1001; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used,
					 "%s{\"id\":\"r%d\",\"action\":\"alert\"}",
					 i > 0 ? "," : "", i);
	snprintf(text + used, sizeof(text) - used, "]}");
	policy = rs_policy_parse("p", text, strlen(text), diags);
	RS_CHECK("1001 rules", policy == NULL && rs_unit_diags_have(diags, "has 1001 rules"));
	rs_diags_free(&diags);
}

static void test_message_length(void)
{
	for (int len = 200; len <= 201; len++) {
		char text[400];
		struct rs_policy *policy;

		snprintf(text, sizeof(text), RULE("\"message\":\"%0*d\"" DENY), len, 1);
		policy = rs_policy_parse("p", text, strlen(text), NULL);
		RS_CHECK(len == 200 ? "200 bytes" : "201 bytes", (policy != NULL) == (len == 200));
		rs_policy_free(&policy);
	}
}

static void test_files(void)
{
	const char *path = rs_unit_write_text("policy/policy.json",
					      TOP("\"user_entries_file\":\"users.json\","
						  "\"database\":\"relays.mmdb\",\"max_age\":\"1h\","
						  "\"reload_interval\":7"));
	const char *users = rs_unit_write_text("policy/users.json", "{\"a\":{\"deny\":\"*\"}}");
	struct rs_diags *diags = rs_diags_new();
	struct stat identity, entries;
	struct rs_policy *policy = rs_policy_load(path, &identity, &entries, diags);
	char id[20];

	RS_CHECK("loaded", policy != NULL, "%s", rs_unit_diags(diags));
	if (policy == NULL)
		return;
	RS_CHECK("identities",
		 identity.st_ino != 0 && entries.st_ino != 0 && identity.st_ino != entries.st_ino);
	RS_CHECK_STR("path", rs_policy_path(policy), path);
	RS_CHECK_STR("relative to the policy's folder", rs_policy_entries_path(policy), users);
	RS_CHECK_STR("database too", rs_policy_database(policy),
		     rs_unit_path("policy/relays.mmdb"));
	RS_CHECK_INT("max_age", rs_policy_max_age(policy), 3600);
	RS_CHECK_INT("reload_interval", rs_policy_reload_interval(policy), 7);
	RS_CHECK_INT("id", strlen(rs_policy_id(policy)), 16);
	snprintf(id, sizeof(id), "%s", rs_policy_id(policy));
	rs_policy_free(&policy);
	rs_unit_write_text("policy/users.json", "{\"b\":{\"deny\":\"*\"}}");
	policy = rs_policy_load(path, NULL, NULL, diags);
	RS_CHECK("entries change the id", policy != NULL && strcmp(rs_policy_id(policy), id) != 0);
	rs_policy_free(&policy);
	rs_unit_write_text("policy/users.json", "{\n\"b\":{\"deny\":1}}");
	policy = rs_policy_load(path, NULL, &entries, diags);
	RS_CHECK("faulty entries: refused", policy == NULL && entries.st_ino != 0);
	RS_CHECK("faulty entries: their line", rs_unit_diags_have(diags, "users.json:2: b.deny: "),
		 "%s", rs_unit_diags(diags));
	unlink(users);
	policy = rs_policy_load(path, NULL, &entries, diags);
	RS_CHECK("missing entries: refused", policy == NULL && entries.st_ino == 0);
	rs_diags_free(&diags);
}

/* Every one of many users is found, and only with the own entry. */
static void test_many_entries(void)
{
	enum { USERS = 20000 };
	struct rs_strbuf text = { 0 };
	struct rs_diags *diags = rs_diags_new();
	struct rs_policy *policy;
	const char *path;

	rs_strbuf_add_text(&text, "{");
	for (int i = 0; i < USERS; i++)
		rs_strbuf_addf(&text, "%s\"User%d@example.org\":{\"%s\":\"*\"}", i > 0 ? ",\n" : "",
			       i, i % 3 == 0 ? "deny" : "allow");
	rs_strbuf_add_text(&text, "}");
	rs_unit_write_text("many/users.json", rs_strbuf_text(&text));
	rs_strbuf_free(&text);
	path = rs_unit_write_text("many/policy.json",
				  "{\"version\":1,\"mode\":\"enforce\",\"rules\":[{\"id\":\"r\","
				  "\"reply\":\"generic\",\"action\":\"user-policy\"}],"
				  "\"user_entries_file\":\"users.json\"}");
	policy = rs_policy_load(path, NULL, NULL, diags);
	if (!RS_CHECK("loaded", policy != NULL, "%s", rs_unit_diags(diags)))
		return;
	RS_CHECK_INT("bind", rs_policy_bind(policy, fixture_db(), RS_LEVEL_ERROR, diags), 0);

	struct rs_verdict *verdict = rs_verdict_new(policy);

	for (int i = 0; i < USERS + 10; i++) {
		char user[64], got[FIXTURE_LEN], want[FIXTURE_LEN];
		const struct fixture_login facts = { .address = MOBILE, .user = user };
		struct rs_login login;

		snprintf(user, sizeof(user), "user%d@example.org", i);
		fixture_login(&facts, &login);
		rs_decide(policy, fixture_db(), &login, verdict, NULL, NULL);
		if (i >= USERS)
			snprintf(want, sizeof(want), "allow: no rule ended it");
		else
			snprintf(want, sizeof(want), "%s by r%s; entry user_entries %s",
				 i % 3 == 0 ? "deny" : "allow",
				 i % 3 == 0 ? "; reports deny=r; reply generic" : "", user);
		RS_CHECK_STR(user, fixture_verdict(verdict, got), want);
	}
	rs_verdict_free(&verdict);
	rs_policy_free(&policy);
	rs_diags_free(&diags);
}

static void test_bad_files(void)
{
	const char *path = rs_unit_write_text("bad.json", "{\"version\":1,\"rules\":[]}");
	struct rs_diags *diags = rs_diags_new();
	struct stat identity;

	chmod(path, 0646);
	RS_CHECK("writable by everybody", rs_policy_load(path, &identity, NULL, diags) == NULL);
	RS_CHECK("and what to do", rs_unit_diags_have(diags, "chmod o-w"));
	RS_CHECK("its identity is known", identity.st_ino != 0);
	chmod(path, 0640);
	struct rs_policy *policy = rs_policy_load(path, &identity, NULL, diags);

	RS_CHECK("0640 is right", policy != NULL);
	rs_policy_free(&policy);
	RS_CHECK("missing",
		 rs_policy_load(rs_unit_path("none.json"), &identity, NULL, diags) == NULL &&
			 identity.st_ino == 0);
	RS_CHECK("folder", rs_policy_load(rs_unit_folder(), &identity, NULL, diags) == NULL);
	RS_CHECK_INT("fifo made", mkfifo(rs_unit_path("fifo"), 0600), 0);
	RS_CHECK("fifo does not wait",
		 rs_policy_load(rs_unit_path("fifo"), &identity, NULL, diags) == NULL);
	rs_diags_free(&diags);
}

static void test_zone_is_put_back(void)
{
	static const char text[] =
		"{\"version\":1,\"timezone\":\"Asia/Tokyo\",\"rules\":[{\"id\":\"r\","
		"\"not_after\":\"2026-11-22\",\"action\":\"deny\"}]}";
	const char *old = getenv("TZ");
	char *saved = old != NULL ? strdup(old) : NULL;
	struct rs_policy *policy;

	setenv("TZ", "America/New_York", 1);
	tzset();
	policy = rs_policy_parse("p", text, strlen(text), NULL);
	rs_policy_free(&policy);
	RS_CHECK_STR("a zone that was set", getenv("TZ"), "America/New_York");
	RS_CHECK_INT("and works", timezone, 5 * 3600);
	unsetenv("TZ");
	policy = rs_policy_parse("p", text, strlen(text), NULL);
	rs_policy_free(&policy);
	RS_CHECK_STR("none was set", getenv("TZ"), NULL);
	if (saved != NULL)
		setenv("TZ", saved, 1);
	tzset();
	free(saved);
}

void rs_suite_policy(CU_pSuite suite)
{
	CU_add_test(suite, "policy point 13: every value is checked", test_cases);
	CU_add_test(suite, "all errors are reported, each with its line", test_all_errors);
	CU_add_test(suite, "rules and tags are limited", test_limits);
	CU_add_test(suite, "messages have at most 200 bytes", test_message_length);
	CU_add_test(suite, "policy and entries are read from files", test_files);
	CU_add_test(suite, "many users are found by their own entry", test_many_entries);
	CU_add_test(suite, "files that cannot be trusted are refused", test_bad_files);
	CU_add_test(suite, "the time zone of the process is put back", test_zone_is_put_back);
}

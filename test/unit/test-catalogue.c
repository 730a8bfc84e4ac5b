/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <relaysentry/catalogue.h>
#include <relaysentry/json.h>

#include <stdio.h>
#include <string.h>

#define EVIDENCE "\"evidence\": [{\"source\": \"seen\", \"checked\": \"2026-01-02\"}]"
#define HEAD "\"id\": \"x\", \"class\": \"mail-relay\", \"confidence\": \"observed\""
#define RELAY(members) "{ \"relays\": [\n{ " members " } ] }\n"

static struct rs_catalogue *load(const char *text, struct rs_diags *diags)
{
	const char *path = rs_unit_write_text("catalogue/one.json", text);

	return rs_catalogue_load(&path, 1, diags);
}

/* Each fault is one error at its line, and its text says what was meant. */
static const struct {
	const char *label, *text, *want;
} faults[] = {
	{ "no object at the top", "[]", "one.json:1: must be an object, not a list" },
	{ "no relays", "{}", "one.json:1: has no \"relays\", so it is no catalogue file" },
	{ "unknown key at the top", "{ \"relays\": [],\n\"relais\": [] }",
	  "did you mean \"relays\"?" },
	{ "relay that is no object", "{ \"relays\": [\n\"aws\"] }",
	  "one.json:2: relays[0]: must be an object, not a string" },
	{ "syntax error", "{ \"relays\": [\n", "one.json:" },
	{ "duplicate key", RELAY(HEAD ", " EVIDENCE ",\n\"id\": \"y\""), "one.json:3: " },
	{ "unknown key", RELAY(HEAD ", " EVIDENCE ",\n\"network\": []"),
	  "did you mean \"networks\"?" },
	{ "no id", RELAY("\"class\": \"cloud\", \"confidence\": \"shared\""),
	  "relays[0]: has no \"id\"; add it" },
	{ "id with a capital",
	  RELAY("\"id\": \"AWS\", \"class\": \"cloud\", \"confidence\": \"shared\""),
	  "relays[0].id: \"AWS\" is no id; use a-z, 0-9 and -" },
	{ "id that begins with a dash",
	  RELAY("\"id\": \"-a\", \"class\": \"cloud\", \"confidence\": \"shared\""),
	  "\"-a\" is no id" },
	{ "id that is too long",
	  RELAY("\"id\": \"a123456789012345678901234567890123456789012345678901234567890123\", "
		"\"class\": \"cloud\", \"confidence\": \"shared\""),
	  "relays[0].id: is longer than 63 bytes" },
	{ "id that is a number",
	  RELAY("\"id\": 7, \"class\": \"cloud\", \"confidence\": \"shared\""),
	  "relays[0].id: must be a string" },
	{ "no class", RELAY("\"id\": \"x\", \"confidence\": \"shared\""), "has no \"class\"" },
	{ "class misspelt",
	  RELAY("\"id\": \"x\", \"class\": \"mail_relay\", \"confidence\": \"shared\""),
	  "relays[0].class: \"mail_relay\" is no class; did you mean \"mail-relay\"?" },
	{ "class unknown", RELAY("\"id\": \"x\", \"class\": \"vpn\", \"confidence\": \"shared\""),
	  "\"vpn\" is no class; use \"mail-relay\", \"privacy-proxy\" or \"cloud\"" },
	{ "no confidence", RELAY("\"id\": \"x\", \"class\": \"cloud\""), "has no \"confidence\"" },
	{ "confidence misspelt",
	  RELAY("\"id\": \"x\", \"class\": \"cloud\", \"confidence\": \"sharde\""),
	  "\"sharde\" is no confidence; did you mean \"shared\"?" },
	{ "shared mail-relay",
	  RELAY("\"id\": \"x\", \"class\": \"mail-relay\", \"confidence\": \"shared\""),
	  "\"shared\" does not go with class \"mail-relay\"" },
	{ "observed without evidence", RELAY(HEAD), "confidence \"observed\" needs \"evidence\"" },
	{ "documented without evidence",
	  RELAY("\"id\": \"x\", \"class\": \"cloud\", \"confidence\": \"documented\", "
		"\"evidence\": []"),
	  "confidence \"documented\" needs \"evidence\"" },
	{ "privacy-proxy that stores passwords",
	  RELAY("\"id\": \"x\", \"class\": \"privacy-proxy\", \"confidence\": \"shared\", "
		"\"stores_credentials\": \"password\""),
	  "a privacy-proxy never sees the password" },
	{ "unknown kind of credential",
	  RELAY(HEAD ", " EVIDENCE ", \"stores_credentials\": \"passwords\""),
	  "did you mean \"password\"?" },
	{ "empty name", RELAY(HEAD ", " EVIDENCE ", \"name\": \"\""), "relays[0].name: is empty" },
	{ "control character in a name", RELAY(HEAD ", " EVIDENCE ", \"name\": \"a\\u0007b\""),
	  "relays[0].name: holds a control character" },
	{ "networks that are no list", RELAY(HEAD ", " EVIDENCE ", \"networks\": \"192.0.2.0/24\""),
	  "relays[0].networks: must be a list, not a string" },
	{ "network that is no string", RELAY(HEAD ", " EVIDENCE ", \"networks\": [4]"),
	  "relays[0].networks[0]: must be a string" },
	{ "network that is none", RELAY(HEAD ", " EVIDENCE ", \"networks\": [\n\"192.0.2\"]"),
	  "one.json:3: relays[0].networks[0]: \"192.0.2\" " },
	{ "host bits", RELAY(HEAD ", " EVIDENCE ", \"networks\": [\n\"192.0.2.5/24\"]"),
	  "one.json:3: relays[0].networks[0]: \"192.0.2.5/24\" has host bits set; did you mean "
	  "\"192.0.2.0/24\"?" },
	{ "default route",
	  RELAY(HEAD ", " EVIDENCE ", \"wide\": true, \"networks\": [\"0.0.0.0/0\"]"),
	  "\"0.0.0.0/0\" is the whole internet" },
	{ "IPv6 default route",
	  RELAY(HEAD ", " EVIDENCE ", \"wide\": true, \"networks\": [\"::/0\"]"),
	  "\"::/0\" is the whole internet" },
	{ "too wide", RELAY(HEAD ", " EVIDENCE ", \"networks\": [\"64.0.0.0/10\"]"),
	  "\"64.0.0.0/10\" is wider than /11; if it is meant, add \"wide\": true" },
	{ "too wide for IPv6", RELAY(HEAD ", " EVIDENCE ", \"networks\": [\"2600::/27\"]"),
	  "\"2600::/27\" is wider than /28" },
	{ "network twice",
	  RELAY(HEAD ", " EVIDENCE ", \"networks\": [\"192.0.2.1\",\n\"192.0.2.1/32\"]"),
	  "one.json:3: relays[0].networks[1]: \"192.0.2.1/32\" stands in line 2 already" },
	{ "list that is no string", RELAY(HEAD ", " EVIDENCE ", \"lists\": [true]"),
	  "relays[0].lists[0]: must be a string" },
	{ "ASN as text", RELAY(HEAD ", " EVIDENCE ", \"asns\": [\"AS64496\"]"),
	  "relays[0].asns[0]: must be a number" },
	{ "ASN 0", RELAY(HEAD ", " EVIDENCE ", \"asns\": [0]"), "0 is no ASN" },
	{ "ASN of more than 32 bits", RELAY(HEAD ", " EVIDENCE ", \"asns\": [4294967296]"),
	  "4294967296 is no ASN" },
	{ "ASN twice", RELAY(HEAD ", " EVIDENCE ", \"asns\": [64496, 64496]"),
	  "64496 stands here twice" },
	{ "feed without format", RELAY(HEAD ", " EVIDENCE ", \"feeds\": [{\"file\": \"a\"}]"),
	  "relays[0].feeds[0]: has no \"format\"" },
	{ "feed without file", RELAY(HEAD ", " EVIDENCE ", \"feeds\": [{\"format\": \"aws\"}]"),
	  "relays[0].feeds[0]: has no \"file\"" },
	{ "feed format misspelt",
	  RELAY(HEAD ", " EVIDENCE ", \"feeds\": [{\"format\": \"azur\", \"file\": \"a\"}]"),
	  "\"azur\" is no feed format; did you mean \"azure\"?" },
	{ "unknown key of a feed",
	  RELAY(HEAD ", " EVIDENCE
		     ", \"feeds\": [{\"format\": \"aws\", \"fiel\": \"a\", \"file\": \"a\"}]"),
	  "did you mean \"file\"?" },
	{ "unknown selection",
	  RELAY(HEAD ", " EVIDENCE ", \"feeds\": [{\"format\": \"aws\", \"file\": \"a\", "
		     "\"select\": {\"servce\": \"EC2\"}}]"),
	  "did you mean \"service\"?" },
	{ "seen_apps that are no strings", RELAY(HEAD ", " EVIDENCE ", \"seen_apps\": [1]"),
	  "relays[0].seen_apps[0]: must be a string" },
	{ "disabled that is no boolean", RELAY(HEAD ", " EVIDENCE ", \"disabled\": \"yes\""),
	  "relays[0].disabled: must be true or false" },
	{ "expires that is no date", RELAY(HEAD ", " EVIDENCE ", \"expires\": \"2026-02-30\""),
	  "relays[0].expires: \"2026-02-30\" is no date; write YYYY-MM-DD" },
	{ "expires with a time",
	  RELAY(HEAD ", " EVIDENCE ", \"expires\": \"2026-02-03T00:00:00Z\""),
	  "is no date; write YYYY-MM-DD" },
	{ "evidence without source", RELAY(HEAD ", \"evidence\": [{\"checked\": \"2026-01-02\"}]"),
	  "relays[0].evidence[0]: has no \"source\"" },
	{ "evidence without date", RELAY(HEAD ", \"evidence\": [{\"source\": \"seen\"}]"),
	  "relays[0].evidence[0]: has no \"checked\"" },
	{ "evidence that expired before it was checked",
	  RELAY(HEAD ", \"evidence\": [{\"source\": \"seen\", \"checked\": \"2026-01-02\", "
		     "\"expires\": \"2026-01-01\"}]"),
	  "relays[0].evidence[0].expires: is before \"checked\"" },
	{ "evidence for a foreign network",
	  RELAY(HEAD ", \"evidence\": [{\"source\": \"seen\", \"checked\": \"2026-01-02\", "
		     "\"networks\": [\"192.0.2.0/24\"]}]"),
	  "\"192.0.2.0/24\" is not among the \"networks\" of the relay" },
	{ "evidence for an empty list of networks",
	  RELAY(HEAD ", \"evidence\": [{\"source\": \"seen\", \"checked\": \"2026-01-02\", "
		     "\"networks\": []}]"),
	  "relays[0].evidence[0].networks: is an empty list" },
	{ "network without evidence",
	  RELAY(HEAD ", \"networks\": [\"192.0.2.0/24\", \"198.51.100.0/24\"], \"evidence\": "
		     "[{\"source\": \"seen\", \"checked\": \"2026-01-02\", \"networks\": "
		     "[\"192.0.2.0/24\"]}]"),
	  "no evidence supports 198.51.100.0/24" },
	{ "ASNs without evidence",
	  RELAY(HEAD ", \"asns\": [64496], \"networks\": [\"192.0.2.0/24\"], \"evidence\": "
		     "[{\"source\": \"seen\", \"checked\": \"2026-01-02\", \"networks\": "
		     "[\"192.0.2.0/24\"]}]"),
	  "none supports the lists, ASNs and feeds" },
	{ "id twice in one file",
	  "{ \"relays\": [ {" HEAD ", " EVIDENCE "},\n{" HEAD ", " EVIDENCE "} ] }",
	  "one.json:2: relays[1].id: \"x\" is defined in " },
};

static void test_faults_are_told(void)
{
	for (size_t i = 0; i < RS_COUNT(faults); i++) {
		struct rs_diags *diags = rs_diags_new();
		struct rs_catalogue *catalogue = load(faults[i].text, diags);

		RS_CHECK(faults[i].label, rs_unit_diags_have(diags, faults[i].want), "%s",
			 rs_unit_diags(diags));
		RS_CHECK_INT(faults[i].label, rs_diags_count(diags, RS_LEVEL_ERROR), 1);
		rs_catalogue_free(&catalogue);
		rs_diags_free(&diags);
	}
}

static void test_right_relays_survive(void)
{
	struct rs_diags *diags = rs_diags_new();
	struct rs_catalogue *catalogue =
		load("{ \"relays\": [ { \"id\": \"bad\", \"class\": \"vpn\", \"networks\": "
		     "[\"10/8\"] }, {" HEAD ", " EVIDENCE "} ] }",
		     diags);

	RS_CHECK("all faults of a relay are told", rs_diags_count(diags, RS_LEVEL_ERROR) == 3, "%s",
		 rs_unit_diags(diags));
	RS_CHECK_INT("the right relay is kept", rs_catalogue_count(catalogue), 1);
	RS_CHECK("it can be found", rs_catalogue_find(catalogue, "x") != NULL);
	RS_CHECK("the faulty one cannot", rs_catalogue_find(catalogue, "bad") == NULL);
	rs_catalogue_free(&catalogue);
	rs_catalogue_free(&catalogue);
	rs_diags_free(&diags);
}

static void test_everything_is_read(void)
{
	static const char text[] =
		"// a comment\n"
		"{ \"relays\": [ { \"id\": \"a-1\", \"name\": \"A\", \"vendor\": \"V\", \"class\": "
		"\"cloud\",\n"
		"\"stores_credentials\": \"token\", \"wide\": true,\n"
		"\"networks\": [\"64.0.0.0/10\", \"2001:db8::/32\"], \"lists\": [\"l.txt\", "
		"\"/abs.txt\"],\n"
		"\"asns\": [64511, 64496], \"seen_apps\": [\"App\"], \"confidence\": \"shared\",\n"
		"\"feeds\": [{\"format\": \"aws\", \"file\": \"aws.json\", \"select\": "
		"{\"service\": \"EC2\"}}],\n"
		"\"expires\": \"2027-01-01\", \"comment\": \"c\", \"evidence\": [{\"source\": "
		"\"s\",\n"
		"\"checked\": \"2026-01-02\", \"expires\": \"2026-01-02\", \"comment\": \"c\"},\n"
		"{\"source\": \"t\", \"checked\": \"2026-01-02\", \"networks\": "
		"[\"64.0.0.0/10\"]}] } ] }\n";
	struct rs_diags *diags = rs_diags_new();
	struct rs_catalogue *catalogue = load(text, diags);
	const struct rs_relay_def *def = rs_catalogue_find(catalogue, "a-1");
	char buf[RS_NET_STRLEN];

	RS_CHECK("no diagnostics", rs_diags_kept(diags) == 0, "%s", rs_unit_diags(diags));
	if (!RS_CHECK("found", def != NULL))
		return;
	RS_CHECK_STR("name", def->name, "A");
	RS_CHECK_STR("vendor", def->vendor, "V");
	RS_CHECK_STR("stores_credentials", def->stores_credentials, "token");
	RS_CHECK_STR("comment", def->comment, "c");
	RS_CHECK_STR("class", rs_class_name(def->class_), "cloud");
	RS_CHECK_STR("confidence", rs_confidence_name(def->confidence), "shared");
	RS_CHECK_INT("line", def->line, 2);
	RS_CHECK_INT("networks", def->network_count, 2);
	RS_CHECK_STR("network", rs_net_format(&def->networks[1].net, buf), "2001:db8::/32");
	RS_CHECK_INT("line of the network", def->networks[0].line, 4);
	RS_CHECK_STR("relative list", def->lists[0].file, rs_unit_path("catalogue/l.txt"));
	RS_CHECK_STR("absolute list", def->lists[1].file, "/abs.txt");
	RS_CHECK_INT("ASNs are sorted", def->asns[0], 64496);
	RS_CHECK_STR("feed format", def->feeds[0].format, "aws");
	RS_CHECK_STR("feed file", def->feeds[0].file, rs_unit_path("catalogue/aws.json"));
	RS_CHECK_INT("select", rs_json_count(def->feeds[0].select), 1);
	RS_CHECK_STR("seen_apps", def->seen_apps[0], "App");
	RS_CHECK_INT("evidence", def->evidence_count, 2);
	/* date -u -d 2027-01-02 +%s, and 2026-01-03 */
	RS_CHECK_INT("expires covers its day", def->expires, 1798848000);
	RS_CHECK_INT("so does evidence", def->evidence[0].expires, 1767398400);
	RS_CHECK("before", rs_relay_net_valid(def, 1, 1767398399));
	RS_CHECK("its evidence expired", !rs_relay_net_valid(def, 1, 1767398400));
	RS_CHECK("another piece supports this one", rs_relay_net_valid(def, 0, 1767398400));
	RS_CHECK("but not after the relay expired", !rs_relay_net_valid(def, 0, 1798848000));
	RS_CHECK("lists and ASNs need evidence for all", !rs_relay_valid(def, 1767398400));
	RS_CHECK("which they have before", rs_relay_valid(def, 1767398399));
	rs_catalogue_free(&catalogue);
	rs_diags_free(&diags);
}

static void test_name_is_id_when_left_out(void)
{
	struct rs_diags *diags = rs_diags_new();
	struct rs_catalogue *catalogue = load(RELAY(HEAD ", " EVIDENCE), diags);

	RS_CHECK_STR("name", rs_catalogue_get(catalogue, 0)->name, "x");
	RS_CHECK_STR("vendor", rs_catalogue_get(catalogue, 0)->vendor, "");
	RS_CHECK("never expires", rs_relay_valid(rs_catalogue_get(catalogue, 0), INT64_MAX - 1));
	rs_catalogue_free(&catalogue);
	rs_diags_free(&diags);
}

/* Two folders: the bundled relays, and the administrator's. */
static struct rs_catalogue *load_two(const char *own, struct rs_diags *diags)
{
	const char *paths[] = { rs_unit_path("two/a"), rs_unit_path("two/b/") };

	rs_unit_write_text("two/a/1.json",
			   "{\"relays\": [{" HEAD ", \"name\": \"X\", " EVIDENCE "}]}");
	rs_unit_write_text("two/a/.hidden.json", "no json");
	rs_unit_write_text("two/a/readme.txt", "no json");
	rs_unit_write_text("two/a/sub.json/2.json", "no json");
	rs_unit_write_text("two/b/1.json", own);
	return rs_catalogue_load(paths, 2, diags);
}

static void test_later_path_replaces(void)
{
	struct rs_diags *diags = rs_diags_new();
	struct rs_catalogue *catalogue = load_two(
		"{\"relays\": [{\"id\": \"x\", \"class\": \"cloud\", \"confidence\": \"shared\"},"
		"{\"id\": \"a\", \"class\": \"cloud\", \"confidence\": \"shared\"}]}",
		diags);

	RS_CHECK("no diagnostics", rs_diags_kept(diags) == 0, "%s", rs_unit_diags(diags));
	RS_CHECK_INT("count", rs_catalogue_count(catalogue), 2);
	RS_CHECK_STR("sorted by id", rs_catalogue_get(catalogue, 0)->id, "a");
	RS_CHECK_INT("replaced", rs_catalogue_find(catalogue, "x")->class_, RS_CLASS_CLOUD);
	RS_CHECK_STR("as a whole", rs_catalogue_find(catalogue, "x")->name, "x");
	RS_CHECK_STR("file", rs_catalogue_find(catalogue, "x")->file, rs_unit_path("two/b/1.json"));
	rs_catalogue_free(&catalogue);
	rs_diags_free(&diags);
}

static void test_relay_can_be_switched_off(void)
{
	struct rs_diags *diags = rs_diags_new();
	struct rs_catalogue *catalogue =
		load_two("{\"relays\": [{\"id\": \"x\", \"disabled\": true}]}", diags);
	const struct rs_relay_def *def = rs_catalogue_find(catalogue, "x");

	RS_CHECK("no diagnostics", rs_diags_kept(diags) == 0, "%s", rs_unit_diags(diags));
	RS_CHECK("disabled", def != NULL && def->disabled);
	RS_CHECK_STR("keeps its name", def->name, "X");
	RS_CHECK_INT("keeps its class", def->class_, RS_CLASS_MAIL_RELAY);
	rs_catalogue_free(&catalogue);

	rs_diags_clear(diags);
	catalogue = load_two("{\"relays\": [{\"id\": \"xx\", \"disabled\": true}]}", diags);
	RS_CHECK("one that is not there",
		 rs_unit_diags_have(diags, "switches off \"xx\", which no file before defines"),
		 "%s", rs_unit_diags(diags));
	RS_CHECK_INT("is a warning", rs_diags_count(diags, RS_LEVEL_WARNING), 1);
	RS_CHECK_INT("no error", rs_diags_count(diags, RS_LEVEL_ERROR), 0);
	rs_catalogue_free(&catalogue);
	rs_diags_free(&diags);
}

static void test_same_id_in_two_files_of_a_folder(void)
{
	struct rs_diags *diags = rs_diags_new();
	const char *path = rs_unit_path("twice");
	struct rs_catalogue *catalogue;

	rs_unit_write_text("twice/1.json", RELAY(HEAD ", " EVIDENCE));
	rs_unit_write_text("twice/2.json", RELAY(HEAD ", " EVIDENCE));
	catalogue = rs_catalogue_load(&path, 1, diags);
	RS_CHECK("error", rs_unit_diags_have(diags, "2.json:2: relays[0].id: \"x\" is defined in "),
		 "%s", rs_unit_diags(diags));
	RS_CHECK("names the other place", rs_unit_diags_have(diags, "1.json:2 already"), "%s",
		 rs_unit_diags(diags));
	rs_catalogue_free(&catalogue);
	rs_diags_free(&diags);
}

static void test_missing_path_is_an_error(void)
{
	struct rs_diags *diags = rs_diags_new();
	const char *path = rs_unit_path("nowhere");
	struct rs_catalogue *catalogue = rs_catalogue_load(&path, 1, diags);

	RS_CHECK("error", rs_unit_diags_have(diags, "nowhere: cannot be read: No such file"), "%s",
		 rs_unit_diags(diags));
	RS_CHECK_INT("empty", rs_catalogue_count(catalogue), 0);
	rs_catalogue_free(&catalogue);
	rs_diags_free(&diags);
}

static void test_errors_count_without_diags(void)
{
	struct rs_catalogue *catalogue = load(RELAY(HEAD), NULL);

	RS_CHECK_INT("a faulty relay is left out", rs_catalogue_count(catalogue), 0);
	rs_catalogue_free(&catalogue);
}

void rs_suite_catalogue(CU_pSuite suite)
{
	CU_add_test(suite, "each fault is one error that says what was meant",
		    test_faults_are_told);
	CU_add_test(suite, "a faulty relay does not take the others with it",
		    test_right_relays_survive);
	CU_add_test(suite, "everything that may stand in a relay is read", test_everything_is_read);
	CU_add_test(suite, "a relay without a name is called by its id",
		    test_name_is_id_when_left_out);
	CU_add_test(suite, "a relay of a later path replaces one of an earlier path",
		    test_later_path_replaces);
	CU_add_test(suite, "a relay can be switched off by its id alone",
		    test_relay_can_be_switched_off);
	CU_add_test(suite, "an id twice within one folder is an error",
		    test_same_id_in_two_files_of_a_folder);
	CU_add_test(suite, "a path that is not there is an error", test_missing_path_is_an_error);
	CU_add_test(suite, "errors count when nobody collects them",
		    test_errors_count_without_diags);
}

/* SPDX-License-Identifier: MIT */
#include "tiny-mmdb.h"
#include "unit.h"

#include <relaysentry/source.h>

#include <dirent.h>
#include <stdio.h>
#include <string.h>

/* What was emitted, as "network asn org; " each. */
struct found {
	char text[4096];
	size_t used, count;
};

static int emit(const struct rs_net *net, uint32_t asn, const char *org, void *context)
{
	struct found *found = context;
	char buf[RS_NET_STRLEN];

	found->count++;
	if (found->used + 300 < sizeof(found->text))
		found->used += (size_t)snprintf(found->text + found->used,
						sizeof(found->text) - found->used, "%s %u %s; ",
						rs_net_format(net, buf), asn, org);
	return 0;
}

static int stop_at_once(const struct rs_net *net, uint32_t asn, const char *org, void *context)
{
	(void)net, (void)asn, (void)org, (void)context;
	return 7;
}

static const uint32_t all[] = { 1, 2, 3 };

/* Opens, flattens the ASNs 1 to 3 and closes. Returns what flatten did, -2 when not opened. */
static int flatten(const char *path, struct found *found, struct rs_diags *diags)
{
	struct rs_asndb *db = rs_asndb_open(path, diags);
	int ret = -2;

	*found = (struct found){ .count = 0 };
	if (db != NULL)
		ret = rs_asndb_flatten(db, all, RS_COUNT(all), emit, found, diags);
	rs_asndb_close(&db);
	return ret;
}

#define NUMBER "autonomous_system_number"
#define ORG "autonomous_system_organization"

static void test_fields_of_all_vendors(void)
{
	static const struct {
		const char *label;
		struct tiny_record record;
		const char *want;
	} cases[] = {
		{ "GeoLite2-ASN and DB-IP",
		  { "192.0.2.0/24", { NUMBER, "=1", ORG, "One" } },
		  "192.0.2.0/24 1 One; " },
		{ "without organisation",
		  { "192.0.2.0/24", { NUMBER, "=2" } },
		  "192.0.2.0/24 2 ; " },
		{ "IPinfo",
		  { "192.0.2.0/24", { "asn", "AS3", "as_name", "Three" } },
		  "192.0.2.0/24 3 Three; " },
		{ "IPv6", { "2001:db8::/32", { NUMBER, "=1" } }, "2001:db8::/32 1 ; " },
		{ "an ASN that is not asked for", { "192.0.2.0/24", { NUMBER, "=9" } }, "" },
	};

	for (size_t i = 0; i < RS_COUNT(cases); i++) {
		struct tiny_mmdb mmdb = { .ip_version = 6,
					  .records = &cases[i].record,
					  .record_count = 1 };
		struct rs_diags *diags = rs_diags_new();
		struct found found;

		RS_CHECK_INT(cases[i].label,
			     flatten(tiny_mmdb_write("fields.mmdb", &mmdb), &found, diags), 0);
		RS_CHECK_STR(cases[i].label, found.text, cases[i].want);
		RS_CHECK(cases[i].label, rs_diags_kept(diags) == 0, "%s", rs_unit_diags(diags));
		rs_diags_free(&diags);
	}
}

static void test_faulty_fields(void)
{
	static const struct {
		const char *label;
		struct tiny_record record;
	} cases[] = {
		{ "no field", { "192.0.2.0/24", { "country", "DE" } } },
		{ "no number behind AS", { "192.0.2.0/24", { "asn", "ASx" } } },
		{ "no AS", { "192.0.2.0/24", { "asn", "174" } } },
		{ "AS0", { "192.0.2.0/24", { "asn", "AS0" } } },
		{ "more than 32 bits", { "192.0.2.0/24", { "asn", "AS4294967296" } } },
		{ "number as text", { "192.0.2.0/24", { NUMBER, "174" } } },
	};

	for (size_t i = 0; i < RS_COUNT(cases); i++) {
		struct tiny_mmdb mmdb = { .ip_version = 4,
					  .records = &cases[i].record,
					  .record_count = 1 };
		struct rs_diags *diags = rs_diags_new();
		struct found found;

		RS_CHECK_INT(cases[i].label,
			     flatten(tiny_mmdb_write("nofields.mmdb", &mmdb), &found, diags), -1);
		RS_CHECK(cases[i].label,
			 rs_unit_diags_have(
				 diags, "no network names an ASN (its database_type is \"Tiny\")"),
			 "%s", rs_unit_diags(diags));
		rs_diags_free(&diags);
	}
}

static const struct tiny_record tree[] = {
	{ "192.0.2.0/25", { NUMBER, "=1", ORG, "One" } },
	{ "192.0.2.128/25", { NUMBER, "=1", ORG, "One" } },
	{ "198.51.100.0/25", { NUMBER, "=2" } },
	{ "198.51.100.128/25", { NUMBER, "=3" } },
	{ "203.0.113.0/25", { NUMBER, "=3" } },
	{ "2001:db8::/32", { NUMBER, "=2", ORG, "Two" } },
};
static const char *const aliases[] = { "::ffff:0:0/96", "2002::/16", "2001::/32", NULL };

static void test_aliases_count_once(void)
{
	struct tiny_mmdb mmdb = {
		.ip_version = 6, .records = tree, .record_count = RS_COUNT(tree), .aliases = aliases
	};
	struct rs_diags *diags = rs_diags_new();
	struct found found;

	RS_CHECK_INT("walked", flatten(tiny_mmdb_write("aliases.mmdb", &mmdb), &found, diags), 0);
	RS_CHECK_STR("each network once, in order", found.text,
		     "192.0.2.0/25 1 One; 192.0.2.128/25 1 One; 198.51.100.0/25 2 ; "
		     "198.51.100.128/25 3 ; 203.0.113.0/25 3 ; 2001:db8::/32 2 Two; ");
	RS_CHECK("no diagnostics", rs_diags_kept(diags) == 0, "%s", rs_unit_diags(diags));
	rs_diags_free(&diags);
}

static void test_emit_can_stop(void)
{
	struct tiny_mmdb mmdb = { .ip_version = 6,
				  .records = tree,
				  .record_count = RS_COUNT(tree) };
	const char *paths[] = { tiny_mmdb_write("stop.mmdb", &mmdb),
				rs_unit_write_text("stop.tsv",
						   "192.0.2.0\t192.0.2.9\t1\tDE\tOne\n") };

	for (size_t i = 0; i < RS_COUNT(paths); i++) {
		struct rs_asndb *db = rs_asndb_open(paths[i], NULL);

		RS_CHECK_INT(paths[i],
			     rs_asndb_flatten(db, all, RS_COUNT(all), stop_at_once, NULL, NULL), 7);
		rs_asndb_close(&db);
	}
}

static void test_corrupt_trees_end(void)
{
	static const uint32_t loop[] = { 0, 0 }, beyond[] = { 0xfffff0, 0xfffff0 };
	static const struct {
		const char *label;
		const uint32_t *node;
	} cases[] = { { "a node that is its own child", loop },
		      { "records behind the data", beyond } };

	for (size_t i = 0; i < RS_COUNT(cases); i++) {
		struct tiny_mmdb mmdb = { .ip_version = 6, .raw_node = cases[i].node };
		struct rs_diags *diags = rs_diags_new();
		struct found found;
		const char *path = tiny_mmdb_write("corrupt.mmdb", &mmdb), *org;
		struct rs_asndb *db;
		struct rs_net net = { .ip = { .family = AF_INET6 }, .prefix = 1 };
		uint32_t asn;
		int ret = flatten(path, &found, diags);

		RS_CHECK(cases[i].label, ret < 0, "%d", ret);
		RS_CHECK(cases[i].label, rs_diags_count(diags, RS_LEVEL_ERROR) == 1, "%s",
			 rs_unit_diags(diags));
		db = rs_asndb_open(path, NULL);
		if (db != NULL)
			RS_CHECK_INT(cases[i].label, rs_asndb_lookup(db, &net, &asn, &org), 0);
		rs_asndb_close(&db);
		rs_diags_free(&diags);
	}
}

static void test_bad_databases_do_no_harm(void)
{
	const char *folder = rs_unit_data("corrupt databases", "mmdb/bad");
	struct dirent *entry;
	DIR *dir = folder != NULL ? opendir(folder) : NULL;
	size_t count = 0;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		struct rs_diags *diags;
		struct found found;
		char path[4096];

		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		diags = rs_diags_new();
		RS_CHECK(entry->d_name, flatten(path, &found, diags) < 0);
		RS_CHECK(entry->d_name, rs_diags_count(diags, RS_LEVEL_ERROR) == 1, "%s",
			 rs_unit_diags(diags));
		rs_diags_free(&diags);
		count++;
	}
	if (dir != NULL)
		closedir(dir);
	if (folder != NULL)
		RS_CHECK("some were there", count > 5);
}

static void test_real_database(void)
{
	const char *path = rs_unit_data("GeoLite2 test database", "mmdb/GeoLite2-ASN-Test.mmdb");
	static const uint32_t asns[] = { 1221, 15169 };
	struct rs_asndb *db;
	struct found found = { .count = 0 };

	if (path == NULL)
		return;
	db = rs_asndb_open(path, NULL);
	RS_CHECK_INT("walked", rs_asndb_flatten(db, asns, 2, emit, &found, NULL), 0);
	RS_CHECK("Google", strstr(found.text, "1.0.0.0/24 15169 Google Inc.; ") != NULL, "%s",
		 found.text);
	RS_CHECK("Telstra", strstr(found.text, "1.128.0.0/11 1221 Telstra Pty Ltd; ") != NULL, "%s",
		 found.text);
	rs_asndb_close(&db);
}

static void test_tables(void)
{
	static const struct {
		const char *label, *text;
		int ret;
		const char *want; /* what was found, or the diagnostic */
	} cases[] = {
		{ "a range is cut into networks", "192.0.2.0\t192.0.2.130\t1\tDE\tOne\n", 0,
		  "192.0.2.0/25 1 One; 192.0.2.128/31 1 One; 192.0.2.130/32 1 One; " },
		{ "CRLF and a byte order mark",
		  "\xef\xbb\xbf"
		  "192.0.2.0\t192.0.2.0\t1\tDE\tOne\r\n",
		  0, "192.0.2.0/32 1 One; " },
		{ "no line feed at the end", "192.0.2.0\t192.0.2.0\t1\tDE\tOne", 0,
		  "192.0.2.0/32 1 One; " },
		{ "no name", "192.0.2.0\t192.0.2.0\t1\tDE\n", 0, "192.0.2.0/32 1 ; " },
		{ "rows that are not routed are skipped",
		  "0.0.0.0\t192.0.1.255\t0\tNone\tNot routed\n192.0.2.0\t192.0.2.0\t3\tDE\tT h\n",
		  0, "192.0.2.0/32 3 T h; " },
		{ "IPv6", "2001:db8::\t2001:db8:ffff:ffff:ffff:ffff:ffff:ffff\t2\tDE\tTwo\n", 0,
		  "2001:db8::/32 2 Two; " },
		{ "other ASNs are left out", "192.0.2.0\t192.0.2.0\t7\tDE\tSeven\n", 0, "" },
		{ "only rows that are not routed",
		  "0.0.0.0\t255.255.255.255\t0\tNone\tNot routed\n", -2, "holds no ASN" },
		{ "empty", "", -2, "holds no ASN" },
		{ "some other text", "{ \"relays\": [] }\n", -2,
		  "test.tsv:1: is neither a MaxMind DB nor an iptoasn table" },
		{ "compressed", "\x1f\x8b\x08 rest", -2, "is compressed; gunzip it first" },
		{ "no address", "192.0.2.0\t192.0.2.0\t1\tDE\tOne\nx\ty\t1\tDE\tOne\n", -2,
		  "test.tsv:2: \"x\" is not an address" },
		{ "no ASN", "192.0.2.0\t192.0.2.0\tAS1\tDE\tOne\n", -2,
		  "DE\\x09One\" is no row of" },
		{ "two columns", "192.0.2.0\t192.0.2.0\n", -2,
		  "test.tsv:1: \"192.0.2.0\\x09192.0.2.0\" is no row of" },
		{ "backwards", "192.0.2.1\t192.0.2.0\t1\tDE\tOne\n", -2,
		  "does not go from a lower to a higher address" },
		{ "two families", "192.0.2.1\t2001:db8::\t1\tDE\tOne\n", -2, "of one family" },
	};

	for (size_t i = 0; i < RS_COUNT(cases); i++) {
		struct rs_diags *diags = rs_diags_new();
		struct found found;

		RS_CHECK_INT(cases[i].label,
			     flatten(rs_unit_write_text("test.tsv", cases[i].text), &found, diags),
			     cases[i].ret);
		if (cases[i].ret == 0)
			RS_CHECK_STR(cases[i].label, found.text, cases[i].want);
		else
			RS_CHECK(cases[i].label, rs_unit_diags_have(diags, cases[i].want), "%s",
				 rs_unit_diags(diags));
		RS_CHECK(cases[i].label,
			 rs_diags_count(diags, RS_LEVEL_ERROR) == (cases[i].ret == 0 ? 0 : 1), "%s",
			 rs_unit_diags(diags));
		rs_diags_free(&diags);
	}
}

/* The same networks as in the tree; not in order. */
static const char table[] = "198.51.100.128\t198.51.100.255\t3\tDE\t\n"
			    "192.0.2.0\t192.0.2.127\t1\tDE\tOne\n"
			    "192.0.2.128\t192.0.2.255\t1\tDE\tOne\n"
			    "198.51.100.0\t198.51.100.127\t2\tDE\t\n"
			    "203.0.113.0\t203.0.113.127\t3\tDE\t\n"
			    "2001:db8::\t2001:db8:ffff:ffff:ffff:ffff:ffff:ffff\t2\tDE\tTwo\n";

static void test_lookup(void)
{
	static const struct {
		const char *label, *net;
		uint32_t want; /* 0: not found */
		const char *org;
	} cases[] = {
		{ "a network of the database", "192.0.2.0/25", 1, "One" },
		{ "a smaller one", "192.0.2.77/32", 1, "One" },
		{ "the last address", "192.0.2.255/32", 1, "One" },
		{ "made of several of one ASN", "192.0.2.0/24", 1, "One" },
		{ "of two ASNs", "198.51.100.0/24", 0, NULL },
		{ "with a gap", "203.0.113.0/24", 0, NULL },
		{ "not there", "203.0.113.128/25", 0, NULL },
		{ "below all", "10.0.0.0/8", 0, NULL },
		{ "IPv6", "2001:db8:1::/48", 2, "Two" },
		{ "IPv6 not there", "2001:db9::/48", 0, NULL },
		{ "above all", "ffff::/48", 0, NULL },
	};
	struct tiny_mmdb mmdb = {
		.ip_version = 6, .records = tree, .record_count = RS_COUNT(tree), .aliases = aliases
	};
	const char *paths[] = { tiny_mmdb_write("lookup.mmdb", &mmdb),
				rs_unit_write_text("lookup.tsv", table) };

	for (size_t p = 0; p < RS_COUNT(paths); p++) {
		struct rs_asndb *db = rs_asndb_open(paths[p], NULL);

		for (size_t i = 0; i < RS_COUNT(cases); i++) {
			const char *org = NULL, *error;
			struct rs_net net;
			uint32_t asn = 0;

			rs_net_parse(cases[i].net, strlen(cases[i].net), &net, NULL, NULL, &error);
			RS_CHECK_INT(cases[i].label, rs_asndb_lookup(db, &net, &asn, &org),
				     cases[i].want != 0);
			RS_CHECK_INT(cases[i].label, asn, cases[i].want);
			RS_CHECK_STR(cases[i].label, org, cases[i].org);
		}
		rs_asndb_close(&db);
	}
}

static void test_lookup_in_an_ipv4_tree(void)
{
	static const struct tiny_record record = { "192.0.2.0/24", { NUMBER, "=1" } };
	struct tiny_mmdb mmdb = { .ip_version = 4, .records = &record, .record_count = 1 };
	struct rs_asndb *db = rs_asndb_open(tiny_mmdb_write("v4.mmdb", &mmdb), NULL);
	struct rs_net v4 = { .ip = { .family = AF_INET, .bytes = { 192, 0, 2, 1 } }, .prefix = 32 };
	struct rs_net v6 = { .ip = { .family = AF_INET6, .bytes = { 192, 0, 2, 1 } },
			     .prefix = 32 };
	const char *org;
	uint32_t asn;

	RS_CHECK_INT("IPv4", rs_asndb_lookup(db, &v4, &asn, &org), 1);
	RS_CHECK_INT("IPv6 is not looked up as IPv4", rs_asndb_lookup(db, &v6, &asn, &org), 0);
	rs_asndb_close(&db);
}

static void test_missing_file(void)
{
	struct rs_diags *diags = rs_diags_new();
	struct rs_asndb *db = rs_asndb_open(rs_unit_path("nowhere.mmdb"), diags);

	RS_CHECK("not opened", db == NULL);
	RS_CHECK_INT("one error", rs_diags_count(diags, RS_LEVEL_ERROR), 1);
	rs_asndb_close(&db);
	rs_diags_free(&diags);
}

void rs_suite_asn(CU_pSuite suite)
{
	CU_add_test(suite, "the fields of all vendors are read", test_fields_of_all_vendors);
	CU_add_test(suite, "a database without ASNs is an error", test_faulty_fields);
	CU_add_test(suite, "aliases of the IPv4 tree are not walked", test_aliases_count_once);
	CU_add_test(suite, "emit can stop the walk", test_emit_can_stop);
	CU_add_test(suite, "loops and wrong records are errors", test_corrupt_trees_end);
	CU_add_test(suite, "corrupt databases do no harm", test_bad_databases_do_no_harm);
	CU_add_test(suite, "GeoLite2's test database is read", test_real_database);
	CU_add_test(suite, "tables are read, and their faults told", test_tables);
	CU_add_test(suite, "the ASN of a network is found when it has one", test_lookup);
	CU_add_test(suite, "an IPv4 tree holds no IPv6", test_lookup_in_an_ipv4_tree);
	CU_add_test(suite, "a file that is not there is an error", test_missing_file);
}

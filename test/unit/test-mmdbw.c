/* SPDX-License-Identifier: MIT */
#include "mmdb-fixture.h"
#include "mmdbw-internal.h"
#include "unit.h"

#include <errno.h>
#include <maxminddb.h>
#include <stdlib.h>
#include <string.h>

/* Opens what was built with libmaxminddb, as everybody else will. */
static void open_built(const struct rs_built *built, MMDB_s *mmdb)
{
	const char *path = rs_unit_write("mmdbw.mmdb", built->data, built->size);
	int status = MMDB_open(path, MMDB_MODE_MMAP, mmdb);

	if (!RS_CHECK("open", status == MMDB_SUCCESS, "%s", MMDB_strerror(status)))
		exit(2);
}

static void test_metadata(void)
{
	static const struct rs_fixture_net nets[] = { { "192.0.2.0/24", 0, 0, "" } };
	struct rs_built built;
	const MMDB_metadata_s *meta;
	MMDB_s mmdb;

	rs_fixture_build(nets, RS_COUNT(nets), &built);
	open_built(&built, &mmdb);
	meta = &mmdb.metadata;
	RS_CHECK_STR("type", meta->database_type, "relaysentry-relays");
	RS_CHECK_INT("major", meta->binary_format_major_version, 2);
	RS_CHECK_INT("minor", meta->binary_format_minor_version, 0);
	RS_CHECK_INT("IP version", meta->ip_version, 6);
	RS_CHECK_INT("build time", meta->build_epoch, RS_FIXTURE_TIME);
	RS_CHECK_INT("nodes", meta->node_count, built.stats.node_count);
	RS_CHECK_INT("record size", meta->record_size, built.stats.record_size);
	RS_CHECK_INT("languages", meta->languages.count, 1);
	RS_CHECK_STR("language", meta->languages.names[0], "en");
	RS_CHECK_INT("descriptions", meta->description.count, 1);
	RS_CHECK_STR("description", meta->description.descriptions[0]->description, "a fixture");
	RS_CHECK_INT("size", built.stats.file_size, built.size);
	MMDB_close(&mmdb);
	rs_fixture_free(&built);
}

/* The text of relays[index].key at an address, "" when there is none. */
static const char *member(MMDB_s *mmdb, const char *address, const char *index, const char *key)
{
	static char text[64];
	int gai, status;
	MMDB_lookup_result_s found = MMDB_lookup_string(mmdb, address, &gai, &status);
	MMDB_entry_data_s data;

	text[0] = '\0';
	if (found.found_entry &&
	    MMDB_get_value(&found.entry, &data, "relays", index, key, NULL) == MMDB_SUCCESS &&
	    data.has_data && data.data_size < sizeof(text)) {
		memcpy(text, data.utf8_string, data.data_size);
		text[data.data_size] = '\0';
	}
	return text;
}

/* Relays of the fixture: m0, m1 mail-relay; p0 privacy-proxy; c0, c1 cloud. */
static void test_order(void)
{
	static const struct rs_fixture_net nets[] = {
		{ "10.0.0.0/8", RS_C1, 0, "" },	 { "10.0.0.0/8", RS_C0, 64500, "WIDE" },
		{ "10.1.0.0/16", RS_C0, 0, "" }, { "10.1.0.0/16", RS_P0, 0, "" },
		{ "10.1.0.0/16", RS_M1, 0, "" }, { "10.1.0.0/16", RS_M0, 0, "" },
		{ "10.1.2.3/32", RS_C1, 0, "" }, { "10.1.0.0/16", RS_M0, 0, "" },
	};
	static const struct {
		const char *label, *address, *want;
	} cases[] = {
		{ "one network, class before id", "10.1.0.1",
		  "m0 10.1.0.0/16,m1 10.1.0.0/16,p0 10.1.0.0/16,c0 10.1.0.0/16,c1 10.0.0.0/8" },
		{ "a relay stands there once, by its narrowest network", "10.1.2.3",
		  "c1 10.1.2.3/32,m0 10.1.0.0/16,m1 10.1.0.0/16,p0 10.1.0.0/16,c0 10.1.0.0/16" },
		{ "id decides among clouds", "10.2.0.1", "c0 10.0.0.0/8,c1 10.0.0.0/8" },
		{ "beside all networks", "11.0.0.1", "" },
		{ "an IPv4-mapped address", "::ffff:10.2.0.1", "c0 10.0.0.0/8,c1 10.0.0.0/8" },
		{ "a 6to4 address", "2002:a02:1::1", "c0 10.0.0.0/8,c1 10.0.0.0/8" },
		{ "no Teredo alias", "2001:0:a02:1::1", "" },
	};
	struct rs_built built;
	MMDB_s mmdb;

	rs_fixture_build(nets, RS_COUNT(nets), &built);
	open_built(&built, &mmdb);
	for (size_t i = 0; i < RS_COUNT(cases); i++) {
		char got[256] = "";

		for (char index[] = "0"; index[0] <= '9'; index[0]++) {
			const char *id = member(&mmdb, cases[i].address, index, "id");

			if (id[0] == '\0')
				break;
			if (got[0] != '\0')
				strcat(got, ",");
			strcat(got, id);
			strcat(got, " ");
			strcat(got, member(&mmdb, cases[i].address, index, "network"));
		}
		RS_CHECK_STR(cases[i].label, got, cases[i].want);
	}
	RS_CHECK_INT("records are written once", built.stats.record_count, 3);
	MMDB_close(&mmdb);
	rs_fixture_free(&built);
}

static void test_reserved(void)
{
	static const struct {
		const char *label, *net;
		int want;
	} cases[] = {
		{ "inside ::/96", "::1/128", EINVAL },
		{ "around ::/96", "::/64", EINVAL },
		{ "inside 6to4", "2002:a00::/24", EINVAL },
		{ "around 6to4", "2002::/15", EINVAL },
		{ "all of IPv6", "::/0", EINVAL },
		{ "next to 6to4", "2003::/16", 0 },
		{ "next to ::/96", "::1:0:0/96", 0 },
		{ "documentation", "2001:db8::/32", 0 },
		{ "all of IPv4", "0.0.0.0/0", 0 },
		{ "one IPv4 address", "255.255.255.255/32", 0 },
	};
	struct rs_mmdbw *w = rs_mmdbw_new("reserved", 0);
	int relay = rs_mmdbw_relay(w, "a", "A", RS_CLASS_CLOUD);

	for (size_t i = 0; i < RS_COUNT(cases); i++) {
		struct rs_net net;
		int ret;

		rs_fixture_net(cases[i].net, &net);
		errno = 0;
		ret = rs_mmdbw_insert(w, relay, &net, 0, "");
		RS_CHECK_INT(cases[i].label, ret, cases[i].want == 0 ? 0 : -1);
		RS_CHECK_INT(cases[i].label, ret == 0 ? 0 : errno, cases[i].want);
	}
	rs_mmdbw_free(&w);
	RS_CHECK("freed", w == NULL);
	rs_mmdbw_free(&w);
}

static void test_repeated(void)
{
	struct rs_built a, b, other;
	static const struct rs_fixture_net nets[] = {
		{ "192.0.2.0/24", RS_M0, 64500, "ORG" },
		{ "2001:db8::/32", RS_C0, 64501, "OTHER" },
		{ "192.0.2.128/25", RS_M1, 0, "" },
	};
	static const struct rs_fixture_net turned[] = {
		{ "192.0.2.128/25", RS_M1, 0, "" },
		{ "2001:db8::/32", RS_C0, 64501, "OTHER" },
		{ "192.0.2.0/24", RS_M0, 0, "" },
		{ "192.0.2.0/24", RS_M0, 64500, "ORG" },
	};

	rs_fixture_build(nets, RS_COUNT(nets), &a);
	rs_fixture_build(nets, RS_COUNT(nets), &b);
	rs_fixture_build(turned, RS_COUNT(turned), &other);
	RS_CHECK("twice", a.size == b.size && memcmp(a.data, b.data, a.size) == 0);
	RS_CHECK("in another order, with a double",
		 a.size == other.size && memcmp(a.data, other.data, a.size) == 0);
	rs_fixture_free(&a);
	rs_fixture_free(&b);
	rs_fixture_free(&other);
}

/* Networks far apart take many nodes and long data: 24 bits do not hold that. */
static void test_record_size(void)
{
	static const struct {
		const char *label;
		size_t count, name_len;
		unsigned want;
	} cases[] = {
		{ "few networks", 100, 10, 24 },
		{ "over 16 MiB of data", 5000, 3500, 28 },
	};

	for (size_t i = 0; i < RS_COUNT(cases); i++) {
		struct rs_mmdbw *w = rs_mmdbw_new("record size", 0);
		struct rs_mmdbw_stats stats;
		struct rs_diags *diags = rs_diags_new();
		const struct rs_match *match;
		struct rs_relaydb *db;
		unsigned char *data;
		size_t size, wrong = 0;

		for (size_t n = 0; n < cases[i].count; n++) {
			struct rs_net net = { .ip = { AF_INET,
						      { 10, (uint8_t)(n >> 8), (uint8_t)n } },
					      .prefix = 24 };
			char id[32], name[4096];

			snprintf(id, sizeof(id), "r%05zu", n);
			memset(name, 'x', cases[i].name_len);
			snprintf(name + cases[i].name_len, 32, "%zu", n);
			(void)rs_mmdbw_insert(w, rs_mmdbw_relay(w, id, name, RS_CLASS_CLOUD), &net,
					      0, "");
		}
		RS_CHECK_INT(cases[i].label, rs_mmdbw_build(w, &data, &size, &stats), 0);
		RS_CHECK_INT(cases[i].label, stats.record_size, cases[i].want);
		db = rs_relaydb_load_memory(cases[i].label, data, size, diags);
		if (RS_CHECK(cases[i].label, db != NULL, "%s", rs_unit_diags(diags))) {
			for (size_t n = 0; n < cases[i].count; n++) {
				struct rs_ip ip = { AF_INET,
						    { 10, (uint8_t)(n >> 8), (uint8_t)n, 9 } };
				char id[32];

				snprintf(id, sizeof(id), "r%05zu", n);
				wrong += rs_relaydb_lookup(db, &ip, &match) != 1 ||
					 strcmp(match->covers[0].relay->id, id) != 0;
			}
			RS_CHECK_INT(cases[i].label, wrong, 0);
		}
		rs_relaydb_free(&db);
		rs_diags_free(&diags);
		free(data);
		rs_mmdbw_free(&w);
	}
}

static void test_record_size_limits(void)
{
	static const struct {
		const char *label;
		uint64_t values;
		unsigned want;
	} cases[] = {
		{ "one value", 1, 24 },
		{ "all that 24 bits hold", 1ULL << 24, 24 },
		{ "one more", (1ULL << 24) + 1, 28 },
		{ "all that 28 bits hold", 1ULL << 28, 28 },
		{ "one more than 28 bits hold", (1ULL << 28) + 1, 32 },
		{ "all that 32 bits hold", 1ULL << 32, 32 },
	};

	for (size_t i = 0; i < RS_COUNT(cases); i++)
		RS_CHECK_INT(cases[i].label, rs_mmdbw_record_size(cases[i].values), cases[i].want);
}

/* The same networks in records of each size: libmaxminddb and our own reader
 * find in them what they find in the smallest. */
static void test_each_record_size(void)
{
	static const struct rs_fixture_net nets[] = {
		{ "10.0.0.0/8", RS_C0, 64500, "WIDE" },
		{ "10.1.0.0/16", RS_M0, 0, "" },
		{ "255.255.255.255/32", RS_P0, 0, "" },
		{ "2001:db8::/32", RS_C1, 0, "" },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128", RS_M1, 0, "" },
	};
	static const char *const addresses[] = {
		"10.1.2.3",
		"10.2.0.1",
		"11.0.0.1",
		"255.255.255.255",
		"::1",
		"2001:db8:1::1",
		"2002:a01:203::1",
		"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	};
	static const unsigned sizes[] = { 24, 28, 32 };

	for (size_t i = 0; i < RS_COUNT(sizes); i++) {
		struct rs_mmdbw *w = rs_fixture_filled(nets, RS_COUNT(nets));
		struct rs_diags *diags = rs_diags_new();
		struct rs_built built, least;
		struct rs_relaydb *db;
		char label[32];
		MMDB_s mmdb;

		snprintf(label, sizeof(label), "%u bits", sizes[i]);
		w->least_record_size = sizes[i];
		rs_fixture_finish(&w, &built);
		rs_fixture_build(nets, RS_COUNT(nets), &least);
		RS_CHECK_INT(label, built.stats.record_size, sizes[i]);
		RS_CHECK_INT(label, built.size - least.size,
			     built.stats.node_count * (sizes[i] - 24) / 4);
		open_built(&built, &mmdb);
		RS_CHECK_INT(label, mmdb.metadata.record_size, sizes[i]);
		db = rs_relaydb_load_memory(label, built.data, built.size, diags);
		RS_CHECK(label, db != NULL, "%s", rs_unit_diags(diags));
		for (size_t a = 0; db != NULL && a < RS_COUNT(addresses); a++) {
			const struct rs_match *match;
			struct rs_ip ip;
			char want[64] = "";

			rs_fixture_ip(addresses[a], &ip);
			if (rs_relaydb_lookup(db, &ip, &match) == 1)
				snprintf(want, sizeof(want), "%s", match->covers[0].relay->id);
			RS_CHECK_STR(addresses[a], member(&mmdb, addresses[a], "0", "id"), want);
			RS_CHECK(addresses[a], (want[0] == '\0') == (a == 2 || a == 4), "%s in %s",
				 want, label);
		}
		rs_relaydb_free(&db);
		rs_diags_free(&diags);
		MMDB_close(&mmdb);
		rs_fixture_free(&least);
		rs_fixture_free(&built);
	}
}

static void test_nothing(void)
{
	struct rs_built built;
	MMDB_s mmdb;

	rs_fixture_build(NULL, 0, &built);
	open_built(&built, &mmdb);
	RS_CHECK_INT("one node", mmdb.metadata.node_count, 1);
	RS_CHECK_STR("nothing found", member(&mmdb, "192.0.2.1", "0", "id"), "");
	MMDB_close(&mmdb);
	rs_fixture_free(&built);
}

void rs_suite_mmdbw(CU_pSuite suite)
{
	CU_add_test(suite, "the metadata is complete", test_metadata);
	CU_add_test(suite, "records name all relays, the most specific first", test_order);
	CU_add_test(suite, "IPv6 networks do not lie where IPv4 is", test_reserved);
	CU_add_test(suite, "the same networks make the same file", test_repeated);
	CU_add_test(suite, "a record is as wide as the file needs", test_record_size);
	CU_add_test(suite, "the limits of the record sizes", test_record_size_limits);
	CU_add_test(suite, "records of 24, 28 and 32 bits are read alike", test_each_record_size);
	CU_add_test(suite, "no networks make an empty database", test_nothing);
}

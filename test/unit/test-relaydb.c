/* SPDX-License-Identifier: MIT */
#include "mmdb-fixture.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

static const struct rs_fixture_net some[] = {
	{ "52.125.128.0/20", RS_M0, 8075, "MICROSOFT-CORP-MSN-AS-BLOCK" },
	{ "52.112.0.0/12", RS_C0, 8075, "MICROSOFT-CORP-MSN-AS-BLOCK" },
	{ "2603:1026::/36", RS_M1, 0, "" },
	{ "2603:1000::/24", RS_C0, 0, "" },
	{ "192.0.2.7/32", RS_P0, 64500, "" },
};

static void test_lookup(void)
{
	static const struct {
		const char *label, *ip, *relay, *network;
		uint32_t covers, asn;
		const char *org;
	} cases[] = {
		{ "the most specific comes first", "52.125.138.7", "m0", "52.125.128.0/20", 2, 8075,
		  "MICROSOFT-CORP-MSN-AS-BLOCK" },
		{ "the last address of a network", "52.125.143.255", "m0", "52.125.128.0/20", 2,
		  8075, "MICROSOFT-CORP-MSN-AS-BLOCK" },
		{ "behind the last address", "52.125.144.0", "c0", "52.112.0.0/12", 1, 8075,
		  "MICROSOFT-CORP-MSN-AS-BLOCK" },
		{ "IPv6", "2603:1026:c03:6046::5", "m1", "2603:1026::/36", 2, 0, "" },
		{ "one address", "192.0.2.7", "p0", "192.0.2.7/32", 1, 64500, "" },
		{ "next to it", "192.0.2.8", NULL, NULL, 0, 0, NULL },
		{ "v4-mapped", "::ffff:192.0.2.7", "p0", "192.0.2.7/32", 1, 64500, "" },
		{ "6to4", "2002:c000:207:1::1", "p0", "192.0.2.7/32", 1, 64500, "" },
		{ "IPv6 beside all", "2001:db8::1", NULL, NULL, 0, 0, NULL },
	};
	struct rs_relaydb *db = rs_fixture_load(some, RS_COUNT(some));
	struct rs_ip none = { 0 };
	const struct rs_match *match;

	for (size_t i = 0; i < RS_COUNT(cases); i++) {
		struct rs_ip ip;
		int found;

		rs_fixture_ip(cases[i].ip, &ip);
		found = rs_relaydb_lookup(db, &ip, &match);
		RS_CHECK_INT(cases[i].label, found, cases[i].relay != NULL);
		if (found == 0 || cases[i].relay == NULL)
			continue;
		RS_CHECK_STR(cases[i].label, match->covers[0].relay->id, cases[i].relay);
		RS_CHECK_STR(cases[i].label, match->covers[0].network, cases[i].network);
		RS_CHECK_INT(cases[i].label, match->cover_count, cases[i].covers);
		RS_CHECK_INT(cases[i].label, match->asn, cases[i].asn);
		RS_CHECK_STR(cases[i].label, match->as_org, cases[i].org);
	}
	RS_CHECK_INT("no address", rs_relaydb_lookup(db, &none, &match), 0);
	rs_relaydb_free(&db);
}

static void test_relays(void)
{
	struct rs_relaydb *db = rs_fixture_load(some, RS_COUNT(some));
	static const char *const want[] = { "c0", "m0", "m1", "p0" };
	struct rs_relaydb_info info;

	RS_CHECK_INT("count", rs_relaydb_relay_count(db), RS_COUNT(want));
	for (size_t i = 0; i < RS_COUNT(want); i++) {
		const struct rs_relay *relay = rs_relaydb_relay(db, i);

		RS_CHECK_STR("by index", relay->id, want[i]);
		RS_CHECK_INT(want[i], relay->index, i);
		RS_CHECK(want[i], rs_relaydb_find(db, want[i]) == relay);
	}
	RS_CHECK_STR("name", rs_relaydb_find(db, "m0")->name, "Name of m0");
	RS_CHECK_INT("class", rs_relaydb_find(db, "p0")->class_, RS_CLASS_PRIVACY_PROXY);
	RS_CHECK("one that has no network", rs_relaydb_find(db, "c1") == NULL);
	RS_CHECK("unknown", rs_relaydb_find(db, "") == NULL);
	rs_relaydb_info(db, &info);
	RS_CHECK_INT("networks", info.network_count, RS_COUNT(some));
	RS_CHECK_INT("relays", info.relay_count, 4);
	RS_CHECK_INT("time", info.build_epoch, RS_FIXTURE_TIME);
	RS_CHECK_INT("identity", strlen(info.id), 16);
	rs_relaydb_free(&db);
	RS_CHECK("freed", db == NULL);
	rs_relaydb_free(&db);
}

static void test_nearest(void)
{
	struct rs_relaydb *db = rs_fixture_load(some, RS_COUNT(some));
	static const struct {
		const char *label, *id, *want;
	} cases[] = {
		{ "case does not count", "M1", "m1" },
		{ "a letter too many", "m11", "m1" },
		{ "nothing alike", "outlook-mobile", NULL },
		{ "nothing", "", NULL },
	};

	for (size_t i = 0; i < RS_COUNT(cases); i++) {
		const struct rs_relay *relay = rs_relaydb_nearest(db, cases[i].id);

		RS_CHECK_STR(cases[i].label, relay != NULL ? relay->id : NULL, cases[i].want);
	}
	rs_relaydb_free(&db);
}

static void test_identity(void)
{
	struct rs_relaydb *a = rs_fixture_load(some, RS_COUNT(some));
	struct rs_relaydb *b = rs_fixture_load(some, RS_COUNT(some));
	struct rs_relaydb *other = rs_fixture_load(some, RS_COUNT(some) - 1);
	struct rs_relaydb_info ia, ib, io;

	rs_relaydb_info(a, &ia);
	rs_relaydb_info(b, &ib);
	rs_relaydb_info(other, &io);
	RS_CHECK_STR("same content", ia.id, ib.id);
	RS_CHECK("other content", strcmp(ia.id, io.id) != 0);
	rs_relaydb_free(&a);
	rs_relaydb_free(&b);
	rs_relaydb_free(&other);
}

/* --- by definition: a list that is searched from its begin to its end --- */

#define RANDOM_NETS 400
#define RANDOM_ADDRESSES 4000

struct listed {
	struct rs_net net;
	int relay;
};

/* Whether a stands before b in a record. */
static bool before(const struct listed *a, const struct listed *b)
{
	if (a->net.prefix != b->net.prefix)
		return a->net.prefix > b->net.prefix;
	if (rs_fixture_classes[a->relay] != rs_fixture_classes[b->relay])
		return rs_fixture_classes[a->relay] < rs_fixture_classes[b->relay];
	return strcmp(rs_fixture_ids[a->relay], rs_fixture_ids[b->relay]) < 0;
}

/* For each relay its narrowest network that contains ip, in order, as text. */
static void search(const struct listed *list, size_t count, const struct rs_ip *ip, char *text)
{
	const struct listed *best[RS_FIXTURE_RELAYS] = { NULL };

	*text = '\0';
	for (size_t i = 0; i < count; i++) {
		const struct listed **b = &best[list[i].relay];

		if (rs_net_contains(&list[i].net, ip) &&
		    (*b == NULL || list[i].net.prefix > (*b)->net.prefix))
			*b = &list[i];
	}
	for (;;) {
		const struct listed **first = NULL;
		char net[RS_NET_STRLEN];

		for (int r = 0; r < RS_FIXTURE_RELAYS; r++) {
			if (best[r] != NULL && (first == NULL || before(best[r], *first)))
				first = &best[r];
		}
		if (first == NULL)
			return;
		text += sprintf(text, "%s %s,", rs_fixture_ids[(*first)->relay],
				rs_net_format(&(*first)->net, net));
		*first = NULL;
	}
}

static void found_text(const struct rs_relaydb *db, const struct rs_ip *ip, char *text)
{
	const struct rs_match *match;

	*text = '\0';
	if (rs_relaydb_lookup(db, ip, &match) != 1)
		return;
	for (uint32_t i = 0; i < match->cover_count; i++)
		text += sprintf(text, "%s %s,", match->covers[i].relay->id,
				match->covers[i].network);
}

/* Few different bits, so that networks nest and addresses hit. */
static void random_ip(uint64_t *state, struct rs_ip *ip)
{
	bool ipv6 = rs_fixture_random(state) % 3 == 0;
	size_t len = ipv6 ? 16 : 4;
	uint8_t bytes[16] = { 0 };

	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)(rs_fixture_random(state) % 4 << 6 |
				     (rs_fixture_random(state) % 8 == 0));
	if (ipv6)
		bytes[0] = 0x26;
	rs_ip_from_bytes(ip, ipv6 ? AF_INET6 : AF_INET, bytes);
}

static void random_net(uint64_t *state, struct rs_net *net)
{
	random_ip(state, &net->ip);
	if (net->ip.family == AF_INET)
		net->prefix = (uint8_t)(1 + rs_fixture_random(state) % 32);
	else
		net->prefix = (uint8_t)(8 + rs_fixture_random(state) % 121);
	rs_ip_mask(&net->ip, net->prefix);
}

static void check_random(uint64_t seed)
{
	struct listed list[RANDOM_NETS];
	int numbers[RS_FIXTURE_RELAYS];
	struct rs_mmdbw *w = rs_fixture_writer(numbers);
	struct rs_diags *diags = rs_diags_new();
	char label[32], got[1024], want[1024];
	struct rs_relaydb *db;
	struct rs_built built;
	size_t hits = 0;

	snprintf(label, sizeof(label), "seed %llu", (unsigned long long)seed);
	for (size_t i = 0; i < RANDOM_NETS; i++) {
		list[i].relay = (int)(rs_fixture_random(&seed) % RS_FIXTURE_RELAYS);
		random_net(&seed, &list[i].net);
		RS_CHECK_INT(label, rs_mmdbw_insert(w, numbers[list[i].relay], &list[i].net, 0, ""),
			     0);
	}
	rs_fixture_finish(&w, &built);
	db = rs_relaydb_load_memory(label, built.data, built.size, diags);
	if (RS_CHECK(label, db != NULL, "%s", rs_unit_diags(diags))) {
		for (size_t i = 0; i < RANDOM_ADDRESSES; i++) {
			struct rs_ip ip;

			/* Also the first and last address of a network, where faults are. */
			random_ip(&seed, &ip);
			if (i < RANDOM_NETS)
				ip = list[i].net.ip;
			search(list, RANDOM_NETS, &ip, want);
			found_text(db, &ip, got);
			hits += want[0] != '\0';
			if (strcmp(got, want) != 0) {
				RS_CHECK_STR(label, got, want);
				break;
			}
		}
		RS_CHECK(label, hits > RANDOM_ADDRESSES / 10, "only %zu hits", hits);
		rs_fixture_walk(label, db);
	}
	rs_relaydb_free(&db);
	rs_diags_free(&diags);
	rs_fixture_free(&built);
}

static void test_definition(void)
{
	for (uint64_t seed = 1; seed <= 20; seed++)
		check_random(seed * 0x9e3779b97f4a7c15ULL);
}

static int stop_at_third(const struct rs_net *net, const struct rs_match *match, void *context)
{
	(void)net, (void)match;
	return ++*(int *)context == 3 ? 42 : 0;
}

static void test_walk(void)
{
	struct rs_relaydb *db = rs_fixture_load(some, RS_COUNT(some));
	int count = 0;

	RS_CHECK_INT("stops", rs_relaydb_walk(db, stop_at_third, &count), 42);
	RS_CHECK_INT("at the third", count, 3);
	rs_relaydb_free(&db);
}

void rs_suite_relaydb(CU_pSuite suite)
{
	CU_add_test(suite, "an address finds relay, network and ASN", test_lookup);
	CU_add_test(suite, "relays are known by id and index", test_relays);
	CU_add_test(suite, "an unknown id has the nearest one", test_nearest);
	CU_add_test(suite, "the identity tells contents apart", test_identity);
	CU_add_test(suite, "a lookup finds what a search of the list finds", test_definition);
	CU_add_test(suite, "a walk stops when it is told to", test_walk);
}

/* SPDX-License-Identifier: MIT */
#include "mmdb-fixture.h"
#include "unit.h"

#include <relaysentry/nettable.h>

#include <stdlib.h>

static const struct rs_fixture_net nets[] = {
	{ "0.0.0.0/8", RS_C1, 0, "" },
	{ "52.112.0.0/12", RS_C0, 0, "" },
	{ "52.125.128.0/20", RS_M0, 0, "" },
	{ "52.125.138.7/32", RS_M1, 0, "" },
	{ "52.125.138.8/32", RS_M1, 0, "" },
	{ "198.51.100.0/24", RS_P0, 0, "" },
	{ "255.255.255.0/24", RS_C1, 0, "" },
	{ "2001:db8::/32", RS_C0, 0, "" },
	{ "2001:db8:1::/48", RS_M0, 0, "" },
	{ "2001:db8:1:2::/64", RS_M1, 0, "" },
	{ "2001:db8:1:2::7/128", RS_P0, 0, "" },
	{ "2001:db8:1:2:ffff::/80", RS_C1, 0, "" },
	{ "fe00::/9", RS_C1, 0, "" },
};

static void compare(const char *label, const struct rs_relaydb *db, const struct rs_nettable *table,
		    const struct rs_ip *ip)
{
	const struct rs_match *match = NULL;
	char buf[RS_IP_STRLEN];

	if (rs_relaydb_lookup(db, ip, &match) != 1)
		match = NULL;
	rs_nettable_fetch_head(table, ip);
	rs_nettable_fetch(table, ip);
	if (rs_nettable_find(table, ip) != match)
		RS_CHECK(label, false, "%s", rs_ip_format(ip, buf));
}

/* The address, and those beside it. */
static void compare_around(const char *label, const struct rs_relaydb *db,
			   const struct rs_nettable *table, const struct rs_ip *ip)
{
	size_t last = ip->family == AF_INET ? 3 : 15;

	for (int step = -1; step <= 1; step++) {
		struct rs_ip near = *ip;

		for (size_t i = last + 1; i-- > 0;) {
			uint8_t before = near.bytes[i];

			near.bytes[i] = (uint8_t)(before + step);
			if (!(step < 0 && before == 0) && !(step > 0 && before == 255))
				break;
		}
		compare(label, db, table, &near);
	}
}

static void test_edges(void)
{
	struct rs_relaydb *db = rs_fixture_load(nets, RS_COUNT(nets));
	struct rs_nettable *table = rs_nettable_new(db);

	CU_ASSERT_PTR_NOT_NULL_FATAL(table);
	for (size_t i = 0; i < RS_COUNT(nets); i++) {
		struct rs_net net;
		struct rs_ip end;

		rs_fixture_net(nets[i].net, &net);
		compare_around(nets[i].net, db, table, &net.ip);
		end = net.ip;
		for (unsigned bit = net.prefix; bit < (end.family == AF_INET ? 32U : 128U); bit++)
			end.bytes[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
		compare_around(nets[i].net, db, table, &end);
	}
	rs_nettable_free(&table);
	rs_relaydb_free(&db);
}

static void test_random(void)
{
	struct rs_relaydb *db = rs_fixture_load(nets, RS_COUNT(nets));
	struct rs_nettable *table = rs_nettable_new(db);
	uint64_t state = 7;

	for (size_t i = 0; i < 200000; i++) {
		uint64_t r = rs_fixture_random(&state);
		struct rs_net net;

		/* Near one of the networks, the further down the more often. */
		rs_fixture_net(nets[r % RS_COUNT(nets)].net, &net);
		for (size_t bit = net.prefix - r / 16 % 9 * (net.prefix > 8);
		     bit < (net.ip.family == AF_INET ? 32U : 128U); bit++) {
			if (rs_fixture_random(&state) % 2 == 0)
				net.ip.bytes[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
		}
		compare("random", db, table, &net.ip);
	}
	rs_nettable_free(&table);
	rs_relaydb_free(&db);
}

static void test_within(void)
{
	static const struct {
		const char *label, *ip;
		int relay; /* -1: none */
	} cases[] = {
		{ "NAT64", "64:ff9b::347d:8a01", RS_M0 },   { "6to4", "2002:347d:8a01::1", RS_M0 },
		{ "mapped", "::ffff:52.125.138.1", RS_M0 }, { "none", "192.0.2.1", -1 },
		{ "none in IPv6", "2001:db7::1", -1 },
	};
	struct rs_relaydb *db = rs_fixture_load(nets, RS_COUNT(nets));
	struct rs_nettable *table = rs_nettable_new(db);
	const struct rs_ip none = { 0 };

	for (size_t i = 0; i < RS_COUNT(cases); i++) {
		const struct rs_match *match;
		struct rs_ip ip;

		rs_fixture_ip(cases[i].ip, &ip);
		match = rs_nettable_find(table, &ip);
		RS_CHECK_STR(cases[i].label, match != NULL ? match->covers[0].relay->id : NULL,
			     cases[i].relay >= 0 ? rs_fixture_ids[cases[i].relay] : NULL);
	}
	RS_CHECK("no address", rs_nettable_find(table, &none) == NULL);
	rs_nettable_free(&table);
	rs_relaydb_free(&db);
}

static void test_empty(void)
{
	struct rs_relaydb *db = rs_fixture_load(NULL, 0);
	struct rs_nettable *table = rs_nettable_new(db);
	struct rs_ip ip;

	rs_fixture_ip("52.125.138.7", &ip);
	RS_CHECK("IPv4", rs_nettable_find(table, &ip) == NULL);
	rs_fixture_ip("2001:db8::1", &ip);
	RS_CHECK("IPv6", rs_nettable_find(table, &ip) == NULL);
	rs_nettable_free(&table);
	rs_nettable_free(&table);
	rs_relaydb_free(&db);
}

void rs_suite_nettable(CU_pSuite suite)
{
	CU_add_test(suite, "the edges of each network", test_edges);
	CU_add_test(suite, "random addresses find what the database finds", test_random);
	CU_add_test(suite, "addresses within addresses", test_within);
	CU_add_test(suite, "a database without networks", test_empty);
}

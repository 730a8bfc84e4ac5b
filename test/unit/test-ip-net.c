/* SPDX-License-Identifier: MIT */
/* What networks cover, their order, ranges, and NAT64. */
#include "unit.h"

#include <relaysentry/ip.h>

#include <stdio.h>
#include <string.h>

static struct rs_net net_of(const char *text)
{
	struct rs_net net = { 0 };
	const char *error;

	RS_CHECK(text, rs_net_parse(text, strlen(text), &net, NULL, NULL, &error) == 0);
	return net;
}

static struct rs_ip ip_of(const char *text)
{
	struct rs_ip ip = { 0 };
	const char *error;

	RS_CHECK(text, rs_ip_parse(text, strlen(text), &ip, &error) == 0);
	return ip;
}

static void test_covers(void)
{
	static const struct {
		const char *outer, *inner;
		bool want;
	} cases[] = {
		{ "10.0.0.0/8", "10.255.255.255/32", true },
		{ "10.0.0.0/8", "11.0.0.0/32", false },
		{ "10.0.0.0/8", "10.0.0.0/8", true },
		{ "10.0.0.0/8", "10.0.0.0/7", false },
		{ "0.0.0.0/0", "255.255.255.255/32", true },
		{ "0.0.0.0/0", "::/0", false },
		{ "::/0", "0.0.0.0/0", false },
		{ "52.125.128.0/20", "52.125.143.255/32", true },
		{ "52.125.128.0/20", "52.125.144.0/32", false },
		{ "192.0.2.1/32", "192.0.2.1/32", true },
		{ "192.0.2.1/32", "192.0.2.0/32", false },
		{ "2001:db8::/33", "2001:db8:7fff::/48", true },
		{ "2001:db8::/33", "2001:db8:8000::/48", false },
		{ "2001:db8::1/128", "2001:db8::1/128", true },
	};

	for (size_t i = 0; i < RS_COUNT(cases); i++) {
		struct rs_net outer = net_of(cases[i].outer), inner = net_of(cases[i].inner);
		char label[128];

		snprintf(label, sizeof(label), "%s in %s", cases[i].inner, cases[i].outer);
		RS_CHECK_INT(label, rs_net_covers(&outer, &inner), cases[i].want);
		if (outer.prefix <= inner.prefix)
			RS_CHECK_INT(label, rs_net_contains(&outer, &inner.ip), cases[i].want);
	}
}

static void test_order(void)
{
	static const char *const sorted[] = {
		"0.0.0.0/0",   "9.0.0.0/8", "10.0.0.0/8", "10.0.0.0/9",	   "10.0.0.0/32",
		"10.0.0.1/32", "::/0",	    "::/128",	  "2001:db8::/32", "2001:db8::/33",
	};

	for (size_t i = 0; i < RS_COUNT(sorted); i++) {
		for (size_t k = 0; k < RS_COUNT(sorted); k++) {
			struct rs_net a = net_of(sorted[i]), b = net_of(sorted[k]);
			int got = rs_net_cmp(&a, &b);

			RS_CHECK(sorted[i], (got > 0) - (got < 0) == (i > k) - (i < k),
				 "against %s: %d", sorted[k], got);
		}
	}
}

struct collected {
	char text[8192];
	size_t count, stop_at;
};

static int collect(const struct rs_net *net, void *context)
{
	struct collected *c = context;
	char buf[RS_NET_STRLEN];
	size_t used = strlen(c->text);

	snprintf(c->text + used, sizeof(c->text) - used, "%s%s", used > 0 ? " " : "",
		 rs_net_format(net, buf));
	return ++c->count == c->stop_at ? 7 : 0;
}

static void test_ranges(void)
{
	static const struct {
		const char *label, *first, *last, *want;
	} cases[] = {
		{ "one address", "192.0.2.1", "192.0.2.1", "192.0.2.1/32" },
		{ "one network", "192.0.2.0", "192.0.2.255", "192.0.2.0/24" },
		{ "all of IPv4", "0.0.0.0", "255.255.255.255", "0.0.0.0/0" },
		{ "all of IPv6", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::/0" },
		{ "the last address", "255.255.255.255", "255.255.255.255", "255.255.255.255/32" },
		{ "odd ends", "10.0.0.1", "10.0.0.6",
		  "10.0.0.1/32 10.0.0.2/31 10.0.0.4/31 10.0.0.6/32" },
		{ "across a byte", "10.0.0.255", "10.0.1.0", "10.0.0.255/32 10.0.1.0/32" },
		{ "up to the end", "255.255.255.253", "255.255.255.255",
		  "255.255.255.253/32 255.255.255.254/31" },
		{ "IPv6", "2001:db8::", "2001:db8:0:2:ffff:ffff:ffff:ffff",
		  "2001:db8::/63 2001:db8:0:2::/64" },
	};
	struct rs_ip first, last;

	for (size_t i = 0; i < RS_COUNT(cases); i++) {
		struct collected c = { .count = 0 };

		first = ip_of(cases[i].first);
		last = ip_of(cases[i].last);
		RS_CHECK_INT(cases[i].label, rs_range_to_nets(&first, &last, collect, &c), 0);
		RS_CHECK_STR(cases[i].label, c.text, cases[i].want);
	}
	first = ip_of("10.0.0.2");
	last = ip_of("10.0.0.1");
	RS_CHECK_INT("backwards", rs_range_to_nets(&first, &last, collect, NULL), -1);
	last = ip_of("::1");
	RS_CHECK_INT("two families", rs_range_to_nets(&first, &last, collect, NULL), -1);
}

static void test_range_limits(void)
{
	static const struct {
		const char *first, *last;
		size_t want;
	} cases[] = {
		{ "0.0.0.1", "255.255.255.254", 62 },
		{ "::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe", 254 },
	};

	for (size_t i = 0; i < RS_COUNT(cases); i++) {
		struct rs_ip first = ip_of(cases[i].first), last = ip_of(cases[i].last);
		struct collected c = { .count = 0 }, stopped = { .stop_at = 3 };

		RS_CHECK_INT(cases[i].first, rs_range_to_nets(&first, &last, collect, &c), 0);
		RS_CHECK_INT(cases[i].first, c.count, cases[i].want);
		RS_CHECK_INT(cases[i].first, rs_range_to_nets(&first, &last, collect, &stopped), 7);
		RS_CHECK_INT(cases[i].first, stopped.count, 3);
	}
}

/* The examples of RFC 6052, 2.4. */
static void test_nat64(void)
{
	static const struct {
		const char *prefix, *ip, *want;
	} cases[] = {
		{ "2001:db8::/32", "2001:db8:c000:221::", "192.0.2.33" },
		{ "2001:db8:100::/40", "2001:db8:1c0:2:21::", "192.0.2.33" },
		{ "2001:db8:122::/48", "2001:db8:122:c000:2:2100::", "192.0.2.33" },
		{ "2001:db8:122:300::/56", "2001:db8:122:3c0:0:221::", "192.0.2.33" },
		{ "2001:db8:122:344::/64", "2001:db8:122:344:c0:2:2100::", "192.0.2.33" },
		{ "2001:db8:122:344::/96", "2001:db8:122:344::192.0.2.33", "192.0.2.33" },
		{ "64:ff9b::/96", "64:ff9b::192.0.2.33", "192.0.2.33" },
		{ "64:ff9b::/96", "64:ff9b:1::192.0.2.33", NULL },
		{ "64:ff9b::/96", "192.0.2.33", NULL },
		{ "2001:db8::/33", "2001:db8:c000:221::", NULL },
	};
	char buf[RS_IP_STRLEN];

	for (size_t i = 0; i < RS_COUNT(cases); i++) {
		struct rs_net prefix = net_of(cases[i].prefix);
		struct rs_ip ip = ip_of(cases[i].ip), before = ip;
		bool got = rs_nat64_extract(&prefix, &ip);

		RS_CHECK_INT(cases[i].prefix, got, cases[i].want != NULL);
		if (cases[i].want != NULL)
			RS_CHECK_STR(cases[i].prefix, rs_ip_format(&ip, buf), cases[i].want);
		else
			RS_CHECK(cases[i].prefix, rs_ip_equal(&ip, &before),
				 "the address was touched");
	}
	RS_CHECK_STR("well-known", rs_ip_format(&rs_nat64_well_known.ip, buf), "64:ff9b::");
	for (unsigned length = 0; length <= 128; length++) {
		struct rs_net prefix = { { .family = AF_INET6 }, (uint8_t)length };
		bool want = length == 32 || length == 40 || length == 48 || length == 56 ||
			    length == 64 || length == 96;

		RS_CHECK("lengths", rs_nat64_prefix_valid(&prefix) == want, "/%u", length);
	}
	RS_CHECK("IPv4 is no prefix",
		 !rs_nat64_prefix_valid(&(struct rs_net){ { .family = AF_INET }, 32 }));
}

void rs_suite_ip_net(CU_pSuite suite)
{
	CU_add_test(suite, "networks cover what lies in them", test_covers);
	CU_add_test(suite, "networks are ordered", test_order);
	CU_add_test(suite, "ranges become networks", test_ranges);
	CU_add_test(suite, "the worst ranges need as many networks as promised", test_range_limits);
	CU_add_test(suite, "NAT64 addresses hold IPv4 addresses", test_nat64);
}

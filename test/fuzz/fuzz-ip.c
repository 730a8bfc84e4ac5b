/* SPDX-License-Identifier: MIT */
/* Addresses and networks: what is accepted, libc reads in the same way, and it
 * is written and read back as the same. */
#include "fuzz.h"

#include <relaysentry/ip.h>

#include <arpa/inet.h>
#include <string.h>

static void check_against_libc(const char *text, size_t len, const struct rs_ip *got)
{
	char copy[64];
	uint8_t bytes[16];
	struct rs_ip want;

	FUZZ_CHECK(len < sizeof(copy));
	memcpy(copy, text, len);
	copy[len] = '\0';
	if (inet_pton(AF_INET6, copy, bytes) == 1) {
		rs_ip_from_bytes(&want, AF_INET6, bytes);
	} else {
		FUZZ_CHECK(inet_pton(AF_INET, copy, bytes) == 1);
		rs_ip_from_bytes(&want, AF_INET, bytes);
	}
	FUZZ_CHECK(rs_ip_equal(got, &want));
}

static int in_order(const struct rs_net *net, void *context)
{
	struct rs_net *last = context;

	FUZZ_CHECK(last->ip.family == 0 || rs_net_cmp(last, net) < 0);
	FUZZ_CHECK(last->ip.family == 0 || !rs_net_covers(last, net));
	*last = *net;
	return 0;
}

static void check_range(const struct rs_ip *a, const struct rs_ip *b)
{
	struct rs_net last = { .prefix = 0 };
	int order = memcmp(a->bytes, b->bytes, sizeof(a->bytes));

	if (a->family == b->family)
		FUZZ_CHECK(rs_range_to_nets(order < 0 ? a : b, order < 0 ? b : a, in_order,
					    &last) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct rs_ip before;
	const char *text = (const char *)data, *error = NULL;
	char buf[RS_NET_STRLEN];
	struct rs_net net, meant, again;
	struct rs_ip ip;
	bool host_bits;

	if (rs_ip_parse(text, size, &ip, &error) == 0) {
		check_against_libc(text, size, &ip);
		if (before.family != 0)
			check_range(&before, &ip);
		before = ip;
		(void)rs_nat64_extract(&rs_nat64_well_known, &ip);
	} else {
		FUZZ_CHECK(error != NULL);
	}
	if (rs_net_parse(text, size, &net, &meant, &host_bits, &error) < 0) {
		FUZZ_CHECK(error != NULL);
		if (!host_bits)
			return 0;
		net = meant;
	}
	rs_net_format(&net, buf);
	FUZZ_CHECK(rs_net_parse(buf, strlen(buf), &again, NULL, NULL, &error) == 0);
	FUZZ_CHECK(rs_net_cmp(&net, &again) == 0);
	FUZZ_CHECK(rs_net_contains(&net, &again.ip) && rs_net_covers(&net, &again));
	return 0;
}

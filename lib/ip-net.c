/* SPDX-License-Identifier: MIT */
/* Arithmetic on networks: covering, order, ranges, NAT64. */
#include <relaysentry/ip.h>

#include <string.h>

static unsigned bits_of(const struct rs_ip *ip)
{
	return ip->family == AF_INET ? 32 : 128;
}

void rs_ip_mask(struct rs_ip *ip, unsigned prefix)
{
	unsigned whole = prefix / 8, size = bits_of(ip) / 8;

	if (whole >= size)
		return;
	ip->bytes[whole] &= (uint8_t)(0xff00U >> (prefix % 8));
	memset(ip->bytes + whole + 1, 0, size - whole - 1);
}

bool rs_ip_equal(const struct rs_ip *a, const struct rs_ip *b)
{
	return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

bool rs_net_contains(const struct rs_net *net, const struct rs_ip *ip)
{
	unsigned whole = net->prefix / 8, rest = net->prefix % 8;

	if (net->ip.family != ip->family || memcmp(net->ip.bytes, ip->bytes, whole) != 0)
		return false;
	return rest == 0 ||
	       ((net->ip.bytes[whole] ^ ip->bytes[whole]) & (0xff00U >> rest) & 0xff) == 0;
}

bool rs_net_covers(const struct rs_net *outer, const struct rs_net *inner)
{
	return outer->prefix <= inner->prefix && rs_net_contains(outer, &inner->ip);
}

int rs_net_cmp(const struct rs_net *a, const struct rs_net *b)
{
	int diff;

	if (a->ip.family != b->ip.family)
		return a->ip.family == AF_INET ? -1 : 1;
	diff = memcmp(a->ip.bytes, b->ip.bytes, sizeof(a->ip.bytes));
	return diff != 0 ? diff : (int)a->prefix - (int)b->prefix;
}

/* The last address of the network. */
static void last_of(const struct rs_net *net, struct rs_ip *ip_r)
{
	unsigned bits = bits_of(&net->ip);

	*ip_r = net->ip;
	for (unsigned i = net->prefix; i < bits; i++)
		ip_r->bytes[i / 8] |= (uint8_t)(0x80U >> (i % 8));
}

/* Goes to the next address. */
static void step(struct rs_ip *ip)
{
	unsigned i = bits_of(ip) / 8;

	while (i > 0 && ++ip->bytes[--i] == 0)
		;
}

static unsigned trailing_zeros(const struct rs_ip *ip)
{
	unsigned bits = bits_of(ip), zeros = 0;

	while (zeros < bits && (ip->bytes[(bits - 1 - zeros) / 8] >> (zeros % 8) & 1) == 0)
		zeros++;
	return zeros;
}

int rs_range_to_nets(const struct rs_ip *first, const struct rs_ip *last,
		     int (*emit)(const struct rs_net *net, void *context), void *context)
{
	struct rs_net net = { .ip = *first };
	struct rs_ip end;
	unsigned bits = bits_of(first);

	if (first->family != last->family ||
	    memcmp(first->bytes, last->bytes, sizeof(first->bytes)) > 0)
		return -1;
	for (;;) {
		int ret;

		/* The largest network that begins here and does not go beyond last. */
		net.prefix = (uint8_t)(bits - trailing_zeros(&net.ip));
		for (;; net.prefix++) {
			last_of(&net, &end);
			if (memcmp(end.bytes, last->bytes, sizeof(end.bytes)) <= 0)
				break;
		}
		ret = emit(&net, context);
		if (ret != 0)
			return ret;
		if (rs_ip_equal(&end, last))
			return 0;
		net.ip = end;
		step(&net.ip);
	}
}

const struct rs_net rs_nat64_well_known = {
	.ip = { .family = AF_INET6, .bytes = { 0x00, 0x64, 0xff, 0x9b } },
	.prefix = 96,
};

bool rs_nat64_prefix_valid(const struct rs_net *prefix)
{
	static const uint8_t lengths[] = { 32, 40, 48, 56, 64, 96 };

	return prefix->ip.family == AF_INET6 &&
	       memchr(lengths, prefix->prefix, sizeof(lengths)) != NULL;
}

bool rs_nat64_extract(const struct rs_net *prefix, struct rs_ip *ip)
{
	struct rs_ip v4 = { .family = AF_INET };
	unsigned from = prefix->prefix / 8;

	if (!rs_nat64_prefix_valid(prefix) || !rs_net_contains(prefix, ip))
		return false;
	for (unsigned i = 0; i < 4; i++, from++) {
		if (from == 8)
			from++;
		v4.bytes[i] = ip->bytes[from];
	}
	*ip = v4;
	return true;
}

/* SPDX-License-Identifier: MIT */
#include <relaysentry/nettable.h>

#include <stdlib.h>
#include <string.h>

/* An address's first bits lead to the intervals that can hold it. */
#define HEAD_BITS 16U
#define HEADS (1U << HEAD_BITS)

/* From an address on, up to the next interval's. */
struct from4 {
	uint32_t first;
	uint32_t match; /* index of matches */
};

struct from6 {
	uint64_t hi, lo;
	uint32_t match;
};

struct rs_nettable {
	const struct rs_relaydb *db;
	const struct rs_match **matches; /* the first one is NULL: no relay */
	size_t match_count;
	/* Sorted; the first one is that of the lowest address. */
	struct from4 *ipv4;
	size_t ipv4_count;
	struct from6 *ipv6;
	size_t ipv6_count;
	/* The last interval that begins at or before the head. */
	uint32_t heads[HEADS + 1], heads6[HEADS + 1];
	size_t ipv4_room, ipv6_room, match_room;
};

/* --- making --- */

static uint64_t word(const uint8_t *bytes)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < 8; i++)
		value = value << 8 | bytes[i];
	return value;
}

static uint32_t address4(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
	       bytes[3];
}

/* The items with room for one more; NULL when memory is short, then they stay as they
 * were. */
static void *grown(void *items, size_t count, size_t *room, size_t size)
{
	size_t more = *room == 0 ? 256 : 2 * *room;

	if (count < *room)
		return items;
	items = reallocarray(items, more, size);
	if (items != NULL)
		*room = more;
	return items;
}

/* What begins here; an interval that began at the same address is empty. */
static int begin4(struct rs_nettable *table, uint32_t first, uint32_t match)
{
	struct from4 *last = table->ipv4_count > 0 ? &table->ipv4[table->ipv4_count - 1] : NULL;

	if (last != NULL && last->first == first) {
		last->match = match;
		return 0;
	}
	if (last != NULL && last->match == match)
		return 0;
	last = grown(table->ipv4, table->ipv4_count, &table->ipv4_room, sizeof(*last));
	if (last == NULL)
		return -1;
	table->ipv4 = last;
	table->ipv4[table->ipv4_count++] = (struct from4){ first, match };
	return 0;
}

static int begin6(struct rs_nettable *table, uint64_t hi, uint64_t lo, uint32_t match)
{
	struct from6 *last = table->ipv6_count > 0 ? &table->ipv6[table->ipv6_count - 1] : NULL;

	if (last != NULL && last->hi == hi && last->lo == lo) {
		last->match = match;
		return 0;
	}
	if (last != NULL && last->match == match)
		return 0;
	last = grown(table->ipv6, table->ipv6_count, &table->ipv6_room, sizeof(*last));
	if (last == NULL)
		return -1;
	table->ipv6 = last;
	table->ipv6[table->ipv6_count++] = (struct from6){ hi, lo, match };
	return 0;
}

/* The network's match, and none from behind it on. The walk is in order, so what follows
 * there replaces that. */
static int add_net4(struct rs_nettable *table, const struct rs_net *net, uint32_t match)
{
	uint32_t first = address4(net->ip.bytes);
	uint64_t end = first + (UINT64_C(1) << (32 - net->prefix));

	if (begin4(table, first, match) < 0)
		return -1;
	return end <= UINT32_MAX ? begin4(table, (uint32_t)end, 0) : 0;
}

static int add_net6(struct rs_nettable *table, const struct rs_net *net, uint32_t match)
{
	uint64_t hi = word(net->ip.bytes), lo = word(net->ip.bytes + 8);
	uint64_t end_hi = hi, end_lo;

	if (net->prefix <= 64) {
		/* The whole space has no end, and a shift by 64 is none. */
		end_hi = net->prefix == 0 ? 0 : hi + (UINT64_C(1) << (64 - net->prefix));
		end_lo = 0;
	} else {
		end_lo = lo + (UINT64_C(1) << (128 - net->prefix));
		end_hi += end_lo == 0 ? 1 : 0;
	}
	if (begin6(table, hi, lo, match) < 0)
		return -1;
	return end_hi == 0 && end_lo == 0 ? 0 : begin6(table, end_hi, end_lo, 0);
}

static int add_match(struct rs_nettable *table, const struct rs_match *match)
{
	const struct rs_match **matches =
		grown(table->matches, table->match_count, &table->match_room, sizeof(*matches));

	if (matches == NULL)
		return -1;
	table->matches = matches;
	table->matches[table->match_count++] = match;
	return 0;
}

static int add_net(const struct rs_net *net, const struct rs_match *match, void *context)
{
	struct rs_nettable *table = context;

	/* Neighbours often have the same one. */
	if (table->matches[table->match_count - 1] != match && add_match(table, match) < 0)
		return -1;
	return net->ip.family == AF_INET ? add_net4(table, net, (uint32_t)table->match_count - 1)
					 : add_net6(table, net, (uint32_t)table->match_count - 1);
}

static bool begins_by(const struct from6 *from, uint64_t hi)
{
	return from->hi < hi || (from->hi == hi && from->lo == 0);
}

static void fill_heads(struct rs_nettable *table)
{
	size_t at = 0, at6 = 0;

	for (uint32_t head = 0; head <= HEADS; head++) {
		uint64_t first = (uint64_t)head << (32 - HEAD_BITS);

		while (at + 1 < table->ipv4_count && table->ipv4[at + 1].first <= first)
			at++;
		table->heads[head] = (uint32_t)at;
		/* Behind the last head there is no address. */
		while (at6 + 1 < table->ipv6_count &&
		       (head == HEADS ||
			begins_by(&table->ipv6[at6 + 1], (uint64_t)head << (64 - HEAD_BITS))))
			at6++;
		table->heads6[head] = (uint32_t)at6;
	}
}

struct rs_nettable *rs_nettable_new(const struct rs_relaydb *db)
{
	struct rs_nettable *table = calloc(1, sizeof(*table));

	if (table == NULL)
		return NULL;
	table->db = db;
	if (begin4(table, 0, 0) < 0 || begin6(table, 0, 0, 0) < 0 || add_match(table, NULL) < 0 ||
	    rs_relaydb_walk(db, add_net, table) != 0)
		goto failed;
	fill_heads(table);
	return table;
failed:
	rs_nettable_free(&table);
	return NULL;
}

void rs_nettable_free(struct rs_nettable **_table)
{
	struct rs_nettable *table = *_table;

	*_table = NULL;
	if (table == NULL)
		return;
	free(table->matches);
	free(table->ipv4);
	free(table->ipv6);
	free(table);
}

/* --- asking --- */

/* The comparisons choose, and nothing is jumped over: where an address lies is chance, and
 * the processor would guess wrong each second time. */
static const struct rs_match *find4(const struct rs_nettable *table, uint32_t address)
{
	uint32_t head = address >> (32 - HEAD_BITS);
	const struct from4 *from = table->ipv4 + table->heads[head];
	size_t count = table->heads[head + 1] - table->heads[head] + 1;

	while (count > 1) {
		size_t half = count / 2;

		from = from[half].first <= address ? from + half : from;
		count -= half;
	}
	return table->matches[from->match];
}

static const struct rs_match *find6(const struct rs_nettable *table, uint64_t hi, uint64_t lo)
{
	uint32_t head = (uint32_t)(hi >> (64 - HEAD_BITS));
	const struct from6 *from = table->ipv6 + table->heads6[head];
	size_t count = table->heads6[head + 1] - table->heads6[head] + 1;

	while (count > 1) {
		size_t half = count / 2;
		const struct from6 *middle = from + half;
		bool behind = middle->hi < hi || (middle->hi == hi && middle->lo <= lo);

		from = behind ? middle : from;
		count -= half;
	}
	return table->matches[from->match];
}

static uint32_t head_of(const struct rs_ip *ip)
{
	return (uint32_t)ip->bytes[0] << 8 | ip->bytes[1];
}

void rs_nettable_fetch_head(const struct rs_nettable *table, const struct rs_ip *ip)
{
	if (ip->family == AF_INET)
		__builtin_prefetch(&table->heads[head_of(ip)]);
}

void rs_nettable_fetch(const struct rs_nettable *table, const struct rs_ip *ip)
{
	if (ip->family == AF_INET)
		__builtin_prefetch(&table->ipv4[table->heads[head_of(ip)]]);
}

const struct rs_match *rs_nettable_find(const struct rs_nettable *table, const struct rs_ip *ip)
{
	const struct rs_match *match;
	struct rs_ip within = *ip;
	uint64_t hi;

	if (ip->family == AF_INET)
		return find4(table, address4(ip->bytes));
	if (ip->family != AF_INET6)
		return NULL;
	if (rs_nat64_extract(&rs_nat64_well_known, &within))
		return find4(table, address4(within.bytes));
	hi = word(ip->bytes);
	/* 6to4 (RFC 3056) is the database's: it is rare, and an alias. */
	if (hi >> 48 == 0x2002)
		return rs_relaydb_lookup(table->db, ip, &match) == 1 ? match : NULL;
	return find6(table, hi, word(ip->bytes + 8));
}

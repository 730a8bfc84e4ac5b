/* SPDX-License-Identifier: MIT */
#include "relaydb-reader.h"

#include <endian.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Between the search tree and the data section; values count from its begin. */
#define SEPARATOR_SIZE 16U
#define IPV4_DEPTH 96U
#define MAX_DEPTH 128U

/* Instead of a place. */
#define NOWHERE UINT32_MAX

#define MAPPED_LO 0xffff00000000ULL
#define SIX_TO_FOUR_HI (0x2002ULL << 48)
#define SIX_TO_FOUR_DEPTH 16U

/* Eight bytes may be read of every node: the separator stands behind the last. */
static inline uint64_t read_64(const unsigned char *p)
{
	uint64_t value;

	memcpy(&value, p, sizeof(value));
	return be64toh(value);
}

static inline void read_node(const unsigned char *tree, size_t node, unsigned record_size,
			     uint32_t sides_r[2])
{
	uint64_t bits = read_64(tree + node * (record_size / 4));

	switch (record_size) {
	case 24:
		sides_r[0] = (uint32_t)(bits >> 40);
		sides_r[1] = (uint32_t)(bits >> 16) & 0xffffff;
		break;
	case 28:
		/* The byte in the middle has the four high bits of both. */
		sides_r[0] = (uint32_t)(bits >> 40 | (bits >> 36 & 0xf) << 24);
		sides_r[1] = (uint32_t)(bits >> 8) & 0xfffffff;
		break;
	default:
		sides_r[0] = (uint32_t)(bits >> 32);
		sides_r[1] = (uint32_t)bits;
	}
}

/* Follows the first depth bits of an address in the file. Returns the value
 * there, and where it stands (2 * node + side) in *at_r; node_count when the
 * way ends before. */
static uint32_t follow(const struct rs_relaydb_loader *l, uint64_t hi, uint64_t lo, unsigned depth,
		       uint32_t *at_r)
{
	const struct rs_relaydb_info *info = &l->db->info;
	uint32_t node = 0, sides[2];

	*at_r = 0;
	for (unsigned i = 0; i < depth; i++) {
		unsigned side = (i < 64 ? hi >> (63 - i) : lo >> (127 - i)) & 1;

		if (node >= info->node_count)
			return info->node_count;
		read_node(l->tree, node, info->record_size, sides);
		*at_r = 2 * node + side;
		node = sides[side];
	}
	return node;
}

static bool is_alias(const struct rs_relaydb *db, uint32_t at)
{
	/* 0 stands for no alias; it is the left side of the root, which is none. */
	return at != 0 && (at == db->alias_mapped || at == db->alias_6to4);
}

/* *ipv4_at_r is the place of ::/96, NOWHERE when nothing is there. */
static int find_aliases(struct rs_relaydb_loader *l, uint32_t *ipv4_at_r)
{
	struct rs_relaydb *db = l->db;
	uint32_t ipv4 = follow(l, 0, 0, IPV4_DEPTH, ipv4_at_r);
	uint32_t mapped = follow(l, 0, MAPPED_LO, IPV4_DEPTH, &db->alias_mapped);
	uint32_t six_to_four = follow(l, SIX_TO_FOUR_HI, 0, SIX_TO_FOUR_DEPTH, &db->alias_6to4);

	if (ipv4 == db->info.node_count) {
		db->alias_mapped = db->alias_6to4 = 0;
		*ipv4_at_r = NOWHERE;
		return 0;
	}
	if (mapped != ipv4)
		return rs_relaydb_refuse(l, "::ffff:0:0/96 does not lead to the IPv4 networks");
	if (six_to_four != ipv4)
		return rs_relaydb_refuse(l, "2002::/16 does not lead to the IPv4 networks");
	return 0;
}

static int bad_side(const struct rs_relaydb_loader *l, uint32_t at, uint32_t value)
{
	if (value >= l->db->info.node_count)
		return rs_relaydb_refuse(
			l, "node %" PRIu32 " of the search tree leads out of the data", at / 2);
	return rs_relaydb_refuse(l,
				 "node %" PRIu32 " of the search tree leads to node %" PRIu32
				 ", which has another place",
				 at / 2, value);
}

static int bad_place(const struct rs_relaydb_loader *l, uint32_t index, uint64_t hi, uint64_t lo)
{
	struct rs_ip ip = { 0 };
	char text[RS_IP_STRLEN];
	uint8_t bytes[16];

	for (unsigned i = 0; i < 8; i++) {
		bytes[i] = (uint8_t)(hi >> (56 - 8 * i));
		bytes[8 + i] = (uint8_t)(lo >> (56 - 8 * i));
	}
	if (hi == 0 && lo >> 32 == 0)
		rs_ip_from_bytes(&ip, AF_INET, bytes + 12);
	else
		rs_ip_from_bytes(&ip, AF_INET6, bytes);
	return rs_relaydb_refuse(l, "the record at %s has the network %s", rs_ip_format(&ip, text),
				 l->db->matches[index].covers[0].network);
}

/* A side of a node: its value in the file, where it stands, and which addresses
 * are below it. */
struct side {
	uint64_t hi, lo;
	uint32_t value, at; /* 2 * node + side */
	unsigned depth;
};

static inline struct side side_below(const struct side *here, uint32_t node,
				     const uint32_t sides[2], bool right)
{
	struct side below = *here;

	below.value = right ? sides[1] : sides[0];
	below.at = 2 * node + right;
	below.depth++;
	if (here->depth < 64)
		below.hi |= (uint64_t)right << (63 - here->depth);
	else
		below.lo |= (uint64_t)right << (127 - here->depth);
	return below;
}

/* Reads a side that leads to a record. */
static inline int read_leaf(struct rs_relaydb_loader *l, struct rs_reader *r,
			    const struct side *here)
{
	uint32_t offset = here->value - l->db->info.node_count;
	const struct rs_known_match *match;

	if (offset < SEPARATOR_SIZE || offset - SEPARATOR_SIZE >= l->data_size)
		return bad_side(l, here->at, here->value);
	match = rs_read_match(r, offset - SEPARATOR_SIZE);
	if (match == NULL)
		return -1;
	l->db->nodes[here->at] = RS_LEAF | match->index;
	if ((match->place.prefix <= here->depth &&
	     rs_place_within(&match->place, here->hi, here->lo)) ||
	    is_alias(l->db, here->at))
		return 0;
	return bad_place(l, match->index, here->hi, here->lo);
}

/* Goes down from here, always to the left; the right sides are put on the
 * stack. Most sides lead to nothing: those are passed by at once. *next is the
 * node that no side has led to yet. */
static inline int descend(struct rs_relaydb_loader *l, struct rs_reader *r, struct side here,
			  struct side *stack, unsigned *used, uint32_t *next)
{
	const uint32_t count = l->db->info.node_count;
	uint32_t *nodes = l->db->nodes, sides[2];

	while (here.value < count) {
		uint32_t node = *next;
		bool right;

		nodes[here.at] = here.value;
		if (is_alias(l->db, here.at))
			return 0;
		if (here.value != node)
			return bad_side(l, here.at, here.value);
		if (here.depth == MAX_DEPTH)
			return rs_relaydb_refuse(l, "the search tree is deeper than 128 bits");
		*next = node + 1;
		read_node(l->tree, node, l->db->info.record_size, sides);
		nodes[2 * (size_t)node] = nodes[2 * (size_t)node + 1] = RS_LEAF;
		right = sides[0] == count;
		if (!right && sides[1] != count)
			stack[(*used)++] = side_below(&here, node, sides, true);
		here = side_below(&here, node, sides, right);
	}
	return here.value == count ? 0 : read_leaf(l, r, &here);
}

int rs_relaydb_read_tree(struct rs_relaydb_loader *l, struct rs_reader *r)
{
	struct rs_relaydb *db = l->db;
	size_t count = db->info.node_count, size = count * 2 * sizeof(*db->nodes);
	struct side stack[MAX_DEPTH + 1];
	uint32_t sides[2], ipv4_at, next = 1;
	const struct side root = { 0 };
	unsigned used = 0;

	db->nodes = malloc(size);
	if (db->nodes == NULL)
		return rs_reader_no_memory(r);
	rs_large_pages(db->nodes, size);
	if (find_aliases(l, &ipv4_at) < 0)
		return -1;
	read_node(l->tree, 0, db->info.record_size, sides);
	db->nodes[0] = db->nodes[1] = RS_LEAF;
	stack[used++] = side_below(&root, 0, sides, true);
	stack[used++] = side_below(&root, 0, sides, false);
	while (used > 0) {
		struct side here = stack[--used];

		if (descend(l, r, here, stack, &used, &next) < 0)
			return -1;
	}
	if (next != count)
		return rs_relaydb_refuse(l, "%zu nodes of the search tree are not reached",
					 count - next);
	db->ipv4 = ipv4_at == NOWHERE ? RS_LEAF : db->nodes[ipv4_at];
	return 0;
}

/* Fills count places from first with what lies below value. */
static void fill(const uint32_t *nodes, uint32_t *table, uint32_t first, uint32_t count,
		 uint32_t value)
{
	if (count == 1 || (value & RS_LEAF) != 0) {
		for (uint32_t i = 0; i < count; i++)
			table[first + i] = value;
		return;
	}
	fill(nodes, table, first, count / 2, nodes[2 * (size_t)value]);
	fill(nodes, table, first + count / 2, count / 2, nodes[2 * (size_t)value + 1]);
}

int rs_relaydb_fill_tables(struct rs_relaydb *db)
{
	uint32_t count = 1U << RS_TABLE_BITS;

	db->ipv4_table = malloc(count * sizeof(*db->ipv4_table));
	db->ipv6_table = malloc(count * sizeof(*db->ipv6_table));
	if (db->ipv4_table == NULL || db->ipv6_table == NULL)
		return -1;
	fill(db->nodes, db->ipv4_table, 0, count, db->ipv4);
	fill(db->nodes, db->ipv6_table, 0, count, 0);
	return 0;
}

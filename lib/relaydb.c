/* SPDX-License-Identifier: MIT */
#include "nearest.h"
#include "relaydb-internal.h"

#include <stdlib.h>
#include <string.h>

void rs_relaydb_free(struct rs_relaydb **db)
{
	if (*db == NULL)
		return;
	rs_arena_clear(&(*db)->arena);
	free((*db)->relays);
	free((*db)->ipv4_table);
	free((*db)->ipv6_table);
	free((*db)->matches);
	free((*db)->nodes);
	free(*db);
	*db = NULL;
}

static inline uint64_t read_64(const uint8_t *p)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < 8; i++)
		value = value << 8 | p[i];
	return value;
}

/* Follows the bits of key, the highest first, as long as there are nodes; the
 * tree is no deeper than the bits that are left. */
static inline uint32_t follow(const uint32_t *nodes, uint32_t value, uint64_t key, unsigned bits)
{
	while ((value & RS_LEAF) == 0 && bits-- > 0) {
		value = nodes[2 * (size_t)value + (key >> 63)];
		key <<= 1;
	}
	return value;
}

int rs_relaydb_lookup(const struct rs_relaydb *db, const struct rs_ip *ip,
		      const struct rs_match **match_r)
{
	uint64_t key = read_64(ip->bytes);
	uint32_t value;

	if (ip->family == AF_INET) {
		value = db->ipv4_table[key >> (64 - RS_TABLE_BITS)];
		value = follow(db->nodes, value, key << RS_TABLE_BITS, 32 - RS_TABLE_BITS);
	} else if (ip->family == AF_INET6) {
		value = db->ipv6_table[key >> (64 - RS_TABLE_BITS)];
		value = follow(db->nodes, value, key << RS_TABLE_BITS, 64 - RS_TABLE_BITS);
		value = follow(db->nodes, value, read_64(ip->bytes + 8), 64);
	} else {
		return 0;
	}
	if (value == RS_LEAF)
		return 0;
	*match_r = &db->matches[value & ~RS_LEAF];
	return 1;
}

size_t rs_relaydb_relay_count(const struct rs_relaydb *db)
{
	return db->relay_count;
}

const struct rs_relay *rs_relaydb_relay(const struct rs_relaydb *db, size_t index)
{
	return db->relays[index];
}

const struct rs_relay *rs_relaydb_find(const struct rs_relaydb *db, const char *id)
{
	size_t first = 0, end = db->relay_count;

	while (first < end) {
		size_t middle = first + (end - first) / 2;
		int order = strcmp(id, db->relays[middle]->id);

		if (order == 0)
			return db->relays[middle];
		if (order < 0)
			end = middle;
		else
			first = middle + 1;
	}
	return NULL;
}

const struct rs_relay *rs_relaydb_nearest(const struct rs_relaydb *db, const char *id)
{
	const char **ids = calloc(db->relay_count + 1, sizeof(*ids));
	const char *near;

	if (ids == NULL)
		return NULL;
	for (size_t i = 0; i < db->relay_count; i++)
		ids[i] = db->relays[i]->id;
	near = rs_nearest(id, ids, db->relay_count);
	free(ids);
	return near != NULL ? rs_relaydb_find(db, near) : NULL;
}

void rs_relaydb_info(const struct rs_relaydb *db, struct rs_relaydb_info *info_r)
{
	*info_r = db->info;
}

struct walk {
	const struct rs_relaydb *db;
	int (*emit)(const struct rs_net *net, const struct rs_match *match, void *context);
	void *context;
};

static int emit_place(const struct walk *walk, const struct rs_match *match,
		      const uint8_t bytes[16], unsigned depth)
{
	static const uint8_t ipv4[12];
	struct rs_net net = { .prefix = (uint8_t)depth };

	net.ip.family = AF_INET6;
	if (depth >= 96 && memcmp(bytes, ipv4, sizeof(ipv4)) == 0) {
		net.ip.family = AF_INET;
		net.prefix = (uint8_t)(depth - 96);
		memcpy(net.ip.bytes, bytes + 12, 4);
	} else {
		memcpy(net.ip.bytes, bytes, 16);
	}
	return walk->emit(&net, match, walk->context);
}

/* Recursion ends at depth 128. */
static int walk_below(const struct walk *walk, uint32_t at, uint8_t bytes[16], unsigned depth)
{
	const struct rs_relaydb *db = walk->db;
	uint32_t value = db->nodes[at];
	uint8_t bit = (uint8_t)(0x80U >> depth % 8);
	int ret;

	if (value == RS_LEAF || (at != 0 && (at == db->alias_mapped || at == db->alias_6to4)))
		return 0;
	if ((value & RS_LEAF) != 0)
		return emit_place(walk, &db->matches[value & ~RS_LEAF], bytes, depth);
	ret = walk_below(walk, 2 * value, bytes, depth + 1);
	if (ret != 0)
		return ret;
	bytes[depth / 8] |= bit;
	ret = walk_below(walk, 2 * value + 1, bytes, depth + 1);
	bytes[depth / 8] &= (uint8_t)~bit;
	return ret;
}

int rs_relaydb_walk(const struct rs_relaydb *db,
		    int (*emit)(const struct rs_net *net, const struct rs_match *match,
				void *context),
		    void *context)
{
	struct walk walk = { db, emit, context };
	uint8_t bytes[16] = { 0 };
	int ret = walk_below(&walk, 0, bytes, 1);

	if (ret != 0)
		return ret;
	bytes[0] = 0x80;
	return walk_below(&walk, 1, bytes, 1);
}

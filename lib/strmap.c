/* SPDX-License-Identifier: MIT */
#include "strmap.h"

#include <stdlib.h>
#include <string.h>

struct rs_strmap_slot {
	const char *key; /* NULL: free */
	size_t len;
	uint64_t hash;
	uint32_t value;
};

uint64_t rs_fnv1a(uint64_t hash, const void *data, size_t len)
{
	const unsigned char *bytes = data;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ bytes[i]) * 0x100000001b3ULL;
	return hash;
}

/* The slot of the key, or the free one where it belongs. There is always a free one. */
static struct rs_strmap_slot *find(const struct rs_strmap *map, uint64_t hash, const char *key,
				   size_t len)
{
	size_t i = (hash ^ hash >> 32) & (map->room - 1);

	for (;;) {
		struct rs_strmap_slot *slot = &map->slots[i];

		if (slot->key == NULL ||
		    (slot->hash == hash && slot->len == len && memcmp(slot->key, key, len) == 0))
			return slot;
		i = (i + 1) & (map->room - 1);
	}
}

static int grow(struct rs_strmap *map)
{
	struct rs_strmap bigger = { .count = map->count, .room = map->room ? map->room * 2 : 64 };

	bigger.slots = calloc(bigger.room, sizeof(*bigger.slots));
	if (bigger.slots == NULL)
		return -1;
	for (size_t i = 0; i < map->room; i++) {
		const struct rs_strmap_slot *slot = &map->slots[i];

		if (slot->key != NULL)
			*find(&bigger, slot->hash, slot->key, slot->len) = *slot;
	}
	free(map->slots);
	*map = bigger;
	return 0;
}

int rs_strmap_put(struct rs_strmap *map, const char *key, size_t len, uint32_t value)
{
	/* At most half full, so that searches stay short. */
	if (map->count >= map->room / 2 && grow(map) < 0)
		return -1;
	uint64_t hash = rs_fnv1a(RS_FNV_BEGIN, key, len);
	struct rs_strmap_slot *slot = find(map, hash, key, len);

	if (slot->key == NULL)
		map->count++;
	*slot = (struct rs_strmap_slot){ key, len, hash, value };
	return 0;
}

bool rs_strmap_get(const struct rs_strmap *map, const char *key, size_t len, uint32_t *value_r)
{
	if (map->count == 0)
		return false;
	const struct rs_strmap_slot *slot = find(map, rs_fnv1a(RS_FNV_BEGIN, key, len), key, len);

	if (slot->key == NULL)
		return false;
	*value_r = slot->value;
	return true;
}

void rs_strmap_clear(struct rs_strmap *map)
{
	free(map->slots);
	*map = (struct rs_strmap){ 0 };
}

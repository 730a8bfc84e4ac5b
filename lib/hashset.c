/* SPDX-License-Identifier: MIT */
#include "hashset.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

void rs_hash_key(unsigned char key_r[RS_SIPHASH_KEY_SIZE])
{
	if (getrandom(key_r, RS_SIPHASH_KEY_SIZE, 0) != RS_SIPHASH_KEY_SIZE)
		memset(key_r, 0, RS_SIPHASH_KEY_SIZE);
}

static uint64_t hash_of(const struct rs_hashset *set, const void *key)
{
	return rs_siphash13(set->hash_key, key, set->key_size);
}

/* Three quarters are full at most. */
static int grow_slots(struct rs_hashset *set)
{
	size_t count = set->slot_count == 0 ? 64 : 2 * set->slot_count;
	uint32_t *slots;

	if (4 * (set->count + 1) <= 3 * set->slot_count)
		return 0;
	slots = calloc(count, sizeof(*slots));
	if (slots == NULL)
		return -1;
	if (set->slot_count == 0)
		rs_hash_key(set->hash_key);
	for (size_t i = 0; i < set->count; i++) {
		size_t at = hash_of(set, set->items + i * set->size) & (count - 1);

		while (slots[at] != 0)
			at = (at + 1) & (count - 1);
		slots[at] = (uint32_t)i + 1;
	}
	free(set->slots);
	set->slots = slots;
	set->slot_count = count;
	return 0;
}

static int grow_items(struct rs_hashset *set)
{
	size_t room = set->room == 0 ? 32 : set->room + set->room / 2;
	unsigned char *items;

	if (set->count < set->room)
		return 0;
	if (set->count >= UINT32_MAX - 1)
		return -1;
	items = reallocarray(set->items, room, set->size);
	if (items == NULL)
		return -1;
	set->items = items;
	set->room = room;
	return 0;
}

int rs_hashset_add(struct rs_hashset *set, const void *key, void **item_r)
{
	unsigned char *item;
	size_t at;

	if (grow_slots(set) < 0 || grow_items(set) < 0)
		return -1;
	at = hash_of(set, key) & (set->slot_count - 1);
	for (; set->slots[at] != 0; at = (at + 1) & (set->slot_count - 1)) {
		item = set->items + (set->slots[at] - 1) * set->size;
		if (memcmp(item, key, set->key_size) == 0) {
			*item_r = item;
			return 0;
		}
	}
	item = set->items + set->count * set->size;
	memset(item, 0, set->size);
	memcpy(item, key, set->key_size);
	set->slots[at] = (uint32_t)++set->count;
	*item_r = item;
	return 1;
}

void rs_hashset_free(struct rs_hashset *set)
{
	free(set->items);
	free(set->slots);
	set->items = NULL;
	set->slots = NULL;
	set->count = set->room = set->slot_count = 0;
}

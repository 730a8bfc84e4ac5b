/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_LIB_HASHSET_H
#define RELAYSENTRY_LIB_HASHSET_H

/* Items of one size that are found by their first bytes, kept in the order in which they
 * were added. */

#include <relaysentry/siphash.h>

#include <stddef.h>
#include <stdint.h>

/* A key for a hash over what comes from outside: nobody must be able to make them meet in one
 * slot. */
void rs_hash_key(unsigned char key_r[RS_SIPHASH_KEY_SIZE]);

/* Set size and key_size, 0 the rest. */
struct rs_hashset {
	size_t size;	 /* of an item */
	size_t key_size; /* of what it begins with; without padding */
	unsigned char *items;
	size_t count, room;
	uint32_t *slots; /* from 1; 0: empty */
	size_t slot_count;
	unsigned char hash_key[RS_SIPHASH_KEY_SIZE];
};

/* Finds the item with this key, or adds one that is 0 behind its key. *item_r dies with the
 * next one that is added. Returns 1 when it was added, 0, -1 when memory is short. */
int rs_hashset_add(struct rs_hashset *set, const void *key, void **item_r);
void rs_hashset_free(struct rs_hashset *set);

#endif

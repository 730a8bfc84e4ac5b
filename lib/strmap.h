/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_LIB_STRMAP_H
#define RELAYSENTRY_LIB_STRMAP_H

/* A hash table from strings to numbers, found in constant time. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zero-initialise. Keys are not copied and must outlive the map. */
struct rs_strmap {
	struct rs_strmap_slot *slots;
	size_t count, room; /* room is a power of two, or 0 */
};

/* FNV-1a, 64 bits (draft-eastlake-fnv), going on from hash. */
#define RS_FNV_BEGIN 0xcbf29ce484222325ULL
uint64_t rs_fnv1a(uint64_t hash, const void *data, size_t len);

/* Adds the key, or gives it a new value. Returns 0; -1 when memory is short. */
int rs_strmap_put(struct rs_strmap *map, const char *key, size_t len, uint32_t value);
bool rs_strmap_get(const struct rs_strmap *map, const char *key, size_t len, uint32_t *value_r);
void rs_strmap_clear(struct rs_strmap *map);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef RS_LRU_H
#define RS_LRU_H

/* Records under a text, in bounded memory: when there is no room for a new one,
 * those leave that were not touched for longest. All is done in constant time,
 * but for what leaves. */

#include <stddef.h>
#include <stdint.h>

/* Stands first in a record. */
struct rs_lru_item {
	struct rs_lru_item *chain; /* the next one of the same hash */
	struct rs_lru_item *older, *newer;
	uint32_t hash;
	uint32_t size; /* bytes of memory */
};

struct rs_lru;

/* The record leaves and is freed: drop what hangs on it. */
typedef void rs_lru_drop(struct rs_lru_item *item, void *context);

/* record_size: of the whole record. At most count_max of them are kept (over 0), in
 * at most bytes_max bytes with their texts and what they weigh besides; one is kept
 * in any case. */
struct rs_lru *rs_lru_new(size_t record_size, size_t count_max, size_t bytes_max, rs_lru_drop *drop,
			  void *context);
void rs_lru_free(struct rs_lru **lru);
/* Other bounds. Takes as long as there are records. */
void rs_lru_limit(struct rs_lru *lru, size_t count_max, size_t bytes_max);

size_t rs_lru_count(const struct rs_lru *lru);
/* Returns NULL when there is none. */
struct rs_lru_item *rs_lru_find(const struct rs_lru *lru, const char *text);
/* A new record, all zero, as the newest. The text has none yet. */
struct rs_lru_item *rs_lru_add(struct rs_lru *lru, const char *text);
/* NULL: there is no record. */
struct rs_lru_item *rs_lru_oldest(const struct rs_lru *lru);
const char *rs_lru_text(const struct rs_lru *lru, const struct rs_lru_item *item);
/* Makes it the newest. */
void rs_lru_touch(struct rs_lru *lru, struct rs_lru_item *item);
/* So many bytes hang on the newest record; those that it weighed before count no
 * more. */
void rs_lru_weigh(struct rs_lru *lru, struct rs_lru_item *item, size_t bytes);
void rs_lru_remove(struct rs_lru *lru, struct rs_lru_item *item);

#endif

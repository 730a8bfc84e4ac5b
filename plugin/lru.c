/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "lru.h"

#include "randgen.h"

#include <relaysentry/siphash.h>

/* malloc() takes one size besides, in steps. */
#define RS_LRU_MALLOC_STEP 16

struct rs_lru {
	struct rs_lru_item **table;
	size_t table_size; /* a power of two */
	struct rs_lru_item *oldest, *newest;
	size_t record_size;
	size_t count, count_max;
	size_t bytes, bytes_max;
	rs_lru_drop *drop;
	void *context;
	unsigned char key[RS_SIPHASH_KEY_SIZE];
};

/* As large as it will ever be: while a login waits, nothing is moved. What is not
 * used of it costs no memory. */
static void rs_lru_table(struct rs_lru *lru)
{
	size_t size = 16;

	while (size < lru->count_max)
		size *= 2;
	i_free(lru->table);
	lru->table = i_new(struct rs_lru_item *, size);
	lru->table_size = size;
}

struct rs_lru *rs_lru_new(size_t record_size, size_t count_max, size_t bytes_max, rs_lru_drop *drop,
			  void *context)
{
	struct rs_lru *lru = i_new(struct rs_lru, 1);

	lru->record_size = record_size;
	lru->count_max = count_max;
	lru->bytes_max = bytes_max;
	lru->drop = drop;
	lru->context = context;
	random_fill(lru->key, sizeof(lru->key));
	rs_lru_table(lru);
	return lru;
}

static uint32_t rs_lru_hash(const struct rs_lru *lru, const char *text)
{
	return (uint32_t)rs_siphash(lru->key, text, strlen(text));
}

static struct rs_lru_item **rs_lru_slot(const struct rs_lru *lru, uint32_t hash)
{
	return &lru->table[hash & (lru->table_size - 1)];
}

const char *rs_lru_text(const struct rs_lru *lru, const struct rs_lru_item *item)
{
	return (const char *)item + lru->record_size;
}

struct rs_lru_item *rs_lru_oldest(const struct rs_lru *lru)
{
	return lru->oldest;
}

size_t rs_lru_count(const struct rs_lru *lru)
{
	return lru->count;
}

struct rs_lru_item *rs_lru_find(const struct rs_lru *lru, const char *text)
{
	uint32_t hash = rs_lru_hash(lru, text);
	struct rs_lru_item *item = *rs_lru_slot(lru, hash);

	while (item != NULL && (item->hash != hash || strcmp(rs_lru_text(lru, item), text) != 0))
		item = item->chain;
	return item;
}

static void rs_lru_unlink(struct rs_lru *lru, struct rs_lru_item *item)
{
	if (item->older != NULL)
		item->older->newer = item->newer;
	else
		lru->oldest = item->newer;
	if (item->newer != NULL)
		item->newer->older = item->older;
	else
		lru->newest = item->older;
	item->older = item->newer = NULL;
}

static void rs_lru_append(struct rs_lru *lru, struct rs_lru_item *item)
{
	item->older = lru->newest;
	if (lru->newest != NULL)
		lru->newest->newer = item;
	else
		lru->oldest = item;
	lru->newest = item;
}

void rs_lru_remove(struct rs_lru *lru, struct rs_lru_item *item)
{
	struct rs_lru_item **link = rs_lru_slot(lru, item->hash);

	while (*link != item)
		link = &(*link)->chain;
	*link = item->chain;
	rs_lru_unlink(lru, item);
	lru->count--;
	lru->bytes -= item->size;
	lru->drop(item, lru->context);
	i_free(item);
}

/* Never the newest: somebody is about to use it. */
static void rs_lru_shrink(struct rs_lru *lru)
{
	while (lru->count > 1 && (lru->count > lru->count_max || lru->bytes > lru->bytes_max))
		rs_lru_remove(lru, lru->oldest);
}

struct rs_lru_item *rs_lru_add(struct rs_lru *lru, const char *text)
{
	size_t size = lru->record_size + strlen(text) + 1;
	struct rs_lru_item *item = i_malloc(size), **slot;

	memcpy((char *)item + lru->record_size, text, size - lru->record_size);
	item->hash = rs_lru_hash(lru, text);
	slot = rs_lru_slot(lru, item->hash);
	item->chain = *slot;
	*slot = item;
	rs_lru_append(lru, item);
	lru->count++;
	rs_lru_weigh(lru, item, 0);
	return item;
}

void rs_lru_touch(struct rs_lru *lru, struct rs_lru_item *item)
{
	if (lru->newest == item)
		return;
	rs_lru_unlink(lru, item);
	rs_lru_append(lru, item);
}

void rs_lru_weigh(struct rs_lru *lru, struct rs_lru_item *item, size_t bytes)
{
	size_t own = lru->record_size + strlen(rs_lru_text(lru, item)) + 1 + sizeof(size_t);

	own = (own + RS_LRU_MALLOC_STEP - 1) / RS_LRU_MALLOC_STEP * RS_LRU_MALLOC_STEP;
	lru->bytes -= item->size;
	/* And a pointer in the table. */
	item->size = (uint32_t)(own + sizeof(void *) + bytes);
	lru->bytes += item->size;
	rs_lru_shrink(lru);
}

void rs_lru_limit(struct rs_lru *lru, size_t count_max, size_t bytes_max)
{
	struct rs_lru_item *item, **slot;

	if (count_max == lru->count_max && bytes_max == lru->bytes_max)
		return;
	lru->count_max = count_max;
	lru->bytes_max = bytes_max;
	rs_lru_shrink(lru);
	rs_lru_table(lru);
	for (item = lru->oldest; item != NULL; item = item->newer) {
		slot = rs_lru_slot(lru, item->hash);
		item->chain = *slot;
		*slot = item;
	}
}

void rs_lru_free(struct rs_lru **_lru)
{
	struct rs_lru *lru = *_lru;

	*_lru = NULL;
	if (lru == NULL)
		return;
	while (lru->oldest != NULL)
		rs_lru_remove(lru, lru->oldest);
	i_free(lru->table);
	i_free(lru);
}

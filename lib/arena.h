/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_LIB_ARENA_H
#define RELAYSENTRY_LIB_ARENA_H

/* Memory that is given back all at once. */

#include <stddef.h>

/* Zero-initialise. */
struct rs_arena {
	struct rs_arena_block *blocks;
};

/* size bytes set to 0, aligned for any type. NULL when memory is short. */
void *rs_arena_alloc(struct rs_arena *arena, size_t size);
/* A copy of len bytes, ended by NUL. NULL when memory is short. */
char *rs_arena_strndup(struct rs_arena *arena, const char *text, size_t len);
/* The same for a string. */
char *rs_arena_strdup(struct rs_arena *arena, const char *text);
/* Gives all memory back; the arena is then empty and usable. */
void rs_arena_clear(struct rs_arena *arena);

/* Asks for large pages for memory of malloc() that was not touched yet: where tens
 * of megabytes are filled, half of the time goes into page faults otherwise. NULL
 * is accepted. */
void rs_large_pages(void *memory, size_t size);

#endif

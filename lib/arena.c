/* SPDX-License-Identifier: MIT */
#include "arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Of the first block, and the most: small documents need little. */
#define FIRST_SIZE 1024U
#define BLOCK_SIZE 16384U
#define ALIGNMENT _Alignof(max_align_t)

#define LARGE_PAGE ((uintptr_t)2 << 20)

struct rs_arena_block {
	struct rs_arena_block *next;
	size_t used, size;
	_Alignas(max_align_t) unsigned char data[];
};

void *rs_arena_alloc(struct rs_arena *arena, size_t size)
{
	if (size > SIZE_MAX / 2)
		return NULL;
	size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	struct rs_arena_block *block = arena->blocks;

	if (block == NULL || block->size - block->used < size) {
		size_t room = block == NULL ? FIRST_SIZE : block->size * 2;

		if (room > BLOCK_SIZE)
			room = BLOCK_SIZE;
		if (room < size)
			room = size;
		block = calloc(1, sizeof(*block) + room);
		if (block == NULL)
			return NULL;
		block->size = room;
		block->next = arena->blocks;
		arena->blocks = block;
	}
	void *memory = block->data + block->used;

	block->used += size;
	return memory;
}

char *rs_arena_strndup(struct rs_arena *arena, const char *text, size_t len)
{
	char *copy = len < SIZE_MAX ? rs_arena_alloc(arena, len + 1) : NULL;

	if (copy != NULL)
		memcpy(copy, text, len);
	return copy;
}

char *rs_arena_strdup(struct rs_arena *arena, const char *text)
{
	return rs_arena_strndup(arena, text, strlen(text));
}

void rs_arena_clear(struct rs_arena *arena)
{
	while (arena->blocks != NULL) {
		struct rs_arena_block *block = arena->blocks;

		arena->blocks = block->next;
		free(block);
	}
}

void rs_large_pages(void *memory, size_t size)
{
	uintptr_t first = ((uintptr_t)memory + LARGE_PAGE - 1) / LARGE_PAGE * LARGE_PAGE;
	uintptr_t end = ((uintptr_t)memory + size) / LARGE_PAGE * LARGE_PAGE;

	/* A wish: without it, the program is slower. */
	if (memory != NULL && end > first)
		(void)madvise((char *)memory + (first - (uintptr_t)memory), end - first,
			      MADV_HUGEPAGE);
}

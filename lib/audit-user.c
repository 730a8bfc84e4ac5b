/* SPDX-License-Identifier: MIT */
#include "arena.h"
#include "audit-internal.h"

#include <stdlib.h>
#include <string.h>

#define CHUNK_SIZE (RS_AUDIT_CHUNK * sizeof(struct rs_audit_user))
#define FIRST_SLOTS 1024U
#define USERS_MAX (UINT32_MAX - RS_AUDIT_CHUNK)

int rs_audit_users_init(struct rs_audit_users *users)
{
	rs_hash_key(users->key);
	users->slots = calloc(FIRST_SLOTS, sizeof(*users->slots));
	users->slot_count = FIRST_SLOTS;
	return users->slots != NULL ? 0 : -1;
}

void rs_audit_users_free(struct rs_audit_users *users)
{
	for (uint32_t i = 0; i < users->count; i++) {
		struct rs_audit_user *user = rs_audit_users_get(users, i);

		if (user->len >= RS_AUDIT_INLINE)
			free(user->name.far);
	}
	for (uint32_t i = 0; i < users->chunk_room; i++)
		free(users->chunks[i]);
	free(users->chunks);
	free(users->slots);
}

uint64_t rs_audit_users_hash(const struct rs_audit_users *users, const char *name, size_t len)
{
	return rs_siphash13(users->key, name, len);
}

struct rs_audit_user *rs_audit_users_get(const struct rs_audit_users *users, uint32_t index)
{
	return &users->chunks[index / RS_AUDIT_CHUNK][index % RS_AUDIT_CHUNK];
}

const char *rs_audit_users_name(const struct rs_audit_user *user)
{
	return user->len < RS_AUDIT_INLINE ? user->name.text : user->name.far;
}

static uint32_t tag_of(uint64_t hash)
{
	return (uint32_t)(hash >> 32);
}

void rs_audit_users_fetch_slot(const struct rs_audit_users *users, uint64_t hash)
{
	__builtin_prefetch(&users->slots[hash & (users->slot_count - 1)]);
}

void rs_audit_users_fetch(const struct rs_audit_users *users, uint64_t hash)
{
	const struct rs_audit_slot *slot = &users->slots[hash & (users->slot_count - 1)];

	if (slot->user != 0)
		__builtin_prefetch(rs_audit_users_get(users, slot->user - 1));
}

/* Twice as many slots, when three quarters of them are full. */
static int grow_slots(struct rs_audit_users *users)
{
	uint32_t count = users->slot_count * 2;
	struct rs_audit_slot *slots;

	if ((uint64_t)(users->count + 1) * 4 <= (uint64_t)users->slot_count * 3)
		return 0;
	if (count == 0 || (slots = calloc(count, sizeof(*slots))) == NULL)
		return -1;
	rs_large_pages(slots, count * sizeof(*slots));
	for (uint32_t i = 0; i < users->slot_count; i++) {
		const struct rs_audit_slot *slot = &users->slots[i];
		const struct rs_audit_user *user;
		uint64_t hash;
		uint32_t at;

		if (slot->user == 0)
			continue;
		user = rs_audit_users_get(users, slot->user - 1);
		hash = rs_audit_users_hash(users, rs_audit_users_name(user), user->len);
		at = (uint32_t)hash & (count - 1);
		while (slots[at].user != 0)
			at = (at + 1) & (count - 1);
		slots[at] = *slot;
	}
	free(users->slots);
	users->slots = slots;
	users->slot_count = count;
	return 0;
}

/* A chunk for the next user. Users stay where they are. */
static int grow_users(struct rs_audit_users *users)
{
	uint32_t chunk = users->count / RS_AUDIT_CHUNK;

	if (users->count >= USERS_MAX)
		return -1;
	if (chunk >= users->chunk_room) {
		uint32_t room = users->chunk_room == 0 ? 16 : 2 * users->chunk_room;
		struct rs_audit_user **chunks =
			reallocarray(users->chunks, room, sizeof(*users->chunks));

		if (chunks == NULL)
			return -1;
		memset(chunks + users->chunk_room, 0,
		       (room - users->chunk_room) * sizeof(*users->chunks));
		users->chunks = chunks;
		users->chunk_room = room;
	}
	if (users->chunks[chunk] == NULL) {
		users->chunks[chunk] = aligned_alloc(CHUNK_SIZE, CHUNK_SIZE);
		/* Small logs have few users. */
		if (chunk > 0)
			rs_large_pages(users->chunks[chunk], CHUNK_SIZE);
	}
	return users->chunks[chunk] != NULL ? 0 : -1;
}

static int new_user(struct rs_audit_users *users, const char *name, size_t len)
{
	struct rs_audit_user *user;
	char *to;

	if (grow_users(users) < 0)
		return -1;
	user = rs_audit_users_get(users, users->count);
	memset(user, 0, sizeof(*user));
	to = user->name.text;
	if (len >= RS_AUDIT_INLINE) {
		to = malloc(len + 1);
		if (to == NULL)
			return -1;
		user->name.far = to;
	}
	memcpy(to, name, len);
	to[len] = '\0';
	user->len = (uint32_t)len;
	users->count++;
	return 0;
}

int rs_audit_users_add(struct rs_audit_users *users, const char *name, size_t len, uint64_t hash,
		       uint32_t *index_r)
{
	uint32_t at;

	if (grow_slots(users) < 0)
		return -1;
	at = (uint32_t)hash & (users->slot_count - 1);
	for (; users->slots[at].user != 0; at = (at + 1) & (users->slot_count - 1)) {
		const struct rs_audit_user *user;

		if (users->slots[at].tag != tag_of(hash))
			continue;
		user = rs_audit_users_get(users, users->slots[at].user - 1);
		if (user->len == len && memcmp(rs_audit_users_name(user), name, len) == 0) {
			*index_r = users->slots[at].user - 1;
			return 0;
		}
	}
	if (new_user(users, name, len) < 0)
		return -1;
	users->slots[at] = (struct rs_audit_slot){ tag_of(hash), users->count };
	*index_r = users->count - 1;
	return 0;
}

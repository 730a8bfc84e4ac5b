/* SPDX-License-Identifier: MIT */
#include "relaydb-reader.h"

#include <stdlib.h>
#include <string.h>

static bool valid_id(const unsigned char *id, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++) {
		if (!((id[i] >= 'a' && id[i] <= 'z') || (id[i] >= '0' && id[i] <= '9') ||
		      (id[i] == '-' && i > 0)))
			return false;
	}
	return len >= 1 && len <= 63;
}

static int list_add(struct rs_reader *r, struct rs_relay *relay)
{
	if (r->list_count == r->list_allocated) {
		size_t allocated = r->list_allocated * 2 + 64;
		struct rs_relay **list = realloc(r->list, allocated * sizeof(struct rs_relay *));

		if (list == NULL)
			return rs_reader_no_memory(r);
		r->list = list;
		r->list_allocated = allocated;
	}
	if (rs_strmap_put(&r->by_id, relay->id, strlen(relay->id), (uint32_t)r->list_count) < 0)
		return rs_reader_no_memory(r);
	r->list[r->list_count++] = relay;
	return 0;
}

/* The relay of these strings, which becomes known when it is not yet. */
static const struct rs_relay *intern_relay(struct rs_reader *r, const struct rs_value *id,
					   const struct rs_value *name, enum rs_class class_)
{
	const char *id_text = (const char *)r->data + id->start;
	const char *name_text = (const char *)r->data + name->start;
	struct rs_arena *arena = &r->l->db->arena;
	struct rs_relay *relay;
	uint32_t known;

	if (rs_strmap_get(&r->by_id, id_text, id->size, &known)) {
		relay = r->list[known];
		if (relay->class_ == class_ && strlen(relay->name) == name->size &&
		    memcmp(relay->name, name_text, name->size) == 0)
			return relay;
		(void)rs_reader_fault(r, "a relay has two names or classes");
		return NULL;
	}
	if (!valid_id((const unsigned char *)id_text, id->size)) {
		(void)rs_reader_fault(r, "a relay has an id that is none");
		return NULL;
	}
	if (rs_check_text(r, name) < 0)
		return NULL;
	relay = rs_arena_alloc(arena, sizeof(*relay));
	if (relay != NULL) {
		relay->id = rs_arena_strndup(arena, id_text, id->size);
		relay->name = rs_arena_strndup(arena, name_text, name->size);
		relay->class_ = class_;
	}
	if (relay == NULL || relay->id == NULL || relay->name == NULL) {
		(void)rs_reader_no_memory(r);
		return NULL;
	}
	return list_add(r, relay) < 0 ? NULL : relay;
}

const struct rs_relay *rs_find_relay(struct rs_reader *r, const struct rs_value *id,
				     const struct rs_value *name, const struct rs_value *class_)
{
	struct rs_known_relay *known = &r->relays[id->start % RS_READER_RELAYS];
	enum rs_class number;
	char word[32];

	if (known->relay != NULL && known->id == id->start && known->name == name->start &&
	    known->class_ == class_->start)
		return known->relay;
	if (class_->size >= sizeof(word)) {
		(void)rs_reader_fault(r, "a relay has an unknown class");
		return NULL;
	}
	memcpy(word, r->data + class_->start, class_->size);
	word[class_->size] = '\0';
	if (strlen(word) != class_->size || rs_class_parse(word, &number) < 0) {
		(void)rs_reader_fault(r, "a relay has an unknown class");
		return NULL;
	}
	known->relay = intern_relay(r, id, name, number);
	known->id = id->start;
	known->name = name->start;
	known->class_ = class_->start;
	return known->relay;
}

static int by_id(const void *pa, const void *pb)
{
	const struct rs_relay *a = *(struct rs_relay *const *)pa;
	const struct rs_relay *b = *(struct rs_relay *const *)pb;

	return strcmp(a->id, b->id);
}

int rs_keep_relays(struct rs_reader *r)
{
	struct rs_relaydb *db = r->l->db;

	if (r->list_count == 0)
		return 0;
	db->relays = malloc(r->list_count * sizeof(struct rs_relay *));
	if (db->relays == NULL)
		return rs_reader_no_memory(r);
	qsort(r->list, r->list_count, sizeof(*r->list), by_id);
	for (size_t i = 0; i < r->list_count; i++) {
		r->list[i]->index = (uint32_t)i;
		db->relays[i] = r->list[i];
	}
	db->relay_count = r->list_count;
	return 0;
}

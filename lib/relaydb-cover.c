/* SPDX-License-Identifier: MIT */
#include "relaydb-reader.h"

#include <string.h>

/* Memory that lives as long as the database; align is a power of two. */
static void *pool_alloc(struct rs_reader *r, size_t size, size_t align)
{
	size_t gap = -(uintptr_t)r->pool & (align - 1);
	void *memory;

	if (r->pool_left < gap || r->pool_left - gap < size) {
		size_t room = size > r->pool_room ? size : r->pool_room;

		gap = 0;
		r->pool = rs_arena_alloc(&r->l->db->arena, room);
		rs_large_pages(r->pool, room);
		r->pool_left = r->pool == NULL ? 0 : room;
		if (r->pool == NULL)
			return NULL;
	}
	memory = r->pool + gap;
	r->pool += gap + size;
	r->pool_left -= gap + size;
	return memory;
}

static int read_network(struct rs_reader *r, const struct rs_value *text,
			struct rs_known_cover *cover_r)
{
	char *copy;

	if (text->size >= RS_NET_STRLEN)
		return rs_reader_fault(r, "a network is none");
	copy = pool_alloc(r, text->size + 1, 1);
	if (copy == NULL)
		return rs_reader_no_memory(r);
	memcpy(copy, r->data + text->start, text->size);
	copy[text->size] = '\0';
	if (!rs_read_network_text(copy, text->size, &cover_r->place))
		return rs_reader_fault(r, "a network is none");
	cover_r->cover.network = copy;
	return 0;
}

static struct rs_frame *find_frame(const struct rs_reader *r, uint32_t offset)
{
	uint64_t first = 0;

	if (r->size - offset < sizeof(first))
		return NULL;
	memcpy(&first, r->data + offset, sizeof(first));
	return &r->frames[(first * 0x9e3779b97f4a7c15ULL >> 32) % RS_READER_FRAMES];
}

/* Remembers what stands around the network of the map from offset to r->at. */
static void learn_frame(const struct rs_reader *r, uint32_t offset, const struct rs_value *network,
			const struct rs_relay *relay)
{
	struct rs_frame *frame = find_frame(r, offset);
	uint32_t before = network->start - 1 - offset;
	uint32_t end = network->start + network->size, after = r->at - end;

	/* Only texts with a head of one byte. */
	if (frame == NULL || network->size >= 29 || before > RS_FRAME_MAX || after > RS_FRAME_MAX)
		return;
	frame->relay = relay;
	frame->before_len = (uint8_t)before;
	frame->after_len = (uint8_t)after;
	memcpy(frame->before, r->data + offset, before);
	memcpy(frame->after, r->data + end, after);
}

/* Whether the map at offset has a known frame. Then *text_r is its network, and
 * r->at behind the map. */
static const struct rs_relay *read_framed(struct rs_reader *r, uint32_t offset,
					  struct rs_value *text_r)
{
	const struct rs_frame *frame = find_frame(r, offset);
	const unsigned char *p = r->data + offset;
	uint32_t len, end;

	if (frame == NULL || frame->relay == NULL ||
	    r->size - offset < 2 * RS_FRAME_MAX + 1 + RS_NET_STRLEN ||
	    memcmp(p, frame->before, frame->before_len) != 0)
		return NULL;
	len = (uint32_t)p[frame->before_len] - (RS_MMDB_STRING << 5);
	end = frame->before_len + 1U + len;
	if (len >= 29 || memcmp(p + end, frame->after, frame->after_len) != 0)
		return NULL;
	*text_r = (struct rs_value){ RS_MMDB_STRING, len, offset + frame->before_len + 1U };
	r->at = offset + end + frame->after_len;
	return frame->relay;
}

/* *inline_r becomes true when the network's text stands in the map itself. */
static int read_members(struct rs_reader *r, struct rs_value members[RS_KEY_MEMBERS],
			bool *inline_r)
{
	struct rs_value head;
	enum rs_key key;

	if (rs_read_head(r, &head) < 0)
		return -1;
	if (head.type != RS_MMDB_MAP)
		return rs_reader_fault(r, "a relay is no map");
	for (uint32_t i = 0; i < head.size; i++) {
		if (rs_reader_spend(r) < 0 || rs_read_key(r, &key) < 0)
			return -1;
		if (key >= RS_KEY_MEMBERS) {
			if (rs_skip_value(r) < 0)
				return -1;
		} else if (members[key].type != 0) {
			return rs_reader_fault(r, "a key stands there twice");
		} else if (rs_read_string(r, &members[key]) < 0) {
			return -1;
		} else if (key == RS_KEY_NETWORK) {
			*inline_r = r->at == members[key].start + members[key].size;
		}
	}
	for (unsigned m = 0; m < RS_KEY_MEMBERS; m++) {
		if (members[m].type == 0)
			return rs_reader_fault(r, "a relay lacks its id, class, network or name");
	}
	return 0;
}

/* Reads the map at r->at. */
static int read_cover_map(struct rs_reader *r, struct rs_known_cover *cover_r)
{
	struct rs_value members[RS_KEY_MEMBERS] = { 0 };
	uint32_t offset = r->at;
	bool network_inline = false;

	cover_r->cover.relay = read_framed(r, offset, &members[RS_KEY_NETWORK]);
	if (cover_r->cover.relay == NULL) {
		if (read_members(r, members, &network_inline) < 0)
			return -1;
		cover_r->cover.relay = rs_find_relay(r, &members[RS_KEY_ID], &members[RS_KEY_NAME],
						     &members[RS_KEY_CLASS]);
		if (cover_r->cover.relay == NULL)
			return -1;
		if (network_inline)
			learn_frame(r, offset, &members[RS_KEY_NETWORK], cover_r->cover.relay);
	}
	return read_network(r, &members[RS_KEY_NETWORK], cover_r);
}

/* Reads the relay and network at r->at, or where a pointer there leads, and
 * remembers it. */
static int read_cover(struct rs_reader *r, const struct rs_known_cover **cover_r)
{
	bool pointer = r->at < r->size && r->data[r->at] >> 5 == RS_MMDB_POINTER;
	uint32_t behind = 0, offset = r->at;
	struct rs_known_cover *known;
	struct rs_value head;

	if (rs_reader_spend(r) < 0)
		return -1;
	if (pointer) {
		if (rs_read_head(r, &head) < 0)
			return -1;
		behind = r->at;
		offset = head.size;
	}
	known = &r->covers[offset % RS_READER_COVERS];
	*cover_r = known;
	if (!pointer || known->offset != offset + 1) {
		known->offset = 0;
		r->at = offset;
		if (read_cover_map(r, known) < 0)
			return -1;
		known->offset = offset + 1;
	}
	if (pointer)
		r->at = behind;
	else
		r->l->db->info.network_count++;
	return 0;
}

/* Whether b may follow a, in the order of design.md: the longest prefix first,
 * then by class, then by id. */
static bool in_order(const struct rs_known_cover *a, const struct rs_known_cover *b)
{
	const struct rs_relay *x = a->cover.relay, *y = b->cover.relay;

	if (!rs_place_within(&b->place, a->place.hi, a->place.lo))
		return false;
	if (a->place.prefix != b->place.prefix)
		return a->place.prefix > b->place.prefix;
	if (x->class_ != y->class_)
		return x->class_ < y->class_;
	return strcmp(x->id, y->id) < 0;
}

int rs_read_covers(struct rs_reader *r, struct rs_match *match, struct rs_place *place)
{
	struct rs_cover *covers;
	struct rs_known_cover last = { 0 };
	const struct rs_known_cover *cover;
	struct rs_value array;

	if (rs_read_head(r, &array) < 0)
		return -1;
	if (array.type != RS_MMDB_ARRAY || array.size == 0)
		return rs_reader_fault(r, "\"relays\" is no list of relays");
	if (array.size > r->size - r->at || array.size > r->budget)
		return rs_reader_fault(r, "\"relays\" is longer than the data");
	covers = pool_alloc(r, array.size * sizeof(*covers), _Alignof(struct rs_cover));
	if (covers == NULL)
		return rs_reader_no_memory(r);
	for (uint32_t i = 0; i < array.size; i++) {
		if (read_cover(r, &cover) < 0)
			return -1;
		if (i > 0 && !in_order(&last, cover))
			return rs_reader_fault(r, "relays are not in the order of their networks");
		if (i == 0)
			*place = cover->place;
		last = *cover;
		covers[i] = cover->cover;
	}
	match->covers = covers;
	match->cover_count = array.size;
	return 0;
}

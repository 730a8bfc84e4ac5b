/* SPDX-License-Identifier: MIT */
#include "mmdbw-internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Values of a node while the tree is built: nothing (node 0 is the root, which
 * nothing leads to), another node, or a record's offset in the data section. */
#define VALUE_NONE 0U
#define VALUE_RECORD 0x80000000U

/* Stands for a relay: the place leads to ::/96. */
#define RELAY_ALIAS (RS_MMDBW_MAX_RELAYS - 1)

static int by_place(const void *pa, const void *pb, void *context)
{
	const struct rs_mmdbw_entry *a = pa, *b = pb;
	const struct rs_mmdbw_relay *relays = context;

	if (a->hi != b->hi)
		return a->hi < b->hi ? -1 : 1;
	if (a->lo != b->lo)
		return a->lo < b->lo ? -1 : 1;
	if (a->prefix != b->prefix)
		return a->prefix < b->prefix ? -1 : 1;
	if (a->relay != b->relay)
		return relays[a->relay].rank < relays[b->relay].rank ? -1 : 1;
	/* Doubles: the one with an ASN is kept. */
	if (a->asn != b->asn)
		return a->asn > b->asn ? -1 : 1;
	return a->org < b->org ? 1 : a->org > b->org ? -1 : 0;
}

static bool same_network(const struct rs_mmdbw_entry *a, const struct rs_mmdbw_entry *b)
{
	return a->hi == b->hi && a->lo == b->lo && a->prefix == b->prefix && a->relay == b->relay;
}

static void sort_entries(struct rs_mmdbw *w)
{
	size_t kept = 0;

	if (w->entry_count == 0)
		return;
	qsort_r(w->entries, w->entry_count, sizeof(*w->entries), by_place, w->relays);
	for (size_t i = 1; i < w->entry_count; i++) {
		if (!same_network(&w->entries[i], &w->entries[kept]))
			w->entries[++kept] = w->entries[i];
	}
	w->entry_count = kept + 1;
}

static unsigned bit_at(const struct rs_mmdbw_entry *entry, unsigned depth)
{
	return (depth < 64 ? entry->hi >> (63 - depth) : entry->lo >> (127 - depth)) & 1;
}

/* The first of the entries in [first, end) on the right side of a node at depth. */
static size_t split(const struct rs_mmdbw *w, size_t first, size_t end, unsigned depth)
{
	while (first < end) {
		size_t middle = first + (end - first) / 2;

		if (bit_at(&w->entries[middle], depth))
			end = middle;
		else
			first = middle + 1;
	}
	return first;
}

static bool new_node(struct rs_mmdbw *w, uint32_t *node_r)
{
	if (w->node_count >= w->nodes_allocated) {
		size_t allocated = w->nodes_allocated + w->nodes_allocated / 2 + 4096;
		uint32_t *nodes = NULL;

		if (allocated < VALUE_RECORD)
			nodes = realloc(w->nodes, allocated * 2 * sizeof(*nodes));
		if (nodes == NULL) {
			w->no_memory = true;
			return false;
		}
		w->nodes = nodes;
		w->nodes_allocated = allocated;
	}
	*node_r = w->node_count++;
	return true;
}

static uint32_t record_value(struct rs_mmdbw *w, struct rs_mmdbw_cover *cover)
{
	uint32_t offset;

	if (cover == NULL)
		return VALUE_NONE;
	offset = rs_mmdbw_record(w, cover);
	if (offset >= VALUE_RECORD || w->data.len >= VALUE_RECORD)
		w->too_big = true;
	return VALUE_RECORD | offset;
}

/* Builds what lies below a place from the entries in [first, end), which all lie
 * there. Nodes and records get their numbers in the order of the addresses, a
 * node before what is below it: who reads the file in this order never goes
 * back. The load takes no other order. Recursion ends at depth 128. */
static uint32_t subtree(struct rs_mmdbw *w, size_t first, size_t end, unsigned depth,
			struct rs_mmdbw_cover *cover)
{
	struct rs_mmdbw_cover own = { cover, first, 0, RS_MMDB_NOWHERE };
	bool ipv4 = depth == 96 && first < end && w->entries[first].hi == 0 &&
		    w->entries[first].lo >> 32 == 0;
	uint32_t value, left, right;
	size_t middle;

	if (w->no_memory || w->too_big || w->data.failed)
		return VALUE_NONE;
	if (first < end && w->entries[first].prefix == depth) {
		if (w->entries[first].relay == RELAY_ALIAS)
			return w->ipv4;
		while (first < end && w->entries[first].prefix == depth) {
			first++;
			own.count++;
		}
		cover = &own;
	}
	/* The root is a node even when there is nothing. */
	if (first == end && depth > 0) {
		value = record_value(w, cover);
	} else {
		if (!new_node(w, &value))
			return VALUE_NONE;
		middle = split(w, first, end, depth);
		left = subtree(w, first, middle, depth + 1, cover);
		right = subtree(w, middle, end, depth + 1, cover);
		w->nodes[2 * (size_t)value] = left;
		w->nodes[2 * (size_t)value + 1] = right;
	}
	if (ipv4)
		w->ipv4 = value;
	return value;
}

/* Whether there are IPv4 networks; entries are sorted. */
static bool have_ipv4(const struct rs_mmdbw *w)
{
	return w->entry_count > 0 && w->entries[0].hi == 0 && w->entries[0].lo >> 32 == 0;
}

/* Puts the aliases among the sorted entries. There is room for them. */
static void add_aliases(struct rs_mmdbw *w)
{
	static const struct rs_mmdbw_entry aliases[] = {
		{ .lo = 0xffff00000000ULL, .prefix = 96, .relay = RELAY_ALIAS },
		{ .hi = 0x2002ULL << 48, .prefix = 16, .relay = RELAY_ALIAS },
	};

	for (unsigned i = 0; i < RS_MMDBW_ALIASES; i++) {
		const struct rs_mmdbw_entry *alias = &aliases[i];
		size_t at = w->entry_count++;

		while (at > 0 &&
		       (w->entries[at - 1].hi > alias->hi || (w->entries[at - 1].hi == alias->hi &&
							      w->entries[at - 1].lo > alias->lo))) {
			w->entries[at] = w->entries[at - 1];
			at--;
		}
		w->entries[at] = *alias;
	}
}

static void drop_aliases(struct rs_mmdbw *w)
{
	size_t kept = 0;

	for (size_t i = 0; i < w->entry_count; i++) {
		if (w->entries[i].relay != RELAY_ALIAS)
			w->entries[kept++] = w->entries[i];
	}
	w->entry_count = kept;
}

int rs_mmdbw_build_tree(struct rs_mmdbw *w)
{
	sort_entries(w);
	rs_mmdbw_records_begin(w);
	w->node_count = 0;
	w->ipv4 = VALUE_NONE;
	w->too_big = w->no_memory = false;
	if (have_ipv4(w))
		add_aliases(w);
	(void)subtree(w, 0, w->entry_count, 0, NULL);
	drop_aliases(w);
	if (w->no_memory || w->data.failed) {
		errno = ENOMEM;
		return -1;
	}
	/* The largest value a node can hold is that of the last record. */
	if (w->too_big || (uint64_t)w->node_count + 16 + w->data.len > UINT32_MAX) {
		errno = EFBIG;
		return -1;
	}
	return 0;
}

static uint32_t file_value(const struct rs_mmdbw *w, uint32_t value)
{
	if (value == VALUE_NONE)
		return w->node_count;
	if (value & VALUE_RECORD)
		return w->node_count + 16 + (value & ~VALUE_RECORD);
	return value;
}

static unsigned char *put_bytes(unsigned char *to, uint32_t value, unsigned count)
{
	while (count-- > 0)
		*to++ = (unsigned char)(value >> 8 * count);
	return to;
}

size_t rs_mmdbw_pack_nodes(struct rs_mmdbw *w, unsigned record_size)
{
	/* A packed node is never longer than it was, so the front can be overwritten. */
	unsigned char *to = (unsigned char *)w->nodes;

	for (size_t i = 0; i < w->node_count; i++) {
		uint32_t left = file_value(w, w->nodes[2 * i]);
		uint32_t right = file_value(w, w->nodes[2 * i + 1]);

		to = put_bytes(to, left, record_size == 32 ? 4 : 3);
		if (record_size == 28)
			*to++ = (unsigned char)((left >> 24) << 4 | right >> 24);
		to = put_bytes(to, right, record_size == 32 ? 4 : 3);
	}
	return (size_t)(to - (unsigned char *)w->nodes);
}

/* SPDX-License-Identifier: MIT */
#include "relaydb-reader.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define POOL_MAX (32U << 20)

/* About what the record of one network takes. */
#define RECORD_SIZE 40U

static int intern_org(struct rs_reader *r, const struct rs_value *text, const char **org_r)
{
	uint32_t known;
	char *copy;

	if (rs_strmap_get(&r->orgs, (const char *)r->data + text->start, text->size, &known)) {
		*org_r = r->org_list[known];
		return 0;
	}
	if (rs_check_text(r, text) < 0)
		return -1;
	if (r->org_count == r->orgs_allocated) {
		size_t allocated = r->orgs_allocated * 2 + 64;
		const char **list = realloc(r->org_list, allocated * sizeof(*list));

		if (list == NULL)
			return rs_reader_no_memory(r);
		r->org_list = list;
		r->orgs_allocated = allocated;
	}
	copy = rs_arena_strndup(&r->l->db->arena, (const char *)r->data + text->start, text->size);
	if (copy == NULL || rs_strmap_put(&r->orgs, copy, text->size, (uint32_t)r->org_count) < 0)
		return rs_reader_no_memory(r);
	*org_r = r->org_list[r->org_count++] = copy;
	return 0;
}

static int read_org(struct rs_reader *r, const char **org_r)
{
	struct rs_known_org *known;
	struct rs_value text;

	if (rs_read_string(r, &text) < 0)
		return -1;
	known = &r->orgs_at[text.start % RS_READER_ORGS];
	if (known->start != text.start || known->org == NULL) {
		known->org = NULL;
		known->start = text.start;
		if (intern_org(r, &text, &known->org) < 0)
			return -1;
	}
	*org_r = known->org;
	return 0;
}

static int read_asn(struct rs_reader *r, uint32_t *asn_r)
{
	struct rs_value value;

	if (rs_read_value(r, &value) < 0)
		return -1;
	if (value.type != RS_MMDB_UINT32 || value.size > 4)
		return rs_reader_fault(r, "\"asn\" is no 32-bit number");
	*asn_r = 0;
	for (uint32_t i = 0; i < value.size; i++)
		*asn_r = *asn_r << 8 | r->data[value.start + i];
	return 0;
}

static int read_record(struct rs_reader *r, struct rs_match *match, struct rs_place *place)
{
	struct rs_value head;
	enum rs_key key;

	r->at = r->record;
	*match = (struct rs_match){ .as_org = "" };
	if (rs_read_head(r, &head) < 0)
		return -1;
	if (head.type != RS_MMDB_MAP)
		return rs_reader_fault(r, "a record is no map");
	for (uint32_t i = 0; i < head.size; i++) {
		int ret;

		if (rs_reader_spend(r) < 0 || rs_read_key(r, &key) < 0)
			return -1;
		if (key == RS_KEY_RELAYS)
			ret = match->covers != NULL ? rs_reader_fault(r, "a key stands there twice")
						    : rs_read_covers(r, match, place);
		else if (key == RS_KEY_ASN)
			ret = read_asn(r, &match->asn);
		else if (key == RS_KEY_AS_ORG)
			ret = read_org(r, &match->as_org);
		else
			ret = rs_skip_value(r);
		if (ret < 0)
			return -1;
	}
	return match->covers != NULL ? 0 : rs_reader_fault(r, "a record has no relays");
}

/* Makes room for one more match. */
static int grow_matches(struct rs_reader *r)
{
	struct rs_relaydb *db = r->l->db;
	size_t room = r->room + r->room / 2;
	struct rs_match *matches;
	uint32_t *offsets;

	if (room == 0)
		room = r->size / RECORD_SIZE + 64;
	matches = realloc(db->matches, room * sizeof(*matches));
	if (matches == NULL)
		return rs_reader_no_memory(r);
	rs_large_pages(matches + r->room, (room - r->room) * sizeof(*matches));
	db->matches = matches;
	offsets = realloc(r->offsets, room * sizeof(*offsets));
	if (offsets == NULL)
		return rs_reader_no_memory(r);
	r->offsets = offsets;
	r->room = room;
	return 0;
}

/* Finds the match of a record that was read before, which it is when a network
 * has others in it: its record stands in all gaps between them. */
static int find_match(struct rs_reader *r, uint32_t offset, struct rs_known_match *known)
{
	uint32_t first = 1, end = r->match_count + 1;
	const char *network;

	while (first < end) {
		uint32_t middle = first + (end - first) / 2;

		if (r->offsets[middle] < offset)
			first = middle + 1;
		else
			end = middle;
	}
	if (first > r->match_count || r->offsets[first] != offset)
		return rs_reader_fault(r, "it is not in the order of the search tree");
	network = r->l->db->matches[first].covers[0].network;
	known->index = first;
	(void)rs_read_network_text(network, strlen(network), &known->place);
	return 0;
}

/* Decodes a record that is behind all others. */
static int read_match(struct rs_reader *r, uint32_t offset, struct rs_known_match *known)
{
	uint32_t index = r->match_count + 1;

	if (index >= r->room && grow_matches(r) < 0)
		return -1;
	if (read_record(r, &r->l->db->matches[index], &known->place) < 0)
		return -1;
	r->offsets[index] = offset;
	known->index = r->match_count = index;
	return 0;
}

const struct rs_known_match *rs_read_match(struct rs_reader *r, uint32_t offset)
{
	struct rs_known_match *known = &r->matches[offset % RS_READER_MATCHES];
	bool is_new = r->match_count == 0 || offset > r->offsets[r->match_count];

	if (known->index != 0 && known->offset == offset)
		return known;
	known->offset = r->record = offset;
	known->index = 0;
	if ((is_new ? read_match(r, offset, known) : find_match(r, offset, known)) < 0)
		return NULL;
	return known;
}

int rs_relaydb_read(struct rs_relaydb_loader *l)
{
	/* A pair or cover takes two bytes or more; what is read again through a pointer
	 * is four pairs for at least two bytes. */
	struct rs_reader r = { .l = l,
			       .data = l->data,
			       .size = l->data_size,
			       .budget = (size_t)l->data_size * 2 + 16 };
	int ret = -1;

	/* Covers and their texts take about as much as the records they come from. */
	r.pool_room = r.size < POOL_MAX ? r.size : POOL_MAX;
	r.covers = calloc(RS_READER_COVERS, sizeof(*r.covers));
	r.relays = calloc(RS_READER_RELAYS, sizeof(*r.relays));
	r.matches = calloc(RS_READER_MATCHES, sizeof(*r.matches));
	r.frames = calloc(RS_READER_FRAMES, sizeof(*r.frames));
	r.orgs_at = calloc(RS_READER_ORGS, sizeof(*r.orgs_at));
	if (r.covers == NULL || r.relays == NULL || r.matches == NULL || r.frames == NULL ||
	    r.orgs_at == NULL)
		r.no_memory = true;
	else if (rs_relaydb_read_tree(l, &r) == 0)
		ret = rs_keep_relays(&r);
	if (r.no_memory)
		rs_relaydb_no_memory(l);
	else if (r.fault != NULL)
		rs_relaydb_refuse(l, "record at offset %" PRIu32 " of the data: %s", r.record,
				  r.fault);
	free(r.covers);
	free(r.relays);
	free(r.matches);
	free(r.frames);
	free(r.orgs_at);
	free(r.offsets);
	free(r.list);
	free(r.org_list);
	rs_strmap_clear(&r.by_id);
	rs_strmap_clear(&r.orgs);
	return ret;
}

/* SPDX-License-Identifier: MIT */
#include "mmdbw-internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Between the search tree and the data section. */
#define SEPARATOR_SIZE 16U
static const char metadata_marker[] = "\xab\xcd\xefMaxMind.com";
#define MARKER_SIZE (sizeof(metadata_marker) - 1)

/* Makes room for one more element (and extra ones) behind count. */
static int grow(void *array, size_t size, size_t count, size_t extra, size_t *allocated)
{
	size_t wanted;
	void *bigger, *old;

	if (count + 1 + extra <= *allocated)
		return 0;
	wanted = *allocated + *allocated / 2 + 64;
	if (wanted > SIZE_MAX / 2 / size) {
		errno = ENOMEM;
		return -1;
	}
	memcpy(&old, array, sizeof(old));
	bigger = realloc(old, wanted * size);
	if (bigger == NULL)
		return -1;
	memcpy(array, &bigger, sizeof(bigger));
	*allocated = wanted;
	/* array has it */
	/* cppcheck-suppress memleak */
	return 0;
}

struct rs_mmdbw *rs_mmdbw_new(const char *description, int64_t build_epoch)
{
	struct rs_mmdbw *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return NULL;
	/* libmaxminddb takes 0 for a missing time and refuses the file. */
	w->build_epoch = build_epoch < 1 ? 1 : build_epoch;
	w->description = rs_arena_strdup(&w->arena, description);
	if (w->description == NULL ||
	    grow(&w->orgs, sizeof(*w->orgs), 0, 0, &w->orgs_allocated) < 0) {
		rs_mmdbw_free(&w);
		return NULL;
	}
	w->orgs[w->org_count++].text = "";
	return w;
}

void rs_mmdbw_free(struct rs_mmdbw **w)
{
	if (*w == NULL)
		return;
	rs_mmdbenc_free(&(*w)->data);
	rs_strmap_clear(&(*w)->org_index);
	rs_arena_clear(&(*w)->arena);
	free((*w)->nodes);
	free((*w)->orgs);
	free((*w)->entries);
	free((*w)->relays);
	free(*w);
	*w = NULL;
}

int rs_mmdbw_relay(struct rs_mmdbw *w, const char *id, const char *name, enum rs_class class_)
{
	struct rs_mmdbw_relay *relay;

	/* The last number stands for an alias. */
	if (w->relay_count >= RS_MMDBW_MAX_RELAYS - 1 ||
	    grow(&w->relays, sizeof(*w->relays), w->relay_count, 0, &w->relays_allocated) < 0)
		return -1;
	relay = &w->relays[w->relay_count];
	*relay = (struct rs_mmdbw_relay){ .class_ = class_ };
	relay->id.text = rs_arena_strdup(&w->arena, id);
	relay->name.text = rs_arena_strdup(&w->arena, name);
	if (relay->id.text == NULL || relay->name.text == NULL)
		return -1;
	return (int)w->relay_count++;
}

static int find_org(struct rs_mmdbw *w, const char *org, uint32_t *index_r)
{
	size_t len = strlen(org);
	const char *copy;

	*index_r = 0;
	if (len == 0 || rs_strmap_get(&w->org_index, org, len, index_r))
		return 0;
	copy = rs_arena_strndup(&w->arena, org, len);
	if (copy == NULL ||
	    grow(&w->orgs, sizeof(*w->orgs), w->org_count, 0, &w->orgs_allocated) < 0 ||
	    rs_strmap_put(&w->org_index, copy, len, (uint32_t)w->org_count) < 0) {
		errno = ENOMEM;
		return -1;
	}
	*index_r = (uint32_t)w->org_count;
	w->orgs[w->org_count++].text = copy;
	return 0;
}

/* Whether the network and the place overlap. */
static bool overlaps(const struct rs_mmdbw_entry *entry, uint64_t hi, uint64_t lo, unsigned prefix)
{
	unsigned common = entry->prefix < prefix ? entry->prefix : prefix;
	uint64_t hi_mask = common >= 64	 ? UINT64_MAX
			   : common == 0 ? 0
					 : UINT64_MAX << (64 - common);
	uint64_t lo_mask = common <= 64 ? 0 : UINT64_MAX << (128 - common);

	return ((entry->hi ^ hi) & hi_mask) == 0 && ((entry->lo ^ lo) & lo_mask) == 0;
}

static bool is_reserved(const struct rs_mmdbw_entry *entry)
{
	return overlaps(entry, 0, 0, 96) || overlaps(entry, 0, 0xffff00000000ULL, 96) ||
	       overlaps(entry, 0x2002ULL << 48, 0, 16);
}

int rs_mmdbw_insert(struct rs_mmdbw *w, int relay, const struct rs_net *net, uint32_t asn,
		    const char *org)
{
	struct rs_mmdbw_entry entry = { .relay = (uint32_t)relay, .asn = asn };

	for (unsigned i = 0; i < 8; i++) {
		entry.hi = entry.hi << 8 | net->ip.bytes[i];
		entry.lo = entry.lo << 8 | net->ip.bytes[8 + i];
	}
	if (net->ip.family == AF_INET) {
		entry.lo = entry.hi >> 32;
		entry.hi = 0;
		entry.prefix = 96U + net->prefix;
	} else {
		entry.prefix = net->prefix;
		if (is_reserved(&entry)) {
			errno = EINVAL;
			return -1;
		}
	}
	if (asn != 0 && find_org(w, org, &entry.org) < 0)
		return -1;
	if (grow(&w->entries, sizeof(entry), w->entry_count, RS_MMDBW_ALIASES,
		 &w->entries_allocated) < 0)
		return -1;
	w->entries[w->entry_count++] = entry;
	return 0;
}

static int by_rank(const void *pa, const void *pb)
{
	const struct rs_mmdbw_relay *a = *(struct rs_mmdbw_relay *const *)pa;
	const struct rs_mmdbw_relay *b = *(struct rs_mmdbw_relay *const *)pb;
	int order = (a->class_ > b->class_) - (a->class_ < b->class_);

	return order != 0 ? order : strcmp(a->id.text, b->id.text);
}

static int rank_relays(struct rs_mmdbw *w)
{
	struct rs_mmdbw_relay **sorted;

	if (w->relay_count == 0)
		return 0;
	sorted = malloc(w->relay_count * sizeof(struct rs_mmdbw_relay *));
	if (sorted == NULL)
		return -1;
	for (size_t i = 0; i < w->relay_count; i++)
		sorted[i] = &w->relays[i];
	qsort(sorted, w->relay_count, sizeof(*sorted), by_rank);
	for (size_t i = 0; i < w->relay_count; i++)
		sorted[i]->rank = (uint32_t)i;
	free(sorted);
	return 0;
}

unsigned rs_mmdbw_record_size(uint64_t values)
{
	if (values <= 1U << 24)
		return 24;
	return values <= 1U << 28 ? 28 : 32;
}

/* The smallest record size that holds nodes and places in the data. */
static unsigned fitting_record_size(const struct rs_mmdbw *w)
{
	uint64_t values = (uint64_t)w->node_count + SEPARATOR_SIZE + w->data.len;
	unsigned size = rs_mmdbw_record_size(values);

	return size > w->least_record_size ? size : w->least_record_size;
}

/* Puts the parts together. The nodes' memory becomes the file. */
static int assemble(struct rs_mmdbw *w, unsigned record_size, const struct rs_mmdbenc *metadata,
		    unsigned char **data_r, size_t *size_r)
{
	size_t tree = rs_mmdbw_pack_nodes(w, record_size);
	size_t size = tree + SEPARATOR_SIZE + w->data.len + MARKER_SIZE + metadata->len;
	unsigned char *file = realloc(w->nodes, size), *end = file;

	if (file == NULL)
		return -1;
	w->nodes = NULL;
	w->nodes_allocated = 0;
	end += tree;
	memset(end, 0, SEPARATOR_SIZE);
	end += SEPARATOR_SIZE;
	if (w->data.len > 0)
		memcpy(end, w->data.bytes, w->data.len);
	end += w->data.len;
	memcpy(end, metadata_marker, MARKER_SIZE);
	end += MARKER_SIZE;
	memcpy(end, metadata->bytes, metadata->len);
	*data_r = file;
	*size_r = size;
	return 0;
}

int rs_mmdbw_build(struct rs_mmdbw *w, unsigned char **data_r, size_t *size_r,
		   struct rs_mmdbw_stats *stats_r)
{
	struct rs_mmdbenc metadata = { 0 };
	unsigned record_size;
	int ret = -1;

	if (rank_relays(w) < 0 || rs_mmdbw_build_tree(w) < 0)
		return -1;
	record_size = fitting_record_size(w);
	rs_mmdbw_metadata(w, record_size, &metadata);
	if (metadata.failed)
		errno = ENOMEM;
	else
		ret = assemble(w, record_size, &metadata, data_r, size_r);
	if (ret == 0 && stats_r != NULL) {
		stats_r->node_count = w->node_count;
		stats_r->record_size = record_size;
		stats_r->record_count = w->record_count;
		stats_r->file_size = *size_r;
	}
	rs_mmdbenc_free(&metadata);
	return ret;
}

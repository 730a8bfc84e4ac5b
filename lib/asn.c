/* SPDX-License-Identifier: MIT */
#include "asn.h"

#include <relaysentry/readfile.h>
#include "sealed.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct rs_asndb {
	const struct rs_asn_kind *kind;
	void *state;
};

/* A MaxMind DB has this near its end (MaxMind DB format 2.0, "Database Metadata"). */
static const char marker[] = "\xab\xcd\xefMaxMind.com";
#define MARKER_LEN (sizeof(marker) - 1)
#define METADATA_MAX (128U << 10)

bool rs_asn_wanted(const uint32_t *asns, size_t count, uint32_t asn)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (asns[middle] == asn)
			return true;
		if (asns[middle] < asn)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

bool rs_asn_parse(const char *text, size_t len, uint32_t *asn_r)
{
	uint64_t asn = 0;
	size_t i;

	if (len == 0 || len > 10)
		return false;
	for (i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		asn = asn * 10 + (uint64_t)(text[i] - '0');
	}
	if (asn == 0 || asn > UINT32_MAX)
		return false;
	*asn_r = (uint32_t)asn;
	return true;
}

static bool is_maxmind(const char *data, size_t size)
{
	size_t tail = size < METADATA_MAX ? size : METADATA_MAX;

	return memmem(data + size - tail, tail, marker, MARKER_LEN) != NULL;
}

/* Returns the state of the kind that *kind_r tells, NULL with errors added. */
static void *open_kind(const char *path, const struct rs_asn_kind **kind_r, struct rs_diags *diags)
{
	char *data = NULL;
	void *state = NULL;
	size_t size;
	int fd;

	if (rs_readfile(path, RS_SOURCE_MAX_SIZE, &data, &size, NULL, diags) != 0)
		return NULL;
	if (size > 2 && memcmp(data, "\x1f\x8b", 2) == 0) {
		rs_diags_add(diags, RS_LEVEL_ERROR, path, 0, "is compressed; gunzip it first");
	} else if (is_maxmind(data, size)) {
		*kind_r = &rs_asn_mmdb;
		fd = rs_sealed_copy_memory(data, size);
		if (fd == -1 && errno == ENOMEM)
			rs_diags_no_memory(diags, path, 0);
		else if (fd == -1)
			rs_diags_add(diags, RS_LEVEL_ERROR, path, 0, "cannot be copied: %s",
				     strerror(errno));
		else
			state = rs_asn_mmdb_open(path, fd, diags);
	} else {
		*kind_r = &rs_asn_tsv;
		state = rs_asn_tsv_open(path, data, size, diags);
		data = NULL;
	}
	free(data);
	return state;
}

struct rs_asndb *rs_asndb_open(const char *path, struct rs_diags *diags)
{
	struct rs_asndb *db = calloc(1, sizeof(*db));

	if (db == NULL) {
		rs_diags_no_memory(diags, path, 0);
		return NULL;
	}
	db->state = open_kind(path, &db->kind, diags);
	if (db->state == NULL) {
		free(db);
		return NULL;
	}
	return db;
}

void rs_asndb_close(struct rs_asndb **db)
{
	if (*db == NULL)
		return;
	(*db)->kind->close((*db)->state);
	free(*db);
	*db = NULL;
}

int rs_asndb_flatten(struct rs_asndb *db, const uint32_t *asns, size_t count, rs_asn_emit *emit,
		     void *context, struct rs_diags *diags)
{
	return db->kind->flatten(db->state, asns, count, emit, context, diags);
}

int rs_asndb_lookup(struct rs_asndb *db, const struct rs_net *net, uint32_t *asn_r,
		    const char **org_r)
{
	return db->kind->lookup(db->state, net, asn_r, org_r);
}

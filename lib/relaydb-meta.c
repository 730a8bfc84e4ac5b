/* SPDX-License-Identifier: MIT */
#include "relaydb-reader.h"

#include <stdlib.h>
#include <string.h>

/* The metadata stands behind the last marker, within this many bytes of the end
 * (MaxMind DB 2.0, "Database Metadata"). */
#define METADATA_MAX ((size_t)128 << 10)
static const unsigned char marker[] = "\xab\xcd\xefMaxMind.com";
_Static_assert(sizeof(marker) == RS_MARKER_LEN + 1, "the marker is as long as it is said to be");

#define TYPE_BOOL 14U

static bool is_number(unsigned type)
{
	return type == RS_MMDB_UINT16 || type == RS_MMDB_UINT32 || type == RS_MMDB_UINT64;
}

/* Goes over a text; a pointer has no business here. */
static int pass_text(struct rs_reader *r)
{
	struct rs_value value;

	if (rs_read_head(r, &value) < 0)
		return -1;
	if (value.type != RS_MMDB_STRING)
		return rs_reader_fault(r, "a text of the metadata is none");
	if (value.size > r->size - r->at)
		return rs_reader_fault(r, "the metadata is cut off");
	r->at += value.size;
	return 0;
}

/* Goes over a value: a number, a text, a boolean, or texts in a list or map. */
static int pass_value(struct rs_reader *r)
{
	struct rs_value value;
	uint32_t begin = r->at, texts;

	if (rs_read_head(r, &value) < 0)
		return -1;
	if (value.type == RS_MMDB_STRING) {
		r->at = begin;
		return pass_text(r);
	}
	if (value.type == TYPE_BOOL)
		return 0;
	if (value.size > r->size - r->at)
		return rs_reader_fault(r, "the metadata is cut off");
	if (is_number(value.type)) {
		r->at += value.size;
		return 0;
	}
	if (value.type != RS_MMDB_MAP && value.type != RS_MMDB_ARRAY)
		return rs_reader_fault(r, "the metadata has a value of an unknown type");
	texts = value.type == RS_MMDB_MAP ? 2 : 1;
	for (uint32_t i = 0; i < value.size; i++) {
		for (uint32_t text = 0; text < texts; text++) {
			if (pass_text(r) < 0)
				return -1;
		}
	}
	return 0;
}

static int pass_metadata(struct rs_reader *r)
{
	struct rs_value head;

	if (rs_read_head(r, &head) < 0)
		return -1;
	if (head.type != RS_MMDB_MAP)
		return rs_reader_fault(r, "the metadata is no map");
	for (uint32_t i = 0; i < head.size; i++) {
		if (pass_text(r) < 0 || pass_value(r) < 0)
			return -1;
	}
	return 0;
}

size_t rs_relaydb_tail(size_t file_size)
{
	return file_size < METADATA_MAX ? file_size : METADATA_MAX;
}

int rs_relaydb_check_metadata(const unsigned char *file, size_t file_size, const char **fault_r)
{
	const unsigned char *end = file + file_size, *found = NULL;
	struct rs_reader *r;
	int ret;

	*fault_r = NULL;
	for (const unsigned char *p = end - rs_relaydb_tail(file_size);
	     (size_t)(end - p) >= RS_MARKER_LEN; p++) {
		if (memcmp(p, marker, RS_MARKER_LEN) == 0)
			found = p + RS_MARKER_LEN;
	}
	if (found == NULL) {
		*fault_r = "it has no metadata";
		return -1;
	}
	r = calloc(1, sizeof(*r));
	if (r == NULL)
		return -1;
	r->data = found;
	r->size = (uint32_t)(end - found);
	ret = pass_metadata(r);
	*fault_r = r->fault;
	free(r);
	return ret;
}

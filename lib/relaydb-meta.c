/* SPDX-License-Identifier: MIT */
#include "relaydb-reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The metadata stands behind the last marker, within this many bytes of the end
 * (MaxMind DB 2.0, "Database Metadata"). */
#define METADATA_MAX ((size_t)128 << 10)
static const unsigned char marker[] = "\xab\xcd\xefMaxMind.com";
#define MARKER_LEN (sizeof(marker) - 1)

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

/* Reads size bytes at offset. 0, -1 with errno. */
static int read_at(int fd, unsigned char *buf, size_t size, off_t offset)
{
	while (size > 0) {
		ssize_t got = pread(fd, buf, size, offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return -1;
		buf += got;
		offset += got;
		size -= (size_t)got;
	}
	return 0;
}

int rs_relaydb_check_metadata(int fd, size_t file_size, const char **fault_r)
{
	size_t size = file_size < METADATA_MAX ? file_size : METADATA_MAX;
	unsigned char *tail = malloc(size + 1);
	struct rs_reader *r = calloc(1, sizeof(*r));
	const unsigned char *found = NULL;
	int ret = -1;

	*fault_r = NULL;
	if (tail == NULL || r == NULL || read_at(fd, tail, size, (off_t)(file_size - size)) < 0)
		goto out;
	for (size_t i = 0; i + MARKER_LEN <= size; i++) {
		if (memcmp(tail + i, marker, MARKER_LEN) == 0)
			found = tail + i + MARKER_LEN;
	}
	if (found == NULL) {
		*fault_r = "it has no metadata";
		goto out;
	}
	r->data = found;
	r->size = (uint32_t)(tail + size - found);
	ret = pass_metadata(r);
	*fault_r = r->fault;
out:
	free(r);
	free(tail);
	return ret;
}

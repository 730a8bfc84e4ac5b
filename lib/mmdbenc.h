/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_LIB_MMDBENC_H
#define RELAYSENTRY_LIB_MMDBENC_H

/* Encodes values of the MaxMind DB format (2.0, "Output Data Section"). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Data type numbers of the format. */
enum rs_mmdb_type {
	RS_MMDB_POINTER = 1,
	RS_MMDB_STRING = 2,
	RS_MMDB_UINT16 = 5,
	RS_MMDB_UINT32 = 6,
	RS_MMDB_MAP = 7,
	RS_MMDB_UINT64 = 9,
	RS_MMDB_ARRAY = 11
};

/* A growing section. Zero-initialise. Failures are sticky: append as much as
 * needed, then ask failed once. */
struct rs_mmdbenc {
	unsigned char *bytes;
	size_t len, allocated;
	bool failed; /* memory was short */
};
void rs_mmdbenc_free(struct rs_mmdbenc *enc);

/* The head of a value of this type; size is the number of bytes, members or pairs. */
void rs_mmdbenc_head(struct rs_mmdbenc *enc, enum rs_mmdb_type type, size_t size);
/* An unsigned number in as few bytes as it needs. */
void rs_mmdbenc_uint(struct rs_mmdbenc *enc, enum rs_mmdb_type type, uint64_t value);
void rs_mmdbenc_text(struct rs_mmdbenc *enc, const char *text);
/* A pointer to an earlier value at this offset of the section. */
void rs_mmdbenc_pointer(struct rs_mmdbenc *enc, uint32_t offset);

/* A string that is used often: written once, then pointed at. */
struct rs_mmdb_string {
	const char *text;
	uint32_t offset; /* RS_MMDB_NOWHERE: not written yet */
};
#define RS_MMDB_NOWHERE UINT32_MAX
void rs_mmdbenc_string(struct rs_mmdbenc *enc, struct rs_mmdb_string *string);

#endif

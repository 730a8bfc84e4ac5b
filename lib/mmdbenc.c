/* SPDX-License-Identifier: MIT */
#include "mmdbenc.h"

#include <stdlib.h>
#include <string.h>

/* Sizes from which the head takes one, two and three more bytes. */
#define SIZE_1 29U
#define SIZE_2 285U
#define SIZE_3 65821U
/* The same for pointers, by their value. */
#define POINTER_2 2048U
#define POINTER_3 (POINTER_2 + (1U << 19))
#define POINTER_4 (POINTER_3 + (1U << 27))

static void put(struct rs_mmdbenc *enc, const void *data, size_t len)
{
	if (enc->failed)
		return;
	if (len > enc->allocated - enc->len) {
		size_t allocated = enc->allocated + enc->allocated / 2 + len + 4096;
		unsigned char *bytes = realloc(enc->bytes, allocated);

		if (bytes == NULL) {
			enc->failed = true;
			return;
		}
		enc->bytes = bytes;
		enc->allocated = allocated;
	}
	memcpy(enc->bytes + enc->len, data, len);
	enc->len += len;
}

void rs_mmdbenc_free(struct rs_mmdbenc *enc)
{
	free(enc->bytes);
	*enc = (struct rs_mmdbenc){ 0 };
}

/* Writes count low bytes of value behind head bytes of buf. Returns the length. */
static size_t put_big_endian(unsigned char *buf, size_t head, uint64_t value, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		buf[head + i] = (unsigned char)(value >> 8 * (count - 1 - i));
	return head + count;
}

void rs_mmdbenc_head(struct rs_mmdbenc *enc, enum rs_mmdb_type type, size_t size)
{
	unsigned char buf[8];
	size_t len = 1, code, rest = 0;
	unsigned more = 0;

	if (size < SIZE_1) {
		code = size;
	} else if (size < SIZE_2) {
		code = 29;
		more = 1;
		rest = size - SIZE_1;
	} else if (size < SIZE_3) {
		code = 30;
		more = 2;
		rest = size - SIZE_2;
	} else {
		code = 31;
		more = 3;
		rest = size - SIZE_3;
	}
	/* Types over 7 stand in a byte of their own, less 7. */
	if (type <= 7) {
		buf[0] = (unsigned char)(type << 5 | code);
	} else {
		buf[0] = (unsigned char)code;
		buf[len++] = (unsigned char)(type - 7);
	}
	len = put_big_endian(buf, len, rest, more);
	put(enc, buf, len);
}

void rs_mmdbenc_uint(struct rs_mmdbenc *enc, enum rs_mmdb_type type, uint64_t value)
{
	unsigned char buf[8];
	unsigned count = 0;

	while (count < 8 && value >> 8 * count != 0)
		count++;
	rs_mmdbenc_head(enc, type, count);
	put(enc, buf, put_big_endian(buf, 0, value, count));
}

void rs_mmdbenc_text(struct rs_mmdbenc *enc, const char *text)
{
	size_t len = strlen(text);

	rs_mmdbenc_head(enc, RS_MMDB_STRING, len);
	put(enc, text, len);
}

static unsigned pointer_len(uint32_t offset)
{
	if (offset < POINTER_2)
		return 2;
	if (offset < POINTER_3)
		return 3;
	return offset < POINTER_4 ? 4 : 5;
}

void rs_mmdbenc_pointer(struct rs_mmdbenc *enc, uint32_t offset)
{
	/* What a pointer of each length begins to count at. */
	static const uint32_t base[] = { 0, 0, 0, POINTER_2, POINTER_3, 0 };
	unsigned len = pointer_len(offset);
	uint32_t value = offset - base[len];
	unsigned char buf[5];

	buf[0] = (unsigned char)(RS_MMDB_POINTER << 5 | (len - 2) << 3);
	put_big_endian(buf, 1, value, len - 1);
	if (len < 5)
		buf[0] |= (unsigned char)(value >> 8 * (len - 1));
	put(enc, buf, len);
}

void rs_mmdbenc_string(struct rs_mmdbenc *enc, struct rs_mmdb_string *string)
{
	size_t len = strlen(string->text);

	if (string->offset == RS_MMDB_NOWHERE) {
		string->offset = (uint32_t)enc->len;
		rs_mmdbenc_text(enc, string->text);
	} else if (len + 1 < pointer_len(string->offset)) {
		/* Shorter than a pointer so far back. */
		rs_mmdbenc_text(enc, string->text);
	} else {
		rs_mmdbenc_pointer(enc, string->offset);
	}
}

/* SPDX-License-Identifier: MIT */
#include "relaydb-reader.h"
#include "utf8.h"

#include <string.h>

#define MAX_TEXT 4096U

static const char *const keys[RS_KEY_UNKNOWN] = {
	[RS_KEY_ID] = "id",	    [RS_KEY_CLASS] = "class",	[RS_KEY_NETWORK] = "network",
	[RS_KEY_NAME] = "name",	    [RS_KEY_RELAYS] = "relays", [RS_KEY_ASN] = "asn",
	[RS_KEY_AS_ORG] = "as_org",
};

int rs_reader_fault(struct rs_reader *r, const char *text)
{
	if (r->fault == NULL)
		r->fault = text;
	return -1;
}

int rs_reader_no_memory(struct rs_reader *r)
{
	r->no_memory = true;
	return -1;
}

static int read_pointer(struct rs_reader *r, unsigned char head, struct rs_value *value_r)
{
	static const uint32_t base[] = { 0, 2048, 2048 + (1U << 19), 0 };
	unsigned more = (head >> 3 & 3) + 1;
	uint32_t target = more < 4 ? head & 7 : 0;

	if (r->size - r->at < more)
		return rs_reader_fault(r, "a value is cut off");
	for (unsigned i = 0; i < more; i++)
		target = target << 8 | r->data[r->at++];
	value_r->size = target + base[more - 1];
	value_r->start = r->at;
	if (value_r->size >= r->size)
		return rs_reader_fault(r, "a pointer leads out of the data");
	return 0;
}

int rs_read_any_head(struct rs_reader *r, struct rs_value *value_r)
{
	static const uint32_t base[] = { 29, 285, 65821 };
	unsigned char head;
	uint32_t size;

	if (r->at >= r->size)
		return rs_reader_fault(r, "a value is cut off");
	head = r->data[r->at++];
	value_r->type = head >> 5;
	if (value_r->type == RS_MMDB_POINTER)
		return read_pointer(r, head, value_r);
	if (value_r->type == 0) {
		if (r->at >= r->size)
			return rs_reader_fault(r, "a value is cut off");
		value_r->type = 7U + r->data[r->at++];
	}
	size = head & 31;
	if (size >= 29) {
		unsigned more = size - 28;
		uint32_t rest = 0;

		if (r->size - r->at < more)
			return rs_reader_fault(r, "a value is cut off");
		for (unsigned i = 0; i < more; i++)
			rest = rest << 8 | r->data[r->at++];
		size = base[more - 1] + rest;
	}
	value_r->size = size;
	value_r->start = r->at;
	return 0;
}

int rs_read_value(struct rs_reader *r, struct rs_value *value_r)
{
	uint32_t behind;

	if (rs_read_head(r, value_r) < 0)
		return -1;
	if (value_r->type != RS_MMDB_POINTER) {
		/* Of members and elements each has at least one byte. */
		if (value_r->size > r->size - r->at)
			return rs_reader_fault(r, "a value is cut off");
		if (value_r->type == RS_MMDB_STRING || value_r->type == RS_MMDB_UINT32)
			r->at += value_r->size;
		return 0;
	}
	behind = r->at;
	r->at = value_r->size;
	if (rs_read_head(r, value_r) < 0)
		return -1;
	if (value_r->type == RS_MMDB_POINTER)
		return rs_reader_fault(r, "a pointer leads to a pointer");
	if (value_r->size > r->size - r->at)
		return rs_reader_fault(r, "a value is cut off");
	r->at = behind;
	return 0;
}

int rs_read_string(struct rs_reader *r, struct rs_value *value_r)
{
	if (rs_read_value(r, value_r) < 0)
		return -1;
	if (value_r->type != RS_MMDB_STRING)
		return rs_reader_fault(r, "a value is no text");
	return value_r->size <= MAX_TEXT ? 0 : rs_reader_fault(r, "a text is over 4096 bytes long");
}

static enum rs_key which_key(const struct rs_reader *r, const struct rs_value *value)
{
	unsigned key = 0;

	while (key < RS_KEY_UNKNOWN &&
	       (value->size != strlen(keys[key]) ||
		memcmp(r->data + value->start, keys[key], value->size) != 0))
		key++;
	return (enum rs_key)key;
}

int rs_read_any_key(struct rs_reader *r, enum rs_key *key_r)
{
	bool is_short = rs_short_pointer(r);
	uint32_t at = r->at;
	struct rs_value value = { 0 };

	if (rs_read_string(r, &value) < 0)
		return -1;
	*key_r = which_key(r, &value);
	if (is_short)
		r->key_at[rs_short_target(r, at)] = (uint8_t)(*key_r + 1);
	return 0;
}

int rs_skip_value(struct rs_reader *r)
{
	struct rs_value value;

	if (rs_read_head(r, &value) < 0)
		return -1;
	if (value.type == RS_MMDB_MAP || value.type == RS_MMDB_ARRAY)
		return rs_reader_fault(r, "an unknown key has a map or array");
	/* A boolean's size is its value. */
	if (value.type == RS_MMDB_POINTER || value.type == 14)
		return 0;
	if (value.size > r->size - r->at)
		return rs_reader_fault(r, "a value is cut off");
	r->at += value.size;
	return 0;
}

int rs_check_text(struct rs_reader *r, const struct rs_value *value)
{
	const char *text = (const char *)r->data + value->start;
	size_t left = value->size;

	while (left > 0) {
		uint32_t character;
		size_t len = rs_utf8_char(text, left, &character);

		if (len == 0)
			return rs_reader_fault(r, "a text is not UTF-8");
		if (!rs_utf8_printable(character))
			return rs_reader_fault(r, "a text has control characters");
		text += len;
		left -= len;
	}
	return 0;
}

/* SPDX-License-Identifier: MIT */
/* JSON. The first byte: whether comments are allowed. What is accepted is
 * written again, and that must be read as the same values. */
#include "fuzz.h"

#include <relaysentry/json.h>

#include <string.h>

static size_t count_lines(const uint8_t *data, size_t size)
{
	size_t lines = 1;

	for (size_t i = 0; i < size; i++)
		lines += data[i] == '\n';
	return lines;
}

static void write_value(struct rs_jsonw *w, const struct rs_json *value, size_t lines)
{
	enum rs_json_type type = rs_json_type(value);
	const char *key = rs_json_key(value);

	FUZZ_CHECK(rs_json_line(value) >= 1 && rs_json_line(value) <= lines);
	FUZZ_CHECK(rs_json_key_line(value) >= 1 && rs_json_key_line(value) <= rs_json_line(value));
	if (type == RS_JSON_ARRAY)
		rs_jsonw_array(w, key);
	else if (type == RS_JSON_OBJECT)
		rs_jsonw_object(w, key);
	else if (type == RS_JSON_STRING)
		rs_jsonw_string(w, key, rs_json_string(value));
	else if (type == RS_JSON_INT)
		rs_jsonw_int(w, key, rs_json_int(value));
	else if (type == RS_JSON_BOOL)
		rs_jsonw_bool(w, key, rs_json_bool(value));
	else
		rs_jsonw_string(w, key, NULL);
	for (size_t i = 0; i < rs_json_count(value); i++) {
		const struct rs_json *child = rs_json_at(value, i);

		if (type == RS_JSON_OBJECT && i < 100)
			FUZZ_CHECK(rs_json_member(value, rs_json_key(child)) == child);
		write_value(w, child, lines);
	}
	if (type == RS_JSON_ARRAY || type == RS_JSON_OBJECT)
		rs_jsonw_end(w);
}

static void compare(const struct rs_json *a, const struct rs_json *b)
{
	FUZZ_CHECK(rs_json_count(a) == rs_json_count(b));
	FUZZ_CHECK(strcmp(rs_json_string(a), rs_json_string(b)) == 0);
	FUZZ_CHECK(rs_json_type(a) == RS_JSON_DOUBLE || rs_json_int(a) == rs_json_int(b));
	for (size_t i = 0; i < rs_json_count(a); i++)
		compare(rs_json_at(a, i), rs_json_at(b, i));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const known[] = { "rules", "version", NULL };
	struct rs_json_options options = { .comments = size > 0 && (data[0] & 1) != 0 };
	struct rs_diags *diags = rs_diags_new();
	struct rs_json_doc *doc, *again;
	struct rs_jsonw *w;
	const char *text;

	if (size == 0)
		goto out;
	doc = rs_json_parse("fuzz", (const char *)data + 1, size - 1, &options, diags);
	FUZZ_CHECK((doc == NULL) == (rs_diags_count(diags, RS_LEVEL_ERROR) > 0));
	if (doc == NULL)
		goto out;
	w = rs_jsonw_new((data[0] & 2) != 0);
	write_value(w, rs_json_root(doc), count_lines(data + 1, size - 1));
	text = rs_jsonw_text(w);
	FUZZ_CHECK(text != NULL);
	again = rs_json_parse("again", text, strlen(text), NULL, diags);
	FUZZ_CHECK(again != NULL);
	compare(rs_json_root(doc), rs_json_root(again));
	(void)rs_json_check_keys(diags, rs_json_root(doc), known);
	rs_jsonw_free(&w);
	rs_json_free(&doc);
	rs_json_free(&again);
out:
	rs_diags_free(&diags);
	return 0;
}

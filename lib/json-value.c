/* SPDX-License-Identifier: MIT */
/* What can be asked of a JSON value, and told about it. */
#include <relaysentry/json.h>

#include "diag-internal.h"
#include "json-internal.h"
#include "nearest.h"
#include "strbuf.h"

#include <json-c/json.h>
#include <string.h>

const char *rs_json_name(const struct rs_json *value)
{
	return value->doc_name;
}

enum rs_json_type rs_json_type(const struct rs_json *value)
{
	return value->type;
}

const char *rs_json_type_name(enum rs_json_type type)
{
	static const char *const names[] = {
		[RS_JSON_NULL] = "null",	  [RS_JSON_BOOL] = "true or false",
		[RS_JSON_INT] = "a whole number", [RS_JSON_DOUBLE] = "a number with a fraction",
		[RS_JSON_STRING] = "a string",	  [RS_JSON_ARRAY] = "a list",
		[RS_JSON_OBJECT] = "an object",
	};

	return names[type];
}

unsigned rs_json_line(const struct rs_json *value)
{
	return value->line;
}

unsigned rs_json_key_line(const struct rs_json *value)
{
	return value->key_line;
}

const char *rs_json_key(const struct rs_json *value)
{
	return value->key;
}

size_t rs_json_count(const struct rs_json *value)
{
	return value->count;
}

const struct rs_json *rs_json_at(const struct rs_json *value, size_t i)
{
	return &value->children[i];
}

const struct rs_json *rs_json_member(const struct rs_json *value, const char *key)
{
	if (value->type != RS_JSON_OBJECT)
		return NULL;
	for (size_t i = 0; i < value->count; i++) {
		if (strcmp(value->children[i].key, key) == 0)
			return &value->children[i];
	}
	return NULL;
}

const char *rs_json_string(const struct rs_json *value)
{
	return value->type == RS_JSON_STRING ? json_object_get_string(value->value) : "";
}

int64_t rs_json_int(const struct rs_json *value)
{
	return value->type == RS_JSON_INT ? json_object_get_int64(value->value) : 0;
}

double rs_json_double(const struct rs_json *value)
{
	return value->type == RS_JSON_INT || value->type == RS_JSON_DOUBLE
		       ? json_object_get_double(value->value)
		       : 0;
}

bool rs_json_bool(const struct rs_json *value)
{
	return value->type == RS_JSON_BOOL && json_object_get_boolean(value->value);
}

/* Whether a key can stand in a path without quotes. */
static bool is_plain(const char *key)
{
	return *key != '\0' && key[strspn(key, "abcdefghijklmnopqrstuvwxyz"
					       "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")] == '\0';
}

/* rules[3].network; nothing for the root. */
static void add_path(struct rs_strbuf *path, const struct rs_json *value)
{
	if (value->parent == NULL)
		return;
	add_path(path, value->parent);
	if (value->key == NULL)
		rs_strbuf_addf(path, "[%zu]", (size_t)(value - value->parent->children));
	else if (is_plain(value->key))
		rs_strbuf_addf(path, "%s%s", path->used > 0 ? "." : "", value->key);
	else
		rs_strbuf_addf(path, "[\"%s\"]", value->key);
}

void rs_json_complain(struct rs_diags *diags, enum rs_level level, const struct rs_json *value,
		      const char *format, ...)
{
	struct rs_strbuf text = { 0 };
	va_list args;

	if (diags == NULL)
		return;
	add_path(&text, value);
	if (text.used > 0)
		rs_strbuf_add(&text, ": ", 2);
	va_start(args, format);
	rs_strbuf_addv(&text, format, args);
	va_end(args);
	rs_diags_add(diags, level, value->doc_name, value->line, "%s", rs_strbuf_text(&text));
	rs_strbuf_free(&text);
}

/* For so many unknown keys of an object a known one is looked for. */
#define SUGGESTIONS_MAX 20

static void complain_unknown(struct rs_diags *diags, const struct rs_json *member,
			     const char *const *known, size_t known_count)
{
	const char *near = rs_nearest(member->key, known, known_count);
	struct rs_strbuf path = { 0 };

	add_path(&path, member->parent);
	rs_diags_add(diags, RS_LEVEL_ERROR, member->doc_name, member->key_line,
		     "%s%sunknown key \"%s\"%s%s%s", rs_strbuf_text(&path),
		     path.used > 0 ? ": " : "", member->key,
		     near == NULL ? "" : "; did you mean \"", near == NULL ? "" : near,
		     near == NULL ? "" : "\"?");
	rs_strbuf_free(&path);
}

size_t rs_json_check_keys(struct rs_diags *diags, const struct rs_json *object,
			  const char *const *known)
{
	size_t known_count = 0, unknown = 0;

	while (known[known_count] != NULL)
		known_count++;
	for (size_t i = 0; object->type == RS_JSON_OBJECT && i < object->count; i++) {
		size_t k = 0;

		while (k < known_count && strcmp(object->children[i].key, known[k]) != 0)
			k++;
		if (k < known_count)
			continue;
		complain_unknown(diags, &object->children[i], known,
				 unknown++ < SUGGESTIONS_MAX ? known_count : 0);
	}
	return unknown;
}

/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_LIB_JSON_INTERNAL_H
#define RELAYSENTRY_LIB_JSON_INTERNAL_H

#include <relaysentry/json.h>

struct json_object;

struct rs_json {
	const char *doc_name;
	struct json_object *value; /* NULL: null, an array or an object */
	const char *key;
	const struct rs_json *parent;
	struct rs_json *children; /* count of them, side by side */
	size_t count;
	enum rs_json_type type;
	unsigned line, key_line;
};

#endif

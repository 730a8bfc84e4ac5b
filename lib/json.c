/* SPDX-License-Identifier: MIT */
#include <relaysentry/json.h>

#include "json-internal.h"
#include "json-make.h"
#include "json-scan.h"
#include <relaysentry/readfile.h>

#include <json-c/json.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct rs_json_doc {
	char *name;
	struct rs_arena keys;
	struct rs_json *nodes; /* nodes[0] is the root */
	size_t node_count;
};

/* Adds an error for each number that is too large. Returns 0 when there is none, else -1. */
static int check_range(const struct rs_json_doc *doc, struct rs_diags *diags)
{
	int ret = 0;

	for (size_t i = 0; i < doc->node_count; i++) {
		const struct rs_json *node = &doc->nodes[i];

		if (node->type == RS_JSON_DOUBLE &&
		    !isfinite(json_object_get_double(node->value))) {
			rs_json_complain(diags, RS_LEVEL_ERROR, node, "the number is out of range");
			ret = -1;
		}
	}
	return ret;
}

/* Takes text, which has len bytes and a NUL behind them and is changed. */
static struct rs_json_doc *parse_own(const char *name, char *text, size_t len,
				     const struct rs_json_options *options, struct rs_diags *diags)
{
	unsigned max_depth =
		options != NULL && options->max_depth > 0 ? options->max_depth : RS_JSON_MAX_DEPTH;
	struct rs_json_doc *doc = calloc(1, sizeof(*doc));
	struct rs_json_marks marks = { 0 };
	bool ok = false, no_memory = true;

	if (max_depth > RS_JSON_SCAN_MAX_DEPTH)
		max_depth = RS_JSON_SCAN_MAX_DEPTH;
	if (doc != NULL)
		doc->name = strdup(name);
	if (doc == NULL || doc->name == NULL)
		goto out;
	no_memory = false;
	if (rs_json_scan(name, text, len, max_depth, options != NULL && options->comments, &marks,
			 diags) < 0)
		goto out;
	doc->nodes = calloc(marks.count, sizeof(*doc->nodes));
	if (doc->nodes != NULL)
		doc->node_count = marks.count;
	if (doc->nodes == NULL ||
	    rs_json_make(doc->name, text, len, &marks, doc->nodes, &doc->keys) < 0)
		no_memory = true;
	else
		ok = check_range(doc, diags) == 0;
out:
	free(marks.marks);
	if (no_memory)
		rs_diags_no_memory(diags, name, 0);
	if (!ok)
		rs_json_free(&doc);
	return doc;
}

static size_t max_size_of(const struct rs_json_options *options)
{
	size_t max =
		options != NULL && options->max_size > 0 ? options->max_size : RS_JSON_MAX_SIZE;

	/* json-c counts in int. */
	return max < INT_MAX ? max : INT_MAX - 1;
}

struct rs_json_doc *rs_json_parse(const char *name, const char *text, size_t len,
				  const struct rs_json_options *options, struct rs_diags *diags)
{
	struct rs_json_doc *doc = NULL;
	char *copy;

	if (len > max_size_of(options)) {
		rs_diags_add(diags, RS_LEVEL_ERROR, name, 0,
			     "is larger than %zu bytes, the most that is read",
			     max_size_of(options));
		return NULL;
	}
	copy = malloc(len + 1);
	if (copy == NULL) {
		rs_diags_no_memory(diags, name, 0);
		return NULL;
	}
	if (len > 0)
		memcpy(copy, text, len);
	copy[len] = '\0';
	doc = parse_own(name, copy, len, options, diags);
	free(copy);
	return doc;
}

struct rs_json_doc *rs_json_read_file(const char *path, const struct rs_json_options *options,
				      struct rs_diags *diags)
{
	struct rs_json_doc *doc;
	char *text;
	size_t len;

	if (rs_readfile(path, max_size_of(options), &text, &len, NULL, diags) < 0)
		return NULL;
	doc = parse_own(path, text, len, options, diags);
	free(text);
	return doc;
}

void rs_json_free(struct rs_json_doc **doc)
{
	if (*doc == NULL)
		return;
	for (size_t i = 0; i < (*doc)->node_count; i++)
		json_object_put((*doc)->nodes[i].value);
	rs_arena_clear(&(*doc)->keys);
	free((*doc)->nodes);
	free((*doc)->name);
	free(*doc);
	*doc = NULL;
}

const struct rs_json *rs_json_root(const struct rs_json_doc *doc)
{
	return doc->nodes;
}

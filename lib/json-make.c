/* SPDX-License-Identifier: MIT */
#include "json-make.h"

#include "json-scanner.h"

#include <json-c/json.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

struct maker {
	struct scan scan;
	const char *name;
	const struct rs_json_marks *marks;
	struct rs_json *nodes;
	size_t next_mark, next_node;
	struct rs_arena *keys;
	locale_t c_locale; /* 0 before the first number with a fraction */
};

/* At a bracket, colon or comma: goes to what comes behind it. */
static void next_token(struct scan *s)
{
	s->pos++;
	(void)scan_space(s);
}

/* At a double quote: goes behind the string, which then ends with a NUL. */
static int take_string(struct maker *m, struct scan_key *string_r)
{
	struct scan *s = &m->scan;
	char *begin = s->text + s->pos + 1;
	size_t len = strcspn(begin, "\"\\");

	if (begin[len] == '\\')
		return scan_string(s, string_r);
	begin[len] = '\0';
	string_r->text = begin;
	string_r->len = len;
	s->pos += len + 2;
	return 0;
}

static int make_string(struct maker *m, struct rs_json *node)
{
	struct scan_key string;

	if (take_string(m, &string) < 0)
		return -1;
	node->type = RS_JSON_STRING;
	node->value = json_object_new_string_len(string.text, (int)string.len);
	return node->value != NULL ? 0 : -1;
}

/* A number, true, false or null. */
static int make_word(struct maker *m, struct rs_json *node)
{
	const char *word = m->scan.text + m->scan.pos;
	size_t len = strcspn(word, " \t\r\n,]}");

	m->scan.pos += len;
	if (*word == 'n')
		return 0;
	if (*word == 't' || *word == 'f') {
		node->type = RS_JSON_BOOL;
		node->value = json_object_new_boolean(*word == 't');
	} else if (strcspn(word, ".eE") >= len) {
		node->type = RS_JSON_INT;
		node->value = json_object_new_int64(strtoll(word, NULL, 10));
	} else {
		node->type = RS_JSON_DOUBLE;
		/* Whatever the process calls a decimal point. */
		if (m->c_locale == (locale_t)0)
			m->c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
		if (m->c_locale != (locale_t)0)
			node->value = json_object_new_double(strtod_l(word, NULL, m->c_locale));
	}
	return node->value != NULL ? 0 : -1;
}

/* At the key: goes to the value behind the colon. */
static int make_key(struct maker *m, struct rs_json *node)
{
	struct scan_key string;

	if (take_string(m, &string) < 0)
		return -1;
	node->key = rs_arena_strndup(m->keys, string.text, string.len);
	(void)scan_space(&m->scan);
	next_token(&m->scan);
	return node->key != NULL ? 0 : -1;
}

static int make_value(struct maker *m, struct rs_json *node);

static int make_children(struct maker *m, struct rs_json *parent, unsigned count)
{
	struct scan *s = &m->scan;

	parent->children = m->nodes + m->next_node;
	parent->count = count;
	m->next_node += count;
	next_token(s);
	for (unsigned i = 0; i < count; i++) {
		struct rs_json *child = &parent->children[i];

		child->parent = parent;
		if ((parent->type == RS_JSON_OBJECT && make_key(m, child) < 0) ||
		    make_value(m, child) < 0)
			return -1;
		(void)scan_space(s);
		if (i + 1 < count)
			next_token(s);
	}
	s->pos++;
	return 0;
}

static int make_value(struct maker *m, struct rs_json *node)
{
	const struct rs_json_mark *mark = &m->marks->marks[m->next_mark++];

	node->doc_name = m->name;
	node->line = mark->line;
	node->key_line = mark->key_line;
	switch (m->scan.text[m->scan.pos]) {
	case '{':
		node->type = RS_JSON_OBJECT;
		return make_children(m, node, mark->count);
	case '[':
		node->type = RS_JSON_ARRAY;
		return make_children(m, node, mark->count);
	case '"':
		return make_string(m, node);
	default:
		return make_word(m, node);
	}
}

int rs_json_make(const char *name, char *text, size_t len, const struct rs_json_marks *marks,
		 struct rs_json *nodes, struct rs_arena *keys)
{
	struct maker m = {
		.scan = { .text = text, .len = len },
		.name = name,
		.marks = marks,
		.nodes = nodes,
		.next_node = 1,
		.keys = keys,
	};
	int ret;

	(void)scan_space(&m.scan);
	ret = make_value(&m, nodes);
	if (m.c_locale != (locale_t)0)
		freelocale(m.c_locale);
	rs_arena_clear(&m.scan.decoded);
	return ret;
}

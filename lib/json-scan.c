/* SPDX-License-Identifier: MIT */
#include "json-scan.h"
#include "json-scanner.h"

#include <stdlib.h>
#include <string.h>

static int add_mark(struct scan *s, unsigned key_line)
{
	struct rs_json_marks *m = s->marks;

	if (m->count == m->allocated) {
		size_t want = m->allocated == 0 ? 64 : m->allocated * 2;
		struct rs_json_mark *p = reallocarray(m->marks, want, sizeof(*p));

		if (p == NULL)
			return scan_no_memory(s);
		m->marks = p;
		m->allocated = want;
	}
	m->marks[m->count].line = s->line;
	m->marks[m->count].key_line = key_line == 0 ? s->line : key_line;
	m->marks[m->count].count = 0;
	m->count++;
	return 0;
}

static int add_key(struct scan *s, const struct scan_key *key)
{
	if (s->key_count == s->keys_allocated) {
		size_t want = s->keys_allocated == 0 ? 64 : s->keys_allocated * 2;
		struct scan_key *p = reallocarray(s->keys, want, sizeof(*p));

		if (p == NULL)
			return scan_no_memory(s);
		s->keys = p;
		s->keys_allocated = want;
	}
	s->keys[s->key_count++] = *key;
	return 0;
}

static int compare_text(const struct scan_key *a, const struct scan_key *b)
{
	if (a->len != b->len)
		return a->len < b->len ? -1 : 1;
	return memcmp(a->text, b->text, a->len);
}

static int compare_keys(const void *pa, const void *pb)
{
	const struct scan_key *a = pa, *b = pb;
	int diff = compare_text(a, b);

	if (diff != 0 || a->line == b->line)
		return diff;
	return a->line < b->line ? -1 : 1;
}

/* Sorting costs the same whatever the keys are; a hash could be made to collide. */
static void check_duplicates(struct scan *s, size_t first)
{
	size_t count = s->key_count - first, original = 0;
	struct scan_key *keys;

	s->key_count = first;
	if (count < 2)
		return;
	keys = s->keys + first;
	qsort(keys, count, sizeof(*keys), compare_keys);
	for (size_t i = 1; i < count; i++) {
		if (compare_text(&keys[original], &keys[i]) != 0) {
			original = i;
			continue;
		}
		scan_error(s, keys[i].line, "the key \"%.*s\" is there twice, first on line %u",
			   keys[i].len > 200 ? 200 : (int)keys[i].len, keys[i].text,
			   keys[original].line);
	}
}

static int scan_value(struct scan *s, unsigned key_line);

static int scan_member(struct scan *s)
{
	struct scan_key key = { .line = s->line };

	if ((s->text[s->pos] == '"' ? scan_string(s, &key) : scan_bad_key(s, &key)) < 0 ||
	    add_key(s, &key) < 0 || scan_space(s) < 0)
		return -1;
	if (s->pos >= s->len || s->text[s->pos] != ':')
		return scan_unexpected(s, "the colon behind a key");
	s->pos++;
	return scan_value(s, key.line);
}

/* At the opening bracket of an object or array. */
static int scan_container(struct scan *s, bool object)
{
	const char closer = object ? '}' : ']';
	const unsigned opened = s->line;
	const size_t mark = s->marks->count - 1;
	size_t first_key = s->key_count;
	/* What stood before: nothing, a value, or a comma. */
	enum { OPENED, VALUE, COMMA } before = OPENED;

	if (++s->depth > s->max_depth) {
		scan_error(s, s->line, "nested deeper than %u levels", s->max_depth);
		return -1;
	}
	s->pos++;
	for (;;) {
		char c;

		if (scan_space(s) < 0)
			return -1;
		if (s->pos >= s->len) {
			scan_error(s, opened, "the %s that begins here is not closed",
				   object ? "object" : "array");
			return -1;
		}
		c = s->text[s->pos];
		if (c == closer)
			break;
		if (c == ',') {
			if (before != VALUE)
				scan_error(s, s->line, "a comma with nothing before it; remove it");
			before = COMMA;
			s->pos++;
			continue;
		}
		if (c == '}' || c == ']' || c == ':')
			return scan_unexpected(s, object ? "a comma or '}'" : "a comma or ']'");
		if (before == VALUE)
			scan_error(s, s->line, "a comma is missing before this");
		if ((object ? scan_member(s) : scan_value(s, 0)) < 0)
			return -1;
		s->marks->marks[mark].count++;
		before = VALUE;
	}
	if (before == COMMA)
		scan_error(s, s->line, "a comma before the closing '%c'; remove it", closer);
	s->pos++;
	s->depth--;
	check_duplicates(s, first_key);
	return 0;
}

/* key_line: 0 when the value has no key. */
static int scan_value(struct scan *s, unsigned key_line)
{
	if (scan_space(s) < 0 || add_mark(s, key_line) < 0)
		return -1;
	switch (s->text[s->pos]) {
	case '{':
		return scan_container(s, true);
	case '[':
		return scan_container(s, false);
	case '"':
		return scan_string(s, NULL);
	default:
		return scan_word(s);
	}
}

int rs_json_scan(const char *name, char *text, size_t len, unsigned max_depth, bool comments,
		 struct rs_json_marks *marks, struct rs_diags *diags)
{
	struct scan s = {
		.name = name,
		.text = text,
		.len = len,
		.line = 1,
		.max_depth = max_depth,
		.comments = comments,
		.marks = marks,
		.diags = diags,
	};

	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		memset(text, ' ', 3);
	if (scan_space(&s) == 0) {
		if (s.pos >= len)
			scan_error(&s, 0, "is empty; expected JSON");
		else if (scan_value(&s, 0) == 0 && scan_space(&s) == 0 && s.pos < len)
			(void)scan_unexpected(&s, "the end of the text");
	}
	free(s.keys);
	rs_arena_clear(&s.decoded);
	return s.errors == 0 ? 0 : -1;
}

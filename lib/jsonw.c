/* SPDX-License-Identifier: MIT */
#include <relaysentry/json.h>

#include "strbuf.h"
#include "utf8.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_DEPTH 64U

struct rs_jsonw {
	struct rs_strbuf text;
	bool pretty;
	unsigned depth;
	char closers[MAX_DEPTH]; /* '}' or ']' */
	bool empty[MAX_DEPTH];
};

struct rs_jsonw *rs_jsonw_new(bool pretty)
{
	struct rs_jsonw *w = calloc(1, sizeof(*w));

	if (w != NULL)
		w->pretty = pretty;
	return w;
}

void rs_jsonw_free(struct rs_jsonw **w)
{
	if (*w == NULL)
		return;
	rs_strbuf_free(&(*w)->text);
	free(*w);
	*w = NULL;
}

/* How many bytes stand for themselves: most texts have no others. */
static size_t plain_len(const char *value, size_t len)
{
	size_t n = 0;

	while (n < len && value[n] >= ' ' && value[n] < 0x7f && value[n] != '"' && value[n] != '\\')
		n++;
	return n;
}

/* One character that has to be looked at. Returns its length. */
static size_t add_character(struct rs_strbuf *text, const char *value, size_t len)
{
	uint32_t c = 0;
	size_t n = rs_utf8_char(value, len, &c);

	if (n == 0)
		rs_strbuf_add(text, "\xef\xbf\xbd", 3);
	else if (c == '"' || c == '\\')
		rs_strbuf_addf(text, "\\%c", (int)c);
	else if (c == '\n')
		rs_strbuf_add(text, "\\n", 2);
	else if (c == '\t')
		rs_strbuf_add(text, "\\t", 2);
	/* JSON asks this of C0 only; the others would act on a terminal. */
	else if (!rs_utf8_printable(c))
		rs_strbuf_addf(text, "\\u%04" PRIx32, c);
	else
		rs_strbuf_add(text, value, n);
	return n == 0 ? 1 : n;
}

static void add_string(struct rs_strbuf *text, const char *value)
{
	size_t len = strlen(value);

	rs_strbuf_add(text, "\"", 1);
	while (len > 0) {
		size_t n = plain_len(value, len);

		if (n > 0)
			rs_strbuf_add(text, value, n);
		else
			n = add_character(text, value, len);
		value += n;
		len -= n;
	}
	rs_strbuf_add(text, "\"", 1);
}

static void new_line(struct rs_jsonw *w)
{
	if (!w->pretty)
		return;
	rs_strbuf_add(&w->text, "\n", 1);
	for (unsigned i = 0; i < w->depth; i++)
		rs_strbuf_add(&w->text, "  ", 2);
}

/* What stands before a value: comma, new line, key. */
static void begin(struct rs_jsonw *w, const char *key)
{
	if (w->depth > 0) {
		if (!w->empty[w->depth - 1])
			rs_strbuf_add(&w->text, ",", 1);
		w->empty[w->depth - 1] = false;
		new_line(w);
	}
	if (key != NULL) {
		add_string(&w->text, key);
		rs_strbuf_add(&w->text, ": ", w->pretty ? 2 : 1);
	}
}

static void open_container(struct rs_jsonw *w, const char *key, char opener, char closer)
{
	begin(w, key);
	rs_strbuf_add(&w->text, &opener, 1);
	if (w->depth == MAX_DEPTH) {
		w->text.failed = true;
		return;
	}
	w->closers[w->depth] = closer;
	w->empty[w->depth] = true;
	w->depth++;
}

void rs_jsonw_object(struct rs_jsonw *w, const char *key)
{
	open_container(w, key, '{', '}');
}

void rs_jsonw_array(struct rs_jsonw *w, const char *key)
{
	open_container(w, key, '[', ']');
}

void rs_jsonw_end(struct rs_jsonw *w)
{
	if (w->depth == 0) {
		w->text.failed = true;
		return;
	}
	w->depth--;
	if (!w->empty[w->depth])
		new_line(w);
	rs_strbuf_add(&w->text, &w->closers[w->depth], 1);
}

void rs_jsonw_string(struct rs_jsonw *w, const char *key, const char *value)
{
	begin(w, key);
	if (value == NULL)
		rs_strbuf_add(&w->text, "null", 4);
	else
		add_string(&w->text, value);
}

void rs_jsonw_int(struct rs_jsonw *w, const char *key, int64_t value)
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%" PRId64, value);

	begin(w, key);
	rs_strbuf_add(&w->text, digits, (size_t)len);
}

void rs_jsonw_bool(struct rs_jsonw *w, const char *key, bool value)
{
	begin(w, key);
	rs_strbuf_add_text(&w->text, value ? "true" : "false");
}

const char *rs_jsonw_text(struct rs_jsonw *w)
{
	return w->text.failed || w->depth > 0 ? NULL : rs_strbuf_text(&w->text);
}

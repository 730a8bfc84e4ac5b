/* SPDX-License-Identifier: MIT */
#include "doveconf-tree.h"

#include <stdbool.h>
#include <string.h>

struct reader {
	struct rs_dc_tree *tree;
	const char *name;
	struct rs_diags *diags;
	const char *at, *end;
	unsigned line;
	unsigned depth;
	struct rs_dc_node *block; /* the innermost open one */
	bool failed;		  /* an error was added */
	bool foreign;		  /* a line was no setting and no block */
	bool no_memory;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static void complain(struct reader *r, unsigned line, const char *text)
{
	rs_diags_add(r->diags, RS_LEVEL_ERROR, r->name, line, "%s", text);
	r->failed = true;
}

/* Of a file that is something else not every line is worth an error. */
static void complain_foreign(struct reader *r, unsigned line)
{
	if (!r->foreign)
		complain(r, line,
			 "neither a setting nor a block; give the output of \"doveconf -n\"");
	r->foreign = true;
}

static void skip_blanks(struct reader *r)
{
	while (r->at < r->end && is_blank(*r->at))
		r->at++;
}

/* The rest of the line without blanks at its end, and without a comment when
 * there is a blank before it. */
static void rest_of_line(struct reader *r, const char **text_r, size_t *len_r)
{
	const char *start = r->at;
	const char *stop;

	while (r->at < r->end && *r->at != '\n')
		r->at++;
	stop = r->at;
	for (const char *p = start; p < stop; p++) {
		if (*p == '#' && (p == start || is_blank(p[-1])))
			stop = p;
	}
	while (stop > start && is_blank(stop[-1]))
		stop--;
	*text_r = start;
	*len_r = (size_t)(stop - start);
}

/* A quoted text, in which a backslash stands before a quote or another backslash. */
static const char *read_quoted(struct reader *r)
{
	unsigned first_line = r->line;
	const char *start = ++r->at;
	char *text, *to;

	while (r->at < r->end && *r->at != '"') {
		if (*r->at == '\\' && r->at + 1 < r->end)
			r->at++;
		if (*r->at == '\n')
			r->line++;
		r->at++;
	}
	if (r->at == r->end) {
		complain(r, first_line,
			 "the quoted value does not end; give the whole output of "
			 "\"doveconf -n\"");
		return NULL;
	}
	text = rs_arena_strndup(&r->tree->arena, start, (size_t)(r->at - start));
	if (text == NULL) {
		r->no_memory = true;
		return NULL;
	}
	to = text;
	for (const char *from = text; *from != '\0'; from++) {
		if (*from == '\\' && from[1] != '\0')
			from++;
		*to++ = *from;
	}
	*to = '\0';
	r->at++;
	return text;
}

static struct rs_dc_node *add_node(struct reader *r, const char *key, size_t key_len)
{
	struct rs_dc_node *node = rs_arena_alloc(&r->tree->arena, sizeof(*node));

	if (node != NULL)
		node->key = rs_arena_strndup(&r->tree->arena, key, key_len);
	if (node == NULL || node->key == NULL) {
		r->no_memory = true;
		return NULL;
	}
	node->name = "";
	node->line = r->line;
	node->parent = r->block;
	if (r->block->last == NULL)
		r->block->children = node;
	else
		r->block->last->next = node;
	r->block->last = node;
	return node;
}

static void read_value(struct reader *r, struct rs_dc_node *node)
{
	const char *text;
	size_t len;

	skip_blanks(r);
	if (r->at < r->end && *r->at == '"') {
		node->value = read_quoted(r);
		return;
	}
	rest_of_line(r, &text, &len);
	node->value = rs_arena_strndup(&r->tree->arena, text, len);
	if (node->value == NULL)
		r->no_memory = true;
}

/* Behind the key of a block: `{`, `name {` or `"name" {`. */
static void read_block(struct reader *r, struct rs_dc_node *node)
{
	const char *text;
	size_t len;

	if (*r->at == '"') {
		const char *name = read_quoted(r);

		if (name == NULL)
			return;
		node->name = name;
		skip_blanks(r);
	}
	rest_of_line(r, &text, &len);
	if (len == 0 || text[len - 1] != '{') {
		complain_foreign(r, node->line);
		node->value = "";
		return;
	}
	for (len--; len > 0 && is_blank(text[len - 1]);)
		len--;
	if (len > 0) {
		node->name = rs_arena_strndup(&r->tree->arena, text, len);
		if (node->name == NULL) {
			node->name = "";
			r->no_memory = true;
		}
	}
	if (r->depth == RS_DOVECONF_MAX_DEPTH) {
		complain(r, node->line, "too many blocks within blocks");
		r->at = r->end;
		return;
	}
	r->depth++;
	r->block = node;
}

/* A number and the dot behind it. */
static bool read_number(struct reader *r, unsigned *number_r)
{
	const char *start = r->at;

	*number_r = 0;
	while (r->at < r->end && *r->at >= '0' && *r->at <= '9' && *number_r < 1000)
		*number_r = 10 * *number_r + (unsigned)(*r->at++ - '0');
	if (r->at == start || r->at == r->end || *r->at != '.')
		return false;
	r->at++;
	return true;
}

/* "# 2.3.19.1 (9b53102964): /etc/dovecot/dovecot.conf" */
static void read_comment(struct reader *r)
{
	unsigned major, minor;

	r->at++;
	skip_blanks(r);
	if (r->tree->major == 0 && read_number(r, &major) && read_number(r, &minor)) {
		r->tree->major = major;
		r->tree->minor = minor;
	}
}

static void close_block(struct reader *r)
{
	const char *text;
	size_t len;

	r->at++;
	rest_of_line(r, &text, &len);
	if (len > 0 || r->block->parent == NULL) {
		complain(r, r->line, "\"}\" closes no block");
		return;
	}
	r->block = r->block->parent;
	r->depth--;
}

static void read_line(struct reader *r)
{
	static const char warning[] = "doveconf: ";
	const char *key;
	struct rs_dc_node *node;
	size_t len;

	skip_blanks(r);
	if (r->at == r->end || *r->at == '\n')
		return;
	/* Warnings of doveconf itself come with 2>&1. */
	if (*r->at == '#' || ((size_t)(r->end - r->at) >= sizeof(warning) - 1 &&
			      memcmp(r->at, warning, sizeof(warning) - 1) == 0)) {
		read_comment(r);
		return;
	}
	if (*r->at == '}') {
		close_block(r);
		return;
	}
	key = r->at;
	if (*key == '"') {
		key = read_quoted(r);
		if (key == NULL)
			return;
		len = strlen(key);
	} else {
		while (r->at < r->end && *r->at != '\n' && !is_blank(*r->at) && *r->at != '=' &&
		       *r->at != '{')
			r->at++;
		len = (size_t)(r->at - key);
	}
	node = add_node(r, key, len);
	if (node == NULL)
		return;
	skip_blanks(r);
	if (r->at < r->end && *r->at == '=') {
		r->at++;
		read_value(r, node);
	} else if (r->at < r->end && *r->at != '\n') {
		read_block(r, node);
	} else {
		node->value = "";
		complain_foreign(r, r->line);
	}
}

int rs_dc_tree_read(struct rs_dc_tree *tree, const char *name, const char *text, size_t len,
		    struct rs_diags *diags)
{
	struct reader r = {
		.tree = tree,
		.name = name,
		.diags = diags,
		.at = text,
		.end = text + len,
		.line = 1,
		.block = &tree->root,
	};

	tree->root.key = tree->root.name = "";
	if (memchr(text, '\0', len) != NULL) {
		complain(&r, 0, "contains NUL bytes; give the output of \"doveconf -n\"");
		return -1;
	}
	while (r.at < r.end && !r.no_memory) {
		read_line(&r);
		while (r.at < r.end && *r.at != '\n')
			r.at++;
		if (r.at < r.end) {
			r.at++;
			r.line++;
		}
	}
	if (r.no_memory) {
		r.failed = true;
		rs_diags_no_memory(diags, name, 0);
	} else if (!r.failed && r.block != &tree->root)
		complain(&r, r.block->line,
			 "the block does not end; give the whole output of \"doveconf -n\"");
	return r.failed ? -1 : 0;
}

void rs_dc_tree_clear(struct rs_dc_tree *tree)
{
	rs_arena_clear(&tree->arena);
	memset(tree, 0, sizeof(*tree));
}

const struct rs_dc_node *rs_dc_setting(const struct rs_dc_node *block, const char *prefix,
				       const char *key)
{
	const struct rs_dc_node *found = NULL;
	size_t len = strlen(prefix);

	for (const struct rs_dc_node *node = block->children; node != NULL; node = node->next) {
		const char *own = node->key;

		if (len > 0 && strncmp(own, prefix, len) == 0)
			own += len;
		if (strcmp(own, key) == 0)
			found = node;
	}
	return found;
}

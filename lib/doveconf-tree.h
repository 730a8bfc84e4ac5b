/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_LIB_DOVECONF_TREE_H
#define RELAYSENTRY_LIB_DOVECONF_TREE_H

/* The output of `doveconf -n` as a tree of settings and blocks. */

#include "arena.h"

#include <relaysentry/diag.h>

#include <stddef.h>

/* Blocks within blocks; Dovecot itself needs six. */
#define RS_DOVECONF_MAX_DEPTH 32

/* `key = value`, or `key name {` with its children. */
struct rs_dc_node {
	const char *key;
	const char *name;  /* of a block; "" when it has none */
	const char *value; /* NULL: a block */
	unsigned line;
	struct rs_dc_node *next;
	struct rs_dc_node *children, *last;
	struct rs_dc_node *parent;
};

struct rs_dc_tree {
	struct rs_arena arena;
	struct rs_dc_node root;
	unsigned major, minor; /* Dovecot's release from the first comment; 0: not told */
};

/* Reads text into *tree (zero-initialised). Returns 0, -1 with errors added;
 * rs_dc_tree_clear() in both cases. */
int rs_dc_tree_read(struct rs_dc_tree *tree, const char *name, const char *text, size_t len,
		    struct rs_diags *diags);
void rs_dc_tree_clear(struct rs_dc_tree *tree);

/* The last setting with this key (the last one wins), NULL when there is none.
 * Dovecot 2.4 allows passdb_KEY for KEY in a passdb: prefix "passdb_", else "". */
const struct rs_dc_node *rs_dc_setting(const struct rs_dc_node *block, const char *prefix,
				       const char *key);

#endif

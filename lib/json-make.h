/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_LIB_JSON_MAKE_H
#define RELAYSENTRY_LIB_JSON_MAKE_H

/* The second pass over a JSON text: makes its values.
 *
 * json-c's own parser is not used. When memory is short it goes on (0.16) with
 * keys that are NULL and strings that lack their ends; and for a small object
 * it takes 700 bytes, which lets a policy with many users reach the vsz_limit
 * of Dovecot's auth process. */

#include "arena.h"
#include "json-internal.h"
#include "json-scan.h"

/* text, which has len bytes and a NUL behind them and is changed, was accepted
 * by rs_json_scan() with these marks. Fills nodes, as many as marks: the root
 * first, children side by side. keys takes their keys. Returns 0; -1 when memory
 * is short, then some values are NULL. */
int rs_json_make(const char *name, char *text, size_t len, const struct rs_json_marks *marks,
		 struct rs_json *nodes, struct rs_arena *keys);

#endif

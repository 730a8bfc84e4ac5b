/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_LIB_JSON_SCAN_H
#define RELAYSENTRY_LIB_JSON_SCAN_H

/* The first pass over a JSON text: it checks all, and notes where values stand. */

#include <relaysentry/diag.h>

#include <stdbool.h>
#include <stddef.h>

/* Where a value stands. */
struct rs_json_mark {
	unsigned line;
	unsigned key_line; /* of its key; line when it has none */
	unsigned count;	   /* of the values in it, when it is an array or object */
};

/* The marks of all values in the order in which they begin. */
struct rs_json_marks {
	struct rs_json_mark *marks; /* allocated with malloc() */
	size_t count, allocated;
};

/* The deepest nesting that can be asked for: the scan calls itself. */
#define RS_JSON_SCAN_MAX_DEPTH 256U

/* Checks text, which has len bytes and a NUL behind them. Comments are replaced
 * by blanks (and are errors unless they are allowed). Goes on behind faults
 * whose end can be told. Returns 0; -1 with errors added. */
int rs_json_scan(const char *name, char *text, size_t len, unsigned max_depth, bool comments,
		 struct rs_json_marks *marks, struct rs_diags *diags);

#endif

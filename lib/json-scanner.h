/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_LIB_JSON_SCANNER_H
#define RELAYSENTRY_LIB_JSON_SCANNER_H

/* The inside of json-scan.h: the scanner's state, and the tokens. Functions
 * that return int return 0, or -1 when the scan cannot go on; an error was
 * added then. */

#include "arena.h"
#include "json-scan.h"

struct scan_key {
	const char *text; /* decoded, not ended by NUL */
	size_t len;
	unsigned line;
};

struct scan {
	const char *name;
	char *text; /* len bytes and a NUL */
	size_t len, pos;
	unsigned line;
	unsigned depth, max_depth;
	bool comments;
	size_t errors;
	/* The keys of all objects that are open, innermost last. */
	struct scan_key *keys;
	size_t key_count, keys_allocated;
	struct rs_arena decoded; /* keys that had escapes */
	struct rs_json_marks *marks;
	struct rs_diags *diags;
};

/* Adds an error at a line of its own. */
void scan_error(struct scan *s, unsigned line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Adds the error that memory is short. Returns -1. */
int scan_no_memory(struct scan *s);
/* Adds an error about what stands at pos; wanted says what should. Returns -1. */
int scan_unexpected(struct scan *s, const char *wanted);

/* Goes behind white space and comments. */
int scan_space(struct scan *s);
/* At a double quote: goes behind the string. key may be NULL; else the decoded string. */
int scan_string(struct scan *s, struct scan_key *key);
/* At anything that is no bracket and no quote: a number, true, false or null. */
int scan_word(struct scan *s);
/* At what should be a key in double quotes and is not. */
int scan_bad_key(struct scan *s, struct scan_key *key);

#endif

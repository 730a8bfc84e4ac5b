/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_DIAG_H
#define RELAYSENTRY_DIAG_H

/* Diagnostics: what is wrong with a file, where, and what to do.
 *
 * The library never prints. Whatever reads input takes a list of diagnostics
 * and adds everything it finds, so that an administrator sees all faults at
 * once. Only the edges (command, plugin) show them. */

#include <stdbool.h>
#include <stddef.h>

enum rs_level {
	RS_LEVEL_ERROR,	  /* the input is refused */
	RS_LEVEL_WARNING, /* the input is used, but probably not what was meant */
	RS_LEVEL_NOTE	  /* information that belongs to the input */
};

struct rs_diag {
	enum rs_level level;
	const char *file; /* NULL when no file is concerned */
	unsigned line;	  /* from 1; 0 when the place is the whole file */
	const char *text; /* one line, printable: foreign bytes are escaped as \xNN */
};

struct rs_diags;

/* Returns an empty list that the caller frees, NULL when memory is short. */
struct rs_diags *rs_diags_new(void);
void rs_diags_free(struct rs_diags **diags);

/* Adds one diagnostic; file and text are copied, control bytes and invalid
 * UTF-8 in the formatted text are escaped. At most RS_DIAGS_MAX are kept of
 * each level, the rest is counted. diags may be NULL: nothing is kept. When
 * memory is short, the diagnostic is counted and its text is lost. */
#define RS_DIAGS_MAX 1000
void rs_diags_add(struct rs_diags *diags, enum rs_level level, const char *file, unsigned line,
		  const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Adds the error that memory is short; file as above. */
void rs_diags_no_memory(struct rs_diags *diags, const char *file, unsigned line);
/* Whether memory was short: then an error says nothing about the input. diags may
 * be NULL: no. */
bool rs_diags_memory_short(const struct rs_diags *diags);

/* Adds the diagnostics of another list that wanted() says yes to, and counts its
 * errors and warnings that were not kept. */
void rs_diags_append(struct rs_diags *diags, const struct rs_diags *from,
		     bool (*wanted)(const struct rs_diag *diag, const void *context),
		     const void *context);

/* How many were added of this level, including those that were not kept. */
size_t rs_diags_count(const struct rs_diags *diags, enum rs_level level);
/* The diagnostics that were kept, in the order they were added. */
size_t rs_diags_kept(const struct rs_diags *diags);
/* i in 0..rs_diags_kept()-1; the result dies with diags. */
const struct rs_diag *rs_diags_get(const struct rs_diags *diags, size_t i);
/* Empties the list. */
void rs_diags_clear(struct rs_diags *diags);

/* Writes "file:line: text", "file: text" or "text" into buf, always ended by
 * NUL, cut to size (size >= 1). Returns the length that would have been
 * needed, as snprintf() does. The level is not part of it. */
size_t rs_diag_format(const struct rs_diag *diag, char *buf, size_t size);

/* Foreign text as diagnostics show it: in one line, with control bytes and invalid
 * UTF-8 as \xNN. Allocated with malloc(); NULL when memory is short. */
char *rs_printable(const char *text);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef RS_SOURCE_ADD_H
#define RS_SOURCE_ADD_H

/* What all readers of lists and feeds do with a network they found. */

#include <relaysentry/source.h>

#include <stdbool.h>
#include <stddef.h>

struct rs_source {
	const char *name; /* of the file, for diagnostics */
	struct rs_nets *nets;
	struct rs_diags *diags;
	bool failed; /* an error was added */
	bool no_memory;
};

/* Reads one network from a line of text, or from a JSON string, and adds it.
 * Host bits are cleared with a warning; what is no network is an error. */
void rs_source_add_text(struct rs_source *source, unsigned line, const char *text, size_t len);
void rs_source_add_json(struct rs_source *source, const struct rs_json *value);

/* Adds an error at this line. */
void rs_source_fail(struct rs_source *source, unsigned line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Adds the error that memory is short, once. */
void rs_source_no_memory(struct rs_source *source);

#endif

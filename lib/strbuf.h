/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_LIB_STRBUF_H
#define RELAYSENTRY_LIB_STRBUF_H

/* A growing string. Zero-initialise; rs_strbuf_free() when done. Failures are
 * sticky: append as much as needed, then ask failed once. */

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rs_strbuf {
	char *data; /* ends with a NUL that is not counted; NULL as long as nothing was added */
	size_t used, allocated;
	bool failed; /* memory was short, or the format was wrong */
};

void rs_strbuf_add(struct rs_strbuf *buf, const void *data, size_t len);
void rs_strbuf_add_text(struct rs_strbuf *buf, const char *text);
void rs_strbuf_addf(struct rs_strbuf *buf, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void rs_strbuf_addv(struct rs_strbuf *buf, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));
/* Adds text with everything that is not printable UTF-8 (see utf8.h) as \xNN of each byte. */
void rs_strbuf_add_escaped(struct rs_strbuf *buf, const char *text, size_t len);
/* The text, "" when nothing was added; dies with the next change. */
const char *rs_strbuf_text(const struct rs_strbuf *buf);
/* Hands the text (allocated with malloc()) to the caller and empties buf. NULL when it failed. */
char *rs_strbuf_take(struct rs_strbuf *buf);
/* Empties buf and forgets failures; memory is kept. */
void rs_strbuf_clear(struct rs_strbuf *buf);
void rs_strbuf_free(struct rs_strbuf *buf);

#endif

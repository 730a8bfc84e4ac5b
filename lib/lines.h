/* SPDX-License-Identifier: MIT */
#ifndef RS_LINES_H
#define RS_LINES_H

/* Walks the lines of a text in memory. */

#include <stdbool.h>
#include <stddef.h>

struct rs_lines {
	const char *next, *end; /* private */
	const char *text;	/* the line: no line feed, no NUL behind it */
	size_t len;
	unsigned line; /* its number, from 1 */
};

/* A UTF-8 byte order mark at the beginning of the text is skipped. */
void rs_lines_init(struct rs_lines *lines, const char *text, size_t len);
/* Goes to the next line, whose blanks and carriage returns at both ends are
 * left out. Returns false when there is none. */
bool rs_lines_next(struct rs_lines *lines);

/* Leaves out blanks, tabs and carriage returns at both ends. */
void rs_trim(const char **text, size_t *len);

#endif

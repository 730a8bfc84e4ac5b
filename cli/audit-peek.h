/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_CLI_AUDIT_PEEK_H
#define RELAYSENTRY_CLI_AUDIT_PEEK_H

/* The begin of a regular file, and what it is. */

#include "audit.h"

struct audit_peek {
	char *text; /* uncompressed, without the NUL bytes at its begin */
	size_t len;
	bool compressed;
	const char *what; /* why it is no log; NULL: it may be one */
	int status;	  /* of a failure */
};

/* Also sets what file keeps to tell copies of a log. Returns 0; -1 with *peek_r's status
 * and a message. */
int rs_audit_peek(struct audit_peek *peek_r, struct audit_file *file);
void rs_audit_peek_free(struct audit_peek *peek);

/* Whether two files, next to each other in their set, are one log, of which one is
 * compressed. */
bool rs_audit_peek_copy(const struct audit_file *a, const struct audit_file *b);

#endif

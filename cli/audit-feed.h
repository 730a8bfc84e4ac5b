/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_CLI_AUDIT_FEED_H
#define RELAYSENTRY_CLI_AUDIT_FEED_H

/* Cuts what is read of a part into whole lines, and hands those that begin in it to an
 * audit. What that gets is the same wherever parts and blocks end. */

#include "audit.h"
#include "audit-years.h"

struct audit_feed {
	struct rs_audit *audit;
	uint32_t file;	 /* its number */
	uint64_t offset; /* of the line that is next, in the file's text */
	uint64_t end;	 /* lines from here on are of the next part */
	/* Within a line that is of the part before, or too long. */
	bool skipping;
	struct audit_date last; /* the last date */
	size_t carried;		/* of the line that is next, what was read of it already */
	char carry[RS_SCAN_LINE_MAX + 1];
};

/* begin, end: of the part, in bytes of text; end: UINT64_MAX: to the end. What follows is
 * to be from begin on, and when that is not 0, from the byte before. */
void rs_audit_feed_begin(struct audit_feed *feed, struct rs_audit *audit, uint32_t file,
			 uint64_t begin, uint64_t end);
/* Returns 1 when the part has no more lines, 0 when it may have; -1 when memory is short. */
int rs_audit_feed_take(struct audit_feed *feed, const char *text, size_t len);
/* The file is at its end: hands over a last line that has no newline. Returns 0, -1. */
int rs_audit_feed_end(struct audit_feed *feed);

#endif

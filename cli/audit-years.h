/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_CLI_AUDIT_YEARS_H
#define RELAYSENTRY_CLI_AUDIT_YEARS_H

/* The years of dates that have none, for files that are read in parts and side by side.
 *
 * What is assumed before reading comes from the times of files, from their order, and from
 * dates at some places in them. Reading then tells how often the year turned between a
 * file's first and last date. When that fits the times no longer, all is read again. */

#include "audit.h"
#include "audit-date.h"

/* So many bytes of a plain file are read by one thread at a time. */
#define RS_AUDIT_PART (8U * 1024 * 1024)

struct audit_part {
	uint64_t begin;		 /* in the file */
	struct audit_date first; /* of the lines that begin in it; may be unknown */
	int turns;		 /* years since the file's first date, at that date */
	int month;		 /* of it, or of the one before; 0: not known */
	/* What reading found. */
	bool read, named; /* named: dates without a year */
	int inside;	  /* how many years later the last date is than the first */
	int last_month;
};

/* Of one file. */
struct audit_years {
	struct audit_date first, last; /* last: as far as it is known */
	int span;		       /* years from the first to the last one */
	int base;		       /* the year of the first one */
	struct audit_part *parts;      /* one where it is not plain */
	size_t part_count;
};

/* Looks at a file whose first bytes are text, and cuts it into parts of so many bytes.
 * Returns 0, -1 when memory is short. */
int rs_audit_years_look(struct audit_file *file, const char *text, size_t len, uint64_t part_len);
void rs_audit_years_free(struct audit_years **years);

/* Tells the year in which each file begins, of files that are sorted, by all that is known.
 * Returns whether one is another than before. */
bool rs_audit_years_set(struct audit_set *set);

/* How the dates of a part are read. */
void rs_audit_years_context(const struct audit_file *file, size_t part,
			    struct rs_logdate_context *context_r);
/* A part was read: how its dates are read at the end, and its last one. */
void rs_audit_years_read(struct audit_file *file, size_t part, const struct rs_logdate_context *end,
			 const struct audit_date *last);
/* All parts of all files were read. Returns whether some year was assumed wrongly, so that
 * all must be read again. */
bool rs_audit_years_settle(struct audit_set *set);
/* Whether the last date of a file lies behind its time, so that its years are wrong. */
bool rs_audit_years_late(const struct audit_file *file);

#endif

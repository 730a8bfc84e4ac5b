/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_CLI_AUDIT_NAMES_H
#define RELAYSENTRY_CLI_AUDIT_NAMES_H

/* What the names of rotated logs tell: mail.log, mail.log.1, mail.log.2.gz;
 * mail.log-20261101.xz, mail-20261101.log, and other forms of logrotate's dateext. */

#include <stddef.h>
#include <stdint.h>

enum audit_rotated {
	AUDIT_CURRENT, /* mail.log: newer than all others of its set */
	AUDIT_NUMBER,  /* mail.log.1: the greater, the older */
	AUDIT_DATED    /* mail.log-20261101: the greater, the newer */
};

struct audit_name {
	/* The path without what rotation has put there is the path's first stem_len bytes
	 * and what follows from tail on, tail_len bytes. */
	size_t stem_len, tail, tail_len;
	enum audit_rotated rotated;
	uint64_t key;	 /* the number, or the digits of the date */
	size_t kept_len; /* the path without the ending of what it is compressed with */
};

void rs_audit_name_read(struct audit_name *name_r, const char *path);

struct audit_set;
/* Brings rotated sets together, each where its first file is, and sorts them, oldest first.
 * Numbers the sets. Returns 0, -1 when memory is short. */
int rs_audit_names_sort(struct audit_set *set);

#endif

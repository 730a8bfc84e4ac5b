/* SPDX-License-Identifier: MIT */
#ifndef RS_INSPECTION_H
#define RS_INSPECTION_H

/* What the parts of the inspection at start-up share. */

#include "compat.h"

#include "array.h"

struct rs_inspection {
	struct event *event;
	pool_t pool;
	ARRAY_TYPE(const_string) told; /* each is said once */
	struct rs_scope scope;	       /* the one that is looked at */
};

/* An error, and a warning, in the log. */
void rs_complain(struct rs_inspection *inspection, const char *format, ...) ATTR_FORMAT(2, 3);
void rs_warn(struct rs_inspection *inspection, const char *format, ...) ATTR_FORMAT(2, 3);

/* Mechanisms whose logins can go around us. last: the last block of ours. */
void rs_inspect_mechanisms(struct rs_inspection *inspection, const struct rs_block *last);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef RS_PLACEMENT_H
#define RS_PLACEMENT_H

/* Where the driver stands among the passdbs: what goes around it is an error
 * in the log at start-up, each with the mend. */

#include <stdbool.h>

struct event;
struct passdb_module;
struct rs_block;
struct rs_policy;

/* Whether a login may come out of this block successfully. */
bool rs_block_verifies(const struct rs_block *block);
/* Inspects all protocols; only the first call does anything. */
void rs_placement_check(struct event *event);
/* Whether module judges logins of some protocol before the passdb is asked that
 * verifies them. */
bool rs_placement_is_first(const struct passdb_module *module);
/* Complains about rules that need what is not known in first place. */
void rs_placement_check_policy(struct event *event, const struct rs_policy *policy);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_TEST_OOM_RUN_H
#define RELAYSENTRY_TEST_OOM_RUN_H

/* One run of a case, with one failure, and what is wrong with it. */

#include "oom.h"

/* So many descriptors may be open. */
#define OOM_FDS_MAX 64U

/* How a run fails: see oom_arm(); fds: so many descriptors may be open, 0: as
 * many as ever. */
struct oom_failure {
	unsigned long fail_at;
	bool from;
	unsigned fds;
};

/* Runs the case with all it needs and keeps its result, which oom_try() compares
 * with. Returns NULL, or what is wrong. */
const char *oom_make_reference(const struct oom_case *c);

/* Runs the case with a failure. Returns NULL, or what is wrong; then all that is
 * known of the run has been printed. *happened_r: whether an allocation failed;
 * *ret_r: what the case returned. */
const char *oom_try(const struct oom_case *c, const struct oom_failure *failure, bool *happened_r,
		    int *ret_r);

unsigned oom_open_fds(void);
int oom_limit_fds(unsigned max);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef RS_ARGS_H
#define RS_ARGS_H

/* The driver's settings in dovecot.conf:
 * args = [/path/policy.json] [on_error=allow|deny|tempfail] */

/* What happens to logins while no policy or no database could be loaded. */
enum rs_on_error { RS_ON_ERROR_ALLOW, RS_ON_ERROR_DENY, RS_ON_ERROR_TEMPFAIL };
const char *rs_on_error_name(enum rs_on_error on_error);

struct rs_args {
	const char *policy_path;
	enum rs_on_error on_error;
	const char *faults; /* one line, NULL when there are none */
};

/* Parses text; memory comes from pool. Faults never fail: they stand in
 * args_r->faults, all of them. */
void rs_args_parse(pool_t pool, const char *text, struct rs_args *args_r);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef RS_ARGS_H
#define RS_ARGS_H

/* The driver's settings in dovecot.conf. In 2.3:
 * args = [/path/policy.json] [on_error=allow|deny|tempfail]
 * In 2.4: relaysentry_policy_file and relaysentry_on_error. */

/* What happens to logins while no policy or no database could be loaded. */
enum rs_on_error { RS_ON_ERROR_ALLOW, RS_ON_ERROR_DENY, RS_ON_ERROR_TEMPFAIL };
const char *rs_on_error_name(enum rs_on_error on_error);
/* Returns FALSE when text names none. */
bool rs_on_error_parse(const char *text, enum rs_on_error *on_error_r);

struct rs_args {
	const char *policy_path;
	enum rs_on_error on_error;
	const char *faults; /* one line, NULL when there are none */
};

/* Parses the args of 2.3; memory comes from pool. Faults never fail: they stand in
 * args_r->faults, all of them. */
void rs_args_parse(pool_t pool, const char *text, struct rs_args *args_r);

#endif

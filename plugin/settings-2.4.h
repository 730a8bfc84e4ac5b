/* SPDX-License-Identifier: MIT */
#ifndef RS_SETTINGS_H
#define RS_SETTINGS_H

/* The driver's settings in dovecot.conf of Dovecot 2.4. Compiled into the module
 * of the auth process, and into a module of its own, from which doveconf and
 * Dovecot's config process learn that they exist. */

#include "lib.h"
#include "settings.h"

struct rs_settings {
	pool_t pool;
	const char *relaysentry_policy_file;
	const char *relaysentry_on_error; /* "allow", "deny" or "tempfail" */
};

extern const struct setting_parser_info rs_setting_parser_info;

#endif

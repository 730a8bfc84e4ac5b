/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_CLI_STATUS_H
#define RELAYSENTRY_CLI_STATUS_H

/* What `relaysentry status` found, and the three ways to print it. */

#include <relaysentry/catalogue.h>
#include <relaysentry/policy.h>
#include <relaysentry/relaydb.h>

struct status {
	int64_t now;
	int exit; /* 0, or why not all could be loaded */
	const char *policy_path;
	struct rs_policy *policy; /* NULL: faulty */
	int64_t policy_changed;
	int64_t max_age;
	const char *database_path;
	struct rs_relaydb *database; /* NULL: faulty */
	struct rs_relaydb_info info;
	int64_t age; /* of the database */
	bool too_old;
	struct rs_catalogue *catalogue; /* NULL: memory was short */
};

/* Each prints to stdout. Returns 0, EX_OSERR with a message when memory was short. */
int rs_status_print_text(const struct status *status);
int rs_status_print_json(const struct status *status);
int rs_status_print_prometheus(const struct status *status);

#endif

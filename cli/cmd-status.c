/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "cli.h"
#include "status.h"

#include <relaysentry/catalogue.h>
#include <relaysentry/policy.h>
#include <relaysentry/relaydb.h>

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

enum { OPT_POLICY = 'p', OPT_DATABASE = RS_OPT, OPT_JSON, OPT_PROMETHEUS };

static const struct rs_cli_option options[] = {
	{ "policy", OPT_POLICY, "FILE", "the policy (default: " RS_DEFAULT_POLICY ")" },
	{ "database", OPT_DATABASE, "FILE", "the relay database (default: the policy's)" },
	{ "json", OPT_JSON, NULL, "print one JSON object" },
	{ "prometheus", OPT_PROMETHEUS, NULL,
	  "print metrics, for the node exporter's textfile\ncollector" },
	{ NULL, 0, NULL, NULL },
};

static const struct rs_cli_usage usage = {
	.name = "status",
	.operands = "[PATH...]",
	.about = "Prints what is in force: identity and age of policy and database, how many\n"
		 "relays and networks they know, and which evidence of the catalogue (PATHs, or\n"
		 "the installed one) has expired.\n",
	.options = options,
	.more = "Exit status: 0; 1 the database is older than the policy's max_age (30 days when\n"
		"it says nothing), 65 policy, database or catalogue is faulty, 66 one of them\n"
		"cannot be read.\n",
};

#define DEFAULT_MAX_AGE (INT64_C(30) * 86400)

/* Remembers the first failure. */
static void fail(struct status *status, int exit_status)
{
	if (status->exit == 0)
		status->exit = exit_status;
}

static void load_policy(struct status *status, const char *path, struct rs_diags *diags)
{
	struct stat identity = { 0 };

	status->policy_path = path;
	status->policy = rs_policy_load(path, &identity, NULL, diags);
	status->max_age = DEFAULT_MAX_AGE;
	if (status->policy == NULL) {
		fail(status, rs_cli_load_status(&identity, diags));
		return;
	}
	status->policy_changed = (int64_t)identity.st_mtime;
	status->max_age = rs_policy_max_age(status->policy);
}

static void load_database(struct status *status, const char *path, struct rs_diags *diags)
{
	struct stat identity = { 0 };

	if (path == NULL)
		path = status->policy != NULL ? rs_policy_database(status->policy)
					      : RS_DEFAULT_DATABASE;
	status->database_path = path;
	status->database = rs_relaydb_load(path, &identity, diags);
	if (status->database == NULL) {
		fail(status, rs_cli_load_status(&identity, diags));
		return;
	}
	rs_relaydb_info(status->database, &status->info);
	status->age = status->now - status->info.build_epoch;
	status->too_old = status->age > status->max_age;
}

static void load_catalogue(struct status *status, char *const *operands, size_t count,
			   struct rs_diags *diags)
{
	const char **paths = calloc(count + 2, sizeof(*paths));
	size_t errors = rs_diags_count(diags, RS_LEVEL_ERROR);

	if (paths == NULL) {
		fail(status, rs_cli_no_memory());
		return;
	}
	status->catalogue =
		rs_catalogue_load(paths, rs_cli_catalogue_paths(operands, count, paths), diags);
	if (status->catalogue == NULL)
		fail(status, rs_cli_no_memory());
	else if (rs_diags_count(diags, RS_LEVEL_ERROR) > errors)
		fail(status, rs_cli_diags_status(diags, false));
	free(paths);
}

int rs_cmd_status(int argc, char **argv)
{
	struct status status = { 0 };
	const char *policy = RS_DEFAULT_POLICY, *database = NULL;
	bool json = false, prometheus = false;
	const struct rs_cli_target targets[] = {
		{ OPT_POLICY, .text = &policy },
		{ OPT_DATABASE, .text = &database },
		{ OPT_JSON, .given = &json },
		{ OPT_PROMETHEUS, .given = &prometheus },
		{ 0 },
	};
	struct rs_diags *diags;
	int result;

	if (rs_cli_options(&usage, argc, argv, targets, NULL, NULL, &result) < 0)
		return result;
	if (json && prometheus)
		return rs_cli_usage_error(&usage, "give one of --json and --prometheus");
	result = rs_cli_now(&status.now);
	if (result != 0)
		return result;
	diags = rs_diags_new();
	if (diags == NULL)
		return rs_cli_no_memory();
	load_policy(&status, policy, diags);
	load_database(&status, database, diags);
	load_catalogue(&status, argv + optind, (size_t)(argc - optind), diags);
	result = json	      ? rs_status_print_json(&status)
		 : prometheus ? rs_status_print_prometheus(&status)
			      : rs_status_print_text(&status);
	rs_cli_print_diags(diags);
	if (result == 0)
		result = status.exit != 0 ? status.exit : status.too_old ? RS_EX_NO : 0;
	rs_policy_free(&status.policy);
	rs_relaydb_free(&status.database);
	rs_catalogue_free(&status.catalogue);
	rs_diags_free(&diags);
	return result;
}

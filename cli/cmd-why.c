/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "cli.h"
#include "why.h"

#include <getopt.h>

enum { OPT_FIELD = RS_OPT, OPT_LOG, OPT_JSON };

static const struct rs_cli_option options[] = {
	{ "field", OPT_FIELD, "NAME=VALUE",
	  "a passdb field of the user: relaysentry_group,\nrelaysentry_allow or "
	  "relaysentry_deny" },
	{ "log", OPT_LOG, "FILE",
	  "also the last verdicts in Dovecot's log, a file or -\nfor standard input" },
	{ "json", OPT_JSON, NULL, "print one JSON object; ignore members you do not\nknow" },
	RS_KEPT_OPTIONS,
	{ NULL, 0, NULL, NULL },
};

static const struct rs_cli_usage usage = {
	.name = "why",
	.operands = "USER",
	.about =
		"Prints what is known of a user: exceptions, user entries, the relays that logins\n"
		"were seen from, mail about them, what becomes of a password from there today,\n"
		"and what lets it in.\n",
	.options = options,
	.more = "Exit status: 0; 64 and more: sysexits.\n",
};

/* A dictionary that the policy does not name has nothing to tell. */
static int open_dicts(struct kept *kept)
{
	int status = 0;

	if (rs_policy_exceptions(kept->policy)->dict != NULL)
		status = rs_kept_open(kept, RS_KEPT_EXCEPTIONS);
	if (status == 0 && rs_policy_state(kept->policy)->dict != NULL)
		status = rs_kept_open(kept, RS_KEPT_STATE);
	return status;
}

static int run(struct why *why, const char *user, bool json)
{
	int status = rs_kept_load(&why->kept);

	if (status == 0)
		status = rs_kept_user(&why->kept, &usage, user, &why->user);
	if (status == 0)
		status = rs_kept_load_relays(&why->kept);
	if (status == 0)
		status = open_dicts(&why->kept);
	if (status == 0)
		status = rs_why_find(why);
	if (status == 0 && why->log.path != NULL)
		status = rs_why_read_log(why);
	if (status != 0)
		return status;
	status = json ? rs_why_print_json(why) : rs_why_print(why);
	if (why->faulty > 0)
		rs_cli_message(RS_LEVEL_WARNING, "faulty records of what was seen, left out: %zu",
			       why->faulty);
	return status;
}

static int take_option(void *context, const struct rs_cli_usage *of, int option, const char *value)
{
	struct why *why = context;

	switch (option) {
	case OPT_FIELD:
		return rs_cli_login_field(of, &why->fields, value);
	case OPT_LOG:
		why->log.path = value;
		return rs_kept_own_file(&why->kept, of, "log");
	default:
		return rs_kept_option(&why->kept, of, option, value);
	}
}

int rs_cmd_why(int argc, char **argv)
{
	struct why why = { 0 };
	bool json = false;
	const struct rs_cli_target targets[] = { { OPT_JSON, .given = &json }, { 0 } };
	int status = rs_kept_begin(&why.kept);

	if (status != 0 ||
	    rs_cli_options(&usage, argc, argv, targets, take_option, &why, &status) < 0)
		return status;
	if (argc - optind != 1)
		return rs_cli_usage_error(&usage, "name one user");
	status = run(&why, argv[optind], json);
	rs_why_free(&why);
	return status;
}

/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "cli.h"
#include "notify.h"

#include <relaysentry/catalogue.h>
#include <relaysentry/relaydb.h>

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEFAULT_STATE RS_STATEDIR "/notify.state"
#define DEFAULT_SENDMAIL "/usr/sbin/sendmail"
#define DEFAULT_PER_HOUR 200U
#define PER_HOUR_MAX 100000U
#define TEMPLATES RS_DATADIR "/templates"
#define LANGUAGE_MAX 32U

enum {
	OPT_FOLLOW = 'f',
	OPT_DRY_RUN = 'n',
	OPT_POLICY = 'p',
	OPT_DATABASE = RS_OPT,
	OPT_STATE,
	OPT_BASE_DIR,
	OPT_FROM,
	OPT_ADDRESS,
	OPT_ADDRESS_FIELD,
	OPT_CONTACT,
	OPT_LANGUAGE,
	OPT_TEMPLATE,
	OPT_PER_HOUR,
	OPT_SENDMAIL,
	OPT_SINCE,
	OPT_JSON
};

static const struct rs_cli_option options[] = {
	{ "from", OPT_FROM, "ADDRESS",
	  "of whom the mail is: postmaster@example.org, or\n'Mail team <postmaster@example.org>'" },
	{ "address", OPT_ADDRESS, "TEXT",
	  "the user's address, with {user}, {localpart} and\n{domain} (default {user})" },
	{ "address-field", OPT_ADDRESS_FIELD, "NAME", "the field of the event that has it" },
	{ "contact", OPT_CONTACT, "TEXT", "whom users are to ask (default: the sender)" },
	{ "language", OPT_LANGUAGE, "NAME", "of the text: en (default) or de" },
	{ "template", OPT_TEMPLATE, "FILE", "another text; its first line is the subject" },
	{ "follow", OPT_FOLLOW, NULL, "wait for more, also when the file is rotated" },
	{ "dry-run", OPT_DRY_RUN, NULL, "print the mails instead, and record nothing" },
	{ "per-hour", OPT_PER_HOUR, "N", "send so many at most (default 200)" },
	{ "since", OPT_SINCE, "TIME", "leave out logins before this time" },
	{ "state", OPT_STATE, "FILE",
	  "the record of who was told (default: \"state\" of\nthe policy, or "
	  "if it has no dict\n" DEFAULT_STATE ")" },
	{ "base-dir", OPT_BASE_DIR, "FOLDER", "Dovecot's base_dir, where the dict's socket is" },
	{ "sendmail", OPT_SENDMAIL, "FILE", "the program (default " DEFAULT_SENDMAIL ")" },
	{ "policy", OPT_POLICY, "FILE",
	  "the policy (default " RS_DEFAULT_POLICY ",\nif it exists)" },
	{ "database", OPT_DATABASE, "FILE", "the relay database (default: what the policy says)" },
	{ "json", OPT_JSON, NULL, "one JSON object per line; ignore members\nyou do not know" },
	{ NULL, 0, NULL, NULL },
};

static const struct rs_cli_usage usage = {
	.name = "notify",
	.operands = "FILE\n-",
	.about =
		"Reads the events that Dovecot exports in JSON, and tells users by mail, once for\n"
		"each relay, of what rules with \"notify\" reported. Other lines are passed "
		"over.\n",
	.options = options,
	.more = "Exit status: 0 done, 75 some could not be told now (another run tells them),\n"
		"64 and more: sysexits.\n",
};

struct args {
	const char *policy, *database, *state, *base_dir, *template, *language;
	struct notify notify;
	struct rs_policy *loaded;
};

static int set_per_hour(struct notify *notify, const char *text)
{
	char *end;
	unsigned long number;

	errno = 0;
	number = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end != '\0' || errno != 0 || number < 1 ||
	    number > PER_HOUR_MAX)
		return rs_cli_usage_error(&usage, "--per-hour: \"%s\" is no number from 1 to %u",
					  text, PER_HOUR_MAX);
	notify->per_hour = number;
	return 0;
}

static int set_from(struct notify *notify, const char *text)
{
	int ret;

	free(notify->from.name);
	ret = rs_notify_sender_parse(text, &notify->from);
	if (ret == -2)
		return rs_cli_no_memory();
	if (ret < 0)
		return rs_cli_usage_error(&usage,
					  "--from: \"%s\" is no address; write it like "
					  "postmaster@example.org or 'Mail team "
					  "<postmaster@example.org>'",
					  text);
	return 0;
}

static int set_address(struct notify *notify, const char *text)
{
	notify->reading.address = text;
	if (rs_notify_address_template_valid(text))
		return 0;
	return rs_cli_usage_error(&usage,
				  "--address: \"%s\" has another placeholder than {user}, "
				  "{localpart} and {domain}",
				  text);
}

static int take_option(void *context, const struct rs_cli_usage *of, int option, const char *value)
{
	struct notify *notify = context;

	switch (option) {
	case OPT_FROM:
		return set_from(notify, value);
	case OPT_ADDRESS:
		return set_address(notify, value);
	case OPT_PER_HOUR:
		return set_per_hour(notify, value);
	case OPT_SINCE:
		if (rs_cli_parse_time(value, &notify->reading.since) < 0)
			return rs_cli_usage_error(of,
						  "--since: \"%s\" is no time; write it like "
						  "2026-11-22T08:00:00Z",
						  value);
	}
	return 0;
}

static int read_options(struct args *args, int argc, char **argv, int *status_r)
{
	struct notify *notify = &args->notify;
	const struct rs_cli_target targets[] = {
		{ OPT_POLICY, .text = &args->policy },
		{ OPT_DATABASE, .text = &args->database },
		{ OPT_STATE, .text = &args->state },
		{ OPT_BASE_DIR, .text = &args->base_dir },
		{ OPT_ADDRESS_FIELD, .text = &notify->reading.address_field },
		{ OPT_CONTACT, .text = &notify->contact },
		{ OPT_LANGUAGE, .text = &args->language },
		{ OPT_TEMPLATE, .text = &args->template },
		{ OPT_SENDMAIL, .text = &notify->sendmail },
		{ OPT_FOLLOW, .given = &notify->follow },
		{ OPT_DRY_RUN, .given = &notify->dry_run },
		{ OPT_JSON, .given = &notify->json },
		{ 0 },
	};

	return rs_cli_options(&usage, argc, argv, targets, take_option, notify, status_r);
}

static int load_policy(struct args *args, struct rs_diags *diags)
{
	static const char none[] = "{ \"version\": 1, \"rules\": [] }";
	const char *path = args->policy != NULL ? args->policy : RS_DEFAULT_POLICY;
	struct stat st = { 0 };

	if (args->policy == NULL && stat(path, &st) < 0 && errno == ENOENT)
		args->loaded = rs_policy_parse("no policy", none, sizeof(none) - 1, diags);
	else
		args->loaded = rs_policy_load(path, &st, NULL, diags);
	args->notify.reading.policy = args->loaded;
	return args->loaded != NULL ? 0 : rs_cli_load_failed(&st, diags);
}

/* What it knows only makes the text better. */
static int load_names(struct args *args, struct rs_diags *diags)
{
	const char *path =
		args->database != NULL ? args->database : rs_policy_database(args->loaded);
	const char *paths[2];
	size_t count = rs_cli_catalogue_paths(NULL, 0, paths);
	struct stat st = { 0 };

	/* lint tells what is wrong with it. */
	args->notify.catalogue = rs_catalogue_load(paths, count, NULL);
	if (args->database == NULL && stat(path, &st) < 0 && errno == ENOENT)
		return 0;
	args->notify.db = rs_relaydb_load(path, &st, diags);
	return args->notify.db != NULL ? 0 : rs_cli_load_failed(&st, diags);
}

static int load_template(struct args *args)
{
	const char *name = args->language != NULL ? args->language : "en";
	char path[sizeof(TEMPLATES) + LANGUAGE_MAX + sizeof("/.txt")];

	if (args->template != NULL)
		return rs_notify_template_load(args->template, &args->notify.template);
	if (*name == '\0' || strlen(name) > LANGUAGE_MAX ||
	    name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_")] != '\0')
		return rs_cli_usage_error(
			&usage, "--language: \"%s\" is no language; there are en and de", name);
	(void)snprintf(path, sizeof(path), TEMPLATES "/%s.txt", name);
	return rs_notify_template_load(path, &args->notify.template);
}

static int check_sendmail(const struct notify *notify)
{
	if (notify->dry_run || access(notify->sendmail, X_OK) == 0)
		return 0;
	rs_cli_message(RS_LEVEL_ERROR,
		       "%s: cannot be run: %s; install a mail server, or name its program with "
		       "--sendmail",
		       notify->sendmail, strerror(errno));
	return EX_UNAVAILABLE;
}

static int prepare(struct args *args, const char *input)
{
	struct notify *notify = &args->notify;
	const char *state = args->state;
	int status;

	notify->diags = rs_diags_new();
	if (notify->diags == NULL)
		return rs_cli_no_memory();
	status = load_policy(args, notify->diags);
	if (status == 0)
		status = load_names(args, notify->diags);
	if (status == 0)
		status = load_template(args);
	if (status == 0)
		status = check_sendmail(notify);
	if (status == 0)
		status = rs_notify_input_open(input, notify->follow, &notify->input);
	if (status != 0)
		return status;
	if (state == NULL && rs_policy_state(args->loaded)->dict == NULL)
		state = DEFAULT_STATE;
	notify->told = rs_notify_told_new(args->loaded, state, args->base_dir, notify->dry_run);
	return notify->told != NULL ? 0 : rs_cli_no_memory();
}

static void finish(struct args *args)
{
	struct notify *notify = &args->notify;

	rs_notify_told_free(&notify->told);
	rs_notify_input_close(&notify->input);
	rs_notify_template_free(&notify->template);
	rs_relaydb_free(&notify->db);
	rs_catalogue_free(&notify->catalogue);
	rs_policy_free(&args->loaded);
	rs_diags_free(&notify->diags);
	free(notify->from.name);
}

int rs_cmd_notify(int argc, char **argv)
{
	struct args args = { .notify = { .sendmail = DEFAULT_SENDMAIL,
					 .per_hour = DEFAULT_PER_HOUR,
					 .reading.address = "{user}" } };
	struct notify *notify = &args.notify;
	int status;

	if (read_options(&args, argc, argv, &status) < 0)
		goto out;
	if (argc - optind != 1)
		status = rs_cli_usage_error(&usage, "name one file, or - for standard input");
	else if (notify->from.name == NULL)
		status = rs_cli_usage_error(&usage, "say with --from of whom the mail is");
	else
		status = rs_cli_now(&notify->reading.now);
	if (status != 0)
		goto out;
	if (notify->contact == NULL)
		notify->contact = notify->from.address;
	status = prepare(&args, argv[optind]);
	if (status == 0)
		status = rs_notify_run(notify);
out:
	finish(&args);
	return status;
}

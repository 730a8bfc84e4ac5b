/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "cli.h"
#include "audit.h"

#include <relaysentry/when.h>

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	OPT_POLICY = 'p',
	OPT_USER = 'u',
	OPT_QUIET = 'q',
	OPT_DATABASE = RS_OPT,
	OPT_SINCE,
	OPT_UNTIL,
	OPT_RELAY,
	OPT_ONLY_NEW,
	OPT_TOP,
	OPT_SORT,
	OPT_ADDRESSES,
	OPT_JSON,
	OPT_CSV,
	OPT_HTML,
	OPT_ANONYMIZE,
	OPT_ANONYMIZE_KEY,
	OPT_YEAR,
	OPT_TIMEZONE,
	OPT_THREADS
};

static const struct rs_cli_option options[] = {
	{ "policy", OPT_POLICY, "FILE", "tell what this policy would have done" },
	{ "since", OPT_SINCE, "TIME",
	  "only logins since then, like 2026-11-22T08:00:00Z,\n2026-11-22, or so long ago, like "
	  "7d" },
	{ "until", OPT_UNTIL, "TIME", "only logins until then; a date is a whole day (UTC)" },
	{ "user", OPT_USER, "NAME", "only this user" },
	{ "relay", OPT_RELAY, "ID", "only from this relay, or class, like @mail-relay" },
	{ "only-new", OPT_ONLY_NEW, NULL,
	  "only users and relays that the logs do not have\nbefore --since" },
	{ "addresses", OPT_ADDRESSES, NULL, "the addresses behind each user and relay" },
	{ "sort", OPT_SORT, "BY", "users (default), logins, name, first, last" },
	{ "top", OPT_TOP, "N",
	  "only the first N rows of each table (default: 50 on\na terminal, else all)" },
	{ "json", OPT_JSON, NULL, "one JSON object per line; ignore members\nyou do not know" },
	{ "csv", OPT_CSV, NULL, "one row for each user and relay" },
	{ "html", OPT_HTML, "FILE", "write the report as a page that needs no network" },
	{ "anonymize", OPT_ANONYMIZE, NULL,
	  "hide users behind a hash, and addresses in their\nnetworks" },
	{ "anonymize-key", OPT_ANONYMIZE_KEY, "FILE",
	  "the same, with a key of your own: the same user has\nthe same hash in all reports" },
	{ "year", OPT_YEAR, "YEAR", "of the first line, when dates have no year" },
	{ "timezone", OPT_TIMEZONE, "ZONE",
	  "of dates without one, like Europe/Berlin\n(default: that of this system)" },
	{ "database", OPT_DATABASE, "FILE",
	  "the relay database (default: what the policy says,\n" RS_DEFAULT_DATABASE ",\nor the "
	  "bundled catalogue)" },
	{ "threads", OPT_THREADS, "N", "how many read (default: one for each processor)" },
	{ "quiet", OPT_QUIET, NULL, "no progress on a terminal" },
	{ NULL, 0, NULL, NULL },
};

static const struct rs_cli_usage usage = {
	.name = "audit",
	.operands = "LOG...",
	.about =
		"Reads mail logs and tells which users' passwords are with which relays. LOG is a\n"
		"file, plain or compressed, a folder, a pattern like '/var/log/mail.log*', or -.\n"
		"Known are the lines of Dovecot, Postfix, Exim and relaysentry, in files, from\n"
		"syslog, or from journalctl -o json.\n",
	.options = options,
	.more = "Exit status: 0; 64 and more: sysexits. Files that cannot be read are told, and\n"
		"the others read.\n",
};

#define TERMINAL_TOP 50U

struct args {
	const char *policy_path, *database_path, *html, *key_path, *zone;
	const char *since, *until;
	bool quiet, anonymize, json, csv, only_new, addresses;
	unsigned threads;
	int year;
	struct audit_wishes wishes;
	struct rs_policy *policy;
	struct rs_relaydb *db;
	struct rs_nettable *table;
	struct rs_catalogue *catalogue;
	struct audit_set set;
	struct rs_audit *audit;
	unsigned char key[RS_SIPHASH_KEY_SIZE];
};

/* --- options --- */

static int parse_number(const struct rs_cli_usage *of, const char *name, const char *text,
			long least, long most, long *value_r)
{
	char *end;

	errno = 0;
	*value_r = strtol(text, &end, 10);
	if (*text >= '0' && *text <= '9' && *end == '\0' && errno == 0 && *value_r >= least &&
	    *value_r <= most)
		return 0;
	return rs_cli_usage_error(of, "--%s: \"%s\" is no number from %ld to %ld", name, text,
				  least, most);
}

static int take_option(void *context, const struct rs_cli_usage *of, int option, const char *value)
{
	struct args *args = context;
	long number = 0;
	int status = 0;

	switch (option) {
	case OPT_SORT:
		if (rs_audit_sort_parse(value, &args->wishes.sort) < 0)
			status =
				rs_cli_usage_error(of,
						   "--sort: \"%s\" is none of users, logins, name, "
						   "first, last",
						   value);
		break;
	case OPT_TOP:
		status = parse_number(of, "top", value, 1, 1000000000, &number);
		args->wishes.top = (size_t)number;
		break;
	case OPT_YEAR:
		status = parse_number(of, "year", value, 1970, 9998, &number);
		args->year = (int)number;
		break;
	case OPT_THREADS:
		status = parse_number(of, "threads", value, 1, 64, &number);
		args->threads = (unsigned)number;
		break;
	}
	return status;
}

static int parse_times(struct args *args)
{
	struct audit_wishes *wishes = &args->wishes;
	int64_t ago;

	wishes->since = INT64_MIN;
	wishes->until = INT64_MAX;
	if (args->since != NULL && rs_duration_parse(args->since, &ago) == 0)
		wishes->since = wishes->now - ago;
	else if (args->since != NULL && rs_cli_parse_time(args->since, &wishes->since) < 0)
		return rs_cli_usage_error(&usage,
					  "--since: \"%s\" is no time; write it like "
					  "2026-11-22T08:00:00Z, 2026-11-22, or 7d",
					  args->since);
	if (args->until != NULL && rs_duration_parse(args->until, &ago) == 0)
		wishes->until = wishes->now - ago;
	else if (args->until != NULL && rs_cli_parse_end(args->until, &wishes->until) < 0)
		return rs_cli_usage_error(&usage,
					  "--until: \"%s\" is no time; write it like "
					  "2026-11-22T08:00:00Z, 2026-11-22, or 7d",
					  args->until);
	if (wishes->since >= wishes->until)
		return rs_cli_usage_error(&usage, "--until is not after --since");
	if (args->only_new && args->since == NULL)
		return rs_cli_usage_error(&usage,
					  "--only-new needs --since: since when is it new?");
	return 0;
}

static int check_args(struct args *args, int operands)
{
	if (operands == 0)
		return rs_cli_usage_error(&usage, "name a log, like /var/log/mail.log, or - for "
						  "standard input");
	if (args->json && args->csv)
		return rs_cli_usage_error(&usage, "give one of --json and --csv");
	if (args->zone != NULL && !rs_zone_exists(args->zone))
		return rs_cli_usage_error(&usage,
					  "--timezone: \"%s\" is not known here; write it "
					  "like Europe/Berlin",
					  args->zone);
	if (args->html != NULL && strcmp(args->html, "-") == 0)
		return rs_cli_usage_error(
			&usage, "--html writes to a file, and not to standard output; name "
				"one, like audit.html");
	/* Where a shell has made names of a pattern, the first one is a log. */
	if (args->html != NULL && rs_audit_html_check(args->html) != 0)
		return EX_CANTCREAT;
	return parse_times(args);
}

/* --- what is compared with --- */

/* For the apps seen, and where there is no database. What is wrong with it is for lint. */
static void load_catalogue(struct args *args, struct rs_diags *diags)
{
	const char *paths[2];
	size_t count = rs_cli_catalogue_paths(NULL, 0, paths);

	args->catalogue = rs_catalogue_load(paths, count, diags);
	if (rs_diags_count(diags, RS_LEVEL_ERROR) > 0)
		rs_catalogue_free(&args->catalogue);
	rs_diags_clear(diags);
}

static int load(struct args *args)
{
	struct rs_diags *diags = rs_diags_new();
	struct stat st;
	int status = 0;

	if (diags == NULL)
		return rs_cli_no_memory();
	if (args->policy_path != NULL) {
		args->policy = rs_policy_load(args->policy_path, &st, NULL, diags);
		if (args->policy == NULL)
			status = rs_cli_load_failed(&st, diags);
	}
	load_catalogue(args, diags);
	if (status == 0)
		status = rs_audit_load_database(args->database_path, args->policy, args->catalogue,
						args->wishes.now, &args->db, diags);
	rs_diags_clear(diags);
	if (status == 0 && args->policy != NULL) {
		if (rs_policy_bind(args->policy, args->db, RS_LEVEL_WARNING, diags) < 0)
			status = rs_cli_no_memory();
		else
			rs_cli_print_diags(diags);
	}
	rs_diags_free(&diags);
	return status;
}

/* --- the report --- */

static int print_to_stdout(const struct args *args, struct audit_report *report)
{
	if (args->json)
		return rs_audit_print_json(report);
	if (args->csv)
		return rs_audit_print_csv(report);
	/* Nobody reads 50,000 users on a terminal; the tables say what is left out. */
	if (report->top == 0 && isatty(STDOUT_FILENO) == 1)
		report->top = TERMINAL_TOP;
	return rs_audit_print_text(report);
}

static int print_report(const struct args *args)
{
	struct audit_report report;
	int status = rs_audit_report(args->audit, &args->wishes, &report);

	if (status != 0)
		return status;
	if (args->html != NULL)
		status = rs_audit_write_html(&report, args->html);
	if (status == 0)
		status = print_to_stdout(args, &report);
	rs_audit_report_free(&report);
	return status;
}

static int run(struct args *args, int argc, char **argv)
{
	struct audit_wishes *wishes = &args->wishes;
	struct rs_audit_options how;
	int status = load(args), read_status;

	if (status == 0 && wishes->relay != NULL)
		status = rs_audit_relay_check(args->db, wishes->relay);
	if (status == 0 && (args->anonymize || args->key_path != NULL)) {
		status = rs_audit_key(args->key_path, args->key);
		wishes->key = args->key;
	}
	if (status == 0)
		status = rs_audit_set_open(&args->set, argv, (size_t)argc, args->year, wishes->now);
	if (status != 0 && args->set.count == 0)
		return status;
	/* One for all threads. */
	args->table = rs_nettable_new(args->db);
	if (args->table == NULL)
		return rs_cli_no_memory();
	how = (struct rs_audit_options){
		.db = args->db,
		.table = args->table,
		.policy = args->policy,
		.since = wishes->since,
		.until = wishes->until,
		.user = wishes->user,
		.only_new = args->only_new,
		.addresses = args->addresses,
	};
	read_status = rs_audit_run(&args->set, &how,
				   args->threads > 0 ? args->threads : rs_audit_threads_default(),
				   !args->quiet, &args->audit);
	if (args->audit == NULL)
		return read_status;
	if (rs_audit_finish(args->audit) < 0)
		return rs_cli_no_memory();
	wishes->db = args->db;
	wishes->policy = args->policy;
	wishes->catalogue = args->catalogue;
	wishes->set = &args->set;
	wishes->only_new = args->only_new;
	wishes->addresses = args->addresses;
	status = status != 0 ? status : read_status;
	read_status = print_report(args);
	return read_status != 0 ? read_status : status;
}

static void free_args(struct args *args)
{
	rs_audit_free(&args->audit);
	rs_audit_set_free(&args->set);
	rs_nettable_free(&args->table);
	rs_policy_free(&args->policy);
	rs_relaydb_free(&args->db);
	rs_catalogue_free(&args->catalogue);
}

int rs_cmd_audit(int argc, char **argv)
{
	struct args args = { 0 };
	const struct rs_cli_target targets[] = {
		{ OPT_POLICY, .text = &args.policy_path },
		{ OPT_DATABASE, .text = &args.database_path },
		{ OPT_SINCE, .text = &args.since },
		{ OPT_UNTIL, .text = &args.until },
		{ OPT_USER, .text = &args.wishes.user },
		{ OPT_RELAY, .text = &args.wishes.relay },
		{ OPT_ONLY_NEW, .given = &args.only_new },
		{ OPT_ADDRESSES, .given = &args.addresses },
		{ OPT_JSON, .given = &args.json },
		{ OPT_CSV, .given = &args.csv },
		{ OPT_HTML, .text = &args.html },
		{ OPT_ANONYMIZE, .given = &args.anonymize },
		{ OPT_ANONYMIZE_KEY, .text = &args.key_path },
		{ OPT_TIMEZONE, .text = &args.zone },
		{ OPT_QUIET, .given = &args.quiet },
		{ 0 },
	};
	int status = rs_cli_now(&args.wishes.now);

	if (status != 0 ||
	    rs_cli_options(&usage, argc, argv, targets, take_option, &args, &status) < 0)
		return status;
	status = check_args(&args, argc - optind);
	if (status != 0)
		return status;
	/* Before there are threads, which read it. */
	if (args.zone != NULL && setenv("TZ", args.zone, 1) < 0)
		return rs_cli_no_memory();
	tzset();
	status = run(&args, argc - optind, argv + optind);
	free_args(&args);
	return status;
}

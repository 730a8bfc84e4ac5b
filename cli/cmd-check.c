/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "cli.h"
#include "check.h"
#include "dict.h"

#include <relaysentry/catalogue.h>

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
	OPT_POLICY = 'p',
	OPT_USER = 'u',
	OPT_SERVICE = 's',
	OPT_DATABASE = RS_OPT,
	OPT_MECHANISM,
	OPT_CREDENTIAL,
	OPT_TLS,
	OPT_NO_TLS,
	OPT_VIA,
	OPT_FIELD,
	OPT_EXCEPTION,
	OPT_DICT,
	OPT_BASE_DIR,
	OPT_MASTER,
	OPT_AT,
	OPT_VERIFIED,
	OPT_UNVERIFIED,
	OPT_JSON
};

static const struct rs_cli_option options[] = {
	{ "policy", OPT_POLICY, "FILE",
	  "the policy (default " RS_DEFAULT_POLICY ",\nif it exists)" },
	{ "database", OPT_DATABASE, "FILE", "the relay database (default: what the policy says)" },
	{ "user", OPT_USER, "NAME", "who logs in" },
	{ "service", OPT_SERVICE, "NAME", "imap (default), pop3, submission, sieve, smtp" },
	{ "mechanism", OPT_MECHANISM, "NAME", "the SASL mechanism (default PLAIN)" },
	{ "credential", OPT_CREDENTIAL, "KIND",
	  "password, app-password, token, certificate,\nkerberos, other (default: as of the "
	  "mechanism)" },
	{ "tls", OPT_TLS, NULL,
	  "the connection is encrypted (default; with the\nservice smtp it is not known)" },
	{ "no-tls", OPT_NO_TLS, NULL, "it is not" },
	{ "via", OPT_VIA, "ADDRESS",
	  "the directly connected peer, when another\naddress was "
	  "reported for the client" },
	{ "field", OPT_FIELD, "NAME=VALUE",
	  "a passdb field: relaysentry_group,\nrelaysentry_allow or relaysentry_deny" },
	{ "exception", OPT_EXCEPTION, "RELAY[=TIME]",
	  "the user has an exception for this relay,\n@CLASS or *; TIME: its last second, or "
	  "day\n(can be repeated)" },
	{ "dict", OPT_DICT, NULL, "look exceptions up in the dict that the policy names" },
	{ "base-dir", OPT_BASE_DIR, "FOLDER",
	  "Dovecot's base_dir, where the dict's socket is\n(default " RS_DEFAULT_BASE_DIR ")" },
	{ "master", OPT_MASTER, "NAME", "the master user of a master login" },
	{ "at", OPT_AT, "TIME", "when (default now), like 2026-11-22T08:00:00Z" },
	{ "verified", OPT_VERIFIED, NULL,
	  "the credential was proved right before\n(default with PLAIN, LOGIN, EXTERNAL, tokens)" },
	{ "unverified", OPT_UNVERIFIED, NULL,
	  "it was not (default with SCRAM, CRAM-MD5;\nalways so in first place)" },
	{ "json", OPT_JSON, NULL, "one JSON object per line; ignore members\nyou do not know" },
	{ NULL, 0, NULL, NULL },
};

static const struct rs_cli_usage usage = {
	.name = "check",
	.operands = "ADDRESS...\n-",
	.about = "Tells which relays cover an address, tries each rule and shows the verdict.\n"
		 "\"none\" stands for a login without an address. With - reads lines of\n"
		 "\"ADDRESS\" or \"USER ADDRESS\" and prints a summary per relay.\n",
	.options = options,
	.more = "Exit status: 0 all let in, 1 one was denied, 64 and more: sysexits.\n",
};

struct args {
	const char *policy, *database, *base_dir;
	bool dict, credential_given, verified_given, tls_given;
	struct check check;
};

int rs_check_address(const char *text, struct rs_ip *ip_r, const char **error_r)
{
	if (strcmp(text, "none") != 0)
		return rs_ip_parse(text, strlen(text), ip_r, error_r);
	*ip_r = (struct rs_ip){ 0 };
	return 0;
}

static int add_exception(struct check *check, const char *text)
{
	int ret = rs_check_exception(check, text);

	if (ret == 0)
		return 0;
	if (ret == -1)
		return rs_cli_no_memory();
	return rs_cli_usage_error(
		&usage,
		"--exception: \"%s\" cannot be one; write a relay's id, @class "
		"or *, with or without its end, like mail-one=2026-12-24; at most "
		"%u are possible",
		text, RS_EXCEPTIONS_MAX);
}

static int take_option(void *context, const struct rs_cli_usage *of, int option, const char *value)
{
	struct args *args = context;
	struct rs_login *login = &args->check.login;
	const char *error;

	switch (option) {
	case OPT_SERVICE:
		login->service = value;
		rs_check_service(value);
		break;
	case OPT_CREDENTIAL:
		if (rs_credential_parse(value, &login->credential) < 0)
			return rs_cli_usage_error(
				of,
				"\"%s\" is no credential; write one of password, "
				"app-password, token, certificate, kerberos, other",
				value);
		args->credential_given = true;
		break;
	case OPT_TLS:
	case OPT_NO_TLS:
		login->tls = option == OPT_TLS ? RS_TLS_ON : RS_TLS_OFF;
		args->tls_given = true;
		break;
	case OPT_VIA:
		if (rs_ip_parse(value, strlen(value), &login->via, &error) == 0)
			return 0;
		return rs_cli_usage_error(of, "--via: \"%s\" %s", value, error);
	case OPT_FIELD:
		return rs_cli_login_field(of, login, value);
	case OPT_EXCEPTION:
		return add_exception(&args->check, value);
	case OPT_AT:
		if (rs_cli_parse_time(value, &login->time) < 0)
			return rs_cli_usage_error(of,
						  "--at: \"%s\" is no time; write it like "
						  "2026-11-22T08:00:00Z",
						  value);
		break;
	case OPT_VERIFIED:
	case OPT_UNVERIFIED:
		login->verified = option == OPT_VERIFIED;
		args->verified_given = true;
		break;
	}
	return 0;
}

static int load_policy(struct args *args, struct rs_diags *diags)
{
	const char *path = args->policy != NULL ? args->policy : RS_DEFAULT_POLICY;
	struct stat st;

	if (args->policy == NULL && stat(path, &st) < 0 && errno == ENOENT)
		return 0;
	args->check.policy = rs_policy_load(path, &st, NULL, diags);
	if (args->check.policy == NULL)
		return rs_cli_load_failed(&st, diags);
	rs_check_exceptions_pending(&args->check);
	args->check.verdict = rs_verdict_new(args->check.policy);
	return args->check.verdict != NULL ? 0 : rs_cli_no_memory();
}

static int load_database(struct args *args, struct rs_diags *diags)
{
	struct check *check = &args->check;
	const char *path = args->database;
	struct stat st;

	if (path == NULL)
		path = check->policy != NULL ? rs_policy_database(check->policy)
					     : RS_DEFAULT_DATABASE;
	check->db = rs_relaydb_load(path, &st, diags);
	if (check->db == NULL)
		return rs_cli_load_failed(&st, diags);
	if (check->policy != NULL &&
	    rs_policy_bind(check->policy, check->db, RS_LEVEL_WARNING, diags) < 0)
		return rs_cli_no_memory();
	rs_cli_print_diags(diags);
	return 0;
}

/* The catalogue is only asked for the apps seen; lint tells what is wrong with it. */
static void load_catalogue(struct check *check)
{
	const char *paths[2];
	size_t count = rs_cli_catalogue_paths(NULL, 0, paths);

	check->catalogue = rs_catalogue_load(paths, count, NULL);
}

static int check_addresses(struct check *check, int argc, char **argv, bool *denied_r)
{
	const char *error;
	struct rs_ip ip;
	int status = 0;

	/* All operands are looked at before anything is printed. */
	for (int i = 0; i < argc; i++) {
		if (rs_check_address(argv[i], &ip, &error) < 0)
			return rs_cli_usage_error(&usage, "\"%s\" %s", argv[i], error);
	}
	for (int i = 0; i < argc && status == 0; i++) {
		(void)rs_check_address(argv[i], &ip, &error);
		if (i > 0 && !check->json)
			printf("\n");
		status = rs_check_one(check, &ip, argv[i], denied_r);
	}
	return status;
}

const struct rs_match *rs_check_decide(struct check *check)
{
	const struct rs_match *match = NULL;
	struct rs_ip ip = check->login.remote;

	if (check->policy != NULL) {
		rs_check_begin_login(check);
		rs_decide(check->policy, check->db, &check->login, check->verdict, NULL, NULL);
		if (check->verdict->wants_exceptions && rs_check_look_up(check))
			rs_decide(check->policy, check->db, &check->login, check->verdict, NULL,
				  NULL);
		return check->verdict->match;
	}
	(void)rs_nat64_extract(&rs_nat64_well_known, &ip);
	if (ip.family == 0 || rs_relaydb_lookup(check->db, &ip, &match) != 1)
		return NULL;
	return match;
}

static int open_dict(struct args *args)
{
	if (args->check.policy == NULL)
		return rs_cli_usage_error(&usage, "--dict needs a policy; name it with --policy");
	if (args->check.exceptions != NULL)
		return rs_cli_usage_error(&usage, "give one of --dict and --exception");
	return rs_check_open_dict(&args->check, args->base_dir);
}

static int run(struct args *args, int argc, char **argv)
{
	struct rs_diags *diags = rs_diags_new();
	bool denied = false;
	int status;

	if (diags == NULL)
		return rs_cli_no_memory();
	status = load_policy(args, diags);
	if (status == 0)
		status = load_database(args, diags);
	rs_diags_free(&diags);
	if (status == 0 && args->dict)
		status = open_dict(args);
	if (status != 0)
		return status;
	if (argc == 1 && strcmp(argv[0], "-") == 0) {
		status = rs_check_lines(&args->check, &denied);
	} else {
		load_catalogue(&args->check);
		status = check_addresses(&args->check, argc, argv, &denied);
	}
	if (status == 0)
		status = args->check.dict_status;
	return status == 0 && denied ? RS_EX_NO : status;
}

int rs_cmd_check(int argc, char **argv)
{
	struct args args = { 0 };
	struct rs_login *login = &args.check.login;
	const struct rs_cli_target targets[] = {
		{ OPT_POLICY, .text = &args.policy },
		{ OPT_DATABASE, .text = &args.database },
		{ OPT_USER, .text = &login->user },
		{ OPT_MECHANISM, .text = &login->mechanism },
		{ OPT_DICT, .given = &args.dict },
		{ OPT_BASE_DIR, .text = &args.base_dir },
		{ OPT_MASTER, .text = &login->master },
		{ OPT_JSON, .given = &args.check.json },
		{ 0 },
	};
	int status;

	login->service = "imap";
	login->mechanism = "PLAIN";
	status = rs_cli_now(&login->time);
	if (status != 0)
		return status;
	if (rs_cli_options(&usage, argc, argv, targets, take_option, &args, &status) < 0)
		goto out;
	rs_check_mechanism(login, !args.credential_given, !args.verified_given);
	if (!args.tls_given)
		rs_check_tls(login);
	if (optind == argc)
		status = rs_cli_usage_error(&usage, "name an address, or - for stdin");
	else
		status = run(&args, argc - optind, argv + optind);
out:
	rs_cli_dict_close(&args.check.dict);
	free(args.check.asked);
	rs_exceptions_free(&args.check.exceptions);
	rs_verdict_free(&args.check.verdict);
	rs_policy_free(&args.check.policy);
	rs_relaydb_free(&args.check.db);
	rs_catalogue_free(&args.check.catalogue);
	return status;
}

/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "cli.h"

#include <relaysentry/catalogue.h>
#include <relaysentry/compile.h>
#include <relaysentry/doveconf.h>
#include <relaysentry/policy.h>
#include <relaysentry/relaydb.h>

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DOVECONF_MAX_SIZE (16U << 20)

enum { OPT_POLICY = 'p', OPT_DATABASE = RS_OPT, OPT_DOVECONF, OPT_EXPLAIN, OPT_JSON, OPT_STRICT };

static const struct rs_cli_option options[] = {
	{ "policy", OPT_POLICY, "FILE", "the policy (default: " RS_DEFAULT_POLICY ")" },
	{ "database", OPT_DATABASE, "FILE",
	  "the database that must know the policy's relays\n"
	  "(default: the catalogue's when PATHs are given,\nelse the policy's)" },
	{ "doveconf", OPT_DOVECONF, NULL,
	  "read the output of \"doveconf -n\" from FILE or\nstandard input" },
	{ "explain", OPT_EXPLAIN, NULL, "print what the policy does in plain sentences" },
	{ "json", OPT_JSON, NULL, "print the findings to standard output as JSON lines" },
	{ "strict", OPT_STRICT, NULL, "end with 1 when there are warnings" },
	{ NULL, 0, NULL, NULL },
};

static const struct rs_cli_usage usage = {
	.name = "lint",
	.operands = "[PATH...]\n--doveconf [FILE|-]",
	.about = "Reports everything that is wrong with a policy and a catalogue, or the ways\n"
		 "around relaysentry in a Dovecot configuration. Without --policy and PATH both\n"
		 "are read where they are installed; else only what is named.\n",
	.options = options,
	.more = "Exit status: 0 no errors, 1 warnings with --strict, 65 errors, 66 a file that\n"
		"cannot be read.\n",
};

struct lint {
	const char *policy, *database;
	bool doveconf, explain, json, strict;
	struct rs_diags *diags;
};

static int parse_options(struct lint *lint, int argc, char **argv, int *status_r)
{
	const struct rs_cli_target targets[] = {
		{ OPT_POLICY, .text = &lint->policy },
		{ OPT_DATABASE, .text = &lint->database },
		{ OPT_DOVECONF, .given = &lint->doveconf },
		{ OPT_EXPLAIN, .given = &lint->explain },
		{ OPT_JSON, .given = &lint->json },
		{ OPT_STRICT, .given = &lint->strict },
		{ 0 },
	};

	if (rs_cli_options(&usage, argc, argv, targets, NULL, NULL, status_r) < 0)
		return -1;
	if (lint->doveconf && (lint->policy != NULL || lint->database != NULL || lint->explain))
		*status_r = rs_cli_usage_error(&usage, "--doveconf reads no policy");
	else if (lint->doveconf && argc - optind > 1)
		*status_r = rs_cli_usage_error(&usage, "--doveconf reads one file");
	else if (lint->explain && lint->json)
		*status_r = rs_cli_usage_error(&usage, "--explain and --json exclude each other");
	else
		return 0;
	return -1;
}

static int lint_doveconf(struct lint *lint, const char *path)
{
	char *text = NULL;
	size_t len;
	int status;

	if (path == NULL)
		path = "-";
	if (strcmp(path, "-") == 0 && isatty(STDIN_FILENO) == 1)
		return rs_cli_usage_error(&usage,
					  "nothing to read; write: doveconf -n | relaysentry lint "
					  "--doveconf");
	status = rs_cli_read(path, DOVECONF_MAX_SIZE, &text, &len);
	if (status != 0)
		return status;
	(void)rs_doveconf_lint(strcmp(path, "-") == 0 ? "doveconf" : path, text, len, lint->diags);
	free(text);
	return 0;
}

static bool is_fault(const struct rs_diag *diag, const void *context)
{
	(void)context;
	return diag->level != RS_LEVEL_NOTE;
}

/* The database as it would be compiled from the catalogue, for the policy's
 * relays. NULL when the catalogue is faulty. */
static struct rs_relaydb *compile_catalogue(const struct rs_compiled *compiled,
					    struct rs_diags *diags)
{
	struct rs_relaydb *db = NULL;
	unsigned char *data = NULL;
	size_t size = 0;

	if (rs_diags_count(diags, RS_LEVEL_ERROR) == 0 &&
	    rs_compiled_build(compiled, &data, &size, NULL, diags) == 0)
		db = rs_relaydb_load_memory("catalogue", data, size, diags);
	free(data);
	return db;
}

/* Checks the catalogue with all that it names. *db_r may become a database. */
static int lint_catalogue(struct lint *lint, const char *const *paths, size_t count,
			  struct rs_relaydb **db_r)
{
	struct rs_compile_options compile = { .asn_path = NULL };
	struct rs_diags *diags = rs_diags_new();
	struct rs_catalogue *catalogue = NULL;
	struct rs_compiled *compiled = NULL;
	int status;

	if (diags == NULL)
		return rs_cli_no_memory();
	status = rs_cli_now(&compile.now);
	if (status == 0) {
		catalogue = rs_catalogue_load(paths, count, diags);
		if (catalogue != NULL)
			compiled = rs_compile(catalogue, &compile, diags);
		if (compiled == NULL)
			status = rs_cli_no_memory();
		else if (db_r != NULL)
			*db_r = compile_catalogue(compiled, diags);
	}
	rs_diags_append(lint->diags, diags, is_fault, NULL);
	rs_diags_free(&diags);
	rs_compiled_free(&compiled);
	rs_catalogue_free(&catalogue);
	return status;
}

static void print_sentence(const char *sentence, void *context)
{
	(void)context;
	puts(sentence);
}

/* The database that the policy names may not be compiled yet: then its relays
 * cannot be checked, which is no fault of the policy. */
static int load_database(struct lint *lint, const struct rs_policy *policy,
			 struct rs_relaydb **db_r)
{
	struct rs_diags *diags;
	int status = 0;

	if (lint->database != NULL) {
		*db_r = rs_relaydb_load(lint->database, NULL, lint->diags);
		return 0;
	}
	diags = rs_diags_new();
	if (diags == NULL)
		return rs_cli_no_memory();
	*db_r = rs_relaydb_load(rs_policy_database(policy), NULL, diags);
	for (size_t i = 0; i < rs_diags_kept(diags); i++) {
		const struct rs_diag *diag = rs_diags_get(diags, i);

		rs_diags_add(lint->diags, RS_LEVEL_WARNING, diag->file, diag->line,
			     "%s (the policy's relays were not looked up)", diag->text);
	}
	if (rs_diags_memory_short(diags))
		status = EX_OSERR;
	rs_diags_free(&diags);
	return status;
}

/* db: what the relays are looked up in; NULL: the database that is named. */
static int lint_policy(struct lint *lint, const struct rs_relaydb *db)
{
	const char *path = lint->policy != NULL ? lint->policy : RS_DEFAULT_POLICY;
	struct stat identity = { 0 };
	struct rs_policy *policy = rs_policy_load(path, &identity, NULL, lint->diags);
	struct rs_relaydb *loaded = NULL;
	int status = 0;

	if (policy == NULL)
		return rs_cli_load_status(&identity, lint->diags);
	rs_policy_lint(policy, lint->diags);
	if (db == NULL) {
		status = load_database(lint, policy, &loaded);
		db = loaded;
	}
	if (db != NULL && rs_policy_bind(policy, db, RS_LEVEL_ERROR, lint->diags) < 0)
		status = rs_cli_no_memory();
	if (lint->explain && rs_policy_sentences(policy, print_sentence, NULL) < 0)
		status = rs_cli_no_memory();
	rs_policy_free(&policy);
	rs_relaydb_free(&loaded);
	return status;
}

static int lint_files(struct lint *lint, char *const *operands, size_t count)
{
	const char **paths = calloc(count + 2, sizeof(*paths));
	bool all = lint->policy == NULL && count == 0;
	struct rs_relaydb *db = NULL;
	int status = 0, policy_status = 0;

	if (paths == NULL)
		return rs_cli_no_memory();
	if (all || count > 0) {
		size_t path_count = rs_cli_catalogue_paths(operands, count, paths);

		status = lint_catalogue(lint, paths, path_count,
					lint->database == NULL && count > 0 ? &db : NULL);
	}
	if (all || lint->policy != NULL || lint->explain)
		policy_status = lint_policy(lint, db);
	rs_relaydb_free(&db);
	free(paths);
	return status != 0 ? status : policy_status;
}

static void print_summary(const struct rs_diags *diags)
{
	size_t errors = rs_diags_count(diags, RS_LEVEL_ERROR);
	size_t warnings = rs_diags_count(diags, RS_LEVEL_WARNING);

	printf("%zu %s, %zu %s\n", errors, errors == 1 ? "error" : "errors", warnings,
	       warnings == 1 ? "warning" : "warnings");
}

int rs_cmd_lint(int argc, char **argv)
{
	struct lint lint = { 0 };
	int status = 0;

	if (parse_options(&lint, argc, argv, &status) < 0)
		return status;
	lint.diags = rs_diags_new();
	if (lint.diags == NULL)
		return rs_cli_no_memory();
	status = lint.doveconf ? lint_doveconf(&lint, argv[optind])
			       : lint_files(&lint, argv + optind, (size_t)(argc - optind));
	if (lint.json && rs_cli_print_diags_json(lint.diags) != 0)
		status = EX_OSERR;
	if (!lint.json)
		rs_cli_print_diags(lint.diags);
	if (!lint.json && !lint.explain && (status == 0 || rs_diags_kept(lint.diags) > 0))
		print_summary(lint.diags);
	if (status == 0)
		status = rs_cli_diags_status(lint.diags, lint.strict);
	rs_diags_free(&lint.diags);
	return status;
}

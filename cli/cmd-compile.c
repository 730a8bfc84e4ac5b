/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "cli.h"

#include <relaysentry/compile.h>
#include <relaysentry/json.h>

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DATABASE_MODE 0644U

enum { OPT_OUTPUT = 'o', OPT_ASN = RS_OPT, OPT_DRY_RUN, OPT_JSON };

static const struct rs_cli_option options[] = {
	{ "output", OPT_OUTPUT, "FILE",
	  "where the relay database goes (default:\n" RS_DEFAULT_DATABASE ")" },
	{ "asn", OPT_ASN, "FILE",
	  "an ASN database: GeoLite2-ASN, DB-IP or IPinfo\n(MMDB), or iptoasn (TSV); "
	  "without one, the ASNs\nof relays are not covered" },
	{ "dry-run", OPT_DRY_RUN, NULL, "do all but write" },
	{ "json", OPT_JSON, NULL, "one line of JSON for each relay, and one for the\ndatabase" },
	{ NULL, 0, NULL, NULL },
};

static const struct rs_cli_usage usage = {
	.name = "compile",
	.operands = "[PATH...]",
	.about = "Compiles relay definitions, their lists and feeds, and an ASN database into the\n"
		 "relay database. PATH is a file or a folder with *.json files; a later one\n"
		 "replaces relays of earlier ones. Without PATH: the bundled relays, "
		 "and\n" RS_DEFAULT_OWN_CATALOGUE " when it exists.\n",
	.options = options,
	.more = "The old file is replaced as a whole, or stays when there is an error.\n\n"
		"Exit status: 0 done, 64 wrong use, 65 an error in the input, 71 memory is short,\n"
		"73 the database cannot be written.\n",
};

struct job {
	const char *output, *asn;
	bool dry_run, json;
	int64_t now;
	struct rs_diags *diags;
	struct rs_mmdbw_stats stats;
	size_t relays, networks; /* that are in the database */
};

static size_t count_ipv4(const struct rs_compile_relay *relay)
{
	size_t first = 0, end = relay->net_count;

	/* IPv4 comes first. */
	while (first < end) {
		size_t middle = first + (end - first) / 2;

		if (relay->nets[middle].ip.family == AF_INET)
			first = middle + 1;
		else
			end = middle;
	}
	return first;
}

static void not_covered(const struct rs_compile_relay *relay, char *buf, size_t size)
{
	int len = 0;

	buf[0] = '\0';
	if (relay->expired_count > 0)
		len = snprintf(buf, size, "%zu expired", relay->expired_count);
	if (relay->net_count + relay->expired_count + relay->asn_missing_count == 0)
		(void)snprintf(buf, size, "no networks");
	if (relay->asn_missing_count > 0)
		(void)snprintf(buf + len, size - (size_t)len, "%s%zu ASN%s", len > 0 ? ", " : "",
			       relay->asn_missing_count, relay->asn_missing_count == 1 ? "" : "s");
}

static int print_table(const struct rs_compiled *compiled)
{
	struct rs_cli_table *table = rs_cli_table_new(5);
	static const char *const heads[] = { "RELAY", "CLASS", "IPV4", "IPV6", "NOT COVERED" };

	if (table == NULL)
		return rs_cli_no_memory();
	for (size_t i = 0; i < 5; i++)
		rs_cli_table_cell(table, "%s", heads[i]);
	rs_cli_table_align(table, 2, RS_ALIGN_RIGHT);
	rs_cli_table_align(table, 3, RS_ALIGN_RIGHT);
	for (size_t i = 0; i < rs_compiled_count(compiled); i++) {
		const struct rs_compile_relay *relay = rs_compiled_get(compiled, i);
		size_t ipv4 = count_ipv4(relay);
		char missing[80];

		not_covered(relay, missing, sizeof(missing));
		rs_cli_table_cell(table, "%s", relay->def->id);
		rs_cli_table_cell(table, "%s", rs_class_name(relay->def->class_));
		rs_cli_table_cell(table, "%zu", ipv4);
		rs_cli_table_cell(table, "%zu", relay->net_count - ipv4);
		rs_cli_table_cell(table, "%s", missing);
	}
	return rs_cli_table_print(&table);
}

static int print_json_relay(const struct rs_compile_relay *relay)
{
	struct rs_jsonw *w = rs_jsonw_new(false);
	size_t ipv4 = count_ipv4(relay);

	if (w == NULL)
		return rs_cli_no_memory();
	rs_jsonw_object(w, NULL);
	rs_jsonw_string(w, "relay", relay->def->id);
	rs_jsonw_string(w, "class", rs_class_name(relay->def->class_));
	rs_jsonw_int(w, "ipv4_networks", (int64_t)ipv4);
	rs_jsonw_int(w, "ipv6_networks", (int64_t)(relay->net_count - ipv4));
	rs_jsonw_int(w, "expired_networks", (int64_t)relay->expired_count);
	rs_jsonw_int(w, "asns_not_covered", (int64_t)relay->asn_missing_count);
	rs_jsonw_end(w);
	return rs_cli_print_json(&w);
}

static int print_json_database(const struct job *job)
{
	struct rs_jsonw *w = rs_jsonw_new(false);
	char time[RS_CLI_TIME_LEN];

	if (w == NULL)
		return rs_cli_no_memory();
	rs_jsonw_object(w, NULL);
	rs_jsonw_string(w, "database", job->dry_run ? NULL : job->output);
	rs_jsonw_string(w, "build_time", rs_when_format(job->now, time));
	rs_jsonw_int(w, "relays", (int64_t)job->relays);
	rs_jsonw_int(w, "networks", (int64_t)job->networks);
	rs_jsonw_int(w, "records", (int64_t)job->stats.record_count);
	rs_jsonw_int(w, "nodes", job->stats.node_count);
	rs_jsonw_int(w, "record_size", job->stats.record_size);
	rs_jsonw_int(w, "size", (int64_t)job->stats.file_size);
	rs_jsonw_end(w);
	return rs_cli_print_json(&w);
}

static int print_result(const struct job *job, const struct rs_compiled *compiled)
{
	int status = 0;

	if (job->json) {
		for (size_t i = 0; status == 0 && i < rs_compiled_count(compiled); i++)
			status = print_json_relay(rs_compiled_get(compiled, i));
		return status == 0 ? print_json_database(job) : status;
	}
	status = print_table(compiled);
	if (status == 0)
		printf("%s%s: %zu relay%s, %zu network%s, %zu bytes\n", job->output,
		       job->dry_run ? " not written (--dry-run)" : "", job->relays,
		       job->relays == 1 ? "" : "s", job->networks, job->networks == 1 ? "" : "s",
		       job->stats.file_size);
	return status;
}

static int build_and_publish(struct job *job, const struct rs_compiled *compiled)
{
	unsigned char *data = NULL;
	size_t size;
	int status = 0;

	if (rs_compiled_build(compiled, &data, &size, &job->stats, job->diags) < 0)
		return rs_cli_diags_status(job->diags, false);
	if (!job->dry_run &&
	    rs_publish(job->output, data, size, DATABASE_MODE, true, job->diags) < 0)
		status = rs_diags_memory_short(job->diags) ? EX_OSERR : EX_CANTCREAT;
	free(data);
	return status;
}

static int compile(struct job *job, const struct rs_catalogue *catalogue)
{
	const struct rs_compile_options compile_options = { .asn_path = job->asn, .now = job->now };
	struct rs_compiled *compiled = rs_compile(catalogue, &compile_options, job->diags);
	int status;

	if (compiled == NULL)
		return rs_cli_no_memory();
	for (size_t i = 0; i < rs_compiled_count(compiled); i++) {
		size_t networks = rs_compiled_get(compiled, i)->net_count;

		job->relays += networks > 0;
		job->networks += networks;
	}
	/* Nothing is published of an input with errors: a relay would silently be smaller. */
	status = rs_cli_diags_status(job->diags, false);
	if (status == 0 && job->networks == 0)
		rs_diags_add(job->diags, RS_LEVEL_WARNING, NULL, 0,
			     "no network is covered, so that no login will be recognised; see "
			     "whether the paths are those of the relays");
	if (status == 0)
		status = build_and_publish(job, compiled);
	rs_cli_print_diags(job->diags);
	if (status == 0)
		status = print_result(job, compiled);
	rs_compiled_free(&compiled);
	return status;
}

static int run(struct job *job, char *const *operands, size_t count)
{
	const char **paths = calloc(count + 2, sizeof(*paths));
	struct rs_catalogue *catalogue = NULL;
	int status = EX_OSERR;

	job->diags = rs_diags_new();
	if (paths == NULL || job->diags == NULL) {
		status = rs_cli_no_memory();
		goto out;
	}
	catalogue = rs_catalogue_load(paths, rs_cli_catalogue_paths(operands, count, paths),
				      job->diags);
	status = catalogue == NULL ? rs_cli_no_memory() : compile(job, catalogue);
out:
	rs_catalogue_free(&catalogue);
	rs_diags_free(&job->diags);
	free(paths);
	return status;
}

int rs_cmd_compile(int argc, char **argv)
{
	struct job job = { .output = RS_DEFAULT_DATABASE };
	const struct rs_cli_target targets[] = {
		{ OPT_OUTPUT, .text = &job.output },
		{ OPT_ASN, .text = &job.asn },
		{ OPT_DRY_RUN, .given = &job.dry_run },
		{ OPT_JSON, .given = &job.json },
		{ 0 },
	};
	int status;

	if (rs_cli_options(&usage, argc, argv, targets, NULL, NULL, &status) < 0)
		return status;
	status = rs_cli_now(&job.now);
	if (status != 0)
		return status;
	return run(&job, argv + optind, (size_t)(argc - optind));
}

/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "cli.h"

#include <relaysentry/catalogue.h>
#include <relaysentry/compile.h>
#include <relaysentry/json.h>

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPT_ASN = RS_OPT, OPT_JSON, OPT_NETWORKS };

static const struct rs_cli_option options[] = {
	{ "networks", OPT_NETWORKS, NULL, "print the networks of the relays, one in each line" },
	{ "asn", OPT_ASN, "FILE", "an ASN database, to find the networks of ASNs" },
	{ "json", OPT_JSON, NULL, "print one JSON object for each relay" },
	{ NULL, 0, NULL, NULL },
};

static const struct rs_cli_usage usage = {
	.name = "relays",
	.operands = "[ID|PATH...]",
	.about =
		"Prints the relays of a catalogue: all, or those with the IDs. An operand with a\n"
		"slash or a dot is the PATH of a catalogue's file or folder (default: the\n"
		"installed ones). Networks are those that \"relaysentry compile\" would take from\n"
		"the catalogue, its lists and feeds now; those of ASNs only with --asn.\n",
	.options = options,
	.more = "Exit status: 0; 1 an ID is unknown, 65 the catalogue has errors (what is right\n"
		"is printed).\n",
};

struct relays {
	bool networks, json;
	char **ids;
	size_t id_count;
	const struct rs_catalogue *catalogue;
	const struct rs_compiled *compiled;
};

static bool is_path(const char *operand)
{
	/* No id has one of these. */
	return strpbrk(operand, "/.") != NULL;
}

static bool is_wanted(const struct relays *relays, const char *id)
{
	for (size_t i = 0; i < relays->id_count; i++) {
		if (strcmp(relays->ids[i], id) == 0)
			return true;
	}
	return relays->id_count == 0;
}

/* What became of the relay; NULL when it is disabled. Both are in one order, and
 * next_r is how far the compiled ones were seen. */
static const struct rs_compile_relay *next_compiled(const struct relays *relays,
						    const struct rs_relay_def *def, size_t *next_r)
{
	const struct rs_compile_relay *relay;

	if (*next_r == rs_compiled_count(relays->compiled))
		return NULL;
	relay = rs_compiled_get(relays->compiled, *next_r);
	if (relay->def != def)
		return NULL;
	(*next_r)++;
	return relay;
}

static void print_networks(const struct rs_compile_relay *relay)
{
	for (size_t i = 0; relay != NULL && i < relay->net_count; i++) {
		char buf[RS_NET_STRLEN];

		puts(rs_net_format(&relay->nets[i], buf));
	}
}

static void json_strings(struct rs_jsonw *w, const char *key, const char *const *strings,
			 size_t count)
{
	rs_jsonw_array(w, key);
	for (size_t i = 0; i < count; i++)
		rs_jsonw_string(w, NULL, strings[i]);
	rs_jsonw_end(w);
}

static void json_evidence(struct rs_jsonw *w, const struct rs_relay_def *def)
{
	rs_jsonw_array(w, "evidence");
	for (size_t i = 0; i < def->evidence_count; i++) {
		const struct rs_evidence *evidence = &def->evidence[i];
		char buf[RS_CLI_TIME_LEN];

		rs_jsonw_object(w, NULL);
		rs_jsonw_string(w, "source", evidence->source);
		rs_jsonw_string(w, "checked", evidence->checked);
		if (evidence->expires != INT64_MAX)
			rs_jsonw_string(w, "expires", rs_when_format(evidence->expires, buf));
		rs_jsonw_end(w);
	}
	rs_jsonw_end(w);
}

static int print_json(const struct relays *relays, const struct rs_relay_def *def,
		      const struct rs_compile_relay *compiled)
{
	struct rs_jsonw *w = rs_jsonw_new(false);

	if (w == NULL)
		return rs_cli_no_memory();
	rs_jsonw_object(w, NULL);
	rs_jsonw_string(w, "id", def->id);
	rs_jsonw_string(w, "name", def->name);
	rs_jsonw_string(w, "vendor", def->vendor);
	rs_jsonw_string(w, "class", rs_class_name(def->class_));
	rs_jsonw_string(w, "confidence", rs_confidence_name(def->confidence));
	rs_jsonw_string(w, "stores_credentials", def->stores_credentials);
	rs_jsonw_bool(w, "disabled", def->disabled);
	rs_jsonw_int(w, "network_count", compiled != NULL ? (int64_t)compiled->net_count : 0);
	if (relays->networks) {
		rs_jsonw_array(w, "networks");
		for (size_t i = 0; compiled != NULL && i < compiled->net_count; i++) {
			char buf[RS_NET_STRLEN];

			rs_jsonw_string(w, NULL, rs_net_format(&compiled->nets[i], buf));
		}
		rs_jsonw_end(w);
	}
	rs_jsonw_array(w, "asns");
	for (size_t i = 0; i < def->asn_count; i++)
		rs_jsonw_int(w, NULL, def->asns[i]);
	rs_jsonw_end(w);
	json_strings(w, "seen_apps", def->seen_apps, def->seen_app_count);
	json_evidence(w, def);
	rs_jsonw_string(w, "file", def->file);
	rs_jsonw_int(w, "line", def->line);
	rs_jsonw_end(w);
	return rs_cli_print_json(&w);
}

static void table_row(struct rs_cli_table *table, const struct rs_relay_def *def,
		      const struct rs_compile_relay *compiled)
{
	rs_cli_table_cell(table, "%s", def->id);
	rs_cli_table_cell(table, "%s", rs_class_name(def->class_));
	if (def->disabled)
		rs_cli_table_cell(table, "disabled");
	else
		rs_cli_table_cell(table, "%zu", compiled != NULL ? compiled->net_count : 0);
	rs_cli_table_cell(table, "%zu", def->asn_count);
	rs_cli_table_cell(table, "%s", rs_confidence_name(def->confidence));
	rs_cli_table_cell(table, "%s", def->name);
}

static struct rs_cli_table *new_table(void)
{
	static const char *const heading[] = { "RELAY", "CLASS",      "NETWORKS",
					       "ASNS",	"CONFIDENCE", "NAME" };
	struct rs_cli_table *table = rs_cli_table_new(6);

	if (table == NULL)
		return NULL;
	rs_cli_table_align(table, 2, RS_ALIGN_RIGHT);
	rs_cli_table_align(table, 3, RS_ALIGN_RIGHT);
	for (size_t i = 0; i < 6; i++)
		rs_cli_table_cell(table, "%s", heading[i]);
	return table;
}

static int print_relays(const struct relays *relays)
{
	struct rs_cli_table *table = NULL;
	size_t next = 0;
	int status = 0;

	for (size_t i = 0; i < rs_catalogue_count(relays->catalogue) && status == 0; i++) {
		const struct rs_relay_def *def = rs_catalogue_get(relays->catalogue, i);
		const struct rs_compile_relay *compiled = next_compiled(relays, def, &next);

		if (!is_wanted(relays, def->id))
			continue;
		if (relays->json) {
			status = print_json(relays, def, compiled);
		} else if (relays->networks) {
			print_networks(compiled);
		} else {
			if (table == NULL)
				table = new_table();
			if (table == NULL)
				return rs_cli_no_memory();
			table_row(table, def, compiled);
		}
	}
	if (table != NULL)
		status = rs_cli_table_print(&table);
	return status;
}

static int check_ids(const struct relays *relays)
{
	int status = 0;

	for (size_t i = 0; i < relays->id_count; i++) {
		if (rs_catalogue_find(relays->catalogue, relays->ids[i]) != NULL)
			continue;
		rs_cli_message(
			RS_LEVEL_ERROR,
			"no relay \"%s\" in the catalogue; \"relaysentry relays\" lists them",
			relays->ids[i]);
		status = RS_EX_NO;
	}
	return status;
}

/* Sorts the operands: paths to the front. Returns their number. */
static size_t sort_operands(char **operands, size_t count)
{
	size_t paths = 0;

	for (size_t i = 0; i < count; i++) {
		char *operand = operands[i];

		if (!is_path(operand))
			continue;
		memmove(&operands[paths + 1], &operands[paths], (i - paths) * sizeof(*operands));
		operands[paths++] = operand;
	}
	return paths;
}

/* No notes about relays that were not asked for. */
static bool is_asked_for(const struct rs_diag *diag, const void *context)
{
	const struct relays *relays = context;
	bool wanted = diag->level != RS_LEVEL_NOTE || relays->id_count == 0;

	for (size_t i = 0; i < relays->id_count && !wanted; i++) {
		const struct rs_relay_def *def =
			rs_catalogue_find(relays->catalogue, relays->ids[i]);

		wanted = def != NULL && diag->file != NULL && diag->line == def->line &&
			 strcmp(diag->file, def->file) == 0;
	}
	return wanted;
}

static void print_diags(const struct relays *relays, const struct rs_diags *diags)
{
	struct rs_diags *wanted = rs_diags_new();

	if (wanted != NULL)
		rs_diags_append(wanted, diags, is_asked_for, relays);
	rs_cli_print_diags(wanted);
	rs_diags_free(&wanted);
}

static int run(struct relays *relays, const char *const *paths, size_t path_count,
	       struct rs_compile_options *compile)
{
	struct rs_diags *diags = rs_diags_new();
	struct rs_catalogue *catalogue = rs_catalogue_load(paths, path_count, diags);
	struct rs_compiled *compiled = NULL;
	int status = 0, id_status;

	if (diags != NULL && catalogue != NULL)
		compiled = rs_compile(catalogue, compile, diags);
	if (compiled == NULL) {
		status = rs_cli_no_memory();
		goto out;
	}
	relays->catalogue = catalogue;
	relays->compiled = compiled;
	id_status = check_ids(relays);
	status = print_relays(relays);
	print_diags(relays, diags);
	if (status == 0)
		status = rs_cli_diags_status(diags, false);
	if (status == 0)
		status = id_status;
out:
	rs_compiled_free(&compiled);
	rs_catalogue_free(&catalogue);
	rs_diags_free(&diags);
	return status;
}

int rs_cmd_relays(int argc, char **argv)
{
	struct rs_compile_options compile = { .asn_path = NULL };
	struct relays relays = { 0 };
	const struct rs_cli_target targets[] = {
		{ OPT_ASN, .text = &compile.asn_path },
		{ OPT_JSON, .given = &relays.json },
		{ OPT_NETWORKS, .given = &relays.networks },
		{ 0 },
	};
	const char **paths;
	size_t operands, path_count;
	int status;

	if (rs_cli_options(&usage, argc, argv, targets, NULL, NULL, &status) < 0)
		return status;
	status = rs_cli_now(&compile.now);
	if (status != 0)
		return status;
	operands = (size_t)(argc - optind);
	paths = calloc(operands + 2, sizeof(*paths));
	if (paths == NULL)
		return rs_cli_no_memory();
	path_count = sort_operands(argv + optind, operands);
	relays.ids = argv + optind + path_count;
	relays.id_count = operands - path_count;
	path_count = rs_cli_catalogue_paths(argv + optind, path_count, paths);
	status = run(&relays, paths, path_count, &compile);
	free(paths);
	return status;
}

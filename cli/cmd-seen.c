/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "cli.h"
#include "kept.h"
#include "seen-import.h"
#include "seen.h"

#include <relaysentry/json.h>

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPT_USER = 'u', OPT_DRY_RUN = 'n', OPT_RELAY = RS_OPT, OPT_SINCE, OPT_IMPORT, OPT_JSON };

static const struct rs_cli_option options[] = {
	{ "user", OPT_USER, "NAME", "only this user" },
	{ "relay", OPT_RELAY, "ID", "only from this relay" },
	{ "since", OPT_SINCE, "TIME",
	  "only who came since then, like 2026-11-22T08:00:00Z,\nor so long ago, like 7d" },
	{ "import", OPT_IMPORT, "FILE",
	  "take what \"audit --json\" or \"seen --json\" wrote;\n- is standard input" },
	{ "dry-run", OPT_DRY_RUN, NULL, "only count what would be imported" },
	{ "json", OPT_JSON, NULL, "one JSON object per line; ignore members\nyou do not know" },
	RS_KEPT_OPTIONS,
	{ NULL, 0, NULL, NULL },
};

static const struct rs_cli_usage usage = {
	.name = "seen",
	.operands = "",
	.about =
		"Prints who was seen from which relay: how often, since when, when last, and when\n"
		"that was reported last; who came last is first. It needs a dictionary in\n"
		"\"state\" of the policy. What nodes have not written yet is missing.\n"
		"With --import writes what logs told, so that it is known from the beginning.\n",
	.options = options,
	.more = "Exit status: 0; 64 and more: sysexits.\n",
};

struct args {
	const char *user, *relay, *import;
	int64_t since;
	bool json, dry_run;
	struct kept kept;
};

struct record {
	const struct kept_row *row;
	const char *relay;
	struct rs_seen seen;
};

static int set_since(struct args *args, const char *text)
{
	int64_t ago;

	if (rs_duration_parse(text, &ago) == 0)
		args->since = args->kept.now - ago;
	else if (rs_cli_parse_time(text, &args->since) < 0)
		return rs_cli_usage_error(&usage,
					  "--since: \"%s\" is no time; write it like "
					  "2026-11-22T08:00:00Z, or like 7d",
					  text);
	return 0;
}

static int take_option(void *context, const struct rs_cli_usage *of, int option, const char *value)
{
	struct args *args = context;

	switch (option) {
	case OPT_SINCE:
		return set_since(args, value);
	case OPT_IMPORT:
		args->import = value;
		return rs_kept_own_file(&args->kept, of, "import");
	default:
		return rs_kept_option(&args->kept, of, option, value);
	}
}

/* --- output --- */

void rs_seen_json(struct rs_jsonw *w, const struct rs_seen *seen)
{
	rs_jsonw_int(w, "first", seen->first);
	rs_jsonw_int(w, "last", seen->last);
	rs_jsonw_int(w, "count", seen->count > INT64_MAX ? INT64_MAX : (int64_t)seen->count);
	rs_jsonw_object(w, "reported");
	for (int i = 0; i < RS_ALERT_KINDS; i++) {
		if (seen->alerts[i].time != 0)
			rs_jsonw_int(w, rs_alert_kind_name((enum rs_alert_kind)i),
				     seen->alerts[i].time);
	}
	rs_jsonw_end(w);
}

const char *rs_seen_reported(const struct rs_seen *seen, char buf[RS_SEEN_REPORTED_SIZE])
{
	size_t used = 0;
	char time[RS_WHEN_LEN];

	buf[0] = '\0';
	for (int i = 0; i < RS_ALERT_KINDS; i++) {
		if (seen->alerts[i].time != 0)
			used += (size_t)snprintf(buf + used, RS_SEEN_REPORTED_SIZE - used,
						 "%s%s %s", used > 0 ? ", " : "",
						 rs_alert_kind_name((enum rs_alert_kind)i),
						 rs_when_format(seen->alerts[i].time, time));
	}
	return buf;
}

static int print_json(const char *user, const struct record *record)
{
	struct rs_jsonw *w = rs_jsonw_new(false);

	if (w == NULL)
		return rs_cli_no_memory();
	rs_jsonw_object(w, NULL);
	rs_jsonw_string(w, "user", user);
	rs_jsonw_string(w, "relay", record->relay);
	rs_seen_json(w, &record->seen);
	rs_jsonw_end(w);
	return rs_cli_print_json(&w);
}

static void add_row(struct rs_cli_table *table, const char *user, const struct record *record)
{
	char time[RS_WHEN_LEN], reported[RS_SEEN_REPORTED_SIZE];

	rs_cli_table_text(table, user);
	rs_cli_table_text(table, record->relay);
	rs_cli_table_cell(table, "%" PRIu64, record->seen.count);
	rs_cli_table_cell(table, "%s", rs_when_format(record->seen.first, time));
	rs_cli_table_cell(table, "%s", rs_when_format(record->seen.last, time));
	rs_cli_table_cell(table, "%s", rs_seen_reported(&record->seen, reported));
}

static int print_records(const struct args *args, const struct record *records, size_t count)
{
	static const char *const heading[] = { "USER",	"RELAY", "LOGINS",
					       "FIRST", "LAST",	 "REPORTED" };
	struct rs_cli_table *table = NULL;
	int status = 0;

	if (!args->json && (table = rs_cli_table_new(6)) == NULL)
		return rs_cli_no_memory();
	for (size_t i = 0; i < 6 && table != NULL; i++)
		rs_cli_table_cell(table, "%s", heading[i]);
	if (table != NULL)
		rs_cli_table_align(table, 2, RS_ALIGN_RIGHT);
	for (size_t i = 0; i < count && status == 0; i++) {
		struct kept_user user;
		const char *name = rs_kept_row_user(records[i].row, &user);

		if (table != NULL)
			add_row(table, name, &records[i]);
		else
			status = print_json(name, &records[i]);
	}
	return table != NULL ? rs_cli_table_print(&table) : status;
}

/* --- records --- */

static int by_last(const void *a, const void *b)
{
	const struct record *x = a, *y = b;

	if (x->seen.last != y->seen.last)
		return x->seen.last > y->seen.last ? -1 : 1;
	return strcmp(x->row->key, y->row->key);
}

static bool is_wanted(const struct args *args, const struct record *record)
{
	return record->seen.last >= args->since &&
	       (args->relay == NULL || strcmp(args->relay, record->relay) == 0);
}

static int print_rows(const struct args *args, const struct kept_rows *rows)
{
	struct record *records = calloc(rows->count + 1, sizeof(*records));
	size_t count = 0, faulty = 0;
	const char *first = NULL;
	int status;

	if (records == NULL)
		return rs_cli_no_memory();
	for (size_t i = 0; i < rows->count; i++) {
		struct record *record = &records[count];
		struct kept_user user;

		record->row = &rows->rows[i];
		record->relay = rs_kept_row_relay(record->row, RS_DICT_SEEN);
		if (record->relay == NULL)
			continue;
		if (rs_kept_row_user(record->row, &user) != NULL &&
		    rs_seen_parse(record->row->value, &record->seen) == 0)
			count += is_wanted(args, record);
		else if (faulty++ == 0)
			first = record->row->key;
	}
	if (count > 1)
		qsort(records, count, sizeof(*records), by_last);
	status = print_records(args, records, count);
	if (faulty > 0)
		rs_cli_message(RS_LEVEL_WARNING, "faulty records, left out: %zu; the first is %s",
			       faulty, first);
	free(records);
	return status;
}

static int import(struct args *args)
{
	struct kept *kept = &args->kept;
	struct seen_import import = { .now = kept->now };
	int status = rs_kept_load(kept);

	if (status != 0)
		return status;
	import.policy = kept->policy;
	import.oldest = kept->now - rs_policy_state(kept->policy)->forget_after;
	/* What cannot be taken is found before anything is asked for. */
	status = rs_seen_import_read(&import, args->import);
	if (status == 0)
		status = rs_kept_open(kept, RS_KEPT_STATE);
	if (status == 0)
		status = rs_seen_import_write(&import, kept, args->dry_run);
	if (status == 0)
		status = rs_seen_import_print(&import, args->dry_run, args->json);
	rs_seen_import_free(&import);
	return status;
}

static int run(struct args *args)
{
	struct kept *kept = &args->kept;
	struct kept_user user;
	struct kept_rows rows;
	int status = rs_kept_load(kept);

	if (status == 0 && args->user != NULL)
		status = rs_kept_user(kept, &usage, args->user, &user);
	if (status == 0)
		status = rs_kept_open(kept, RS_KEPT_STATE);
	if (status != 0)
		return status;
	status = rs_kept_rows(kept, kept->state, args->user != NULL ? user.key : NULL,
			      "name a user with --user", &rows);
	if (status != 0)
		return status;
	status = print_rows(args, &rows);
	rs_kept_rows_free(&rows);
	return status;
}

int rs_cmd_seen(int argc, char **argv)
{
	struct args args = { .since = INT64_MIN };
	const struct rs_cli_target targets[] = {
		{ OPT_USER, .text = &args.user },
		{ OPT_RELAY, .text = &args.relay },
		{ OPT_JSON, .given = &args.json },
		{ OPT_DRY_RUN, .given = &args.dry_run },
		{ 0 },
	};
	int status = rs_kept_begin(&args.kept);

	if (status != 0 ||
	    rs_cli_options(&usage, argc, argv, targets, take_option, &args, &status) < 0)
		return status;
	if (optind < argc)
		return rs_cli_usage_error(&usage, "takes no operands; name a user with --user");
	if (args.import == NULL && args.dry_run)
		return rs_cli_usage_error(&usage, "--dry-run needs --import");
	if (args.import != NULL &&
	    (args.user != NULL || args.relay != NULL || args.since != INT64_MIN))
		return rs_cli_usage_error(&usage, "--import takes all that the file has; leave out "
						  "--user, --relay and --since");
	status = args.import != NULL ? import(&args) : run(&args);
	rs_kept_end(&args.kept);
	return status;
}

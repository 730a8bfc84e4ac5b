/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "status.h"
#include "cli.h"

#include <relaysentry/json.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Calls found for each piece of evidence that has expired, of relays that are
 * not disabled. Returns their number. found may be NULL. */
static size_t each_expired(const struct status *status,
			   void (*found)(const struct rs_relay_def *relay, const char *source,
					 int64_t expires, void *context),
			   void *context)
{
	size_t count = 0;

	if (status->catalogue == NULL)
		return 0;
	for (size_t i = 0; i < rs_catalogue_count(status->catalogue); i++) {
		const struct rs_relay_def *relay = rs_catalogue_get(status->catalogue, i);

		if (relay->disabled)
			continue;
		for (size_t k = 0; k < relay->evidence_count; k++) {
			int64_t expires = relay->evidence[k].expires;

			if (relay->expires < expires)
				expires = relay->expires;
			if (expires > status->now)
				continue;
			count++;
			if (found != NULL)
				found(relay, relay->evidence[k].source, expires, context);
		}
	}
	return count;
}

static void expired_cell(const struct rs_relay_def *relay, const char *source, int64_t expires,
			 void *context)
{
	char buf[RS_CLI_TIME_LEN];

	rs_cli_table_cell(context, "expired");
	rs_cli_table_cell(context, "%s since %s: %s", relay->id, rs_when_format(expires, buf),
			  source);
}

/* The ending of a noun that is counted. */
static const char *s(size_t count)
{
	return count == 1 ? "" : "s";
}

/* A time that is still to come means a wrong clock, here or where the file was made. */
static const char *format_ago(int64_t seconds, char buf[RS_CLI_TIME_LEN])
{
	bool future = seconds < 0;
	size_t len;

	(void)rs_cli_format_age(future ? -seconds : seconds, buf);
	len = strlen(buf);
	snprintf(buf + len, RS_CLI_TIME_LEN - len, future ? " in the future" : " ago");
	return buf;
}

static void text_cells(const struct status *status, struct rs_cli_table *table)
{
	char time[RS_CLI_TIME_LEN], age[RS_CLI_TIME_LEN], max[RS_CLI_TIME_LEN];

	rs_cli_table_cell(table, "policy");
	rs_cli_table_cell(table, "%s", status->policy_path);
	rs_cli_table_cell(table, "  is");
	if (status->policy == NULL)
		rs_cli_table_cell(table, "not usable");
	else
		rs_cli_table_cell(table, "%s, mode %s, %zu rule%s", rs_policy_id(status->policy),
				  rs_mode_name(rs_policy_mode(status->policy)),
				  rs_policy_rule_count(status->policy),
				  s(rs_policy_rule_count(status->policy)));
	if (status->policy != NULL) {
		rs_cli_table_cell(table, "  changed");
		rs_cli_table_cell(table, "%s, %s", rs_when_format(status->policy_changed, time),
				  format_ago(status->now - status->policy_changed, age));
	}
	rs_cli_table_cell(table, "database");
	rs_cli_table_cell(table, "%s", status->database_path);
	rs_cli_table_cell(table, "  is");
	if (status->database == NULL) {
		rs_cli_table_cell(table, "not usable");
		return;
	}
	rs_cli_table_cell(table, "%s, %zu relay%s, %zu network%s, %zu bytes", status->info.id,
			  status->info.relay_count, s(status->info.relay_count),
			  status->info.network_count, s(status->info.network_count),
			  status->info.file_size);
	rs_cli_table_cell(table, "  built");
	rs_cli_table_cell(table, "%s, %s (%s %s)", rs_when_format(status->info.build_epoch, time),
			  format_ago(status->age, age),
			  status->too_old ? "too old: at most" : "at most",
			  rs_cli_format_age(status->max_age, max));
}

int rs_status_print_text(const struct status *status)
{
	struct rs_cli_table *table = rs_cli_table_new(2);

	if (table == NULL)
		return rs_cli_no_memory();
	text_cells(status, table);
	if (status->catalogue != NULL) {
		size_t relays = rs_catalogue_count(status->catalogue);

		rs_cli_table_cell(table, "catalogue");
		rs_cli_table_cell(table, "%zu relay%s, expired evidence: %zu", relays, s(relays),
				  each_expired(status, NULL, NULL));
		(void)each_expired(status, expired_cell, table);
	}
	return rs_cli_table_print(&table);
}

static void expired_json(const struct rs_relay_def *relay, const char *source, int64_t expires,
			 void *context)
{
	char buf[RS_CLI_TIME_LEN];

	rs_jsonw_object(context, NULL);
	rs_jsonw_string(context, "relay", relay->id);
	rs_jsonw_string(context, "source", source);
	rs_jsonw_string(context, "expires", rs_when_format(expires, buf));
	rs_jsonw_end(context);
}

static void json_members(const struct status *status, struct rs_jsonw *w)
{
	char buf[RS_CLI_TIME_LEN];

	rs_jsonw_object(w, "policy");
	rs_jsonw_string(w, "file", status->policy_path);
	rs_jsonw_bool(w, "usable", status->policy != NULL);
	if (status->policy != NULL) {
		rs_jsonw_string(w, "id", rs_policy_id(status->policy));
		rs_jsonw_string(w, "mode", rs_mode_name(rs_policy_mode(status->policy)));
		rs_jsonw_int(w, "rules", (int64_t)rs_policy_rule_count(status->policy));
		rs_jsonw_string(w, "changed", rs_when_format(status->policy_changed, buf));
	}
	rs_jsonw_end(w);
	rs_jsonw_object(w, "database");
	rs_jsonw_string(w, "file", status->database_path);
	rs_jsonw_bool(w, "usable", status->database != NULL);
	if (status->database != NULL) {
		rs_jsonw_string(w, "id", status->info.id);
		rs_jsonw_string(w, "built", rs_when_format(status->info.build_epoch, buf));
		rs_jsonw_int(w, "age", status->age);
		rs_jsonw_int(w, "max_age", status->max_age);
		rs_jsonw_bool(w, "too_old", status->too_old);
		rs_jsonw_int(w, "relays", (int64_t)status->info.relay_count);
		rs_jsonw_int(w, "networks", (int64_t)status->info.network_count);
		rs_jsonw_int(w, "bytes", (int64_t)status->info.file_size);
	}
	rs_jsonw_end(w);
	if (status->catalogue != NULL)
		rs_jsonw_int(w, "catalogue_relays", (int64_t)rs_catalogue_count(status->catalogue));
	rs_jsonw_array(w, "expired");
	(void)each_expired(status, expired_json, w);
	rs_jsonw_end(w);
}

int rs_status_print_json(const struct status *status)
{
	struct rs_jsonw *w = rs_jsonw_new(false);

	if (w == NULL)
		return rs_cli_no_memory();
	rs_jsonw_object(w, NULL);
	json_members(status, w);
	rs_jsonw_end(w);
	return rs_cli_print_json(&w);
}

/* The text format of Prometheus, 0.0.4. labels: "" or `{...}`. */
static void metric(const char *name, const char *help, const char *labels, int64_t value)
{
	printf("# HELP relaysentry_%s %s\n# TYPE relaysentry_%s gauge\nrelaysentry_%s%s %" PRId64
	       "\n",
	       name, help, name, name, labels, value);
}

int rs_status_print_prometheus(const struct status *status)
{
	char labels[64];

	metric("policy_usable", "Whether the policy could be loaded.", "", status->policy != NULL);
	if (status->policy != NULL) {
		snprintf(labels, sizeof(labels), "{id=\"%s\",mode=\"%s\"}",
			 rs_policy_id(status->policy),
			 rs_mode_name(rs_policy_mode(status->policy)));
		metric("policy_info", "Identity and mode of the policy.", labels, 1);
		metric("policy_rules", "Rules of the policy.", "",
		       (int64_t)rs_policy_rule_count(status->policy));
		metric("policy_changed_timestamp_seconds", "When the policy was changed.", "",
		       status->policy_changed);
	}
	metric("database_usable", "Whether the relay database could be loaded.", "",
	       status->database != NULL);
	metric("database_max_age_seconds", "The age at which the relay database is too old.", "",
	       status->max_age);
	if (status->database != NULL) {
		snprintf(labels, sizeof(labels), "{id=\"%s\"}", status->info.id);
		metric("database_info", "Identity of the relay database.", labels, 1);
		metric("database_build_timestamp_seconds", "When the relay database was compiled.",
		       "", status->info.build_epoch);
		metric("database_too_old", "Whether the relay database is too old.", "",
		       status->too_old);
		metric("database_relays", "Relays in the relay database.", "",
		       (int64_t)status->info.relay_count);
		metric("database_networks", "Networks in the relay database.", "",
		       (int64_t)status->info.network_count);
		metric("database_size_bytes", "Size of the relay database.", "",
		       (int64_t)status->info.file_size);
	}
	if (status->catalogue != NULL)
		metric("evidence_expired", "Pieces of evidence in the catalogue that have expired.",
		       "", (int64_t)each_expired(status, NULL, NULL));
	return 0;
}

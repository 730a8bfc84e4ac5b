/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "audit-text.h"

#include <inttypes.h>
#include <stdlib.h>

/* Room for the names of all mechanisms. */
#define NAMES_SIZE 256
/* The ids of the catalogue are whole: --relay takes no piece of one. */
#define RELAY_LEAST 20U

struct column {
	const char *heading;
	enum rs_cli_align align;
	struct rs_cli_narrow narrow;
};

static struct rs_cli_table *begin(const struct column *columns, size_t count)
{
	struct rs_cli_table *table = rs_cli_table_new(count);

	for (size_t i = 0; table != NULL && i < count; i++) {
		rs_cli_table_align(table, i, columns[i].align);
		rs_cli_table_narrow(table, i, &columns[i].narrow);
		rs_cli_table_cell(table, "%s", columns[i].heading);
	}
	return table;
}

static void put_number(struct rs_cli_table *table, uint64_t number)
{
	rs_cli_table_cell(table, "%" PRIu64, number);
}

static void put_dates(struct rs_cli_table *table, const struct rs_audit_tally *tally)
{
	char buf[RS_WHEN_LEN];

	rs_cli_table_cell(table, "%s", rs_audit_date(tally->first, buf));
	rs_cli_table_cell(table, "%s", rs_audit_date(tally->last, buf));
}

static size_t shown(const struct audit_report *report, size_t count)
{
	return report->top > 0 && report->top < count ? report->top : count;
}

static void print_rest(const struct audit_report *report, size_t count, const char *what)
{
	size_t left = count - shown(report, count);

	if (left > 0)
		printf("and %zu more %s%s\n", left, what, left == 1 ? "" : "s");
}

/* --- relays --- */

static void put_relay(struct rs_cli_table *table, const struct audit_relay *relay, bool verdicts)
{
	char names[NAMES_SIZE];

	rs_cli_table_text(table, relay->relay->id);
	rs_cli_table_cell(table, "%s", rs_class_name(relay->relay->class_));
	put_number(table, relay->users);
	put_number(table, relay->tally.success);
	put_number(table, relay->tally.failed);
	put_dates(table, &relay->tally);
	rs_cli_table_cell(table, "%s",
			  rs_audit_services(relay->tally.services, names, sizeof(names)));
	rs_cli_table_cell(table, "%s",
			  rs_audit_mechanisms(relay->tally.mechanisms, names, sizeof(names)));
	if (verdicts) {
		put_number(table, relay->alerts);
		put_number(table, relay->denials);
	}
}

/* A table of one cell keeps to the width as all do. */
static int print_apps(const struct audit_relay *relay, size_t width)
{
	struct rs_cli_table *table;
	char *text = NULL;
	size_t len;
	FILE *out;

	if (relay->seen_app_count == 0)
		return 0;
	out = open_memstream(&text, &len);
	if (out == NULL)
		return rs_cli_no_memory();
	fprintf(out, "seen from %s: ", relay->relay->id);
	for (size_t i = 0; i < relay->seen_app_count; i++)
		fprintf(out, "%s%s", i > 0 ? ", " : "", relay->seen_apps[i]);
	text = rs_cli_memory_text(out, &text);
	table = text != NULL ? rs_cli_table_new(1) : NULL;
	if (table != NULL) {
		rs_cli_table_narrow(table, 0, &(struct rs_cli_narrow){ 0, 16, true });
		rs_cli_table_text(table, text);
	}
	free(text);
	return rs_cli_table_print_within(&table, width);
}

/* With what relaysentry said itself, if it said something. */
static bool has_verdicts(const struct audit_report *report)
{
	for (size_t i = 0; i < report->relay_count; i++) {
		if (report->relays[i].alerts > 0 || report->relays[i].denials > 0)
			return true;
	}
	return false;
}

int rs_audit_table_relays(const struct audit_report *report, size_t width)
{
	static const struct column columns[] = {
		{ "RELAY", RS_ALIGN_LEFT, { 0, RELAY_LEAST, false } },
		{ "CLASS", RS_ALIGN_LEFT, { 2, 0, false } },
		{ "USERS", RS_ALIGN_RIGHT, { 0 } },
		{ "LOGINS", RS_ALIGN_RIGHT, { 0 } },
		{ "FAILED", RS_ALIGN_RIGHT, { 1, 0, false } },
		{ "FIRST", RS_ALIGN_LEFT, { 3, 0, false } },
		{ "LAST", RS_ALIGN_LEFT, { 0 } },
		{ "SERVICES", RS_ALIGN_LEFT, { 4, 12, true } },
		{ "MECHANISMS", RS_ALIGN_LEFT, { 5, 12, true } },
		{ "ALERTS", RS_ALIGN_RIGHT, { 0 } },
		{ "DENIED", RS_ALIGN_RIGHT, { 0 } },
	};
	bool verdicts = has_verdicts(report);
	struct rs_cli_table *table = begin(columns, verdicts ? 11 : 9);
	int status;

	if (table == NULL)
		return rs_cli_no_memory();
	rs_audit_heading("Relays");
	for (size_t i = 0; i < shown(report, report->relay_count); i++)
		put_relay(table, &report->relays[i], verdicts);
	status = rs_cli_table_print_within(&table, width);
	print_rest(report, report->relay_count, "relay");
	for (size_t i = 0; i < shown(report, report->relay_count) && status == 0; i++)
		status = print_apps(&report->relays[i], width);
	return status;
}

/* --- users --- */

static int put_relays(struct rs_cli_table *table, const struct audit_report *report,
		      const struct audit_user *user)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (out == NULL)
		return -1;
	for (size_t i = 0; i < user->pair_count; i++) {
		const struct audit_pair *pair = &report->pairs[user->first_pair + i];
		const char *id = report->relays[pair->relay].relay->id;

		fprintf(out, "%s%s ", i > 0 ? ", " : "", id);
		if (pair->tally.success > 0 || pair->tally.failed == 0)
			fprintf(out, "%" PRIu64, pair->tally.success);
		else
			fprintf(out, "%" PRIu64 " failed", pair->tally.failed);
	}
	text = rs_cli_memory_text(out, &text);
	if (text == NULL)
		return -1;
	rs_cli_table_cell(table, "%s", text);
	free(text);
	return 0;
}

int rs_audit_table_users(const struct audit_report *report, size_t width)
{
	static const struct column columns[] = {
		{ "USER", RS_ALIGN_LEFT, { 0, 24, false } },
		{ "RELAYS", RS_ALIGN_LEFT, { 0, 22, true } },
		{ "LOGINS", RS_ALIGN_RIGHT, { 0 } },
		{ "FAILED", RS_ALIGN_RIGHT, { 2, 0, false } },
		{ "FIRST", RS_ALIGN_LEFT, { 3, 0, false } },
		{ "LAST", RS_ALIGN_LEFT, { 1, 0, false } },
	};
	struct rs_cli_table *table = begin(columns, 6);
	int status;

	if (table == NULL)
		return rs_cli_no_memory();
	rs_audit_heading("Users");
	for (size_t i = 0; i < shown(report, report->user_count); i++) {
		const struct audit_user *user = &report->users[i];

		rs_cli_table_text(table, user->name);
		if (put_relays(table, report, user) < 0) {
			rs_cli_table_free(&table);
			return rs_cli_no_memory();
		}
		put_number(table, user->tally.success);
		put_number(table, user->tally.failed);
		put_dates(table, &user->tally);
	}
	status = rs_cli_table_print_within(&table, width);
	print_rest(report, report->user_count, "user");
	return status;
}

/* --- addresses --- */

static void put_addresses(struct rs_cli_table *table, const struct audit_report *report,
			  const struct audit_pair *pair)
{
	for (size_t i = 0; i < pair->address_count; i++) {
		const struct audit_address *address = &pair->addresses[i];

		/* Each row can be found with grep. */
		rs_cli_table_text(table, report->users[pair->user].name);
		rs_cli_table_text(table, report->relays[pair->relay].relay->id);
		rs_cli_table_cell(table, "%s", address->text);
		rs_cli_table_cell(table, "%s", address->network != NULL ? address->network : "");
		put_number(table, address->tally.success);
		put_number(table, address->tally.failed);
		put_dates(table, &address->tally);
	}
}

int rs_audit_table_addresses(const struct audit_report *report, size_t width)
{
	static const struct column columns[] = {
		{ "USER", RS_ALIGN_LEFT, { 0, 20, false } },
		{ "RELAY", RS_ALIGN_LEFT, { 0, RELAY_LEAST, false } },
		{ "ADDRESS", RS_ALIGN_LEFT, { 0 } },
		{ "NETWORK", RS_ALIGN_LEFT, { 4, 0, false } },
		{ "LOGINS", RS_ALIGN_RIGHT, { 0 } },
		{ "FAILED", RS_ALIGN_RIGHT, { 2, 0, false } },
		{ "FIRST", RS_ALIGN_LEFT, { 3, 0, false } },
		{ "LAST", RS_ALIGN_LEFT, { 1, 0, false } },
	};
	struct rs_cli_table *table = begin(columns, 8);

	if (table == NULL)
		return rs_cli_no_memory();
	rs_audit_heading("Addresses");
	for (size_t i = 0; i < shown(report, report->user_count); i++) {
		const struct audit_user *user = &report->users[i];

		for (size_t j = 0; j < user->pair_count; j++)
			put_addresses(table, report, &report->pairs[user->first_pair + j]);
	}
	return rs_cli_table_print_within(&table, width);
}

/* --- rules --- */

int rs_audit_table_rules(const struct audit_report *report, size_t width)
{
	static const struct column columns[] = {
		{ "RULE", RS_ALIGN_LEFT, { 0, 16, false } },
		{ "ACTION", RS_ALIGN_LEFT, { 0 } },
		{ "LOGINS", RS_ALIGN_RIGHT, { 0 } },
		{ "USERS", RS_ALIGN_RIGHT, { 0 } },
	};
	bool evaluated = rs_policy_mode(report->policy) != RS_MODE_NONE;
	struct rs_cli_table *table = begin(columns, 4);

	if (table == NULL)
		return rs_cli_no_memory();
	for (size_t i = 0; i < report->rule_count; i++) {
		const struct rs_audit_rule *rule = &report->rules[i];

		rs_cli_table_text(table, *rule->id != '\0' ? rule->id : "no rule");
		rs_cli_table_cell(table, "%s%s", rs_action_name(rule->action),
				  rule->enforced || *rule->id == '\0' || !evaluated ? ""
										    : " (testing)");
		put_number(table, rule->logins);
		put_number(table, rule->users);
	}
	return rs_cli_table_print_within(&table, width);
}

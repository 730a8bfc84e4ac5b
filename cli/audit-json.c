/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "audit.h"

#include <relaysentry/json.h>

#include <stdlib.h>

/* One line each, so that nobody has to hold all of it: neither this command nor who reads
 * it. */
static struct rs_jsonw *begin(const char *type)
{
	struct rs_jsonw *w = rs_jsonw_new(false);

	if (w != NULL) {
		rs_jsonw_object(w, NULL);
		rs_jsonw_string(w, "type", type);
	}
	return w;
}

static int end(struct rs_jsonw **w)
{
	if (*w == NULL)
		return rs_cli_no_memory();
	rs_jsonw_end(*w);
	return rs_cli_print_json(w);
}

static void put_count(struct rs_jsonw *w, const char *key, uint64_t count)
{
	rs_jsonw_int(w, key, count > INT64_MAX ? INT64_MAX : (int64_t)count);
}

static void put_time(struct rs_jsonw *w, const char *key, int64_t time)
{
	char buf[RS_WHEN_LEN];

	rs_jsonw_string(w, key,
			time == INT64_MIN || time == INT64_MAX ? NULL : rs_when_format(time, buf));
}

static void put_services(struct rs_jsonw *w, uint32_t services)
{
	rs_jsonw_array(w, "services");
	for (int i = 0; i < RS_LOG_SERVICE_COUNT; i++) {
		if ((services & 1U << i) != 0)
			rs_jsonw_string(w, NULL, rs_log_service_name((enum rs_log_service)i));
	}
	rs_jsonw_end(w);
}

static void put_mechanisms(struct rs_jsonw *w, uint32_t mechanisms)
{
	rs_jsonw_array(w, "mechanisms");
	for (int i = RS_LOG_PLAIN; i < RS_LOG_MECHANISM_COUNT; i++) {
		if ((mechanisms & 1U << i) != 0)
			rs_jsonw_string(w, NULL, rs_log_mechanism_name((enum rs_log_mechanism)i));
	}
	rs_jsonw_end(w);
}

/* count, first and last are those of logins that succeeded, as "relaysentry seen" knows
 * them; attempts are all. */
static void put_tally(struct rs_jsonw *w, const struct rs_audit_tally *tally)
{
	put_count(w, "count", tally->success);
	put_time(w, "first", tally->first_success);
	put_time(w, "last", tally->last_success);
	put_count(w, "failed", tally->failed);
	put_time(w, "first_attempt", tally->first);
	put_time(w, "last_attempt", tally->last);
}

/* --- lines --- */

static void put_wanted(struct rs_jsonw *w, const struct audit_report *report)
{
	rs_jsonw_object(w, "wanted");
	if (report->wanted_user != NULL)
		rs_jsonw_string(w, "user", report->wanted_user);
	if (report->wanted_relay != NULL)
		rs_jsonw_string(w, "relay", report->wanted_relay);
	if (report->since != INT64_MIN)
		put_time(w, "since", report->since);
	if (report->until != INT64_MAX)
		put_time(w, "until", report->until);
	rs_jsonw_bool(w, "only_new", report->only_new);
	rs_jsonw_end(w);
}

static void put_read(struct rs_jsonw *w, const struct audit_report *report)
{
	const struct rs_audit_totals *totals = report->totals;

	put_count(w, "files", report->set != NULL ? report->set->count : 0);
	put_count(w, "lines", totals->lines);
	put_count(w, "bytes", totals->bytes);
	rs_jsonw_object(w, "by_writer");
	for (int i = 0; i < RS_LOG_WRITER_COUNT; i++)
		put_count(w, rs_log_writer_name((enum rs_log_writer)i), totals->by_writer[i]);
	rs_jsonw_end(w);
	put_count(w, "anonymous", totals->anonymous);
	put_count(w, "verdicts", totals->verdicts);
}

static int print_summary(const struct audit_report *report)
{
	const struct rs_audit_totals *totals = report->totals;
	struct rs_jsonw *w = begin("summary");

	if (w == NULL)
		return rs_cli_no_memory();
	put_time(w, "made", report->now);
	put_wanted(w, report);
	rs_jsonw_bool(w, "anonymized", report->anonymized);
	put_read(w, report);
	put_time(w, "first", totals->first);
	put_time(w, "last", totals->last);
	put_count(w, "count", totals->success);
	put_count(w, "failed", totals->failed);
	put_count(w, "users", totals->users);
	put_count(w, "relay_count", report->relay_success);
	put_count(w, "relay_failed", report->relay_failed);
	put_count(w, "relay_users", report->relay_users);
	put_count(w, "password_users", report->password_users);
	put_count(w, "password_relays", report->password_relays);
	rs_jsonw_object(w, "database");
	rs_jsonw_string(w, "id", report->database.id);
	put_time(w, "made", report->database.build_epoch);
	put_count(w, "relays", report->database.relay_count);
	rs_jsonw_end(w);
	if (report->policy != NULL) {
		rs_jsonw_object(w, "policy");
		rs_jsonw_string(w, "id", rs_policy_id(report->policy));
		rs_jsonw_string(w, "mode", rs_mode_name(rs_policy_mode(report->policy)));
		rs_jsonw_end(w);
	}
	return end(&w);
}

static int print_relay(const struct audit_relay *relay)
{
	struct rs_jsonw *w = begin("relay");

	if (w == NULL)
		return rs_cli_no_memory();
	rs_jsonw_string(w, "relay", relay->relay->id);
	rs_jsonw_string(w, "name", relay->relay->name);
	rs_jsonw_string(w, "class", rs_class_name(relay->relay->class_));
	put_count(w, "users", relay->users);
	put_count(w, "failed_users", relay->failed_users);
	put_tally(w, &relay->tally);
	put_services(w, relay->tally.services);
	put_mechanisms(w, relay->tally.mechanisms);
	put_count(w, "alerts", relay->alerts);
	put_count(w, "denials", relay->denials);
	rs_jsonw_array(w, "seen_apps");
	for (size_t i = 0; i < relay->seen_app_count; i++)
		rs_jsonw_string(w, NULL, relay->seen_apps[i]);
	rs_jsonw_end(w);
	return end(&w);
}

static int print_user(const struct audit_report *report, const struct audit_user *user)
{
	struct rs_jsonw *w = begin("user");

	if (w == NULL)
		return rs_cli_no_memory();
	rs_jsonw_string(w, "user", user->name);
	put_tally(w, &user->tally);
	put_count(w, "all_count", user->success);
	rs_jsonw_bool(w, "password", user->password);
	rs_jsonw_array(w, "relays");
	for (size_t i = 0; i < user->pair_count; i++) {
		const struct audit_pair *pair = &report->pairs[user->first_pair + i];

		rs_jsonw_string(w, NULL, report->relays[pair->relay].relay->id);
	}
	rs_jsonw_end(w);
	return end(&w);
}

static void put_addresses(struct rs_jsonw *w, const struct audit_pair *pair)
{
	rs_jsonw_array(w, "addresses");
	for (size_t i = 0; i < pair->address_count; i++) {
		const struct audit_address *address = &pair->addresses[i];

		rs_jsonw_object(w, NULL);
		rs_jsonw_string(w, "address", address->text);
		rs_jsonw_string(w, "network", address->network);
		put_tally(w, &address->tally);
		rs_jsonw_end(w);
	}
	rs_jsonw_end(w);
}

static int print_pair(const struct audit_report *report, const struct audit_pair *pair)
{
	const struct rs_relay *relay = report->relays[pair->relay].relay;
	struct rs_jsonw *w = begin("pair");

	if (w == NULL)
		return rs_cli_no_memory();
	rs_jsonw_string(w, "user", report->users[pair->user].name);
	rs_jsonw_string(w, "relay", relay->id);
	rs_jsonw_string(w, "class", rs_class_name(relay->class_));
	put_tally(w, &pair->tally);
	put_services(w, pair->tally.services);
	put_mechanisms(w, pair->tally.mechanisms);
	put_count(w, "alerts", pair->alerts);
	put_count(w, "denials", pair->denials);
	if (report->addresses)
		put_addresses(w, pair);
	return end(&w);
}

static int print_day(const struct audit_report *report, const struct audit_day *day)
{
	struct rs_jsonw *w = begin("day");
	char buf[RS_WHEN_LEN];

	if (w == NULL)
		return rs_cli_no_memory();
	(void)rs_when_format((int64_t)day->day * 86400, buf);
	if (*buf != '@')
		buf[10] = '\0';
	rs_jsonw_string(w, "day", buf);
	put_count(w, "count", day->success);
	put_count(w, "failed", day->failed);
	rs_jsonw_object(w, "relays");
	for (size_t i = 0; i < report->relay_count; i++) {
		if (day->by_relay[i] > 0)
			put_count(w, report->relays[i].relay->id, day->by_relay[i]);
	}
	rs_jsonw_end(w);
	return end(&w);
}

static int print_rule(const struct rs_audit_rule *rule)
{
	struct rs_jsonw *w = begin("rule");

	if (w == NULL)
		return rs_cli_no_memory();
	rs_jsonw_string(w, "rule", *rule->id != '\0' ? rule->id : NULL);
	rs_jsonw_string(w, "action", rs_action_name(rule->action));
	rs_jsonw_bool(w, "enforced", rule->enforced);
	put_count(w, "count", rule->logins);
	put_count(w, "users", rule->users);
	return end(&w);
}

/* Returns -1 when memory is short. */
static int put_example(struct rs_jsonw *w, const struct audit_report *report,
		       const struct rs_audit_fault *fault)
{
	char *line;

	if (fault->example == NULL || report->anonymized)
		return 0;
	line = rs_audit_example(fault);
	if (line == NULL)
		return -1;
	rs_jsonw_string(w, "file", rs_audit_example_file(report, fault));
	put_count(w, "offset", fault->offset);
	rs_jsonw_string(w, "example", line);
	free(line);
	return 0;
}

static int print_fault(const struct audit_report *report, enum rs_scan kind)
{
	const struct rs_audit_fault *fault = rs_audit_fault(report->audit, kind);
	struct rs_jsonw *w;

	if (fault->count == 0)
		return 0;
	w = begin("fault");
	if (w == NULL)
		return rs_cli_no_memory();
	rs_jsonw_string(w, "fault", rs_scan_id(kind));
	rs_jsonw_string(w, "text", rs_scan_name(kind));
	put_count(w, "lines", fault->count);
	if (put_example(w, report, fault) < 0) {
		rs_jsonw_free(&w);
		return rs_cli_no_memory();
	}
	return end(&w);
}

static int print_users(const struct audit_report *report)
{
	int status = 0;

	for (size_t i = 0; i < report->user_count && status == 0; i++) {
		const struct audit_user *user = &report->users[i];

		status = print_user(report, user);
		for (size_t j = 0; j < user->pair_count && status == 0; j++)
			status = print_pair(report, &report->pairs[user->first_pair + j]);
	}
	return status;
}

int rs_audit_print_json(const struct audit_report *report)
{
	int status = print_summary(report);

	for (size_t i = 0; i < report->relay_count && status == 0; i++)
		status = print_relay(&report->relays[i]);
	if (status == 0)
		status = print_users(report);
	for (size_t i = 0; i < report->day_count && status == 0; i++)
		status = print_day(report, &report->days[i]);
	for (size_t i = 0; i < report->rule_count && status == 0; i++)
		status = print_rule(&report->rules[i]);
	for (int kind = RS_SCAN_FAULTS; kind < RS_SCAN_COUNT && status == 0; kind++)
		status = print_fault(report, (enum rs_scan)kind);
	return status;
}

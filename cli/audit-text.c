/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "audit-text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LABEL "%-14s "

static const char *bold(void)
{
	return rs_cli_colour(STDOUT_FILENO) ? "\033[1m" : "";
}

static const char *bold_end(void)
{
	return rs_cli_colour(STDOUT_FILENO) ? "\033[0m" : "";
}

void rs_audit_heading(const char *format, ...)
{
	va_list args;

	printf("\n%s", bold());
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("%s\n", bold_end());
}

/* A time outside of the years that can be written stays as it is. */
static const char *format_time(int64_t time, size_t len, char buf[RS_WHEN_LEN])
{
	if (time == INT64_MIN || time == INT64_MAX) {
		strcpy(buf, "-");
		return buf;
	}
	(void)rs_when_format(time, buf);
	if (*buf != '@') {
		buf[len] = '\0';
		buf[10] = len > 10 ? ' ' : '\0';
	}
	return buf;
}

const char *rs_audit_date(int64_t time, char buf[RS_WHEN_LEN])
{
	return format_time(time, strlen("2026-11-22"), buf);
}

const char *rs_audit_minute(int64_t time, char buf[RS_WHEN_LEN])
{
	return format_time(time, strlen("2026-11-22T08:00"), buf);
}

/* --- summary --- */

static const char *plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}

/* "97 of 812 users' passwords are with 4 mail relays": what most want to know. */
static void print_headline(const struct audit_report *report)
{
	uint64_t users = report->password_users, relays = report->password_relays;

	/* Nothing is known of relays that were not asked for. */
	if (users == 0 && (report->wanted_relay != NULL || report->only_new))
		return;
	printf("%s", bold());
	if (users > 0 && report->totals->users == 1)
		printf("The password of the only user is with %" PRIu64 " mail relay%s.", relays,
		       plural(relays));
	else if (users > 0)
		printf("%" PRIu64 " of %" PRIu64 " users' passwords %s with %" PRIu64
		       " mail relay%s.",
		       users, report->totals->users, users == 1 ? "is" : "are", relays,
		       plural(relays));
	else
		printf("No password of a user is known to be with a mail relay.");
	printf("%s\n\n", bold_end());
}

static const char *share(uint64_t part, uint64_t whole, char *buf, size_t size)
{
	double percent = whole > 0 ? 100.0 * (double)part / (double)whole : 0;

	if (part > 0 && percent < 0.1)
		snprintf(buf, size, "less than 0.1 %%");
	else
		snprintf(buf, size, "%.1f %%", percent);
	return buf;
}

static int print_wanted(const struct audit_report *report)
{
	char buf[RS_WHEN_LEN];
	char *name = report->wanted_user != NULL ? rs_printable(report->wanted_user) : NULL;
	bool failed = report->wanted_user != NULL && name == NULL;

	if (report->since != INT64_MIN)
		printf(LABEL "logins since %s\n", "Only", rs_when_format(report->since, buf));
	if (report->until != INT64_MAX)
		printf(LABEL "logins before %s\n", "Only", rs_when_format(report->until, buf));
	if (name != NULL)
		printf(LABEL "user %s\n", "Only", name);
	free(name);
	if (report->wanted_relay != NULL)
		printf(LABEL "relay %s\n", "Only", report->wanted_relay);
	if (report->only_new)
		printf(LABEL "users and relays without a login from there before\n", "Only");
	if (report->anonymized)
		printf(LABEL "users and addresses\n", "Hidden");
	return failed ? rs_cli_no_memory() : 0;
}

static void print_failed(uint64_t failed)
{
	if (failed > 0)
		printf("; %" PRIu64 " more failed", failed);
	printf("\n");
}

static int print_summary(const struct audit_report *report)
{
	const struct rs_audit_totals *totals = report->totals;
	char first[RS_WHEN_LEN], last[RS_WHEN_LEN], part[32];
	size_t files = report->set != NULL ? report->set->count : 0;

	printf(LABEL "%" PRIu64 " line%s", "Logs", totals->lines, plural(totals->lines));
	if (files > 0)
		printf(" of %zu file%s", files, plural(files));
	printf("\n");
	printf(LABEL "%s to %s UTC\n", "Period", rs_audit_minute(totals->first, first),
	       rs_audit_minute(totals->last, last));
	printf(LABEL "%" PRIu64 " of %" PRIu64 " user%s", "Logins", totals->success, totals->users,
	       plural(totals->users));
	print_failed(totals->failed);
	printf(LABEL "%" PRIu64 " (%s) of %" PRIu64 " user%s", "From relays", report->relay_success,
	       share(report->relay_success, totals->success, part, sizeof(part)),
	       report->relay_users, plural(report->relay_users));
	print_failed(report->relay_failed);
	printf(LABEL "%zu relay%s, made %s\n", "Database", report->database.relay_count,
	       plural(report->database.relay_count),
	       rs_audit_date(report->database.build_epoch, first));
	return print_wanted(report);
}

/* --- nothing was found --- */

/* Lines of logins that are not those which were asked for. */
static uint64_t other_logins(const struct audit_report *report)
{
	const struct rs_audit_totals *totals = report->totals;
	uint64_t others = totals->nothing + totals->anonymous + totals->verdicts;

	for (int kind = RS_SCAN_FAULTS; kind < RS_SCAN_COUNT; kind++)
		others += rs_audit_fault(report->audit, (enum rs_scan)kind)->count;
	return totals->lines > others ? totals->lines - others : 0;
}

static int print_no_logins(const struct audit_report *report)
{
	const struct rs_audit_totals *totals = report->totals;
	uint64_t others = other_logins(report);
	int status;

	if (totals->lines == 0) {
		printf("The logs are empty.\n");
		return 0;
	}
	/* The logs are the right ones: who is told what is known would doubt that. */
	if (others == 1)
		printf("1 line tells of a login, and not of what was asked for.\n");
	else if (others > 0)
		printf("%" PRIu64 " lines tell of logins, and none of what was asked for.\n",
		       others);
	else
		printf("No login was found in %" PRIu64 " line%s.\n", totals->lines,
		       plural(totals->lines));
	status = print_wanted(report);
	if (others > 0)
		return status;
	if (totals->verdicts > 0)
		printf("%" PRIu64 " line%s relaysentry's own verdicts: the logins themselves are "
		       "in another log.\n",
		       totals->verdicts, totals->verdicts == 1 ? " is one of" : "s are");
	if (totals->anonymous > 0)
		printf("%" PRIu64 " connection%s ended before a user was named.\n",
		       totals->anonymous, plural(totals->anonymous));
	printf("What is known:\n"
	       "  Dovecot            lines of imap-login, pop3-login, submission-login and\n"
	       "                     managesieve-login, like \"imap-login: Login: user=<...>\"\n"
	       "  Postfix            lines of smtpd that have sasl_username=\n"
	       "  Exim               lines that name an authenticator (A=...)\n"
	       "  dovecot_badclients lines of \"mail-audit:\"\n"
	       "in a file of their own, from syslog, or from journalctl with -o json or\n"
	       "-o short-iso. doveadm log find tells where Dovecot's log is.\n");
	return status;
}

static int print_no_relays(const struct audit_report *report)
{
	int status = print_summary(report);

	if (report->wanted_relay == NULL && !report->only_new)
		printf("\nNo login came from a relay that the database knows.\n");
	else
		printf("\nNo login %s %s.\n",
		       report->only_new ? "was the first of its user from" : "came from",
		       report->wanted_relay != NULL ? report->wanted_relay : "a relay");
	return status;
}

/* --- what was not understood --- */

static int print_example(const struct audit_report *report, const struct rs_audit_fault *fault,
			 size_t width)
{
	struct rs_cli_table *table = NULL;
	char *line, *name;

	if (fault->example == NULL || report->anonymized)
		return 0;
	line = rs_audit_example(fault);
	name = rs_printable(rs_audit_example_name(report, fault));
	if (line != NULL && name != NULL)
		table = rs_cli_table_new(1);
	if (table != NULL) {
		rs_cli_table_narrow(table, 0, &(struct rs_cli_narrow){ 0, 16, false });
		rs_cli_table_cell(table, "        first in %s, at byte %" PRIu64 ":", name,
				  fault->offset);
		rs_cli_table_cell(table, "        %s", line);
	}
	free(line);
	free(name);
	return rs_cli_table_print_within(&table, width);
}

static int print_faults(const struct audit_report *report, size_t width)
{
	uint64_t count = 0;
	int status = 0;

	for (int kind = RS_SCAN_FAULTS; kind < RS_SCAN_COUNT; kind++)
		count += rs_audit_fault(report->audit, (enum rs_scan)kind)->count;
	if (count == 0)
		return 0;
	rs_audit_heading("Not understood, and not counted: %" PRIu64 " line%s", count,
			 plural(count));
	for (int kind = RS_SCAN_FAULTS; kind < RS_SCAN_COUNT && status == 0; kind++) {
		const struct rs_audit_fault *fault =
			rs_audit_fault(report->audit, (enum rs_scan)kind);

		if (fault->count == 0)
			continue;
		printf("%6" PRIu64 "  %s\n", fault->count, rs_scan_name((enum rs_scan)kind));
		status = print_example(report, fault, width);
	}
	return status;
}

/* --- rules --- */

static void print_refused(const struct audit_report *report)
{
	uint64_t refused = 0, testing = 0, users = 0;
	size_t rules = 0;

	for (size_t i = 0; i < report->rule_count; i++) {
		const struct rs_audit_rule *rule = &report->rules[i];

		if (rule->action != RS_ACTION_DENY || rule->logins == 0)
			continue;
		refused += rule->enforced ? rule->logins : 0;
		testing += rule->enforced ? 0 : rule->logins;
		users = rule->users;
		rules++;
	}
	if (testing > 0 && refused == 0)
		printf("It would have refused nobody; what is in testing would have refused "
		       "%" PRIu64 " login%s",
		       testing, plural(testing));
	else
		printf("It would have refused %" PRIu64 " login%s", refused, plural(refused));
	if (testing > 0 && refused > 0)
		printf("; what is in testing, %" PRIu64 " more", testing);
	/* A user may be one of several rules: their sum says nothing. */
	if (rules == 1)
		printf(" of %" PRIu64 " user%s", users, plural(users));
	printf(".\n");
}

/* What its numbers do not have, so that nobody takes a 0 for a promise. */
static void print_not_known(const struct audit_report *report)
{
	static const struct {
		enum rs_fact fact;
		const char *what;
	} facts[] = {
		{ RS_FACT_GROUP, "Logs have no groups: nobody is taken to be in one" },
		{ RS_FACT_ENTRIES,
		  "Logs have no passdb fields and no exceptions of users: nobody is "
		  "taken to have any" },
	};
	char rules[256];

	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
		if ((rs_policy_facts(report->policy) & (unsigned)facts[i].fact) != 0)
			printf("%s (%s).\n", facts[i].what,
			       rs_policy_fact_rules(report->policy, facts[i].fact, rules,
						    sizeof(rules)));
	}
	if (report->wanted_relay != NULL || report->only_new)
		printf("These are the logins from everywhere, not only those above.\n");
}

static int print_rules(const struct audit_report *report, size_t width)
{
	if (report->policy == NULL)
		return 0;
	/* A path may be below somebody's home. */
	rs_audit_heading("What %s would have done",
			 report->anonymized ? "the policy" : rs_policy_path(report->policy));
	if (rs_policy_mode(report->policy) == RS_MODE_NONE) {
		printf("Nothing: its mode is none.\n");
	} else {
		print_refused(report);
		print_not_known(report);
	}
	return rs_audit_table_rules(report, width);
}

int rs_audit_print_text(const struct audit_report *report)
{
	size_t width = rs_cli_terminal_width(STDOUT_FILENO);
	const struct rs_audit_totals *totals = report->totals;
	int status = 0;

	if (totals->success == 0 && totals->failed == 0 && report->pair_count == 0) {
		status = print_no_logins(report);
		return status == 0 ? print_faults(report, width) : status;
	}
	if (report->pair_count == 0) {
		status = print_no_relays(report);
	} else {
		print_headline(report);
		status = print_summary(report);
		if (status == 0)
			status = rs_audit_table_relays(report, width);
		if (status == 0)
			status = rs_audit_table_users(report, width);
		if (status == 0 && report->addresses)
			status = rs_audit_table_addresses(report, width);
	}
	if (status == 0)
		status = print_rules(report, width);
	return status == 0 ? print_faults(report, width) : status;
}

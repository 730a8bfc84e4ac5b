/* SPDX-License-Identifier: MIT */
/* What real servers wrote about known logins (test/audit/golden/), beside what is known. */
#include "unit.h"

#include <relaysentry/logscan.h>
#include <relaysentry/when.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The zone in which all of them were written. */
#define ZONE "CET-1CEST,M3.5.0,M10.5.0/3"
#define FIELDS 6

#define TRUTHS_MAX 64

struct truth {
	bool hostile; /* may be read, or be skipped, and never be somebody else's */
	bool seen;
	char *fields[FIELDS]; /* time, service, mechanism, outcome, address, user */
};

/* The next line that is not empty; NULL at the end. Ends it with NUL. */
static char *next_line(char **at)
{
	char *line;

	while ((line = strsep(at, "\n")) != NULL && *line == '\0')
		;
	return line;
}

static bool next_truth(char **at, struct truth *truth_r)
{
	static const char hostile[] = "# hostile: ", unsure[] = "# unsure:  ";
	char *line;

	do
		line = next_line(at);
	while (line != NULL && *line == '#' && strncmp(line, hostile, strlen(hostile)) != 0 &&
	       strncmp(line, unsure, strlen(unsure)) != 0);
	if (line == NULL)
		return false;
	truth_r->hostile = *line == '#';
	if (truth_r->hostile)
		line += strlen(hostile);
	for (size_t i = 0; i < FIELDS; i++)
		truth_r->fields[i] = i + 1 < FIELDS ? strsep(&line, "\t") : line;
	return true;
}

/* The name as a truth file has it, and as the log may have cut or replaced it. */
static bool same_user(const char *want, const struct rs_log_span *got)
{
	static const char dots[] = "...";
	size_t at = 0;

	for (; *want != '\0' && at < got->len; at++) {
		unsigned byte;

		if (got->len - at == 3 && memcmp(got->text + at, dots, 3) == 0)
			return true;
		if (sscanf(want, "\\x%2x", &byte) == 1) {
			/* Shown as a question mark, which Postfix writes before the n of a
			 * newline (Exim the byte 1, as Dovecot has sent it); as #NNN; or as
			 * it is. */
			if (got->text[at] == '#')
				at += 3;
			else if (strchr("?\001", got->text[at]) != NULL && at + 1 < got->len &&
				 ((byte == '\n' && got->text[at + 1] == 'n') ||
				  (byte == '\t' && got->text[at + 1] == 't')))
				at++;
			want += 4;
		} else if (got->text[at] == *want) {
			want++;
		} else {
			return false;
		}
	}
	return *want == '\0' && at == got->len;
}

static bool is_same(const struct truth *truth, const struct rs_scan_entry *entry)
{
	char ip[RS_IP_STRLEN], when[RS_WHEN_LEN];

	if (strcmp(truth->fields[4], rs_ip_format(&entry->ip, ip)) != 0 ||
	    !same_user(truth->fields[5], &entry->user))
		return false;
	/* Its lines come before Dovecot's own, and tell of neither mechanism nor outcome. */
	if (entry->writer == RS_LOG_BADCLIENTS)
		return true;
	if (strcmp(truth->fields[0], rs_when_format(entry->time, when)) != 0)
		return false;
	return strcmp(truth->fields[1], rs_log_service_name(entry->service)) == 0 &&
	       strcmp(truth->fields[3], entry->success ? "success" : "failed") == 0 &&
	       (entry->mechanism == RS_LOG_MECHANISM_OTHER ||
		strcmp(truth->fields[2], rs_log_mechanism_name(entry->mechanism)) == 0);
}

/* One that was not seen yet; of two that are the same, the one that must be there. */
static struct truth *find_truth(struct truth *truths, size_t count,
				const struct rs_scan_entry *entry)
{
	struct truth *found = NULL;

	for (size_t i = 0; i < count; i++) {
		if (!truths[i].seen && (found == NULL || !truths[i].hostile) &&
		    is_same(&truths[i], entry)) {
			found = &truths[i];
			if (!found->hostile)
				break;
		}
	}
	return found;
}

static size_t read_truths(char *text, struct truth truths_r[TRUTHS_MAX])
{
	size_t count = 0;

	while (count < TRUTHS_MAX && next_truth(&text, &truths_r[count]))
		truths_r[count++].seen = false;
	return count;
}

/* Whether the lines hold what is known, and nothing else. */
static void check_lines(const char *name, char *log, struct truth *truths, size_t count)
{
	const struct rs_logdate_context dates = { .year = 2026 };
	struct rs_scanner *scanner = rs_scanner_new(&dates);
	unsigned logins = 0, skipped = 0, faults = 0;
	bool learned = false, badclients = strcmp(name, "badclients.log") == 0;
	char *line, *whole = strdup(log);

	while ((line = next_line(&log)) != NULL) {
		struct rs_scan_entry entry;
		struct truth *truth;
		int scan = rs_scan_line(scanner, line, strlen(line), &entry);

		if (scan == RS_SCAN_AMBIGUOUS && !learned) {
			rs_scanner_learn(scanner, whole, strlen(whole));
			learned = true;
			scan = rs_scan_line(scanner, line, strlen(line), &entry);
		}
		faults += scan >= RS_SCAN_FAULTS;
		/* There each login has a line of Dovecot's, too. */
		if (scan != RS_SCAN_LOGIN || (entry.writer == RS_LOG_BADCLIENTS) != badclients)
			continue;
		logins++;
		truth = find_truth(truths, count, &entry);
		if (RS_CHECK(name, truth != NULL, "nobody did this: %s", line))
			truth->seen = true;
	}
	for (size_t i = 0; i < count; i++) {
		RS_CHECK(name, truths[i].seen || truths[i].hostile, "missing: %s %s %s",
			 truths[i].fields[0], truths[i].fields[4], truths[i].fields[5]);
		skipped += !truths[i].seen;
	}
	RS_CHECK(name, logins >= 7, "%u logins", logins);
	RS_CHECK(name, skipped <= faults, "%u skipped, %u told", skipped, faults);
	free(whole);
	rs_scanner_free(&scanner);
}

static void check_log(const char *name)
{
	struct truth truths[TRUTHS_MAX];
	char path[256], *log, *text;
	size_t size;

	snprintf(path, sizeof(path), "test/audit/golden/%s", name);
	CU_ASSERT_FATAL(rs_unit_read(rs_unit_source(path), &log, &size) == 0);
	snprintf(path, sizeof(path), "test/audit/golden/%s.truth", name);
	CU_ASSERT_FATAL(rs_unit_read(rs_unit_source(path), &text, &size) == 0);
	check_lines(name, log, truths, read_truths(text, truths));
	free(log);
	free(text);
}

static void test_golden(void)
{
	static const char *const names[] = {
		"dovecot-2.3-custom.log",  "dovecot-2.3-file.log",    "dovecot-2.3-names.log",
		"dovecot-2.3-proxy.log",   "dovecot-2.3-rfc3339.log", "dovecot-2.3-rfc5424.log",
		"dovecot-2.3-rsyslog.log", "dovecot-2.4-custom.log",  "dovecot-2.4-file.log",
		"dovecot-2.4-names.log",   "dovecot-2.4-proxy.log",   "dovecot-2.4-rfc3339.log",
		"dovecot-2.4-rfc5424.log", "dovecot-2.4-rsyslog.log", "dovecot-2.4.5-proxy.log",
		"exim-4.96.log",	   "journal-short-iso.log",   "journal.json",
		"postfix-3.10.log",	   "postfix-3.7.log",	      "relaysentry-2.3.log",
		"relaysentry-2.4.log",	   "badclients.log",
	};

	setenv("TZ", ZONE, 1);
	tzset();
	for (size_t i = 0; i < RS_COUNT(names); i++)
		check_log(names[i]);
	setenv("TZ", "UTC", 1);
	tzset();
}

void rs_suite_logscan_golden(CU_pSuite suite)
{
	CU_add_test(suite, "real logs tell of the logins that were made", test_golden);
}

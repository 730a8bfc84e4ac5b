/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_CLI_AUDIT_H
#define RELAYSENTRY_CLI_AUDIT_H

/* What the files of `relaysentry audit` share: cmd-audit.c reads options, audit-run.c
 * has threads read what audit-input.c opens, audit-report.c selects and sorts, and
 * audit-text.c, audit-json.c, audit-csv.c and audit-html.c print. */

#include "cli.h"

#include <relaysentry/audit.h>
#include <relaysentry/catalogue.h>
#include <relaysentry/policy.h>
#include <relaysentry/relaydb.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* --- input (audit-input.c, audit-set.c) --- */

/* One log, plain or compressed. */
struct audit_file {
	char *path;	 /* as named; "-": standard input */
	int64_t mtime;	 /* seconds since 1970; now for what has none */
	uint64_t size;	 /* bytes as stored; 0: not known (a pipe) */
	bool plain;	 /* regular and not compressed: can be read from any place */
	uint64_t logins; /* that were found in it: filled when it is read */
	int first_year;	 /* of its first date that has no year; 0: there is none */
};

struct audit_set {
	struct audit_file *files; /* oldest first within each rotated set */
	size_t count;
	uint64_t size; /* of all, as stored */
};

/* Opens each operand: a file, "-", a folder (its files, not those of its folders), or a
 * pattern (glob(7)) that no file is called by. Looks at the first lines of each, sorts
 * rotated sets, and tells the year in which each begins; year: of the oldest one, 0 when
 * not told. All faults are reported on stderr. Returns 0, EX_USAGE, EX_NOINPUT, EX_OSERR. */
int rs_audit_set_open(struct audit_set *set, char *const *operands, size_t count, int year,
		      int64_t now);
void rs_audit_set_free(struct audit_set *set);

/* Reads one file from where a part of it begins. */
struct audit_reader;
/* begin: only of plain files other than 0. NULL with *status_r and a message. */
struct audit_reader *rs_audit_reader_open(const struct audit_file *file, uint64_t begin,
					  int *status_r);
/* The next bytes, at most about a quarter of a megabyte; they die with the next call.
 * Returns 1, 0 at the end, -1 with a message when the file cannot be read on (what was
 * read before is good). */
int rs_audit_reader_next(struct audit_reader *reader, const char **data_r, size_t *len_r);
/* Bytes of the file, as stored, that were read so far. */
uint64_t rs_audit_reader_position(const struct audit_reader *reader);
void rs_audit_reader_close(struct audit_reader **reader);

/* --- reading (audit-run.c) --- */

/* Has threads read all files. *audit_r: all of it. Unreadable files are reported, and the
 * others read. Returns 0, EX_NOINPUT when a file could not be read to its end (*audit_r is
 * set), EX_OSERR. */
int rs_audit_run(struct audit_set *set, const struct rs_audit_options *options, unsigned threads,
		 bool progress, struct rs_audit **audit_r);

/* --- progress (audit-progress.c) --- */

/* On a terminal's stderr, after a second: share, rate, remaining time. */
struct audit_progress;
/* total: bytes as stored, 0 when not known. NULL when there is nothing to show it on, and
 * all functions accept NULL. */
struct audit_progress *rs_audit_progress_begin(uint64_t total);
/* More bytes were read; from any thread. stored: of the files, text: uncompressed. */
void rs_audit_progress_add(struct audit_progress *progress, uint64_t stored, uint64_t text);
/* Removes the line. */
void rs_audit_progress_end(struct audit_progress **progress);

/* --- what is printed (audit-report.c) --- */

enum audit_sort { AUDIT_BY_USERS, AUDIT_BY_LOGINS, AUDIT_BY_NAME, AUDIT_BY_FIRST, AUDIT_BY_LAST };

/* An address behind a user's logins from a relay. */
struct audit_address {
	char text[RS_NET_STRLEN]; /* with --anonymize its network */
	const char *network;	  /* of the relay, that covers it */
	struct rs_audit_tally tally;
};

/* A user's logins from one relay. */
struct audit_pair {
	uint32_t user, relay; /* indexes of the report's users and relays */
	struct rs_audit_tally tally;
	uint64_t alerts, denials;	 /* of relaysentry's own lines */
	struct audit_address *addresses; /* with --addresses; who came last first */
	size_t address_count;
};

struct audit_user {
	const char *name; /* as logged, in lower case, any bytes but NUL; with --anonymize
			     a hash like "user-3f9a1c20b4d1" */
	struct rs_audit_tally tally;   /* from relays */
	uint64_t success, failed;      /* all logins, from relays or not */
	size_t first_pair, pair_count; /* of the report's pairs */
};

struct audit_relay {
	const struct rs_relay *relay; /* id, name, class */
	const char *const *seen_apps; /* of the catalogue */
	size_t seen_app_count;
	struct rs_audit_tally tally;
	uint64_t users;	       /* with a success: their credentials work there */
	uint64_t failed_users; /* with failures alone */
	uint64_t alerts, denials;
};

/* Logins from relays on one day. */
struct audit_day {
	int32_t day; /* since 1970-01-01, UTC */
	uint64_t success, failed;
	uint64_t *by_relay; /* successes, for each of the report's relays */
};

struct audit_report {
	const struct rs_audit_totals *totals;
	const struct audit_set *set;
	const struct rs_audit *audit; /* for faults */
	int64_t now;		      /* when the report is made */
	struct rs_relaydb_info database;
	/* What was asked for; NULL, INT64_MIN, INT64_MAX: not. */
	const char *wanted_user, *wanted_relay;
	int64_t since, until;
	bool only_new, addresses, anonymized;
	size_t top; /* rows of tables on paper; 0: all */
	/* All that is left after selection, sorted as asked for; for what is printed with
	 * --top the first ones are the ones to show. */
	struct audit_relay *relays;
	size_t relay_count;
	struct audit_user *users;
	size_t user_count;
	struct audit_pair *pairs; /* grouped by user, in the order of users */
	size_t pair_count;
	struct audit_day
		*days; /* from the first to the last, none left out (at most 3660: the last) */
	size_t day_count;
	uint64_t relay_success, relay_failed, relay_users; /* after selection */
	/* With --policy. */
	const struct rs_policy *policy; /* NULL: not */
	const struct rs_audit_rule *rules;
	size_t rule_count;
};

/* --- printing: 0, or an exit status with a message --- */

int rs_audit_print_text(const struct audit_report *report);
int rs_audit_print_json(const struct audit_report *report);
int rs_audit_print_csv(const struct audit_report *report);
/* Writes beside path and renames. */
int rs_audit_write_html(const struct audit_report *report, const char *path);
/* Writes the page to a stream; 0, -1 when memory was short or a write failed. */
int rs_audit_html(const struct audit_report *report, FILE *out);

/* "IMAP, POP3" / "PLAIN, LOGIN" of a tally's bits, for people; lower-case names for
 * services. Returns buf, cut with "..." when size is too small. */
const char *rs_audit_services(uint32_t services, char *buf, size_t size);
const char *rs_audit_mechanisms(uint32_t mechanisms, char *buf, size_t size);

#endif

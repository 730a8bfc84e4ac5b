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
#include <relaysentry/siphash.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* --- input (audit-set.c, audit-input.c) --- */

struct audit_years;

/* One log, plain or compressed. */
struct audit_file {
	char *path;	 /* as named; "-": standard input */
	int64_t mtime;	 /* seconds since 1970; now for what has none */
	uint64_t size;	 /* bytes as stored; 0: not known (a pipe) */
	bool regular;	 /* false: a pipe or a device, which can be read once */
	bool plain;	 /* regular and not compressed: can be read from any place */
	uint64_t logins; /* that were found in it: filled when it is read */
	int first_year;	 /* of its first date that has no year; 0: there is none */
	unsigned group;	 /* the number of its rotated set */
	/* Of regular ones; fd: -1 when it is opened for each reading. */
	uint64_t device, inode;
	int fd;
	uint64_t begins;	   /* hash of its first bytes, uncompressed */
	struct audit_years *years; /* audit-years.h */
};

struct audit_set {
	struct audit_file *files; /* oldest first within each rotated set */
	size_t count;
	uint64_t size; /* of all, as stored */
	int64_t now;
	int year; /* that was told for the oldest one of each rotated set; 0: none */
};

/* Opens each operand: a file, "-", a folder (its files, not those of its folders), or a
 * pattern (glob(7)) that no file is called by. Looks at the first lines of each, sorts
 * rotated sets, and tells the year in which each begins; year: of the oldest one, 0 when
 * not told. All faults are reported on stderr. Returns 0; EX_NOINPUT when one cannot be
 * read, and the set has the others; EX_OSERR, and the set is empty. */
int rs_audit_set_open(struct audit_set *set, char *const *operands, size_t count, int year,
		      int64_t now);
void rs_audit_set_free(struct audit_set *set);

/* Its name for people. */
const char *rs_audit_file_name(const struct audit_file *file);

/* Reads one file from where a part of it begins. */
struct audit_reader;
/* begin: only of plain files other than 0. diags, which must outlive the reader, gets
 * what is wrong with the file. NULL with an error and *status_r: EX_NOINPUT, EX_OSERR,
 * or EX_DATAERR when it is corrupt. */
struct audit_reader *rs_audit_reader_open(const struct audit_file *file, uint64_t begin,
					  struct rs_diags *diags, int *status_r);
/* The next bytes, at most a quarter of a megabyte; they die with the next call. Returns 1,
 * 0 at the end, -1 with an error when the file cannot be read on (what was read before is
 * good; of what is compressed, the last block may be missing). */
int rs_audit_reader_next(struct audit_reader *reader, const char **data_r, size_t *len_r);
/* Reads a piece of a plain file. Returns how many bytes; -1 without a message. */
ssize_t rs_audit_pread(const struct audit_file *file, uint64_t offset, char *buf, size_t size);
/* Whether what was opened is compressed. */
bool rs_audit_reader_compressed(const struct audit_reader *reader);
/* How far the file was read, in bytes as stored. */
uint64_t rs_audit_reader_position(const struct audit_reader *reader);
void rs_audit_reader_close(struct audit_reader **reader);

/* --- the relay database (audit-load.c) --- */

/* Loads path; when it is NULL that of the policy, or the default one when that is NULL, too;
 * and where that is not there, the catalogue is compiled in memory (NULL: it is not).
 * Returns 0 and *db_r; an exit status with a message. */
int rs_audit_load_database(const char *path, const struct rs_policy *policy,
			   const struct rs_catalogue *catalogue, int64_t now,
			   struct rs_relaydb **db_r, struct rs_diags *diags);

/* --- reading (audit-run.c) --- */

/* How many are used when not told: one for each processor that the process may use, at
 * most 16. */
unsigned rs_audit_threads_default(void);
/* Has threads read all files. *audit_r: all of it. Unreadable files are reported, and the
 * others read. What it adds up does not depend on the number of threads. Returns 0,
 * EX_NOINPUT when a file could not be read to its end (*audit_r is set), EX_OSERR. */
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

/* --- what is wanted (audit-select.c, audit-anonymize.c) --- */

/* Relays; in brackets how users then come. All break ties by name. */
enum audit_sort {
	AUDIT_BY_USERS,	 /* most users first (most logins first) */
	AUDIT_BY_LOGINS, /* most logins first */
	AUDIT_BY_NAME,
	AUDIT_BY_FIRST, /* whose first login came last is first: what is new */
	AUDIT_BY_LAST	/* whose last login came last is first */
};
/* "users", "logins", "name", "first", "last". Returns 0, -1 when name is none of these. */
int rs_audit_sort_parse(const char *name, enum audit_sort *sort_r);

struct audit_wishes {
	const char *user;  /* as given; NULL: all */
	const char *relay; /* as rs_audit_relay_check() takes it; NULL: all */
	int64_t since, until;
	bool only_new, addresses;
	enum audit_sort sort;
	size_t top;
	/* Of RS_SIPHASH_KEY_SIZE bytes: with it users and addresses are hidden. NULL: not. */
	const unsigned char *key;
	const struct rs_relaydb *db;
	const struct rs_catalogue *catalogue; /* for seen_apps; NULL: there are none */
	const struct rs_policy *policy;	      /* NULL: what it does is not wanted */
	const struct audit_set *set;
	int64_t now;
};

/* Whether text is the id of a relay of the database, or a class as @cloud. Returns 0,
 * EX_USAGE with a message. */
int rs_audit_relay_check(const struct rs_relaydb *db, const char *text);
/* Whether relay is what a text of that kind means; text NULL: all are. */
bool rs_audit_relay_wanted(const char *text, const struct rs_relay *relay);

/* Fills key_r with the hash of a file of AUDIT_KEY_MIN to AUDIT_KEY_MAX bytes, so that
 * two reports that were made with it can be compared; path NULL: with what nobody knows.
 * Returns 0, or an exit status with a message. */
#define AUDIT_KEY_MIN 16U
#define AUDIT_KEY_MAX 4096U
int rs_audit_key(const char *path, unsigned char *key_r);
/* "user-" and 48 bits of a hash over the name, in hexadecimal. Returns buf. */
#define AUDIT_ALIAS_SIZE 18
const char *rs_audit_alias(const unsigned char *key, const char *name, char buf[AUDIT_ALIAS_SIZE]);
/* The network of an address, /24 or /48, as text. Returns buf. */
const char *rs_audit_hidden_address(const struct rs_ip *ip, char buf[RS_NET_STRLEN]);

/* --- what is printed (audit-report.c, audit-days.c, audit-addresses.c) --- */

/* An address behind a user's logins from a relay. */
struct audit_address {
	char text[RS_NET_STRLEN]; /* with --anonymize its network */
	const char *network;	  /* of the relay, that covers it; NULL: it would tell more
				     than text does */
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
	uint64_t success, failed;      /* all that were let in, and what failed from relays */
	size_t first_pair, pair_count; /* of the report's pairs; most logins first */
	bool password;		       /* it, and no token, let some mail-relay in */
};

struct audit_relay {
	const struct rs_relay *relay; /* id, name, class */
	const char *const *seen_apps; /* of the catalogue */
	size_t seen_app_count;
	struct rs_audit_tally tally;
	uint64_t users;	       /* with a success: their credentials work there */
	uint64_t failed_users; /* with failures alone */
	uint64_t alerts, denials;
	bool password; /* as of users; only of a mail-relay */
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
	/* From the first to the last, none left out (at most AUDIT_DAYS: the last). With
	 * only_new there are none: days are not counted per user. */
	struct audit_day *days;
	size_t day_count;
	uint64_t relay_success, relay_failed, relay_users; /* after selection */
	/* Users whose passwords let a mail-relay in, and these relays; after selection. */
	uint64_t password_users, password_relays;
	/* With --policy: its rules in their order, twice where a rule decided and at other times
	 * only told; then what no rule ended. Not only of the wanted relay. */
	const struct rs_policy *policy; /* NULL: not */
	const struct rs_audit_rule *rules;
	size_t rule_count;
	/* What the above points into. */
	struct {
		char *names, *wanted_user;
		struct audit_address *addresses;
		uint64_t *by_relay;
		struct rs_audit_rule *rules;
	} owned;
};
#define AUDIT_DAYS 3660U

/* Makes the report of all that was read. The audit and what wishes name must outlive it.
 * Returns 0, EX_OSERR with a message; after both it is freed. */
int rs_audit_report(const struct rs_audit *audit, const struct audit_wishes *wishes,
		    struct audit_report *report_r);
void rs_audit_report_free(struct audit_report *report);

/* --- printing: 0, or an exit status with a message --- */

int rs_audit_print_text(const struct audit_report *report);
int rs_audit_print_json(const struct audit_report *report);
int rs_audit_print_csv(const struct audit_report *report);
/* Whether a page may be written to path: what is there and is no page, as a log, is not
 * replaced. Returns 0, EX_CANTCREAT with a message. */
int rs_audit_html_check(const char *path);
/* Writes beside path and renames. */
int rs_audit_write_html(const struct audit_report *report, const char *path);
/* Writes the page to a stream; 0, -1 when memory was short or a write failed. */
int rs_audit_html(const struct audit_report *report, FILE *out);

/* "imap, pop3" / "PLAIN, LOGIN" of a tally's bits, for people. Returns buf, cut with "..."
 * when size is too small. */
const char *rs_audit_services(uint32_t services, char *buf, size_t size);
const char *rs_audit_mechanisms(uint32_t mechanisms, char *buf, size_t size);

/* The first line of a fault, which has one, as it can be shown; allocated with malloc(), NULL
 * when memory is short (audit-example.c). */
char *rs_audit_example(const struct rs_audit_fault *fault);
/* The file that it is of, as named. */
const char *rs_audit_example_file(const struct audit_report *report,
				  const struct rs_audit_fault *fault);
/* The same for people. */
const char *rs_audit_example_name(const struct audit_report *report,
				  const struct rs_audit_fault *fault);

#endif

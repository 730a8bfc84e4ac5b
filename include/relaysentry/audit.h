/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_AUDIT_H
#define RELAYSENTRY_AUDIT_H

/* What logs tell of logins, added up: per user, relay, day, address and rule.
 *
 * One audit for each thread; when all is read they are merged into one. */

#include <relaysentry/logscan.h>
#include <relaysentry/nettable.h>
#include <relaysentry/policy.h>
#include <relaysentry/relaydb.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rs_audit_options {
	const struct rs_relaydb *db;
	const struct rs_nettable *table; /* of db; NULL: the audit makes one */
	/* What it would have done is added up; NULL: not. Bound to db. Only its rules, name
	 * and default_domain are used. */
	const struct rs_policy *policy;
	int64_t since, until; /* logins at or after since, before until */
	const char *user;     /* only this one; NULL: all. Compared as logins are. */
	bool only_new;	      /* what was there before since is marked, not left out */
	bool addresses;	      /* each address is kept */
};

/* Logins of one kind. Times are seconds since 1970-01-01 UTC; INT64_MAX and INT64_MIN
 * while there are none. */
struct rs_audit_tally {
	uint64_t success, failed;
	int64_t first, last; /* of both; first of all successes: first_success */
	int64_t first_success, last_success;
	uint32_t services;	     /* 1 << enum rs_log_service, ORed */
	uint32_t mechanisms;	     /* 1 << enum rs_log_mechanism, ORed; without NONE */
	uint32_t success_mechanisms; /* of successes alone, and with NONE */
};

/* A tally of nothing. */
void rs_audit_tally_init(struct rs_audit_tally *tally);
/* Adds what from has counted. */
void rs_audit_tally_merge(struct rs_audit_tally *tally, const struct rs_audit_tally *from);

/* One user and one relay. */
struct rs_audit_pair {
	uint32_t user;	/* index of users */
	uint32_t relay; /* index of the database's relays */
	uint32_t next;	/* of the same user, from 1: the audit's own */
	bool old;	/* with only_new: there was one before since */
	struct rs_audit_tally tally;
	uint64_t alerts, denials; /* of relaysentry's own lines, enforced */
};

struct rs_audit_address {
	uint32_t pair; /* index of pairs */
	struct rs_ip ip;
	const struct rs_match *match;
	struct rs_audit_tally tally;
};

struct rs_audit_day {
	int32_t day;	/* since 1970-01-01, UTC */
	uint32_t relay; /* index of the database's relays */
	uint64_t success, failed;
};

/* What a rule of the policy would have done. */
struct rs_audit_rule {
	const char *id;		/* of the policy; "" for what no rule ended */
	enum rs_action action;	/* ALLOW, ALERT, DENY, TAG */
	bool enforced;		/* false: only told (testing) */
	uint64_t logins, users; /* of successful logins */
};

struct rs_audit_fault {
	uint64_t count;
	/* The first line of that kind, in the order of files and lines, cut to
	 * RS_AUDIT_EXAMPLE bytes; NULL: none. */
	char *example;
	size_t example_len;
	uint32_t file;	 /* the number of its file, as told to rs_audit_file() */
	uint64_t offset; /* of the line in its file, in bytes */
};
#define RS_AUDIT_EXAMPLE 300U

struct rs_audit_totals {
	uint64_t lines, bytes;
	uint64_t success, failed; /* logins in the wanted time */
	uint64_t relay_success, relay_failed;
	uint64_t users; /* with a successful login */
	uint64_t relay_users;
	uint64_t by_writer[RS_LOG_WRITER_COUNT]; /* lines of logins */
	uint64_t nothing;			 /* lines that tell of no login */
	uint64_t anonymous, verdicts;
	int64_t first, last; /* of logins, from relays or not; as in a tally */
};

struct rs_audit;
/* NULL when memory is short. options and what they name must outlive the audit. */
struct rs_audit *rs_audit_new(const struct rs_audit_options *options);
void rs_audit_free(struct rs_audit **audit);

/* What follows is of this file; offset: where in it. */
void rs_audit_file(struct rs_audit *audit, uint32_t file, uint64_t offset);
/* How dates are read from here on. */
void rs_audit_dates(struct rs_audit *audit, const struct rs_logdate_context *dates);
const struct rs_logdate_context *rs_audit_dates_now(const struct rs_audit *audit);
/* Adds whole lines, each ended by a newline but for the last one of a file. Returns 0, -1
 * when memory is short. */
int rs_audit_lines(struct rs_audit *audit, const char *text, size_t len);
/* Counts a line that was too long to be given. */
void rs_audit_long_line(struct rs_audit *audit, const char *begin, size_t len);

/* Adds all of *from to audit and frees it. Both have the same options. 0, -1. */
int rs_audit_merge(struct rs_audit *audit, struct rs_audit **from);

/* When all is read and merged: counts users, and takes in the lines of dovecot_badclients,
 * which tell of logins where Dovecot's own lines are missing. Returns 0; -1 when memory is
 * short. */
int rs_audit_finish(struct rs_audit *audit);

/* --- results; they die with the next change of the audit --- */

const struct rs_audit_totals *rs_audit_totals(const struct rs_audit *audit);
size_t rs_audit_user_count(const struct rs_audit *audit);
/* The name as it is compared, in lower case; ended by NUL; may hold any other byte. */
const char *rs_audit_user_name(const struct rs_audit *audit, uint32_t user);
/* All that were let in, from relays or not; and what failed from relays. */
void rs_audit_user_logins(const struct rs_audit *audit, uint32_t user, uint64_t *success_r,
			  uint64_t *failed_r);
size_t rs_audit_pairs(const struct rs_audit *audit, const struct rs_audit_pair **pairs_r);
size_t rs_audit_addresses(const struct rs_audit *audit,
			  const struct rs_audit_address **addresses_r);
size_t rs_audit_days(const struct rs_audit *audit, const struct rs_audit_day **days_r);
size_t rs_audit_rules(const struct rs_audit *audit, const struct rs_audit_rule **rules_r);
/* kind: RS_SCAN_FAULTS and up. */
const struct rs_audit_fault *rs_audit_fault(const struct rs_audit *audit, enum rs_scan kind);

#endif

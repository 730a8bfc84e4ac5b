/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_POLICY_H
#define RELAYSENTRY_POLICY_H

/* The policy: policy.json, as relaysentry-policy(5) describes. */

#include <relaysentry/catalogue.h>
#include <relaysentry/diag.h>
#include <relaysentry/ip.h>
#include <relaysentry/relaydb.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

enum rs_action {
	RS_ACTION_ALLOW,
	RS_ACTION_TAG,
	RS_ACTION_ALERT,
	RS_ACTION_DENY,
	RS_ACTION_USER_POLICY
};
const char *rs_action_name(enum rs_action action); /* "allow", "tag", ..., "user-policy" */

/* As RFC 8461 uses the words. */
enum rs_mode { RS_MODE_NONE, RS_MODE_TESTING, RS_MODE_ENFORCE };
const char *rs_mode_name(enum rs_mode mode);

enum rs_reply { RS_REPLY_GENERIC, RS_REPLY_REASON };

#define RS_POLICY_MAX_SIZE (4U << 20)	       /* policy.json */
#define RS_POLICY_MAX_ENTRIES_SIZE (64U << 20) /* user_entries_file */
#define RS_POLICY_MAX_RULES 1000U
#define RS_POLICY_MESSAGE_MAX 200U /* bytes */

struct rs_policy;

/* Loads and validates path (and its user_entries_file, relative to the folder
 * of path). The file must be a regular one, not writable by others. Returns
 * NULL with errors added: all of them, not only the first. identity_r as in
 * rs_relaydb_load(). entries_identity_r: of the user_entries_file, st_ino 0
 * when there is none. Both may be NULL. Time zones are looked up through the
 * TZ variable, which is put back before returning: not for use while other
 * threads read the environment. */
struct rs_policy *rs_policy_load(const char *path, struct stat *identity_r,
				 struct stat *entries_identity_r, struct rs_diags *diags);
/* For tests and tools: text in memory; name stands for the path. */
struct rs_policy *rs_policy_parse(const char *name, const char *text, size_t len,
				  struct rs_diags *diags);
void rs_policy_free(struct rs_policy **policy);

/* Ties the rules to a database, so that decisions compare numbers. Adds a
 * warning or error (missing) for every relay id that db does not know: the rule
 * or entry then matches nothing for this id. db NULL: no relay is known.
 * Decisions may only be made with the database bound last, and db must outlive
 * them. Returns 0; -1 when memory is short, then the old binding stays. */
int rs_policy_bind(struct rs_policy *policy, const struct rs_relaydb *db, enum rs_level missing,
		   struct rs_diags *diags);

const char *rs_policy_path(const struct rs_policy *policy);
/* The user_entries_file as it was opened; NULL when there is none. */
const char *rs_policy_entries_path(const struct rs_policy *policy);
const char *rs_policy_database(const struct rs_policy *policy); /* path of relays.mmdb */
enum rs_mode rs_policy_mode(const struct rs_policy *policy);
/* Seconds; "max_age", default 30 days: when the database counts as too old. */
int64_t rs_policy_max_age(const struct rs_policy *policy);
/* Seconds, 1..3600; "reload_interval", default 10. */
unsigned rs_policy_reload_interval(const struct rs_policy *policy);
/* 64 bits of a hash over policy and entries, hexadecimal. */
const char *rs_policy_id(const struct rs_policy *policy);
size_t rs_policy_rule_count(const struct rs_policy *policy);
/* Of the tz database; "UTC" when the policy names none. */
const char *rs_policy_timezone(const struct rs_policy *policy);

/* One item of "user_entries", or of their file. */
struct rs_policy_entry {
	const char *user;  /* whose: a full name, "@domain" or "*" */
	const char *relay; /* an id, "@class" or "*" */
	bool deny;
	int64_t end; /* the first second at which it no longer holds; INT64_MAX: never */
};
/* Calls entry for each that is about this user, in the order in which a decision asks:
 * those of the name, of its domain, of "*". Returns how many; entry may be NULL. */
size_t rs_policy_user_entries(const struct rs_policy *policy, const char *user,
			      void (*entry)(const struct rs_policy_entry *entry, void *context),
			      void *context);

/* "exceptions": where users' exceptions are kept. Durations are seconds. */
struct rs_policy_exceptions {
	const char *dict; /* as rs_dict_uri_parse() reads it; NULL: there are none */
	unsigned timeout; /* how long a login waits for the dict, 1..30 */
	unsigned cache;	  /* how long an answer is used again, 1..3600 */
	int64_t longest;  /* how far off the end of a new one may be */
};
/* "state": what is remembered of each user and relay. */
struct rs_policy_state {
	const char *dict;	/* NULL: memory only */
	int64_t write_interval; /* between two writes of the same record */
	int64_t forget_after;	/* the last login */
	size_t pairs;		/* kept in memory */
	bool present;		/* false: all are defaults */
};
/* "alert": how often what is reported again and again is sent. */
struct rs_policy_alert {
	bool present;	      /* false: every report, each time */
	int64_t repeat_after; /* the last one of the same user, relay and kind */
	int64_t learn_until;  /* the first second at which alerts are sent; 0: no such time */
	const char *facility; /* of syslog, by its name; NULL: no syslog */
	const char *socket;   /* of syslog, an absolute path */
};
/* Never NULL; they live as long as the policy. */
const struct rs_policy_exceptions *rs_policy_exceptions(const struct rs_policy *policy);
const struct rs_policy_state *rs_policy_state(const struct rs_policy *policy);
const struct rs_policy_alert *rs_policy_alert(const struct rs_policy *policy);

/* Facts that exist only after the other passdbs. */
enum rs_fact {
	RS_FACT_GROUP = 1 << 0, /* some rule has "group" */
	RS_FACT_ENTRIES =
		1 << 1, /* some rule is "user-policy": passdb fields relaysentry_allow/_deny */
	RS_FACT_CREDENTIAL = 1 << 2, /* some rule has "credential" */
	RS_FACT_USER = 1 << 3,	     /* some rule names users; a passdb may change the name */
	RS_FACT_MESSAGE = 1 << 4     /* some rule has a message or replies with its reason */
};
/* Which of these rules use, ORed. */
unsigned rs_policy_facts(const struct rs_policy *policy);
/* The ids of the rules that use this fact, comma separated, for messages.
 * Returns buf, cut with "..." when size is too small. */
const char *rs_policy_fact_rules(const struct rs_policy *policy, enum rs_fact fact, char *buf,
				 size_t size);

/* What lint says besides errors, as warnings: services and mechanisms that are
 * not known, "smtp" without "submission", rules that are never reached, and
 * settings that change nothing. */
void rs_policy_lint(const struct rs_policy *policy, struct rs_diags *diags);

/* Calls line for each plain English sentence that describes the policy. Returns
 * 0; -1 when memory was short, then some are left out. */
int rs_policy_sentences(const struct rs_policy *policy,
			void (*line)(const char *sentence, void *context), void *context);

#endif

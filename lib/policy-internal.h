/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_LIB_POLICY_INTERNAL_H
#define RELAYSENTRY_LIB_POLICY_INTERNAL_H

/* The policy as it lies in memory: what lib/policy*.c build and lib/decide*.c read. */

#include "arena.h"
#include "ascii.h"
#include "strmap.h"

#include <relaysentry/decide.h>
#include <relaysentry/login.h>
#include <relaysentry/policy.h>

/* The longest user name, domain, group or master user in a policy, in bytes. */
#define RS_POLICY_NAME_MAX 512U
/* The longest id of a rule, tag, relay, service or mechanism, in bytes. */
#define RS_POLICY_WORD_MAX 63U

/* In the order in which they are tried and explained. */
enum rs_cond {
	RS_COND_RELAY,
	RS_COND_CLASS,
	RS_COND_NETWORK,
	RS_COND_VIA,
	RS_COND_USER,
	RS_COND_GROUP,
	RS_COND_SERVICE,
	RS_COND_MECHANISM,
	RS_COND_CREDENTIAL,
	RS_COND_TLS,
	RS_COND_MASTER,
	RS_COND_NOT_BEFORE,
	RS_COND_NOT_AFTER,
	RS_COND_COUNT
};
/* The key in the policy: "relay", ... */
extern const char *const rs_cond_names[RS_COND_COUNT];

/* A word, its ASCII letters in lower case. */
struct rs_word {
	const char *text;
	uint32_t len;
};

/* Sorted by length, then bytes; without duplicates. */
struct rs_words {
	struct rs_word *items;
	size_t count;
};

/* Sorted by rs_net_cmp(); none covers another one, so one comparison decides. */
struct rs_netset {
	struct rs_net *nets;
	size_t count;
};

/* Bits of rs_conds.master. */
#define RS_MASTER_NONE 1U  /* "master": false */
#define RS_MASTER_ANY 2U   /* "master": true */
#define RS_MASTER_NAMED 4U /* one of the names */

/* The conditions of a rule, or of its "not". */
struct rs_conds {
	unsigned present;	       /* 1 << enum rs_cond */
	unsigned classes, credentials; /* 1 << value */
	unsigned tls;		       /* 1: false is accepted, 2: true is */
	unsigned master;
	bool any_user;
	int64_t not_before, not_after; /* the first second, the first one behind */
	uint32_t *relays;	       /* numbers of rs_relay_ref */
	size_t relay_count;
	struct rs_netset networks, vias;
	struct rs_words users; /* full names, and "@domain" */
	struct rs_words groups, services, mechanisms, masters;
};

struct rs_rule {
	const char *id, *tag, *message;
	enum rs_action action;
	enum rs_mode mode;
	bool covering, any_address, notify;
	bool reply_given;
	enum rs_reply reply;
	struct rs_conds conds, not_conds;
	unsigned line;
};

/* A relay id that the policy names; its number is its index. */
struct rs_relay_ref {
	const char *id;
	const char *file;
	const char *where; /* the first place */
	unsigned line;
};

enum rs_entry_kind { RS_ENTRY_RELAY, RS_ENTRY_CLASS, RS_ENTRY_ANY };

/* One item of a user's allow or deny list. */
struct rs_entry {
	int64_t end;   /* the first second at which it no longer holds */
	uint32_t what; /* the relay's number, or the class */
	uint8_t kind;
	bool deny;
};

struct rs_entry_span {
	const char *user; /* lower case: full name, "@domain" or "*" */
	unsigned line;
	uint32_t first, count; /* of entries */
};

struct rs_entries {
	struct rs_strmap users; /* to indices of spans */
	struct rs_entry_span *spans;
	size_t span_count, span_room;
	struct rs_entry *items;
	size_t item_count, item_room;
};

/* No relay of the policy. */
#define RS_NO_NUMBER UINT32_MAX

struct rs_policy {
	struct rs_arena arena; /* of all strings and arrays that do not grow */
	const char *path, *entries_path, *database;
	const char *default_domain; /* lower case, "" when there is none */
	size_t default_domain_len;
	const char *timezone;
	enum rs_mode mode;
	enum rs_action no_address;
	int64_t max_age;
	unsigned reload_interval;
	char id[17];
	struct rs_policy_exceptions exceptions;
	struct rs_policy_state state;
	bool write_interval_given;
	struct rs_policy_alert alert;
	struct rs_netset own_networks;
	struct rs_net *nat64;
	size_t nat64_count;
	struct rs_rule *rules;
	size_t rule_count;
	bool needs_user; /* some rule looks at the user's name */
	struct rs_strmap relay_numbers;
	struct rs_relay_ref *relays;
	size_t relay_count, relay_room;
	struct rs_entries entries;
	/* The numbers of the database's relays, by their index; RS_NO_NUMBER:
	 * the policy does not name it. */
	uint32_t *bound;
	size_t bound_count;
};

/* The text in lower case, its domain supplied: "alice" and "Alice@Example.org"
 * are the same user when default_domain is "example.org". */
struct rs_user_name {
	const char *name; /* NULL when longer than any name in a policy */
	size_t len;
	const char *domain; /* with its "@"; NULL when there is none */
	size_t domain_len;
	char buf[2 * RS_POLICY_NAME_MAX + 2];
};

void rs_user_name_set(struct rs_user_name *user, const struct rs_policy *policy, const char *text);
/* The text may have any case. */
bool rs_words_have(const struct rs_words *words, const char *text, size_t len);
bool rs_netset_covers(const struct rs_netset *set, const struct rs_ip *ip);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_LIB_AUDIT_INTERNAL_H
#define RELAYSENTRY_LIB_AUDIT_INTERNAL_H

/* What the files of the audit share: audit.c takes lines and adds logins up, audit-user.c
 * has the users, audit-kept.c pairs, addresses and days, audit-policy.c the rules, and
 * audit-merge.c makes one of two. */

#include "hashset.h"

#include <relaysentry/audit.h>
#include <relaysentry/decide.h>
#include <relaysentry/siphash.h>

/* Names as Dovecot and Postfix show them are shorter; longer ones are no name. */
#define RS_AUDIT_NAME_MAX 1024U
#define RS_AUDIT_INLINE 40U

/* One cache line. */
struct rs_audit_user {
	uint64_t success, failed;
	uint32_t len;
	uint32_t pair; /* the last one of this user, from 1; 0: none */
	union {
		char text[RS_AUDIT_INLINE]; /* ended by NUL, when len is less */
		char *far;
	} name;
};

struct rs_audit_slot {
	uint32_t tag;  /* of the hash */
	uint32_t user; /* from 1; 0: empty */
};

/* 2 MiB of them: a large page. */
#define RS_AUDIT_CHUNK 32768U

struct rs_audit_users {
	unsigned char key[RS_SIPHASH_KEY_SIZE];
	struct rs_audit_slot *slots;
	uint32_t slot_count; /* a power of two */
	struct rs_audit_user **chunks;
	uint32_t chunk_room, count;
};

/* A login on its way: its name was hashed, and the memory that it needs is being fetched. */
struct rs_audit_pending {
	uint64_t hash;
	const struct rs_match *match;
	struct rs_scan_entry entry;
	bool verdict;
	uint32_t user;
	uint32_t len;
	char *name; /* in lower case */
	char text[96];
};
#define RS_AUDIT_BATCH 32U

struct rs_audit {
	struct rs_audit_options options;
	char *wanted;		       /* the wanted user, in lower case */
	struct rs_nettable *own_table; /* NULL: it is the options' */
	struct rs_scanner *scanner;
	struct rs_audit_totals totals;
	struct rs_audit_users users;
	/* The items of a set are in the order in which they came. */
	struct rs_audit_pair *pairs;
	size_t pair_count, pair_room;
	struct rs_hashset addresses;
	struct rs_hashset days;
	struct rs_audit_rule *rules;
	struct rs_hashset rule_users;
	struct rs_verdict *verdict;
	size_t rule_count;
	bool has_tags; /* some rule has the action "tag" */
	struct rs_audit_fault faults[RS_SCAN_COUNT];
	uint32_t file;
	uint64_t offset;
	/* The lines that are being added, until something was learned from them. */
	const char *block;
	size_t block_len;
	/* The logins that dovecot_badclients tells of: they count when Dovecot's own lines
	 * are missing, and say what was refused when not. */
	struct rs_audit *badclients;
	size_t pending_count;
	struct rs_audit_pending pending[RS_AUDIT_BATCH];
};

/* --- users --- */

int rs_audit_users_init(struct rs_audit_users *users);
void rs_audit_users_free(struct rs_audit_users *users);
uint64_t rs_audit_users_hash(const struct rs_audit_users *users, const char *name, size_t len);
/* Two steps before the answer: the slot, then the user that it probably leads to. */
void rs_audit_users_fetch_slot(const struct rs_audit_users *users, uint64_t hash);
void rs_audit_users_fetch(const struct rs_audit_users *users, uint64_t hash);
/* The index of the user, who is added when he is not there. Returns 0; -1 when memory is
 * short. */
int rs_audit_users_add(struct rs_audit_users *users, const char *name, size_t len, uint64_t hash,
		       uint32_t *index_r);
struct rs_audit_user *rs_audit_users_get(const struct rs_audit_users *users, uint32_t index);
const char *rs_audit_users_name(const struct rs_audit_user *user);

/* --- pairs, addresses, days: 0; -1 when memory is short --- */

void rs_audit_tally_add(struct rs_audit_tally *tally, const struct rs_scan_entry *entry);
/* Has the processor fetch what rs_audit_pair_add() reads first. */
void rs_audit_pair_fetch(const struct rs_audit *audit, uint32_t user);
/* The pair's index. */
int rs_audit_pair_add(struct rs_audit *audit, uint32_t user, uint32_t relay, size_t *index_r);
int rs_audit_address_add(struct rs_audit *audit, uint32_t pair, const struct rs_ip *ip,
			 const struct rs_match *match, struct rs_audit_tally **tally_r);
int rs_audit_day_add(struct rs_audit *audit, int64_t time, uint32_t relay,
		     struct rs_audit_day **day_r);

/* --- policy --- */

int rs_audit_policy_init(struct rs_audit *audit);
void rs_audit_policy_free(struct rs_audit *audit);
int rs_audit_policy_add(struct rs_audit *audit, uint32_t user, const char *name,
			const struct rs_scan_entry *entry);
int rs_audit_policy_merge(struct rs_audit *audit, const struct rs_audit *from,
			  const uint32_t *users);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_LIB_POLICY_READER_H
#define RELAYSENTRY_LIB_POLICY_READER_H

/* Reading a policy: what its parts share. Every function that reads a value
 * adds its own errors and goes on, so that all faults are found at once. */

#include "policy-internal.h"
#include <relaysentry/when.h>

#include <relaysentry/json.h>

struct rs_policy_reader {
	struct rs_policy *policy;
	struct rs_diags *diags; /* never NULL */
	struct rs_zone zone;
	struct stat *entries_identity; /* to be filled */
	bool no_memory;		       /* the policy is not complete */
};

/* --- values (policy-value.c) --- */

/* A value or a list of values: how many, and which. */
size_t rs_reader_count(const struct rs_json *value);
const struct rs_json *rs_reader_at(const struct rs_json *value, size_t i);
/* Complains about a list without items. Returns false then. */
bool rs_reader_not_empty(struct rs_policy_reader *reader, const struct rs_json *value);

/* The string, which dies with the document; NULL with an error for other types. */
const char *rs_reader_string(struct rs_policy_reader *reader, const struct rs_json *value);
/* Keeps the value when it is no boolean (an error). */
void rs_reader_bool(struct rs_policy_reader *reader, const struct rs_json *value, bool *bool_r);
/* The index of the string in words; -1 with an error that lists them. what:
 * "an action". */
int rs_reader_word(struct rs_policy_reader *reader, const struct rs_json *value,
		   const char *const *words, size_t count, const char *what);
/* A string of [A-Za-z0-9._-]{1,63}, copied; NULL with an error. */
const char *rs_reader_id(struct rs_policy_reader *reader, const struct rs_json *value);
/* Memory of the policy; NULL sets no_memory. */
void *rs_reader_alloc(struct rs_policy_reader *reader, size_t size);
const char *rs_reader_copy(struct rs_policy_reader *reader, const char *text);

/* Networks, sorted, what is covered by others left out. An empty list is an
 * error unless empty is true. */
void rs_reader_networks(struct rs_policy_reader *reader, const struct rs_json *value, bool empty,
			struct rs_netset *set_r);
/* One network; false with an error. */
bool rs_reader_network(struct rs_policy_reader *reader, const struct rs_json *value,
		       struct rs_net *net_r);
/* The number of a relay id: one of RS_NO_NUMBER with an error. text lies in value. */
uint32_t rs_reader_relay(struct rs_policy_reader *reader, const struct rs_json *value,
			 const char *text, const char *where);
/* A name in lower case with its domain supplied ("@domain" and "*" stay);
 * NULL with an error. */
const char *rs_reader_user(struct rs_policy_reader *reader, const struct rs_json *value,
			   const char *text);
/* Where a time begins and ends; false with an error. */
bool rs_reader_when(struct rs_policy_reader *reader, const struct rs_json *value, int64_t *first_r,
		    int64_t *end_r);

/* A length of time in seconds, min to max; keeps *seconds_r with an error. range: "1 s to
 * 30 s", example: "2s". */
void rs_reader_duration(struct rs_policy_reader *reader, const struct rs_json *value, int64_t min,
			int64_t max, const char *range, const char *example, int64_t *seconds_r);

/* --- parts --- */

/* Reads the keys of conditions in object (policy-cond.c). where: for
 * diagnostics about relays. */
void rs_reader_conds(struct rs_policy_reader *reader, const struct rs_json *object,
		     const char *where, struct rs_conds *conds);
/* Reads the whole policy (policy-root.c). */
void rs_reader_root(struct rs_policy_reader *reader, const struct rs_json *root);
/* The content of a regular file that others may not write, allocated with
 * malloc(); NULL with an error. *identity_r: as rs_policy_load() says. */
char *rs_policy_read_file(const char *path, size_t max_size, struct stat *identity_r, size_t *len_r,
			  struct rs_diags *diags);
/* Goes on with the policy's identity over this content. */
void rs_policy_hash(struct rs_policy *policy, const void *data, size_t len);
/* Reads the list of rules (policy-rule.c). */
void rs_reader_rules(struct rs_policy_reader *reader, const struct rs_json *list);
/* Read what the policy keeps about users, and how it alerts (policy-kept.c). */
void rs_reader_exceptions(struct rs_policy_reader *reader, const struct rs_json *object);
void rs_reader_state(struct rs_policy_reader *reader, const struct rs_json *object);
void rs_reader_alert(struct rs_policy_reader *reader, const struct rs_json *object);
/* Reads an object of user entries (policy-entries.c). */
void rs_reader_entries(struct rs_policy_reader *reader, const struct rs_json *object);
void rs_entries_free(struct rs_entries *entries);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_LIB_DECIDE_INTERNAL_H
#define RELAYSENTRY_LIB_DECIDE_INTERNAL_H

/* One decision while it is made; lives on the stack. */

#include "policy-internal.h"

#include <relaysentry/decide.h>

struct rs_decision {
	const struct rs_policy *policy;
	const struct rs_login *login;
	struct rs_verdict *verdict;
	struct rs_ip remote, via; /* after NAT64 */
	/* What covers the address; 0 for own networks and without a relay. */
	const struct rs_cover *covers;
	uint32_t cover_count;
	const struct rs_user_name *user; /* NULL: not known, or nobody asks */
};

/* Why a rule did not match. */
enum rs_miss {
	RS_MISS_NOTHING,  /* it matched */
	RS_MISS_MODE,	  /* the rule's mode is none */
	RS_MISS_NO_RELAY, /* the rule is for logins from a relay */
	RS_MISS_COND,	  /* the condition does not hold */
	RS_MISS_NOT,	  /* the condition of "not" holds */
	RS_MISS_NO_ENTRY  /* user-policy found no entry */
};

struct rs_trial {
	enum rs_miss miss;
	enum rs_cond cond;
	enum rs_action action; /* when it matched: ALLOW or DENY by an entry */
};

/* The covers that a rule looks at. */
static inline uint32_t rs_rule_covers(const struct rs_decision *d, const struct rs_rule *rule)
{
	return rule->covering || d->cover_count == 0 ? d->cover_count : 1;
}

/* The policy's number of a cover's relay. */
static inline uint32_t rs_cover_number(const struct rs_policy *policy, const struct rs_cover *cover)
{
	return cover->relay->index < policy->bound_count ? policy->bound[cover->relay->index]
							 : RS_NO_NUMBER;
}

/* The next item of a comma separated list, which is moved on; blanks around it are left
 * out. Returns false at the end of the list. */
bool rs_list_next(const char **list, const char **item_r, size_t *len_r);

/* Tries mode, relay and all conditions of a rule (decide-cond.c). */
struct rs_trial rs_rule_try(const struct rs_decision *d, const struct rs_rule *rule);

/* Asks the sources of user entries (decide-entries.c). Returns false when none
 * has an entry; else *action_r is ALLOW or DENY, and the verdict's entry_source
 * is set. */
bool rs_entries_decide(const struct rs_decision *d, const struct rs_rule *rule,
		       enum rs_action *action_r);

/* Writes why a rule did or did not match as one line (decide-explain.c). */
#define RS_WHY_SIZE 640
const char *rs_why(const struct rs_decision *d, const struct rs_rule *rule,
		   const struct rs_trial *trial, char buf[RS_WHY_SIZE]);

#endif

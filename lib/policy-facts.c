/* SPDX-License-Identifier: MIT */
#include "policy-internal.h"

#include <stdio.h>
#include <string.h>

/* Whether it must be known who logs in. */
static bool names_users(const struct rs_conds *conds)
{
	return (conds->present & 1U << RS_COND_USER) != 0 && !conds->any_user;
}

static unsigned rule_facts(const struct rs_rule *rule)
{
	unsigned present = rule->conds.present | rule->not_conds.present, facts = 0;

	if (rule->mode == RS_MODE_NONE)
		return 0;
	if ((present & 1U << RS_COND_GROUP) != 0)
		facts |= RS_FACT_GROUP;
	if ((present & 1U << RS_COND_CREDENTIAL) != 0)
		facts |= RS_FACT_CREDENTIAL;
	if (names_users(&rule->conds) || names_users(&rule->not_conds))
		facts |= RS_FACT_USER;
	if (rule->action == RS_ACTION_USER_POLICY)
		facts |= RS_FACT_ENTRIES;
	if (rule->message != NULL || (rule->reply_given && rule->reply == RS_REPLY_REASON))
		facts |= RS_FACT_MESSAGE;
	return facts;
}

unsigned rs_policy_facts(const struct rs_policy *policy)
{
	unsigned facts = 0;

	for (size_t i = 0; i < policy->rule_count; i++)
		facts |= rule_facts(&policy->rules[i]);
	return facts;
}

const char *rs_policy_fact_rules(const struct rs_policy *policy, enum rs_fact fact, char *buf,
				 size_t size)
{
	size_t used = 0;

	if (size == 0)
		return buf;
	buf[0] = '\0';
	for (size_t i = 0; i < policy->rule_count; i++) {
		const struct rs_rule *rule = &policy->rules[i];
		int len;

		if ((rule_facts(rule) & fact) == 0)
			continue;
		len = snprintf(buf + used, size - used, "%s%s", used > 0 ? ", " : "", rule->id);
		if (len < 0 || (size_t)len >= size - used) {
			if (size >= sizeof("..."))
				memcpy(buf + size - sizeof("..."), "...", sizeof("..."));
			break;
		}
		used += (size_t)len;
	}
	return buf;
}

/* SPDX-License-Identifier: MIT */
#include "compat.h"
#include "placement.h"

#include <relaysentry/policy.h>

#define RS_FIRST_PLACE_FORMAT "before the primary passdb %s: rules %s; move relaysentry behind it"

bool rs_placement_is_first(const struct passdb_module *module)
{
	pool_t pool = pool_alloconly_create("relaysentry placement", 1024);
	bool first = FALSE;

	for (unsigned int i = 0; i < rs_scope_count(); i++) {
		bool verified = FALSE, asked = FALSE;
		struct rs_scope scope;

		rs_scope_get(i, pool, &scope);
		for (unsigned int b = 0; b < scope.block_count; b++) {
			const struct rs_block *block = &scope.blocks[b];
			bool may_verify = block->skip != AUTH_PASSDB_SKIP_UNAUTHENTICATED;

			if (rs_block_verifies(block)) {
				/* Its logins were judged before it was asked. */
				if (asked && may_verify)
					first = TRUE;
				verified = TRUE;
			} else if (block->passdb != NULL && block->passdb->passdb == module) {
				if (!verified)
					first = TRUE;
				else if (may_verify)
					asked = TRUE;
			}
		}
	}
	pool_unref(&pool);
	return first;
}

void rs_placement_check_policy(struct event *event, const struct rs_policy *policy)
{
	static const struct {
		enum rs_fact fact;
		const char *what;
	} unknown[] = {
		{ RS_FACT_GROUP, "the user's group is not known" },
		{ RS_FACT_ENTRIES,
		  "the passdb fields relaysentry_allow and relaysentry_deny are not known" },
		{ RS_FACT_CREDENTIAL, "nothing has been verified, so the credential is not known" },
		{ RS_FACT_USER, "a name that a passdb changes is not known" },
		{ RS_FACT_MESSAGE, "nothing has been verified, so no reason is told" },
	};
	unsigned int facts = rs_policy_facts(policy);
	char rules[256];

	for (unsigned int i = 0; i < N_ELEMENTS(unknown); i++) {
		if ((facts & unknown[i].fact) == 0)
			continue;
		(void)rs_policy_fact_rules(policy, unknown[i].fact, rules, sizeof(rules));
		e_error(event, RS_FIRST_PLACE_FORMAT, unknown[i].what, rules);
	}
}

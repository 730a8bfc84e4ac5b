/* SPDX-License-Identifier: MIT */
#include "audit-internal.h"

const struct rs_audit_totals *rs_audit_totals(const struct rs_audit *audit)
{
	return &audit->totals;
}

const struct rs_audit_fault *rs_audit_fault(const struct rs_audit *audit, enum rs_scan kind)
{
	return &audit->faults[kind];
}

size_t rs_audit_user_count(const struct rs_audit *audit)
{
	return audit->users.count;
}

const char *rs_audit_user_name(const struct rs_audit *audit, uint32_t user)
{
	return rs_audit_users_name(rs_audit_users_get(&audit->users, user));
}

void rs_audit_user_logins(const struct rs_audit *audit, uint32_t user, uint64_t *success_r,
			  uint64_t *failed_r)
{
	const struct rs_audit_user *of = rs_audit_users_get(&audit->users, user);

	*success_r = of->success;
	*failed_r = of->failed;
}

size_t rs_audit_pairs(const struct rs_audit *audit, const struct rs_audit_pair **pairs_r)
{
	*pairs_r = audit->pairs;
	return audit->pair_count;
}

size_t rs_audit_addresses(const struct rs_audit *audit, const struct rs_audit_address **addresses_r)
{
	*addresses_r = (const struct rs_audit_address *)(const void *)audit->addresses.items;
	return audit->addresses.count;
}

size_t rs_audit_days(const struct rs_audit *audit, const struct rs_audit_day **days_r)
{
	*days_r = (const struct rs_audit_day *)(const void *)audit->days.items;
	return audit->days.count;
}

size_t rs_audit_rules(const struct rs_audit *audit, const struct rs_audit_rule **rules_r)
{
	*rules_r = audit->rules;
	return audit->rule_count;
}

/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_CLI_AUDIT_BUILD_H
#define RELAYSENTRY_CLI_AUDIT_BUILD_H

/* What the files share that make the report of `relaysentry audit`: audit-report.c selects
 * and adds up, audit-sort.c sorts, audit-days.c and audit-addresses.c add their part. */

#include "audit.h"

/* Sorts users and relays (audit-sort.c), and corrects the maps of the audit's users and of
 * the database's relays. sources: of the users, the audit's. 0, -1 when memory is short. */
int rs_audit_sort(struct audit_report *report, enum audit_sort sort, uint32_t *user_map,
		  const uint32_t *sources, uint32_t *relay_map);
/* The report's days (audit-days.c) and the addresses of its pairs (audit-addresses.c). The
 * maps lead from the database's relays and from the audit's pairs to those of the report,
 * AUDIT_NOT_THERE where they are not wanted. Return 0, -1 when memory is short. */
#define AUDIT_NOT_THERE UINT32_MAX
int rs_audit_report_days(struct audit_report *report, const uint32_t *relay_map);
int rs_audit_report_addresses(struct audit_report *report, const struct audit_wishes *wishes,
			      const uint32_t *pair_map);

#endif

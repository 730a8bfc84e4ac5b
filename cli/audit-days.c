/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "audit-build.h"

#include <stdlib.h>

/* Days that nothing happened on are there as well: who draws them, and who counts, must see
 * the gap. */
static int make_days(struct audit_report *report, int64_t first, int64_t last)
{
	size_t count = (size_t)(last - first + 1);

	report->days = calloc(count, sizeof(*report->days));
	report->owned.by_relay =
		calloc(count * report->relay_count, sizeof(*report->owned.by_relay));
	if (report->days == NULL || report->owned.by_relay == NULL)
		return -1;
	for (size_t i = 0; i < count; i++) {
		report->days[i].day = (int32_t)(first + (int64_t)i);
		report->days[i].by_relay = report->owned.by_relay + i * report->relay_count;
	}
	report->day_count = count;
	return 0;
}

int rs_audit_report_days(struct audit_report *report, const uint32_t *relay_map)
{
	const struct rs_audit_day *days;
	size_t count = rs_audit_days(report->audit, &days);
	int64_t first = INT64_MAX, last = INT64_MIN;

	for (size_t i = 0; i < count; i++) {
		if (relay_map[days[i].relay] == AUDIT_NOT_THERE)
			continue;
		first = days[i].day < first ? days[i].day : first;
		last = days[i].day > last ? days[i].day : last;
	}
	if (first > last)
		return 0;
	if (last - first >= (int64_t)AUDIT_DAYS)
		first = last - (int64_t)AUDIT_DAYS + 1;
	if (make_days(report, first, last) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		uint32_t relay = relay_map[days[i].relay];
		struct audit_day *day;

		if (relay == AUDIT_NOT_THERE || days[i].day < first)
			continue;
		day = &report->days[days[i].day - first];
		day->success += days[i].success;
		day->failed += days[i].failed;
		day->by_relay[relay] += days[i].success;
	}
	return 0;
}

/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "audit-build.h"

#include <stdlib.h>
#include <string.h>

/* What users and relays are sorted by, next to each other: there may be many. */
struct entry {
	uint64_t users, success, failed;
	int64_t first, last;
	uint64_t prefix; /* the name's first bytes, the first one highest */
	const char *name;
	uint32_t place; /* before */
};

static struct entry make_entry(const char *name, uint64_t users, const struct rs_audit_tally *tally,
			       size_t place)
{
	uint64_t prefix = 0;

	for (size_t i = 0, len = strnlen(name, 8); i < len; i++)
		prefix |= (uint64_t)(unsigned char)name[i] << (56 - 8 * i);
	return (struct entry){ .users = users,
			       .success = tally->success,
			       .failed = tally->failed,
			       .first = tally->first,
			       .last = tally->last,
			       .prefix = prefix,
			       .name = name,
			       .place = (uint32_t)place };
}

static int more(uint64_t x, uint64_t y)
{
	return x == y ? 0 : x > y ? -1 : 1;
}

static int later(int64_t x, int64_t y)
{
	return x == y ? 0 : x > y ? -1 : 1;
}

static int by_name(const struct entry *x, const struct entry *y)
{
	int order = x->prefix != y->prefix ? (x->prefix < y->prefix ? -1 : 1)
					   : strcmp(x->name, y->name);

	/* Two users may have one alias, where they are many. */
	return order != 0 ? order : x->place < y->place ? -1 : 1;
}

static int by_logins(const struct entry *x, const struct entry *y)
{
	int order = more(x->success, y->success);

	return order != 0 ? order : more(x->failed, y->failed);
}

static int by_users(const struct entry *x, const struct entry *y)
{
	int order = more(x->users, y->users);

	return order != 0 ? order : by_logins(x, y);
}

/* What has no login, and is there for its alerts, comes last. */
static int by_first(const struct entry *x, const struct entry *y)
{
	int64_t first = x->first, second = y->first;

	return later(first == INT64_MAX ? INT64_MIN : first,
		     second == INT64_MAX ? INT64_MIN : second);
}

static int by_last(const struct entry *x, const struct entry *y)
{
	return later(x->last, y->last);
}

static int compare(const void *a, const void *b, void *context)
{
	static int (*const orders[])(const struct entry *x, const struct entry *y) = {
		[AUDIT_BY_USERS] = by_users, [AUDIT_BY_LOGINS] = by_logins,
		[AUDIT_BY_NAME] = by_name,   [AUDIT_BY_FIRST] = by_first,
		[AUDIT_BY_LAST] = by_last,
	};
	const enum audit_sort *sort = context;
	int order = orders[*sort](a, b);

	return order != 0 ? order : by_name(a, b);
}

static void sort_entries(struct entry *entries, size_t count, enum audit_sort sort)
{
	if (count > 1)
		qsort_r(entries, count, sizeof(*entries), compare, &sort);
}

static int sort_users(struct audit_report *report, enum audit_sort sort, uint32_t *user_map,
		      const uint32_t *sources)
{
	size_t count = report->user_count;
	struct audit_user *users = calloc(count + 1, sizeof(*users));
	struct entry *entries = calloc(count + 1, sizeof(*entries));

	if (users == NULL || entries == NULL) {
		free(users);
		free(entries);
		return -1;
	}
	for (size_t i = 0; i < count; i++)
		entries[i] = make_entry(report->users[i].name, 0, &report->users[i].tally, i);
	sort_entries(entries, count, sort);
	for (size_t i = 0; i < count; i++) {
		users[i] = report->users[entries[i].place];
		user_map[sources[entries[i].place]] = (uint32_t)i;
	}
	free(report->users);
	free(entries);
	report->users = users;
	return 0;
}

static int sort_relays(struct audit_report *report, enum audit_sort sort, uint32_t *relay_map)
{
	size_t count = report->relay_count;
	struct audit_relay *relays = calloc(count + 1, sizeof(*relays));
	struct entry *entries = calloc(count + 1, sizeof(*entries));

	if (relays == NULL || entries == NULL) {
		free(relays);
		free(entries);
		return -1;
	}
	for (size_t i = 0; i < count; i++)
		entries[i] = make_entry(report->relays[i].relay->id, report->relays[i].users,
					&report->relays[i].tally, i);
	sort_entries(entries, count, sort);
	for (size_t i = 0; i < count; i++) {
		relays[i] = report->relays[entries[i].place];
		relay_map[relays[i].relay->index] = (uint32_t)i;
	}
	free(report->relays);
	free(entries);
	report->relays = relays;
	return 0;
}

int rs_audit_sort(struct audit_report *report, enum audit_sort sort, uint32_t *user_map,
		  const uint32_t *sources, uint32_t *relay_map)
{
	return sort_users(report, sort, user_map, sources) < 0
		       ? -1
		       : sort_relays(report, sort, relay_map);
}

/* SPDX-License-Identifier: MIT */
#include "audit-internal.h"

#include <stdlib.h>

static void merge_totals(struct rs_audit_totals *totals, const struct rs_audit_totals *from)
{
	totals->lines += from->lines;
	totals->bytes += from->bytes;
	totals->success += from->success;
	totals->failed += from->failed;
	totals->relay_success += from->relay_success;
	totals->relay_failed += from->relay_failed;
	totals->nothing += from->nothing;
	totals->anonymous += from->anonymous;
	totals->verdicts += from->verdicts;
	for (size_t i = 0; i < RS_LOG_WRITER_COUNT; i++)
		totals->by_writer[i] += from->by_writer[i];
	if (from->first < totals->first)
		totals->first = from->first;
	if (from->last > totals->last)
		totals->last = from->last;
}

/* How many users ahead memory is fetched. */
#define AHEAD 16U

static int merge_user(struct rs_audit *audit, const struct rs_audit_user *user, uint64_t hash,
		      uint32_t *index_r)
{
	struct rs_audit_user *to;

	if (rs_audit_users_add(&audit->users, rs_audit_users_name(user), user->len, hash, index_r) <
	    0)
		return -1;
	to = rs_audit_users_get(&audit->users, *index_r);
	to->success += user->success;
	to->failed += user->failed;
	return 0;
}

/* users: for each index of from, the one in audit. */
static int merge_users(struct rs_audit *audit, const struct rs_audit *from, uint32_t *users)
{
	uint32_t count = from->users.count;
	uint64_t hashes[AHEAD];

	for (uint32_t begin = 0; begin < count; begin += AHEAD) {
		uint32_t some = count - begin < AHEAD ? count - begin : AHEAD;

		for (uint32_t i = 0; i < some; i++) {
			const struct rs_audit_user *user =
				rs_audit_users_get(&from->users, begin + i);

			hashes[i] = rs_audit_users_hash(&audit->users, rs_audit_users_name(user),
							user->len);
			rs_audit_users_fetch_slot(&audit->users, hashes[i]);
		}
		for (uint32_t i = 0; i < some; i++)
			rs_audit_users_fetch(&audit->users, hashes[i]);
		for (uint32_t i = 0; i < some; i++) {
			if (merge_user(audit, rs_audit_users_get(&from->users, begin + i),
				       hashes[i], &users[begin + i]) < 0)
				return -1;
		}
	}
	return 0;
}

/* pairs: for each index of from, the one in audit. */
static int merge_pairs(struct rs_audit *audit, const struct rs_audit *from, const uint32_t *users,
		       uint32_t *pairs)
{
	for (size_t i = 0; i < from->pair_count; i++) {
		const struct rs_audit_pair *pair = &from->pairs[i];
		struct rs_audit_pair *to;
		size_t index;

		if (rs_audit_pair_add(audit, users[pair->user], pair->relay, &index) < 0)
			return -1;
		pairs[i] = (uint32_t)index;
		to = &audit->pairs[index];
		to->old = to->old || pair->old;
		to->alerts += pair->alerts;
		to->denials += pair->denials;
		rs_audit_tally_merge(&to->tally, &pair->tally);
	}
	return 0;
}

static int merge_addresses(struct rs_audit *audit, const struct rs_audit *from,
			   const uint32_t *pairs)
{
	const struct rs_audit_address *addresses;
	size_t count = rs_audit_addresses(from, &addresses);

	for (size_t i = 0; i < count; i++) {
		const struct rs_audit_address *address = &addresses[i];
		struct rs_audit_tally *tally;

		if (rs_audit_address_add(audit, pairs[address->pair], &address->ip, address->match,
					 &tally) < 0)
			return -1;
		rs_audit_tally_merge(tally, &address->tally);
	}
	return 0;
}

static int merge_days(struct rs_audit *audit, const struct rs_audit *from)
{
	const struct rs_audit_day *days;
	size_t count = rs_audit_days(from, &days);

	for (size_t i = 0; i < count; i++) {
		struct rs_audit_day *day;

		if (rs_audit_day_add(audit, (int64_t)days[i].day * 86400, days[i].relay, &day) < 0)
			return -1;
		day->success += days[i].success;
		day->failed += days[i].failed;
	}
	return 0;
}

/* The example that comes first is kept; the other one goes with from. */
static void merge_faults(struct rs_audit *audit, struct rs_audit *from)
{
	for (size_t i = RS_SCAN_FAULTS; i < RS_SCAN_COUNT; i++) {
		struct rs_audit_fault *to = &audit->faults[i], *of = &from->faults[i];
		uint64_t count = to->count + of->count;

		if (of->example != NULL && (to->example == NULL || of->file < to->file ||
					    (of->file == to->file && of->offset < to->offset))) {
			struct rs_audit_fault swap = *to;

			*to = *of;
			*of = swap;
		}
		to->count = count;
	}
}

static int merge_badclients(struct rs_audit *audit, struct rs_audit *from)
{
	if (from->badclients == NULL)
		return 0;
	if (audit->badclients != NULL)
		return rs_audit_merge(audit->badclients, &from->badclients);
	audit->badclients = from->badclients;
	from->badclients = NULL;
	return 0;
}

int rs_audit_merge(struct rs_audit *audit, struct rs_audit **_from)
{
	struct rs_audit *from = *_from;
	uint32_t *users = calloc((size_t)from->users.count + 1, sizeof(*users));
	uint32_t *pairs = calloc(from->pair_count + 1, sizeof(*pairs));
	int ret = -1;

	merge_totals(&audit->totals, &from->totals);
	merge_faults(audit, from);
	if (users != NULL && pairs != NULL && merge_users(audit, from, users) == 0 &&
	    merge_pairs(audit, from, users, pairs) == 0 &&
	    merge_addresses(audit, from, pairs) == 0 && merge_days(audit, from) == 0 &&
	    rs_audit_policy_merge(audit, from, users) == 0)
		ret = merge_badclients(audit, from);
	free(users);
	free(pairs);
	rs_audit_free(_from);
	return ret;
}

/* Their logins are told by Dovecot's own lines; what was refused is not. */
static int add_refused(struct rs_audit *audit, const struct rs_audit *from)
{
	for (size_t i = 0; i < from->pair_count; i++) {
		const struct rs_audit_pair *pair = &from->pairs[i];
		const struct rs_audit_user *user = rs_audit_users_get(&from->users, pair->user);
		uint32_t index;
		size_t at;

		if (pair->tally.failed == 0)
			continue;
		if (merge_user(audit,
			       &(struct rs_audit_user){ .len = user->len, .name = user->name },
			       rs_audit_users_hash(&audit->users, rs_audit_users_name(user),
						   user->len),
			       &index) < 0 ||
		    rs_audit_pair_add(audit, index, pair->relay, &at) < 0)
			return -1;
		audit->pairs[at].denials += pair->tally.failed;
	}
	audit->totals.by_writer[RS_LOG_BADCLIENTS] += from->totals.by_writer[RS_LOG_BADCLIENTS];
	return 0;
}

/* What dovecot_badclients has seen are the same logins as those of Dovecot's own lines,
 * where there are any: then only what it refused is added. */
static int add_badclients(struct rs_audit *audit)
{
	struct rs_audit *from = audit->badclients;
	int result;

	audit->badclients = NULL;
	if (from == NULL)
		return 0;
	if (audit->totals.by_writer[RS_LOG_DOVECOT] == 0)
		return rs_audit_merge(audit, &from);
	result = add_refused(audit, from);
	rs_audit_free(&from);
	return result;
}

static void count_users(struct rs_audit *audit)
{
	audit->totals.users = audit->totals.relay_users = 0;
	for (uint32_t i = 0; i < audit->users.count; i++) {
		const struct rs_audit_user *user = rs_audit_users_get(&audit->users, i);
		bool relayed = false;

		for (uint32_t pair = user->pair; pair != 0 && !relayed;
		     pair = audit->pairs[pair - 1].next)
			relayed = audit->pairs[pair - 1].tally.success > 0;
		audit->totals.users += user->success > 0;
		audit->totals.relay_users += relayed;
	}
}

int rs_audit_finish(struct rs_audit *audit)
{
	if (add_badclients(audit) < 0)
		return -1;
	count_users(audit);
	return 0;
}

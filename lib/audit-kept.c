/* SPDX-License-Identifier: MIT */
#include "audit-internal.h"

#include "civil.h"

#include <stdlib.h>
#include <string.h>

/* What an item of the sets is found by: no padding. */
struct address_key {
	uint32_t pair;
	struct rs_ip ip;
};
_Static_assert(offsetof(struct rs_audit_address, ip) == offsetof(struct address_key, ip) &&
		       sizeof(struct rs_ip) == 17,
	       "the key is the begin of the item");
#define ADDRESS_KEY_SIZE (offsetof(struct address_key, ip) + sizeof(struct rs_ip))
#define DAY_KEY_SIZE (2 * sizeof(uint32_t))

void rs_audit_tally_init(struct rs_audit_tally *tally)
{
	*tally = (struct rs_audit_tally){
		.first = INT64_MAX,
		.last = INT64_MIN,
		.first_success = INT64_MAX,
		.last_success = INT64_MIN,
	};
}

static void widen(int64_t *first, int64_t *last, int64_t from, int64_t to)
{
	*first = from < *first ? from : *first;
	*last = to > *last ? to : *last;
}

void rs_audit_tally_add(struct rs_audit_tally *tally, const struct rs_scan_entry *entry)
{
	widen(&tally->first, &tally->last, entry->time, entry->time);
	tally->services |= 1U << entry->service;
	if (entry->mechanism != RS_LOG_MECHANISM_NONE)
		tally->mechanisms |= 1U << entry->mechanism;
	if (!entry->success) {
		tally->failed += entry->attempts;
		return;
	}
	tally->success++;
	tally->success_mechanisms |= 1U << entry->mechanism;
	widen(&tally->first_success, &tally->last_success, entry->time, entry->time);
}

void rs_audit_tally_merge(struct rs_audit_tally *tally, const struct rs_audit_tally *from)
{
	widen(&tally->first, &tally->last, from->first, from->last);
	widen(&tally->first_success, &tally->last_success, from->first_success, from->last_success);
	tally->services |= from->services;
	tally->mechanisms |= from->mechanisms;
	tally->success_mechanisms |= from->success_mechanisms;
	tally->success += from->success;
	tally->failed += from->failed;
}

static int grow_pairs(struct rs_audit *audit)
{
	size_t room = audit->pair_room == 0 ? 64 : audit->pair_room + audit->pair_room / 2;
	struct rs_audit_pair *pairs;

	if (audit->pair_count < audit->pair_room)
		return 0;
	if (audit->pair_count >= UINT32_MAX - 1)
		return -1;
	pairs = reallocarray(audit->pairs, room, sizeof(*pairs));
	if (pairs == NULL)
		return -1;
	audit->pairs = pairs;
	audit->pair_room = room;
	return 0;
}

void rs_audit_pair_fetch(const struct rs_audit *audit, uint32_t user)
{
	uint32_t pair = rs_audit_users_get(&audit->users, user)->pair;

	if (pair != 0)
		__builtin_prefetch(&audit->pairs[pair - 1]);
}

int rs_audit_pair_add(struct rs_audit *audit, uint32_t user, uint32_t relay, size_t *index_r)
{
	struct rs_audit_user *of = rs_audit_users_get(&audit->users, user);
	struct rs_audit_pair *pair;

	/* Nobody is with more than a few relays. */
	for (uint32_t i = of->pair; i != 0; i = audit->pairs[i - 1].next) {
		if (audit->pairs[i - 1].relay == relay) {
			*index_r = i - 1;
			return 0;
		}
	}
	if (grow_pairs(audit) < 0)
		return -1;
	*index_r = audit->pair_count++;
	pair = &audit->pairs[*index_r];
	*pair = (struct rs_audit_pair){ .user = user, .relay = relay };
	rs_audit_tally_init(&pair->tally);
	pair->next = of->pair;
	of->pair = (uint32_t)audit->pair_count;
	return 0;
}

int rs_audit_address_add(struct rs_audit *audit, uint32_t pair, const struct rs_ip *ip,
			 const struct rs_match *match, struct rs_audit_tally **tally_r)
{
	struct rs_audit_address *address;
	struct address_key key;
	void *item;
	int ret;

	memset(&key, 0, sizeof(key));
	key.pair = pair;
	key.ip = *ip;
	audit->addresses.size = sizeof(*address);
	audit->addresses.key_size = ADDRESS_KEY_SIZE;
	ret = rs_hashset_add(&audit->addresses, &key, &item);
	if (ret < 0)
		return -1;
	address = item;
	if (ret > 0) {
		address->match = match;
		rs_audit_tally_init(&address->tally);
	}
	*tally_r = &address->tally;
	return 0;
}

int rs_audit_day_add(struct rs_audit *audit, int64_t time, uint32_t relay,
		     struct rs_audit_day **day_r)
{
	int64_t day = time >= 0 ? time / RS_DAY : -1;
	struct rs_audit_day key = { .day = (int32_t)day, .relay = relay };
	void *item;

	audit->days.size = sizeof(key);
	audit->days.key_size = DAY_KEY_SIZE;
	if (rs_hashset_add(&audit->days, &key, &item) < 0)
		return -1;
	*day_r = item;
	return 0;
}

/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "audit-build.h"

#include <stdlib.h>
#include <string.h>

static int by_text(const void *a, const void *b)
{
	const struct audit_address *x = a, *y = b;
	int order = strcmp(x->text, y->text);

	if (order != 0 || x->network == NULL || y->network == NULL)
		return order != 0 ? order : (x->network == NULL) - (y->network == NULL);
	return strcmp(x->network, y->network);
}

static int by_last(const void *a, const void *b)
{
	const struct audit_address *x = a, *y = b;

	if (x->tally.last != y->tally.last)
		return x->tally.last > y->tally.last ? -1 : 1;
	return by_text(a, b);
}

/* Addresses that became one network are one. They are sorted by text. */
static size_t unite(struct audit_address *addresses, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		if (kept > 0 && by_text(&addresses[kept - 1], &addresses[i]) == 0)
			rs_audit_tally_merge(&addresses[kept - 1].tally, &addresses[i].tally);
		else
			addresses[kept++] = addresses[i];
	}
	return kept;
}

static void sort(struct audit_pair *pair, bool united)
{
	if (pair->address_count > 1 && united) {
		qsort(pair->addresses, pair->address_count, sizeof(*pair->addresses), by_text);
		pair->address_count = unite(pair->addresses, pair->address_count);
	}
	if (pair->address_count > 1)
		qsort(pair->addresses, pair->address_count, sizeof(*pair->addresses), by_last);
}

/* Whether a relay's network says more than the one that stands for an address. */
static bool tells_more(const char *network, const char *hidden)
{
	struct rs_net net, than;
	const char *error;

	/* What cannot be compared, for short memory, is not told either. */
	return rs_net_parse(network, strlen(network), &net, NULL, NULL, &error) < 0 ||
	       rs_net_parse(hidden, strlen(hidden), &than, NULL, NULL, &error) < 0 ||
	       net.prefix > than.prefix;
}

static void put(struct audit_pair *pair, const struct rs_audit_address *from, bool hidden)
{
	struct audit_address *address = &pair->addresses[pair->address_count++];

	if (hidden)
		(void)rs_audit_hidden_address(&from->ip, address->text);
	else
		(void)rs_ip_format(&from->ip, address->text);
	address->network = from->match->covers[0].network;
	if (hidden && tells_more(address->network, address->text))
		address->network = NULL;
	address->tally = from->tally;
}

int rs_audit_report_addresses(struct audit_report *report, const struct audit_wishes *wishes,
			      const uint32_t *pair_map)
{
	const struct rs_audit_address *from;
	size_t count = rs_audit_addresses(report->audit, &from), wanted = 0;
	struct audit_address *next;

	for (size_t i = 0; i < count; i++) {
		if (pair_map[from[i].pair] == AUDIT_NOT_THERE)
			continue;
		report->pairs[pair_map[from[i].pair]].address_count++;
		wanted++;
	}
	next = calloc(wanted + 1, sizeof(*next));
	if (next == NULL)
		return -1;
	report->owned.addresses = next;
	for (size_t i = 0; i < report->pair_count; i++) {
		report->pairs[i].addresses = next;
		next += report->pairs[i].address_count;
		report->pairs[i].address_count = 0;
	}
	for (size_t i = 0; i < count; i++) {
		if (pair_map[from[i].pair] != AUDIT_NOT_THERE)
			put(&report->pairs[pair_map[from[i].pair]], &from[i], wishes->key != NULL);
	}
	for (size_t i = 0; i < report->pair_count; i++)
		sort(&report->pairs[i], wishes->key != NULL);
	return 0;
}

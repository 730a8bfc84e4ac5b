/* SPDX-License-Identifier: MIT */
#include "compile-internal.h"

#include <inttypes.h>
#include <stdlib.h>

/* An ASN that a relay names. */
struct wish {
	uint32_t asn;
	bool found;
	size_t relay;
};

struct wishes {
	struct rs_compiled *c;
	const char *path;
	struct rs_diags *diags;
	struct wish *list; /* sorted by ASN, then by relay */
	size_t count;
	bool no_memory;
};

static int by_asn(const void *pa, const void *pb)
{
	const struct wish *a = pa, *b = pb;

	if (a->asn != b->asn)
		return a->asn < b->asn ? -1 : 1;
	return a->relay < b->relay ? -1 : a->relay > b->relay;
}

static int collect_wishes(struct wishes *w)
{
	const struct rs_compiled *c = w->c;
	size_t room = 1;

	for (size_t i = 0; i < c->count; i++)
		room += c->relays[i].def->asn_count;
	w->list = calloc(room, sizeof(*w->list));
	if (w->list == NULL)
		return -1;
	for (size_t i = 0; i < c->count; i++) {
		const struct rs_relay_def *def = c->relays[i].def;

		if (!rs_relay_valid(def, c->now))
			continue;
		for (size_t n = 0; n < def->asn_count; n++)
			w->list[w->count++] = (struct wish){ .asn = def->asns[n], .relay = i };
	}
	qsort(w->list, w->count, sizeof(*w->list), by_asn);
	return 0;
}

/* Gives a network to all relays that name its ASN. */
static int add_network(const struct rs_net *net, uint32_t asn, const char *org, void *context)
{
	struct wishes *w = context;
	struct rs_net copy = *net;
	const struct rs_nets one = { .nets = &copy, .count = 1 };
	size_t first = 0, end = w->count;

	(void)org;
	while (first < end) {
		size_t middle = first + (end - first) / 2;

		if (w->list[middle].asn < asn)
			first = middle + 1;
		else
			end = middle;
	}
	for (; first < w->count && w->list[first].asn == asn; first++) {
		w->list[first].found = true;
		if (rs_compile_add(w->c, w->list[first].relay, &one, w->path, 0, true, w->diags) <
		    0) {
			w->no_memory = true;
			return 1;
		}
	}
	return 0;
}

/* Flattens all ASNs in one pass over the database. */
static int flatten(struct wishes *w)
{
	uint32_t *asns = calloc(w->count + 1, sizeof(*asns));
	size_t count = 0;

	if (asns == NULL)
		return -1;
	for (size_t i = 0; i < w->count; i++) {
		if (count == 0 || asns[count - 1] != w->list[i].asn)
			asns[count++] = w->list[i].asn;
	}
	/* What is wrong with the database is among diags. */
	(void)rs_asndb_flatten(w->c->asndb, asns, count, add_network, w, w->diags);
	free(asns);
	return w->no_memory ? -1 : 0;
}

static void report_missing(const struct wishes *w)
{
	for (size_t i = 0; i < w->count; i++) {
		struct rs_compile_relay *relay = &w->c->relays[w->list[i].relay];

		if (w->list[i].found)
			continue;
		relay->asn_missing_count++;
		if (w->c->asndb != NULL)
			rs_diags_add(w->diags, RS_LEVEL_NOTE, relay->def->file, relay->def->line,
				     "relay \"%s\": AS%" PRIu32 " has no network in %s",
				     relay->def->id, w->list[i].asn, w->path);
	}
	if (w->path != NULL)
		return;
	for (size_t i = 0; i < w->c->count; i++) {
		const struct rs_compile_relay *relay = &w->c->relays[i];

		if (relay->asn_missing_count > 0)
			rs_diags_add(w->diags, RS_LEVEL_NOTE, relay->def->file, relay->def->line,
				     "relay \"%s\": %zu ASN%s not covered without an ASN database",
				     relay->def->id, relay->asn_missing_count,
				     relay->asn_missing_count == 1 ? " is" : "s are");
	}
}

int rs_compile_asns(struct rs_compiled *c, const struct rs_compile_options *options,
		    struct rs_diags *diags)
{
	struct wishes w = { .c = c, .path = options->asn_path, .diags = diags };
	int ret = -1;

	/* Opened also when no relay names an ASN: the records tell whose a network is. */
	if (options->asn_path != NULL)
		c->asndb = rs_asndb_open(options->asn_path, diags);
	if (collect_wishes(&w) < 0)
		goto out;
	if (c->asndb != NULL && w.count > 0 && flatten(&w) < 0)
		goto out;
	report_missing(&w);
	ret = 0;
out:
	free(w.list);
	return ret;
}

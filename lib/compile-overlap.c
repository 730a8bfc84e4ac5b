/* SPDX-License-Identifier: MIT */
#include "compile-internal.h"

#include <stdlib.h>

struct owned {
	struct rs_net net;
	size_t relay;
};

/* A network of one mail-relay inside one of another. */
struct overlap {
	size_t relay, other; /* relay < other */
	const struct owned *wide, *narrow;
};

static int by_net(const void *pa, const void *pb)
{
	const struct owned *a = pa, *b = pb;
	int order = rs_net_cmp(&a->net, &b->net);

	if (order != 0)
		return order;
	return a->relay < b->relay ? -1 : a->relay > b->relay;
}

static int by_relays(const void *pa, const void *pb)
{
	const struct overlap *a = pa, *b = pb;

	if (a->relay != b->relay)
		return a->relay < b->relay ? -1 : 1;
	if (a->other != b->other)
		return a->other < b->other ? -1 : 1;
	return a->narrow < b->narrow ? -1 : a->narrow > b->narrow;
}

/* Finds for each network the narrowest one around it that is another relay's.
 * outer[i] is the network around list[i], i when there is none. Returns how many
 * were found. */
static size_t find_overlaps(const struct owned *list, size_t count, size_t *outer,
			    struct overlap *overlaps)
{
	size_t found = 0;

	for (size_t i = 0; i < count; i++) {
		size_t around = i == 0 ? i : i - 1;

		/* In this order, what is around a network is the one before it or around that. */
		while (around != i && !rs_net_covers(&list[around].net, &list[i].net))
			around = outer[around] == around ? i : outer[around];
		outer[i] = around;
		while (around != i && list[around].relay == list[i].relay)
			around = outer[around] == around ? i : outer[around];
		if (around == i)
			continue;
		overlaps[found] = (struct overlap){ list[i].relay, list[around].relay,
						    &list[around], &list[i] };
		if (overlaps[found].relay > overlaps[found].other) {
			overlaps[found].relay = list[around].relay;
			overlaps[found].other = list[i].relay;
		}
		found++;
	}
	return found;
}

/* One warning for each two relays, with their first overlap. */
static void report(const struct rs_compiled *c, const struct overlap *overlaps, size_t count,
		   struct rs_diags *diags)
{
	for (size_t i = 0, end; i < count; i = end) {
		const struct overlap *o = &overlaps[i];
		const struct rs_relay_def *wide = c->relays[o->wide->relay].def;
		const struct rs_relay_def *narrow = c->relays[o->narrow->relay].def;
		char wide_text[RS_NET_STRLEN], narrow_text[RS_NET_STRLEN];

		for (end = i + 1; end < count && overlaps[end].relay == o->relay &&
				  overlaps[end].other == o->other;)
			end++;
		rs_diags_add(diags, RS_LEVEL_WARNING, narrow->file, narrow->line,
			     "%s of mail-relay \"%s\" lies in %s of mail-relay \"%s\" (%zu such "
			     "network%s); the most specific one is reported",
			     rs_net_format(&o->narrow->net, narrow_text), narrow->id,
			     rs_net_format(&o->wide->net, wide_text), wide->id, end - i,
			     end - i == 1 ? "" : "s");
	}
}

int rs_compile_overlaps(const struct rs_compiled *c, struct rs_diags *diags)
{
	struct overlap *overlaps = NULL;
	struct owned *list = NULL;
	size_t *outer = NULL, count = 0, room = 1;
	int ret = -1;

	for (size_t i = 0; i < c->count; i++) {
		if (c->relays[i].def->class_ == RS_CLASS_MAIL_RELAY)
			room += c->relays[i].net_count;
	}
	list = calloc(room, sizeof(*list));
	outer = calloc(room, sizeof(*outer));
	overlaps = calloc(room, sizeof(*overlaps));
	if (list == NULL || outer == NULL || overlaps == NULL)
		goto out;
	for (size_t i = 0; i < c->count; i++) {
		if (c->relays[i].def->class_ != RS_CLASS_MAIL_RELAY)
			continue;
		for (size_t n = 0; n < c->relays[i].net_count; n++)
			list[count++] = (struct owned){ c->relays[i].nets[n], i };
	}
	qsort(list, count, sizeof(*list), by_net);
	count = find_overlaps(list, count, outer, overlaps);
	qsort(overlaps, count, sizeof(*overlaps), by_relays);
	report(c, overlaps, count, diags);
	ret = 0;
out:
	free(list);
	free(outer);
	free(overlaps);
	return ret;
}

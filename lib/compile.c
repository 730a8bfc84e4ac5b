/* SPDX-License-Identifier: MIT */
#include "compile-internal.h"

#include <stdlib.h>

/* Where the file keeps IPv4 and leads to it: no other network can lie there. And
 * NAT64, whose addresses are looked up as the IPv4 addresses they hold. */
static const struct rs_net reserved[] = {
	{ .ip = { .family = AF_INET6 }, .prefix = 96 },
	{ .ip = { .family = AF_INET6, .bytes = { [10] = 0xff, [11] = 0xff } }, .prefix = 96 },
	{ .ip = { .family = AF_INET6, .bytes = { 0x20, 0x02 } }, .prefix = 16 },
	{ .ip = { .family = AF_INET6, .bytes = { 0x00, 0x64, 0xff, 0x9b } }, .prefix = 96 },
};

/* What an ASN database says of an operator is no slip of the pen: clouds have
 * networks wider than a relay's own definition may name. */
#define WIDEST_ANNOUNCED_V4 8
#define WIDEST_ANNOUNCED_V6 19

/* What is wrong with the network, NULL: nothing. */
static const char *find_fault(const struct rs_relay_def *def, const struct rs_net *net,
			      bool announced)
{
	bool ipv4 = net->ip.family == AF_INET;
	unsigned widest = ipv4 ? RS_WIDEST_V4 : RS_WIDEST_V6;

	if (net->prefix == 0)
		return "is a default route; it would make every login one from this relay";
	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) {
		if (rs_net_covers(&reserved[i], net) || rs_net_covers(net, &reserved[i]))
			return "holds IPv4 addresses in IPv6 form; give the IPv4 network instead";
	}
	if (announced && net->prefix < (ipv4 ? WIDEST_ANNOUNCED_V4 : WIDEST_ANNOUNCED_V6))
		return "is wider than anything one network operator announces; get another ASN "
		       "database";
	if (!announced && net->prefix < widest && !def->wide)
		return ipv4 ? "is wider than /11; if that is meant, give the relay \"wide\": true"
			    : "is wider than /28; if that is meant, give the relay \"wide\": true";
	return NULL;
}

int rs_compile_add(struct rs_compiled *c, size_t i, const struct rs_nets *found, const char *file,
		   unsigned line, bool announced, struct rs_diags *diags)
{
	const struct rs_relay_def *def = c->relays[i].def;

	for (size_t n = 0; n < found->count; n++) {
		const char *fault = find_fault(def, &found->nets[n], announced);
		char text[RS_NET_STRLEN];

		if (fault != NULL)
			rs_diags_add(diags, RS_LEVEL_ERROR, file,
				     found->with_lines ? found->lines[n] : line,
				     "%s of relay \"%s\" %s", rs_net_format(&found->nets[n], text),
				     def->id, fault);
		else if (rs_nets_add(&c->nets[i], &found->nets[n]) < 0)
			return -1;
	}
	return 0;
}

static int add_inline(struct rs_compiled *c, size_t i, struct rs_diags *diags)
{
	struct rs_compile_relay *relay = &c->relays[i];
	const struct rs_relay_def *def = relay->def;

	for (size_t n = 0; n < def->network_count; n++) {
		struct rs_net net = def->networks[n].net;
		const struct rs_nets one = { .nets = &net, .count = 1 };

		if (!rs_relay_net_valid(def, n, c->now))
			relay->expired_count++;
		else if (rs_compile_add(c, i, &one, def->file, def->networks[n].line, false,
					diags) < 0)
			return -1;
	}
	if (relay->expired_count > 0)
		rs_diags_add(diags, RS_LEVEL_NOTE, def->file, def->line,
			     "relay \"%s\": %zu of %zu networks left out, their evidence has "
			     "expired",
			     def->id, relay->expired_count, def->network_count);
	return 0;
}

static int add_files(struct rs_compiled *c, size_t i, struct rs_diags *diags)
{
	const struct rs_relay_def *def = c->relays[i].def;
	struct rs_nets found = { .with_lines = true };
	int ret = 0;

	/* What is wrong with a file is among diags; what was right in it is used,
	 * so that all faults are found. */
	for (size_t n = 0; ret == 0 && n < def->list_count; n++) {
		found.count = 0;
		(void)rs_list_read(def->lists[n].file, &found, diags);
		ret = rs_compile_add(c, i, &found, def->lists[n].file, 0, false, diags);
	}
	for (size_t n = 0; ret == 0 && n < def->feed_count; n++) {
		const struct rs_feed_source *feed = &def->feeds[n];

		found.count = 0;
		(void)rs_feed_read(feed->format, feed->file, feed->select, &found, diags);
		ret = rs_compile_add(c, i, &found, feed->file, 0, false, diags);
	}
	rs_nets_free(&found);
	return ret;
}

static int collect(struct rs_compiled *c, const struct rs_compile_options *options,
		   struct rs_diags *diags)
{
	for (size_t i = 0; i < c->count; i++) {
		const struct rs_relay_def *def = c->relays[i].def;

		if (add_inline(c, i, diags) < 0)
			return -1;
		if (def->list_count + def->feed_count + def->asn_count == 0)
			continue;
		if (rs_relay_valid(def, c->now)) {
			if (add_files(c, i, diags) < 0)
				return -1;
		} else {
			rs_diags_add(diags, RS_LEVEL_NOTE, def->file, def->line,
				     "relay \"%s\": lists, feeds and ASNs left out, their evidence "
				     "has expired",
				     def->id);
		}
	}
	if (rs_compile_asns(c, options, diags) < 0)
		return -1;
	for (size_t i = 0; i < c->count; i++) {
		rs_nets_sort(&c->nets[i]);
		c->relays[i].nets = c->nets[i].nets;
		c->relays[i].net_count = c->nets[i].count;
	}
	return rs_compile_overlaps(c, diags);
}

struct rs_compiled *rs_compile(const struct rs_catalogue *catalogue,
			       const struct rs_compile_options *options, struct rs_diags *diags)
{
	size_t count = rs_catalogue_count(catalogue);
	struct rs_compiled *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->now = options->now;
	c->relays = calloc(count + 1, sizeof(*c->relays));
	c->nets = calloc(count + 1, sizeof(*c->nets));
	if (c->relays == NULL || c->nets == NULL) {
		rs_compiled_free(&c);
		return NULL;
	}
	for (size_t i = 0; i < count; i++) {
		const struct rs_relay_def *def = rs_catalogue_get(catalogue, i);

		if (!def->disabled)
			c->relays[c->count++].def = def;
	}
	if (collect(c, options, diags) < 0)
		rs_compiled_free(&c);
	return c;
}

void rs_compiled_free(struct rs_compiled **compiled)
{
	struct rs_compiled *c = *compiled;

	if (c == NULL)
		return;
	for (size_t i = 0; i < c->count; i++)
		rs_nets_free(&c->nets[i]);
	rs_asndb_close(&c->asndb);
	free(c->nets);
	free(c->relays);
	free(c);
	*compiled = NULL;
}

size_t rs_compiled_count(const struct rs_compiled *compiled)
{
	return compiled->count;
}

const struct rs_compile_relay *rs_compiled_get(const struct rs_compiled *compiled, size_t i)
{
	return &compiled->relays[i];
}

/* SPDX-License-Identifier: MIT */
/* Readers of the feeds that are one JSON document. They ignore members that
 * they do not know, because providers add some now and then; what they need is
 * checked. */
#include "feed.h"

#include <string.h>

bool rs_feed_expect(struct rs_feed *feed, const struct rs_json *value, enum rs_json_type type)
{
	if (rs_json_type(value) == type)
		return true;
	rs_json_complain(feed->source.diags, RS_LEVEL_ERROR, value,
			 "must be %s in a feed of format \"%s\", not %s", rs_json_type_name(type),
			 feed->format->name, rs_json_type_name(rs_json_type(value)));
	feed->source.failed = true;
	return false;
}

const struct rs_json *rs_feed_member(struct rs_feed *feed, const struct rs_json *object,
				     const char *key, enum rs_json_type type, bool required)
{
	const struct rs_json *value = rs_json_member(object, key);

	if (value != NULL)
		return rs_feed_expect(feed, value, type) ? value : NULL;
	if (required) {
		rs_json_complain(feed->source.diags, RS_LEVEL_ERROR, object,
				 "has no \"%s\"; is this a feed of format \"%s\"?", key,
				 feed->format->name);
		feed->source.failed = true;
	}
	return NULL;
}

/* The items of an array; none when it was missing or wrong. */
static size_t items(const struct rs_json *array)
{
	return array != NULL ? rs_json_count(array) : 0;
}

/* All items of an array are networks. */
static void add_items(struct rs_feed *feed, const struct rs_json *array)
{
	size_t i;

	for (i = 0; i < items(array); i++)
		rs_source_add_json(&feed->source, rs_json_at(array, i));
}

/* At least one of two arrays must be there. */
static bool one_of(struct rs_feed *feed, const struct rs_json *root, const char *a, const char *b)
{
	if (!rs_feed_expect(feed, root, RS_JSON_OBJECT))
		return false;
	if (rs_json_member(root, a) != NULL || rs_json_member(root, b) != NULL)
		return true;
	rs_json_complain(feed->source.diags, RS_LEVEL_ERROR, root,
			 "has neither \"%s\" nor \"%s\"; is this a feed of format \"%s\"?", a, b,
			 feed->format->name);
	feed->source.failed = true;
	return false;
}

static void aws_prefixes(struct rs_feed *feed, const struct rs_json *array, const char *key)
{
	size_t i;

	for (i = 0; i < items(array); i++) {
		const struct rs_json *entry = rs_json_at(array, i), *net;
		bool service, region;

		if (!rs_feed_expect(feed, entry, RS_JSON_OBJECT))
			continue;
		net = rs_feed_member(feed, entry, key, RS_JSON_STRING, true);
		/* Both are asked always, so that each sees all values of the feed. */
		service = rs_feed_match_json(feed, "service", rs_json_member(entry, "service"));
		region = rs_feed_match_json(feed, "region", rs_json_member(entry, "region"));
		if (net != NULL && service && region)
			rs_source_add_json(&feed->source, net);
	}
}

void rs_feed_read_aws(struct rs_feed *feed, const struct rs_json *root)
{
	if (!one_of(feed, root, "prefixes", "ipv6_prefixes"))
		return;
	aws_prefixes(feed, rs_feed_member(feed, root, "prefixes", RS_JSON_ARRAY, false),
		     "ip_prefix");
	aws_prefixes(feed, rs_feed_member(feed, root, "ipv6_prefixes", RS_JSON_ARRAY, false),
		     "ipv6_prefix");
}

void rs_feed_read_azure(struct rs_feed *feed, const struct rs_json *root)
{
	const struct rs_json *values;
	size_t i;

	if (!rs_feed_expect(feed, root, RS_JSON_OBJECT))
		return;
	values = rs_feed_member(feed, root, "values", RS_JSON_ARRAY, true);
	for (i = 0; i < items(values); i++) {
		const struct rs_json *entry = rs_json_at(values, i), *properties, *nets;
		bool name, region, service;

		if (!rs_feed_expect(feed, entry, RS_JSON_OBJECT))
			continue;
		properties = rs_feed_member(feed, entry, "properties", RS_JSON_OBJECT, true);
		if (properties == NULL)
			continue;
		nets = rs_feed_member(feed, properties, "addressPrefixes", RS_JSON_ARRAY, true);
		name = rs_feed_match_json(feed, "name", rs_json_member(entry, "name"));
		region = rs_feed_match_json(feed, "region", rs_json_member(properties, "region"));
		service = rs_feed_match_json(feed, "systemService",
					     rs_json_member(properties, "systemService"));
		if (name && region && service)
			add_items(feed, nets);
	}
}

void rs_feed_read_office365(struct rs_feed *feed, const struct rs_json *root)
{
	static const char *const members[] = { "id", "serviceArea", "category", "required" };
	size_t i, m;

	if (!rs_feed_expect(feed, root, RS_JSON_ARRAY))
		return;
	for (i = 0; i < rs_json_count(root); i++) {
		const struct rs_json *entry = rs_json_at(root, i);
		bool selected = true;

		if (!rs_feed_expect(feed, entry, RS_JSON_OBJECT))
			continue;
		for (m = 0; m < sizeof(members) / sizeof(*members); m++) {
			if (!rs_feed_match_json(feed, members[m],
						rs_json_member(entry, members[m])))
				selected = false;
		}
		/* Sets that are reached by name only have no "ips". */
		if (selected)
			add_items(feed, rs_feed_member(feed, entry, "ips", RS_JSON_ARRAY, false));
	}
}

void rs_feed_read_google(struct rs_feed *feed, const struct rs_json *root)
{
	const struct rs_json *prefixes;
	size_t i;

	if (!rs_feed_expect(feed, root, RS_JSON_OBJECT))
		return;
	prefixes = rs_feed_member(feed, root, "prefixes", RS_JSON_ARRAY, true);
	for (i = 0; i < items(prefixes); i++) {
		const struct rs_json *entry = rs_json_at(prefixes, i), *v4, *v6;
		bool service, scope;

		if (!one_of(feed, entry, "ipv4Prefix", "ipv6Prefix"))
			continue;
		v4 = rs_json_member(entry, "ipv4Prefix");
		v6 = rs_json_member(entry, "ipv6Prefix");
		service = rs_feed_match_json(feed, "service", rs_json_member(entry, "service"));
		scope = rs_feed_match_json(feed, "scope", rs_json_member(entry, "scope"));
		if (!service || !scope)
			continue;
		if (v4 != NULL)
			rs_source_add_json(&feed->source, v4);
		if (v6 != NULL)
			rs_source_add_json(&feed->source, v6);
	}
}

static void oracle_region(struct rs_feed *feed, const struct rs_json *region)
{
	const struct rs_json *cidrs;
	bool selected;
	size_t i;

	if (!rs_feed_expect(feed, region, RS_JSON_OBJECT))
		return;
	cidrs = rs_feed_member(feed, region, "cidrs", RS_JSON_ARRAY, true);
	selected = rs_feed_match_json(feed, "region", rs_json_member(region, "region"));
	for (i = 0; i < items(cidrs); i++) {
		const struct rs_json *entry = rs_json_at(cidrs, i), *net;
		bool tags;

		if (!rs_feed_expect(feed, entry, RS_JSON_OBJECT))
			continue;
		net = rs_feed_member(feed, entry, "cidr", RS_JSON_STRING, true);
		tags = rs_feed_match_json(feed, "tags", rs_json_member(entry, "tags"));
		if (net != NULL && selected && tags)
			rs_source_add_json(&feed->source, net);
	}
}

void rs_feed_read_oracle(struct rs_feed *feed, const struct rs_json *root)
{
	const struct rs_json *regions;
	size_t i;

	if (!rs_feed_expect(feed, root, RS_JSON_OBJECT))
		return;
	regions = rs_feed_member(feed, root, "regions", RS_JSON_ARRAY, true);
	for (i = 0; i < items(regions); i++)
		oracle_region(feed, rs_json_at(regions, i));
}

void rs_feed_read_fastly(struct rs_feed *feed, const struct rs_json *root)
{
	if (!one_of(feed, root, "addresses", "ipv6_addresses"))
		return;
	add_items(feed, rs_feed_member(feed, root, "addresses", RS_JSON_ARRAY, false));
	add_items(feed, rs_feed_member(feed, root, "ipv6_addresses", RS_JSON_ARRAY, false));
}

/* Whether this member of GitHub's answer holds networks. Others hold keys,
 * fingerprints and names, some of them in lists of strings too. */
static bool github_has_nets(const struct rs_json *member)
{
	const char *text = rs_json_string(rs_json_at(member, 0));
	bool host_bits = false;
	struct rs_net net;
	const char *error;

	return rs_net_parse(text, strlen(text), &net, NULL, &host_bits, &error) == 0 || host_bits ||
	       error == rs_ip_no_memory;
}

void rs_feed_read_github(struct rs_feed *feed, const struct rs_json *root)
{
	size_t i;

	if (!rs_feed_expect(feed, root, RS_JSON_OBJECT))
		return;
	for (i = 0; i < rs_json_count(root); i++) {
		const struct rs_json *member = rs_json_at(root, i);
		const char *key = rs_json_key(member);

		if (!rs_feed_match_text(feed, "key", key, strlen(key)))
			continue;
		/* A list that was asked for by its name must hold networks. */
		if (feed->value_count > 0) {
			if (rs_feed_expect(feed, member, RS_JSON_ARRAY))
				add_items(feed, member);
		} else if (rs_json_type(member) == RS_JSON_ARRAY && rs_json_count(member) > 0 &&
			   github_has_nets(member)) {
			add_items(feed, member);
		}
	}
}

/* SPDX-License-Identifier: MIT */
/* The networks of a relay, and the evidence for them. */
#include "catalogue-internal.h"

#include <stdlib.h>
#include <string.h>

static const char *const evidence_keys[] = { "source",	 "checked", "expires",
					     "networks", "comment", NULL };

static void check_width(struct rs_catalogue_reader *reader, const struct rs_json *value,
			const struct rs_net *net, bool wide)
{
	unsigned widest = net->ip.family == AF_INET ? RS_WIDEST_V4 : RS_WIDEST_V6;

	if (net->prefix == 0)
		rs_catalogue_complain(reader, value,
				      "\"%s\" is the whole internet; name the networks",
				      rs_json_string(value));
	else if (net->prefix < widest && !wide)
		rs_catalogue_complain(reader, value,
				      "\"%s\" is wider than /%u; if it is meant, add "
				      "\"wide\": true to the relay",
				      rs_json_string(value), widest);
}

static int compare_places(const void *a, const void *b)
{
	const struct rs_catalogue_place *x = a, *y = b;
	int diff = rs_net_cmp(&x->net, &y->net);

	/* The values of a list lie side by side. */
	return diff != 0 ? diff : (x->value > y->value) - (x->value < y->value);
}

static int compare_nets(const void *a, const void *b)
{
	return rs_net_cmp(a, b);
}

/* net first: it is compared with places, which begin with theirs. */
static bool has_place(const struct rs_catalogue_reader *reader, const struct rs_net *net)
{
	return reader->place_count > 0 && bsearch(net, reader->places, reader->place_count,
						  sizeof(*reader->places), compare_nets) != NULL;
}

static void check_twins(struct rs_catalogue_reader *reader)
{
	const struct rs_catalogue_place *places = reader->places;

	for (size_t i = 1, first = 0; i < reader->place_count; i++) {
		if (rs_net_cmp(&places[first].net, &places[i].net) != 0)
			first = i;
		else
			rs_catalogue_complain(reader, places[i].value,
					      "\"%s\" stands in line %u already; remove one",
					      rs_json_string(places[i].value),
					      rs_json_line(places[first].value));
	}
}

void rs_catalogue_read_networks(struct rs_catalogue_reader *reader, const struct rs_json *object,
				struct rs_relay_def *def)
{
	const struct rs_json *array =
		rs_catalogue_member(reader, object, "networks", RS_JSON_ARRAY);
	const struct rs_json *wide = rs_catalogue_member(reader, object, "wide", RS_JSON_BOOL);
	size_t count = array != NULL ? rs_json_count(array) : 0, i;
	struct rs_relay_net *nets = rs_catalogue_alloc(reader, count + 1, sizeof(*nets));

	def->wide = wide != NULL && rs_json_bool(wide);
	reader->places = rs_catalogue_alloc(reader, count + 1, sizeof(*reader->places));
	reader->place_count = 0;
	if (nets == NULL || reader->places == NULL)
		return;
	for (i = 0; i < count; i++) {
		const struct rs_json *value = rs_json_at(array, i);
		struct rs_relay_net *net = &nets[def->network_count];

		if (!rs_catalogue_net(reader, value, &net->net))
			continue;
		net->line = rs_json_line(value);
		check_width(reader, value, &net->net, def->wide);
		reader->places[def->network_count++] =
			(struct rs_catalogue_place){ net->net, value };
	}
	reader->place_count = def->network_count;
	qsort(reader->places, reader->place_count, sizeof(*reader->places), compare_places);
	check_twins(reader);
	def->networks = nets;
}

/* The networks that a piece of evidence supports. */
static void read_supported(struct rs_catalogue_reader *reader, const struct rs_json *object,
			   struct rs_evidence *evidence)
{
	const struct rs_json *array =
		rs_catalogue_member(reader, object, "networks", RS_JSON_ARRAY);
	size_t count = array != NULL ? rs_json_count(array) : 0, i;
	struct rs_net *nets;

	if (array != NULL && count == 0)
		rs_catalogue_complain(reader, array,
				      "is an empty list; leave it out to support all networks");
	nets = rs_catalogue_alloc(reader, count + 1, sizeof(*nets));
	if (nets == NULL)
		return;
	for (i = 0; i < count; i++) {
		const struct rs_json *value = rs_json_at(array, i);
		struct rs_net *net = &nets[evidence->network_count];

		if (!rs_catalogue_net(reader, value, net))
			continue;
		evidence->network_count++;
		if (!has_place(reader, net))
			rs_catalogue_complain(reader, value,
					      "\"%s\" is not among the \"networks\" of the relay",
					      rs_json_string(value));
	}
	/* supports() searches in them. */
	qsort(nets, evidence->network_count, sizeof(*nets), compare_nets);
	evidence->networks = nets;
}

static void read_one(struct rs_catalogue_reader *reader, const struct rs_json *object,
		     struct rs_evidence *evidence)
{
	const struct rs_json *checked, *expires;
	int64_t first, end = 0, expires_end;

	*evidence = (struct rs_evidence){ .source = "", .checked = "", .expires = INT64_MAX };
	if (!rs_catalogue_expect(reader, object, RS_JSON_OBJECT))
		return;
	(void)rs_json_check_keys(reader->diags, object, evidence_keys);
	(void)rs_catalogue_member(reader, object, "comment", RS_JSON_STRING);
	evidence->source = rs_catalogue_text(
		reader, rs_catalogue_required(reader, object, "source", RS_JSON_STRING));
	checked = rs_catalogue_required(reader, object, "checked", RS_JSON_STRING);
	if (checked != NULL && rs_catalogue_date(reader, checked, &first, &end))
		evidence->checked = rs_json_string(checked);
	expires = rs_catalogue_member(reader, object, "expires", RS_JSON_STRING);
	if (expires != NULL && rs_catalogue_date(reader, expires, &first, &expires_end)) {
		evidence->expires = expires_end;
		if (expires_end < end)
			rs_catalogue_complain(reader, expires,
					      "is before \"checked\"; check the dates");
	}
	read_supported(reader, object, evidence);
}

void rs_catalogue_read_evidence(struct rs_catalogue_reader *reader, const struct rs_json *object,
				struct rs_relay_def *def)
{
	const struct rs_json *array =
		rs_catalogue_member(reader, object, "evidence", RS_JSON_ARRAY);
	size_t count = array != NULL ? rs_json_count(array) : 0, i;
	struct rs_evidence *evidence = rs_catalogue_alloc(reader, count + 1, sizeof(*evidence));

	if (evidence == NULL)
		return;
	for (i = 0; i < count; i++)
		read_one(reader, rs_json_at(array, i), &evidence[i]);
	def->evidence = evidence;
	def->evidence_count = count;
}

static bool supports(const struct rs_evidence *evidence, const struct rs_net *net)
{
	return evidence->network_count == 0 ||
	       bsearch(net, evidence->networks, evidence->network_count,
		       sizeof(*evidence->networks), compare_nets) != NULL;
}

/* Whether some evidence that holds at the time now supports net; NULL: lists, ASNs and feeds. */
static bool supported(const struct rs_relay_def *def, const struct rs_net *net, int64_t now)
{
	size_t i;

	for (i = 0; i < def->evidence_count; i++) {
		const struct rs_evidence *evidence = &def->evidence[i];

		if (evidence->expires > now &&
		    (net != NULL ? supports(evidence, net) : evidence->network_count == 0))
			return true;
	}
	return def->evidence_count == 0;
}

bool rs_relay_net_valid(const struct rs_relay_def *relay, size_t i, int64_t now)
{
	return relay->expires > now && supported(relay, &relay->networks[i].net, now);
}

bool rs_relay_valid(const struct rs_relay_def *relay, int64_t now)
{
	return relay->expires > now && supported(relay, NULL, now);
}

void rs_catalogue_check_evidence(struct rs_catalogue_reader *reader, const struct rs_json *object,
				 const struct rs_relay_def *def)
{
	const struct rs_json *networks = rs_json_member(object, "networks");
	size_t i;

	if (def->evidence_count == 0) {
		if (!def->disabled && def->confidence != RS_CONFIDENCE_SHARED)
			rs_catalogue_complain(reader, object,
					      "confidence \"%s\" needs \"evidence\"; name the "
					      "source and when it was checked",
					      rs_confidence_name(def->confidence));
		return;
	}
	for (i = 0; i < def->network_count; i++) {
		char net[RS_NET_STRLEN];

		if (!supported(def, &def->networks[i].net, INT64_MIN))
			rs_catalogue_complain(reader, networks,
					      "no evidence supports %s; add it to the evidence "
					      "that does",
					      rs_net_format(&def->networks[i].net, net));
	}
	if (def->list_count + def->asn_count + def->feed_count > 0 &&
	    !supported(def, NULL, INT64_MIN))
		rs_catalogue_complain(
			reader, object,
			"all evidence names \"networks\", so none supports the lists, "
			"ASNs and feeds; add some without");
}

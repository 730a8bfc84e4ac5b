/* SPDX-License-Identifier: MIT */
/* Readers of the feeds that are texts of one entry per line. */
#include "feed.h"

#include "lines.h"

#include <string.h>

void rs_feed_read_list(struct rs_feed *feed, const char *text, size_t len)
{
	struct rs_lines lines;

	rs_lines_init(&lines, text, len);
	while (rs_lines_next(&lines)) {
		const char *net = lines.text;
		size_t net_len = 0;

		while (net_len < lines.len && net[net_len] != '#' && net[net_len] != ';')
			net_len++;
		rs_trim(&net, &net_len);
		if (net_len > 0)
			rs_source_add_text(&feed->source, lines.line, net, net_len);
	}
}

/* One column of a line of comma separated values; *rest goes behind it. */
static void column(const char **rest, size_t *rest_len, const char **text_r, size_t *len_r)
{
	const char *comma = memchr(*rest, ',', *rest_len);
	size_t len = comma != NULL ? (size_t)(comma - *rest) : *rest_len;

	*text_r = *rest;
	*len_r = len;
	if (comma != NULL)
		len++;
	*rest += len;
	*rest_len -= len;
	rs_trim(text_r, len_r);
}

/* RFC 8805, 2.1: prefix, country, region, city, postal code. Only the prefix is required. */
void rs_feed_read_geofeed(struct rs_feed *feed, const char *text, size_t len)
{
	struct rs_lines lines;

	rs_lines_init(&lines, text, len);
	while (rs_lines_next(&lines)) {
		const char *comment = memchr(lines.text, '#', lines.len), *net, *country;
		size_t net_len, country_len;

		if (comment != NULL)
			lines.len = (size_t)(comment - lines.text);
		if (lines.len == 0)
			continue;
		column(&lines.text, &lines.len, &net, &net_len);
		column(&lines.text, &lines.len, &country, &country_len);
		if (rs_feed_match_text(feed, "country", country, country_len))
			rs_source_add_text(&feed->source, lines.line, net, net_len);
	}
}

/* What the JSON reader says of a single line stands at the line of the file.
 * Returns false when memory was short. */
static bool move_diags(struct rs_feed *feed, struct rs_diags *from, unsigned line)
{
	bool no_memory = rs_diags_memory_short(from);

	if (no_memory) {
		rs_diags_no_memory(feed->source.diags, feed->source.name, line);
		feed->source.failed = true;
	}
	for (size_t i = 0; !no_memory && i < rs_diags_kept(from); i++) {
		const struct rs_diag *diag = rs_diags_get(from, i);

		rs_diags_add(feed->source.diags, diag->level, feed->source.name, line, "%s",
			     diag->text);
	}
	rs_diags_clear(from);
	return !no_memory;
}

/* Returns false when going on would say the same of each line. */
static bool spamhaus_entry(struct rs_feed *feed, const struct rs_json *entry, unsigned line)
{
	const struct rs_json *type = rs_json_member(entry, "type");

	if (type != NULL && strcmp(rs_json_string(type), "metadata") == 0)
		return true;
	if (rs_json_member(entry, "asn") != NULL && rs_json_member(entry, "cidr") == NULL) {
		rs_source_fail(&feed->source, line,
			       "names ASNs, not networks; write those that are meant to \"asns\"");
		return false;
	}
	if (rs_feed_expect(feed, entry, RS_JSON_OBJECT)) {
		const struct rs_json *net =
			rs_feed_member(feed, entry, "cidr", RS_JSON_STRING, true);

		if (net != NULL)
			rs_source_add_json(&feed->source, net);
	}
	return true;
}

void rs_feed_read_spamhaus(struct rs_feed *feed, const char *text, size_t len)
{
	struct rs_diags *all = feed->source.diags, *one = rs_diags_new();
	struct rs_lines lines;
	bool go_on = true;

	if (one == NULL) {
		rs_source_no_memory(&feed->source);
		return;
	}
	rs_lines_init(&lines, text, len);
	while (go_on && rs_lines_next(&lines)) {
		struct rs_json_doc *doc;

		if (lines.len == 0)
			continue;
		feed->source.diags = one;
		doc = rs_json_parse(feed->source.name, lines.text, lines.len, NULL, one);
		if (doc != NULL)
			go_on = spamhaus_entry(feed, rs_json_root(doc), lines.line);
		else
			feed->source.failed = true;
		rs_json_free(&doc);
		feed->source.diags = all;
		go_on = move_diags(feed, one, lines.line) && go_on;
	}
	rs_diags_free(&one);
}

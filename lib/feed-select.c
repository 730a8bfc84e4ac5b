/* SPDX-License-Identifier: MIT */
#include "feed.h"
#include "ascii.h"

#include <stdlib.h>
#include <string.h>

static const struct rs_feed_member *find_member(const struct rs_feed_format *format,
						const char *name)
{
	const struct rs_feed_member *member;

	for (member = format->members; member->name != NULL; member++) {
		if (strcmp(member->name, name) == 0)
			return member;
	}
	return NULL;
}

static bool add_value(struct rs_feed *feed, const struct rs_feed_member *member,
		      const struct rs_json *wanted)
{
	enum rs_json_type type = rs_json_type(wanted);

	if (type != member->type) {
		rs_json_complain(feed->source.diags, RS_LEVEL_ERROR, wanted,
				 "must be %s, or a list of these, not %s",
				 rs_json_type_name(member->type), rs_json_type_name(type));
		return false;
	}
	feed->values[feed->value_count++] =
		(struct rs_feed_value){ .member = (size_t)(member - feed->format->members),
					.wanted = wanted };
	return true;
}

static bool add_member(struct rs_feed *feed, const struct rs_json *asked)
{
	const struct rs_feed_member *member = find_member(feed->format, rs_json_key(asked));
	bool ok = true;
	size_t i;

	if (member == NULL)
		return false;
	if (rs_json_type(asked) != RS_JSON_ARRAY)
		return add_value(feed, member, asked);
	if (rs_json_count(asked) == 0) {
		rs_json_complain(feed->source.diags, RS_LEVEL_ERROR, asked,
				 "is an empty list, which selects nothing; leave it out");
		return false;
	}
	for (i = 0; i < rs_json_count(asked); i++) {
		if (!add_value(feed, member, rs_json_at(asked, i)))
			ok = false;
	}
	return ok;
}

static bool known_members(struct rs_feed *feed, const struct rs_json *select)
{
	const char *names[RS_FEED_MEMBERS_MAX + 1] = { NULL };
	size_t i;

	for (i = 0; feed->format->members[i].name != NULL; i++)
		names[i] = feed->format->members[i].name;
	if (i == 0 && rs_json_count(select) > 0) {
		rs_json_complain(feed->source.diags, RS_LEVEL_ERROR, select,
				 "feeds of format \"%s\" have nothing to select by; leave it out",
				 feed->format->name);
		return false;
	}
	return rs_json_check_keys(feed->source.diags, select, names) == 0;
}

int rs_feed_select(struct rs_feed *feed, const struct rs_json *select)
{
	size_t room = 0, i;
	bool ok;

	if (select == NULL)
		return 0;
	if (rs_json_type(select) != RS_JSON_OBJECT) {
		rs_json_complain(feed->source.diags, RS_LEVEL_ERROR, select,
				 "must be an object, not %s",
				 rs_json_type_name(rs_json_type(select)));
		return -1;
	}
	ok = known_members(feed, select);
	for (i = 0; i < rs_json_count(select); i++)
		room += 1 + rs_json_count(rs_json_at(select, i));
	if (room == 0)
		return ok ? 0 : -1;
	feed->values = calloc(room, sizeof(*feed->values));
	if (feed->values == NULL) {
		rs_source_no_memory(&feed->source);
		return -1;
	}
	for (i = 0; i < rs_json_count(select); i++) {
		if (!add_member(feed, rs_json_at(select, i)))
			ok = false;
	}
	return ok ? 0 : -1;
}

void rs_feed_select_unused(const struct rs_feed *feed)
{
	size_t i;

	for (i = 0; i < feed->value_count; i++) {
		const struct rs_feed_value *value = &feed->values[i];

		if (!value->found)
			rs_json_complain(feed->source.diags, RS_LEVEL_WARNING, value->wanted,
					 "nothing in \"%s\" has this %s", feed->source.name,
					 feed->format->members[value->member].name);
	}
}

static bool scalar_equal(const struct rs_json *wanted, const struct rs_json *value)
{
	if (rs_json_type(wanted) != rs_json_type(value))
		return false;
	switch (rs_json_type(wanted)) {
	case RS_JSON_INT:
		return rs_json_int(wanted) == rs_json_int(value);
	case RS_JSON_BOOL:
		return rs_json_bool(wanted) == rs_json_bool(value);
	case RS_JSON_STRING:
		return strcmp(rs_json_string(wanted), rs_json_string(value)) == 0;
	default:
		return false;
	}
}

/* A value of an entry may itself be a list (Oracle's tags). */
static bool value_equal(const struct rs_json *wanted, const struct rs_json *value)
{
	size_t i;

	if (rs_json_type(value) != RS_JSON_ARRAY)
		return scalar_equal(wanted, value);
	for (i = 0; i < rs_json_count(value); i++) {
		if (scalar_equal(wanted, rs_json_at(value, i)))
			return true;
	}
	return false;
}

bool rs_feed_match_json(struct rs_feed *feed, const char *member, const struct rs_json *value)
{
	bool asked = false, matched = false;
	size_t i;

	for (i = 0; i < feed->value_count; i++) {
		struct rs_feed_value *v = &feed->values[i];

		if (strcmp(feed->format->members[v->member].name, member) != 0)
			continue;
		asked = true;
		if (value != NULL && value_equal(v->wanted, value))
			v->found = matched = true;
	}
	return matched || !asked;
}

bool rs_feed_match_text(struct rs_feed *feed, const char *member, const char *text, size_t len)
{
	bool asked = false, matched = false;
	size_t i;

	for (i = 0; i < feed->value_count; i++) {
		struct rs_feed_value *v = &feed->values[i];
		const struct rs_feed_member *m = &feed->format->members[v->member];
		const char *wanted = rs_json_string(v->wanted);

		if (strcmp(m->name, member) != 0)
			continue;
		asked = true;
		if (text == NULL || strlen(wanted) != len)
			continue;
		if (m->fold ? rs_same_fold(wanted, text, len) : memcmp(wanted, text, len) == 0)
			v->found = matched = true;
	}
	return matched || !asked;
}

/* SPDX-License-Identifier: MIT */
#include "nearest.h"
#include "policy-reader.h"
#include "strbuf.h"
#include "utf8.h"

#include <stdlib.h>
#include <string.h>

#define ID_BYTES "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"
#define RELAY_BYTES "abcdefghijklmnopqrstuvwxyz0123456789-"

size_t rs_reader_count(const struct rs_json *value)
{
	return rs_json_type(value) == RS_JSON_ARRAY ? rs_json_count(value) : 1;
}

const struct rs_json *rs_reader_at(const struct rs_json *value, size_t i)
{
	return rs_json_type(value) == RS_JSON_ARRAY ? rs_json_at(value, i) : value;
}

bool rs_reader_not_empty(struct rs_policy_reader *reader, const struct rs_json *value)
{
	if (rs_reader_count(value) > 0)
		return true;
	rs_json_complain(reader->diags, RS_LEVEL_ERROR, value,
			 "is an empty list, which nothing matches; name something or leave it out");
	return false;
}

static void complain_type(struct rs_policy_reader *reader, const struct rs_json *value,
			  const char *want)
{
	rs_json_complain(reader->diags, RS_LEVEL_ERROR, value, "is %s; write %s",
			 rs_json_type_name(rs_json_type(value)), want);
}

const char *rs_reader_string(struct rs_policy_reader *reader, const struct rs_json *value)
{
	if (rs_json_type(value) == RS_JSON_STRING)
		return rs_json_string(value);
	complain_type(reader, value, "a string");
	return NULL;
}

void rs_reader_bool(struct rs_policy_reader *reader, const struct rs_json *value, bool *bool_r)
{
	if (rs_json_type(value) == RS_JSON_BOOL)
		*bool_r = rs_json_bool(value);
	else
		complain_type(reader, value, "true or false");
}

int rs_reader_word(struct rs_policy_reader *reader, const struct rs_json *value,
		   const char *const *words, size_t count, const char *what)
{
	const char *text = rs_reader_string(reader, value), *near;
	struct rs_strbuf list = { 0 };

	if (text == NULL)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(text, words[i]) == 0)
			return (int)i;
	}
	near = rs_nearest(text, words, count);
	if (near != NULL)
		rs_strbuf_addf(&list, "did you mean \"%s\"?", near);
	else {
		rs_strbuf_add_text(&list, "write one of ");
		for (size_t i = 0; i < count; i++)
			rs_strbuf_addf(&list, "%s%s", i > 0 ? ", " : "", words[i]);
	}
	rs_json_complain(reader->diags, RS_LEVEL_ERROR, value, "\"%s\" is not %s; %s", text, what,
			 rs_strbuf_text(&list));
	rs_strbuf_free(&list);
	return -1;
}

const char *rs_reader_id(struct rs_policy_reader *reader, const struct rs_json *value)
{
	const char *text = rs_reader_string(reader, value);

	if (text == NULL)
		return NULL;
	size_t len = strlen(text);

	if (len >= 1 && len <= RS_POLICY_WORD_MAX && strspn(text, ID_BYTES) == len)
		return rs_reader_copy(reader, text);
	rs_json_complain(reader->diags, RS_LEVEL_ERROR, value,
			 "\"%s\" cannot be used; write 1 to %u of the characters A-Z a-z 0-9 . _ -",
			 text, RS_POLICY_WORD_MAX);
	return NULL;
}

void *rs_reader_alloc(struct rs_policy_reader *reader, size_t size)
{
	void *memory = rs_arena_alloc(&reader->policy->arena, size);

	if (memory == NULL)
		reader->no_memory = true;
	return memory;
}

const char *rs_reader_copy(struct rs_policy_reader *reader, const char *text)
{
	const char *copy = rs_arena_strdup(&reader->policy->arena, text);

	if (copy == NULL)
		reader->no_memory = true;
	return copy;
}

bool rs_reader_network(struct rs_policy_reader *reader, const struct rs_json *value,
		       struct rs_net *net_r)
{
	const char *text = rs_reader_string(reader, value), *error;
	struct rs_net meant;
	bool host_bits = false;
	char buf[RS_NET_STRLEN];

	if (text == NULL)
		return false;
	if (rs_net_parse(text, strlen(text), net_r, &meant, &host_bits, &error) == 0)
		return true;
	if (host_bits)
		rs_json_complain(reader->diags, RS_LEVEL_ERROR, value,
				 "\"%s\" has host bits set; did you mean \"%s\"?", text,
				 rs_net_format(&meant, buf));
	else if (error == rs_ip_no_memory)
		reader->no_memory = true;
	else
		rs_json_complain(reader->diags, RS_LEVEL_ERROR, value, "\"%s\" %s", text, error);
	return false;
}

static int compare_nets(const void *a, const void *b)
{
	return rs_net_cmp(a, b);
}

void rs_reader_networks(struct rs_policy_reader *reader, const struct rs_json *value, bool empty,
			struct rs_netset *set_r)
{
	size_t count = rs_reader_count(value), kept = 0;

	if (!empty && !rs_reader_not_empty(reader, value))
		return;
	struct rs_net *nets = rs_reader_alloc(reader, count * sizeof(*nets));

	if (nets == NULL)
		return;
	for (size_t i = 0; i < count; i++) {
		if (rs_reader_network(reader, rs_reader_at(value, i), &nets[kept]))
			kept++;
	}
	if (kept > 1)
		qsort(nets, kept, sizeof(*nets), compare_nets);
	/* A network comes directly behind one that covers it, or behind others covered by that. */
	for (size_t i = 0; i < kept; i++) {
		if (set_r->count == 0 || !rs_net_covers(&nets[set_r->count - 1], &nets[i]))
			nets[set_r->count++] = nets[i];
	}
	set_r->nets = nets;
}

uint32_t rs_reader_relay(struct rs_policy_reader *reader, const struct rs_json *value,
			 const char *text, const char *where)
{
	struct rs_policy *policy = reader->policy;
	size_t len = strlen(text);
	uint32_t number;

	if (rs_strmap_get(&policy->relay_numbers, text, len, &number))
		return number;
	if (len == 0 || len > RS_POLICY_WORD_MAX || strspn(text, RELAY_BYTES) != len ||
	    text[0] == '-') {
		rs_json_complain(reader->diags, RS_LEVEL_ERROR, value,
				 "\"%s\" cannot be the id of a relay; those are made of a-z, 0-9 "
				 "and - (see \"relaysentry relays\")",
				 text);
		return RS_NO_NUMBER;
	}
	if (policy->relay_count == policy->relay_room) {
		size_t room = policy->relay_room ? policy->relay_room * 2 : 16;
		struct rs_relay_ref *bigger =
			realloc(policy->relays, room * sizeof(*policy->relays));

		if (bigger == NULL) {
			reader->no_memory = true;
			return RS_NO_NUMBER;
		}
		policy->relays = bigger;
		policy->relay_room = room;
	}
	number = (uint32_t)policy->relay_count;
	struct rs_relay_ref *ref = &policy->relays[number];

	ref->id = rs_reader_copy(reader, text);
	ref->file = rs_reader_copy(reader, rs_json_name(value));
	ref->where = rs_reader_copy(reader, where);
	ref->line = rs_json_line(value);
	if (reader->no_memory || rs_strmap_put(&policy->relay_numbers, ref->id, len, number) < 0) {
		reader->no_memory = true;
		return RS_NO_NUMBER;
	}
	policy->relay_count++;
	return number;
}

/* Whether the text is one line without blanks at its ends. */
static bool is_clean(const char *text)
{
	size_t len = strlen(text);
	uint32_t c;

	if (len == 0 || text[0] == ' ' || text[len - 1] == ' ')
		return false;
	for (size_t step; len > 0; text += step, len -= step) {
		step = rs_utf8_char(text, len, &c);
		if (step == 0 || !rs_utf8_printable(c))
			return false;
	}
	return true;
}

const char *rs_reader_user(struct rs_policy_reader *reader, const struct rs_json *value,
			   const char *text)
{
	const char *error = NULL;
	size_t len = strlen(text);

	if (strcmp(text, "*") == 0)
		return "*";
	if (len > RS_POLICY_NAME_MAX)
		error = "is too long for a user name";
	else if (!is_clean(text))
		error = "cannot be a user name; write a name, @domain or *";
	else if (text[0] == '@' && (len == 1 || strchr(text + 1, '@') != NULL))
		error = "is no domain; write @ and the domain, like @example.org";
	else if (strchr(text, '*') != NULL)
		error = "has a * within; write a whole name, @domain, or * alone for everybody";
	if (error != NULL) {
		rs_json_complain(reader->diags, RS_LEVEL_ERROR, value, "\"%s\" %s", text, error);
		return NULL;
	}
	struct rs_user_name user;

	if (text[0] != '@') {
		rs_user_name_set(&user, reader->policy, text);
		return rs_reader_copy(reader, user.name);
	}
	char *copy = rs_reader_alloc(reader, len + 1);

	for (size_t i = 0; copy != NULL && i < len; i++)
		copy[i] = rs_lower(text[i]);
	return copy;
}

bool rs_reader_when(struct rs_policy_reader *reader, const struct rs_json *value, int64_t *first_r,
		    int64_t *end_r)
{
	const char *text = rs_reader_string(reader, value), *error;

	if (text == NULL)
		return false;
	reader->zone.name = reader->policy->timezone;
	if (rs_when_parse(text, &reader->zone, first_r, end_r, &error) == 0)
		return true;
	if (error == rs_when_no_memory) {
		reader->no_memory = true;
		return false;
	}
	rs_json_complain(reader->diags, RS_LEVEL_ERROR, value, "\"%s\" %s", text, error);
	return false;
}

void rs_reader_duration(struct rs_policy_reader *reader, const struct rs_json *value, int64_t min,
			int64_t max, const char *range, const char *example, int64_t *seconds_r)
{
	const char *text = rs_reader_string(reader, value);
	int64_t seconds;

	if (text == NULL)
		return;
	if (rs_duration_parse(text, &seconds) == 0 && seconds >= min && seconds <= max)
		*seconds_r = seconds;
	else
		rs_json_complain(reader->diags, RS_LEVEL_ERROR, value,
				 "\"%s\" is no length of time from %s; write it like %s (s, m, h, "
				 "d, w)",
				 text, range, example);
}

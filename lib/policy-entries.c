/* SPDX-License-Identifier: MIT */
#include "policy-reader.h"

#include <relaysentry/catalogue.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const user_keys[] = { "allow", "deny", "comment", NULL };
static const char *const entry_keys[] = { "relay", "not_after", "comment", NULL };

/* Makes room for one more item of this size. Returns the array, NULL when memory is short. */
static void *grow(struct rs_policy_reader *reader, void *array, size_t count, size_t *room,
		  size_t size)
{
	void *bigger;

	if (count < *room)
		return array;
	bigger = realloc(array, (*room ? *room * 2 : 16) * size);
	if (bigger == NULL)
		reader->no_memory = true;
	else
		*room = *room ? *room * 2 : 16;
	return bigger;
}

static void add_item(struct rs_policy_reader *reader, const struct rs_entry *entry)
{
	struct rs_entries *entries = &reader->policy->entries;
	struct rs_entry *items = grow(reader, entries->items, entries->item_count,
				      &entries->item_room, sizeof(*items));

	if (items == NULL)
		return;
	entries->items = items;
	items[entries->item_count++] = *entry;
	entries->spans[entries->span_count - 1].count++;
}

/* "outlook-mobile", "@cloud" or "*". */
static bool read_target(struct rs_policy_reader *reader, const struct rs_json *value,
			struct rs_entry *entry)
{
	const char *text = rs_reader_string(reader, value);
	enum rs_class class_;

	if (text == NULL)
		return false;
	if (strcmp(text, "*") == 0) {
		entry->kind = RS_ENTRY_ANY;
		return true;
	}
	if (text[0] == '@') {
		entry->kind = RS_ENTRY_CLASS;
		if (rs_class_parse(text + 1, &class_) == 0) {
			entry->what = class_;
			return true;
		}
		rs_json_complain(reader->diags, RS_LEVEL_ERROR, value,
				 "\"%s\" is no class; write @mail-relay, @privacy-proxy or @cloud",
				 text);
		return false;
	}
	entry->kind = RS_ENTRY_RELAY;
	entry->what = rs_reader_relay(reader, value, text, "a user entry");
	return entry->what != RS_NO_NUMBER;
}

static void read_entry(struct rs_policy_reader *reader, const struct rs_json *item, bool deny)
{
	struct rs_entry entry = { .end = INT64_MAX, .deny = deny };
	const struct rs_json *value;
	int64_t first;
	bool ok;

	if (rs_json_type(item) != RS_JSON_OBJECT) {
		if (rs_json_type(item) != RS_JSON_STRING)
			rs_json_complain(reader->diags, RS_LEVEL_ERROR, item,
					 "is %s; write a relay's id, @class, *, or an object",
					 rs_json_type_name(rs_json_type(item)));
		else if (read_target(reader, item, &entry))
			add_item(reader, &entry);
		return;
	}
	rs_json_check_keys(reader->diags, item, entry_keys);
	if ((value = rs_json_member(item, "comment")) != NULL)
		(void)rs_reader_string(reader, value);
	if ((value = rs_json_member(item, "not_after")) != NULL)
		(void)rs_reader_when(reader, value, &first, &entry.end);
	value = rs_json_member(item, "relay");
	if (value == NULL)
		rs_json_complain(reader->diags, RS_LEVEL_ERROR, item,
				 "has no \"relay\"; write a relay's id, @class or *");
	ok = value != NULL && read_target(reader, value, &entry);
	if (ok)
		add_item(reader, &entry);
}

static void read_list(struct rs_policy_reader *reader, const struct rs_json *list, bool deny)
{
	if (list == NULL)
		return;
	for (size_t i = 0; i < rs_reader_count(list); i++)
		read_entry(reader, rs_reader_at(list, i), deny);
}

/* Begins the entries of a user. false with an error. */
static bool begin_user(struct rs_policy_reader *reader, const struct rs_json *value)
{
	struct rs_entries *entries = &reader->policy->entries;
	const char *user = rs_reader_user(reader, value, rs_json_key(value));
	struct rs_entry_span *spans;
	uint32_t index;

	if (user == NULL)
		return false;
	if (rs_strmap_get(&entries->users, user, strlen(user), &index)) {
		rs_json_complain(reader->diags, RS_LEVEL_ERROR, value,
				 "is the same user as in line %u (case does not count, and "
				 "default_domain is supplied); put all entries into one place",
				 entries->spans[index].line);
		return false;
	}
	spans = grow(reader, entries->spans, entries->span_count, &entries->span_room,
		     sizeof(*spans));
	if (spans == NULL)
		return false;
	entries->spans = spans;
	index = (uint32_t)entries->span_count;
	spans[index] = (struct rs_entry_span){ user, rs_json_key_line(value),
					       (uint32_t)entries->item_count, 0 };
	if (rs_strmap_put(&entries->users, user, strlen(user), index) < 0) {
		reader->no_memory = true;
		return false;
	}
	entries->span_count++;
	return true;
}

/* More particular first; deny before allow at equal rank: the first that covers
 * a relay decides. */
static int compare_entries(const void *a, const void *b)
{
	const struct rs_entry *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return (int)y->deny - (int)x->deny;
}

static void read_user(struct rs_policy_reader *reader, const struct rs_json *value)
{
	struct rs_entries *entries = &reader->policy->entries;
	const struct rs_json *comment;

	if (rs_json_type(value) != RS_JSON_OBJECT) {
		rs_json_complain(reader->diags, RS_LEVEL_ERROR, value,
				 "is %s; write an object with \"allow\" or \"deny\"",
				 rs_json_type_name(rs_json_type(value)));
		return;
	}
	rs_json_check_keys(reader->diags, value, user_keys);
	if ((comment = rs_json_member(value, "comment")) != NULL)
		(void)rs_reader_string(reader, comment);
	if (!begin_user(reader, value))
		return;
	read_list(reader, rs_json_member(value, "deny"), true);
	read_list(reader, rs_json_member(value, "allow"), false);

	const struct rs_entry_span *span = &entries->spans[entries->span_count - 1];

	if (span->count > 1)
		qsort(entries->items + span->first, span->count, sizeof(*entries->items),
		      compare_entries);
}

void rs_reader_entries(struct rs_policy_reader *reader, const struct rs_json *object)
{
	if (rs_json_type(object) != RS_JSON_OBJECT) {
		rs_json_complain(reader->diags, RS_LEVEL_ERROR, object,
				 "is %s; write an object whose keys are users",
				 rs_json_type_name(rs_json_type(object)));
		return;
	}
	for (size_t i = 0; i < rs_json_count(object) && !reader->no_memory; i++)
		read_user(reader, rs_json_at(object, i));
}

void rs_entries_free(struct rs_entries *entries)
{
	rs_strmap_clear(&entries->users);
	free(entries->spans);
	free(entries->items);
	*entries = (struct rs_entries){ 0 };
}

/* --- telling them --- */

struct teller {
	const struct rs_policy *policy;
	void (*entry)(const struct rs_policy_entry *entry, void *context);
	void *context;
};

static size_t tell_span(const struct teller *teller, const char *name, size_t len)
{
	const struct rs_entries *entries = &teller->policy->entries;
	const struct rs_entry_span *span;
	uint32_t index;

	if (name == NULL || !rs_strmap_get(&entries->users, name, len, &index))
		return 0;
	span = &entries->spans[index];
	for (uint32_t i = 0; i < span->count && teller->entry != NULL; i++) {
		const struct rs_entry *item = &entries->items[span->first + i];
		struct rs_policy_entry told = {
			.user = span->user, .relay = "*", .deny = item->deny, .end = item->end
		};
		char class_[32];

		if (item->kind == RS_ENTRY_RELAY)
			told.relay = teller->policy->relays[item->what].id;
		if (item->kind == RS_ENTRY_CLASS) {
			snprintf(class_, sizeof(class_), "@%s",
				 rs_class_name((enum rs_class)item->what));
			told.relay = class_;
		}
		teller->entry(&told, teller->context);
	}
	return span->count;
}

size_t rs_policy_user_entries(const struct rs_policy *policy, const char *user,
			      void (*entry)(const struct rs_policy_entry *entry, void *context),
			      void *context)
{
	const struct teller teller = { policy, entry, context };
	struct rs_user_name name;

	rs_user_name_set(&name, policy, user);
	return tell_span(&teller, name.name, name.len) +
	       tell_span(&teller, name.domain, name.domain_len) + tell_span(&teller, "*", 1);
}

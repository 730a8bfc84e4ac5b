/* SPDX-License-Identifier: MIT */
#include "decide-internal.h"

#include <stdio.h>
#include <string.h>

/* The covers that are asked about. */
struct target {
	const struct rs_cover *covers;
	uint32_t count;
};

/* One source of entries. Returns false when it has none for the target. */
typedef bool source_function(const struct rs_decision *d, const struct target *target,
			     enum rs_action *action_r);

static bool exception_covers(const char *what, const struct target *target)
{
	if (what[0] == '*')
		return true;
	for (uint32_t i = 0; i < target->count; i++) {
		const struct rs_relay *relay = target->covers[i].relay;

		if (strcmp(what[0] == '@' ? what + 1 : what,
			   what[0] == '@' ? rs_class_name(relay->class_) : relay->id) == 0)
			return true;
	}
	return false;
}

static bool from_exceptions(const struct rs_decision *d, const struct target *target,
			    enum rs_action *action_r)
{
	const struct rs_exceptions *exceptions = d->login->exceptions;
	struct rs_verdict *verdict = d->verdict;

	if (d->login->exceptions_pending) {
		verdict->wants_exceptions = true;
		return false;
	}
	/* They lie in the order of their rank. */
	for (size_t i = 0; exceptions != NULL && i < rs_exceptions_count(exceptions); i++) {
		const struct rs_exception *exception = rs_exceptions_get(exceptions, i);

		if (d->login->time >= exception->not_after ||
		    !exception_covers(exception->relay, target))
			continue;
		*action_r = RS_ACTION_ALLOW;
		snprintf(verdict->entry_text, sizeof(verdict->entry_text), "exception %s",
			 exception->relay);
		verdict->entry_source = verdict->entry_text;
		verdict->exception = exception;
		return true;
	}
	return false;
}

static bool item_is(const char *item, size_t len, const char *word)
{
	if (strlen(word) != len)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (rs_lower(item[i]) != word[i])
			return false;
	}
	return true;
}

static bool item_covers(const char *item, size_t len, enum rs_entry_kind kind,
			const struct target *target)
{
	if (kind == RS_ENTRY_ANY)
		return len == 1 && item[0] == '*';
	for (uint32_t i = 0; i < target->count; i++) {
		const struct rs_relay *relay = target->covers[i].relay;

		if (kind == RS_ENTRY_RELAY && item_is(item, len, relay->id))
			return true;
		if (kind == RS_ENTRY_CLASS && item[0] == '@' &&
		    item_is(item + 1, len - 1, rs_class_name(relay->class_)))
			return true;
	}
	return false;
}

static bool list_covers(const char *list, enum rs_entry_kind kind, const struct target *target)
{
	const char *item;
	size_t len;

	while (list != NULL && rs_list_next(&list, &item, &len)) {
		if (item_covers(item, len, kind, target))
			return true;
	}
	return false;
}

static bool from_fields(const struct rs_decision *d, const struct target *target,
			enum rs_action *action_r)
{
	if (d->login->allow == NULL && d->login->deny == NULL)
		return false;
	for (int kind = RS_ENTRY_RELAY; kind <= RS_ENTRY_ANY; kind++) {
		if (list_covers(d->login->deny, (enum rs_entry_kind)kind, target)) {
			*action_r = RS_ACTION_DENY;
			d->verdict->entry_source = "passdb field relaysentry_deny";
			return true;
		}
		if (list_covers(d->login->allow, (enum rs_entry_kind)kind, target)) {
			*action_r = RS_ACTION_ALLOW;
			d->verdict->entry_source = "passdb field relaysentry_allow";
			return true;
		}
	}
	return false;
}

static bool entry_covers(const struct rs_decision *d, const struct rs_entry *entry,
			 const struct target *target)
{
	if (d->login->time >= entry->end)
		return false;
	if (entry->kind == RS_ENTRY_ANY)
		return true;
	for (uint32_t i = 0; i < target->count; i++) {
		const struct rs_cover *cover = &target->covers[i];

		if (entry->what == (entry->kind == RS_ENTRY_CLASS
					    ? (uint32_t)cover->relay->class_
					    : rs_cover_number(d->policy, cover)))
			return true;
	}
	return false;
}

static bool from_span(const struct rs_decision *d, const struct target *target, const char *name,
		      size_t len, enum rs_action *action_r)
{
	const struct rs_entries *entries = &d->policy->entries;
	uint32_t index;

	if (name == NULL || !rs_strmap_get(&entries->users, name, len, &index))
		return false;
	const struct rs_entry_span *span = &entries->spans[index];

	/* They lie in the order of their rank. */
	for (uint32_t i = 0; i < span->count; i++) {
		const struct rs_entry *entry = &entries->items[span->first + i];

		if (!entry_covers(d, entry, target))
			continue;
		*action_r = entry->deny ? RS_ACTION_DENY : RS_ACTION_ALLOW;
		snprintf(d->verdict->entry_text, sizeof(d->verdict->entry_text), "user_entries %s",
			 span->user);
		d->verdict->entry_source = d->verdict->entry_text;
		return true;
	}
	return false;
}

static bool from_user_entries(const struct rs_decision *d, const struct target *target,
			      enum rs_action *action_r)
{
	return d->user != NULL &&
	       (from_span(d, target, d->user->name, d->user->len, action_r) ||
		from_span(d, target, d->user->domain, d->user->domain_len, action_r) ||
		from_span(d, target, "*", 1, action_r));
}

/* In the order in which they are asked. */
static source_function *const sources[] = {
	from_exceptions,
	from_fields,
	from_user_entries,
};

bool rs_entries_decide(const struct rs_decision *d, const struct rs_rule *rule,
		       enum rs_action *action_r)
{
	const struct target target = { d->covers, rs_rule_covers(d, rule) };

	/* Entries are about relays. */
	if (target.count == 0)
		return false;
	for (size_t i = 0; i < sizeof(sources) / sizeof(*sources); i++) {
		if (sources[i](d, &target, action_r))
			return true;
	}
	return false;
}

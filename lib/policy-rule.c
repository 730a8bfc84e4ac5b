/* SPDX-License-Identifier: MIT */
#include "policy-reader.h"

#include <stdio.h>
#include <string.h>

/* The keys of a rule besides its conditions. */
#define RULE_KEYS                                                                                  \
	"id", "action", "tag", "mode", "reply", "message", "covering", "any_address", "notify",    \
		"not", "comment"
#define COND_KEYS                                                                                  \
	"relay", "class", "network", "via", "user", "group", "service", "mechanism", "credential", \
		"tls", "min_tls", "master", "not_before", "not_after"

static const char *const rule_keys[] = { RULE_KEYS, COND_KEYS, NULL };
static const char *const cond_keys[] = { COND_KEYS, NULL };

/* What is written in place of a rule's id when no_address refuses. */
static const char *const reserved_ids[] = { "no_address" };

static void read_id(struct rs_policy_reader *reader, const struct rs_json *object,
		    struct rs_strmap *ids, struct rs_rule *rule)
{
	const struct rs_json *value = rs_json_member(object, "id");
	uint32_t line;

	if (value == NULL) {
		rs_json_complain(reader->diags, RS_LEVEL_ERROR, object,
				 "has no \"id\"; give the rule a name that log lines can show");
		return;
	}
	rule->id = rs_reader_id(reader, value);
	if (rule->id == NULL)
		return;
	for (size_t i = 0; i < sizeof(reserved_ids) / sizeof(*reserved_ids); i++) {
		if (strcmp(rule->id, reserved_ids[i]) == 0)
			rs_json_complain(reader->diags, RS_LEVEL_ERROR, value,
					 "\"%s\" is a word of relaysentry's own; choose another id",
					 rule->id);
	}
	if (rs_strmap_get(ids, rule->id, strlen(rule->id), &line))
		rs_json_complain(reader->diags, RS_LEVEL_ERROR, value,
				 "\"%s\" is the id of another rule, in line %u; choose another",
				 rule->id, (unsigned)line);
	else if (rs_strmap_put(ids, rule->id, strlen(rule->id), rs_json_line(value)) < 0)
		reader->no_memory = true;
}

static bool read_action(struct rs_policy_reader *reader, const struct rs_json *object,
			struct rs_rule *rule)
{
	static const char *const words[] = { "allow", "tag", "alert", "deny", "user-policy" };
	const struct rs_json *value = rs_json_member(object, "action");
	int index;

	if (value == NULL) {
		rs_json_complain(reader->diags, RS_LEVEL_ERROR, object,
				 "has no \"action\"; write one of tag, allow, alert, deny, "
				 "user-policy");
		return false;
	}
	index = rs_reader_word(reader, value, words, 5, "an action");
	if (index < 0)
		return false;
	rule->action = (enum rs_action)index;
	return true;
}

static void read_tag(struct rs_policy_reader *reader, const struct rs_json *object,
		     struct rs_rule *rule, bool action_known)
{
	const struct rs_json *value = rs_json_member(object, "tag");

	if (value != NULL)
		rule->tag = rs_reader_id(reader, value);
	if (!action_known)
		return;
	if (value == NULL && rule->action == RS_ACTION_TAG)
		rs_json_complain(reader->diags, RS_LEVEL_ERROR, object,
				 "has the action tag but no \"tag\"; name the label");
	if (value != NULL && rule->action != RS_ACTION_TAG)
		rs_json_complain(reader->diags, RS_LEVEL_ERROR, value,
				 "belongs to the action tag, and this one is %s; put the label "
				 "into a rule of its own before this one",
				 rs_action_name(rule->action));
}

static void read_message(struct rs_policy_reader *reader, const struct rs_json *value,
			 struct rs_rule *rule)
{
	const char *text = rs_reader_string(reader, value);

	if (text == NULL)
		return;
	size_t len = strlen(text);

	if (len == 0 || len > RS_POLICY_MESSAGE_MAX) {
		rs_json_complain(reader->diags, RS_LEVEL_ERROR, value,
				 "has %zu bytes; write 1 to %u", len, RS_POLICY_MESSAGE_MAX);
		return;
	}
	for (size_t i = 0; i < len; i++) {
		if (text[i] < 0x20 || text[i] > 0x7e) {
			rs_json_complain(
				reader->diags, RS_LEVEL_ERROR, value,
				"has a byte that is not printable ASCII at place %zu; mail "
				"protocols take one line of ASCII only",
				i + 1);
			return;
		}
	}
	rule->message = rs_reader_copy(reader, text);
}

static void read_reply(struct rs_policy_reader *reader, const struct rs_json *object,
		       struct rs_rule *rule, bool action_known)
{
	static const char *const words[] = { "generic", "reason" };
	const struct rs_json *reply = rs_json_member(object, "reply");
	const struct rs_json *message = rs_json_member(object, "message");
	const struct rs_json *pair[] = { reply, message };
	bool may = rule->action == RS_ACTION_DENY || rule->action == RS_ACTION_USER_POLICY;
	int index = reply != NULL ? rs_reader_word(reader, reply, words, 2, "a reply") : -1;

	if (index >= 0) {
		rule->reply_given = true;
		rule->reply = (enum rs_reply)index;
	}
	if (message != NULL)
		read_message(reader, message, rule);
	for (size_t i = 0; action_known && !may && i < 2; i++) {
		if (pair[i] != NULL)
			rs_json_complain(reader->diags, RS_LEVEL_ERROR, pair[i],
					 "belongs to the actions deny and user-policy, and this "
					 "one is %s; leave it out",
					 rs_action_name(rule->action));
	}
	if (message != NULL && rule->reply_given && rule->reply == RS_REPLY_GENERIC)
		rs_json_complain(reader->diags, RS_LEVEL_ERROR, message,
				 "is never told when the reply is generic; leave it out, or write "
				 "\"reply\": \"reason\"");
}

static void read_not(struct rs_policy_reader *reader, const struct rs_json *value,
		     const char *where, struct rs_rule *rule)
{
	if (rs_json_type(value) != RS_JSON_OBJECT) {
		rs_json_complain(reader->diags, RS_LEVEL_ERROR, value,
				 "is %s; write an object with conditions",
				 rs_json_type_name(rs_json_type(value)));
		return;
	}
	if (rs_json_count(value) == 0)
		rs_json_complain(reader->diags, RS_LEVEL_ERROR, value,
				 "names no condition; leave it out");
	rs_json_check_keys(reader->diags, value, cond_keys);
	rs_reader_conds(reader, value, where, &rule->not_conds);
}

static void read_rule(struct rs_policy_reader *reader, const struct rs_json *object,
		      struct rs_strmap *ids, struct rs_rule *rule)
{
	static const char *const modes[] = { "none", "testing", "enforce" };
	const struct rs_json *value;
	char where[RS_POLICY_WORD_MAX + 16];
	bool action_known;
	int index;

	rule->mode = RS_MODE_ENFORCE;
	rule->line = rs_json_line(object);
	if (rs_json_type(object) != RS_JSON_OBJECT) {
		rs_json_complain(reader->diags, RS_LEVEL_ERROR, object, "is %s; write an object",
				 rs_json_type_name(rs_json_type(object)));
		return;
	}
	rs_json_check_keys(reader->diags, object, rule_keys);
	read_id(reader, object, ids, rule);
	snprintf(where, sizeof(where), "rule \"%s\"", rule->id != NULL ? rule->id : "");
	action_known = read_action(reader, object, rule);
	read_tag(reader, object, rule, action_known);
	read_reply(reader, object, rule, action_known);
	if ((value = rs_json_member(object, "mode")) != NULL &&
	    (index = rs_reader_word(reader, value, modes, 3, "a mode")) >= 0)
		rule->mode = (enum rs_mode)index;
	if ((value = rs_json_member(object, "covering")) != NULL)
		rs_reader_bool(reader, value, &rule->covering);
	if ((value = rs_json_member(object, "any_address")) != NULL)
		rs_reader_bool(reader, value, &rule->any_address);
	if ((value = rs_json_member(object, "notify")) != NULL)
		rs_reader_bool(reader, value, &rule->notify);
	if ((value = rs_json_member(object, "comment")) != NULL)
		(void)rs_reader_string(reader, value);
	rs_reader_conds(reader, object, where, &rule->conds);
	if ((value = rs_json_member(object, "not")) != NULL)
		read_not(reader, value, where, rule);
}

/* A verdict has room for RS_TAGS_MAX tags, so a policy may not have more. */
static void count_tags(struct rs_policy_reader *reader, const struct rs_json *list)
{
	const struct rs_policy *policy = reader->policy;
	struct rs_strmap tags = { 0 };
	uint32_t ignored;

	for (size_t i = 0; i < policy->rule_count; i++) {
		const char *tag = policy->rules[i].tag;

		if (tag == NULL || rs_strmap_get(&tags, tag, strlen(tag), &ignored))
			continue;
		if (rs_strmap_put(&tags, tag, strlen(tag), 0) < 0)
			reader->no_memory = true;
	}
	if (tags.count > RS_TAGS_MAX)
		rs_json_complain(reader->diags, RS_LEVEL_ERROR, list,
				 "name %zu different tags; a login can have %d", tags.count,
				 RS_TAGS_MAX);
	rs_strmap_clear(&tags);
}

void rs_reader_rules(struct rs_policy_reader *reader, const struct rs_json *list)
{
	struct rs_policy *policy = reader->policy;
	struct rs_strmap ids = { 0 };
	size_t count = rs_json_count(list);

	if (rs_json_type(list) != RS_JSON_ARRAY) {
		rs_json_complain(reader->diags, RS_LEVEL_ERROR, list,
				 "is %s; write a list of rules",
				 rs_json_type_name(rs_json_type(list)));
		return;
	}
	if (count > RS_POLICY_MAX_RULES) {
		rs_json_complain(
			reader->diags, RS_LEVEL_ERROR, list,
			"has %zu rules; at most %u are allowed (lists in one rule, or user "
			"entries, say more with less)",
			count, RS_POLICY_MAX_RULES);
		return;
	}
	policy->rules = rs_reader_alloc(reader, count * sizeof(*policy->rules));
	for (size_t i = 0; policy->rules != NULL && i < count; i++) {
		read_rule(reader, rs_json_at(list, i), &ids, &policy->rules[i]);
		policy->rule_count++;
	}
	count_tags(reader, list);
	rs_strmap_clear(&ids);
}

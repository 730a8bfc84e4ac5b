/* SPDX-License-Identifier: MIT */
#include "policy-reader.h"

#include <stdlib.h>
#include <string.h>

/* Reads the value of one key of the policy. */
typedef void key_function(struct rs_policy_reader *reader, const struct rs_json *value);

/* A path, taken relative to the folder of the policy. */
static const char *read_path(struct rs_policy_reader *reader, const struct rs_json *value)
{
	const char *text = rs_reader_string(reader, value);
	const char *slash = strrchr(reader->policy->path, '/');
	size_t folder = slash != NULL ? (size_t)(slash - reader->policy->path) + 1 : 0;

	if (text == NULL)
		return NULL;
	if (text[0] == '\0') {
		rs_json_complain(reader->diags, RS_LEVEL_ERROR, value,
				 "is empty; name a file or leave it out");
		return NULL;
	}
	if (text[0] == '/' || folder == 0)
		return rs_reader_copy(reader, text);
	char *path = rs_reader_alloc(reader, folder + strlen(text) + 1);

	if (path != NULL) {
		memcpy(path, reader->policy->path, folder);
		memcpy(path + folder, text, strlen(text) + 1);
	}
	return path;
}

static void read_version(struct rs_policy_reader *reader, const struct rs_json *value)
{
	if (rs_json_type(value) != RS_JSON_INT || rs_json_int(value) != 1)
		rs_json_complain(reader->diags, RS_LEVEL_ERROR, value,
				 "must be 1, the only version there is");
}

static void read_database(struct rs_policy_reader *reader, const struct rs_json *value)
{
	const char *path = read_path(reader, value);

	if (path != NULL)
		reader->policy->database = path;
}

static void read_mode(struct rs_policy_reader *reader, const struct rs_json *value)
{
	static const char *const words[] = { "none", "testing", "enforce" };
	int index = rs_reader_word(reader, value, words, 3, "a mode");

	if (index >= 0)
		reader->policy->mode = (enum rs_mode)index;
}

static void read_own_networks(struct rs_policy_reader *reader, const struct rs_json *value)
{
	rs_reader_networks(reader, value, true, &reader->policy->own_networks);
}

static void read_no_address(struct rs_policy_reader *reader, const struct rs_json *value)
{
	static const char *const words[] = { "allow", "deny" };
	int index = rs_reader_word(reader, value, words, 2, "what no_address can be");

	if (index >= 0)
		reader->policy->no_address = index == 1 ? RS_ACTION_DENY : RS_ACTION_ALLOW;
}

static void read_default_domain(struct rs_policy_reader *reader, const struct rs_json *value)
{
	const char *text = rs_reader_string(reader, value);

	if (text == NULL)
		return;
	size_t len = strlen(text);

	if (len == 0 || len >= RS_POLICY_NAME_MAX || strpbrk(text, "@* \t/") != NULL) {
		rs_json_complain(reader->diags, RS_LEVEL_ERROR, value,
				 "\"%s\" is no domain; write it like example.org, without @", text);
		return;
	}
	char *copy = rs_reader_alloc(reader, len + 1);

	for (size_t i = 0; copy != NULL && i < len; i++)
		copy[i] = rs_lower(text[i]);
	if (copy != NULL) {
		reader->policy->default_domain = copy;
		reader->policy->default_domain_len = len;
	}
}

static void read_timezone(struct rs_policy_reader *reader, const struct rs_json *value)
{
	const char *text = rs_reader_string(reader, value);

	if (text == NULL)
		return;
	if (!rs_zone_exists(text)) {
		rs_json_complain(reader->diags, RS_LEVEL_ERROR, value,
				 "\"%s\" is no time zone of this system; write one like "
				 "Europe/Berlin or UTC (on Debian they come with tzdata)",
				 text);
		return;
	}
	text = rs_reader_copy(reader, text);
	if (text != NULL)
		reader->policy->timezone = text;
}

static void read_nat64(struct rs_policy_reader *reader, const struct rs_json *value)
{
	struct rs_policy *policy = reader->policy;
	size_t count = rs_reader_count(value);

	policy->nat64 = rs_reader_alloc(reader, count * sizeof(*policy->nat64));
	for (size_t i = 0; policy->nat64 != NULL && i < count; i++) {
		const struct rs_json *item = rs_reader_at(value, i);
		struct rs_net *net = &policy->nat64[policy->nat64_count];

		if (!rs_reader_network(reader, item, net))
			continue;
		if (rs_nat64_prefix_valid(net))
			policy->nat64_count++;
		else
			rs_json_complain(reader->diags, RS_LEVEL_ERROR, item,
					 "\"%s\" is no NAT64 prefix; they are IPv6 networks of the "
					 "lengths 32, 40, 48, 56, 64 and 96",
					 rs_json_string(item));
	}
}

static void read_max_age(struct rs_policy_reader *reader, const struct rs_json *value)
{
	rs_reader_duration(reader, value, 1, INT64_MAX, "1 s to 3650 days", "30d or 12h",
			   &reader->policy->max_age);
}

static void read_reload_interval(struct rs_policy_reader *reader, const struct rs_json *value)
{
	int64_t seconds = rs_json_int(value);

	if (rs_json_type(value) != RS_JSON_INT || seconds < 1 || seconds > 3600)
		rs_json_complain(reader->diags, RS_LEVEL_ERROR, value,
				 "must be a number of seconds from 1 to 3600");
	else
		reader->policy->reload_interval = (unsigned)seconds;
}

static void read_entries_file(struct rs_policy_reader *reader, const struct rs_json *value)
{
	const struct rs_json_options options = { .max_size = RS_POLICY_MAX_ENTRIES_SIZE,
						 .comments = true };
	const char *path = read_path(reader, value);
	struct rs_json_doc *doc = NULL;
	size_t len = 0;
	char *text;

	if (path == NULL)
		return;
	reader->policy->entries_path = path;
	text = rs_policy_read_file(path, RS_POLICY_MAX_ENTRIES_SIZE, reader->entries_identity, &len,
				   reader->diags);
	if (text == NULL)
		return;
	rs_policy_hash(reader->policy, text, len);
	doc = rs_json_parse(path, text, len, &options, reader->diags);
	free(text);
	if (doc != NULL)
		rs_reader_entries(reader, rs_json_root(doc));
	rs_json_free(&doc);
}

static void read_comment(struct rs_policy_reader *reader, const struct rs_json *value)
{
	(void)rs_reader_string(reader, value);
}

/* In the order in which they must be read: rules and entries need what stands
 * before them. */
static const struct {
	const char *name;
	key_function *read;
} keys[] = {
	{ "version", read_version },
	{ "comment", read_comment },
	{ "database", read_database },
	{ "mode", read_mode },
	{ "own_networks", read_own_networks },
	{ "no_address", read_no_address },
	{ "default_domain", read_default_domain },
	{ "timezone", read_timezone },
	{ "nat64_prefix", read_nat64 },
	{ "max_age", read_max_age },
	{ "reload_interval", read_reload_interval },
	{ "exceptions", rs_reader_exceptions },
	{ "state", rs_reader_state },
	{ "alert", rs_reader_alert },
	{ "rules", rs_reader_rules },
	{ "user_entries", rs_reader_entries },
	{ "user_entries_file", read_entries_file },
};
#define KEY_COUNT (sizeof(keys) / sizeof(*keys))

void rs_reader_root(struct rs_policy_reader *reader, const struct rs_json *root)
{
	const char *names[KEY_COUNT + 1] = { NULL };

	if (rs_json_type(root) != RS_JSON_OBJECT) {
		rs_json_complain(reader->diags, RS_LEVEL_ERROR, root, "is %s; write an object",
				 rs_json_type_name(rs_json_type(root)));
		return;
	}
	for (size_t i = 0; i < KEY_COUNT; i++)
		names[i] = keys[i].name;
	rs_json_check_keys(reader->diags, root, names);
	if (rs_json_member(root, "version") == NULL)
		rs_json_complain(reader->diags, RS_LEVEL_ERROR, root,
				 "has no \"version\"; write \"version\": 1");
	if (rs_json_member(root, "rules") == NULL)
		rs_json_complain(reader->diags, RS_LEVEL_ERROR, root,
				 "has no \"rules\"; write a list, which may be empty");
	for (size_t i = 0; i < KEY_COUNT; i++) {
		const struct rs_json *value = rs_json_member(root, keys[i].name);

		if (value != NULL)
			keys[i].read(reader, value);
	}
	for (size_t i = 0; i < reader->policy->rule_count; i++) {
		const struct rs_rule *rule = &reader->policy->rules[i];

		if (((rule->conds.present | rule->not_conds.present) & 1U << RS_COND_USER) != 0 ||
		    rule->action == RS_ACTION_USER_POLICY)
			reader->policy->needs_user = true;
	}
}

/* SPDX-License-Identifier: MIT */
#include "nearest.h"
#include "policy-reader.h"
#include <relaysentry/readfile.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DAY 86400
#define DEFAULT_MAX_AGE (30 * DAY)
#define DEFAULT_RELOAD_INTERVAL 10

void rs_policy_hash(struct rs_policy *policy, const void *data, size_t len)
{
	uint64_t hash = strtoull(policy->id, NULL, 16);

	hash = rs_fnv1a(hash, &len, sizeof(len));
	snprintf(policy->id, sizeof(policy->id), "%016" PRIx64, rs_fnv1a(hash, data, len));
}

char *rs_policy_read_file(const char *path, size_t max_size, struct stat *identity_r, size_t *len_r,
			  struct rs_diags *diags)
{
	char *data = NULL;
	int fd = rs_readfile_open(path, identity_r, diags);

	if (fd < 0)
		return NULL;
	if ((identity_r->st_mode & S_IWOTH) != 0)
		rs_diags_add(diags, RS_LEVEL_ERROR, path, 0,
			     "may be written by everybody; run chmod o-w");
	else if (rs_readfd(fd, path, max_size, &data, len_r, diags) < 0)
		data = NULL;
	close(fd);
	return data;
}

static struct rs_policy *policy_new(const char *path)
{
	struct rs_policy *policy = calloc(1, sizeof(*policy));

	if (policy == NULL)
		return NULL;
	policy->path = rs_arena_strdup(&policy->arena, path);
	if (policy->path == NULL) {
		rs_policy_free(&policy);
		return NULL;
	}
	policy->database = RS_STATEDIR "/relays.mmdb";
	policy->default_domain = "";
	policy->timezone = "UTC";
	policy->mode = RS_MODE_TESTING;
	policy->no_address = RS_ACTION_ALLOW;
	policy->max_age = DEFAULT_MAX_AGE;
	policy->reload_interval = DEFAULT_RELOAD_INTERVAL;
	policy->exceptions = (struct rs_policy_exceptions){
		.timeout = 2,
		.cache = 60,
		.longest = 180 * DAY,
	};
	policy->state = (struct rs_policy_state){
		.write_interval = 600,
		.forget_after = 180 * DAY,
		.pairs = 100000,
	};
	policy->alert = (struct rs_policy_alert){
		.repeat_after = DAY,
		.socket = "/dev/log",
	};
	snprintf(policy->id, sizeof(policy->id), "%016" PRIx64, (uint64_t)RS_FNV_BEGIN);
	return policy;
}

static struct rs_policy *parse(const char *name, const char *text, size_t len,
			       struct stat *entries_identity, struct rs_diags *diags)
{
	const struct rs_json_options options = { .max_size = RS_POLICY_MAX_SIZE, .comments = true };
	size_t errors = rs_diags_count(diags, RS_LEVEL_ERROR);
	struct rs_policy_reader reader = { .diags = diags, .entries_identity = entries_identity };
	struct rs_json_doc *doc = rs_json_parse(name, text, len, &options, diags);

	if (doc == NULL)
		return NULL;
	reader.policy = policy_new(name);
	reader.no_memory = reader.policy == NULL;
	if (reader.policy != NULL) {
		rs_policy_hash(reader.policy, text, len);
		rs_reader_root(&reader, rs_json_root(doc));
		rs_zone_leave(&reader.zone);
	}
	rs_json_free(&doc);
	if (reader.no_memory)
		rs_diags_no_memory(diags, name, 0);
	if (rs_diags_count(diags, RS_LEVEL_ERROR) != errors)
		rs_policy_free(&reader.policy);
	return reader.policy;
}

struct rs_policy *rs_policy_parse(const char *name, const char *text, size_t len,
				  struct rs_diags *diags)
{
	struct rs_diags *own = NULL;
	struct rs_policy *policy = NULL;
	struct stat ignored;

	/* Errors are counted, so there must be a list. */
	if (diags == NULL)
		diags = own = rs_diags_new();
	if (diags != NULL)
		policy = parse(name, text, len, &ignored, diags);
	rs_diags_free(&own);
	return policy;
}

struct rs_policy *rs_policy_load(const char *path, struct stat *identity_r,
				 struct stat *entries_identity_r, struct rs_diags *diags)
{
	struct stat identity = { 0 }, entries_identity = { 0 };
	struct rs_diags *own = NULL;
	struct rs_policy *policy = NULL;
	char *text = NULL;
	size_t len = 0;

	if (diags == NULL)
		diags = own = rs_diags_new();
	if (diags != NULL)
		text = rs_policy_read_file(path, RS_POLICY_MAX_SIZE, &identity, &len, diags);
	if (text != NULL)
		policy = parse(path, text, len, &entries_identity, diags);
	free(text);
	rs_diags_free(&own);
	if (identity_r != NULL)
		*identity_r = identity;
	if (entries_identity_r != NULL)
		*entries_identity_r = entries_identity;
	return policy;
}

void rs_policy_free(struct rs_policy **policy)
{
	if (*policy == NULL)
		return;
	rs_entries_free(&(*policy)->entries);
	rs_strmap_clear(&(*policy)->relay_numbers);
	free((*policy)->relays);
	free((*policy)->bound);
	rs_arena_clear(&(*policy)->arena);
	free(*policy);
	*policy = NULL;
}

/* A policy for another catalogue names many relays that are not there. Looking
 * for what each may have meant would keep Dovecot's auth process busy. */
#define SUGGESTIONS_MAX 20

static void complain_missing(const struct rs_relay_ref *ref, const char *const *ids, size_t count,
			     enum rs_level level, struct rs_diags *diags)
{
	const char *near = rs_nearest(ref->id, ids, count);

	rs_diags_add(diags, level, ref->file, ref->line,
		     "%s: the database knows no relay \"%s\", so that nothing matches it; %s%s%s",
		     ref->where, ref->id, near != NULL ? "did you mean \"" : "correct the id, or ",
		     near != NULL ? near : "add the relay to the catalogue and compile it",
		     near != NULL ? "\"?" : "");
}

int rs_policy_bind(struct rs_policy *policy, const struct rs_relaydb *db, enum rs_level missing,
		   struct rs_diags *diags)
{
	size_t count = db != NULL ? rs_relaydb_relay_count(db) : 0;
	uint32_t *bound = malloc((count + 1) * sizeof(*bound));
	const char **ids = malloc((count + 1) * sizeof(*ids));

	if (bound == NULL || ids == NULL) {
		free(bound);
		free(ids);
		return -1;
	}
	for (size_t i = 0; i < count; i++) {
		ids[i] = rs_relaydb_relay(db, i)->id;
		bound[i] = RS_NO_NUMBER;
		(void)rs_strmap_get(&policy->relay_numbers, ids[i], strlen(ids[i]), &bound[i]);
	}
	for (size_t i = 0, told = 0; i < policy->relay_count; i++) {
		if (db == NULL || rs_relaydb_find(db, policy->relays[i].id) == NULL)
			complain_missing(&policy->relays[i], ids,
					 told++ < SUGGESTIONS_MAX ? count : 0, missing, diags);
	}
	free(ids);
	free(policy->bound);
	policy->bound = bound;
	policy->bound_count = count;
	return 0;
}

const char *rs_policy_path(const struct rs_policy *policy)
{
	return policy->path;
}

const char *rs_policy_entries_path(const struct rs_policy *policy)
{
	return policy->entries_path;
}

const char *rs_policy_database(const struct rs_policy *policy)
{
	return policy->database;
}

enum rs_mode rs_policy_mode(const struct rs_policy *policy)
{
	return policy->mode;
}

int64_t rs_policy_max_age(const struct rs_policy *policy)
{
	return policy->max_age;
}

unsigned rs_policy_reload_interval(const struct rs_policy *policy)
{
	return policy->reload_interval;
}

const char *rs_policy_id(const struct rs_policy *policy)
{
	return policy->id;
}

size_t rs_policy_rule_count(const struct rs_policy *policy)
{
	return policy->rule_count;
}

const char *rs_policy_timezone(const struct rs_policy *policy)
{
	return policy->timezone;
}

const struct rs_policy_exceptions *rs_policy_exceptions(const struct rs_policy *policy)
{
	return &policy->exceptions;
}

const struct rs_policy_state *rs_policy_state(const struct rs_policy *policy)
{
	return &policy->state;
}

const struct rs_policy_alert *rs_policy_alert(const struct rs_policy *policy)
{
	return &policy->alert;
}

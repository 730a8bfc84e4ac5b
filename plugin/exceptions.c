/* SPDX-License-Identifier: MIT */
#include "compat.h"
#include "dictconn.h"
#include "exceptions.h"
#include "lru.h"

#include "ioloop.h"

#include <relaysentry/policy.h>
#include <relaysentry/userkey.h>

/* What is remembered: also of users that have none, and of names that were made up. */
#define RS_EXCEPTIONS_USERS 10000
#define RS_EXCEPTIONS_BYTES (8U << 20)
#define RS_EXCEPTIONS_LOOKUPS 1000
/* Logins that wait; more are decided as if there were none. */
#define RS_EXCEPTIONS_WAITING 1000
#define RS_EXCEPTIONS_FAULT_LEN 512

/* What is known of a user. */
struct rs_exceptions_entry {
	struct rs_lru_item item; /* by the user's key */
	struct rs_exceptions *exceptions;
	time_t read_at;
	bool faulty; /* the log says so */
};

struct rs_exceptions_waiter {
	struct rs_exceptions_waiter *next;
	rs_exceptions_callback *callback;
	void *context;
};

/* Shared by all logins of the user meanwhile. */
struct rs_exceptions_lookup {
	struct rs_lru_item item; /* by the user's key */
	struct rs_exceptions_cache *cache;
	struct rs_dictconn_request *request;
	struct rs_exceptions_waiter *waiters; /* the last one first */
};

struct rs_exceptions_cache {
	struct event *event;
	const struct rs_policy *policy;
	struct rs_dictconn *conn; /* NULL: nothing is asked */
	unsigned int timeout_msecs;
	time_t lifetime;
	struct rs_lru *entries, *lookups;
	unsigned int waiting;
};

static void rs_exceptions_entry_drop(struct rs_lru_item *item, void *context ATTR_UNUSED)
{
	struct rs_exceptions_entry *entry = container_of(item, struct rs_exceptions_entry, item);

	rs_exceptions_free(&entry->exceptions);
}

static void rs_exceptions_lookup_drop(struct rs_lru_item *item, void *context ATTR_UNUSED)
{
	struct rs_exceptions_lookup *lookup = container_of(item, struct rs_exceptions_lookup, item);

	i_assert(lookup->waiters == NULL);
	rs_dictconn_cancel(&lookup->request);
}

static struct rs_lru *rs_exceptions_entries_new(void)
{
	return rs_lru_new(sizeof(struct rs_exceptions_entry), RS_EXCEPTIONS_USERS,
			  RS_EXCEPTIONS_BYTES, rs_exceptions_entry_drop, NULL);
}

struct rs_exceptions_cache *rs_exceptions_cache_new(struct event *event)
{
	struct rs_exceptions_cache *cache = i_new(struct rs_exceptions_cache, 1);

	cache->event = event;
	cache->entries = rs_exceptions_entries_new();
	cache->lookups = rs_lru_new(sizeof(struct rs_exceptions_lookup), RS_EXCEPTIONS_LOOKUPS,
				    SIZE_MAX, rs_exceptions_lookup_drop, NULL);
	return cache;
}

/* Ends the lookup. exceptions, given_up: as the callbacks get them. */
static void rs_exceptions_lookup_end(struct rs_exceptions_lookup *lookup,
				     const struct rs_exceptions *exceptions, bool given_up)
{
	struct rs_exceptions_cache *cache = lookup->cache;
	struct rs_exceptions_waiter *waiter, *waiters = NULL;

	/* In the order of the logins. */
	while ((waiter = lookup->waiters) != NULL) {
		lookup->waiters = waiter->next;
		waiter->next = waiters;
		waiters = waiter;
	}
	rs_lru_remove(cache->lookups, &lookup->item);
	while ((waiter = waiters) != NULL) {
		waiters = waiter->next;
		cache->waiting--;
		waiter->callback(exceptions, given_up, waiter->context);
		i_free(waiter);
	}
}

static void rs_exceptions_abort(struct rs_exceptions_cache *cache)
{
	struct rs_lru_item *item;

	/* What is asked meanwhile waits for the dict in force. */
	for (size_t count = rs_lru_count(cache->lookups); count > 0; count--) {
		item = rs_lru_oldest(cache->lookups);
		rs_exceptions_lookup_end(container_of(item, struct rs_exceptions_lookup, item),
					 NULL, TRUE);
	}
}

void rs_exceptions_cache_set(struct rs_exceptions_cache *cache, const struct rs_policy *policy)
{
	const struct rs_policy_exceptions *set =
		policy == NULL ? NULL : rs_policy_exceptions(policy);
	const char *dict = set == NULL ? NULL : set->dict;
	const char *old = cache->conn == NULL ? NULL : rs_dictconn_name(cache->conn);
	struct rs_dictconn *conn;

	cache->policy = policy;
	if (set != NULL) {
		cache->timeout_msecs = set->timeout * 1000;
		cache->lifetime = set->cache;
	}
	if (null_strcmp(dict, old) == 0)
		return;
	conn = cache->conn;
	cache->conn = dict == NULL ? NULL : rs_dictconn_ref(dict);
	rs_lru_free(&cache->entries);
	cache->entries = rs_exceptions_entries_new();
	rs_exceptions_abort(cache);
	rs_dictconn_unref(&conn);
}

void rs_exceptions_cache_free(struct rs_exceptions_cache **_cache)
{
	struct rs_exceptions_cache *cache = *_cache;

	*_cache = NULL;
	if (cache == NULL)
		return;
	rs_exceptions_cache_set(cache, NULL);
	rs_lru_free(&cache->entries);
	rs_lru_free(&cache->lookups);
	i_free(cache);
}

bool rs_exceptions_cache_asks(const struct rs_exceptions_cache *cache)
{
	return cache->conn != NULL;
}

/* --- what the dict says --- */

/* Returns NULL with an empty text in fault when memory was short. */
static struct rs_exceptions *rs_exceptions_read(const char *key, const char *text,
						char fault[RS_EXCEPTIONS_FAULT_LEN])
{
	struct rs_diags *diags = rs_diags_new();
	struct rs_exceptions *exceptions = NULL;

	*fault = '\0';
	if (diags != NULL)
		exceptions = rs_exceptions_parse(key, text, strlen(text), diags);
	if (exceptions == NULL && diags != NULL && !rs_diags_memory_short(diags) &&
	    rs_diags_kept(diags) > 0)
		rs_diag_format(rs_diags_get(diags, 0), fault, RS_EXCEPTIONS_FAULT_LEN);
	rs_diags_free(&diags);
	return exceptions;
}

/* Remembers what is stored; text NULL: nothing. Returns the exceptions. */
static const struct rs_exceptions *rs_exceptions_store(struct rs_exceptions_cache *cache,
						       const char *user_key, const char *text)
{
	struct rs_lru_item *item = rs_lru_find(cache->entries, user_key);
	char key[RS_DICT_KEY_SIZE], fault[RS_EXCEPTIONS_FAULT_LEN] = "";
	struct rs_exceptions *exceptions = NULL;
	struct rs_exceptions_entry *entry;
	size_t weight = 0;

	(void)rs_dict_key(user_key, RS_DICT_EXCEPTIONS, NULL, key);
	if (text != NULL && (exceptions = rs_exceptions_read(key, text, fault)) == NULL &&
	    *fault == '\0')
		return NULL;
	if (item == NULL)
		item = rs_lru_add(cache->entries, user_key);
	entry = container_of(item, struct rs_exceptions_entry, item);
	rs_exceptions_free(&entry->exceptions);
	if (*fault != '\0' && !entry->faulty)
		e_warning(cache->event, "dict %s: %s; the user's exceptions count as absent",
			  rs_dictconn_name(cache->conn), fault);
	entry->faulty = *fault != '\0';
	entry->exceptions = exceptions;
	entry->read_at = ioloop_time;
	rs_lru_touch(cache->entries, item);
	/* A structure for each, and the texts. */
	if (exceptions != NULL)
		weight = strlen(text) + rs_exceptions_count(exceptions) * 64;
	rs_lru_weigh(cache->entries, item, weight);
	return exceptions;
}

static void rs_exceptions_reply(enum rs_dict_result result, const char *key ATTR_UNUSED,
				const char *text, void *context)
{
	struct rs_exceptions_lookup *lookup = context;
	struct rs_exceptions_cache *cache = lookup->cache;
	const struct rs_exceptions *exceptions = NULL;
	const char *user_key = rs_lru_text(cache->lookups, &lookup->item);

	lookup->request = NULL;
	if (result != RS_DICT_FAILED)
		exceptions =
			rs_exceptions_store(cache, user_key, result == RS_DICT_FOUND ? text : NULL);
	rs_exceptions_lookup_end(lookup, exceptions, FALSE);
}

/* --- what is asked --- */

/* Returns FALSE when nothing is known of the user by now. */
static bool rs_exceptions_known(const struct rs_exceptions_cache *cache, const char *user_key,
				const struct rs_exceptions **exceptions_r)
{
	struct rs_lru_item *item = rs_lru_find(cache->entries, user_key);
	const struct rs_exceptions_entry *entry;

	if (item == NULL)
		return FALSE;
	entry = container_of(item, struct rs_exceptions_entry, item);
	/* The clock may have been set back. */
	if (ioloop_time < entry->read_at || ioloop_time - entry->read_at >= cache->lifetime)
		return FALSE;
	*exceptions_r = entry->exceptions;
	return TRUE;
}

/* Returns NULL when the dict cannot be asked. */
static struct rs_exceptions_lookup *rs_exceptions_lookup_begin(struct rs_exceptions_cache *cache,
							       const char *user_key)
{
	struct rs_lru_item *item = rs_lru_find(cache->lookups, user_key);
	struct rs_exceptions_lookup *lookup;
	char key[RS_DICT_KEY_SIZE];

	if (item != NULL)
		return container_of(item, struct rs_exceptions_lookup, item);
	if (rs_dictconn_paused(cache->conn) ||
	    rs_lru_count(cache->lookups) >= RS_EXCEPTIONS_LOOKUPS)
		return NULL;
	item = rs_lru_add(cache->lookups, user_key);
	lookup = container_of(item, struct rs_exceptions_lookup, item);
	lookup->cache = cache;
	lookup->request = rs_dictconn_lookup(cache->conn,
					     rs_dict_key(user_key, RS_DICT_EXCEPTIONS, NULL, key),
					     cache->timeout_msecs, rs_exceptions_reply, lookup);
	if (lookup->request == NULL) {
		rs_lru_remove(cache->lookups, item);
		return NULL;
	}
	return lookup;
}

bool rs_exceptions_cache_find(struct rs_exceptions_cache *cache, const char *user,
			      const struct rs_exceptions **exceptions_r,
			      rs_exceptions_callback *callback, void *context)
{
	struct rs_exceptions_lookup *lookup;
	struct rs_exceptions_waiter *waiter;
	char user_key[RS_USER_KEY_SIZE];

	*exceptions_r = NULL;
	if (cache->conn == NULL || rs_user_key(cache->policy, user, user_key) == NULL ||
	    rs_exceptions_known(cache, user_key, exceptions_r) ||
	    cache->waiting >= RS_EXCEPTIONS_WAITING ||
	    (lookup = rs_exceptions_lookup_begin(cache, user_key)) == NULL)
		return TRUE;
	waiter = i_new(struct rs_exceptions_waiter, 1);
	waiter->callback = callback;
	waiter->context = context;
	waiter->next = lookup->waiters;
	lookup->waiters = waiter;
	cache->waiting++;
	return FALSE;
}

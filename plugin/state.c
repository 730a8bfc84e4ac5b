/* SPDX-License-Identifier: MIT */
#include "compat.h"
#include "dictconn.h"
#include "state-internal.h"

#include "ioloop.h"
#include "llist.h"

#include <relaysentry/policy.h>

static void rs_pair_drop(struct rs_lru_item *item, void *context)
{
	rs_pair_move(context, container_of(item, struct rs_pair, item), RS_PAIR_NOWHERE);
}

struct rs_state *rs_state_new(struct event *event)
{
	struct rs_state *state = i_new(struct rs_state, 1);

	state->event = event;
	state->batch_msecs = RS_STATE_BATCH_MSECS;
	state->pairs = rs_lru_new(sizeof(struct rs_pair), 1, RS_PAIR_BYTES, rs_pair_drop, state);
	return state;
}

/* --- logins --- */

static void rs_state_call(struct rs_state *state, struct rs_pair *pair, const char *first_seen,
			  rs_state_callback *callback, void *context)
{
	struct rs_seen seen, before;
	bool urgent;

	pair->settled = TRUE;
	rs_pair_get(pair, &seen);
	before = seen;
	callback(&seen, first_seen, context);
	urgent = memcmp(seen.alerts, before.alerts, sizeof(seen.alerts)) != 0;
	if (urgent)
		rs_pair_put(pair, &seen);
	rs_state_dirty(state, pair, urgent);
}

/* result: of the lookup; RS_DICT_FAILED: nothing is known but what is in memory. */
static void rs_state_ask_end(struct rs_state_ask *ask, enum rs_dict_result result,
			     const char *value)
{
	struct rs_state *state = ask->state;
	struct rs_pair *pair = rs_pair_find(state, ask->text);
	/* Another login of the pair may have been answered first. */
	bool known = ask->known || (pair != NULL && pair->settled);
	const char *first_seen = known ? "no" : NULL;

	DLLIST_REMOVE(&state->asks, ask);
	rs_dictconn_cancel(&ask->request);
	/* It may have had to leave meanwhile. */
	if (pair == NULL)
		pair = rs_pair_add(state, ask->text, ask->now);
	if (result != RS_DICT_FAILED) {
		if (rs_pair_read(state, pair, result, value, ask->now))
			first_seen = "no";
		else if (first_seen == NULL)
			first_seen = "yes";
	}
	rs_state_call(state, pair, first_seen, ask->callback, ask->context);
	i_free(ask->text);
	i_free(ask);
}

static void rs_state_ask_reply(enum rs_dict_result result, const char *key ATTR_UNUSED,
			       const char *text, void *context)
{
	struct rs_state_ask *ask = context;

	ask->request = NULL;
	rs_state_ask_end(ask, result, text);
}

/* Returns FALSE when the dict cannot be asked. */
static bool rs_state_ask(struct rs_state *state, const struct rs_pair *pair, bool known,
			 int64_t now, rs_state_callback *callback, void *context)
{
	const char *text = rs_lru_text(state->pairs, &pair->item);
	struct rs_state_ask *ask;
	char key[RS_DICT_KEY_SIZE];

	if (state->conn == NULL || rs_dictconn_paused(state->conn))
		return FALSE;
	ask = i_new(struct rs_state_ask, 1);
	ask->request = rs_dictconn_lookup(state->conn, rs_pair_key(text, key),
					  RS_STATE_LOOKUP_MSECS, rs_state_ask_reply, ask);
	if (ask->request == NULL) {
		i_free(ask);
		return FALSE;
	}
	ask->state = state;
	ask->callback = callback;
	ask->context = context;
	ask->text = i_strdup(text);
	ask->now = now;
	ask->known = known;
	DLLIST_PREPEND(&state->asks, ask);
	return TRUE;
}

static void rs_state_asks_abort(struct rs_state *state)
{
	while (state->asks != NULL)
		rs_state_ask_end(state->asks, RS_DICT_FAILED, NULL);
}

/* Counts the login in memory. */
static struct rs_pair *rs_state_count(struct rs_state *state, const char *text, int64_t now,
				      bool *known_r)
{
	struct rs_pair *pair = rs_pair_find(state, text);
	struct rs_seen seen;

	*known_r = FALSE;
	if (pair == NULL)
		return rs_pair_add(state, text, now);
	rs_lru_touch(state->pairs, &pair->item);
	rs_pair_get(pair, &seen);
	if (seen.last < now - state->forget_after) {
		i_zero(&seen);
		seen.first = now;
		pair->added = 0;
		pair->settled = FALSE;
	} else {
		/* Not by a login that still waits for the dict. */
		*known_r = pair->settled;
	}
	seen.last = I_MAX(seen.last, now);
	seen.count++;
	if (pair->added < UINT32_MAX)
		pair->added++;
	rs_pair_put(pair, &seen);
	return pair;
}

void rs_state_login(struct rs_state *state, const char *user, const char *relay, int64_t now,
		    rs_state_due *due, rs_state_callback *callback, void *context)
{
	struct rs_seen seen = { .first = now, .last = now, .count = 1 };
	char user_key[RS_USER_KEY_SIZE];
	struct rs_pair *pair;
	bool known;

	if (state->policy == NULL || rs_user_key(state->policy, user, user_key) == NULL) {
		callback(&seen, NULL, context);
		return;
	}
	pair = rs_state_count(state, t_strconcat(user_key, "/", relay, NULL), now, &known);
	rs_pair_get(pair, &seen);
	if ((known && !due(&seen, context)) ||
	    !rs_state_ask(state, pair, known, now, callback, context))
		rs_state_call(state, pair,
			      known		    ? "no"
			      : state->conn == NULL ? "yes"
						    : NULL,
			      callback, context);
}

/* --- the policy --- */

/* Another dict: what is in memory is to be written there, if it is worth it. */
static void rs_state_move_in(struct rs_state *state)
{
	struct rs_lru_item *item = rs_lru_oldest(state->pairs);

	for (; item != NULL; item = item->newer) {
		struct rs_pair *pair = container_of(item, struct rs_pair, item);

		rs_pair_move(state, pair, RS_PAIR_NOWHERE);
		pair->read = FALSE;
		pair->written = 0;
		if (pair->dirty)
			rs_state_dirty(state, pair, FALSE);
	}
}

static void rs_state_set_dict(struct rs_state *state, const char *dict)
{
	const char *old = state->conn == NULL ? NULL : rs_dictconn_name(state->conn);
	struct rs_dictconn *conn = state->conn;

	if (null_strcmp(dict, old) == 0)
		return;
	rs_state_write_stop(state);
	rs_state_write_rest(state);
	state->conn = dict == NULL ? NULL : rs_dictconn_ref(dict);
	rs_state_asks_abort(state);
	rs_state_move_in(state);
	rs_dictconn_unref(&conn);
}

void rs_state_set(struct rs_state *state, const struct rs_policy *policy)
{
	const struct rs_policy_state *set = policy == NULL ? NULL : rs_policy_state(policy);

	state->policy = policy;
	if (set != NULL) {
		state->write_interval = set->write_interval;
		state->forget_after = set->forget_after;
		rs_lru_limit(state->pairs, set->pairs, set->pairs * RS_PAIR_BYTES);
	}
	rs_state_set_dict(state, set == NULL ? NULL : set->dict);
}

void rs_state_free(struct rs_state **_state)
{
	struct rs_state *state = *_state;

	*_state = NULL;
	if (state == NULL)
		return;
	rs_state_asks_abort(state);
	rs_state_set(state, NULL);
	timeout_remove(&state->to_write);
	rs_lru_free(&state->pairs);
	i_free(state);
}

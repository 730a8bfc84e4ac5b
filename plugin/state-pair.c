/* SPDX-License-Identifier: MIT */
#include "compat.h"
#include "dictconn.h"
#include "state-internal.h"

#include "ioloop.h"
#include "llist.h"

#define RS_STATE_TELL_SECS 60
/* So far the clocks of two nodes may differ. */
#define RS_STATE_SKEW_SECS 300

struct rs_pair *rs_pair_find(const struct rs_state *state, const char *text)
{
	struct rs_lru_item *item = rs_lru_find(state->pairs, text);

	return item == NULL ? NULL : container_of(item, struct rs_pair, item);
}

static uint32_t rs_pack(uint64_t number)
{
	return number > UINT32_MAX ? UINT32_MAX : (uint32_t)number;
}

static uint32_t rs_pack_time(int64_t time)
{
	return time < 0 ? 0 : rs_pack((uint64_t)time);
}

struct rs_pair *rs_pair_add(struct rs_state *state, const char *text, int64_t now)
{
	struct rs_pair *pair = container_of(rs_lru_add(state->pairs, text), struct rs_pair, item);

	pair->first = pair->last = rs_pack_time(now);
	pair->count = pair->added = 1;
	return pair;
}

void rs_pair_get(const struct rs_pair *pair, struct rs_seen *seen_r)
{
	i_zero(seen_r);
	seen_r->first = pair->first;
	seen_r->last = pair->last;
	seen_r->count = pair->count;
	for (unsigned int i = 0; i < RS_ALERT_KINDS; i++) {
		seen_r->alerts[i].time = pair->alerts[i].time;
		seen_r->alerts[i].count = pair->alerts[i].count;
	}
}

void rs_pair_put(struct rs_pair *pair, const struct rs_seen *seen)
{
	pair->first = rs_pack_time(seen->first);
	pair->last = rs_pack_time(seen->last);
	pair->count = rs_pack(seen->count);
	for (unsigned int i = 0; i < RS_ALERT_KINDS; i++) {
		pair->alerts[i].time = rs_pack_time(seen->alerts[i].time);
		pair->alerts[i].count = rs_pack(seen->alerts[i].count);
	}
}

const char *rs_pair_key(const char *text, char buf[RS_DICT_KEY_SIZE])
{
	/* A user key has no slash. */
	const char *slash = strchr(text, '/');

	return rs_dict_key(t_strdup_until(text, slash), RS_DICT_SEEN, slash + 1, buf);
}

static void rs_pair_faulty(struct rs_state *state, const struct rs_pair *pair)
{
	char key[RS_DICT_KEY_SIZE];

	if (state->fault_told != 0 && ioloop_time >= state->fault_told &&
	    ioloop_time - state->fault_told < RS_STATE_TELL_SECS)
		return;
	state->fault_told = ioloop_time;
	e_warning(state->event,
		  "dict %s: %s: the value is none of relaysentry's, and is written anew",
		  rs_dictconn_name(state->conn),
		  rs_pair_key(rs_lru_text(state->pairs, &pair->item), key));
}

/* The later one of two alerts counts. One of a future, by a clock that was wrong, would
 * outlast all of ours, and each login would lead to another. */
static void rs_pair_mend_times(struct rs_seen *stored, int64_t now)
{
	stored->first = I_MIN(stored->first, now);
	stored->last = I_MIN(stored->last, now);
	for (unsigned int i = 0; i < RS_ALERT_KINDS; i++) {
		if (stored->alerts[i].time > now + RS_STATE_SKEW_SECS)
			stored->alerts[i].time = 0;
		else
			stored->alerts[i].time = I_MIN(stored->alerts[i].time, now);
	}
}

bool rs_pair_read(struct rs_state *state, struct rs_pair *pair, enum rs_dict_result result,
		  const char *value, int64_t now)
{
	struct rs_seen own, stored;

	pair->read = TRUE;
	if (result != RS_DICT_FOUND)
		return FALSE;
	if (rs_seen_parse(value, &stored) < 0) {
		rs_pair_faulty(state, pair);
		return FALSE;
	}
	rs_pair_mend_times(&stored, now);
	if (stored.last < now - state->forget_after)
		return FALSE;
	rs_pair_get(pair, &own);
	rs_seen_merge(&own, pair->added, &stored);
	rs_pair_put(pair, &own);
	return TRUE;
}

static struct rs_pair_list *rs_pair_list(struct rs_state *state, enum rs_pair_place place)
{
	switch (place) {
	case RS_PAIR_READY:
		return &state->ready;
	case RS_PAIR_WRITTEN:
		return &state->written;
	case RS_PAIR_NOWHERE:
	case RS_PAIR_WRITING:
		break;
	}
	return NULL;
}

void rs_pair_move(struct rs_state *state, struct rs_pair *pair, enum rs_pair_place place)
{
	struct rs_pair_list *from = rs_pair_list(state, pair->place);
	struct rs_pair_list *to = rs_pair_list(state, place);

	if (from != NULL)
		DLLIST2_REMOVE(&from->head, &from->tail, pair);
	if (to != NULL)
		DLLIST2_APPEND(&to->head, &to->tail, pair);
	pair->place = place;
}

/* SPDX-License-Identifier: MIT */
#include "compat.h"
#include "dictconn.h"
#include "state-internal.h"

#include "ioloop.h"

/* Pairs in one transaction. Logins wait behind it. */
#define RS_STATE_BATCH_PAIRS 50
#define RS_STATE_COMMIT_MSECS (10 * 1000)
/* The loop has other things to do. */
#define RS_STATE_LOOK_PAIRS 1000
/* What is given to the dict at the end: what a socket takes. */
#define RS_STATE_REST_BYTES (128U * 1024)

struct rs_state_write {
	struct rs_state_batch *batch;
	struct rs_dictconn_request *request; /* NULL: what is stored has been read */
	char *text;			     /* the pair's, which may have to leave meanwhile */
	uint32_t added;			     /* what of it is written */
};

/* Written together, behind a look at what is stored. */
struct rs_state_batch {
	struct rs_state *state;
	struct rs_state_write writes[RS_STATE_BATCH_PAIRS];
	unsigned int count, waiting;
	bool failed;
	struct rs_dictconn_request *commit;
};

static void rs_state_batch_begin(struct rs_state *state);

static bool rs_state_passed(uint32_t since, int64_t seconds)
{
	/* The clock may have been set back. */
	return ioloop_time < (time_t)since || ioloop_time - (time_t)since >= seconds;
}

/* --- what is ready --- */

static void rs_state_write_look(struct rs_state *state)
{
	struct rs_pair *pair;

	for (unsigned int i = 0; i < RS_STATE_LOOK_PAIRS; i++) {
		pair = state->written.head;
		if (pair == NULL || !rs_state_passed(pair->written, state->write_interval))
			break;
		rs_pair_move(state, pair, pair->dirty ? RS_PAIR_READY : RS_PAIR_NOWHERE);
	}
	if (state->batch == NULL)
		rs_state_batch_begin(state);
	if (state->batch == NULL && state->ready.head == NULL && state->written.head == NULL)
		timeout_remove(&state->to_write);
}

void rs_state_dirty(struct rs_state *state, struct rs_pair *pair, bool urgent)
{
	pair->dirty = TRUE;
	pair->urgent = pair->urgent || urgent;
	if (state->conn == NULL)
		return;
	if (pair->place == RS_PAIR_NOWHERE || (urgent && pair->place == RS_PAIR_WRITTEN))
		rs_pair_move(state, pair, RS_PAIR_READY);
	if (state->to_write == NULL)
		state->to_write = timeout_add(state->batch_msecs, rs_state_write_look, state);
}

/* --- one batch --- */

static void rs_state_batch_free(struct rs_state_batch *batch)
{
	for (unsigned int i = 0; i < batch->count; i++) {
		rs_dictconn_cancel(&batch->writes[i].request);
		i_free(batch->writes[i].text);
	}
	rs_dictconn_cancel(&batch->commit);
	batch->state->batch = NULL;
	i_free(batch);
}

/* ok: all of it was written. Else it is tried once more, each pair alone, and what
 * fails alone has to wait: one that the dict does not take must not hold up the
 * others. */
static void rs_state_batch_end(struct rs_state_batch *batch, bool ok)
{
	struct rs_state *state = batch->state;
	bool again = !ok && batch->count > 1;

	for (unsigned int i = 0; i < batch->count; i++) {
		struct rs_pair *pair = rs_pair_find(state, batch->writes[i].text);

		/* It may have left, and come back. */
		if (pair == NULL || pair->place != RS_PAIR_WRITING)
			continue;
		if (ok)
			pair->added -= I_MIN(pair->added, batch->writes[i].added);
		else
			pair->dirty = TRUE;
		if (!again)
			pair->written = (uint32_t)ioloop_time;
		/* What was urgent and failed alone waits, too. */
		if (again || (ok && pair->urgent))
			rs_pair_move(state, pair, RS_PAIR_READY);
		else
			rs_pair_move(state, pair, RS_PAIR_WRITTEN);
	}
	if (again)
		state->single = batch->count;
	rs_state_batch_free(batch);
	if (ok)
		rs_state_batch_begin(state);
}

static void rs_state_batch_written(enum rs_dict_result result, const char *key ATTR_UNUSED,
				   const char *text ATTR_UNUSED, void *context)
{
	struct rs_state_batch *batch = context;

	batch->commit = NULL;
	rs_state_batch_end(batch, result == RS_DICT_DONE);
}

/* Fills in the change that writes this pair; in the data stack. */
static void rs_state_change(const struct rs_pair *pair, const char *pair_text,
			    struct rs_dict_change *change_r)
{
	struct rs_seen seen;
	char key[RS_DICT_KEY_SIZE], value[RS_SEEN_TEXT_SIZE];

	rs_pair_get(pair, &seen);
	change_r->key = t_strdup(rs_pair_key(pair_text, key));
	change_r->value = t_strdup(rs_seen_format(&seen, value));
}

static unsigned int rs_state_expire(const struct rs_state *state)
{
	return (unsigned int)I_MIN(state->forget_after, (int64_t)UINT_MAX);
}

/* All that is stored has been read. */
static void rs_state_batch_write(struct rs_state_batch *batch)
{
	struct rs_state *state = batch->state;
	struct rs_dict_change changes[RS_STATE_BATCH_PAIRS];
	unsigned int count = 0;

	for (unsigned int i = 0; i < batch->count && !batch->failed; i++) {
		struct rs_pair *pair = rs_pair_find(state, batch->writes[i].text);

		if (pair == NULL)
			continue;
		rs_state_change(pair, batch->writes[i].text, &changes[count++]);
		batch->writes[i].added = pair->added;
		pair->dirty = pair->urgent = FALSE;
	}
	if (count > 0)
		batch->commit =
			rs_dictconn_commit(state->conn, changes, count, rs_state_expire(state),
					   RS_STATE_COMMIT_MSECS, rs_state_batch_written, batch);
	if (batch->commit == NULL)
		rs_state_batch_end(batch, count == 0 && !batch->failed);
}

static void rs_state_batch_read(enum rs_dict_result result, const char *key ATTR_UNUSED,
				const char *text, void *context)
{
	struct rs_state_write *write = context;
	struct rs_state_batch *batch = write->batch;
	struct rs_pair *pair = rs_pair_find(batch->state, write->text);

	write->request = NULL;
	if (result == RS_DICT_FAILED)
		batch->failed = TRUE;
	else if (pair != NULL)
		(void)rs_pair_read(batch->state, pair, result, text, ioloop_time);
	if (--batch->waiting == 0)
		rs_state_batch_write(batch);
}

/* Returns FALSE when the dict cannot be asked. */
static bool rs_state_batch_add(struct rs_state_batch *batch, struct rs_pair *pair)
{
	struct rs_state *state = batch->state;
	struct rs_state_write *write = &batch->writes[batch->count];
	const char *text = rs_lru_text(state->pairs, &pair->item);
	char key[RS_DICT_KEY_SIZE];

	write->request = rs_dictconn_lookup(state->conn, rs_pair_key(text, key),
					    RS_STATE_LOOKUP_MSECS, rs_state_batch_read, write);
	if (write->request == NULL)
		return FALSE;
	write->batch = batch;
	write->text = i_strdup(text);
	batch->count++;
	batch->waiting++;
	rs_pair_move(state, pair, RS_PAIR_WRITING);
	return TRUE;
}

static void rs_state_batch_begin(struct rs_state *state)
{
	unsigned int max = state->single > 0 ? 1 : RS_STATE_BATCH_PAIRS;
	struct rs_state_batch *batch;

	if (state->ready.head == NULL || rs_dictconn_paused(state->conn))
		return;
	batch = i_new(struct rs_state_batch, 1);
	batch->state = state;
	while (batch->count < max && state->ready.head != NULL &&
	       rs_state_batch_add(batch, state->ready.head))
		;
	if (batch->count == 0) {
		rs_state_batch_free(batch);
		return;
	}
	if (state->single > 0)
		state->single--;
	state->batch = batch;
}

/* --- the end --- */

void rs_state_write_stop(struct rs_state *state)
{
	struct rs_state_batch *batch = state->batch;

	if (batch == NULL)
		return;
	for (unsigned int i = 0; i < batch->count; i++) {
		struct rs_pair *pair = rs_pair_find(state, batch->writes[i].text);

		if (pair != NULL && pair->place == RS_PAIR_WRITING) {
			pair->dirty = TRUE;
			rs_pair_move(state, pair, RS_PAIR_READY);
		}
	}
	rs_state_batch_free(batch);
}

/* One transaction with the first pairs of the list, which leave it. Returns FALSE
 * when nothing more can be sent. Nobody waits until what is stored was read again:
 * only pairs go whose record was read before, else it would be lost. */
static bool rs_state_rest_batch(struct rs_state *state, struct rs_pair_list *list, size_t *room)
{
	struct rs_dict_change changes[RS_STATE_BATCH_PAIRS];
	struct rs_dictconn_request *request;
	struct rs_pair *pair;
	unsigned int count = 0;
	size_t size;

	while (count < RS_STATE_BATCH_PAIRS && (pair = list->head) != NULL) {
		rs_pair_move(state, pair, RS_PAIR_NOWHERE);
		if (!pair->dirty || !pair->read)
			continue;
		rs_state_change(pair, rs_lru_text(state->pairs, &pair->item), &changes[count]);
		size = strlen(changes[count].key) + strlen(changes[count].value);
		if (size > *room)
			break;
		*room -= size;
		count++;
	}
	if (count == 0)
		return FALSE;
	/* A callback would find nobody. */
	request = rs_dictconn_commit(state->conn, changes, count, rs_state_expire(state),
				     RS_STATE_COMMIT_MSECS, rs_state_batch_written, NULL);
	if (request == NULL)
		return FALSE;
	rs_dictconn_cancel(&request);
	return TRUE;
}

void rs_state_write_rest(struct rs_state *state)
{
	size_t room = RS_STATE_REST_BYTES;

	if (state->conn == NULL || rs_dictconn_paused(state->conn))
		return;
	while (rs_state_rest_batch(state, &state->ready, &room))
		;
	while (rs_state_rest_batch(state, &state->written, &room))
		;
}

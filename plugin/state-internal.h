/* SPDX-License-Identifier: MIT */
#ifndef RS_STATE_INTERNAL_H
#define RS_STATE_INTERNAL_H

/* What the parts of the memory of users and relays share. */

#include "lru.h"
#include "state.h"

#include <relaysentry/dictproto.h>
#include <relaysentry/userkey.h>

#include <time.h>

#define RS_STATE_LOOKUP_MSECS 2000
/* What is to be written is collected for so long. */
#define RS_STATE_BATCH_MSECS 3000

/* The list that a pair stands in. */
enum rs_pair_place {
	RS_PAIR_NOWHERE,
	RS_PAIR_READY,	 /* to be written with the next batch */
	RS_PAIR_WRITING, /* in no list: the batch has it */
	RS_PAIR_WRITTEN	 /* not to be written again before write_interval has passed */
};

/* A user and a relay. As small as it can be: there are 100000 of them. */
struct rs_pair {
	struct rs_lru_item item; /* by "<user key>/<relay>" */
	struct rs_pair *prev, *next;
	/* As in struct rs_seen; times last until 2106, and counts stay at the end of
	 * their range. */
	uint32_t first, last, count;
	struct {
		uint32_t time, count;
	} alerts[RS_ALERT_KINDS];
	uint32_t added;	  /* logins that the dict does not know of */
	uint32_t written; /* when */
	uint8_t place;	  /* enum rs_pair_place */
	bool dirty : 1;	  /* has something that was not written */
	bool urgent : 1;  /* and is not to wait for write_interval */
	bool read : 1;	  /* what is stored is part of it */
	bool settled : 1; /* the dict was asked about it, or could not be asked */
};

/* 100000 of them in 16 MB. A user's name and a relay's id have 50 bytes together of
 * it; those with longer ones are fewer. */
#define RS_PAIR_BYTES 167U
_Static_assert(sizeof(struct rs_pair) <= 96, "a pair must stay small");

struct rs_pair_list {
	struct rs_pair *head, *tail;
};

/* A login that waits for the dict. */
struct rs_state_ask {
	struct rs_state_ask *prev, *next;
	struct rs_state *state;
	struct rs_dictconn_request *request;
	rs_state_callback *callback;
	void *context;
	char *text; /* the pair's */
	int64_t now;
	bool known;
};

struct rs_state_batch;

struct rs_state {
	struct event *event;
	const struct rs_policy *policy;
	struct rs_dictconn *conn; /* NULL: memory only */
	int64_t write_interval, forget_after;
	struct rs_lru *pairs;
	struct rs_state_ask *asks;

	struct rs_pair_list ready, written; /* the first one is the oldest */
	struct rs_state_batch *batch;	    /* NULL: nothing is being written */
	unsigned int single;		    /* so many of those to be written go alone */
	struct timeout *to_write;
	unsigned int batch_msecs; /* its */
	time_t fault_told;
};

/* --- pairs --- */

/* Returns NULL when there is none. */
struct rs_pair *rs_pair_find(const struct rs_state *state, const char *text);
/* A new one, with one login now. */
struct rs_pair *rs_pair_add(struct rs_state *state, const char *text, int64_t now);
void rs_pair_get(const struct rs_pair *pair, struct rs_seen *seen_r);
void rs_pair_put(struct rs_pair *pair, const struct rs_seen *seen);
/* Writes the key in the dict. Returns buf. */
const char *rs_pair_key(const char *text, char buf[RS_DICT_KEY_SIZE]);
/* Takes in what a lookup has found, RS_DICT_FAILED excepted. Returns FALSE when
 * nothing is stored that counts. */
bool rs_pair_read(struct rs_state *state, struct rs_pair *pair, enum rs_dict_result result,
		  const char *value, int64_t now);
void rs_pair_move(struct rs_state *state, struct rs_pair *pair, enum rs_pair_place place);

/* --- writing --- */

/* The pair has something that is to be written. urgent: soon. */
void rs_state_dirty(struct rs_state *state, struct rs_pair *pair, bool urgent);
/* Nothing is being written any more; what was goes back to what is ready. */
void rs_state_write_stop(struct rs_state *state);
/* What was not written is given to the dict, as much as its socket may take. */
void rs_state_write_rest(struct rs_state *state);

#endif

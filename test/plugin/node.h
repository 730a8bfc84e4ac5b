/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_TEST_PLUGIN_NODE_H
#define RELAYSENTRY_TEST_PLUGIN_NODE_H

/* A node that logins come to: what the tests of its state share. */

#include "loop.h"
#include "fakedict.h"

#include "plugin/state-internal.h"

#include "ioloop.h"

#include <relaysentry/policy.h>

/* Settings for loop_policy(): what was seen is in the dict; in memory only. */
#define NODE_SHARED                                                                                \
	"\"state\": { \"dict\": \"URI\", \"write_interval\": \"3s\", \"forget_after\": \"30d\" }"
#define NODE_ALONE "\"state\": { \"forget_after\": \"30d\", \"pairs\": 1000 }"
#define NODE_KEY "shared/relaysentry/user/alice/seen:aws"
#define NODE_DAY (24 * 60 * 60)

/* Its memory, and what its alerts do. */
struct node {
	struct event *event;
	struct rs_state *state;
	int64_t repeat_after; /* seconds; a day */

	/* What logins led to; of the last one calls, asked, first_seen and seen. */
	bool done;
	unsigned calls, alerts, firsts;
	bool asked, first_seen, alert_first;
	struct rs_seen seen;
};

void node_begin(struct node *node, const struct rs_policy *policy);
void node_end(struct node *node);

/* A login at this time, and waits for what it leads to. Returns whether it called back at
 * once. */
bool node_login(struct node *node, const char *user, const char *relay, int64_t now);
/* Its callbacks, for rs_state_login(); context: the node. */
bool node_due(const struct rs_seen *seen, void *context);
void node_called(struct rs_seen *seen, const char *first_seen, void *context);

/* Whether the dict has a value of this key, and what it says. */
bool node_stored(const struct fakedict *dict, const char *key, struct rs_seen *seen_r);
/* Until the dict has had so many transactions. */
void node_wait_commits(const struct fakedict *dict, unsigned count);

#endif

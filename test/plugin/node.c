/* SPDX-License-Identifier: MIT */
#include "node.h"

void node_begin(struct node *node, const struct rs_policy *policy)
{
	i_zero(node);
	node->repeat_after = NODE_DAY;
	node->event = event_create(NULL);
	node->state = rs_state_new(node->event);
	node->state->batch_msecs = 200;
	rs_state_set(node->state, policy);
}

void node_end(struct node *node)
{
	rs_state_free(&node->state);
	event_unref(&node->event);
}

bool node_due(const struct rs_seen *seen, void *context)
{
	const struct node *node = context;

	return seen->last - seen->alerts[RS_ALERT_ALERT].time >= node->repeat_after;
}

void node_called(struct rs_seen *seen, const char *first_seen, void *context)
{
	struct node *node = context;

	node->done = TRUE;
	node->calls++;
	node->asked = first_seen != NULL;
	node->first_seen = null_strcmp(first_seen, "yes") == 0;
	node->firsts += node->first_seen;
	if (node_due(seen, node)) {
		node->alerts++;
		node->alert_first = node->first_seen;
		seen->alerts[RS_ALERT_ALERT].time = seen->last;
		seen->alerts[RS_ALERT_ALERT].count = seen->count;
	}
	node->seen = *seen;
}

bool node_login(struct node *node, const char *user, const char *relay, int64_t now)
{
	bool at_once;

	node->done = FALSE;
	node->calls = 0;
	rs_state_login(node->state, user, relay, now, node_due, node_called, node);
	at_once = node->done;
	(void)loop_run(3000, &node->done);
	RS_CHECK_INT("called once", node->calls, 1);
	return at_once;
}

bool node_stored(const struct fakedict *dict, const char *key, struct rs_seen *seen_r)
{
	const char *value = fakedict_get(dict, key);

	i_zero(seen_r);
	return value != NULL && rs_seen_parse(value, seen_r) == 0;
}

void node_wait_commits(const struct fakedict *dict, unsigned count)
{
	for (unsigned i = 0; i < 100 && dict->commits < count; i++)
		(void)loop_run(100, NULL);
	RS_CHECK_INT("transactions", dict->commits, count);
}

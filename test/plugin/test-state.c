/* SPDX-License-Identifier: MIT */
/* What was seen of users and relays, in memory and in a dict. */
#include "loop.h"
#include "fakedict.h"

#include "plugin/state-internal.h"

#include "ioloop.h"

#include <relaysentry/policy.h>

#include <stdio.h>

#define SHARED                                                                                     \
	"\"state\": { \"dict\": \"URI\", \"write_interval\": \"3s\", \"forget_after\": \"30d\" }"
#define ALONE "\"state\": { \"forget_after\": \"30d\", \"pairs\": 1000 }"
#define KEY "shared/relaysentry/user/alice/seen:aws"
#define DAY (24 * 60 * 60)

/* A node: its memory, and what its alerts do. */
struct node {
	struct event *event;
	struct rs_state *state;
	int64_t repeat_after;

	bool done;
	unsigned calls, alerts, firsts;
	bool asked, first_seen, alert_first;
	struct rs_seen seen;
};

static void node_begin(struct node *node, const struct rs_policy *policy)
{
	i_zero(node);
	node->repeat_after = DAY;
	node->event = event_create(NULL);
	node->state = rs_state_new(node->event);
	node->state->batch_msecs = 200;
	rs_state_set(node->state, policy);
}

static void node_end(struct node *node)
{
	rs_state_free(&node->state);
	event_unref(&node->event);
}

static bool due(const struct rs_seen *seen, void *context)
{
	const struct node *node = context;

	return seen->last - seen->alerts[RS_ALERT_ALERT].time >= node->repeat_after;
}

static void called(struct rs_seen *seen, const char *first_seen, void *context)
{
	struct node *node = context;

	node->done = TRUE;
	node->calls++;
	node->asked = first_seen != NULL;
	node->first_seen = null_strcmp(first_seen, "yes") == 0;
	node->firsts += node->first_seen;
	if (due(seen, node)) {
		node->alerts++;
		node->alert_first = node->first_seen;
		seen->alerts[RS_ALERT_ALERT].time = seen->last;
		seen->alerts[RS_ALERT_ALERT].count = seen->count;
	}
	node->seen = *seen;
}

/* Returns whether it called back at once. */
static bool login(struct node *node, const char *user, const char *relay, int64_t now)
{
	bool at_once;

	node->done = FALSE;
	node->calls = 0;
	rs_state_login(node->state, user, relay, now, due, called, node);
	at_once = node->done;
	(void)loop_run(3000, &node->done);
	RS_CHECK_INT("called once", node->calls, 1);
	return at_once;
}

static bool stored(const struct fakedict *dict, const char *key, struct rs_seen *seen_r)
{
	const char *value = fakedict_get(dict, key);

	i_zero(seen_r);
	return value != NULL && rs_seen_parse(value, seen_r) == 0;
}

/* Until the dict has had so many transactions. */
static void wait_commits(const struct fakedict *dict, unsigned count)
{
	for (unsigned i = 0; i < 100 && dict->commits < count; i++)
		(void)loop_run(100, NULL);
	RS_CHECK_INT("transactions", dict->commits, count);
}

static void test_memory(void)
{
	struct rs_policy *policy = loop_policy(ALONE);
	int64_t now = ioloop_time;
	struct node node;

	node_begin(&node, policy);
	RS_CHECK("at once", login(&node, "alice", "aws", now));
	RS_CHECK("first seen", node.first_seen && node.alerts == 1 && node.seen.count == 1);
	RS_CHECK("at once", login(&node, "ALICE", "aws", now + 10));
	RS_CHECK("known", !node.first_seen && node.alerts == 1 && node.seen.count == 2);
	RS_CHECK_INT("first", node.seen.first, now);
	RS_CHECK_INT("last", node.seen.last, now + 10);
	(void)login(&node, "alice", "azure", now + 20);
	RS_CHECK("another relay is another pair", node.first_seen && node.alerts == 2);
	(void)login(&node, "alice", "aws", now + DAY);
	RS_CHECK("an alert is remembered with its count",
		 node.alerts == 3 && node.seen.alerts[RS_ALERT_ALERT].count == 3);
	(void)login(&node, "alice", "aws", now + 32 * DAY);
	RS_CHECK("forgotten after its time", node.first_seen && node.seen.count == 1);
	node_end(&node);
	rs_policy_free(&policy);
}

static void test_bounded(void)
{
	struct rs_policy *policy = loop_policy(ALONE);
	int64_t now = ioloop_time;
	struct node node;

	node_begin(&node, policy);
	for (unsigned i = 0; i < 5000; i++)
		T_BEGIN
		{
			(void)login(&node, t_strdup_printf("user%u", i), "aws", now);
		}
	T_END;
	RS_CHECK_INT("pairs", rs_lru_count(node.state->pairs), 1000);
	(void)login(&node, "user4999", "aws", now);
	RS_CHECK("the newest are known", !node.first_seen);
	(void)login(&node, "user0", "aws", now);
	RS_CHECK("the oldest are not", node.first_seen);
	node_end(&node);
	rs_policy_free(&policy);
}

static void test_two_nodes(void)
{
	struct rs_policy *policy = loop_policy(SHARED);
	struct fakedict *dict = fakedict_new();
	int64_t now = ioloop_time;
	struct node one, two;
	struct rs_seen seen;

	node_begin(&one, policy);
	node_begin(&two, policy);
	RS_CHECK("the dict is asked about what is new", !login(&one, "alice", "aws", now));
	RS_CHECK("nobody knew it", one.first_seen && one.alerts == 1);
	wait_commits(dict, 1);
	RS_CHECK("written", stored(dict, KEY, &seen) && seen.count == 1 &&
				    seen.alerts[RS_ALERT_ALERT].time == now);
	RS_CHECK("the dict is asked", !login(&two, "alice", "aws", now + 1));
	RS_CHECK("the other node knew it, and has alerted", !two.first_seen && two.alerts == 0);
	RS_CHECK_INT("its logins count", two.seen.count, 2);
	RS_CHECK("then the memory knows", login(&two, "alice", "aws", now + 2));
	wait_commits(dict, 2);
	RS_CHECK("written together", stored(dict, KEY, &seen) && seen.count == 3 &&
					     seen.first == now && seen.last == now + 2);
	RS_CHECK("at once", login(&one, "alice", "aws", now + 3));
	RS_CHECK_INT("what others count is seen when the dict is read", one.seen.count, 2);
	/* Both by their memory, one by what the other has written. */
	(void)login(&one, "alice", "aws", now + DAY);
	RS_CHECK_INT("due again", one.alerts, 2);
	RS_CHECK_INT("and told with the logins of all", one.seen.count, 5);
	wait_commits(dict, 3);
	RS_CHECK("the dict is asked before an alert", !login(&two, "alice", "aws", now + DAY + 1));
	RS_CHECK_INT("and says that it was sent", two.alerts, 0);
	node_end(&one);
	node_end(&two);
	rs_policy_free(&policy);
	fakedict_free(&dict);
	RS_CHECK_STR("nothing to tell", loop_log(), "");
}

static void test_interval(void)
{
	struct rs_policy *policy = loop_policy(SHARED);
	struct fakedict *dict = fakedict_new();
	int64_t now = ioloop_time;
	struct rs_seen seen;
	struct node node;

	node_begin(&node, policy);
	for (unsigned i = 0; i < 10; i++)
		(void)login(&node, "alice", "aws", now);
	wait_commits(dict, 1);
	for (unsigned i = 0; i < 10; i++)
		(void)login(&node, "alice", "aws", now);
	(void)loop_run(1000, NULL);
	RS_CHECK_INT("not written again at once", dict->commits, 1);
	wait_commits(dict, 2);
	RS_CHECK("but in the end", stored(dict, KEY, &seen) && seen.count == 20);
	(void)loop_run(4000, NULL);
	RS_CHECK_INT("nothing new is written", dict->commits, 2);
	RS_CHECK("and nothing is waited for", node.state->to_write == NULL);
	node_end(&node);
	rs_policy_free(&policy);
	fakedict_free(&dict);
}

static void test_batches(void)
{
	struct rs_policy *policy = loop_policy(SHARED);
	struct fakedict *dict = fakedict_new();
	struct rs_seen seen;
	struct node node;

	node_begin(&node, policy);
	/* All come in time for the first batch. */
	node.state->batch_msecs = 3000;
	for (unsigned i = 0; i < 120; i++)
		T_BEGIN
		{
			(void)login(&node, t_strdup_printf("user%u", i), "aws", ioloop_time);
		}
	T_END;
	wait_commits(dict, 3);
	RS_CHECK_INT("pairs in a transaction", dict->largest, 50);
	RS_CHECK("the last one too",
		 stored(dict, "shared/relaysentry/user/user119/seen:aws", &seen));
	node_end(&node);
	rs_policy_free(&policy);
	fakedict_free(&dict);
}

static void test_poison(void)
{
	struct rs_policy *policy = loop_policy(SHARED);
	struct fakedict *dict = fakedict_new();
	unsigned written = 0;
	struct rs_seen seen;
	struct node node;

	node_begin(&node, policy);
	dict->poison = "user3/";
	for (unsigned i = 0; i < 8; i++)
		T_BEGIN
		{
			(void)login(&node, t_strdup_printf("user%u", i), "aws", ioloop_time);
		}
	T_END;
	(void)loop_run(1500, NULL);
	for (unsigned i = 0; i < 8; i++)
		written += stored(
			dict, t_strdup_printf("shared/relaysentry/user/user%u/seen:aws", i), &seen);
	RS_CHECK_INT("all others are written", written, 7);
	RS_CHECK("and it is not tried all the time", dict->refused < 4, "%u", dict->refused);
	node_end(&node);
	rs_policy_free(&policy);
	fakedict_free(&dict);
	(void)loop_log();
}

/* An app logs in with several connections. */
static void test_at_once(void)
{
	struct rs_policy *policy = loop_policy(SHARED);
	struct fakedict *dict = fakedict_new();
	struct node node;

	node_begin(&node, policy);
	dict->backwards = TRUE;
	for (unsigned i = 0; i < 3; i++)
		rs_state_login(node.state, "alice", "aws", ioloop_time, due, called, &node);
	RS_CHECK_INT("all wait for the dict", node.calls, 0);
	for (unsigned i = 0; i < 30 && node.calls < 3; i++)
		(void)loop_run(100, NULL);
	RS_CHECK_INT("all are answered", node.calls, 3);
	RS_CHECK_INT("one is the first", node.firsts, 1);
	RS_CHECK("it alerts, and no other", node.alerts == 1 && node.alert_first);
	RS_CHECK_INT("all count", node.seen.count, 3);
	node_end(&node);
	rs_policy_free(&policy);
	fakedict_free(&dict);
	(void)loop_log();
}

static void test_outage(void)
{
	struct rs_policy *policy = loop_policy(SHARED);
	struct fakedict *dict = fakedict_new();
	struct rs_seen seen;
	struct node node;

	node_begin(&node, policy);
	fakedict_refuse(dict);
	RS_CHECK("at once", login(&node, "alice", "aws", ioloop_time));
	RS_CHECK("nobody knows", !node.asked && node.alerts == 1);
	RS_CHECK("at once", login(&node, "alice", "aws", ioloop_time));
	RS_CHECK("from memory", node.asked && !node.first_seen && node.alerts == 1);
	fakedict_listen(dict);
	fakedict_set(dict, KEY, "first=1000 last=1795000000 count=40 alert=1000,1");
	wait_commits(dict, 1);
	RS_CHECK("what was stored is not lost",
		 stored(dict, KEY, &seen) && seen.first == 1000 && seen.count == 42);
	dict->silent = TRUE;
	RS_CHECK("waits", !login(&node, "bob", "aws", ioloop_time));
	RS_CHECK("for its time only, then nobody knows", !node.asked);
	node_end(&node);
	rs_policy_free(&policy);
	fakedict_free(&dict);
	(void)loop_log();
}

static void test_end(void)
{
	struct rs_policy *policy = loop_policy(SHARED);
	struct fakedict *dict = fakedict_new();
	struct rs_seen seen;
	struct node node;

	node_begin(&node, policy);
	(void)login(&node, "alice", "aws", ioloop_time);
	dict->silent = TRUE;
	rs_state_login(node.state, "bob", "aws", ioloop_time, due, called, &node);
	node.calls = 0;
	dict->silent = FALSE;
	node_end(&node);
	RS_CHECK_INT("who waits is called", node.calls, 1);
	(void)loop_run(100, NULL);
	RS_CHECK("what was read is written", stored(dict, KEY, &seen) && seen.count == 1);
	RS_CHECK("what was not is left alone",
		 fakedict_get(dict, "shared/relaysentry/user/bob/seen:aws") == NULL);
	rs_policy_free(&policy);
	fakedict_free(&dict);
	(void)loop_log();
}

static void test_faulty(void)
{
	struct rs_policy *policy = loop_policy(SHARED);
	struct fakedict *dict = fakedict_new();
	struct rs_seen seen;
	struct node node;
	const char *log;

	node_begin(&node, policy);
	fakedict_set(dict, KEY, "nonsense");
	(void)login(&node, "alice", "aws", ioloop_time);
	RS_CHECK("counts as nothing", node.first_seen);
	log = loop_log();
	RS_CHECK("names the key", strstr(log, KEY) != NULL, "%s", log);
	wait_commits(dict, 1);
	RS_CHECK("is written anew", stored(dict, KEY, &seen));
	fakedict_set(dict, "shared/relaysentry/user/bob/seen:aws", "first=1 last=2 count=9");
	(void)login(&node, "bob", "aws", ioloop_time);
	RS_CHECK("what is too old counts as nothing", node.first_seen && node.seen.count == 1);
	node_end(&node);
	rs_policy_free(&policy);
	fakedict_free(&dict);
	(void)loop_log();
}

static void test_policies(void)
{
	struct rs_policy *shared = loop_policy(SHARED), *alone = loop_policy(ALONE);
	struct fakedict *dict = fakedict_new();
	int64_t now = ioloop_time;
	struct rs_seen seen;
	struct node node;

	node_begin(&node, alone);
	(void)login(&node, "alice", "aws", now);
	rs_state_set(node.state, shared);
	RS_CHECK("what was seen stays known", login(&node, "alice", "aws", now + 1));
	RS_CHECK("what was seen stays known", !node.first_seen && node.alerts == 1);
	wait_commits(dict, 1);
	RS_CHECK("and is written to the dict that is new",
		 stored(dict, KEY, &seen) && seen.count == 2);
	(void)login(&node, "bob", "aws", now);
	dict->silent = TRUE;
	rs_state_login(node.state, "carol", "aws", now, due, called, &node);
	node.calls = 0;
	rs_state_set(node.state, alone);
	RS_CHECK_INT("who waits for the old one is called", node.calls, 1);
	RS_CHECK("and the memory goes on", login(&node, "carol", "aws", now + 1));
	node_end(&node);
	rs_policy_free(&shared);
	rs_policy_free(&alone);
	fakedict_free(&dict);
	(void)loop_log();
}

void plugin_suite_state(CU_pSuite suite)
{
	CU_add_test(suite, "the memory knows what it has seen", test_memory);
	CU_add_test(suite, "the memory is bounded", test_bounded);
	CU_add_test(suite, "two nodes count together and alert once", test_two_nodes);
	CU_add_test(suite, "a pair is written once in its interval", test_interval);
	CU_add_test(suite, "what is written is in batches", test_batches);
	CU_add_test(suite, "one that the dict refuses does not hold up others", test_poison);
	CU_add_test(suite, "of several logins at once one is the first", test_at_once);
	CU_add_test(suite, "without the dict, the memory answers", test_outage);
	CU_add_test(suite, "the end leaves what it can", test_end);
	CU_add_test(suite, "a faulty or old value counts as nothing", test_faulty);
	CU_add_test(suite, "another policy keeps what was seen", test_policies);
}

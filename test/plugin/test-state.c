/* SPDX-License-Identifier: MIT */
/* What was seen of users and relays, in memory and in a dict. */
#include "node.h"

static void test_memory(void)
{
	struct rs_policy *policy = loop_policy(NODE_ALONE);
	int64_t now = ioloop_time;
	struct node node;

	node_begin(&node, policy);
	RS_CHECK("at once", node_login(&node, "alice", "aws", now));
	RS_CHECK("first seen", node.first_seen && node.alerts == 1 && node.seen.count == 1);
	RS_CHECK("at once", node_login(&node, "ALICE", "aws", now + 10));
	RS_CHECK("known", !node.first_seen && node.alerts == 1 && node.seen.count == 2);
	RS_CHECK_INT("first", node.seen.first, now);
	RS_CHECK_INT("last", node.seen.last, now + 10);
	(void)node_login(&node, "alice", "azure", now + 20);
	RS_CHECK("another relay is another pair", node.first_seen && node.alerts == 2);
	(void)node_login(&node, "alice", "aws", now + NODE_DAY);
	RS_CHECK("an alert is remembered with its count",
		 node.alerts == 3 && node.seen.alerts[RS_ALERT_ALERT].count == 3);
	(void)node_login(&node, "alice", "aws", now + 32 * NODE_DAY);
	RS_CHECK("forgotten after its time", node.first_seen && node.seen.count == 1);
	node_end(&node);
	rs_policy_free(&policy);
}

static void test_bounded(void)
{
	struct rs_policy *policy = loop_policy(NODE_ALONE);
	int64_t now = ioloop_time;
	struct node node;

	node_begin(&node, policy);
	for (unsigned i = 0; i < 5000; i++)
		T_BEGIN
		{
			(void)node_login(&node, t_strdup_printf("user%u", i), "aws", now);
		}
	T_END;
	RS_CHECK_INT("pairs", rs_lru_count(node.state->pairs), 1000);
	(void)node_login(&node, "user4999", "aws", now);
	RS_CHECK("the newest are known", !node.first_seen);
	(void)node_login(&node, "user0", "aws", now);
	RS_CHECK("the oldest are not", node.first_seen);
	node_end(&node);
	rs_policy_free(&policy);
}

static void test_interval(void)
{
	struct rs_policy *policy = loop_policy(NODE_SHARED);
	struct fakedict *dict = fakedict_new();
	int64_t now = ioloop_time;
	struct rs_seen seen;
	struct node node;

	node_begin(&node, policy);
	for (unsigned i = 0; i < 10; i++)
		(void)node_login(&node, "alice", "aws", now);
	node_wait_commits(dict, 1);
	for (unsigned i = 0; i < 10; i++)
		(void)node_login(&node, "alice", "aws", now);
	(void)loop_run(1000, NULL);
	RS_CHECK_INT("not written again at once", dict->commits, 1);
	node_wait_commits(dict, 2);
	RS_CHECK("but in the end", node_stored(dict, NODE_KEY, &seen) && seen.count == 20);
	(void)loop_run(4000, NULL);
	RS_CHECK_INT("nothing new is written", dict->commits, 2);
	RS_CHECK("and nothing is waited for", node.state->to_write == NULL);
	node_end(&node);
	rs_policy_free(&policy);
	fakedict_free(&dict);
}

static void test_batches(void)
{
	struct rs_policy *policy = loop_policy(NODE_SHARED);
	struct fakedict *dict = fakedict_new();
	struct rs_seen seen;
	struct node node;

	node_begin(&node, policy);
	/* All come in time for the first batch. */
	node.state->batch_msecs = 3000;
	for (unsigned i = 0; i < 120; i++)
		T_BEGIN
		{
			(void)node_login(&node, t_strdup_printf("user%u", i), "aws", ioloop_time);
		}
	T_END;
	node_wait_commits(dict, 3);
	RS_CHECK_INT("pairs in a transaction", dict->largest, 50);
	RS_CHECK("the last one too",
		 node_stored(dict, "shared/relaysentry/user/user119/seen:aws", &seen));
	node_end(&node);
	rs_policy_free(&policy);
	fakedict_free(&dict);
}

static void test_poison(void)
{
	struct rs_policy *policy = loop_policy(NODE_SHARED);
	struct fakedict *dict = fakedict_new();
	unsigned written = 0;
	struct rs_seen seen;
	struct node node;

	node_begin(&node, policy);
	dict->poison = "user3/";
	for (unsigned i = 0; i < 8; i++)
		T_BEGIN
		{
			(void)node_login(&node, t_strdup_printf("user%u", i), "aws", ioloop_time);
		}
	T_END;
	(void)loop_run(1500, NULL);
	for (unsigned i = 0; i < 8; i++)
		written += node_stored(
			dict, t_strdup_printf("shared/relaysentry/user/user%u/seen:aws", i), &seen);
	RS_CHECK_INT("all others are written", written, 7);
	RS_CHECK("and it is not tried all the time", dict->refused < 4, "%u", dict->refused);
	node_end(&node);
	rs_policy_free(&policy);
	fakedict_free(&dict);
	(void)loop_log();
}

static void test_outage(void)
{
	struct rs_policy *policy = loop_policy(NODE_SHARED);
	struct fakedict *dict = fakedict_new();
	struct rs_seen seen;
	struct node node;

	node_begin(&node, policy);
	fakedict_refuse(dict);
	RS_CHECK("at once", node_login(&node, "alice", "aws", ioloop_time));
	RS_CHECK("nobody knows", !node.asked && node.alerts == 1);
	RS_CHECK("at once", node_login(&node, "alice", "aws", ioloop_time));
	RS_CHECK("from memory", node.asked && !node.first_seen && node.alerts == 1);
	fakedict_listen(dict);
	fakedict_set(dict, NODE_KEY, "first=1000 last=1795000000 count=40 alert=1000,1");
	node_wait_commits(dict, 1);
	RS_CHECK("what was stored is not lost",
		 node_stored(dict, NODE_KEY, &seen) && seen.first == 1000 && seen.count == 42);
	dict->silent = TRUE;
	RS_CHECK("waits", !node_login(&node, "bob", "aws", ioloop_time));
	RS_CHECK("for its time only, then nobody knows", !node.asked);
	node_end(&node);
	rs_policy_free(&policy);
	fakedict_free(&dict);
	(void)loop_log();
}

static void test_end(void)
{
	struct rs_policy *policy = loop_policy(NODE_SHARED);
	struct fakedict *dict = fakedict_new();
	struct rs_seen seen;
	struct node node;

	node_begin(&node, policy);
	(void)node_login(&node, "alice", "aws", ioloop_time);
	dict->silent = TRUE;
	rs_state_login(node.state, "bob", "aws", ioloop_time, node_due, node_called, &node);
	node.calls = 0;
	dict->silent = FALSE;
	node_end(&node);
	RS_CHECK_INT("who waits is called", node.calls, 1);
	(void)loop_run(100, NULL);
	RS_CHECK("what was read is written", node_stored(dict, NODE_KEY, &seen) && seen.count == 1);
	RS_CHECK("what was not is left alone",
		 fakedict_get(dict, "shared/relaysentry/user/bob/seen:aws") == NULL);
	rs_policy_free(&policy);
	fakedict_free(&dict);
	(void)loop_log();
}

static void test_faulty(void)
{
	struct rs_policy *policy = loop_policy(NODE_SHARED);
	struct fakedict *dict = fakedict_new();
	struct rs_seen seen;
	struct node node;
	const char *log;

	node_begin(&node, policy);
	fakedict_set(dict, NODE_KEY, "nonsense");
	(void)node_login(&node, "alice", "aws", ioloop_time);
	RS_CHECK("counts as nothing", node.first_seen);
	log = loop_log();
	RS_CHECK("names the key", strstr(log, NODE_KEY) != NULL, "%s", log);
	node_wait_commits(dict, 1);
	RS_CHECK("is written anew", node_stored(dict, NODE_KEY, &seen));
	fakedict_set(dict, "shared/relaysentry/user/bob/seen:aws", "first=1 last=2 count=9");
	(void)node_login(&node, "bob", "aws", ioloop_time);
	RS_CHECK("what is too old counts as nothing", node.first_seen && node.seen.count == 1);
	node_end(&node);
	rs_policy_free(&policy);
	fakedict_free(&dict);
	(void)loop_log();
}

static void test_policies(void)
{
	struct rs_policy *shared = loop_policy(NODE_SHARED), *alone = loop_policy(NODE_ALONE);
	struct fakedict *dict = fakedict_new();
	int64_t now = ioloop_time;
	struct rs_seen seen;
	struct node node;

	node_begin(&node, alone);
	(void)node_login(&node, "alice", "aws", now);
	rs_state_set(node.state, shared);
	RS_CHECK("what was seen stays known", node_login(&node, "alice", "aws", now + 1));
	RS_CHECK("what was seen stays known", !node.first_seen && node.alerts == 1);
	node_wait_commits(dict, 1);
	RS_CHECK("and is written to the dict that is new",
		 node_stored(dict, NODE_KEY, &seen) && seen.count == 2);
	(void)node_login(&node, "bob", "aws", now);
	dict->silent = TRUE;
	rs_state_login(node.state, "carol", "aws", now, node_due, node_called, &node);
	node.calls = 0;
	rs_state_set(node.state, alone);
	RS_CHECK_INT("who waits for the old one is called", node.calls, 1);
	RS_CHECK("and the memory goes on", node_login(&node, "carol", "aws", now + 1));
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
	CU_add_test(suite, "a pair is written once in its interval", test_interval);
	CU_add_test(suite, "what is written is in batches", test_batches);
	CU_add_test(suite, "one that the dict refuses does not hold up others", test_poison);
	CU_add_test(suite, "without the dict, the memory answers", test_outage);
	CU_add_test(suite, "the end leaves what it can", test_end);
	CU_add_test(suite, "a faulty or old value counts as nothing", test_faulty);
	CU_add_test(suite, "another policy keeps what was seen", test_policies);
}

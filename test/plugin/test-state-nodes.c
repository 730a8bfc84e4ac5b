/* SPDX-License-Identifier: MIT */
/* Who is told when several nodes, or several logins at once, see the same. */
#include "node.h"

static void test_two_nodes(void)
{
	struct rs_policy *policy = loop_policy(NODE_SHARED);
	struct fakedict *dict = fakedict_new();
	int64_t now = ioloop_time;
	struct node one, two;
	struct rs_seen seen;

	node_begin(&one, policy);
	node_begin(&two, policy);
	RS_CHECK("the dict is asked about what is new", !node_login(&one, "alice", "aws", now));
	RS_CHECK("nobody knew it", one.first_seen && one.alerts == 1);
	node_wait_commits(dict, 1);
	RS_CHECK("written", node_stored(dict, NODE_KEY, &seen) && seen.count == 1 &&
				    seen.alerts[RS_ALERT_ALERT].time == now);
	RS_CHECK("the dict is asked", !node_login(&two, "alice", "aws", now + 1));
	RS_CHECK("the other node knew it, and has alerted", !two.first_seen && two.alerts == 0);
	RS_CHECK_INT("its logins count", two.seen.count, 2);
	RS_CHECK("then the memory knows", node_login(&two, "alice", "aws", now + 2));
	node_wait_commits(dict, 2);
	RS_CHECK("written together", node_stored(dict, NODE_KEY, &seen) && seen.count == 3 &&
					     seen.first == now && seen.last == now + 2);
	RS_CHECK("at once", node_login(&one, "alice", "aws", now + 3));
	RS_CHECK_INT("what others count is seen when the dict is read", one.seen.count, 2);
	/* Both by their memory, one by what the other has written. */
	(void)node_login(&one, "alice", "aws", now + NODE_DAY);
	RS_CHECK_INT("due again", one.alerts, 2);
	RS_CHECK_INT("and told with the logins of all", one.seen.count, 5);
	node_wait_commits(dict, 3);
	RS_CHECK("the dict is asked before an alert",
		 !node_login(&two, "alice", "aws", now + NODE_DAY + 1));
	RS_CHECK_INT("and says that it was sent", two.alerts, 0);
	node_end(&one);
	node_end(&two);
	rs_policy_free(&policy);
	fakedict_free(&dict);
	RS_CHECK_STR("nothing to tell", loop_log(), "");
}

/* An app logs in with several connections. */
static void test_at_once(void)
{
	struct rs_policy *policy = loop_policy(NODE_SHARED);
	struct fakedict *dict = fakedict_new();
	struct node node;

	node_begin(&node, policy);
	dict->backwards = TRUE;
	for (unsigned i = 0; i < 3; i++)
		rs_state_login(node.state, "alice", "aws", ioloop_time, node_due, node_called,
			       &node);
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

void plugin_suite_state_nodes(CU_pSuite suite)
{
	CU_add_test(suite, "two nodes count together and alert once", test_two_nodes);
	CU_add_test(suite, "of several logins at once one is the first", test_at_once);
}

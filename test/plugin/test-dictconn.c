/* SPDX-License-Identifier: MIT */
/* The connection to a dict. */
#include "loop.h"
#include "fakedict.h"

#include "plugin/dictconn.h"

#include <stdio.h>

/* How a request ended. */
struct outcome {
	bool done;
	unsigned calls;
	enum rs_dict_result result;
	char text[200];
	/* Cancelled when this one ends. */
	struct rs_dictconn_request **other;
};

static void ended(enum rs_dict_result result, const char *key ATTR_UNUSED, const char *text,
		  void *context)
{
	struct outcome *outcome = context;

	outcome->done = TRUE;
	outcome->calls++;
	outcome->result = result;
	i_strocpy(outcome->text, text == NULL ? "" : text, sizeof(outcome->text));
	if (outcome->other != NULL)
		rs_dictconn_cancel(outcome->other);
}

static struct outcome outcome;

/* Returns what a lookup came to: a result, or -1: it failed at once. */
static int looked_up(struct rs_dictconn *conn, unsigned int msecs)
{
	i_zero(&outcome);
	if (rs_dictconn_lookup(conn, "shared/a", msecs, ended, &outcome) == NULL)
		return -1;
	RS_CHECK("nothing is called before the loop runs", !outcome.done);
	(void)loop_run(3000, &outcome.done);
	RS_CHECK_INT("called once", outcome.calls, 1);
	return (int)outcome.result;
}

static void test_values(void)
{
	struct fakedict *dict = fakedict_new();
	struct rs_dictconn *conn = rs_dictconn_ref(loop_uri()), *same = rs_dictconn_ref(loop_uri());
	struct rs_dict_change change = { "shared/a", "new\tvalue" };

	RS_CHECK("one connection for one URI", conn == same);
	RS_CHECK_INT("no key", looked_up(conn, 1000), RS_DICT_NOT_FOUND);
	fakedict_set(dict, "shared/a", "a\tb\001");
	RS_CHECK_INT("a value", looked_up(conn, 1000), RS_DICT_FOUND);
	RS_CHECK_STR("the value", outcome.text, "a\tb\001");
	i_zero(&outcome);
	(void)rs_dictconn_commit(conn, &change, 1, 60, 1000, ended, &outcome);
	(void)loop_run(3000, &outcome.done);
	RS_CHECK_INT("a commit", outcome.result, RS_DICT_DONE);
	RS_CHECK_STR("is stored", fakedict_get(dict, "shared/a"), "new\tvalue");
	RS_CHECK_INT("one connection for all", dict->connections, 1);
	rs_dictconn_unref(&same);
	rs_dictconn_unref(&conn);
	(void)loop_run(50, NULL);
	RS_CHECK_INT("the last one leaves it closed", fakedict_connected(dict), 0);
	RS_CHECK_STR("nothing to tell", loop_log(), "");
	fakedict_free(&dict);
}

static void test_refused(void)
{
	struct fakedict *dict = fakedict_new();
	struct rs_dictconn *conn = rs_dictconn_ref(loop_uri());

	fakedict_refuse(dict);
	RS_CHECK_INT("refused", looked_up(conn, 1000), -1);
	RS_CHECK("says so", strstr(loop_log(), "failed: Connection refused; until") != NULL);
	fakedict_listen(dict);
	RS_CHECK("it is not asked for a second", rs_dictconn_paused(conn));
	RS_CHECK_INT("fails at once", looked_up(conn, 1000), -1);
	(void)loop_run(1100, NULL);
	RS_CHECK_INT("then it is", looked_up(conn, 1000), RS_DICT_NOT_FOUND);
	RS_CHECK("says so", strstr(loop_log(), "is back\n") != NULL);
	fakedict_refuse(dict);
	(void)loop_run(20, NULL);
	RS_CHECK_INT("refused again", looked_up(conn, 1000), -1);
	RS_CHECK_STR("not told twice within a minute", loop_log(), "");
	rs_dictconn_unref(&conn);
	fakedict_free(&dict);
}

static void test_silent(void)
{
	struct fakedict *dict = fakedict_new();
	struct rs_dictconn *conn = rs_dictconn_ref(loop_uri());
	struct outcome longer = { .done = FALSE };

	dict->silent = TRUE;
	RS_CHECK("a request of two seconds",
		 rs_dictconn_lookup(conn, "shared/b", 600, ended, &longer) != NULL);
	RS_CHECK_INT("no answer", looked_up(conn, 100), RS_DICT_FAILED);
	RS_CHECK_STR("why", outcome.text, "no answer within 100 ms");
	RS_CHECK("others go on waiting", !longer.done);
	RS_CHECK_INT("and none is added", looked_up(conn, 100), -1);
	(void)loop_run(2000, &longer.done);
	RS_CHECK_STR("each has its own time", longer.text, "no answer within 600 ms");
	(void)loop_run(50, NULL);
	RS_CHECK_INT("what hangs is closed", fakedict_connected(dict), 0);
	dict->silent = FALSE;
	(void)loop_run(1100, NULL);
	RS_CHECK_INT("back", looked_up(conn, 1000), RS_DICT_NOT_FOUND);
	rs_dictconn_unref(&conn);
	fakedict_free(&dict);
	(void)loop_log();
}

static void test_lost(void)
{
	struct fakedict *dict = fakedict_new();
	struct rs_dictconn *conn = rs_dictconn_ref(loop_uri());
	struct rs_dictconn_request *second;
	struct outcome other = { .done = FALSE };

	(void)looked_up(conn, 1000);
	fakedict_hang_up(dict);
	(void)loop_run(50, NULL);
	RS_CHECK_INT("one that ends while nobody waits is no failure", looked_up(conn, 1000),
		     RS_DICT_NOT_FOUND);
	dict->silent = TRUE;
	i_zero(&outcome);
	outcome.other = &second;
	(void)rs_dictconn_lookup(conn, "shared/a", 2000, ended, &outcome);
	second = rs_dictconn_lookup(conn, "shared/b", 2000, ended, &other);
	(void)loop_run(50, NULL);
	fakedict_hang_up(dict);
	(void)loop_run(1000, &outcome.done);
	RS_CHECK_INT("one that ends while somebody waits is", outcome.result, RS_DICT_FAILED);
	RS_CHECK("who is cancelled meanwhile is not called", !other.done);
	RS_CHECK("and it is not asked for a second", rs_dictconn_paused(conn));
	rs_dictconn_unref(&conn);
	fakedict_free(&dict);
	(void)loop_log();
}

static void test_error(void)
{
	struct fakedict *dict = fakedict_new();
	struct rs_dictconn *conn = rs_dictconn_ref(loop_uri());

	dict->failing = "\001tno\001ndatabase";
	RS_CHECK_INT("an error", looked_up(conn, 1000), RS_DICT_FAILED);
	RS_CHECK_STR("its text", outcome.text, "\tno\ndatabase");
	RS_CHECK("told in one line",
		 strstr(loop_log(), "the dict process failed: no database; until") != NULL);
	RS_CHECK("one that comes at once makes nobody wait", !rs_dictconn_paused(conn));
	dict->failing = NULL;
	RS_CHECK_INT("the next is asked", looked_up(conn, 1000), RS_DICT_NOT_FOUND);
	rs_dictconn_unref(&conn);
	fakedict_free(&dict);
	(void)loop_log();
}

static void test_bounded(void)
{
	struct fakedict *dict = fakedict_new();
	struct rs_dictconn *conn = rs_dictconn_ref(loop_uri());
	unsigned taken = 0, answered = 0;
	struct outcome *outcomes = i_new(struct outcome, 1500);

	for (unsigned i = 0; i < 1500; i++)
		taken += rs_dictconn_lookup(conn, t_strdup_printf("shared/%u", i), 3000, ended,
					    &outcomes[i]) != NULL;
	RS_CHECK_INT("so many wait and no more", taken, 1000);
	(void)loop_run(3000, &outcomes[999].done);
	for (unsigned i = 0; i < 1500; i++)
		answered += outcomes[i].calls;
	RS_CHECK_INT("each is answered once", answered, 1000);
	i_free(outcomes);
	rs_dictconn_unref(&conn);
	fakedict_free(&dict);
	(void)loop_log();
}

/* What is told the last minute ago would be left out. */
void plugin_suite_dictconn(CU_pSuite suite)
{
	CU_add_test(suite, "values are read and written", test_values);
	CU_add_test(suite, "who is refused is not asked again for a while", test_refused);
	CU_add_test(suite, "each request has its own time", test_silent);
	CU_add_test(suite, "a connection that ends is opened again", test_lost);
	CU_add_test(suite, "an error is no outage", test_error);
	CU_add_test(suite, "what waits is bounded", test_bounded);
}

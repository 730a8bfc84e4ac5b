/* SPDX-License-Identifier: MIT */
/* What is too long or too much for a connection to the dict process. */
#include "dict-talk.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *repeat(const char *before, char c, size_t count, const char *behind)
{
	size_t len = strlen(before);
	char *text = malloc(len + count + strlen(behind) + 1);

	memcpy(text, before, len);
	memset(text + len, c, count);
	strcpy(text + len + count, behind);
	return text;
}

static void test_long_commands(void)
{
	/* L, a tab and a newline; S1, two tabs, a one-letter key and a newline. */
	char *key = repeat("", 'k', RS_DICT_LINE_MAX - 3, "");
	char *value = repeat("", 'v', RS_DICT_LINE_MAX - 6, "");
	struct rs_dict_change changes[] = { { "a", "1" }, { "k", value }, { "b", "1" } };
	struct rs_dictproto *proto = rs_dictproto_new(3, "d");

	talk_check_output("the hello", proto, "H3\t2\t0\t\td\n");
	RS_CHECK("the longest key", rs_dictproto_lookup(proto, key, NULL, NULL) != 0);
	RS_CHECK("the longest value", rs_dictproto_commit(proto, changes, 3, 0, NULL, NULL) != 0);
	rs_dictproto_abort(proto, "enough");
	rs_dictproto_free(&proto);

	proto = rs_dictproto_new(3, "d");
	talk_check_output("the hello", proto, "H3\t2\t0\t\td\n");
	key[5] = '\t';
	RS_CHECK("a key that escaping makes too long",
		 rs_dictproto_lookup(proto, key, NULL, NULL) == 0);
	RS_CHECK("a prefix that is too long", rs_dictproto_iterate(proto, key, NULL, NULL) == 0);
	value[0] = '\n';
	RS_CHECK("a value that is too long",
		 rs_dictproto_commit(proto, changes, 3, 0, NULL, NULL) == 0);
	talk_check_output("of these nothing is sent", proto, "");
	RS_CHECK_INT("and nothing waits", rs_dictproto_waiting(proto), 0);
	RS_CHECK("what comes then is sent", rs_dictproto_lookup(proto, "k", NULL, NULL) != 0);
	talk_check_output("and nothing else", proto, "Lk\t\n");
	rs_dictproto_free(&proto);
	free(key);
	free(value);
}

/* Only the command that a long reply belongs to suffers from it. */
static void test_long_replies(void)
{
	static const size_t lengths[] = { RS_DICT_LINE_MAX + 1000, 200000, 5000000 };
	static const struct {
		const char *label, *commands, *begin, *told;
	} cases[] = {
		{ "a value", "LL", "+1\tO",
		  "1 failed: the reply of the dict process is too long\n" },
		{ "a row", "IL", "+1\tOkey\t",
		  "1 failed: the reply of the dict process is too long\n" },
		{ "the error of an iteration", "IL", "+1\tF",
		  "1 failed: the reply of the dict process is too long\n" },
		{ "the second line of such an error", "IL", "+1\tFx\n", "1 failed: x\n" },
		{ "a commit", "CL", "+1\tF1\t",
		  "1 failed: the reply of the dict process is too long\n" },
	};

	for (size_t i = 0; i < RS_COUNT(cases) * RS_COUNT(lengths); i++) {
		const char *label = cases[i / RS_COUNT(lengths)].label, *error;
		char *line = repeat(cases[i / RS_COUNT(lengths)].begin, 'v',
				    lengths[i % RS_COUNT(lengths)], "");
		char want[256];
		struct talk talk;

		talk_begin(&talk, 4, cases[i / RS_COUNT(lengths)].commands);
		RS_CHECK_INT(label, talk_text(&talk, "*1\n*2\n", &error), 0);
		/* In two pieces, of which the first may end anywhere. */
		RS_CHECK_INT(label, talk_input(&talk, line, 2 + i, &error), 0);
		RS_CHECK_INT(label, talk_input(&talk, line + 2 + i, strlen(line) - 2 - i, &error),
			     0);
		RS_CHECK_INT(label, talk_text(&talk, "\n+2\tOv\n", &error), 0);
		snprintf(want, sizeof(want), "%s2 found: v\n", cases[i / RS_COUNT(lengths)].told);
		RS_CHECK_STR(label, talk.told, want);
		if (cases[i / RS_COUNT(lengths)].begin[3] == 'O' &&
		    cases[i / RS_COUNT(lengths)].commands[0] == 'I') {
			RS_CHECK_INT("the rest of the rows is ignored",
				     talk_text(&talk, "+1\tOk\tv\n+1\t\n", &error), 0);
			RS_CHECK_STR(label, talk.told, want);
		}
		RS_CHECK_INT(label, rs_dictproto_waiting(talk.proto), 0);
		rs_dictproto_free(&talk.proto);
		free(line);
	}
}

static void test_endless_lines(void)
{
	static const struct {
		const char *label, *begin, *error;
	} cases[] = {
		{ "a reply", "+1\tO", "a line without an end" },
		{ "a reply to nobody", "+7\tO", "a reply to no command, with id 7" },
		{ "an id", "*1", "a line that is too long" },
		{ "no reply at all", "v", "a line that is too long" },
		{ "a reply without a reply", "+1", "a line that is too long" },
	};
	char *endless = repeat("", '1', 1000000, "");

	for (size_t i = 0; i < RS_COUNT(cases); i++) {
		const char *label = cases[i].label, *error = NULL;
		struct talk talk;
		int result = 0;

		talk_begin(&talk, 3, "L");
		talk_text(&talk, "*1\n", &error);
		result = talk_input(&talk, cases[i].begin, strlen(cases[i].begin), &error);
		for (int j = 0; j < 100 && result == 0; j++)
			result = talk_input(&talk, endless, 1000000, &error);
		RS_CHECK_INT(label, result, -1);
		RS_CHECK_STR(label, error, cases[i].error);
		rs_dictproto_free(&talk.proto);
	}
	free(endless);
}

/* What fits into a line that writes it comes back, whatever the server adds. */
static void test_longest_value_comes_back(void)
{
	char *value = repeat("", 'v', RS_DICT_LINE_MAX - strlen("S1\tk\t\n"), "");
	char *lookup = repeat("+4294967295\tO", 'v', strlen(value), TALK_TIMES "\n");
	char *row = repeat("+1\tOk\t", 'v', strlen(value), TALK_TIMES "\n");
	const char *error;
	struct talk talk;

	talk_begin(&talk, 3, "IL");
	talk_text(&talk, "*1\n*4294967295\n", &error);
	RS_CHECK_INT("lookup", talk_input(&talk, lookup, strlen(lookup), &error), 0);
	RS_CHECK("lookup", strncmp(talk.told, "2 found: vvvv", 13) == 0);
	talk.told[0] = '\0';
	RS_CHECK_INT("row", talk_input(&talk, row, strlen(row), &error), 0);
	RS_CHECK("row", strncmp(talk.told, "1 found k: vvvv", 15) == 0);
	rs_dictproto_free(&talk.proto);
	free(value);
	free(lookup);
	free(row);
}

static void count_call(enum rs_dict_result result, const char *key, const char *text, void *context)
{
	(void)key;
	if (result == RS_DICT_FAILED && strcmp(text, "enough") == 0)
		++*(size_t *)context;
}

static void test_waiting(void)
{
	struct rs_dictproto *proto = rs_dictproto_new(3, "d");
	size_t taken = 0, called = 0, len, before;

	while (taken < 2 * RS_DICT_WAITING_MAX &&
	       rs_dictproto_lookup(proto, "k", count_call, &called) != 0)
		taken++;
	RS_CHECK_INT("no more than these wait", taken, RS_DICT_WAITING_MAX);
	(void)rs_dictproto_output(proto, &before);
	RS_CHECK("nor an iteration", rs_dictproto_iterate(proto, "k", NULL, NULL) == 0);
	RS_CHECK("nor a commit", rs_dictproto_commit(proto, NULL, 0, 0, NULL, NULL) == 0);
	(void)rs_dictproto_output(proto, &len);
	RS_CHECK_INT("of what was refused nothing is sent", len, before);
	rs_dictproto_abort(proto, "enough");
	RS_CHECK_INT("each is told its end, once", called, RS_DICT_WAITING_MAX);
	(void)rs_dictproto_output(proto, &len);
	RS_CHECK_INT("what was aborted is not sent", len, 0);
	rs_dictproto_abort(proto, "enough");
	RS_CHECK_INT("and not a second time", called, RS_DICT_WAITING_MAX);
	rs_dictproto_free(&proto);
}

static void test_output_is_limited(void)
{
	char *value = repeat("", 'v', 60000, "");
	struct rs_dict_change change = { "k", value };
	struct rs_dictproto *proto = rs_dictproto_new(3, "d");
	size_t taken = 0, len;

	while (taken < 1000 && rs_dictproto_commit(proto, &change, 1, 0, NULL, NULL) != 0)
		taken++;
	(void)rs_dictproto_output(proto, &len);
	RS_CHECK("as much as is allowed", len <= RS_DICT_OUTPUT_MAX, "%zu", len);
	RS_CHECK("and not much less", len > RS_DICT_OUTPUT_MAX - 70000, "%zu", len);
	rs_dictproto_sent(proto, 100000);
	RS_CHECK("there is room when some was sent",
		 rs_dictproto_commit(proto, &change, 1, 0, NULL, NULL) != 0);
	rs_dictproto_free(&proto);
	free(value);
}

void rs_suite_dictproto_limits(CU_pSuite suite)
{
	CU_add_test(suite, "a command that is too long is not sent", test_long_commands);
	CU_add_test(suite, "a long reply fails one command", test_long_replies);
	CU_add_test(suite, "an endless line ends it", test_endless_lines);
	CU_add_test(suite, "the longest value comes back", test_longest_value_comes_back);
	CU_add_test(suite, "only so many commands wait", test_waiting);
	CU_add_test(suite, "only so much is left to be sent", test_output_is_limited);
}

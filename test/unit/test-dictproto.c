/* SPDX-License-Identifier: MIT */
#include "dict-talk.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

/* --- what is sent --- */

static void test_sent(void)
{
	static const struct rs_dict_change changes[] = {
		{ "shared/a", "1" }, { "shared/b", NULL }, { "shared/c", "" }, { "\t\n", "\r\001" }
	};
	struct rs_dictproto *proto = rs_dictproto_new(3, "relay\tsentry");

	talk_check_output("the hello of major version 3", proto, "H3\t2\t0\t\trelay\001tsentry\n");
	RS_CHECK("a number", rs_dictproto_lookup(proto, "shared/k", NULL, NULL) != 0);
	talk_check_output("a lookup, for no user", proto, "Lshared/k\t\n");
	rs_dictproto_lookup(proto, "a\tb\nc\rd\001e\\f", NULL, NULL);
	talk_check_output("what would end a word is escaped", proto,
			  "La\001tb\001nc\001rd\0011e\\f\t\n");
	rs_dictproto_iterate(proto, "shared/", NULL, NULL);
	talk_check_output("an iteration goes on below", proto, "I1\t0\tshared/\t\n");
	rs_dictproto_commit(proto, changes, RS_COUNT(changes), 60, NULL, NULL);
	talk_check_output(
		"a transaction is sent in one go", proto,
		"B1\t\n"
		"S1\tshared/a\t1\nU1\tshared/b\nS1\tshared/c\t\nS1\t\001t\001n\t\001r\0011\n"
		"C1\n");
	rs_dictproto_commit(proto, changes, 1, 0, NULL, NULL);
	talk_check_output("the next one has the next id", proto, "B2\t\nS2\tshared/a\t1\nC2\n");
	RS_CHECK_INT("all of these wait", rs_dictproto_waiting(proto), 5);
	rs_dictproto_free(&proto);
	RS_CHECK("free leaves NULL", proto == NULL);
	rs_dictproto_free(&proto);

	proto = rs_dictproto_new(4, "relaysentry");
	talk_check_output("the hello of major version 4", proto, "H4\t0\t0\t\trelaysentry\n");
	rs_dictproto_commit(proto, changes, 1, 60, NULL, NULL);
	talk_check_output("major version 4 is told how long", proto,
			  "B1\t\t60\nS1\tshared/a\t1\nC1\n");
	rs_dictproto_commit(proto, changes, 1, 0, NULL, NULL);
	talk_check_output("but not how long for ever is", proto, "B2\t\nS2\tshared/a\t1\nC2\n");
	rs_dictproto_free(&proto);
}

static void test_sent_in_pieces(void)
{
	struct rs_dictproto *proto = rs_dictproto_new(3, "d");
	char want[4096] = "H3\t2\t0\t\td\n", got[4096] = "";
	const char *data;
	size_t len;

	for (int i = 0; i < 100; i++) {
		rs_dictproto_lookup(proto, "shared/k", NULL, NULL);
		strcat(want, "Lshared/k\t\n");
		data = rs_dictproto_output(proto, &len);
		strncat(got, data, 7);
		rs_dictproto_sent(proto, 7);
	}
	while (data = rs_dictproto_output(proto, &len), len > 0) {
		len = len > 5 ? 5 : len;
		strncat(got, data, len);
		rs_dictproto_sent(proto, len);
	}
	RS_CHECK_STR("nothing is lost and nothing is sent twice", got, want);
	rs_dictproto_free(&proto);
}

/* --- what is received --- */

static void test_replies(void)
{
	static const struct {
		const char *label, *commands, *input, *told;
		size_t waiting;
	} cases[] = {
		{ "a value", "L", "*1\n+1\tOv" TALK_TIMES "\n", "1 found: v\n", 0 },
		{ "a value without times", "L", "*1\n+1\tOv\n", "1 found: v\n", 0 },
		{ "an empty value", "L", "*1\n+1\tO" TALK_TIMES "\n", "1 found: \n", 0 },
		{ "a value that was escaped", "L", "*1\n+1\tOa\001tb\001nc\001rd\0011e\001zf\n",
		  "1 found: a\tb\nc\rd\001ezf\n", 0 },
		{ "an escape without an end", "L", "*1\n+1\tOa\001\n", "1 found: a\n", 0 },
		{ "of several values the first", "L",
		  "*1\n+1\tMa\0011tb\001tsecond" TALK_TIMES "\n", "1 found: a\tb\n", 0 },
		{ "no value", "L", "*1\n+1\tN" TALK_TIMES "\n", "1 not found\n", 0 },
		{ "a failed lookup", "L", "*1\n+1\tFno\001tsuch table" TALK_TIMES "\n",
		  "1 failed: no\tsuch table\n", 0 },
		{ "a failure without a reason", "L", "*1\n+1\tF\n",
		  "1 failed: the dict process gives no reason\n", 0 },
		{ "an id alone", "L", "*1\n", "", 1 },
		{ "nothing", "L", "", "", 1 },
		{ "half a line", "L", "*1\n+1\tOv", "", 1 },
		{ "replies in another order", "LLL", "*1\n*2\n*3\n+3\tO3\n+1\tO1\n+2\tO2\n",
		  "3 found: 3\n1 found: 1\n2 found: 2\n", 0 },
		{ "ids that are not in order", "LL", "*9\n*4\n+4\tO4\n+9\tO9\n",
		  "2 found: 4\n1 found: 9\n", 0 },
		{ "an id that is free again", "LL", "*1\n+1\tO1\n*1\n+1\tO2\n",
		  "1 found: 1\n2 found: 2\n", 0 },
		{ "the largest id", "L", "*4294967295\n+4294967295\tO1\n", "1 found: 1\n", 0 },
		{ "no rows", "I", "*1\n+1\t" TALK_TIMES "\n", "1 done\n", 0 },
		{ "rows", "I", "*1\n+1\tOk\001ta\tv\001nb\n+1\tOl\t\n+1\t\n",
		  "1 found k\ta: v\nb\n1 found l: \n1 done\n", 0 },
		{ "a row with several values", "I", "*1\n+1\tOk\tv\tw\n", "1 found k: v\n", 1 },
		{ "rows among other replies", "IL", "*1\n*2\n+1\tOk\tv\n+2\tN\n+1\t\n",
		  "1 found k: v\n2 not found\n1 done\n", 0 },
		{ "an iteration that fails", "I", "*1\n+1\tOk\tv\n+1\tFbroken" TALK_TIMES "\n",
		  "1 found k: v\n1 failed: broken\n", 0 },
		{ "its error has several lines, unescaped", "IL",
		  "*1\n*2\n+1\tFERROR: no table\nLINE 1: SELECT\n\n   ^" TALK_TIMES "\n+2\tN\n",
		  "1 failed: ERROR: no table\n2 not found\n", 0 },
		{ "a commit", "C", "*1\n+1\tO1" TALK_TIMES "\n", "1 done\n", 0 },
		{ "a commit that changed nothing", "C", "*1\n+1\tN1" TALK_TIMES "\n", "1 done\n",
		  0 },
		{ "a failed commit", "C", "*1\n+1\tF1\tread\001tonly" TALK_TIMES "\n",
		  "1 failed: read\tonly\n", 0 },
		{ "a failed commit without a reason", "C", "*1\n+1\tF1\n",
		  "1 failed: the dict process gives no reason\n", 0 },
		{ "a commit of which nobody knows", "C", "*1\n+1\tW1\tlost\n", "1 failed: lost\n",
		  0 },
		{ "commits in another order", "CC", "*1\n*2\n+2\tO2\n+1\tO1\n", "2 done\n1 done\n",
		  0 },
	};

	for (size_t i = 0; i < RS_COUNT(cases); i++) {
		const char *label = cases[i].label, *input = cases[i].input, *error;
		struct talk whole, pieces;

		talk_begin(&whole, 3, cases[i].commands);
		RS_CHECK_INT(label, talk_input(&whole, input, strlen(input), &error), 0);
		RS_CHECK_STR(label, whole.told, cases[i].told);
		RS_CHECK_INT(label, rs_dictproto_waiting(whole.proto), cases[i].waiting);
		rs_dictproto_free(&whole.proto);

		talk_begin(&pieces, 4, cases[i].commands);
		for (; *input != '\0'; input++)
			RS_CHECK_INT(label, talk_input(&pieces, input, 1, &error), 0);
		RS_CHECK_STR(label, pieces.told, cases[i].told);
		rs_dictproto_free(&pieces.proto);
	}
}

static void test_hostile(void)
{
	static const struct {
		const char *label, *commands, *input;
		size_t len; /* 0: up to the NUL */
		const char *error;
	} cases[] = {
		{ "an id without a command", "", "*1\n", 0, "id 1 for no command" },
		{ "one id too many", "L", "*1\n*2\n", 0, "id 2 for no command" },
		{ "an id twice", "LL", "*1\n*1\n", 0, "id 1 for two commands" },
		{ "an older id twice", "LLL", "*5\n*7\n*5\n", 0, "id 5 for two commands" },
		{ "id 0", "L", "*0\n", 0, "an id that is no number" },
		{ "no id", "L", "*\n", 0, "an id that is no number" },
		{ "a word for an id", "L", "*x\n", 0, "an id that is no number" },
		{ "something behind an id", "L", "*1\t\n", 0, "an id that is no number" },
		{ "an id that is too large", "L", "*4294967296\n", 0, "an id that is no number" },
		{ "an id with many digits", "L", "*99999999999999999999999999\n", 0,
		  "an id that is no number" },
		{ "a negative id", "L", "*-1\n", 0, "an id that is no number" },
		{ "a reply to nothing", "", "+1\tO\n", 0, "a reply to no command, with id 1" },
		{ "a reply before its id", "L", "+1\tO\n", 0, "a reply to no command, with id 1" },
		{ "a reply with an id of nobody", "L", "*1\n+2\tO\n", 0,
		  "a reply to no command, with id 2" },
		{ "a reply with id 0", "L", "+0\tO\n", 0, "a reply without an id" },
		{ "a second reply", "L", "*1\n+1\tO\n+1\tO\n", 0,
		  "a reply to no command, with id 1" },
		{ "a reply that ends behind the id", "L", "*1\n+1\n", 0, "a reply without an id" },
		{ "a reply in the order of the commands", "L", "Ov\n", 0,
		  "a line that is no reply" },
		{ "an empty line", "L", "\n", 0, "a line that is no reply" },
		{ "a carriage return", "L", "*1\r\n", 0, "an id that is no number" },
		{ "a NUL byte", "L", "*1\n+1\tOa\0b\n", 12, "a line with a NUL byte" },
		{ "a NUL byte at the begin", "L", "\0*1\n", 4, "a line with a NUL byte" },
		{ "an escaped NUL byte", "L", "*1\n+1\tOa\0010b\n", 0, "a reply with a NUL byte" },
		{ "one in several values", "L", "*1\n+1\tMa\00110b\n", 0,
		  "a value with a NUL byte" },
		{ "one in a row's value", "I", "*1\n+1\tOk\t\0010\n", 0,
		  "a value with a NUL byte" },
		{ "one in an error", "C", "*1\n+1\tF1\t\0010\n", 0, "an error with a NUL byte" },
		{ "the end of an iteration for a lookup", "L", "*1\n+1\t\n", 0,
		  "an unknown reply to a lookup" },
		{ "the reply of a commit for a lookup", "L", "*1\n+1\tWx\n", 0,
		  "an unknown reply to a lookup" },
		{ "an unknown reply to an iteration", "I", "*1\n+1\tNx\n", 0,
		  "an unknown reply to an iteration" },
		{ "a row without a value", "I", "*1\n+1\tOkey\n", 0, "a row without a value" },
		{ "a line behind a row that is none", "I", "*1\n+1\tOk\tv\nLINE\n", 0,
		  "a line that is no reply" },
		{ "a line behind a lookup's error", "L", "*1\n+1\tFx\nLINE\n", 0,
		  "a line that is no reply" },
		{ "a commit of another id", "C", "*1\n+1\tO2\n", 0,
		  "a reply to another transaction" },
		{ "a commit of two ids", "C", "*1\n+1\tO1x\n", 0,
		  "a reply to another transaction" },
		{ "a commit without an id", "C", "*1\n+1\tO\n", 0,
		  "a reply to another transaction" },
		{ "an empty reply to a commit", "C", "*1\n+1\t\n", 0,
		  "a reply to another transaction" },
		{ "an unknown reply to a commit", "C", "*1\n+1\tA1\n", 0,
		  "an unknown reply to a commit" },
	};

	for (size_t i = 0; i < RS_COUNT(cases); i++) {
		const char *label = cases[i].label, *input = cases[i].input, *error = NULL;
		size_t len = cases[i].len > 0 ? cases[i].len : strlen(input);
		struct talk talk;

		talk_begin(&talk, 3, cases[i].commands);
		RS_CHECK_INT(label, talk_input(&talk, input, len, &error), -1);
		RS_CHECK_STR(label, error, cases[i].error);
		RS_CHECK_INT(label, talk_text(&talk, "*1\n", &error), -1);
		RS_CHECK_STR(label, error, cases[i].error);
		RS_CHECK(label, rs_dictproto_lookup(talk.proto, "shared/k", NULL, NULL) == 0);
		rs_dictproto_abort(talk.proto, error);
		RS_CHECK_INT(label, rs_dictproto_waiting(talk.proto), 0);
		rs_dictproto_free(&talk.proto);
	}
}

/* --- callbacks --- */

static void test_callbacks(void)
{
	struct talk talk;
	const char *error;

	talk_begin(&talk, 3, "LI");
	talk.add_in_first = 2;
	RS_CHECK_INT("adding", talk_text(&talk, "*1\n*2\n+1\tO1\n*3\n*4\n+2\t\n", &error), 0);
	RS_CHECK_INT("adding", talk_text(&talk, "+4\tO4\n+3\tO3\n", &error), 0);
	RS_CHECK_STR("a callback may add commands", talk.told,
		     "1 found: 1\n2 done\n10 found: 4\n11 found: 3\n");
	rs_dictproto_free(&talk.proto);

	talk_begin(&talk, 3, "LL");
	talk.add_in_first = 2;
	rs_dictproto_abort(talk.proto, "gone");
	RS_CHECK_STR("but nothing is taken any more after an abort", talk.told,
		     "1 failed: gone\nrefused\nrefused\n2 failed: gone\n");
	RS_CHECK_INT("nor read", talk_text(&talk, "*1\n", &error), -1);
	RS_CHECK_STR("nor read", error, "the connection was given up");
	rs_dictproto_free(&talk.proto);

	talk_begin(&talk, 3, "IL");
	talk.abort_in_first = true;
	RS_CHECK_INT("aborting", talk_text(&talk, "*1\n*2\n+1\tOk\tv\n+2\tN\n", &error), -1);
	RS_CHECK_STR("a callback may abort", talk.told,
		     "1 found k: v\n1 failed: given up\n2 failed: given up\n");
	rs_dictproto_free(&talk.proto);
}

static void test_forgotten(void)
{
	struct talk talk;
	const char *error;

	talk_begin(&talk, 3, "LIC");
	rs_dictproto_forget(talk.proto, talk.numbers[0]);
	rs_dictproto_forget(talk.proto, talk.numbers[1]);
	rs_dictproto_forget(talk.proto, 0);
	rs_dictproto_forget(talk.proto, 12345);
	RS_CHECK_INT("what is forgotten still waits", rs_dictproto_waiting(talk.proto), 3);
	RS_CHECK_INT("replies to it", talk_text(&talk, "*1\n*2\n*3\n+1\tO\n+2\tOk\tv\n", &error),
		     0);
	RS_CHECK_STR("nobody is told", talk.told, "");
	RS_CHECK_INT("until it ends", rs_dictproto_waiting(talk.proto), 2);
	rs_dictproto_abort(talk.proto, "gone");
	RS_CHECK_STR("not even of an abort", talk.told, "3 failed: gone\n");
	rs_dictproto_free(&talk.proto);

	talk_begin(&talk, 3, "I");
	talk_text(&talk, "*1\n+1\tOk\tv\n", &error);
	rs_dictproto_forget(talk.proto, talk.numbers[0]);
	RS_CHECK_INT("rows", talk_text(&talk, "+1\tOl\tv\n+1\t\n", &error), 0);
	RS_CHECK_STR("an iteration can be left", talk.told, "1 found k: v\n");
	rs_dictproto_free(&talk.proto);
}

void rs_suite_dictproto(CU_pSuite suite)
{
	CU_add_test(suite, "commands are sent as both majors read them", test_sent);
	CU_add_test(suite, "output may be sent in pieces", test_sent_in_pieces);
	CU_add_test(suite, "replies are told to whom they belong", test_replies);
	CU_add_test(suite, "what is not the protocol ends it", test_hostile);
	CU_add_test(suite, "callbacks may add and abort", test_callbacks);
	CU_add_test(suite, "what is forgotten is told nobody", test_forgotten);
}

/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <relaysentry/exceptions.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ITEM(rest) "{\"relay\":\"mobile\",\"not_after\":1796000000" rest "}"

/* The list as text, freed by the caller. */
static char *read_and_write(const char *label, const char *text, struct rs_diags *diags)
{
	struct rs_exceptions *list = rs_exceptions_parse("list", text, strlen(text), diags);
	char *written = list != NULL ? rs_exceptions_text(list) : NULL;

	RS_CHECK(label, (list == NULL) == (rs_diags_count(diags, RS_LEVEL_ERROR) > 0));
	rs_exceptions_free(&list);
	RS_CHECK(label, list == NULL);
	return written;
}

static void test_parse(void)
{
	static const struct {
		const char *label, *text;
		const char *want; /* as it is written again; NULL: refused */
		const char *error;
	} cases[] = {
		{ "none", "[]", "[]", "" },
		{ "the least", "[" ITEM("") "]", "[" ITEM("") "]", "" },
		{ "all members",
		  "[" ITEM(",\"since\":1795000000,\"reason\":\"new phone\",\"by\":\"admin\"") "]",
		  "[" ITEM(",\"since\":1795000000,\"reason\":\"new phone\",\"by\":\"admin\"") "]",
		  "" },
		{ "another order, white space",
		  " [ { \"not_after\" : 1796000000 ,\n\"relay\": \"mobile\" } ] ", "[" ITEM("") "]",
		  "" },
		{ "members that are not known", "[" ITEM(",\"x\":[{\"y\":null}]") "]",
		  "[" ITEM("") "]", "" },
		{ "in the order of their rank",
		  "[{\"relay\":\"*\",\"not_after\":1},{\"relay\":\"@cloud\",\"not_after\":2},"
		  "{\"relay\":\"b\",\"not_after\":3},{\"relay\":\"@mail-relay\",\"not_after\":4},"
		  "{\"relay\":\"a\",\"not_after\":5}]",
		  "[{\"relay\":\"a\",\"not_after\":5},{\"relay\":\"b\",\"not_after\":3},"
		  "{\"relay\":\"@cloud\",\"not_after\":2},{\"relay\":\"@mail-relay\",\"not_after\":"
		  "4},{\"relay\":\"*\",\"not_after\":1}]",
		  "" },
		{ "of two for the same relay the one that ends last",
		  "[{\"relay\":\"a\",\"not_after\":5,\"by\":\"x\"},"
		  "{\"relay\":\"a\",\"not_after\":9,\"by\":\"y\"},"
		  "{\"relay\":\"a\",\"not_after\":7,\"by\":\"z\"}]",
		  "[{\"relay\":\"a\",\"not_after\":9,\"by\":\"y\"}]", "" },
		{ "UTF-8, quotes, newlines",
		  "[" ITEM(",\"reason\":\"z\xc3\xbcrich \\\"x\\\"\\n\"") "]",
		  "[" ITEM(",\"reason\":\"z\xc3\xbcrich \\\"x\\\"\\n\"") "]", "" },
		{ "the year 9999", "[{\"relay\":\"*\",\"not_after\":253402300799}]",
		  "[{\"relay\":\"*\",\"not_after\":253402300799}]", "" },
		{ "empty", "", NULL, "list: is empty" },
		{ "no JSON", "mobile", NULL, "list:1: " },
		{ "an object", ITEM(""), NULL, "is no list of at most 64 exceptions" },
		{ "null", "null", NULL, "is no list" },
		{ "something behind it", "[] []", NULL, "list:1: " },
		{ "comments", "[] // x", NULL, "list:1: " },
		{ "a key twice", "[" ITEM(",\"by\":\"a\",\"by\":\"b\"") "]", NULL, "list:1: " },
		{ "NUL", "[" ITEM(",\"by\":\"a\\u0000b\"") "]", NULL, "list:1: " },
		{ "invalid UTF-8", "[" ITEM(",\"by\":\"\xff\"") "]", NULL, "list:1: " },
		{ "an item that is no object", "[\"mobile\"]", NULL, "[0]: is a string" },
		{ "no relay", "[{\"not_after\":1}]", NULL, "[0]: has no \"relay\"" },
		{ "no end", "[{\"relay\":\"a\"}]", NULL, "[0]: has no \"not_after\"" },
		{ "a relay that is a number", "[{\"relay\":1,\"not_after\":1}]", NULL,
		  "[0].relay: is " },
		{ "an end that is a date", "[{\"relay\":\"a\",\"not_after\":\"2026-11-22\"}]", NULL,
		  "[0].not_after: is a string; write a number of seconds" },
		{ "an end that is not whole", "[{\"relay\":\"a\",\"not_after\":1.5}]", NULL,
		  "[0].not_after: is " },
		{ "null instead of a reason", "[" ITEM(",\"reason\":null") "]", NULL,
		  "[0].reason: is null" },
		{ "a reason that is a list", "[" ITEM(",\"reason\":[]") "]", NULL,
		  "[0].reason: is " },
		{ "an end before 1970", "[{\"relay\":\"a\",\"not_after\":-1}]", NULL,
		  "not_after: write seconds" },
		{ "an end behind 9999", "[{\"relay\":\"a\",\"not_after\":253402300800}]", NULL,
		  "not_after: write seconds" },
		{ "a beginning before 1970", "[" ITEM(",\"since\":-1") "]", NULL,
		  "since: write seconds" },
		{ "an unknown class", "[{\"relay\":\"@x\",\"not_after\":1}]", NULL,
		  "relay: write" },
		{ "an empty relay", "[{\"relay\":\"\",\"not_after\":1}]", NULL, "relay: write" },
		{ "a relay in upper case", "[{\"relay\":\"Mobile\",\"not_after\":1}]", NULL,
		  "relay: write" },
		{ "a relay with a slash", "[{\"relay\":\"a/b\",\"not_after\":1}]", NULL,
		  "relay: write" },
		{ "every fault is told", "[{\"relay\":\"A\",\"not_after\":1},{\"relay\":\"a\"},7]",
		  NULL, "[2]: is " },
	};
	struct rs_diags *diags = rs_diags_new();

	for (size_t i = 0; i < RS_COUNT(cases); i++) {
		char *text = read_and_write(cases[i].label, cases[i].text, diags);

		RS_CHECK_STR(cases[i].label, text, cases[i].want);
		RS_CHECK(cases[i].label,
			 cases[i].want != NULL || rs_unit_diags_have(diags, cases[i].error), "%s",
			 rs_unit_diags(diags));
		free(text);
		rs_diags_clear(diags);
	}
	rs_diags_free(&diags);
}

static void test_put_and_remove(void)
{
	static const struct {
		const char *label;
		struct rs_exception put; /* relay NULL: nothing is put */
		const char *removed;	 /* taken away; "-": what ended before 100 */
		int want;		 /* what it returns */
		const char *list;	 /* behind it: the relays */
	} cases[] = {
		{ "the first", { "b", 0, 100, "", "" }, NULL, 0, "b " },
		{ "one before it", { "a", 0, 99, "", "" }, NULL, 0, "a b " },
		{ "* comes last", { "*", 0, 101, "", "" }, NULL, 0, "a b * " },
		{ "a class between", { "@cloud", 0, 50, "x", "y" }, NULL, 0, "a b @cloud * " },
		{ "the same relay again", { "a", 5, 200, "x", "" }, NULL, 0, "a b @cloud * " },
		{ "no class", { "@clouds", 0, 50, "", "" }, NULL, -2, "a b @cloud * " },
		{ "no relay", { "A", 0, 50, "", "" }, NULL, -2, "a b @cloud * " },
		{ "no time", { "c", 0, -1, "", "" }, NULL, -2, "a b @cloud * " },
		{ "no beginning", { "c", -1, 1, "", "" }, NULL, -2, "a b @cloud * " },
		{ "no UTF-8", { "c", 0, 1, "\xff", "" }, NULL, -2, "a b @cloud * " },
		{ "nor here", { "c", 0, 1, "", "\xc3" }, NULL, -2, "a b @cloud * " },
		{ "one is taken away", { 0 }, "b", 1, "a @cloud * " },
		{ "it is not there", { 0 }, "b", 0, "a @cloud * " },
		{ "not a beginning of it", { 0 }, "@clou", 0, "a @cloud * " },
		{ "what ended", { 0 }, "-", 1, "a * " },
		{ "nothing more ended", { 0 }, "-", 0, "a * " },
	};
	struct rs_exceptions *list = rs_exceptions_new();

	for (size_t i = 0; i < RS_COUNT(cases); i++) {
		char got[64] = "";
		int ret;

		if (cases[i].put.relay != NULL)
			ret = rs_exceptions_put(list, &cases[i].put);
		else
			ret = (int)rs_exceptions_remove(
				list, cases[i].removed[0] != '-' ? cases[i].removed : NULL, 100);
		RS_CHECK_INT(cases[i].label, ret, cases[i].want);
		for (size_t j = 0; j < rs_exceptions_count(list); j++)
			strcat(strcat(got, rs_exceptions_get(list, j)->relay), " ");
		RS_CHECK_STR(cases[i].label, got, cases[i].list);
	}
	RS_CHECK_INT("its new end", rs_exceptions_get(list, 0)->not_after, 200);
	RS_CHECK_STR("its new reason", rs_exceptions_get(list, 0)->reason, "x");
	rs_exceptions_free(&list);
}

/* An exception holds up to the second before not_after. */
static void test_end(void)
{
	const struct rs_exception one = { "a", 0, 100, "", "" };
	struct rs_exceptions *list = rs_exceptions_new();

	RS_CHECK_INT("put", rs_exceptions_put(list, &one), 0);
	RS_CHECK_INT("its last second", rs_exceptions_remove(list, NULL, 99), 0);
	RS_CHECK_INT("the first second behind it", rs_exceptions_remove(list, NULL, 100), 1);
	rs_exceptions_free(&list);
}

static void test_limits(void)
{
	struct rs_exceptions *list = rs_exceptions_new();
	struct rs_diags *diags = rs_diags_new();
	char reason[502], id[64], *text, *again;
	struct rs_exception one = { id, 0, 253402300799, "", "" };

	for (unsigned i = 0; i < RS_EXCEPTIONS_MAX; i++) {
		snprintf(id, sizeof(id), "%063u", i);
		RS_CHECK_INT("so many", rs_exceptions_put(list, &one), 0);
	}
	text = rs_exceptions_text(list);
	again = read_and_write("so many are read", text, diags);
	RS_CHECK_STR("so many are read", again, text);
	free(again);
	RS_CHECK_INT("in the place of another", rs_exceptions_put(list, &one), 0);
	one.relay = "*";
	RS_CHECK_INT("one more", rs_exceptions_put(list, &one), -2);
	text[strlen(text) - 1] = '\0';
	text = realloc(text, 8192);
	strcat(text, ",{\"relay\":\"*\",\"not_after\":1}]");
	again = read_and_write("one more to read", text, diags);
	RS_CHECK("one more to read", again == NULL && rs_unit_diags_have(diags, "at most 64"));
	free(text);
	memset(reason, 'r', sizeof(reason));
	reason[501] = '\0';
	one.relay = id;
	one.reason = reason;
	RS_CHECK_INT("501 bytes", rs_exceptions_put(list, &one), -2);
	reason[500] = '\0';
	RS_CHECK_INT("500 bytes", rs_exceptions_put(list, &one), 0);
	rs_exceptions_free(&list);
	rs_diags_free(&diags);
}

/* What would be too long as text is not put, and the list stays as it was. */
static void test_text_limit(void)
{
	struct rs_exceptions *list = rs_exceptions_new();
	struct rs_exception one = { "a", 0, 1, "", "" };
	char reason[501], id[64], *before, *after;
	unsigned count = 0;
	int ret;

	/* Each of these bytes is \u001f as JSON. */
	memset(reason, 0x1f, 500);
	reason[500] = '\0';
	do {
		snprintf(id, sizeof(id), "r%u", count);
		one.relay = id;
		one.reason = reason;
		ret = rs_exceptions_put(list, &one);
	} while (ret == 0 && count++ < RS_EXCEPTIONS_MAX);
	RS_CHECK_INT("at last", ret, -2);
	RS_CHECK_INT("3 KB each", count, 5);
	before = rs_exceptions_text(list);
	RS_CHECK("it can be read", strlen(before) <= RS_EXCEPTIONS_TEXT_MAX);
	one.by = reason;
	one.relay = "r0";
	RS_CHECK_INT("nor in the place of another", rs_exceptions_put(list, &one), -2);
	after = rs_exceptions_text(list);
	RS_CHECK_STR("as it was", after, before);
	free(before);
	free(after);
	rs_exceptions_free(&list);
}

void rs_suite_exceptions(CU_pSuite suite)
{
	CU_add_test(suite, "exceptions are read, or refused as a whole", test_parse);
	CU_add_test(suite, "exceptions are put and removed", test_put_and_remove);
	CU_add_test(suite, "an exception ends with the second before not_after", test_end);
	CU_add_test(suite, "lists and texts are limited", test_limits);
	CU_add_test(suite, "what is put can be read again", test_text_limit);
}

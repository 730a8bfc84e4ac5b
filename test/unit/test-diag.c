/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <relaysentry/diag.h>

#include <stdlib.h>
#include <string.h>

static void test_format(void)
{
	static const struct {
		const char *label;
		struct rs_diag diag;
		const char *want;
	} cases[] = {
		{ "file and line", { RS_LEVEL_ERROR, "a.json", 12, "wrong" }, "a.json:12: wrong" },
		{ "file alone", { RS_LEVEL_NOTE, "a.json", 0, "wrong" }, "a.json: wrong" },
		{ "no file", { RS_LEVEL_WARNING, NULL, 7, "wrong" }, "wrong" },
	};
	char buf[64];

	for (size_t i = 0; i < RS_COUNT(cases); i++) {
		size_t len = rs_diag_format(&cases[i].diag, buf, sizeof(buf));

		RS_CHECK_STR(cases[i].label, buf, cases[i].want);
		RS_CHECK_INT(cases[i].label, len, strlen(cases[i].want));
		len = rs_diag_format(&cases[i].diag, buf, 4);
		RS_CHECK(cases[i].label, strncmp(buf, cases[i].want, 3) == 0 && buf[3] == '\0');
		RS_CHECK_INT(cases[i].label, len, strlen(cases[i].want));
	}
}

static void test_escape(void)
{
	static const struct {
		const char *label, *text, *want;
	} cases[] = {
		{ "empty", "", "" },
		{ "plain", "plain", "plain" },
		{ "UTF-8", "Z\xc3\xbcrich \xe2\x82\xac \xf0\x9f\x93\xa7",
		  "Z\xc3\xbcrich \xe2\x82\xac \xf0\x9f\x93\xa7" },
		{ "newline", "a\nb", "a\\x0ab" },
		{ "escape sequence", "\033[31m", "\\x1b[31m" },
		{ "DEL", "a\x7f", "a\\x7f" },
		{ "lone continuation", "a\x80z", "a\\x80z" },
		{ "overlong slash", "\xc0\xaf", "\\xc0\\xaf" },
		{ "surrogate", "\xed\xa0\x80", "\\xed\\xa0\\x80" },
		{ "cut off", "\xe2\x82", "\\xe2\\x82" },
		{ "beyond Unicode", "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80" },
		{ "C1 control", "\xc2\x85", "\\xc2\\x85" },
		{ "line separator", "\xe2\x80\xa8", "\\xe2\\x80\\xa8" },
		{ "right-to-left override", "\xe2\x80\xae", "\\xe2\\x80\\xae" },
		{ "last character of Unicode", "\xf4\x8f\xbf\xbd", "\xf4\x8f\xbf\xbd" },
	};

	for (size_t i = 0; i < RS_COUNT(cases); i++) {
		struct rs_diags *diags = rs_diags_new();
		char *printable = rs_printable(cases[i].text);
		const struct rs_diag *diag;

		RS_CHECK_STR(cases[i].label, printable, cases[i].want);
		free(printable);
		rs_diags_add(diags, RS_LEVEL_ERROR, cases[i].text, 1, "%s", cases[i].text);
		RS_CHECK_INT(cases[i].label, rs_diags_kept(diags), 1);
		diag = rs_diags_get(diags, 0);
		RS_CHECK_STR(cases[i].label, diag->text, cases[i].want);
		RS_CHECK_STR(cases[i].label, diag->file, cases[i].want);
		rs_diags_free(&diags);
		RS_CHECK(cases[i].label, diags == NULL);
	}
}

static void test_limit(void)
{
	struct rs_diags *diags = rs_diags_new();

	for (int i = 0; i < RS_DIAGS_MAX + 5; i++)
		rs_diags_add(diags, RS_LEVEL_WARNING, i % 2 ? "a" : "b", 1, "number %d", i);
	rs_diags_add(diags, RS_LEVEL_ERROR, NULL, 0, "last");
	RS_CHECK_INT("all counted", rs_diags_count(diags, RS_LEVEL_WARNING), RS_DIAGS_MAX + 5);
	RS_CHECK_INT("an error", rs_diags_count(diags, RS_LEVEL_ERROR), 1);
	RS_CHECK_INT("no notes", rs_diags_count(diags, RS_LEVEL_NOTE), 0);
	RS_CHECK_INT("kept", rs_diags_kept(diags), RS_DIAGS_MAX + 1);
	RS_CHECK_STR("order", rs_diags_get(diags, 1)->text, "number 1");
	RS_CHECK_STR("files are told apart", rs_diags_get(diags, 1)->file, "a");
	RS_CHECK_STR("an error finds room behind warnings", rs_diags_get(diags, RS_DIAGS_MAX)->text,
		     "last");
	rs_diags_clear(diags);
	RS_CHECK_INT("cleared", rs_diags_kept(diags), 0);
	RS_CHECK_INT("cleared", rs_diags_count(diags, RS_LEVEL_WARNING), 0);
	rs_diags_add(diags, RS_LEVEL_NOTE, "a", 0, "usable after clear");
	RS_CHECK_STR("after clear", rs_diags_get(diags, 0)->text, "usable after clear");
	rs_diags_free(&diags);
	rs_diags_free(&diags);
}

static bool is_no_note(const struct rs_diag *diag, const void *context)
{
	(void)context;
	return diag->level != RS_LEVEL_NOTE;
}

static void test_append(void)
{
	struct rs_diags *diags = rs_diags_new(), *from = rs_diags_new();

	for (int i = 0; i < RS_DIAGS_MAX + 5; i++)
		rs_diags_add(from, RS_LEVEL_ERROR, "a", 1, "number %d", i);
	rs_diags_add(from, RS_LEVEL_NOTE, "a", 1, "a note");
	rs_diags_add(diags, RS_LEVEL_ERROR, "b", 2, "before");
	rs_diags_append(diags, from, is_no_note, NULL);
	RS_CHECK_INT("errors", rs_diags_count(diags, RS_LEVEL_ERROR), RS_DIAGS_MAX + 6);
	RS_CHECK_INT("no notes", rs_diags_count(diags, RS_LEVEL_NOTE), 0);
	RS_CHECK_INT("kept", rs_diags_kept(diags), RS_DIAGS_MAX);
	RS_CHECK_STR("order", rs_diags_get(diags, 1)->text, "number 0");
	RS_CHECK("memory was there", !rs_diags_memory_short(diags));
	rs_diags_clear(from);
	rs_diags_no_memory(from, "c", 3);
	rs_diags_append(diags, from, is_no_note, NULL);
	RS_CHECK("memory was short", rs_diags_memory_short(diags));
	RS_CHECK_INT("and that is an error", rs_diags_count(diags, RS_LEVEL_ERROR),
		     RS_DIAGS_MAX + 7);
	rs_diags_clear(diags);
	RS_CHECK("not after clear", !rs_diags_memory_short(diags));
	rs_diags_free(&from);
	rs_diags_free(&diags);
}

static void test_null(void)
{
	rs_diags_add(NULL, RS_LEVEL_ERROR, "a", 1, "kept nowhere");
	rs_diags_no_memory(NULL, "a", 1);
	RS_CHECK("no list", !rs_diags_memory_short(NULL));
	CU_PASS("a missing list is accepted");
}

void rs_suite_diag(CU_pSuite suite)
{
	CU_add_test(suite, "a place is written before the text", test_format);
	CU_add_test(suite, "foreign bytes cannot reach a terminal or forge a line", test_escape);
	CU_add_test(suite, "every diagnostic is counted, a thousand of each level kept",
		    test_limit);
	CU_add_test(suite, "a list that is added to another is counted in full", test_append);
	CU_add_test(suite, "a missing list is accepted", test_null);
}

/* SPDX-License-Identifier: MIT */
/* Growing strings, UTF-8, and whole files. */
#include "unit.h"

#include <relaysentry/readfile.h>
#include "strbuf.h"
#include "utf8.h"

#include <relaysentry/diag.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Every code point, and nothing else, is one character. */
static void test_utf8(void)
{
	static const struct {
		const char *label, *text;
		size_t len, want;
	} cases[] = {
		{ "NUL", "\0", 1, 1 },
		{ "cut off after one byte", "\xc3\xbc", 1, 0 },
		{ "cut off after three bytes", "\xf0\x9f\x93\xa7", 3, 0 },
		{ "continuation alone", "\xbf", 1, 0 },
		{ "overlong, two bytes", "\xc1\xbf", 2, 0 },
		{ "overlong, three bytes", "\xe0\x9f\xbf", 3, 0 },
		{ "overlong, four bytes", "\xf0\x8f\xbf\xbf", 4, 0 },
		{ "last before the surrogates", "\xed\x9f\xbf", 3, 3 },
		{ "first surrogate", "\xed\xa0\x80", 3, 0 },
		{ "last surrogate", "\xed\xbf\xbf", 3, 0 },
		{ "first behind the surrogates", "\xee\x80\x80", 3, 3 },
		{ "last of all", "\xf4\x8f\xbf\xbf", 4, 4 },
		{ "behind the last", "\xf4\x90\x80\x80", 4, 0 },
		{ "five bytes", "\xf8\x88\x80\x80\x80", 5, 0 },
		{ "second byte is none", "\xc3(", 2, 0 },
	};

	for (size_t i = 0; i < RS_COUNT(cases); i++) {
		char *text = malloc(cases[i].len);

		memcpy(text, cases[i].text, cases[i].len);
		RS_CHECK_INT(cases[i].label, rs_utf8_char(text, cases[i].len, NULL), cases[i].want);
		free(text);
	}
}

static void test_printable(void)
{
	static const struct {
		uint32_t c;
		bool want;
	} cases[] = {
		{ 0x1f, false },   { 0x20, true },     { 0x7e, true },	  { 0x7f, false },
		{ 0x9f, false },   { 0xa0, true },     { 0x61b, true },	  { 0x61c, false },
		{ 0x200d, true },  { 0x200e, false },  { 0x200f, false }, { 0x2010, true },
		{ 0x2027, true },  { 0x2028, false },  { 0x202e, false }, { 0x202f, true },
		{ 0x2065, true },  { 0x2066, false },  { 0x2069, false }, { 0x206a, true },
		{ 0xfeff, false }, { 0x10ffff, true },
	};

	for (size_t i = 0; i < RS_COUNT(cases); i++)
		RS_CHECK("printable", rs_utf8_printable(cases[i].c) == cases[i].want, "U+%04X",
			 cases[i].c);
}

static void test_strbuf(void)
{
	struct rs_strbuf buf = { 0 };
	char *text;

	RS_CHECK_STR("nothing added", rs_strbuf_text(&buf), "");
	for (int i = 0; i < 1000; i++)
		rs_strbuf_addf(&buf, "%d,", i % 10);
	RS_CHECK_INT("length", buf.used, 2000);
	RS_CHECK("ends with NUL", strlen(rs_strbuf_text(&buf)) == 2000);
	rs_strbuf_clear(&buf);
	RS_CHECK_STR("cleared", rs_strbuf_text(&buf), "");
	rs_strbuf_add(&buf, "a\0b", 3);
	rs_strbuf_add_escaped(&buf, "\0\xff", 2);
	RS_CHECK("NUL within", buf.used == 11 && memcmp(buf.data, "a\0b\\x00\\xff", 12) == 0);
	buf.failed = true;
	rs_strbuf_add_text(&buf, "lost");
	RS_CHECK("a failure stays", rs_strbuf_take(&buf) == NULL);
	text = rs_strbuf_take(&buf);
	RS_CHECK_STR("empty, taken", text, "");
	free(text);
	rs_strbuf_free(&buf);
}

/* A pipe tells no size: the text grows while it is read. */
static void test_pipe(void)
{
	enum { SIZE = 60000 };
	struct rs_diags *diags = rs_diags_new();
	char *sent = malloc(SIZE), *data = NULL;
	size_t size = 0;
	int fds[2];

	memset(sent, 'x', SIZE);
	RS_CHECK_INT("pipe", pipe2(fds, O_CLOEXEC), 0);
	RS_CHECK_INT("sent", write(fds[1], sent, SIZE), SIZE);
	close(fds[1]);
	RS_CHECK_INT("read", rs_readfd(fds[0], "pipe", SIZE, &data, &size, diags), 0);
	RS_CHECK("all of it", size == SIZE && memcmp(sent, data, SIZE) == 0 && data[SIZE] == '\0');
	free(data);
	close(fds[0]);
	RS_CHECK_INT("pipe", pipe2(fds, O_CLOEXEC), 0);
	RS_CHECK_INT("sent", write(fds[1], sent, 11), 11);
	close(fds[1]);
	RS_CHECK_INT("too much", rs_readfd(fds[0], "pipe", 10, &data, &size, diags), -1);
	RS_CHECK_STR("too much", rs_unit_diags(diags),
		     "error: pipe: is larger than 10 bytes, the most that is read\n");
	close(fds[0]);
	free(sent);
	rs_diags_free(&diags);
}

static void test_identity(void)
{
	const char *path = rs_unit_write_text("file", "12345"), *none = rs_unit_path("none");
	struct rs_diags *diags = rs_diags_new();
	struct stat st, want;
	char *data;
	size_t size;

	RS_CHECK_INT("stat", stat(path, &want), 0);
	RS_CHECK_INT("read", rs_readfile(path, 5, &data, &size, &st, diags), 0);
	RS_CHECK_STR("content", data, "12345");
	RS_CHECK("identity", st.st_ino == want.st_ino && st.st_size == 5);
	free(data);
	RS_CHECK_INT("too large", rs_readfile(path, 4, &data, &size, &st, diags), -1);
	RS_CHECK("identity of what is refused", st.st_ino == want.st_ino);
	RS_CHECK_INT("folder", rs_readfile(rs_unit_folder(), 4, &data, &size, &st, diags), -1);
	RS_CHECK("identity of a folder", st.st_ino != 0);
	RS_CHECK_INT("missing", rs_readfile(none, 4, &data, &size, &st, diags), -1);
	RS_CHECK("no identity", st.st_ino == 0);
	path = rs_unit_write_text("empty", "");
	RS_CHECK_INT("empty", rs_readfile(path, 0, &data, &size, NULL, diags), 0);
	RS_CHECK_STR("empty", data, "");
	free(data);
	/* Files below /proc say that they are empty. */
	RS_CHECK_INT("size unknown",
		     rs_readfile("/proc/self/status", 65536, &data, &size, NULL, diags), 0);
	RS_CHECK("size unknown", size > 100, "%zu", size);
	free(data);
	RS_CHECK_INT("each failure told once", rs_diags_count(diags, RS_LEVEL_ERROR), 3);
	rs_diags_free(&diags);
}

void rs_suite_text(CU_pSuite suite)
{
	CU_add_test(suite, "only RFC 3629's UTF-8 is UTF-8", test_utf8);
	CU_add_test(suite, "controls are not printable", test_printable);
	CU_add_test(suite, "strings grow, and failures stay", test_strbuf);
	CU_add_test(suite, "what grows is read to its end, up to a limit", test_pipe);
	CU_add_test(suite, "a file is read with its identity, also when it is refused",
		    test_identity);
}

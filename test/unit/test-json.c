/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <relaysentry/json.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const struct rs_json_options with_comments = { .comments = true };

static const struct {
	const char *label, *text;
	/* The diagnostics, as rs_unit_diags() has them; NULL: accepted. */
	const char *want;
} cases[] = {
	{ "null", "null", NULL },
	{ "number alone", "12", NULL },
	{ "negative zero", "-0", NULL },
	{ "every kind", "{\"a\":[1,-2.5e+3,true,false,null,\"x\",{}],\"b\":{\"a\":[]}}", NULL },
	{ "white space", " \t\r\n[ ]\r\n", NULL },
	{ "byte order mark", "\xef\xbb\xbf{}", NULL },
	{ "all escapes", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u20AC\\ud83d\\udce7\"", NULL },
	{ "comments", "// one\n{ /* two // */ \"a\": 1, // \"b\": 2\n /***/ \"c\": 3 }// end",
	  NULL },
	{ "comment signs in a string", "[\"// no\", \"/* no */\"]", NULL },
	{ "largest integers", "[9223372036854775807,-9223372036854775808]", NULL },
	{ "same key in two objects", "[{\"a\":1},{\"a\":1,\"b\":{\"a\":1}}]", NULL },
	{ "keys differ by case", "{\"a\":1,\"A\":2}", NULL },
	{ "DEL is text to JSON", "\"\x7f\"", NULL },

	{ "empty", "", "error: t: is empty; expected JSON\n" },
	{ "blank", " \n\n", "error: t: is empty; expected JSON\n" },
	{ "comment alone", "// {}", "error: t: is empty; expected JSON\n" },
	{ "byte order mark alone", "\xef\xbb\xbf", "error: t: is empty; expected JSON\n" },
	{ "two byte order marks", "\xef\xbb\xbf\xef\xbb\xbf{}",
	  "error: t:1: '\\xef\\xbb\\xbf' where a value is expected\n" },
	{ "UTF-16", "\xff\xfe{",
	  "error: t:1: the byte \\xff, which is not UTF-8, where a value is "
	  "expected\n" },
	{ "text behind", "{}\n{}", "error: t:2: '{' where the end of the text is expected\n" },
	{ "bracket behind", "[]]", "error: t:1: ']' where the end of the text is expected\n" },
	{ "duplicate key", "{\"a\":1,\n\"a\":2}",
	  "error: t:2: the key \"a\" is there twice, first on line 1\n" },
	{ "duplicate by escape", "{\"a\":1,\n\"\\u0061\":2}",
	  "error: t:2: the key \"a\" is there twice, first on line 1\n" },
	{ "duplicate by surrogates", "{\"\\ud83d\\udce7\":1,\n\"\xf0\x9f\x93\xa7\":2}",
	  "error: t:2: the key \"\xf0\x9f\x93\xa7\" is there twice, first on line 1\n" },
	{ "three of a key, and another",
	  "{\"a\":1,\n\"a\":2,\n\"a\":3,\n\"x\":{\"b\":1,\n\"b\":2}}",
	  "error: t:5: the key \"b\" is there twice, first on line 4\n"
	  "error: t:2: the key \"a\" is there twice, first on line 1\n"
	  "error: t:3: the key \"a\" is there twice, first on line 1\n" },
	{ "empty key twice", "{\"\":1,\"\":2}",
	  "error: t:1: the key \"\" is there twice, first on line 1\n" },
	{ "trailing comma in a list", "[1,\n2,\n]",
	  "error: t:3: a comma before the closing ']'; remove it\n" },
	{ "trailing comma in an object", "{\"a\":1,}",
	  "error: t:1: a comma before the closing '}'; remove it\n" },
	{ "comma alone", "[,]",
	  "error: t:1: a comma with nothing before it; remove it\n"
	  "error: t:1: a comma before the closing ']'; remove it\n" },
	{ "two commas", "[1,,2]", "error: t:1: a comma with nothing before it; remove it\n" },
	{ "missing comma", "{\"a\":1\n\"b\":2}", "error: t:2: a comma is missing before this\n" },
	{ "missing colon", "{\"a\" 1}",
	  "error: t:1: '1' where the colon behind a key is expected\n" },
	{ "missing value", "{\"a\":}", "error: t:1: '}' where a value is expected\n" },
	{ "colon in a list", "[\"a\":1]", "error: t:1: ':' where a comma or ']' is expected\n" },
	{ "wrong bracket", "{\"a\":1]", "error: t:1: ']' where a comma or '}' is expected\n" },
	{ "open object", "\n{\n\"a\":1\n",
	  "error: t:2: the object that begins here is not closed\n" },
	{ "open list", "[[1,\n2]", "error: t:1: the array that begins here is not closed\n" },
	{ "end behind a colon",
	  "{\"a\":", "error: t:1: the text ends where a value is expected\n" },
	{ "open string", "[\"abc\n]", "error: t:1: a string is not closed on its line\n" },
	{ "string open at the end", "\"abc", "error: t:1: a string is not closed on its line\n" },
	{ "backslash at the end", "\"abc\\",
	  "error: t:1: a string has an escape that JSON does not know; a backslash is written "
	  "\\\\\n"
	  "error: t:1: a string is not closed on its line\n" },
	{ "open comment", "[1]\n/* abc\n\n",
	  "error: t:2: the comment that begins here is not closed\n" },
	{ "comment closed by its own star", "/*/ 1",
	  "error: t:1: the comment that begins here is not closed\n" },
	{ "lone slash", "[1 / 2]", "error: t:1: '/' where a value or a comment is expected\n" },
	{ "hash comment", "# no\n{}",
	  "error: t:1: # is not JSON; strings take double quotes\n"
	  "error: t:1: 'n' where the end of the text is expected\n" },
	{ "comment splits no number", "[1/**/2]", "error: t:1: a comma is missing before this\n" },
	{ "invalid UTF-8 in a comment", "// \xff\n1",
	  "error: t:1: the comment has a byte that is not UTF-8 text: \\xff\n" },
	{ "unknown escape", "\"\\x41\"",
	  "error: t:1: a string has an escape that JSON does not "
	  "know; a backslash is written \\\\\n" },
	{ "NUL escape", "[\"a\\u0000b\"]",
	  "error: t:1: a string has \\u0000; NUL cannot be part of a string\n" },
	{ "NUL escape in a key", "{\"a\\u0000b\":1}",
	  "error: t:1: a string has \\u0000; NUL cannot be part of a string\n" },
	{ "short escape", "\"\\u12\"",
	  "error: t:1: a string has \\u without four hexadecimal "
	  "digits\n" },
	{ "lone first surrogate", "\"\\ud83d\"",
	  "error: t:1: a string has the first half of a surrogate pair without the second\n" },
	{ "two first surrogates", "\"\\ud83d\\ud83d\"",
	  "error: t:1: a string has the first half of a surrogate pair without the second\n" },
	{ "lone second surrogate", "\"\\udce7\"",
	  "error: t:1: a string has the second half of a surrogate pair without the first\n" },
	{ "invalid UTF-8", "[\"\xc3(\",\n\"\xff\"]",
	  "error: t:1: a string has a byte that is not UTF-8\n"
	  "error: t:2: a string has a byte that is not UTF-8\n" },
	{ "surrogate in UTF-8", "\"\xed\xa0\x80\"",
	  "error: t:1: a string has a byte that is not UTF-8\n" },
	{ "overlong", "\"\xc0\x80\"", "error: t:1: a string has a byte that is not UTF-8\n" },
	{ "tab in a string", "\"a\tb\"",
	  "error: t:1: a string has a control byte; write it as \\u00..\n" },
	{ "single quotes", "{'a':'b'}",
	  "error: t:1: 'a' is not JSON; keys take double quotes\n"
	  "error: t:1: 'b' is not JSON; strings take double quotes\n" },
	{ "bare key", "{\n  version: 1 }",
	  "error: t:2: version is not JSON; keys take double quotes\n" },
	{ "bare address", "[10.0.0.0/8]",
	  "error: t:1: 10.0.0.0/8 is not a number; strings take double quotes\n" },
	{ "NaN", "[NaN]", "error: t:1: NaN is not JSON; strings take double quotes\n" },
	{ "-Infinity", "-Infinity",
	  "error: t:1: -Infinity is not JSON; strings take double quotes\n" },
	{ "Python's True", "[True]",
	  "error: t:1: True is not JSON; did you mean \"true\" without quotes?\n" },
	{ "leading zero", "[010]", "error: t:1: 010 begins with a zero; leave it out\n" },
	{ "leading plus", "[+1]", "error: t:1: +1 is not JSON; strings take double quotes\n" },
	{ "hexadecimal", "[0x10]",
	  "error: t:1: 0x10 is not a number; strings take double quotes\n" },
	{ "no digits behind the point", "[1.]",
	  "error: t:1: 1. is not a number; strings take double quotes\n" },
	{ "no exponent", "[1e+]", "error: t:1: 1e+ is not a number; strings take double quotes\n" },
	{ "minus alone", "[-]", "error: t:1: - is not JSON; strings take double quotes\n" },
	{ "integer out of range", "[1,\n9223372036854775808]",
	  "error: t:2: 9223372036854775808 is out of range: integers have 64 bits\n" },
	{ "double out of range", "{\"a\":[1,\n1e999]}",
	  "error: t:2: a[1]: the number is out of range\n" },
	{ "depth", "[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]",
	  "error: t:1: nested deeper than 16 levels\n" },
	{ "typographic quotes",
	  "[\xe2\x80\x9c"
	  "a\xe2\x80\x9d]",
	  "error: t:1: '\xe2\x80\x9c' where a value is expected\n" },
	{ "several faults", "{\"a\":01,\n\"b\":[1,],\n\"a\":tru}",
	  "error: t:1: 01 begins with a zero; leave it out\n"
	  "error: t:2: a comma before the closing ']'; remove it\n"
	  "error: t:3: tru is not JSON; strings take double quotes\n"
	  "error: t:3: the key \"a\" is there twice, first on line 1\n" },
};

static void test_strict(void)
{
	for (size_t i = 0; i < RS_COUNT(cases); i++) {
		struct rs_diags *diags = rs_diags_new();
		size_t len = strlen(cases[i].text);
		/* Exactly as large as the text, so that sanitizers see reads behind it. */
		char *text = malloc(len + (len == 0));
		struct rs_json_doc *doc, *again;

		memcpy(text, cases[i].text, len);
		doc = rs_json_parse("t", text, len, &with_comments, diags);
		again = rs_json_parse("t", text, len, &with_comments, NULL);
		RS_CHECK_STR(cases[i].label, rs_unit_diags(diags),
			     cases[i].want == NULL ? "" : cases[i].want);
		RS_CHECK(cases[i].label, (doc != NULL) == (cases[i].want == NULL));
		RS_CHECK(cases[i].label, (again != NULL) == (doc != NULL),
			 "differs without a list of diagnostics");
		rs_json_free(&doc);
		rs_json_free(&again);
		rs_diags_free(&diags);
		free(text);
	}
}

static void test_nul_byte(void)
{
	static const struct {
		const char *label, *text;
		size_t len;
		const char *want;
	} rows[] = {
		{ "behind the value", "{}\0", 3,
		  "error: t:1: a NUL byte where the end of the text is expected\n" },
		{ "in a string", "\"a\0b\"", 5, "error: t:1: a string has a NUL byte\n" },
		{ "in a number", "[1\0]", 4,
		  "error: t:1: a comma is missing before this\n"
		  "error: t:1: a NUL byte where a value is expected\n" },
		{ "in a comment", "//\0\n1", 5,
		  "error: t:1: the comment has a byte that is not UTF-8 text: \\x00\n" },
		{ "alone", "\0", 1, "error: t:1: a NUL byte where a value is expected\n" },
	};

	for (size_t i = 0; i < RS_COUNT(rows); i++) {
		struct rs_diags *diags = rs_diags_new();
		struct rs_json_doc *doc =
			rs_json_parse("t", rows[i].text, rows[i].len, &with_comments, diags);

		RS_CHECK_STR(rows[i].label, rs_unit_diags(diags), rows[i].want);
		RS_CHECK(rows[i].label, doc == NULL);
		rs_diags_free(&diags);
	}
}

static void test_comments_refused(void)
{
	struct rs_diags *diags = rs_diags_new();
	struct rs_json_doc *doc = rs_json_parse("t", "[1,\n/* a */ 2] // b", 19, NULL, diags);

	RS_CHECK("no document", doc == NULL);
	RS_CHECK_STR("both comments", rs_unit_diags(diags),
		     "error: t:2: comments are not allowed in this file\n"
		     "error: t:2: comments are not allowed in this file\n");
	rs_diags_free(&diags);
}

static void test_values(void)
{
	static const char text[] = "{ // line 1\n"
				   "  \"text\": \"a\\u00e9\\ud83d\\udce7\",\n"
				   "  \"number\":\n    -42,\n"
				   "  \"real\": 1.5, /* \n */ \"yes\": true, \"nothing\": null,\n"
				   "  \"list\": [ 1,\n 2, {\n \"x y\": [ [\n\n 7 ] ] } ]\n"
				   "}\n";
	struct rs_diags *diags = rs_diags_new();
	struct rs_json_doc *doc =
		rs_json_parse("t.json", text, sizeof(text) - 1, &with_comments, diags);
	const struct rs_json *root, *v;

	if (!RS_CHECK("accepted", doc != NULL, "%s", rs_unit_diags(diags)))
		goto out;
	root = rs_json_root(doc);
	RS_CHECK_INT("members", rs_json_count(root), 6);
	RS_CHECK_STR("order", rs_json_key(rs_json_at(root, 4)), "nothing");
	RS_CHECK_STR("string", rs_json_string(rs_json_member(root, "text")),
		     "a\xc3\xa9\xf0\x9f\x93\xa7");
	RS_CHECK_INT("string's line", rs_json_line(rs_json_member(root, "text")), 2);
	v = rs_json_member(root, "number");
	RS_CHECK_INT("integer", rs_json_int(v), -42);
	RS_CHECK_INT("key's line", rs_json_key_line(v), 3);
	RS_CHECK_INT("value's line", rs_json_line(v), 4);
	RS_CHECK_INT("double", rs_json_type(rs_json_member(root, "real")), RS_JSON_DOUBLE);
	RS_CHECK_INT("no integer of a double", rs_json_int(rs_json_member(root, "real")), 0);
	RS_CHECK("double's value", rs_json_double(rs_json_member(root, "real")) == 1.5);
	RS_CHECK("integer as a double", rs_json_double(rs_json_member(root, "number")) == -42);
	RS_CHECK("no double of a text", rs_json_double(rs_json_member(root, "text")) == 0);
	RS_CHECK("bool", rs_json_bool(rs_json_member(root, "yes")));
	RS_CHECK_INT("behind a comment of two lines", rs_json_line(rs_json_member(root, "yes")), 6);
	RS_CHECK_INT("null", rs_json_type(rs_json_member(root, "nothing")), RS_JSON_NULL);
	RS_CHECK_STR("no string of null", rs_json_string(rs_json_member(root, "nothing")), "");
	RS_CHECK("no member", rs_json_member(root, "other") == NULL);
	RS_CHECK("no member of a string", rs_json_member(rs_json_at(root, 0), "x") == NULL);
	v = rs_json_member(root, "list");
	RS_CHECK_INT("items", rs_json_count(v), 3);
	RS_CHECK("items have no key", rs_json_key(rs_json_at(v, 0)) == NULL);
	RS_CHECK_INT("item's line", rs_json_line(rs_json_at(v, 1)), 8);
	v = rs_json_at(rs_json_at(rs_json_at(rs_json_at(v, 2), 0), 0), 0);
	RS_CHECK_INT("deep", rs_json_int(v), 7);
	rs_json_complain(diags, RS_LEVEL_WARNING, v, "is %d", 7);
	rs_json_complain(diags, RS_LEVEL_NOTE, root, "all");
	RS_CHECK_STR("paths", rs_unit_diags(diags),
		     "warning: t.json:11: list[2][\"x y\"][0][0]: is 7\nnote: t.json:1: all\n");
	RS_CHECK_STR("name", rs_json_name(v), "t.json");
out:
	rs_json_free(&doc);
	RS_CHECK("freed", doc == NULL);
	rs_json_free(&doc);
	rs_diags_free(&diags);
}

static void test_unknown_keys(void)
{
	static const char text[] =
		"{\"network\":1,\n\"netwrok\":2,\n\"zzzzzz\":3,\"rules\":[{\"gruop\":1}]}";
	static const char *const known[] = { "network", "group", "rules", NULL };
	struct rs_diags *diags = rs_diags_new();
	struct rs_json_doc *doc = rs_json_parse("t", text, sizeof(text) - 1, NULL, diags);
	const struct rs_json *root = rs_json_root(doc);

	RS_CHECK_INT("two unknown", rs_json_check_keys(diags, root, known), 2);
	RS_CHECK_INT("one below",
		     rs_json_check_keys(diags, rs_json_at(rs_json_at(root, 3), 0), known), 1);
	RS_CHECK_STR("text", rs_unit_diags(diags),
		     "error: t:2: unknown key \"netwrok\"; did you mean \"network\"?\n"
		     "error: t:3: unknown key \"zzzzzz\"\n"
		     "error: t:3: rules[0]: unknown key \"gruop\"; did you mean \"group\"?\n");
	rs_json_free(&doc);
	rs_diags_free(&diags);
}

static void test_limits(void)
{
	struct rs_json_options options = { .max_size = 10, .max_depth = 2 };
	struct rs_diags *diags = rs_diags_new();
	struct rs_json_doc *doc = rs_json_parse("t", "[[1,2,3]] ", 10, &options, diags);

	RS_CHECK("at the limits", doc != NULL, "%s", rs_unit_diags(diags));
	rs_json_free(&doc);
	RS_CHECK("too large", rs_json_parse("t", "[[1,2,3]]  ", 11, &options, diags) == NULL);
	RS_CHECK("too deep", rs_json_parse("t", "[[[1]]]", 7, &options, diags) == NULL);
	RS_CHECK_STR("text", rs_unit_diags(diags),
		     "error: t: is larger than 10 bytes, the most that is read\n"
		     "error: t:1: nested deeper than 2 levels\n");
	rs_diags_free(&diags);
}

static void test_files(void)
{
	static const struct rs_json_options small = { .max_size = 8 };
	const char *good = rs_unit_write_text("json/good.json", "{\"a\":1}");
	const char *bad = rs_unit_write_text("json/bad.json", "{\n\"a\":}");
	const char *large = rs_unit_write_text("json/large.json", "{\"a\":12}  ");
	const char *fifo = rs_unit_path("json/fifo");
	const char *missing = rs_unit_path("json/missing.json");
	struct rs_diags *diags = rs_diags_new();
	struct rs_json_doc *doc = rs_json_read_file(good, &small, diags);

	if (RS_CHECK("good", doc != NULL, "%s", rs_unit_diags(diags)))
		RS_CHECK_STR("name", rs_json_name(rs_json_root(doc)), good);
	rs_json_free(&doc);
	RS_CHECK("bad", rs_json_read_file(bad, NULL, diags) == NULL);
	RS_CHECK("line", rs_unit_diags_have(diags, "bad.json:2: '}' where a value is expected"));
	RS_CHECK("large", rs_json_read_file(large, &small, diags) == NULL);
	RS_CHECK("limit", rs_unit_diags_have(diags, "large.json: is larger than 8 bytes"));
	RS_CHECK_INT("mkfifo", mkfifo(fifo, 0644), 0);
	RS_CHECK("FIFO without a writer", rs_json_read_file(fifo, NULL, diags) == NULL);
	RS_CHECK("FIFO", rs_unit_diags_have(diags, "fifo: is a FIFO, not a regular file"));
	RS_CHECK("device", rs_json_read_file("/dev/zero", NULL, diags) == NULL);
	RS_CHECK("device", rs_unit_diags_have(diags, "/dev/zero: is a device"));
	RS_CHECK("folder", rs_json_read_file(rs_unit_folder(), NULL, diags) == NULL);
	RS_CHECK("folder", rs_unit_diags_have(diags, "is a folder, not a regular file"));
	RS_CHECK("missing", rs_json_read_file(missing, NULL, diags) == NULL);
	RS_CHECK("missing", rs_unit_diags_have(diags, "missing.json: cannot be opened: No such"));
	RS_CHECK_INT("each told once", rs_diags_count(diags, RS_LEVEL_ERROR), 6);
	rs_diags_free(&diags);
}

/* 100,000 keys, all different, then the first once more. */
static void test_large_object(void)
{
	enum { KEYS = 100000 };
	char *text = malloc(KEYS * 24);
	struct rs_diags *diags = rs_diags_new();
	struct rs_json_doc *doc;
	size_t used = 1;

	text[0] = '{';
	for (int i = 0; i < KEYS; i++)
		used += (size_t)sprintf(text + used, "\"key%06d\":%d,\n", i, i);
	text[used - 2] = '}';
	doc = rs_json_parse("t", text, used, NULL, diags);
	if (RS_CHECK("accepted", doc != NULL, "%s", rs_unit_diags(diags))) {
		const struct rs_json *last = rs_json_at(rs_json_root(doc), KEYS - 1);

		RS_CHECK_INT("count", rs_json_count(rs_json_root(doc)), KEYS);
		RS_CHECK_INT("last value", rs_json_int(last), KEYS - 1);
		RS_CHECK_INT("last line", rs_json_line(last), KEYS);
	}
	rs_json_free(&doc);
	text[used - 2] = ',';
	used += (size_t)sprintf(text + used, "\"key000000\":0}");
	RS_CHECK("duplicate", rs_json_parse("t", text, used, NULL, diags) == NULL);
	RS_CHECK_STR("duplicate", rs_unit_diags(diags),
		     "error: t:100001: the key \"key000000\" is there twice, first on line 1\n");
	rs_diags_free(&diags);
	free(text);
}

void rs_suite_json(CU_pSuite suite)
{
	CU_add_test(suite, "what is no strict JSON is refused with its line", test_strict);
	CU_add_test(suite, "NUL bytes are refused", test_nul_byte);
	CU_add_test(suite, "comments are refused unless allowed", test_comments_refused);
	CU_add_test(suite, "values know their lines and paths", test_values);
	CU_add_test(suite, "unknown keys are told with the nearest known one", test_unknown_keys);
	CU_add_test(suite, "size and depth have limits", test_limits);
	CU_add_test(suite, "only regular files are read, nothing blocks", test_files);
	CU_add_test(suite, "a large object is read", test_large_object);
}

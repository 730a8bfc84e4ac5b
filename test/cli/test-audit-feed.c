/* SPDX-License-Identifier: MIT */
/* Cutting what is read into lines. */
#include "fake-audit.h"
#include "log-files.h"

#include "cli/audit-feed.h"

#include <stdlib.h>
#include <string.h>

/* What an audit must get of a text. */
static void want_lines(struct rs_audit *audit, const char *text, size_t len)
{
	for (size_t begin = 0; begin < len;) {
		const char *newline = memchr(text + begin, '\n', len - begin);
		size_t end = newline != NULL ? (size_t)(newline - text) : len;

		rs_audit_file(audit, 0, begin);
		if (end - begin > RS_SCAN_LINE_MAX)
			rs_audit_long_line(audit, text + begin, RS_SCAN_LINE_MAX + 1);
		else
			(void)rs_audit_lines(audit, text + begin, end - begin + (newline != NULL));
		begin = end + 1;
	}
}

/* Hands over the part from begin to end of a text, in blocks of random lengths. */
static void feed_part(struct audit_feed *feed, struct rs_audit *audit, const char *text, size_t len,
		      size_t begin, size_t end, unsigned *seed)
{
	static const unsigned blocks[] = { 1, 3, 100, 5000, 70000, 262144 };
	unsigned below = blocks[log_next(seed, RS_COUNT(blocks))];
	int done = 0;

	/* A block of one byte for all of it would take long. */
	if (len > 100000 && below < 5000)
		below = 5000;
	rs_audit_feed_begin(feed, audit, 0, begin, end);
	for (size_t at = (size_t)feed->offset; at < len && done == 0;) {
		size_t block = 1 + log_next(seed, below);

		block = block < len - at ? block : len - at;
		/* What is read is overwritten by what is read next. */
		char *copy = malloc(block);
		memcpy(copy, text + at, block);
		done = rs_audit_feed_take(feed, copy, block);
		free(copy);
		at += block;
	}
	if (done == 0)
		RS_CHECK_INT("the last line", rs_audit_feed_end(feed), 0);
}

static void check_text(const char *label, const char *text, size_t len, size_t part, unsigned seed)
{
	struct audit_feed *feed = malloc(sizeof(*feed));
	struct rs_audit *want = rs_audit_new(NULL), *got = rs_audit_new(NULL);
	char *wanted;

	want_lines(want, text, len);
	for (size_t begin = 0; begin < len || begin == 0; begin += part)
		feed_part(feed, got, text, len, begin, begin + part < len ? begin + part : len,
			  &seed);
	wanted = strdup(fake_audit_text(want));
	if (!RS_CHECK(label, strcmp(fake_audit_text(got), wanted) == 0,
		      "part %zu seed %u: %zu lines, want %zu", part, seed, fake_audit_lines(got),
		      fake_audit_lines(want)))
		RS_CHECK_STR(label, fake_audit_text(got), wanted);
	free(wanted);
	rs_audit_free(&want);
	rs_audit_free(&got);
	free(feed);
}

static void test_cases(void)
{
	static const struct {
		const char *label, *text;
	} cases[] = {
		{ "nothing", "" },
		{ "a newline", "\n" },
		{ "empty lines", "\n\n\n" },
		{ "a line", "a\n" },
		{ "a line without its newline", "a" },
		{ "an empty line, and one without a newline", "\nab" },
		{ "some", "first\nsecond\n\nthird\nf" },
	};

	for (size_t i = 0; i < RS_COUNT(cases); i++) {
		for (size_t part = 1; part < 10; part++)
			check_text(cases[i].label, cases[i].text, strlen(cases[i].text), part,
				   (unsigned)part);
	}
}

static void test_limit(void)
{
	size_t size = 3 * (size_t)RS_SCAN_LINE_MAX;
	char *text = malloc(size);

	for (int more = -2; more <= 3; more++) {
		size_t len = RS_SCAN_LINE_MAX + (size_t)more;

		memset(text, 'x', size);
		text[5] = '\n';
		text[6 + len] = '\n';
		for (unsigned seed = 0; seed < 8; seed++) {
			check_text("a line about the limit", text, 6 + len + 20, 1 << 20, seed);
			check_text("the same as the last one", text, 6 + len + 1, 1 << 20, seed);
			check_text("without its newline", text, 6 + len, 1 << 20, seed);
			check_text("over many parts", text, 6 + len + 20, 10000, seed);
			check_text("a part ends with it", text, 6 + len + 20, 6 + len + 1, seed);
			check_text("a part ends before its newline", text, 6 + len + 20, 6 + len,
				   seed);
		}
	}
	free(text);
}

static void test_random(void)
{
	static const size_t parts[] = { 997, 4096, 65536, 65537, 100000, 1 << 20 };

	for (unsigned seed = 1; seed <= 30; seed++) {
		size_t len;
		char *text = log_random(seed, 400000 + seed, &len);

		for (size_t i = 0; i < RS_COUNT(parts); i++)
			check_text("any parts", text, len, parts[i], seed * 7);
		free(text);
	}
}

static void test_no_memory(void)
{
	struct audit_feed *feed = malloc(sizeof(*feed));
	struct rs_audit *audit = rs_audit_new(NULL);

	fake_audit_fail_after(0);
	rs_audit_feed_begin(feed, audit, 0, 0, UINT64_MAX);
	RS_CHECK_INT("lines", rs_audit_feed_take(feed, "a\nb", 3), -1);
	rs_audit_feed_begin(feed, audit, 0, 0, UINT64_MAX);
	RS_CHECK_INT("the begin of a line", rs_audit_feed_take(feed, "a", 1), 0);
	RS_CHECK_INT("its end", rs_audit_feed_take(feed, "b\n", 2), -1);
	rs_audit_feed_begin(feed, audit, 0, 0, UINT64_MAX);
	RS_CHECK_INT("the last line", rs_audit_feed_take(feed, "a", 1), 0);
	RS_CHECK_INT("its end is the file's", rs_audit_feed_end(feed), -1);
	fake_audit_fail_after(-1);
	rs_audit_free(&audit);
	free(feed);
}

static void test_last_date(void)
{
	static const char text[] = "Nov 24 09:00:00 a\nNov 25 09:00:00 b\n\tNov 26\nnone\n";
	struct audit_feed *feed = malloc(sizeof(*feed));
	struct rs_audit *audit = rs_audit_new(NULL);

	rs_audit_feed_begin(feed, audit, 0, 0, UINT64_MAX);
	(void)rs_audit_feed_take(feed, text, sizeof(text) - 1);
	RS_CHECK_INT("its length", feed->last.len, 15);
	RS_CHECK("it is the last of a line's begin", memcmp(feed->last.text, "Nov 25", 6) == 0);
	rs_audit_free(&audit);
	free(feed);
}

void cli_suite_audit_feed(CU_pSuite suite)
{
	CU_add_test(suite, "small texts, cut anywhere", test_cases);
	CU_add_test(suite, "lines about as long as allowed", test_limit);
	CU_add_test(suite, "any parts and blocks give each line once", test_random);
	CU_add_test(suite, "short memory is told", test_no_memory);
	CU_add_test(suite, "the last date is kept", test_last_date);
}

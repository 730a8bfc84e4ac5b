/* SPDX-License-Identifier: MIT */
/* Lines of mail logs. What is read of a line is the same whatever stood before it, but for
 * the year of its date; a user's name lies in the line, and within its brackets. */
#include "fuzz.h"

#include <relaysentry/logscan.h>

#include <stdbool.h>
#include <string.h>

/* Dates without a zone are of no zone here, so that every local time is one time. */
static void enter_utc(void)
{
	static bool entered;

	if (!entered)
		FUZZ_CHECK(setenv("TZ", "UTC0", 1) == 0);
	entered = true;
}

static bool same_span(const struct rs_log_span *a, const struct rs_log_span *b)
{
	return a->len == b->len && (a->len == 0 || memcmp(a->text, b->text, a->len) == 0);
}

static void check_same(int scan, const struct rs_scan_entry *a, const struct rs_scan_entry *b)
{
	if (scan != RS_SCAN_LOGIN && scan != RS_SCAN_VERDICT)
		return;
	FUZZ_CHECK(a->time == b->time && a->writer == b->writer);
	FUZZ_CHECK(same_span(&a->user, &b->user) && rs_ip_equal(&a->ip, &b->ip));
	if (scan == RS_SCAN_LOGIN)
		FUZZ_CHECK(a->service == b->service && a->mechanism == b->mechanism &&
			   a->success == b->success && a->tls == b->tls &&
			   a->attempts == b->attempts);
	else
		FUZZ_CHECK(a->denied == b->denied && a->enforced == b->enforced);
}

/* A name in brackets: they are its own, and only what can end one follows. Without: it is
 * one word. */
static void check_brackets(const struct rs_log_span *user)
{
	const char *end = user->text + user->len;

	if (user->text[-1] == '<') {
		FUZZ_CHECK(memcmp(user->text - 6, "user=<", 6) == 0 && *end == '>');
	} else {
		FUZZ_CHECK(memcmp(user->text - 5, "user=", 5) == 0 && *end == ',');
		FUZZ_CHECK(memchr(user->text, ' ', user->len) == NULL);
	}
}

static void check_entry(int scan, const char *line, size_t len, const struct rs_scan_entry *entry)
{
	const struct rs_log_span *user = &entry->user;

	FUZZ_CHECK(scan >= 0 && scan < RS_SCAN_COUNT);
	if (scan != RS_SCAN_LOGIN && scan != RS_SCAN_VERDICT)
		return;
	FUZZ_CHECK(user->len > 0 && memchr(user->text, '\0', user->len) == NULL);
	FUZZ_CHECK(entry->ip.family == AF_INET || entry->ip.family == AF_INET6);
	FUZZ_CHECK((unsigned)entry->writer < RS_LOG_WRITER_COUNT);
	if (scan == RS_SCAN_VERDICT)
		return;
	FUZZ_CHECK(entry->attempts >= 1);
	FUZZ_CHECK((unsigned)entry->service < RS_LOG_SERVICE_COUNT &&
		   (unsigned)entry->mechanism < RS_LOG_MECHANISM_COUNT);
	/* What journalctl writes, and what Exim shows behind backslashes, is unpacked into
	 * memory of the scanner. */
	if (*line != '{' && (entry->writer != RS_LOG_EXIM || memchr(line, '\\', len) == NULL))
		FUZZ_CHECK(user->text > line && user->text + user->len <= line + len);
	if (entry->writer == RS_LOG_DOVECOT)
		check_brackets(user);
}

/* What a scanner begins with. */
static struct rs_scanner *new_scanner(const struct rs_logdate_context *dates, const char *text,
				      size_t learn_len)
{
	struct rs_scanner *scanner = rs_scanner_new(dates);

	FUZZ_CHECK(scanner != NULL);
	if (learn_len > 0)
		rs_scanner_learn(scanner, text, learn_len);
	return scanner;
}

/* before: has read what stands before this line; alone: has not. */
static void scan_line(struct rs_scanner *before, struct rs_scanner *alone, const char *text,
		      size_t len)
{
	struct rs_scan_entry entry, same;
	char *line = malloc(len + (len == 0));
	int scan;

	FUZZ_CHECK(line != NULL);
	/* As large as the line, so that sanitizers see what is read behind it. */
	memcpy(line, text, len);
	scan = rs_scan_line(before, line, len, &entry);
	check_entry(scan, line, len, &entry);
	FUZZ_CHECK(rs_scan_line(alone, line, len, &same) == scan);
	check_same(scan, &entry, &same);
	free(line);
}

/* learn_len: of the text from which the elements are learned. */
static void scan_text(const char *begin, size_t size, size_t learn_len)
{
	const struct rs_logdate_context dates = { .year = 2026 };
	struct rs_scanner *before = new_scanner(&dates, begin, learn_len);
	const char *text = begin, *end = text + size;

	while (text < end) {
		struct rs_scanner *alone =
			new_scanner(rs_scanner_dates_now(before), begin, learn_len);
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		size_t len = (size_t)((newline != NULL ? newline : end) - text);

		scan_line(before, alone, text, len);
		text += len + (newline != NULL);
		rs_scanner_free(&alone);
	}
	rs_scanner_free(&before);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enter_utc();
	scan_text((const char *)data, size, 0);
	scan_text((const char *)data, size, size);
	return 0;
}

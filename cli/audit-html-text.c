/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "audit-html.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DASH "\xe2\x80\x93"
#define ELLIPSIS "\xe2\x80\xa6"

void rs_html_put(struct rs_html *html, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	/* A stream in memory that cannot grow keeps no error. */
	if (vfprintf(html->out, format, args) < 0)
		html->failed = true;
	va_end(args);
}

static void put_byte(struct rs_html *html, char byte)
{
	if (putc(byte, html->out) == EOF)
		html->failed = true;
}

void rs_html_copy(struct rs_html *html, const char *text)
{
	if (fputs(text, html->out) == EOF)
		html->failed = true;
}

static void escape(struct rs_html *html, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		switch (text[i]) {
		case '&':
			rs_html_copy(html, "&amp;");
			break;
		case '<':
			rs_html_copy(html, "&lt;");
			break;
		case '>':
			rs_html_copy(html, "&gt;");
			break;
		case '"':
			rs_html_copy(html, "&quot;");
			break;
		case '\'':
			rs_html_copy(html, "&#39;");
			break;
		default:
			put_byte(html, text[i]);
		}
	}
}

void rs_html_text(struct rs_html *html, const char *text)
{
	char *printable = rs_printable(text);

	if (printable == NULL)
		html->failed = true;
	else
		escape(html, printable, strlen(printable));
	free(printable);
}

void rs_html_name(struct rs_html *html, const char *name)
{
	char *printable = rs_printable(name);
	size_t len, shown, user;

	if (printable == NULL) {
		html->failed = true;
		return;
	}
	len = shown = strlen(printable);
	if (len > RS_HTML_NAME_MAX) {
		/* Not in the middle of a character. */
		for (shown = RS_HTML_NAME_MAX; shown > 0; shown--) {
			if (((unsigned char)printable[shown] & 0xc0) != 0x80)
				break;
		}
	}
	rs_html_put(html, "<bdi dir=\"ltr\">");
	if (len == 0)
		rs_html_put(html, "(empty)");
	/* Where there is little room, a line ends before the domain. */
	user = strcspn(printable, "@");
	user = user < shown ? user : shown;
	escape(html, printable, user);
	if (user < shown)
		rs_html_put(html, "<wbr>");
	escape(html, printable + user, shown - user);
	rs_html_put(html, "</bdi>");
	if (shown < len)
		rs_html_put(html, ELLIPSIS " <small>(%zu bytes)</small>", strlen(name));
	free(printable);
}

void rs_html_count(struct rs_html *html, uint64_t count)
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%" PRIu64, count);

	for (int i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			put_byte(html, ',');
		put_byte(html, digits[i]);
	}
}

void rs_html_counted(struct rs_html *html, uint64_t count, const char *one, const char *many)
{
	rs_html_count(html, count);
	rs_html_put(html, " %s", count == 1 ? one : many);
}

void rs_html_share(struct rs_html *html, uint64_t part, uint64_t whole)
{
	double percent = 100.0 * (double)part / (double)whole;

	/* Neither none nor all is claimed by rounding. */
	if (part > 0 && percent < 0.1)
		rs_html_put(html, "under 0.1&#160;%%");
	else if (part < whole && percent > 99.9)
		rs_html_put(html, "over 99.9&#160;%%");
	else
		rs_html_put(html, "%.1f&#160;%%", percent);
}

/* len: how much of 2026-11-22T08:00:00Z is shown. */
static void put_time(struct rs_html *html, int64_t time, int len)
{
	char buf[RS_WHEN_LEN];

	if (time == INT64_MIN || time == INT64_MAX) {
		rs_html_put(html, DASH);
		return;
	}
	rs_when_format(time, buf);
	if (*buf == '@') {
		rs_html_put(html, "%s", buf);
		return;
	}
	rs_html_put(html, "<time datetime=\"%s\">%.10s", buf, buf);
	if (len > 10)
		rs_html_put(html, " %.*s", len - 11, buf + 11);
	rs_html_put(html, "</time>");
}

void rs_html_time(struct rs_html *html, int64_t time)
{
	put_time(html, time, 16);
}

void rs_html_date(struct rs_html *html, int64_t time)
{
	put_time(html, time, 10);
}

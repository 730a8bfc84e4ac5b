/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "cli.h"
#include "notify.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Columns of a line: of the header (RFC 5322, 2.1.1), and of quoted-printable and encoded
 * words (RFC 2045, 6.7; RFC 2047, 2), which have less. */
#define LINE_COLUMNS 78U
#define QP_COLUMNS 76U
/* "=?UTF-8?B?" and "?=" leave room for 60 characters of base64 in an encoded word. */
#define WORD_BYTES 45U

static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void put_base64(FILE *out, const unsigned char *data, size_t len)
{
	for (size_t i = 0; i < len; i += 3) {
		uint32_t bits = (uint32_t)data[i] << 16;

		if (i + 1 < len)
			bits |= (uint32_t)data[i + 1] << 8;
		if (i + 2 < len)
			bits |= data[i + 2];
		(void)fputc(base64[bits >> 18], out);
		(void)fputc(base64[bits >> 12 & 63], out);
		(void)fputc(i + 1 < len ? base64[bits >> 6 & 63] : '=', out);
		(void)fputc(i + 2 < len ? base64[bits & 63] : '=', out);
	}
}

/* Encoded words (RFC 2047), none of which splits a character. */
static void put_encoded(FILE *out, const char *text)
{
	size_t left = strlen(text);

	while (left > 0) {
		size_t len = left < WORD_BYTES ? left : WORD_BYTES;

		while (len < left && len > 1 && ((unsigned char)text[len] & 0xc0) == 0x80)
			len--;
		(void)fputs("=?UTF-8?B?", out);
		put_base64(out, (const unsigned char *)text, len);
		(void)fputs("?=", out);
		text += len;
		left -= len;
		if (left > 0)
			(void)fputs("\n ", out);
	}
}

static bool is_ascii(const char *text)
{
	for (; *text != '\0'; text++) {
		if ((unsigned char)*text >= 0x80)
			return false;
	}
	return true;
}

static void put_unstructured(FILE *out, const char *name, const char *text)
{
	size_t len = strlen(name) + 2 + strlen(text);

	fprintf(out, "%s: ", name);
	if (is_ascii(text) && len <= LINE_COLUMNS && strstr(text, "=?") == NULL)
		(void)fputs(text, out);
	else
		put_encoded(out, text);
	(void)fputc('\n', out);
}

/* A display name is written as a quoted string, or in encoded words. */
static void put_from(FILE *out, const struct notify_sender *from)
{
	(void)fputs("From: ", out);
	if (*from->name == '\0') {
		fprintf(out, "%s\n", from->address);
		return;
	}
	if (is_ascii(from->name) && strlen(from->name) <= WORD_BYTES &&
	    strpbrk(from->name, "\"\\") == NULL && strstr(from->name, "=?") == NULL)
		fprintf(out, "\"%s\"", from->name);
	else
		put_encoded(out, from->name);
	fprintf(out, "\n <%s>\n", from->address);
}

static void put_date(FILE *out, int64_t now)
{
	static const char days[][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	static const char months[][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
					  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	time_t time = (time_t)now;
	struct tm tm;

	/* Not by the locale: the names are English (RFC 5322, 3.3). */
	if (gmtime_r(&time, &tm) != NULL)
		fprintf(out, "Date: %s, %d %s %04d %02d:%02d:%02d +0000\n", days[tm.tm_wday],
			tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min,
			tm.tm_sec);
}

/* FNV-1a. */
static uint64_t hash(uint64_t value, const char *text)
{
	for (; *text != '\0'; text++)
		value = (value ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	return value;
}

/* The same mail has the same id: sent again after a crash, it is a duplicate to those who
 * look for such. */
static void put_message_id(FILE *out, const struct notify_mail *mail)
{
	const struct notify_login *login = mail->login;
	uint64_t value = hash(UINT64_C(0xcbf29ce484222325), login->key);

	value = hash(hash(value, " "), login->relay);
	fprintf(out, "Message-ID: <relaysentry.%" PRId64 ".%016" PRIx64 "@%s>\n", login->time,
		value, strchr(mail->from->address, '@') + 1);
}

/* --- body --- */

static bool is_plain(const char *body)
{
	for (const char *line = body; *line != '\0'; line += *line == '\n') {
		size_t len = strcspn(line, "\n");

		if (len > LINE_COLUMNS || (len > 0 && strchr(" \t", line[len - 1]) != NULL))
			return false;
		for (size_t i = 0; i < len; i++) {
			if (((unsigned char)line[i] < 0x20 && line[i] != '\t') || line[i] == 0x7f)
				return false;
		}
		line += len;
	}
	return is_ascii(body);
}

static void put_quoted_printable(FILE *out, const char *body)
{
	size_t column = 0;

	for (const unsigned char *p = (const unsigned char *)body; *p != '\0'; p++) {
		bool blank = *p == ' ' || *p == '\t';
		/* Blanks at the end of a line get lost. */
		bool literal =
			blank ? p[1] != '\n' && p[1] != '\0' : *p > 0x20 && *p < 0x7f && *p != '=';

		if (*p == '\n') {
			(void)fputc('\n', out);
			column = 0;
			continue;
		}
		/* Where the line goes on, the last column is for the "=" of a soft break. */
		if (column + (literal ? 1 : 3) > QP_COLUMNS - (p[1] != '\n')) {
			(void)fputs("=\n", out);
			column = 0;
		}
		if (literal)
			(void)fputc(*p, out);
		else
			fprintf(out, "=%02X", *p);
		column += literal ? 1 : 3;
	}
}

char *rs_notify_mail(const struct notify_mail *mail, size_t *len_r)
{
	bool plain = is_plain(mail->body), failed;
	char *text = NULL;
	FILE *out = open_memstream(&text, len_r);

	if (out == NULL)
		return NULL;
	put_from(out, mail->from);
	fprintf(out, "To: %s\n", mail->to);
	put_unstructured(out, "Subject", mail->subject);
	put_date(out, mail->now);
	put_message_id(out, mail);
	/* RFC 3834: nobody is to answer by a machine. */
	fprintf(out,
		"Auto-Submitted: auto-generated\n"
		"MIME-Version: 1.0\n"
		"Content-Type: text/plain; charset=utf-8\n"
		"Content-Transfer-Encoding: %s\n\n",
		plain ? "7bit" : "quoted-printable");
	if (plain)
		(void)fputs(mail->body, out);
	else
		put_quoted_printable(out, mail->body);
	failed = ferror(out) != 0;
	if (fclose(out) == 0 && !failed)
		return text;
	free(text);
	return NULL;
}

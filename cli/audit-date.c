/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "audit-date.h"

#include <relaysentry/logdate.h>

#include <string.h>

static bool read_date(struct audit_date *date_r, const char *line, size_t len)
{
	/* A year with a leap day */
	struct rs_logdate_context context = { .year = 2000 };
	bool rfc5424;
	size_t used = rs_log_priority(line, len, &rfc5424);
	int64_t t;

	line += used;
	len -= used;
	len = len < AUDIT_DATE_LEN ? len : AUDIT_DATE_LEN;
	used = rs_logdate_parse(&context, line, len, &t);
	date_r->len = (unsigned char)used;
	date_r->named = context.named;
	memcpy(date_r->text, line, used);
	return used > 0;
}

void rs_audit_date_first(struct audit_date *date_r, const char *text, size_t len)
{
	const char *end = text + len;

	date_r->len = 0;
	while (text < end && !read_date(date_r, text, (size_t)(end - text))) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));

		text = newline != NULL ? newline + 1 : end;
	}
}

void rs_audit_date_last(struct audit_date *date_r, const char *text, size_t len)
{
	const char *end = text + len, *line = end;

	date_r->len = 0;
	while (line > text) {
		const char *newline = memrchr(text, '\n', (size_t)(line - 1 - text));

		line = newline != NULL ? newline + 1 : text;
		if (read_date(date_r, line, (size_t)(end - line)))
			return;
	}
}

bool rs_audit_date_time(const struct audit_date *date, int year, int64_t *time_r)
{
	struct rs_logdate_context context = { .year = year };

	return rs_logdate_parse(&context, date->text, date->len, time_r) > 0;
}

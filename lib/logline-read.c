/* SPDX-License-Identifier: MIT */
#include <relaysentry/logline.h>

#include "utf8.h"

#include <relaysentry/ip.h>

#include <string.h>

#define DIGITS "0123456789"
#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define WORD LOWER UPPER DIGITS "_-"
/* What a name may not have, because it ends other parts of the line. */
#define BRACKETS "()<>"

/* What is left of the line. */
struct rest {
	const char *at, *end;
	bool no_memory; /* an address could not be read */
};

static size_t left(const struct rest *rest)
{
	return (size_t)(rest->end - rest->at);
}

static bool take(struct rest *rest, const char *text)
{
	size_t len = strlen(text);

	if (left(rest) < len || memcmp(rest->at, text, len) != 0)
		return false;
	rest->at += len;
	return true;
}

/* As long as bytes are (not) among these; NUL bytes are never. */
static struct rs_log_span take_span(struct rest *rest, const char *bytes, bool among)
{
	struct rs_log_span span = { .text = rest->at };

	while (rest->at < rest->end && *rest->at != '\0' &&
	       (strchr(bytes, *rest->at) != NULL) == among)
		rest->at++;
	span.len = (size_t)(rest->at - span.text);
	return span;
}

static bool take_some(struct rest *rest, const char *bytes)
{
	return take_span(rest, bytes, true).len > 0;
}

static bool is(const struct rs_log_span *span, const char *text)
{
	return span->len == strlen(text) && memcmp(span->text, text, span->len) == 0;
}

/* --- when --- */

static bool take_clock(struct rest *rest)
{
	return take_some(rest, DIGITS) && take(rest, ":") && take_some(rest, DIGITS) &&
	       take(rest, ":") && take_some(rest, DIGITS ".");
}

/* `Nov 25 09:12:01` (RFC 3164, 4.1.2), `2026-11-25T09:12:01.5+01:00` (RFC 3339), or
 * the latter with a blank. */
static bool take_time(struct rest *rest, struct rs_log_span *time_r)
{
	time_r->text = rest->at;
	if (take_some(rest, UPPER LOWER)) {
		if (!take_some(rest, " ") || !take_some(rest, DIGITS) || !take(rest, " ") ||
		    !take_clock(rest))
			return false;
	} else {
		if (!take_some(rest, DIGITS "-") || (!take(rest, "T") && !take(rest, " ")) ||
		    !take_clock(rest))
			return false;
		(void)take_span(rest, DIGITS "+-:Z", true);
	}
	time_r->len = (size_t)(rest->at - time_r->text);
	return take(rest, " ");
}

/* Syslog has the host and `dovecot[123]: ` before what Dovecot writes to a file. */
static bool take_process(struct rest *rest)
{
	struct rest tag = *rest;

	if (take_span(&tag, " :" BRACKETS, false).len > 0 && take(&tag, " dovecot")) {
		if (take(&tag, "[") && (!take_some(&tag, DIGITS) || !take(&tag, "]")))
			return false;
		if (!take(&tag, ": "))
			return false;
		*rest = tag;
	}
	return take(rest, "auth");
}

/* --- who --- */

/* Dovecot shows other bytes as a question mark, or rsyslog as #177, and Dovecot cuts long
 * names: with these three dots nobody knows whose it is. */
bool rs_log_user_certain(const char *name, size_t len)
{
	static const char dots[] = "...";

	if (len == 0 || len > RS_LOG_USER_MAX || (len >= 3 && memcmp(name + len - 3, dots, 3) == 0))
		return false;
	while (len > 0) {
		uint32_t c = 0;
		size_t n = rs_utf8_char(name, len, &c);

		if (n == 0 || !rs_utf8_printable(c) ||
		    (n == 1 && strchr(BRACKETS "?#", *name) != NULL))
			return false;
		name += n;
		len -= n;
	}
	return true;
}

/* `(name,address` and what end begins with. A name may have commas; behind the address
 * there is nothing that clients choose. */
static bool take_user(struct rest *rest, char end, struct rs_log_read *read)
{
	struct rs_log_span all;
	const char *comma, *error;
	struct rs_ip ip;

	if (!take(rest, "("))
		return false;
	all = take_span(rest, BRACKETS, false);
	/* What stands behind the address: `,<session>` or `,sasl:plain`, each with a comma. */
	if (end == ',') {
		comma = memrchr(all.text, ',', all.len);
		if (comma == NULL)
			return false;
		rest->at = comma;
		all.len = (size_t)(comma - all.text);
	}
	comma = memrchr(all.text, ',', all.len);
	if (comma == NULL)
		return false;
	read->user = (struct rs_log_span){ all.text, (size_t)(comma - all.text) };
	read->address = (struct rs_log_span){ comma + 1, all.len - (size_t)(comma + 1 - all.text) };
	if (!rs_log_user_certain(read->user.text, read->user.len))
		return false;
	if (rs_ip_parse(read->address.text, read->address.len, &ip, &error) == 0)
		return true;
	rest->no_memory = rest->no_memory || error == rs_ip_no_memory;
	return false;
}

static bool take_session(struct rest *rest)
{
	return take(rest, "<") && take_span(rest, BRACKETS " ,", false).len > 0 && take(rest, ">");
}

/* `auth: Info: relaysentry(alice,192.0.2.1,<session>): ` of Dovecot 2.3. */
static bool take_request_23(struct rest *rest, struct rs_log_read *read)
{
	const char *name;

	(void)take(rest, "Info: ");
	if (!take_some(rest, WORD))
		return false;
	name = rest->at;
	if (take_user(rest, ',', read) && take(rest, ",") && take_session(rest) &&
	    take(rest, "): "))
		return true;
	rest->at = name;
	return take_user(rest, ')', read) && take(rest, "): ");
}

/* `auth(alice,192.0.2.1,sasl:plain)<session>: Info: relaysentry: ` of Dovecot 2.4. */
static bool take_request_24(struct rest *rest, struct rs_log_read *read)
{
	if (!take_user(rest, ',', read) || !take(rest, ",sasl:") || !take_some(rest, WORD) ||
	    !take(rest, ")"))
		return false;
	if (left(rest) > 0 && *rest->at == '<' && !take_session(rest))
		return false;
	if (!take(rest, ": "))
		return false;
	(void)take(rest, "Info: ");
	return take_some(rest, WORD) && take(rest, ": ");
}

/* --- what --- */

/* rs_log_line() writes these first, and in this order. */
static bool take_members(struct rest *rest, struct rs_log_read *read)
{
	static const char *const keys[] = {
		"relaysentry: action=", " enforced=", " relay=", " class=", " network=", " rule=",
		" credential=",		" verified=",
	};
	struct rs_log_span ignored;
	struct rs_log_span *const values[] = {
		&read->action, &read->enforced, &read->relay, &ignored,
		&ignored,      &read->rule,	&ignored,     &ignored,
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		if (!take(rest, keys[i]))
			return false;
		*values[i] = take_span(rest, " =\"", false);
		if (values[i]->len == 0)
			return false;
	}
	while (left(rest) > 0) {
		struct rs_log_span key, value;

		if (!take(rest, " "))
			return false;
		key = take_span(rest, LOWER "_", true);
		if (key.len == 0 || !take(rest, "="))
			return false;
		value = take_span(rest, " =\"", false);
		if (value.len == 0)
			return false;
		if (is(&key, "outcome"))
			read->outcome = value;
	}
	return true;
}

int rs_log_read(const char *line, size_t len, struct rs_log_read *read_r)
{
	struct rest rest = { .at = line, .end = line + len };

	memset(read_r, 0, sizeof(*read_r));
	if (!take_time(&rest, &read_r->time) || !take_process(&rest))
		return 0;
	if (!(take(&rest, ": ") ? take_request_23(&rest, read_r) : take_request_24(&rest, read_r)))
		return rest.no_memory ? -1 : 0;
	/* Without a relay there may be no address, and a name that ends like one. */
	return take_members(&rest, read_r) && !is(&read_r->relay, "-");
}

/* SPDX-License-Identifier: MIT */
#include "logscan-format.h"
#include "logscan-internal.h"

#include <relaysentry/logline.h>

/* --- login processes --- */

/* `imap-login: `. Returns what follows, NULL when it is no login process. */
static const char *take_service(const char *text, const char *end, enum rs_log_service *service_r)
{
	const char *at = text;

	if (RS_BEGINS(text, end, "imap-login: ")) {
		*service_r = RS_LOG_IMAP;
		return text + 12;
	}
	if (RS_BEGINS(text, end, "pop3-login: ")) {
		*service_r = RS_LOG_POP3;
		return text + 12;
	}
	while (at < end && ((*at >= 'a' && *at <= 'z') || *at == '-'))
		at++;
	if (at - text < 6 || memcmp(at - 6, "-login", 6) != 0 || !RS_BEGINS(at, end, ": "))
		return NULL;
	*service_r = RS_LOG_SERVICE_OTHER;
	if (RS_BEGINS(text, end, "submission-login: "))
		*service_r = RS_LOG_SUBMISSION;
	else if (RS_BEGINS(text, end, "managesieve-login: "))
		*service_r = RS_LOG_SIEVE;
	return at + 2;
}

static const char *skip_level(const char *text, const char *end)
{
	return RS_BEGINS(text, end, "Info: ") ? text + 6 : text;
}

/* `(auth failed, 3 attempts in 4 secs)`: Dovecot's own words, before the elements. */
static uint32_t count_attempts(const char *text, const char *end)
{
	while ((text = memchr(text, ',', (size_t)(end - text))) != NULL) {
		uint32_t count = 0;
		unsigned digits = 0;

		text += end - text > 1 ? 2 : 1;
		for (; text < end && *text >= '0' && *text <= '9' && digits < 6; digits++)
			count = count * 10 + (uint32_t)(*text++ - '0');
		if (digits > 0 && RS_BEGINS(text, end, " attempts in "))
			return count > 0 ? count : 1;
	}
	return 1;
}

/* Where the elements begin: at the first key behind a colon. `read(size=1026) failed`, of
 * connections that were reset, is none. */
static const char *find_elements(const char *text, const char *end)
{
	const char *equals = text;

	while ((equals = memchr(equals, '=', (size_t)(end - equals))) != NULL) {
		const char *key = equals;

		while (key > text && key[-1] != ' ')
			key--;
		if (key - text >= 2 && key[-2] == ':' &&
		    memchr(key, '(', (size_t)(equals - key)) == NULL)
			return key;
		equals++;
	}
	return NULL;
}

static enum rs_scan read_failure(const struct rs_log_format *format, const char *text,
				 const char *end, struct rs_scan_entry *entry)
{
	const char *elements = find_elements(text, end), *said, *after;

	if (elements == NULL)
		return RS_SCAN_NO_USER;
	/* What a proxy's backend has said stands before Dovecot's own word of it. */
	said = rs_find(text, elements, ", last failure: ");
	if (said != NULL) {
		if (rs_find_all(said, end, ") (proxy_dest_", &after) != 1)
			return RS_SCAN_AMBIGUOUS;
		elements = find_elements(after, end);
		if (elements == NULL)
			return RS_SCAN_NO_USER;
	}
	entry->attempts = count_attempts(text, elements);
	return rs_scan_elements(format, elements, end, entry);
}

/* `proxy(alice,192.0.2.1:143): Started proxying to ...`: a login whose password another
 * server looks at. The name stands there twice, and what both say must agree. */
static enum rs_scan read_proxy(const struct rs_log_format *format, const char *text,
			       const char *end, struct rs_scan_entry *entry)
{
	static const char begin[] = "proxy(";
	const char *at = text + sizeof(begin) - 1;
	const char *elements = rs_find(at, end, ": user=<");
	enum rs_scan scan;

	if (elements == NULL || rs_find(text, elements, "tarted proxying") == NULL)
		return RS_SCAN_NOTHING;
	scan = rs_scan_elements(format, elements + 2, end, entry);
	if (scan != RS_SCAN_LOGIN)
		return scan;
	if (!rs_begins(at, end, entry->user.text, entry->user.len))
		return RS_SCAN_AMBIGUOUS;
	at += entry->user.len;
	if (at < elements && *at == ',') {
		at = rs_find(at, elements, "): ");
		if (at == NULL)
			return RS_SCAN_AMBIGUOUS;
	}
	if (!RS_BEGINS(at, elements, "): "))
		return RS_SCAN_AMBIGUOUS;
	at += 3;
	if (!RS_BEGINS(at, elements, "Started proxying") &&
	    !RS_BEGINS(at, elements, "started proxying"))
		return RS_SCAN_NOTHING;
	/* The first name is as the client has sent it, and the elements are a piece of it. */
	if (rs_find(elements, end, "tarted proxying") != NULL)
		return RS_SCAN_AMBIGUOUS;
	entry->success = true;
	return RS_SCAN_LOGIN;
}

/* Where the elements of a client that was let in begin; NULL when it is no such line. */
static const char *let_in(const char *text, const char *end)
{
	if (RS_BEGINS(text, end, "Login: "))
		return text + 7;
	return RS_BEGINS(text, end, "Logged in: ") ? text + 11 : NULL;
}

static enum rs_scan read_outcome(const struct rs_log_format *format, const char *text,
				 const char *end, struct rs_scan_entry *entry)
{
	/* How the last line of a connection begins that was not let in: 2.2, 2.3, 2.4. */
	static const char *const failures[] = {
		"Disconnected",		  "Aborted login",
		"Login aborted",	  "Maximum number of connections",
		"Internal login failure",
	};
	const char *elements = let_in(text, end);

	entry->attempts = 1;
	if (elements != NULL) {
		enum rs_scan scan = rs_scan_elements(format, elements, end, entry);

		entry->success = true;
		return scan == RS_SCAN_ANONYMOUS ? RS_SCAN_NO_USER : scan;
	}
	if (RS_BEGINS(text, end, "proxy("))
		return read_proxy(format, text, end, entry);
	for (size_t i = 0; i < sizeof(failures) / sizeof(*failures); i++) {
		if (rs_begins(text, end, failures[i], strlen(failures[i])))
			return read_failure(format, text, end, entry);
	}
	return RS_SCAN_NOTHING;
}

static enum rs_scan read_login(const struct rs_log_format *format, const char *text,
			       const char *end, struct rs_scan_entry *entry)
{
	enum rs_scan scan = read_outcome(format, text, end, entry);

	/* The begin of a line that was cut, and another line behind it. */
	return scan == RS_SCAN_LOGIN && rs_find(text, entry->user.text, "-login: ") != NULL
		       ? RS_SCAN_CUT
		       : scan;
}

/* On a proxy all are let in by lines like this; the name in it must be a simple one. */
static const char *proxied(const char *text, const char *end)
{
	const char *at;

	if (!RS_BEGINS(text, end, "proxy("))
		return NULL;
	text = rs_log_simple_name(text + 6, end);
	at = rs_find(text, end, "): ");
	if (at == NULL || (at != text && *text != ',') ||
	    !(RS_BEGINS(at + 3, end, "Started proxying") ||
	      RS_BEGINS(at + 3, end, "started proxying")))
		return NULL;
	at = rs_find(at, end, ": user=<");
	return at != NULL ? at + 2 : NULL;
}

static void learn(struct rs_log_census *census, const char *text, const char *end)
{
	const char *elements = let_in(text, end);

	if (elements == NULL)
		elements = proxied(text, end);
	if (elements != NULL)
		rs_log_census_line(census, elements, end);
}

/* --- the auth process --- */

/* rs_log_read() reads lines of files: in any other form the message is put into one. */
static enum rs_scan read_verdict(struct rs_scanner *scanner, const struct rs_message *message,
				 struct rs_scan_entry *entry)
{
	static const char before[] = "Jan  1 00:00:00 - dovecot: ";
	size_t len = (size_t)(message->end - message->text);
	char *line = rs_scanner_scratch(scanner, RS_SCRATCH_LINE, sizeof(before) + len);
	struct rs_log_read read;
	int ret;

	if (line == NULL)
		return RS_SCAN_NOTHING;
	memcpy(line, before, sizeof(before) - 1);
	memcpy(line + sizeof(before) - 1, message->text, len);
	ret = rs_log_read(line, sizeof(before) - 1 + len, &read);
	if (ret < 0)
		rs_scanner_fail(scanner);
	if (ret <= 0)
		return RS_SCAN_NOTHING;
	entry->writer = RS_LOG_RELAYSENTRY;
	entry->user = read.user;
	entry->denied = rs_begins(read.action.text, read.action.text + read.action.len, "deny", 4);
	entry->enforced =
		rs_begins(read.enforced.text, read.enforced.text + read.enforced.len, "yes", 3);
	return rs_scan_ip(read.address.text, read.address.len, &entry->ip) ? RS_SCAN_VERDICT
									   : RS_SCAN_NO_ADDRESS;
}

static enum rs_log_service named_service(const char *text, size_t len)
{
	for (int i = 0; i < RS_LOG_SERVICE_OTHER; i++) {
		const char *name = rs_log_service_name((enum rs_log_service)i);

		if (strlen(name) == len && memcmp(name, text, len) == 0)
			return (enum rs_log_service)i;
	}
	return RS_LOG_SERVICE_OTHER;
}

/* `mail-audit: user=<alice>, service=imap, ip=192.0.2.1, host=..., asn=...`, and behind
 * that what the owner of the address has written in DNS and whois. */
static enum rs_scan read_badclients(const char *text, const char *end, struct rs_scan_entry *entry)
{
	static const char blocked[] = ", blocked=True, matched=";
	const char *name = text + 18, *close, *service, *ip, *host;

	if (!RS_BEGINS(text, end, "mail-audit: user=<"))
		return RS_SCAN_NOTHING;
	entry->writer = RS_LOG_BADCLIENTS;
	if (rs_find_all(name, end, ">, service=", &close) != 1)
		return close == NULL ? RS_SCAN_CUT : RS_SCAN_AMBIGUOUS;
	service = close + 11;
	if (rs_find_all(service, end, ", ip=", &ip) != 1 ||
	    rs_find_all(service, end, ", host=", &host) != 1 || host < ip)
		return ip == NULL ? RS_SCAN_NO_ADDRESS : RS_SCAN_AMBIGUOUS;
	/* Of a name of 2.4, which is cut at 64 bytes, something like )<pid>: follows. */
	if (rs_find(host, end, ", asn=") == NULL || rs_find(host, end, ")<") != NULL)
		return RS_SCAN_AMBIGUOUS;
	entry->service = named_service(service, (size_t)(ip - service));
	entry->attempts = 1;
	entry->success = rs_find(host, end, blocked) == NULL;
	if (!rs_scan_ip(ip + 5, (size_t)(host - ip - 5), &entry->ip))
		return RS_SCAN_NO_ADDRESS;
	entry->user = (struct rs_log_span){ name, (size_t)(close - name) };
	if (memchr(name, '\0', entry->user.len) != NULL)
		return RS_SCAN_BINARY;
	/* What was refused says so at the end, behind the entities that each line has. */
	if (rs_find(name, close, "user=<") != NULL ||
	    (entry->success && rs_find(host, end, ", entity=") == NULL))
		return RS_SCAN_CUT;
	return entry->user.len > 0 ? RS_SCAN_LOGIN : RS_SCAN_ANONYMOUS;
}

static bool has_verdict(const char *text, const char *end)
{
	static const char mark[] = "relaysentry: action";
	const char *equals = text;

	while ((equals = memchr(equals, '=', (size_t)(end - equals))) != NULL) {
		if (equals - text >= (ptrdiff_t)sizeof(mark) - 1 &&
		    memcmp(equals - (sizeof(mark) - 1), mark, sizeof(mark) - 1) == 0)
			return true;
		equals++;
	}
	return false;
}

/* `auth: `, `auth-worker(7): `. In brackets 2.4 has a name, too, which could hold what
 * follows. */
static const char *skip_auth(const char *text, const char *end)
{
	if (RS_BEGINS(text, end, "auth-worker(")) {
		text += 12;
		while (text < end && *text >= '0' && *text <= '9')
			text++;
		return RS_BEGINS(text, end, "): ") ? text + 3 : NULL;
	}
	if (RS_BEGINS(text, end, "auth-worker: "))
		return text + 13;
	return RS_BEGINS(text, end, "auth: ") ? text + 6 : NULL;
}

static enum rs_scan read_auth(struct rs_scanner *scanner, const struct rs_message *message,
			      struct rs_scan_entry *entry)
{
	const char *end = message->end, *at = skip_auth(message->text, end);

	if (at != NULL) {
		at = skip_level(at, end);
		if (RS_BEGINS(at, end, "mail-audit: "))
			return read_badclients(at, end, entry);
	}
	return has_verdict(message->text, end) ? read_verdict(scanner, message, entry)
					       : RS_SCAN_NOTHING;
}

enum rs_scan rs_scan_dovecot(struct rs_scanner *scanner, const struct rs_message *message,
			     struct rs_scan_entry *entry)
{
	const char *text = take_service(message->text, message->end, &entry->service);

	entry->writer = RS_LOG_DOVECOT;
	if (text != NULL && rs_scanner_census(scanner) != NULL) {
		learn(rs_scanner_census(scanner), skip_level(text, message->end), message->end);
		return RS_SCAN_NOTHING;
	}
	if (text != NULL)
		return read_login(rs_scanner_format(scanner), skip_level(text, message->end),
				  message->end, entry);
	if (RS_BEGINS(message->text, message->end, "auth"))
		return read_auth(scanner, message, entry);
	return RS_SCAN_NOTHING;
}

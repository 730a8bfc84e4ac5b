/* SPDX-License-Identifier: MIT */
#include "ascii.h"
#include "logscan-format.h"
#include "logscan-internal.h"

#include <arpa/inet.h>

/* --- values --- */

/* One number up to 255 without leading zeros, of at least one byte that ends it. Returns
 * what follows, NULL. */
static inline const char *read_octet(const char *text, uint8_t *octet_r)
{
	unsigned value = (unsigned char)text[0] - (unsigned)'0', digit;

	if (value > 9)
		return NULL;
	digit = (unsigned char)text[1] - (unsigned)'0';
	if (digit > 9) {
		*octet_r = (uint8_t)value;
		return text + 1;
	}
	if (value == 0)
		return NULL;
	value = value * 10 + digit;
	digit = (unsigned char)text[2] - (unsigned)'0';
	if (digit > 9) {
		*octet_r = (uint8_t)value;
		return text + 2;
	}
	value = value * 10 + digit;
	*octet_r = (uint8_t)value;
	return value <= 255 ? text + 3 : NULL;
}

/* The longest address, and what ends it. */
#define IPV4_ROOM 17

/* Four numbers: most addresses of most logs. Returns what follows; NULL when there is none,
 * or not room enough to look at it without counting. */
static inline const char *read_ipv4(const char *text, const char *end, struct rs_ip *ip_r)
{
	uint8_t bytes[4];

	if (end - text < IPV4_ROOM)
		return NULL;
	for (unsigned i = 0; i < 4; i++) {
		text = read_octet(text, &bytes[i]);
		if (text == NULL || (i < 3 && *text++ != '.'))
			return NULL;
	}
	*ip_r = (struct rs_ip){ .family = AF_INET };
	memcpy(ip_r->bytes, bytes, sizeof(bytes));
	return text;
}

bool rs_scan_ip(const char *text, size_t len, struct rs_ip *ip_r)
{
	char copy[INET6_ADDRSTRLEN + IPV4_ROOM] = { 0 };
	const char *after;
	uint8_t bytes[16];

	/* rs_ip_parse() says what is wrong with a text, and takes a microsecond. */
	if (len >= INET6_ADDRSTRLEN || memchr(text, '\0', len) != NULL)
		return false;
	memcpy(copy, text, len);
	after = read_ipv4(copy, copy + sizeof(copy), ip_r);
	if (after != NULL)
		return after == copy + len;
	if (inet_pton(AF_INET6, copy, bytes) != 1)
		return false;
	rs_ip_from_bytes(ip_r, AF_INET6, bytes);
	return true;
}

enum rs_log_mechanism rs_scan_mechanism(const char *text, size_t len)
{
	if (len == 5) {
		if (memcmp(text, "PLAIN", 5) == 0)
			return RS_LOG_PLAIN;
		if (memcmp(text, "LOGIN", 5) == 0)
			return RS_LOG_LOGIN;
	}
	for (int i = RS_LOG_MECHANISM_NONE + 1; i < RS_LOG_MECHANISM_OTHER; i++) {
		const char *name = rs_log_mechanism_name((enum rs_log_mechanism)i);

		if (strlen(name) == len && rs_same_fold(name, text, len))
			return (enum rs_log_mechanism)i;
	}
	return len == 0 ? RS_LOG_MECHANISM_NONE : RS_LOG_MECHANISM_OTHER;
}

/* Up to a comma, or the end. */
static size_t value_len(const char *text, const char *end)
{
	const char *comma = memchr(text, ',', (size_t)(end - text));

	return (size_t)((comma != NULL ? comma : end) - text);
}

/* The same, for values of a few bytes. */
static size_t short_len(const char *text, const char *end)
{
	const char *at = text;

	while (at < end && *at != ',')
		at++;
	return (size_t)(at - text);
}

static enum rs_scan set_user(const char *name, const char *end, struct rs_scan_entry *entry)
{
	entry->user = (struct rs_log_span){ name, (size_t)(end - name) };
	if (entry->user.len == 0)
		return RS_SCAN_ANONYMOUS;
	if (entry->user.len > RS_LOG_DOVECOT_USER_MAX)
		return RS_SCAN_CUT;
	if (memchr(name, '<', entry->user.len) != NULL) {
		/* The begin of a line that was cut, and another line behind it. */
		if (rs_find(name, end, "-login: ") != NULL)
			return RS_SCAN_CUT;
		/* What a proxy's backend has said is told before the name. */
		if (rs_find(name, end, ": user=<") != NULL)
			return RS_SCAN_AMBIGUOUS;
	}
	return memchr(name, '\0', entry->user.len) == NULL ? RS_SCAN_LOGIN : RS_SCAN_BINARY;
}

/* --- the default elements --- */

/* Dovecot's default order, with nothing in it that can be read in another way: behind the
 * name only the session's bracket is closed, and it ends the line. A name that imitates
 * elements is closed behind them. Returns NOTHING when the line is not like that. */
static enum rs_scan read_default(const char *text, const char *end, struct rs_scan_entry *entry)
{
	static const char session[] = ", session=";
	const char *name = text + 6, *close, *method, *rip, *open, *after;
	size_t len;

	close = memchr(name, '>', (size_t)(end - name));
	if (close == NULL || !RS_BEGINS(close, end, ">, method=") || end[-1] != '>')
		return RS_SCAN_NOTHING;
	method = close + 10;
	len = short_len(method, end);
	if (!RS_BEGINS(method + len, end, ", rip="))
		return RS_SCAN_NOTHING;
	rip = method + len + 6;
	entry->mechanism = rs_scan_mechanism(method, len);
	after = read_ipv4(rip, end, &entry->ip);
	if (after == NULL || *after != ',') {
		len = short_len(rip, end);
		if (!rs_scan_ip(rip, len, &entry->ip))
			return RS_SCAN_NOTHING;
		after = rip + len;
	}
	rip = after;
	open = memrchr(rip, '<', (size_t)(end - rip));
	if (open == NULL || open - rip < (ptrdiff_t)sizeof(session) ||
	    memcmp(open - (sizeof(session) - 1), session, sizeof(session) - 1) != 0 ||
	    memchr(rip, '>', (size_t)(end - rip)) != end - 1)
		return RS_SCAN_NOTHING;
	open -= sizeof(session) - 1;
	entry->tls = (open - rip >= 5 && memcmp(open - 5, ", TLS", 5) == 0) ||
		     (open - rip >= 9 && memcmp(open - 9, ", secured", 9) == 0);
	return set_user(name, close, entry);
}

/* --- any elements --- */

static enum rs_scan set_elements(const struct rs_log_elements *found, const char *end,
				 struct rs_scan_entry *entry)
{
	if (found->rip == NULL)
		return RS_SCAN_NO_ADDRESS;
	if (found->method != NULL)
		entry->mechanism = rs_scan_mechanism(found->method, value_len(found->method, end));
	entry->tls = found->tls;
	return rs_scan_ip(found->rip, value_len(found->rip, end), &entry->ip) ? RS_SCAN_LOGIN
									      : RS_SCAN_NO_ADDRESS;
}

/* Without brackets a name ends nowhere; only rip, of which there is one, can tell. */
static enum rs_scan read_bare(const char *name, const char *end, struct rs_log_elements *found,
			      struct rs_scan_entry *entry)
{
	const char *rip, *comma = memchr(name, ',', (size_t)(end - name));
	enum rs_scan scan;

	if (found->rip != NULL || rs_find_all(name, end, ", rip=", &rip) != 1 || comma != rip ||
	    memchr(name, ' ', (size_t)(rip - name)) != NULL)
		return RS_SCAN_NO_USER;
	found->rip = rip + 6;
	found->tls = rs_find(rip, end, ", TLS") != NULL;
	scan = set_user(name, rip, entry);
	return scan == RS_SCAN_LOGIN ? set_elements(found, end, entry) : scan;
}

/* What stands before the name, which is at a blank. Values in brackets are what clients
 * choose, but the session's. */
static bool read_before(const char *text, const char *user, struct rs_log_elements *found)
{
	while (text < user) {
		const char *end = rs_find(text, user + 1, ", ");

		if (end == NULL)
			return false;
		if (RS_BEGINS(text, end, "session=<") && end[-1] == '>') {
			found->session = true;
			text += 9;
			if (memchr(text, '>', (size_t)(end - text)) != end - 1)
				return false;
		} else if (RS_BEGINS(text, end, "rip=")) {
			if (found->rip != NULL)
				return false;
			found->rip = text + 4;
		} else if (RS_BEGINS(text, end, "method=")) {
			found->method = text + 7;
		} else if (RS_BEGINS(text, end, "TLS") || RS_BEGINS(text, end, "secured")) {
			found->tls = true;
		}
		if (memchr(text, '<', (size_t)(end - text)) != NULL)
			return false;
		text = end + 2;
	}
	return true;
}

static enum rs_scan read_any(const struct rs_log_format *format, const char *text, const char *end,
			     struct rs_scan_entry *entry)
{
	struct rs_log_elements found = { .rip = NULL };
	const char *user = rs_find(text - 1, end, " user=");
	enum rs_scan scan;

	if (user == NULL)
		return RS_SCAN_NO_USER;
	if (RS_BEGINS(user, end, " user=<>") && rs_find(user, end, "rip=") == NULL)
		return RS_SCAN_ANONYMOUS;
	if (!read_before(text, user, &found))
		return RS_SCAN_AMBIGUOUS;
	if (!RS_BEGINS(user, end, " user=<"))
		return read_bare(user + 6, end, &found, entry);
	scan = rs_log_format_split(format, user + 7, end, &found);
	if (scan == RS_SCAN_LOGIN)
		scan = set_user(user + 7, found.close, entry);
	return scan == RS_SCAN_LOGIN ? set_elements(&found, end, entry) : scan;
}

enum rs_scan rs_scan_elements(const struct rs_log_format *format, const char *text, const char *end,
			      struct rs_scan_entry *entry)
{
	enum rs_scan scan = RS_SCAN_NOTHING;

	if (RS_BEGINS(text, end, "user=<"))
		scan = read_default(text, end, entry);
	return scan != RS_SCAN_NOTHING ? scan : read_any(format, text, end, entry);
}

/* SPDX-License-Identifier: MIT */
#include "logscan-internal.h"

static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static enum rs_scan smtp_user(const char *name, const char *end, struct rs_scan_entry *entry)
{
	entry->service = RS_LOG_SMTP;
	entry->attempts = 1;
	entry->user = (struct rs_log_span){ name, (size_t)(end - name) };
	if (entry->user.len == 0)
		return RS_SCAN_ANONYMOUS;
	/* The begin of a line that was cut, and another line behind it. */
	if (rs_find(name, end, ": ") != NULL)
		return RS_SCAN_CUT;
	return memchr(name, '\0', entry->user.len) == NULL ? RS_SCAN_LOGIN : RS_SCAN_BINARY;
}

/* --- Postfix --- */

/* `unknown[192.0.2.1]`, with `:1234` where ports are logged. Names of hosts have no
 * brackets. Returns what follows; NULL with *fault_r. */
static const char *take_client(const char *text, const char *end, struct rs_scan_entry *entry)
{
	const char *open = memchr(text, '[', (size_t)(end - text));
	const char *close = open != NULL ? memchr(open, ']', (size_t)(end - open)) : NULL;

	if (close == NULL || !rs_scan_ip(open + 1, (size_t)(close - open - 1), &entry->ip))
		return NULL;
	close++;
	if (close < end && *close == ':' && close + 1 < end && close[1] >= '0' && close[1] <= '9') {
		do
			close++;
		while (close < end && *close >= '0' && *close <= '9');
	}
	return close;
}

/* Nothing closes the name, and other members may follow it: a name that has something
 * like one is not certain. */
static enum rs_scan postfix_user(const char *name, const char *end, struct rs_scan_entry *entry)
{
	const char *comma = rs_find(name, end, ", ");

	if (comma != NULL && memchr(comma, '=', (size_t)(end - comma)) != NULL)
		return RS_SCAN_AMBIGUOUS;
	return smtp_user(name, end, entry);
}

/* Where a line was cut, and another stands behind it, there are blanks. */
static bool is_method(const char *text, const char *end)
{
	return memchr(text, ' ', (size_t)(end - text)) == NULL;
}

/* `8D248A72236: client=unknown[192.0.2.1], sasl_method=PLAIN, sasl_username=alice` */
static enum rs_scan postfix_success(const char *text, const char *end, struct rs_scan_entry *entry)
{
	static const char method_key[] = ", sasl_method=", user_key[] = ", sasl_username=";
	const char *at = text, *user;

	while (at < end && is_alnum(*at))
		at++;
	if (at == text || !RS_BEGINS(at, end, ": client="))
		return RS_SCAN_NOTHING;
	at += 9;
	if (rs_find(at, end, user_key) == NULL)
		return RS_SCAN_NOTHING;
	at = take_client(at, end, entry);
	if (at == NULL)
		return RS_SCAN_NO_ADDRESS;
	if (!RS_BEGINS(at, end, ", sasl_method="))
		return RS_SCAN_AMBIGUOUS;
	at += sizeof(method_key) - 1;
	user = rs_find(at, end, user_key);
	/* What was found stands before the address, where Postfix writes none. */
	if (user == NULL)
		return RS_SCAN_AMBIGUOUS;
	if (!is_method(at, user))
		return RS_SCAN_CUT;
	entry->mechanism = rs_scan_mechanism(at, (size_t)(user - at));
	entry->success = true;
	return postfix_user(user + sizeof(user_key) - 1, end, entry);
}

/* `warning: unknown[192.0.2.1]: SASL PLAIN authentication failed: REASON, sasl_username=bob`;
 * before 3.5 without the name. */
static enum rs_scan postfix_failure(const char *text, const char *end, struct rs_scan_entry *entry)
{
	static const char user_key[] = ", sasl_username=";
	const char *at, *method, *user;

	if (!RS_BEGINS(text, end, "warning: ") || rs_find(text, end, ": SASL ") == NULL)
		return RS_SCAN_NOTHING;
	at = take_client(text + 9, end, entry);
	if (at == NULL)
		return RS_SCAN_NO_ADDRESS;
	if (!RS_BEGINS(at, end, ": SASL "))
		return RS_SCAN_NOTHING;
	method = at + 7;
	at = rs_find(method, end, " authentication failed");
	if (at == NULL)
		return RS_SCAN_NOTHING;
	if (!is_method(method, at))
		return RS_SCAN_CUT;
	entry->mechanism = rs_scan_mechanism(method, (size_t)(at - method));
	switch (rs_find_all(at, end, user_key, &user)) {
	case 0:
		return RS_SCAN_ANONYMOUS;
	case 1:
		/* The same in the reason. */
		if (rs_find(at, user, "/smtpd[") != NULL)
			return RS_SCAN_CUT;
		return postfix_user(user + sizeof(user_key) - 1, end, entry);
	default:
		return RS_SCAN_AMBIGUOUS;
	}
}

enum rs_scan rs_scan_postfix(const struct rs_message *message, struct rs_scan_entry *entry)
{
	enum rs_scan scan = postfix_success(message->text, message->end, entry);

	entry->writer = RS_LOG_POSTFIX;
	return scan != RS_SCAN_NOTHING ? scan : postfix_failure(message->text, message->end, entry);
}

/* --- Exim --- */

/* `host (helo) [192.0.2.1]:1234`: the address is behind what the client calls itself. */
static bool exim_address(const char *text, const char *end, struct rs_scan_entry *entry)
{
	const char *helo_end = memrchr(text, ')', (size_t)(end - text));
	const char *open, *close;

	if (helo_end != NULL)
		text = helo_end;
	open = memchr(text, '[', (size_t)(end - text));
	close = open != NULL ? memchr(open, ']', (size_t)(end - open)) : NULL;
	return close != NULL && rs_scan_ip(open + 1, (size_t)(close - open - 1), &entry->ip);
}

/* `dovecot_login`, `PLAIN_server`: administrators give the names. */
static enum rs_log_mechanism exim_mechanism(const char *name, size_t len)
{
	static const struct {
		const char *part;
		enum rs_log_mechanism mechanism;
	} parts[] = {
		{ "plain", RS_LOG_PLAIN },
		{ "login", RS_LOG_LOGIN },
		{ "cram", RS_LOG_CRAM_MD5 },
		{ "xoauth2", RS_LOG_XOAUTH2 },
		{ "oauthbearer", RS_LOG_OAUTHBEARER },
		{ "gssapi", RS_LOG_GSSAPI },
		{ "external", RS_LOG_EXTERNAL },
	};
	char lower[64];

	if (len >= sizeof(lower))
		return RS_LOG_MECHANISM_OTHER;
	for (size_t i = 0; i < len; i++)
		lower[i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] + 32 : name[i]);
	lower[len] = '\0';
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		if (strstr(lower, parts[i].part) != NULL)
			return parts[i].mechanism;
	}
	return RS_LOG_MECHANISM_OTHER;
}

/* Nothing closes the name but the size, which each such line has, and before which Exim
 * writes some words. Returns its end; NULL with *scan_r when it is not certain. */
static const char *exim_name_end(const char *name, const char *end, enum rs_scan *scan_r)
{
	static const char *const words[] = { " K", " M8S=0", " M8S=1", " PRDR" };
	const char *size;
	unsigned sizes = rs_find_all(name, end, " S=", &size);

	*scan_r = sizes == 0 ? RS_SCAN_CUT : RS_SCAN_AMBIGUOUS;
	if (sizes != 1)
		return NULL;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		size_t len = strlen(words[i]);

		if ((size_t)(size - name) > len && memcmp(size - len, words[i], len) == 0)
			size -= len;
	}
	return memchr(name, '=', (size_t)(size - name)) == NULL ? size : NULL;
}

/* Whether a quote is open at the end. */
static bool is_quoted(const char *text, const char *end)
{
	bool quoted = false;

	while ((text = memchr(text, '"', (size_t)(end - text))) != NULL) {
		quoted = !quoted;
		text++;
	}
	return quoted;
}

/* `1wDqVb-0001-2x <= alice@example.org H=host (helo) [192.0.2.1] P=esmtpsa X=TLS1.3:...
 * A=dovecot_login:alice S=1234`. The client chooses the sender and what it is called, what
 * stands in quotes, and what comes behind the size, as id="..."@example.org. */
static enum rs_scan exim_success(const char *text, const char *end, struct rs_scan_entry *entry)
{
	const char *host, *protocol, *auth, *name, *name_end, *own;
	enum rs_scan scan;
	unsigned hosts, auths = rs_find_all(text, end, " A=", &auth);

	if (auths == 0)
		return RS_SCAN_NOTHING;
	hosts = rs_find_all(text, end, " H=", &host);
	if (hosts == 0)
		return RS_SCAN_NO_ADDRESS;
	if (auths > 1 || hosts > 1 || auth < host ||
	    rs_find_all(host, auth, " P=", &protocol) != 1 ||
	    rs_find(protocol, auth, " S=") != NULL || is_quoted(protocol, auth))
		return RS_SCAN_AMBIGUOUS;
	own = rs_find(host, protocol, " I=[");
	if (!exim_address(host + 3, own != NULL ? own : protocol, entry))
		return RS_SCAN_NO_ADDRESS;
	name = auth + 3;
	while (name < end && *name != ':' && *name != ' ')
		name++;
	/* An authenticator without server_set_id says not who it was. */
	if (name == end || *name == ' ')
		return RS_SCAN_ANONYMOUS;
	name_end = exim_name_end(name + 1, end, &scan);
	if (name_end == NULL)
		return scan;
	/* A quote could have been closed within. */
	if (memchr(protocol, '"', (size_t)(auth - protocol)) != NULL &&
	    memchr(name, '"', (size_t)(name_end - name)) != NULL)
		return RS_SCAN_AMBIGUOUS;
	entry->mechanism = exim_mechanism(auth + 3, (size_t)(name - auth - 3));
	entry->tls = rs_find(protocol, auth, " X=") != NULL;
	entry->success = true;
	return smtp_user(name + 1, name_end, entry);
}

/* `dovecot_login authenticator failed for host (helo) [192.0.2.1]: 535 Incorrect
 * authentication data (set_id=alice)` */
static enum rs_scan exim_failure(const char *text, const char *end, struct rs_scan_entry *entry)
{
	static const char failed[] = " authenticator failed for ", id[] = " (set_id=";
	const char *at = rs_find(text, end, failed), *code, *user;

	if (at == NULL || memchr(text, ' ', (size_t)(at - text)) != NULL)
		return RS_SCAN_NOTHING;
	entry->mechanism = exim_mechanism(text, (size_t)(at - text));
	at += sizeof(failed) - 1;
	if (rs_find_all(at, end, ": 535 ", &code) != 1)
		return code == NULL ? RS_SCAN_NOTHING : RS_SCAN_AMBIGUOUS;
	if (!exim_address(at, code, entry))
		return RS_SCAN_NO_ADDRESS;
	switch (rs_find_all(code, end, id, &user)) {
	case 0:
		return RS_SCAN_ANONYMOUS;
	case 1:
		if (end[-1] != ')')
			return RS_SCAN_CUT;
		return smtp_user(user + sizeof(id) - 1, end - 1, entry);
	default:
		return RS_SCAN_AMBIGUOUS;
	}
}

static bool is_octal(const char *text)
{
	for (int i = 1; i <= 3; i++) {
		if (text[i] < '0' || text[i] > (i == 1 ? '3' : '7'))
			return false;
	}
	return *text == '\\';
}

/* Exim shows what is no ASCII as \303\274: the name is as others show it then. */
static enum rs_scan exim_unescape(struct rs_scanner *scanner, struct rs_scan_entry *entry)
{
	const char *from = entry->user.text, *end = from + entry->user.len;
	char *to;

	if (memchr(from, '\\', entry->user.len) == NULL)
		return RS_SCAN_LOGIN;
	to = rs_scanner_scratch(scanner, RS_SCRATCH_LINE, entry->user.len);
	if (to == NULL)
		return RS_SCAN_NOTHING;
	entry->user.text = to;
	while (from < end) {
		if (end - from >= 4 && is_octal(from)) {
			*to++ = (char)((from[1] - '0') << 6 | (from[2] - '0') << 3 |
				       (from[3] - '0'));
			from += 4;
		} else {
			*to++ = *from++;
		}
	}
	entry->user.len = (size_t)(to - entry->user.text);
	return memchr(entry->user.text, '\0', entry->user.len) == NULL ? RS_SCAN_LOGIN
								       : RS_SCAN_BINARY;
}

enum rs_scan rs_scan_exim(struct rs_scanner *scanner, const struct rs_message *message,
			  struct rs_scan_entry *entry)
{
	const char *text = message->text, *end = message->end, *at;
	enum rs_scan scan;

	entry->writer = RS_LOG_EXIM;
	/* log_selector = +pid */
	if (text < end && *text == '[') {
		at = rs_find(text, end, "] ");
		if (at == NULL)
			return RS_SCAN_NOTHING;
		text = at + 2;
	}
	at = memchr(text, ' ', (size_t)(end - text));
	if (at == NULL)
		return RS_SCAN_NOTHING;
	scan = RS_BEGINS(at, end, " <= ") ? exim_success(at, end, entry)
					  : exim_failure(text, end, entry);
	return scan == RS_SCAN_LOGIN ? exim_unescape(scanner, entry) : scan;
}

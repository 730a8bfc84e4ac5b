/* SPDX-License-Identifier: MIT */
/* Names that clients choose, in the lines of each program. A name may make a line unreadable;
 * it never makes another user, or another address, of it. */
#include "fuzz.h"

#include <relaysentry/logscan.h>

#include <stdbool.h>
#include <string.h>

#define ADDRESS "192.0.2.77"
/* As much of a name as Dovecot shows. */
#define NAME_MAX_SHOWN 80U

/* What programs write before and behind a name; in proxy() it stands twice. EXIM: the name has
 * no backslash, behind which Exim shows what is no ASCII. WORD: and no blank, behind which it
 * has words of its own. VAGUE: what follows could be part of a name: it need not be read while the
 * elements are not known. */
struct shape {
	const char *tag; /* of syslog */
	const char *before, *again, *behind;
	enum { PLAIN, EXIM, WORD, VAGUE } name;
};

#define ELEMENTS ", method=PLAIN, rip=" ADDRESS ", lip=192.0.2.1"
static const struct shape shapes[] = {
	{ "dovecot", "imap-login: Info: Login: user=<", NULL,
	  ">" ELEMENTS ", mpid=7, TLS, session=<a+b/c>", PLAIN },
	{ "dovecot", "imap-login: Logged in: user=<", NULL,
	  ">" ELEMENTS ", mpid=7, secured, session=<a>", PLAIN },
	{ "dovecot", "pop3-login: Disconnected (auth failed, 1 attempts in 2 secs): user=<", NULL,
	  ">" ELEMENTS ", session=<a+b/c>", PLAIN },
	{ "dovecot",
	  "submission-login: Login aborted: Connection closed (auth failed, 3 attempts in 9 secs) "
	  "(auth_failed): user=<",
	  NULL, ">" ELEMENTS ", TLS, session=<a+b/c>", PLAIN },
	/* Other elements, or in another order. */
	{ "dovecot", "imap-login: Login: user=<", NULL, ">, rip=" ADDRESS, VAGUE },
	{ "dovecot", "imap-login: Login: user=<", NULL, ">" ELEMENTS ", TLS", PLAIN },
	{ "dovecot", "imap-login: Login: rip=" ADDRESS ", lip=192.0.2.1, user=<", NULL, ">",
	  PLAIN },
	{ "dovecot", "imap-login: Login: rip=" ADDRESS ", user=<", NULL, ">, session=<a>", VAGUE },
	{ "dovecot", "managesieve-login: Login: session=<a>, user=<", NULL,
	  ">" ELEMENTS ", local_name=<mx>", VAGUE },
	/* A password that another server looks at. */
	{ "dovecot", "imap-login: proxy(",
	  ",192.0.2.5:143): Started proxying to <192.0.2.5>: user=<", ">" ELEMENTS ", session=<a>",
	  PLAIN },
	{ "dovecot", "imap-login: proxy(", "): started proxying to mx:143: user=<",
	  ">" ELEMENTS ", session=<a>", PLAIN },
	/* Of the auth process. */
	{ "dovecot", "auth: static(", NULL,
	  "," ADDRESS ",<a+b/c>): relaysentry: action=deny enforced=yes relay=vendor "
	  "class=mail-relay network=192.0.2.0/24 rule=stored credential=password verified=yes",
	  PLAIN },
	{ "dovecot", "auth-worker(12): mail-audit: user=<", NULL,
	  ">, service=imap, ip=" ADDRESS ", host=mx.example.org, asn=AS64496, as_cc=ZZ, "
	  "as_desc=<EXAMPLE, ZZ>, net_name=<TEST>, net_cc=ZZ, entity=None",
	  PLAIN },
	/* Of servers that send. */
	{ "postfix/submission/smtpd",
	  "8D248A72236: client=unknown[" ADDRESS "], sasl_method=PLAIN, sasl_username=", NULL, "",
	  PLAIN },
	{ "postfix/smtpd",
	  "warning: unknown[" ADDRESS "]: SASL LOGIN authentication failed: UGFzc3dvcmQ6, "
	  "sasl_username=",
	  NULL, "", PLAIN },
	{ "exim",
	  "1wDqVb-0001-2x <= bob@example.org H=mx (mx) [" ADDRESS "] P=esmtpsa X=TLS1.3:x:256 "
	  "CV=no A=dovecot_plain:",
	  NULL, " S=812", WORD },
	{ "exim",
	  "dovecot_login authenticator failed for (mx) [" ADDRESS "]: 535 Incorrect "
	  "authentication data (set_id=",
	  NULL, ")", EXIM },
};

#define SHAPE_COUNT (sizeof(shapes) / sizeof(*shapes))

/* What syslog and others write before and behind the program's name. */
static const struct {
	const char *before, *behind;
} frames[] = {
	{ "Nov 25 09:12:01 mx ", "[7]: " },
	{ "<22>1 2026-11-25T09:12:01Z mx ", " 7 - - " },
	{ "{\"__REALTIME_TIMESTAMP\":\"1795597921000000\",\"SYSLOG_IDENTIFIER\":\"",
	  "\",\"MESSAGE\":\"" },
};

struct text {
	char bytes[2048];
	size_t len;
};

static void add(struct text *text, const char *bytes, size_t len)
{
	FUZZ_CHECK(text->len + len <= sizeof(text->bytes));
	memcpy(text->bytes + text->len, bytes, len);
	text->len += len;
}

static void add_string(struct text *text, const char *string)
{
	add(text, string, strlen(string));
}

static void add_json(struct text *text, const struct text *message)
{
	for (size_t i = 0; i < message->len; i++) {
		if (message->bytes[i] == '"' || message->bytes[i] == '\\')
			add(text, "\\", 1);
		add(text, &message->bytes[i], 1);
	}
	add(text, "\"}", 2);
}

/* As programs show it: no controls, and not longer than they do. */
static void show_name(struct text *name_r, const char *text, size_t len, const struct shape *shape)
{
	name_r->len = len < NAME_MAX_SHOWN ? len : NAME_MAX_SHOWN;
	for (size_t i = 0; i < name_r->len; i++) {
		name_r->bytes[i] = (unsigned char)text[i] < ' ' ? '?' : text[i];
		if ((shape->name == EXIM || shape->name == WORD) && name_r->bytes[i] == '\\')
			name_r->bytes[i] = '/';
		if (shape->name == WORD && name_r->bytes[i] == ' ')
			name_r->bytes[i] = '_';
	}
}

/* Whether it is read. */
static bool check_line(struct rs_scanner *scanner, const struct text *line, const struct text *name)
{
	struct rs_scan_entry entry;
	const char *error;
	struct rs_ip ip;
	int scan = rs_scan_line(scanner, line->bytes, line->len, &entry);

	FUZZ_CHECK(scan >= 0);
	if (scan != RS_SCAN_LOGIN && scan != RS_SCAN_VERDICT)
		return false;
	FUZZ_CHECK(entry.user.len == name->len &&
		   memcmp(entry.user.text, name->bytes, name->len) == 0);
	FUZZ_CHECK(rs_ip_parse(ADDRESS, sizeof(ADDRESS) - 1, &ip, &error) == 0 &&
		   rs_ip_equal(&entry.ip, &ip));
	return true;
}

/* Has nothing in it that could be more than a name, and is not cut anywhere. */
static bool is_plain(const struct text *name)
{
	size_t i = 0;

	while (i < name->len && ((name->bytes[i] >= '0' && name->bytes[i] <= '9') ||
				 (name->bytes[i] >= '@' && name->bytes[i] <= 'Z') ||
				 (name->bytes[i] >= 'a' && name->bytes[i] <= 'z')))
		i++;
	return i == name->len && i > 0 && i < RS_LOG_USER_MAX;
}

static void write_message(struct text *message_r, const struct shape *shape,
			  const struct text *name)
{
	message_r->len = 0;
	add_string(message_r, shape->before);
	add(message_r, name->bytes, name->len);
	if (shape->again != NULL) {
		add_string(message_r, shape->again);
		add(message_r, name->bytes, name->len);
	}
	add_string(message_r, shape->behind);
}

/* In a file of the program's own, and in each frame. known: the scanner knows the elements. */
static void check_shape(struct rs_scanner *scanner, bool known, const struct shape *shape,
			const struct text *name)
{
	struct text message, line = { .len = 0 };

	write_message(&message, shape, name);
	add_string(&line, "2026-11-25 09:12:01 ");
	add(&line, message.bytes, message.len);
	(void)check_line(scanner, &line, name);
	for (size_t i = 0; i < sizeof(frames) / sizeof(*frames); i++) {
		line.len = 0;
		add_string(&line, frames[i].before);
		add_string(&line, shape->tag);
		add_string(&line, frames[i].behind);
		if (*frames[i].before == '{')
			add_json(&line, &message);
		else
			add(&line, message.bytes, message.len);
		FUZZ_CHECK(check_line(scanner, &line, name) || !is_plain(name) ||
			   (shape->name == VAGUE && !known));
	}
}

/* A scanner that has seen lines of this shape; made once. */
static struct rs_scanner *learned(size_t number)
{
	static const struct text names[] = { { "alice", 5 },
					     { "bob", 3 },
					     { "carol@example.org", 17 } };
	static struct rs_scanner *scanners[SHAPE_COUNT];
	const struct rs_logdate_context dates = { .year = 2026 };
	struct text lines = { .len = 0 }, message;

	if (scanners[number] == NULL) {
		for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
			write_message(&message, &shapes[number], &names[i]);
			add_string(&lines, "Nov 25 09:12:01 mx dovecot: ");
			add(&lines, message.bytes, message.len);
			add_string(&lines, "\n");
		}
		scanners[number] = rs_scanner_new(&dates);
		FUZZ_CHECK(scanners[number] != NULL);
		rs_scanner_learn(scanners[number], lines.bytes, lines.len);
	}
	return scanners[number];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct rs_logdate_context dates = { .year = 2026 };
	struct rs_scanner *scanner = rs_scanner_new(&dates);
	struct text name;

	FUZZ_CHECK(scanner != NULL);
	for (size_t i = 0; i < SHAPE_COUNT; i++) {
		show_name(&name, (const char *)data, size, &shapes[i]);
		check_shape(scanner, false, &shapes[i], &name);
		check_shape(learned(i), true, &shapes[i], &name);
	}
	rs_scanner_free(&scanner);
	return 0;
}

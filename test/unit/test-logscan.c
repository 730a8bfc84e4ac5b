/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <relaysentry/logscan.h>
#include <relaysentry/when.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define AT "Nov 25 09:12:01 "
#define MX AT "mx dovecot: "
#define TAIL ", method=PLAIN, rip=52.125.138.7, lip=192.0.2.1, mpid=7, TLS, session=<a/b+c>"
#define LET_IN(name) "user=<" name ">" TAIL
#define OUT_TAIL ", method=PLAIN, rip=52.125.138.7, lip=192.0.2.1, TLS, session=<a/b+c>"
#define EXIM "2026-11-25 09:12:01 "
#define EXIM_IN EXIM "1wDqVb-0001-2x <= "
#define SAID                                                                                       \
	"relaysentry: action=deny enforced=yes relay=outlook-mobile class=mail-relay "             \
	"network=52.125.128.0/20 rule=staff credential=password verified=yes outcome=denied"

struct reading {
	const char *label, *line, *want;
};

/* `login dovecot imap + PLAIN tls 52.125.138.7 alice` */
static const char *tell(int scan, const struct rs_scan_entry *entry, char *buf, size_t size)
{
	char ip[RS_IP_STRLEN], attempts[32] = "";

	if (scan != RS_SCAN_LOGIN && scan != RS_SCAN_VERDICT)
		return scan < 0 ? "no memory" : rs_scan_id((enum rs_scan)scan);
	if (scan == RS_SCAN_VERDICT) {
		snprintf(buf, size, "verdict %s%s %s %.*s", entry->denied ? "deny" : "alert",
			 entry->enforced ? "" : "?", rs_ip_format(&entry->ip, ip),
			 (int)entry->user.len, entry->user.text);
		return buf;
	}
	if (entry->attempts != 1)
		snprintf(attempts, sizeof(attempts), "%u", entry->attempts);
	snprintf(buf, size, "%s %s %s%s %s%s %s %.*s", rs_log_writer_name(entry->writer),
		 rs_log_service_name(entry->service), entry->success ? "+" : "-", attempts,
		 rs_log_mechanism_name(entry->mechanism), entry->tls ? " tls" : "",
		 rs_ip_format(&entry->ip, ip), (int)entry->user.len, entry->user.text);
	return buf;
}

static void check(const struct reading *reading, bool timed)
{
	const struct rs_logdate_context dates = { .year = 2026 };
	struct rs_scanner *scanner = rs_scanner_new(&dates);
	size_t len = strlen(reading->line);
	/* Nothing behind it is looked at. */
	char *copy = malloc(len > 0 ? len : 1), buf[2048], when[RS_WHEN_LEN];
	struct rs_scan_entry entry;

	memcpy(copy, reading->line, len);
	/* The second time, prefix and minute are known. */
	for (int i = 0; i < 2; i++) {
		int scan = rs_scan_line(scanner, copy, len, &entry);

		RS_CHECK_STR(reading->label, tell(scan, &entry, buf, sizeof(buf)), reading->want);
		if (timed && scan == RS_SCAN_LOGIN)
			RS_CHECK_STR(reading->label, rs_when_format(entry.time, when),
				     "2026-11-25T09:12:01Z");
	}
	free(copy);
	rs_scanner_free(&scanner);
}

static void check_all(const struct reading *cases, size_t count, bool timed)
{
	setenv("TZ", "UTC", 1);
	tzset();
	for (size_t i = 0; i < count; i++)
		check(&cases[i], timed);
}

#define ALICE "dovecot imap + PLAIN tls 52.125.138.7 alice"

static void test_forms(void)
{
	static const struct reading cases[] = {
		{ "syslog", MX "imap-login: Login: " LET_IN("alice"), ALICE },
		{ "with a pid", AT "mx dovecot[7]: imap-login: Login: " LET_IN("alice"), ALICE },
		{ "Dovecot's own file", AT "imap-login: Info: Login: " LET_IN("alice"), ALICE },
		{ "2.4", AT "imap-login: Info: Logged in: " LET_IN("alice"), ALICE },
		{ "with a carriage return", MX "imap-login: Login: " LET_IN("alice") "\r", ALICE },
		{ "RFC 3339",
		  "2026-11-25T10:12:01.5+01:00 mx dovecot: imap-login: Login: " LET_IN("alice"),
		  ALICE },
		{ "a date of the administrator's",
		  "2026-11-25 09:12:01 imap-login: Info: Login: " LET_IN("alice"), ALICE },
		{ "RFC 5424",
		  "<22>1 2026-11-25T09:12:01.5Z mx dovecot 7 - - imap-login: Login: " LET_IN(
			  "alice"),
		  ALICE },
		{ "RFC 5424 with data",
		  "<22>1 2026-11-25T09:12:01Z mx dovecot 7 - [a b=\"c\\\"] \"][d] imap-login: "
		  "Login: " LET_IN("alice"),
		  ALICE },
		{ "RFC 5424 with a byte order mark",
		  "<22>1 2026-11-25T09:12:01Z mx dovecot 7 - - \xef\xbb\xbfimap-login: "
		  "Login: " LET_IN("alice"),
		  ALICE },
		{ "a priority", "<22>" MX "imap-login: Login: " LET_IN("alice"), ALICE },
		{ "the journal's JSON",
		  "{\"__REALTIME_TIMESTAMP\":\"1795597921000000\",\"SYSLOG_IDENTIFIER\":"
		  "\"dovecot\","
		  "\"MESSAGE\":\"imap-login: Login: " LET_IN("alice") "\"}",
		  ALICE },
		{ "the journal's bytes",
		  "{\"__REALTIME_TIMESTAMP\":\"1795597921000000\",\"SYSLOG_IDENTIFIER\":"
		  "\"dovecot\","
		  "\"MESSAGE\":[105,109,97,112,45,108,111,103,105,110,58,32,76,111,103,105,110,58,"
		  "32,117,115,101,114,61,60,252,62,44,32,114,105,112,61,49,46,50,46,51,46,52,44,32,"
		  "84,76,83]}",
		  "dovecot imap +  tls 1.2.3.4 \xfc" },
		{ "the journal's bytes, written again by something else",
		  "{\"__REALTIME_TIMESTAMP\": \"1795597921000000\", \"SYSLOG_IDENTIFIER\": "
		  "\"dovecot\", "
		  "\"MESSAGE\": [105,109,97,112,45,108,111,103,105,110,58,32,76,111,103,105,110,58,"
		  "32,117,115,101,114,61,60,252,62,44,32,114,105,112,61,49,46,50,46,51,46,52,44,32,"
		  "84,76,83]}",
		  "dovecot imap +  tls 1.2.3.4 \xfc" },
		{ "short-iso of the journal",
		  "2026-11-25T09:12:01+0000 mx dovecot[7]: imap-login: Login: " LET_IN("alice"),
		  ALICE },
		{ "pop3", MX "pop3-login: Login: " LET_IN("alice"),
		  "dovecot pop3 + PLAIN tls 52.125.138.7 alice" },
		{ "submission", MX "submission-login: Login: " LET_IN("alice"),
		  "dovecot submission + PLAIN tls 52.125.138.7 alice" },
		{ "sieve", MX "managesieve-login: Login: " LET_IN("alice"),
		  "dovecot sieve + PLAIN tls 52.125.138.7 alice" },
		{ "another login process", MX "imap-urlauth-login: Login: " LET_IN("alice"),
		  "dovecot other + PLAIN tls 52.125.138.7 alice" },
		{ "IPv6, no TLS, SCRAM",
		  MX "imap-login: Login: user=<alice>, method=SCRAM-SHA-256, rip=2001:db8::7, "
		     "lip=2001:db8::1, mpid=7, session=<x>",
		  "dovecot imap + SCRAM-SHA-256 2001:db8::7 alice" },
		{ "rip first, nothing else", MX "imap-login: Login: rip=52.125.138.7, user=<alice>",
		  "dovecot imap +  52.125.138.7 alice" },
		{ "rip first, a session",
		  MX "imap-login: Login: rip=52.125.138.7, user=<alice>, TLS, session=<x>",
		  "ambiguous" },
		{ "rip first, another bracket",
		  MX "imap-login: Login: rip=52.125.138.7, user=<alice>, x=<y>, session=<x>",
		  "ambiguous" },
		{ "more elements",
		  MX "imap-login: Login: user=<alice>, auth=boss, method=PLAIN, rip=52.125.138.7, "
		     "relay=outlook-mobile, TLS: TLSv1.3 with cipher X, session=<x>",
		  ALICE },
		{ "no brackets, rip next",
		  MX "imap-login: Login: user=alice, rip=52.125.138.7, TLS",
		  "dovecot imap +  tls 52.125.138.7 alice" },
	};

	check_all(cases, RS_COUNT(cases), true);
}

static void test_outcomes(void)
{
	static const struct reading cases[] = {
		{ "2.2",
		  MX "imap-login: Disconnected (auth failed, 3 attempts in 14 secs): "
		     "user=<alice>" OUT_TAIL,
		  "dovecot imap -3 PLAIN tls 52.125.138.7 alice" },
		{ "2.2, aborted",
		  MX "imap-login: Aborted login (auth failed, 1 attempts in 2 secs): "
		     "user=<alice>" OUT_TAIL,
		  "dovecot imap - PLAIN tls 52.125.138.7 alice" },
		{ "2.3",
		  MX "imap-login: Disconnected: Connection closed (auth failed, 2 attempts in 4 "
		     "secs): user=<alice>" OUT_TAIL,
		  "dovecot imap -2 PLAIN tls 52.125.138.7 alice" },
		{ "2.4",
		  MX "imap-login: Login aborted: Connection closed (auth failed, 2 attempts in 4 "
		     "secs) (auth_failed): user=<alice>" OUT_TAIL,
		  "dovecot imap -2 PLAIN tls 52.125.138.7 alice" },
		{ "reset by the client",
		  MX "imap-login: Disconnected: Connection closed: read(size=1026) failed: "
		     "Connection reset by peer (auth failed, 2 attempts in 4 secs): "
		     "user=<alice>" OUT_TAIL,
		  "dovecot imap -2 PLAIN tls 52.125.138.7 alice" },
		{ "reset by the client, 2.4",
		  MX "imap-login: Login aborted: Connection closed: read(size=1026) failed: "
		     "Connection reset by peer (auth failed, 2 attempts in 4 secs) (auth_failed): "
		     "user=<alice>" OUT_TAIL,
		  "dovecot imap -2 PLAIN tls 52.125.138.7 alice" },
		{ "reset by nobody",
		  MX "imap-login: Disconnected: Connection closed: read(size=1026) failed: "
		     "Connection reset by peer (no auth attempts in 0 secs): user=<>, "
		     "rip=52.125.138.7, lip=192.0.2.1, session=<x>",
		  "anonymous" },
		{ "too many connections",
		  MX
		  "imap-login: Disconnected: Maximum number of connections from user+IP exceeded "
		  "(mail_max_userip_connections=10): user=<alice>" OUT_TAIL,
		  "dovecot imap - PLAIN tls 52.125.138.7 alice" },
		{ "nobody",
		  MX "imap-login: Disconnected (no auth attempts in 0 secs): user=<>, "
		     "rip=52.125.138.7, lip=192.0.2.1, session=<x>",
		  "anonymous" },
		{ "nobody, without an address",
		  MX "imap-login: Disconnected (no auth attempts in 0 secs): user=<>",
		  "anonymous" },
		{ "2.3, proxied",
		  MX
		  "imap-login: proxy(alice,192.0.2.9:143): Started proxying to <192.0.2.9> (0.004 "
		  "secs): user=<alice>" OUT_TAIL,
		  ALICE },
		{ "2.2, proxied",
		  MX "imap-login: proxy(alice): started proxying to 192.0.2.9:143: "
		     "user=<alice>" OUT_TAIL,
		  ALICE },
		{ "the end of a proxied session",
		  MX
		  "imap-login: proxy(alice,192.0.2.9:143): Disconnected by client (0s idle, in=0, "
		  "out=0): user=<alice>" OUT_TAIL,
		  "nothing" },
		{ "a name that begins to proxy",
		  MX "imap-login: proxy(a): Started proxying to x,192.0.2.9:143): Disconnected by "
		     "client (0s idle, in=0, out=0): user=<a): Started proxying to x>" OUT_TAIL,
		  "nothing" },
		{ "a proxy's name that is not the user's",
		  MX "imap-login: proxy(bob,192.0.2.9:143): Started proxying to <192.0.2.9> (0.004 "
		     "secs): user=<alice>" OUT_TAIL,
		  "ambiguous" },
		{ "a proxy's name that has elements, where the true ones begin otherwise",
		  MX
		  "imap-login: proxy(alice,): Started proxying: user=<alice>, rip=1.1.1.1, "
		  "x=y,192.0.2.9:143): Started proxying to <192.0.2.9> (0.004 secs): "
		  "rip=52.125.138.7, user=<alice,): Started proxying: user=<alice>, rip=1.1.1.1, "
		  "x=y>, TLS",
		  "ambiguous" },
		{ "besides the last line",
		  MX "imap-login: Login failed: Plaintext authentication "
		     "disabled: user=<alice>" OUT_TAIL,
		  "nothing" },
		{ "what a client says of itself",
		  MX "imap-login: ID sent: name=x: user=<alice>" TAIL, "nothing" },
		{ "the end of a session",
		  MX "imap(alice)<7><x>: Disconnected: Logged out in=1 out=2", "nothing" },
		{ "delivery", MX "lmtp(alice)<7><x>: msgid=<a>: saved mail to INBOX", "nothing" },
		{ "another program with the same words",
		  AT "mx php: imap-login: Login: " LET_IN("alice"), "nothing" },
		{ "relaysentry, 2.3", AT "auth: Info: relaysentry(alice,52.125.138.7,<x>): " SAID,
		  "verdict deny 52.125.138.7 alice" },
		{ "relaysentry, 2.4, RFC 5424",
		  "<22>1 2026-11-25T09:12:01Z mx dovecot 7 - - "
		  "auth(alice,52.125.138.7,sasl:plain)<x>: "
		  "relaysentry: " SAID,
		  "verdict deny 52.125.138.7 alice" },
		{ "dovecot_badclients",
		  MX "auth-worker(7): mail-audit: user=<alice>, service=imap, ip=52.125.138.7, "
		     "host=<>, "
		     "asn=AS8075, as_cc=US, as_desc=<MICROSOFT, US>, net_name=<X>, net_cc=US, "
		     "entity=A, entity=B",
		  "dovecot_badclients imap +  52.125.138.7 alice" },
		{ "dovecot_badclients, refused",
		  MX "auth-worker(7): mail-audit: user=<alice>, service=smtp, ip=52.125.138.7, "
		     "host=<>, "
		     "asn=AS8075, blocked=True, matched=asn",
		  "dovecot_badclients smtp -  52.125.138.7 alice" },
		{ "dovecot_badclients, cut before it says what was refused",
		  MX "auth-worker(7): mail-audit: user=<alice>, service=smtp, ip=52.125.138.7, "
		     "host=<>, asn=AS8075, bl",
		  "cut" },
		{ "a name that imitates dovecot_badclients",
		  MX "auth-worker(: mail-audit: user=<a>, service=, ip=1.1.1.1, host=, "
		     "entity=,52.125.138.7,sasl:plain)<7><x>: request [1]: sql: unknown user",
		  "nothing" },
		{ "a name that begins as a process does",
		  MX "auth-worker(7): mail-audit: user=<a>, service=, ip=1.1.1.1, host=, "
		     "entity=,52.125.138.7,sasl:plain)<7><x>: request [1]: sql: unknown user",
		  "ambiguous" },
		{ "its second line",
		  MX "auth-worker(7): mail-audit-maxmind: user=<alice>, service=imap, "
		     "ip=52.125.138.7, asn=AS8075",
		  "nothing" },
		{ "its line cut in the name, and another one",
		  MX "auth-worker(7): mail-audit: user=<ali" MX "auth-worker(7): mail-audit: "
		     "user=<bob>, service=imap, ip=52.125.138.7, host=<>, asn=AS8075",
		  "cut" },
		{ "its line with a name that imitates",
		  MX "auth-worker(7): mail-audit: user=<a>, service=imap, ip=1.2.3.4, host=<b>, "
		     "service=imap, ip=52.125.138.7, host=<>, asn=AS8075",
		  "ambiguous" },
	};

	check_all(cases, RS_COUNT(cases), false);
}

static void test_smtp(void)
{
	static const struct reading cases[] = {
		{ "Postfix",
		  AT "mx postfix/smtpd[7]: 8D248A72236: client=unknown[52.125.138.7], "
		     "sasl_method=LOGIN, sasl_username=alice@example.org",
		  "postfix smtp + LOGIN 52.125.138.7 alice@example.org" },
		{ "Postfix, a user before the address",
		  AT "mx postfix/smtpd[7]: 8D248A72236: client=a, sasl_username=b[52.125.138.7], "
		     "sasl_method=LOGIN",
		  "ambiguous" },
		{ "Postfix, submission and ports",
		  AT "mx postfix/submission/smtpd[7]: NOQUEUE: client=a.example[2001:db8::7]:4000, "
		     "sasl_method=PLAIN, sasl_username=alice",
		  "postfix smtp + PLAIN 2001:db8::7 alice" },
		{ "Postfix, a comma in a name",
		  AT "mx postfix/smtpd[7]: 8D2: client=unknown[52.125.138.7], sasl_method=PLAIN, "
		     "sasl_username=smith, alice",
		  "postfix smtp + PLAIN 52.125.138.7 smith, alice" },
		{ "Postfix, something behind the name",
		  AT "mx postfix/smtpd[7]: 8D2: client=unknown[52.125.138.7], sasl_method=PLAIN, "
		     "sasl_username=alice, sasl_sender=bob",
		  "ambiguous" },
		{ "Postfix, refused",
		  AT
		  "mx postfix/smtpd[7]: warning: unknown[52.125.138.7]: SASL PLAIN authentication "
		  "failed: (reason unavailable), sasl_username=bob",
		  "postfix smtp - PLAIN 52.125.138.7 bob" },
		{ "Postfix, cut before the mechanism, and another line behind it",
		  AT "mx postfix/smtpd[7]: 8D2: client=unknown[52.125.138.7], sasl_method=PL" AT
		     "mx postfix/smtpd[8]: 8D3: client=unknown[192.0.2.9], sasl_method=PLAIN, "
		     "sasl_username=bob",
		  "cut" },
		{ "Postfix, refused, cut before the mechanism",
		  AT "mx postfix/smtpd[7]: warning: unknown[52.125.138.7]: SASL PL" AT
		     "mx postfix/smtpd[8]: warning: unknown[192.0.2.9]: SASL PLAIN authentication "
		     "failed: (reason unavailable), sasl_username=bob",
		  "cut" },
		{ "Postfix, refused, cut in the reason",
		  AT "mx postfix/smtpd[7]: warning: unknown[52.125.138.7]: SASL PLAIN "
		     "authentication failed: (rea" AT
		     "mx postfix/smtpd[8]: 8D3: client=unknown[192.0.2.9], sasl_method=PLAIN, "
		     "sasl_username=bob",
		  "cut" },
		{ "Postfix, refused, a name that has another",
		  AT
		  "mx postfix/smtpd[7]: warning: unknown[52.125.138.7]: SASL PLAIN authentication "
		  "failed: x, sasl_username=x, sasl_username=bob",
		  "ambiguous" },
		{ "Postfix, cut in the name, and another line",
		  AT "mx postfix/smtpd[7]: 8D2: client=unknown[52.125.138.7], sasl_method=PLAIN, "
		     "sasl_username=ali" AT "mx postfix/qmgr[7]: 8D2: removed",
		  "cut" },
		{ "Postfix, refused again and again, as rsyslog counts it",
		  AT "mx postfix/smtpd[7]: message repeated 3 times: [ warning: "
		     "unknown[52.125.138.7]: SASL PLAIN authentication failed: x, "
		     "sasl_username=bob]",
		  "postfix smtp -3 PLAIN 52.125.138.7 bob" },
		{ "a repetition that does not end",
		  AT "mx postfix/smtpd[7]: message repeated 3 times: [ warning: "
		     "unknown[52.125.138.7]: SASL PLAIN authentication failed: x, "
		     "sasl_username=bob",
		  "nothing" },
		{ "a repetition of nothing", AT "mx dovecot: message repeated 3 times: [ ]",
		  "nothing" },
		{ "Postfix before it named who was refused",
		  AT
		  "mx postfix/smtpd[7]: warning: unknown[52.125.138.7]: SASL LOGIN authentication "
		  "failed: UGFzc3dvcmQ6",
		  "anonymous" },
		{ "Postfix without SASL",
		  AT "mx postfix/smtpd[7]: 8D2: client=unknown[52.125.138.7]", "nothing" },
		{ "Postfix's cleanup",
		  AT "mx postfix/cleanup[7]: 8D2: client=unknown[52.125.138.7], "
		     "sasl_method=PLAIN, sasl_username=x",
		  "nothing" },
		{ "Exim",
		  EXIM_IN "a@example.org H=(phone) [52.125.138.7] P=esmtpsa X=TLS1.3 "
			  "A=dovecot_login:alice S=500 id=x@y",
		  "exim smtp + LOGIN tls 52.125.138.7 alice" },
		{ "Exim with host, port and interface",
		  EXIM_IN "a@example.org H=h.example (phone) [52.125.138.7]:4000 I=[192.0.2.1]:587 "
			  "P=esmtpa A=dovecot_plain:alice S=500",
		  "exim smtp + PLAIN 52.125.138.7 alice" },
		{ "Exim, an address as its name",
		  EXIM_IN
		  "a@example.org H=([1.2.3.4]) [52.125.138.7] P=esmtpsa A=dovecot_plain:alice "
		  "S=500",
		  "exim smtp + PLAIN 52.125.138.7 alice" },
		{ "Exim, a sender that imitates",
		  EXIM_IN "\"a H=(x) [1.2.3.4] P=esmtpa A=p:bob S=1\"@example.org H=(phone) "
			  "[52.125.138.7] P=esmtpsa A=dovecot_plain:alice S=500",
		  "ambiguous" },
		{ "Exim, the id of a message that nobody was let in for",
		  EXIM_IN "a@example.org H=(phone) [52.125.138.7] P=esmtps S=500 "
			  "id=\"x A=dovecot_plain:alice S=1\"@y",
		  "ambiguous" },
		{ "Exim, a server's name that imitates",
		  EXIM_IN "a@example.org H=(phone) [52.125.138.7] P=esmtps X=TLS1.3 "
			  "SNI=\"A=x A=p:alice\" S=500",
		  "ambiguous" },
		{ "Exim, a server's name that ends a quote",
		  EXIM_IN "a@example.org H=(phone) [52.125.138.7] P=esmtps X=TLS1.3 "
			  "SNI=\"x\" A=p:alice\" S=500",
		  "ambiguous" },
		{ "Exim, a certificate",
		  EXIM_IN "a@example.org H=(phone) [52.125.138.7] P=esmtpsa X=TLS1.3 CV=no "
			  "DN=\"CN=phone\" A=dovecot_login:alice S=500",
		  "exim smtp + LOGIN tls 52.125.138.7 alice" },
		{ "Exim, a name with a blank",
		  EXIM_IN "a@example.org H=(phone) [52.125.138.7] P=esmtpsa A=p:alice x S=500",
		  "exim smtp + other 52.125.138.7 alice x" },
		{ "Exim, a name with a member",
		  EXIM_IN "a@example.org H=(phone) [52.125.138.7] P=esmtpsa A=p:alice x=1 S=500",
		  "ambiguous" },
		{ "Exim without authentication",
		  EXIM_IN "a@example.org H=(phone) [52.125.138.7] P=esmtps S=500", "nothing" },
		{ "Exim, a delivery", EXIM "1wDqVb-0001-2x => a@example.org R=x T=y", "nothing" },
		{ "Exim, refused",
		  EXIM
		  "dovecot_login authenticator failed for (phone) [52.125.138.7]: 535 Incorrect "
		  "authentication data (set_id=bob)",
		  "exim smtp - LOGIN 52.125.138.7 bob" },
		{ "Exim in syslog",
		  AT "mx exim[7]: " EXIM_IN "a@example.org H=(phone) [52.125.138.7] P=esmtpsa "
		     "A=dovecot_login:alice S=500",
		  "exim smtp + LOGIN 52.125.138.7 alice" },
	};

	check_all(cases, RS_COUNT(cases), false);
}

/* What users may be called. */
static void test_names(void)
{
	static const struct reading cases[] = {
		{ "a bracket", MX "imap-login: Login: " LET_IN("a>b"),
		  "dovecot imap + PLAIN tls "
		  "52.125.138.7 a>b" },
		{ "brackets", MX "imap-login: Login: " LET_IN("<a>"),
		  "dovecot imap + PLAIN tls "
		  "52.125.138.7 <a>" },
		{ "a bracket and a comma", MX "imap-login: Login: " LET_IN("a>, b"), "ambiguous" },
		{ "blanks, quotes, a backslash", MX "imap-login: Login: " LET_IN("a \"b\" c\\d %x"),
		  "dovecot imap + PLAIN tls 52.125.138.7 a \"b\" c\\d %x" },
		{ "UTF-8", MX "imap-login: Login: " LET_IN("j\xc3\xbcrg"),
		  "dovecot imap + PLAIN tls 52.125.138.7 j\xc3\xbcrg" },
		{ "no UTF-8", MX "imap-login: Login: " LET_IN("j\xfcrg"),
		  "dovecot imap + PLAIN tls 52.125.138.7 j\xfcrg" },
		{ "the whole rest",
		  MX "imap-login: Login: " LET_IN("x>, method=PLAIN, rip=1.1.1.1, "
						  "lip=1.1.1.1, session=<y"),
		  "ambiguous" },
		{ "an element", MX "imap-login: Login: " LET_IN("bob>, x=<y"), "ambiguous" },
		{ "an element without brackets", MX "imap-login: Login: " LET_IN("bob>, x=y"),
		  "ambiguous" },
		{ "an address", MX "imap-login: Login: " LET_IN("bob>, rip=1.1.1.1"), "ambiguous" },
		{ "a user", MX "imap-login: Login: " LET_IN("x>, user=<bob"), "ambiguous" },
		{ "the end of a failure",
		  MX "imap-login: Disconnected (auth failed, 1 attempts in 2 secs): user=<x (auth "
		     "failed, 77 attempts in 2 secs): user=bob>" OUT_TAIL,
		  "dovecot imap - PLAIN tls 52.125.138.7 x (auth failed, 77 attempts in 2 secs): "
		  "user=bob" },
		{ "a failure that was cut, and a login behind it",
		  MX "imap-login: Disconnected" MX "imap-login: Login: " LET_IN("alice"), "cut" },
		{ "a proxy's login that was cut, and a failure behind it",
		  MX "imap-login: proxy(alice,192.0.2.9:143): Started proxying" MX
		     "imap-login: Disconnected (auth failed, 1 attempts in 2 secs): "
		     "user=<alice>" OUT_TAIL,
		  "cut" },
		{ "an address before a name, cut, and another line behind it",
		  MX "imap-login: Login: rip=1.1.1.1, " MX
		     "imap-login: Login: rip=192.0.2.9, user=<alice>, TLS",
		  "cut" },
		{ "what a backend has said",
		  MX "imap-login: Login aborted: Connection closed (proxy dest authentication "
		     "failure to 192.0.2.9:143, 1/1 successful auths in 0 secs, last failure: no: "
		     "user=<bob>, rip=1.1.1.1) (proxy_dest_auth_failed): user=<alice>" OUT_TAIL,
		  "dovecot imap - PLAIN tls 52.125.138.7 alice" },
		{ "what a backend has said, as if it was Dovecot's own",
		  MX "imap-login: Login aborted: Connection closed (proxy dest authentication "
		     "failure to 192.0.2.9:143, 1/1 successful auths in 0 secs, last failure: no) "
		     "(proxy_dest_auth_failed): user=<bob) (proxy_dest_auth_failed): "
		     "user=<alice>" OUT_TAIL,
		  "ambiguous" },
		{ "many attempts",
		  MX "imap-login: Disconnected (auth failed, 1 attempts in 2 secs): user=<(auth "
		     "failed, "
		     "77 attempts in 2 secs)>" OUT_TAIL,
		  "dovecot imap - PLAIN tls 52.125.138.7 (auth failed, 77 attempts in 2 secs)" },
		{ "no brackets, and a comma", MX "imap-login: Login: user=bob, x, rip=52.125.138.7",
		  "no_user" },
		{ "no brackets, not before rip",
		  MX "imap-login: Login: user=bob, method=PLAIN, rip=52.125.138.7", "no_user" },
		{ "TLS in a name",
		  MX "imap-login: Login: user=<x, TLS>, method=PLAIN, "
		     "rip=52.125.138.7, lip=192.0.2.1, session=<x>",
		  "dovecot imap + PLAIN 52.125.138.7 x, TLS" },
	};

	check_all(cases, RS_COUNT(cases), false);
}

static void test_faults(void)
{
	static const struct reading cases[] = {
		{ "no date", "imap-login: Login: " LET_IN("alice"), "no_time" },
		{ "a date that is none",
		  "Nob 25 09:12:01 mx dovecot: imap-login: Login: " LET_IN("a"), "no_time" },
		{ "no user", MX "imap-login: Login: method=PLAIN, rip=52.125.138.7", "no_user" },
		{ "nobody was let in", MX "imap-login: Login: user=<>, rip=52.125.138.7, TLS",
		  "no_user" },
		{ "no address", MX "imap-login: Login: user=<alice>, method=PLAIN", "no_address" },
		{ "an address that is none",
		  MX "imap-login: Login: user=<alice>, rip=52.125.138.700, TLS", "no_address" },
		{ "cut in the name", MX "imap-login: Login: user=<ali", "cut" },
		{ "cut in the address, which is one",
		  MX "imap-login: Login: user=<alice>, method=PLAIN, rip=52.125.138.7",
		  "ambiguous" },
		{ "cut behind an address in a name",
		  MX "imap-login: Login: user=<x>, rip=1.1.1.1, method=PLAI",
		  "dovecot imap + other "
		  "1.1.1.1 x" },
		{ "cut in the name, behind the address",
		  MX "imap-login: Login: rip=52.125.138.7, user=<ali", "cut" },
		{ "cut in the address",
		  MX "imap-login: Login: user=<alice>, method=PLAIN, rip=52.1", "ambiguous" },
		{ "cut in the process", MX "imap-log", "nothing" },
		{ "JSON of somebody else", "{\"a\": \"x-login: \"}", "json" },
		{ "JSON that is none", "{-login: ", "json" },
		{ "JSON without a time",
		  "{\"SYSLOG_IDENTIFIER\":\"dovecot\",\"MESSAGE\":\"imap-login: x\"}", "no_time" },
		{ "JSON about others", "{\"a\": 1}", "nothing" },
		{ "nothing", "", "nothing" },
		{ "a blank", " ", "nothing" },
		{ "a date alone", "Nov 25 09:12:01 ", "nothing" },
		{ "a date and a host", "Nov 25 09:12:01 mx", "nothing" },
		{ "a priority alone", "<22>", "nothing" },
		{ "RFC 5424 alone", "<22>1 2026-11-25T09:12:01Z", "nothing" },
		{ "RFC 5424, data that does not end",
		  "<22>1 2026-11-25T09:12:01Z mx dovecot 7 - [a b=\"c", "nothing" },
	};

	check_all(cases, RS_COUNT(cases), false);
}

static void test_bytes(void)
{
	static const char in_name[] = MX "imap-login: Login: user=<a\0b>" TAIL;
	static const char in_method[] = MX "imap-login: Login: user=<a>, method=PLAIN\0\0\0\0\0"
					   ", rip=52.125.138.7, session=<s>";
	static const char before[] = "\0\0\0" MX "imap-login: Login: " LET_IN("a");
	const struct rs_logdate_context dates = { .year = 2026 };
	struct rs_scanner *scanner = rs_scanner_new(&dates);
	struct rs_scan_entry entry;
	char *long_line = malloc(RS_SCAN_LINE_MAX + 1);

	RS_CHECK_INT("NUL in a name", rs_scan_line(scanner, in_name, sizeof(in_name) - 1, &entry),
		     RS_SCAN_BINARY);
	RS_CHECK_INT("NUL in a mechanism",
		     rs_scan_line(scanner, in_method, sizeof(in_method) - 1, &entry),
		     RS_SCAN_LOGIN);
	RS_CHECK_INT("is none that is known", entry.mechanism, RS_LOG_MECHANISM_OTHER);
	RS_CHECK_INT("NUL before the line",
		     rs_scan_line(scanner, before, sizeof(before) - 1, &entry), RS_SCAN_BINARY);
	memset(long_line, 'x', RS_SCAN_LINE_MAX + 1);
	RS_CHECK_INT("a long line", rs_scan_line(scanner, long_line, RS_SCAN_LINE_MAX + 1, &entry),
		     RS_SCAN_LONG);
	RS_CHECK_INT("just not too long",
		     rs_scan_line(scanner, long_line, RS_SCAN_LINE_MAX, &entry), RS_SCAN_NOTHING);
	free(long_line);
	rs_scanner_free(&scanner);
	rs_scanner_free(&scanner);
}

/* What was cut, and the next line behind it. */
static void test_glued(void)
{
	static const char first[] = MX "imap-login: Login: " LET_IN("alice");
	static const char second[] =
		MX "imap-login: Login: user=<bob>, method=LOGIN, rip=192.0.2.9, "
		   "lip=192.0.2.1, mpid=8, session=<y>";
	const struct rs_logdate_context dates = { .year = 2026 };
	struct rs_scanner *scanner = rs_scanner_new(&dates);
	char line[512], teach[2048] = "";

	for (int i = 0; i < 4; i++)
		strcat(strcat(teach, first), "\n");
	for (int learned = 0; learned < 2; learned++) {
		for (size_t len = 0; len < strlen(first); len++) {
			struct rs_scan_entry entry;
			char buf[1024];
			int scan;

			snprintf(line, sizeof(line), "%.*s%s", (int)len, first, second);
			scan = rs_scan_line(scanner, line, strlen(line), &entry);
			/* The second line is whole: when somebody was, it was bob. */
			if (scan == RS_SCAN_LOGIN)
				RS_CHECK_STR(line, tell(scan, &entry, buf, sizeof(buf)),
					     "dovecot imap + LOGIN 192.0.2.9 bob");
		}
		rs_scanner_learn(scanner, teach, strlen(teach));
	}
	rs_scanner_free(&scanner);
}

/* Each beginning of a line is no login, or the same one, or its name is the same. */
static void test_cut_anywhere(void)
{
	static const char *const lines[] = {
		MX "imap-login: Login: " LET_IN("alice"),
		AT "mx postfix/smtpd[7]: 8D2: client=unknown[52.125.138.7], sasl_method=PLAIN, "
		   "sasl_username=alice",
		EXIM_IN
		"a@example.org H=(phone) [52.125.138.7] P=esmtpsa A=dovecot_login:alice S=500",
	};
	const struct rs_logdate_context dates = { .year = 2026 };
	struct rs_scanner *scanner = rs_scanner_new(&dates);

	for (size_t i = 0; i < RS_COUNT(lines); i++) {
		for (size_t len = 0; len < strlen(lines[i]); len++) {
			char *copy = malloc(len > 0 ? len : 1);
			struct rs_scan_entry entry;

			memcpy(copy, lines[i], len);
			if (rs_scan_line(scanner, copy, len, &entry) == RS_SCAN_LOGIN)
				RS_CHECK(lines[i],
					 memcmp("alice", entry.user.text, entry.user.len) == 0,
					 "cut at %zu", len);
			free(copy);
		}
	}
	rs_scanner_free(&scanner);
}

void rs_suite_logscan(CU_pSuite suite)
{
	CU_add_test(suite, "lines in each form", test_forms);
	CU_add_test(suite, "what became of a login", test_outcomes);
	CU_add_test(suite, "Postfix and Exim", test_smtp);
	CU_add_test(suite, "names that look like the rest of a line", test_names);
	CU_add_test(suite, "what is not understood is told by its kind", test_faults);
	CU_add_test(suite, "bytes that are no text, and long lines", test_bytes);
	CU_add_test(suite, "a line may end anywhere", test_cut_anywhere);
	CU_add_test(suite, "a line may be cut, and another follow on it", test_glued);
}

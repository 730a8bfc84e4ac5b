/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_LOGSCAN_H
#define RELAYSENTRY_LOGSCAN_H

/* Reads the lines of mail logs that tell of logins:
 *
 * - Dovecot 2.2 to 2.4: what imap-login, pop3-login, submission-login and
 *   managesieve-login say of logins and failures, and relaysentry's own lines;
 * - Postfix: smtpd, with sasl_username; Exim: its authenticators;
 * - `mail-audit:` lines of dovecot_badclients;
 *
 * in a file of their own, from syslog (RFC 3164, RFC 5424, RFC 3339), or from
 * `journalctl -o json` and `-o short-iso`.
 *
 * Clients choose names, and a name may look like the rest of a line. What can be read in
 * two ways is not read at all. */

#include <relaysentry/ip.h>
#include <relaysentry/logdate.h>
#include <relaysentry/logline.h>

#include <stddef.h>
#include <stdint.h>

/* Of a policy's "service"; OTHER is none of them. */
enum rs_log_service {
	RS_LOG_IMAP,
	RS_LOG_POP3,
	RS_LOG_SUBMISSION,
	RS_LOG_SIEVE,
	RS_LOG_SMTP,
	RS_LOG_SERVICE_OTHER
};
#define RS_LOG_SERVICE_COUNT 6
/* "imap", "pop3", "submission", "sieve", "smtp", "other". */
const char *rs_log_service_name(enum rs_log_service service);

/* SASL mechanisms. NONE: the line has none; OTHER: one that is not in the list. */
enum rs_log_mechanism {
	RS_LOG_MECHANISM_NONE,
	RS_LOG_PLAIN,
	RS_LOG_LOGIN,
	RS_LOG_CRAM_MD5,
	RS_LOG_DIGEST_MD5,
	RS_LOG_SCRAM_SHA_1,
	RS_LOG_SCRAM_SHA_1_PLUS,
	RS_LOG_SCRAM_SHA_256,
	RS_LOG_SCRAM_SHA_256_PLUS,
	RS_LOG_APOP,
	RS_LOG_NTLM,
	RS_LOG_XOAUTH2,
	RS_LOG_OAUTHBEARER,
	RS_LOG_EXTERNAL,
	RS_LOG_GSSAPI,
	RS_LOG_GSS_SPNEGO,
	RS_LOG_MECHANISM_OTHER
};
#define RS_LOG_MECHANISM_COUNT 17
/* "PLAIN", ...; "other", and "" for NONE. */
const char *rs_log_mechanism_name(enum rs_log_mechanism mechanism);

/* Whose line it is. */
enum rs_log_writer {
	RS_LOG_DOVECOT,
	RS_LOG_POSTFIX,
	RS_LOG_EXIM,
	RS_LOG_BADCLIENTS,
	RS_LOG_RELAYSENTRY
};
#define RS_LOG_WRITER_COUNT 5
/* "dovecot", "postfix", "exim", "dovecot_badclients", "relaysentry". */
const char *rs_log_writer_name(enum rs_log_writer writer);

/* What a line is. */
enum rs_scan {
	RS_SCAN_NOTHING,   /* tells of no login */
	RS_SCAN_LOGIN,	   /* an attempt to log in */
	RS_SCAN_VERDICT,   /* relaysentry's own line about a login, which is another line */
	RS_SCAN_ANONYMOUS, /* a connection that ended before it named a user */
	/* A login, or what looks like one, and it is not certain who came, when, or from
	 * where: */
	RS_SCAN_AMBIGUOUS,  /* a name that imitates the rest of the line */
	RS_SCAN_NO_TIME,    /* its time is missing, or in no known form */
	RS_SCAN_NO_USER,    /* it has no user=<...> */
	RS_SCAN_NO_ADDRESS, /* it has no address, or one that cannot be read */
	RS_SCAN_CUT,	    /* it ends too early */
	RS_SCAN_BINARY,	    /* it has NUL bytes */
	RS_SCAN_LONG,	    /* longer than RS_SCAN_LINE_MAX */
	RS_SCAN_JSON	    /* begins as JSON and is none of the journal's */
};
#define RS_SCAN_COUNT 12
/* The first one that is not understood. */
#define RS_SCAN_FAULTS RS_SCAN_AMBIGUOUS
/* In words: "a name that imitates the rest of the line". */
const char *rs_scan_name(enum rs_scan scan);
/* For programs: "ambiguous", "no_time", ... */
const char *rs_scan_id(enum rs_scan scan);

/* Longer lines are skipped; the longest that tells of a login is far shorter. */
#define RS_SCAN_LINE_MAX 65536U

struct rs_scan_entry {
	int64_t time;		 /* seconds since 1970-01-01 UTC */
	struct rs_log_span user; /* as logged; dies with the line, or the next scan */
	struct rs_ip ip;
	enum rs_log_writer writer;
	enum rs_log_service service;
	enum rs_log_mechanism mechanism;
	bool success;	   /* LOGIN: let in */
	bool tls;	   /* the line says so, or that the connection is secured */
	uint32_t attempts; /* LOGIN: how many the line tells of; at least 1 */
	bool denied;	   /* VERDICT: a denial, else an alert or what testing would have done */
	bool enforced;	   /* VERDICT: it was done */
};

/* What scanning goes on from, one line to the next. For one thread. */
struct rs_scanner;
/* dates: how dates without a year or zone are read; copied. NULL when memory is short. */
struct rs_scanner *rs_scanner_new(const struct rs_logdate_context *dates);
void rs_scanner_free(struct rs_scanner **scanner);
/* Forgets what was learned: the next line is of another file, or another part of one. */
void rs_scanner_forget(struct rs_scanner *scanner);
/* How dates are read from here on. */
void rs_scanner_dates(struct rs_scanner *scanner, const struct rs_logdate_context *dates);
/* How dates were read so far. */
const struct rs_logdate_context *rs_scanner_dates_now(const struct rs_scanner *scanner);

/* Learns from lines which elements a login_log_format_elements other than the default has.
 * When a line is AMBIGUOUS, learn from the lines around it and scan it again. What most
 * lines have is learned, and only from those whose users have simple names. */
void rs_scanner_learn(struct rs_scanner *scanner, const char *text, size_t len);

/* Reads a line of len bytes without its newline. entry_r is filled when LOGIN or VERDICT
 * is returned. -1 when memory is short. */
int rs_scan_line(struct rs_scanner *scanner, const char *line, size_t len,
		 struct rs_scan_entry *entry_r);

#endif

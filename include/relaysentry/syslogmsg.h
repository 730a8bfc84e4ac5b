/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_SYSLOGMSG_H
#define RELAYSENTRY_SYSLOGMSG_H

/* One alert as a syslog message (RFC 5424), with its facts as structured data.
 * No value can end the structured data or begin another message. */

#include <relaysentry/logline.h>

#include <stddef.h>
#include <stdint.h>

/* The number of an RFC 5424 facility by its name ("authpriv"); -1: there is none. */
int rs_syslog_facility(const char *name);

/* As RFC 5424, table 2, numbers them. */
enum rs_syslog_severity { RS_SYSLOG_WARNING = 4, RS_SYSLOG_NOTICE = 5 };

struct rs_syslog_message {
	int facility; /* of rs_syslog_facility() */
	enum rs_syslog_severity severity;
	int64_t seconds; /* since 1970-01-01 UTC */
	uint32_t microseconds;
	const char *host;
	long pid;
	const struct rs_log_facts *facts; /* NULL: no alert, only text */
	const char *user;		  /* of an alert; NULL: not known, as those below */
	const char *remote;		  /* the client's address */
	const char *service;
	const char *text; /* one line for people */
};

/* Room for any message, including NUL: receivers should take 2048 bytes, and must take
 * 480 (RFC 5424, 6.1). */
#define RS_SYSLOG_SIZE 1024

/* Writes `<85>1 2026-11-25T08:00:00.000000Z host relaysentry 17 alert
 * [relaysentry@32473 user="alice" ...] text`. Values are cut to what fits, between
 * characters; what cannot be printed is written as \xNN. Returns its length. */
size_t rs_syslog_format(const struct rs_syslog_message *message, char buf[RS_SYSLOG_SIZE]);

#endif

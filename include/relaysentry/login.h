/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_LOGIN_H
#define RELAYSENTRY_LOGIN_H

/* The facts of one login attempt. */

#include <relaysentry/exceptions.h>
#include <relaysentry/ip.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum rs_credential {
	RS_CREDENTIAL_PASSWORD,
	RS_CREDENTIAL_APP_PASSWORD,
	RS_CREDENTIAL_TOKEN,
	RS_CREDENTIAL_CERTIFICATE,
	RS_CREDENTIAL_KERBEROS,
	RS_CREDENTIAL_OTHER
};
#define RS_CREDENTIAL_COUNT 6
/* "password", "app-password", "token", "certificate", "kerberos", "other". */
const char *rs_credential_name(enum rs_credential credential);
int rs_credential_parse(const char *name, enum rs_credential *credential_r); /* 0, -1 */

/* Whether the connection that the credential came by was encrypted. */
enum rs_tls {
	RS_TLS_OFF,
	RS_TLS_ON,
	/* Whoever asks on the client's behalf did not say it without doubt. */
	RS_TLS_UNKNOWN
};

/* How a login ended. */
enum rs_outcome {
	RS_OUTCOME_SUCCESS, /* let in: who logged in holds a working credential */
	RS_OUTCOME_DENIED,  /* the credential was right, and refused */
	RS_OUTCOME_FAILED,  /* the credential was wrong */
	RS_OUTCOME_UNPROVED /* refused, given up, or handed on, before it was proved */
};
const char *rs_outcome_name(enum rs_outcome outcome); /* "success", "denied", ... */

/* All strings are the caller's and only read. Strings that are not known are NULL. */
struct rs_login {
	/* After Dovecot's translation and the passdbs; for a master login the
	 * target user. */
	const char *user;
	const char *master; /* the master user, NULL when this is no master login */
	/* The passdb fields relaysentry_group, relaysentry_allow and
	 * relaysentry_deny: comma separated, blanks around items are ignored. */
	const char *group;
	const char *allow;
	const char *deny;
	/* The user's exceptions; NULL: none. Pending: they were not looked up yet, and
	 * exceptions is not read. */
	const struct rs_exceptions *exceptions;
	bool exceptions_pending;
	struct rs_ip remote; /* the client; family 0: none was reported */
	/* The directly connected peer when another address was reported for the
	 * client; else family 0. */
	struct rs_ip via;
	const char *service;   /* "imap", "pop3", "submission", "sieve", "smtp" */
	const char *mechanism; /* "PLAIN" */
	enum rs_credential credential;
	bool verified; /* the credential was proved right before this decision */
	enum rs_tls tls;
	int64_t time; /* seconds since 1970-01-01 UTC */
};

#endif

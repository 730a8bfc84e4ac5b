/* SPDX-License-Identifier: MIT */
#include <relaysentry/logscan.h>

const char *rs_log_service_name(enum rs_log_service service)
{
	static const char *const names[] = {
		"imap", "pop3", "submission", "sieve", "smtp", "other"
	};

	_Static_assert(sizeof(names) / sizeof(*names) == RS_LOG_SERVICE_COUNT, "each has a name");
	return names[service];
}

const char *rs_log_mechanism_name(enum rs_log_mechanism mechanism)
{
	static const char *const names[] = {
		"",
		"PLAIN",
		"LOGIN",
		"CRAM-MD5",
		"DIGEST-MD5",
		"SCRAM-SHA-1",
		"SCRAM-SHA-1-PLUS",
		"SCRAM-SHA-256",
		"SCRAM-SHA-256-PLUS",
		"APOP",
		"NTLM",
		"XOAUTH2",
		"OAUTHBEARER",
		"EXTERNAL",
		"GSSAPI",
		"GSS-SPNEGO",
		"other",
	};

	_Static_assert(sizeof(names) / sizeof(*names) == RS_LOG_MECHANISM_COUNT, "each has a name");
	return names[mechanism];
}

const char *rs_log_writer_name(enum rs_log_writer writer)
{
	static const char *const names[] = { "dovecot", "postfix", "exim", "dovecot_badclients",
					     "relaysentry" };

	_Static_assert(sizeof(names) / sizeof(*names) == RS_LOG_WRITER_COUNT, "each has a name");
	return names[writer];
}

static const struct {
	const char *id, *name;
} scans[] = {
	{ "nothing", "no line of a login" },
	{ "login", "a login" },
	{ "verdict", "a line of relaysentry" },
	{ "anonymous", "a connection without a user's name" },
	{ "ambiguous", "a name that imitates the rest of the line" },
	{ "no_time", "no date, or one in a form that is not known" },
	{ "no_user", "no user=<...>" },
	{ "no_address", "no address" },
	{ "cut", "a line that ends too early" },
	{ "binary", "NUL bytes" },
	{ "long", "a line that is too long" },
	{ "json", "JSON that is not the journal's" },
};
_Static_assert(sizeof(scans) / sizeof(*scans) == RS_SCAN_COUNT, "each has a name");

const char *rs_scan_name(enum rs_scan scan)
{
	return scans[scan].name;
}

const char *rs_scan_id(enum rs_scan scan)
{
	return scans[scan].id;
}

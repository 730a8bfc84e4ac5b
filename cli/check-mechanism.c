/* SPDX-License-Identifier: MIT */
#include "check.h"
#include "cli.h"

#include <string.h>
#include <strings.h>

/* What a mechanism proves, and whether that is known before the decision, when
 * relaysentry stands after the primary passdb: as the plugin finds it. */
static const struct {
	const char *name;
	enum rs_credential credential;
	bool verified;
} mechanisms[] = {
	{ "PLAIN", RS_CREDENTIAL_PASSWORD, true },
	{ "LOGIN", RS_CREDENTIAL_PASSWORD, true },
	{ "EXTERNAL", RS_CREDENTIAL_CERTIFICATE, true },
	{ "OAUTHBEARER", RS_CREDENTIAL_TOKEN, true },
	{ "XOAUTH2", RS_CREDENTIAL_TOKEN, true },
	{ "GSSAPI", RS_CREDENTIAL_KERBEROS, false },
	{ "GSS-SPNEGO", RS_CREDENTIAL_KERBEROS, false },
};

void rs_check_service(const char *service)
{
	static const char *const known[] = { "doveadm", "imap",	      "pop3", "sieve",
					     "smtp",	"submission", NULL };

	for (size_t i = 0; known[i] != NULL; i++) {
		if (strcmp(service, known[i]) == 0)
			return;
	}
	rs_cli_message(RS_LEVEL_WARNING,
		       "check: service \"%s\" is not known to log in to Dovecot; known are imap, "
		       "pop3, sieve, smtp and submission",
		       service);
}

void rs_check_tls(struct rs_login *login)
{
	/* Postfix and Exim say of a connection with TLS only that it is safe in some
	 * way, as Exim also does of one from its own host. */
	login->tls = strcmp(login->service, "smtp") == 0 ? RS_TLS_UNKNOWN : RS_TLS_ON;
}

void rs_check_mechanism(struct rs_login *login, bool credential, bool verified)
{
	size_t i = 0, count = sizeof(mechanisms) / sizeof(*mechanisms);

	while (i < count && strcasecmp(login->mechanism, mechanisms[i].name) != 0)
		i++;
	/* All others prove a password after the decision: SCRAM, CRAM-MD5. */
	if (credential)
		login->credential = i < count ? mechanisms[i].credential : RS_CREDENTIAL_PASSWORD;
	if (verified)
		login->verified = i < count && mechanisms[i].verified;
}

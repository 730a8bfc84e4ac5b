/* SPDX-License-Identifier: MIT */
#include "doveconf-texts.h"
#include "unit.h"

#include <relaysentry/doveconf.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CLOSE_OURS "  skip = unauthenticated\n}\n"
/* In both texts ours begins in the same line and ends with the same lines. */
#define OURS_END "  result_success = return\n  skip = unauthenticated\n}\n"

/* One change of the recommended configuration, and what must be found then. */
struct opening {
	const char *label;
	const char *config;
	const char *from, *to;	 /* the first from becomes to */
	const char *from2, *to2; /* may be NULL */
	enum rs_level level;
	unsigned line;
	const char *what; /* is part of the finding */
	const char *mend; /* ends it */
};

static const struct opening openings[] = {
	{ "danger 2: skip = unauthenticated in the first passdb (2.3)", rs_doveconf_23,
	  "  driver = passwd-file\n  result_success = continue-ok\n",
	  "  driver = passwd-file\n  result_success = continue\n  master = yes\n", NULL, NULL,
	  RS_LEVEL_ERROR, 19, "Dovecot drops the block", "skip = never" },
	{ "danger 2: skip = unauthenticated in the first passdb (2.4)", rs_doveconf_24,
	  "  result_success = continue-ok\n", "  result_success = continue\n  master = yes\n", NULL,
	  NULL, RS_LEVEL_ERROR, 19, "Dovecot drops the block", "skip = never" },
	{ "danger 3: a master passdb with the default result (2.3)", rs_doveconf_23,
	  "  result_success = continue\n}\n", "}\n", NULL, NULL, RS_LEVEL_ERROR, 20,
	  "master passdb passwd-file has result_success = return-ok or return:",
	  "result_success = continue" },
	{ "danger 3: a master passdb with the default result (2.4)", rs_doveconf_24,
	  "  result_success = continue\n}\n", "}\n", NULL, NULL, RS_LEVEL_ERROR, 20,
	  "master passdb masters has result_success = return-ok", "result_success = continue" },
	{ "danger 3: a master passdb that returns", rs_doveconf_23,
	  "  result_success = continue\n}\n", "  result_success = return\n}\n", NULL, NULL,
	  RS_LEVEL_ERROR, 24, "has result_success = return:", "result_success = continue" },
	{ "args with a slip, with which the driver checks nothing", rs_doveconf_23,
	  " on_error=allow", " on_eror=deny", NULL, NULL, RS_LEVEL_ERROR, 13,
	  "\"on_eror=deny\" is neither", "policy.json on_error=allow" },
	{ "args with a value that on_error does not have", rs_doveconf_23, " on_error=allow",
	  " on_error=reject", NULL, NULL, RS_LEVEL_ERROR, 13, "\"on_error=reject\" is neither",
	  "policy.json on_error=allow" },
	{ "args with a relative path", rs_doveconf_23, "args = /etc/relay", "args = relay", NULL,
	  NULL, RS_LEVEL_ERROR, 13, "\"relaysentry/policy.json\" is neither",
	  "policy.json on_error=allow" },
	{ "args with two policies", rs_doveconf_23, "policy.json on_error=allow", "a.json /b.json",
	  NULL, NULL, RS_LEVEL_ERROR, 13, "\"/b.json\" comes second",
	  "policy.json on_error=allow" },
	{ "a master passdb whose failure succeeds", rs_doveconf_23,
	  "  result_success = continue\n}\n",
	  "  result_failure = return-ok\n  result_success = continue\n}\n", NULL, NULL,
	  RS_LEVEL_ERROR, 24, "result_failure = return-ok", "result_failure = continue" },
	{ "a master passdb whose internal failure succeeds", rs_doveconf_23,
	  "  result_success = continue\n}\n",
	  "  result_internalfail = return-ok\n  result_success = continue\n}\n", NULL, NULL,
	  RS_LEVEL_ERROR, 24, "result_internalfail = return-ok", "result_internalfail = continue" },
	{ "danger 8: continue in the last passdb does not start (2.4)", rs_doveconf_24,
	  "  result_success = return\n", "  result_success = continue\n", NULL, NULL,
	  RS_LEVEL_ERROR, 17, "does not start", "result_success = return" },
	{ "danger 8: pass = yes in the last passdb does not start (2.3)", rs_doveconf_23,
	  "  result_success = return\n", "  pass = yes\n", NULL, NULL, RS_LEVEL_ERROR, 17,
	  "does not start", "result_success = return" },
	{ "danger 9: ANONYMOUS (2.3)", rs_doveconf_23, "plain login scram-sha-256",
	  "plain anonymous login", NULL, NULL, RS_LEVEL_ERROR, 5, "ANONYMOUS logins ask no passdb",
	  "auth_mechanisms = plain login" },
	{ "danger 9: ANONYMOUS in capitals (2.4)", rs_doveconf_24, "plain login scram-sha-256",
	  "plain ANONYMOUS", NULL, NULL, RS_LEVEL_ERROR, 6, "ANONYMOUS logins",
	  "auth_mechanisms = plain" },
	{ "danger 9: ANONYMOUS added for one protocol (2.4)", rs_doveconf_24,
	  "  mail_plugins = quota imap_quota\n", "  auth_mechanisms {\n    anonymous = yes\n  }\n",
	  NULL, NULL, RS_LEVEL_ERROR, 36, "ANONYMOUS logins",
	  "auth_mechanisms = plain login scram-sha-256" },
	{ "danger 9: ANONYMOUS for one protocol (2.3)", rs_doveconf_23,
	  "  mail_plugins = quota imap_quota\n", "  auth_mechanisms = anonymous\n", NULL, NULL,
	  RS_LEVEL_ERROR, 36, "ANONYMOUS logins", "auth_mechanisms = plain" },
	{ "danger 9: NTLM", rs_doveconf_23, "login scram-sha-256\n",
	  "ntlm\nauth_use_winbind = yes\n", NULL, NULL, RS_LEVEL_ERROR, 5, "NTLM logins",
	  "auth_mechanisms = plain" },
	{ "danger 9: GSS-SPNEGO through winbind", rs_doveconf_24, "login scram-sha-256\n",
	  "gss-spnego\nauth_use_winbind = yes\n", NULL, NULL, RS_LEVEL_ERROR, 6,
	  "GSS-SPNEGO logins", "auth_mechanisms = plain" },
	{ "danger 9: GSSAPI skips us (2.3)", rs_doveconf_23, "scram-sha-256", "gssapi", NULL, NULL,
	  RS_LEVEL_ERROR, 18, "Kerberos logins", "skip = never" },
	{ "danger 10: a refusal that XOAUTH2 does not heed (2.4)", rs_doveconf_24, "scram-sha-256",
	  "xoauth2", "  result_success = continue-ok\n", "  result_success = return-fail\n",
	  RS_LEVEL_ERROR, 10, "token logins (OAUTHBEARER, XOAUTH2) of its users", "deny = yes" },
	{ "fields of a passdb that refused (2.3)", rs_doveconf_23, "passdb {\n",
	  "auth_cache_size = 10 M\nauth_cache_verify_password_with_worker = yes\npassdb {\n"
	  "  args = /etc/dovecot/others\n  driver = passwd-file\n  result_success = "
	  "continue-ok\n}\npassdb {\n",
	  NULL, NULL, RS_LEVEL_WARNING, 8, "keep the fields of a passdb that refused",
	  "auth_cache_verify_password_with_worker = no" },
	{ "danger 9: GSSAPI skips us (2.4)", rs_doveconf_24, "scram-sha-256", "gssapi", NULL, NULL,
	  RS_LEVEL_ERROR, 18, "Kerberos logins", "skip = never" },
	{ "danger 9: GSS-SPNEGO without winbind is GSSAPI", rs_doveconf_23, "scram-sha-256",
	  "gss-spnego", NULL, NULL, RS_LEVEL_ERROR, 18, "Kerberos logins", "skip = never" },
	{ "danger 9: GSSAPI ends at a primary that must know the user", rs_doveconf_23,
	  "scram-sha-256", "gssapi",
	  "  result_success = continue-ok\n}\npassdb {\n  args = /etc/relaysentry/policy.json "
	  "on_error=allow\n  driver = relaysentry\n  result_failure = return-fail\n  "
	  "result_internalfail = return-fail\n  result_success = return\n  skip = "
	  "unauthenticated\n",
	  "  result_failure = return-fail\n  result_success = continue-ok\n}\npassdb {\n  args = "
	  "/x\n"
	  "  driver = relaysentry\n  result_failure = return-fail\n  result_internalfail = "
	  "return-fail\n  result_success = return\n",
	  RS_LEVEL_ERROR, 10, "Kerberos logins", "result_failure = continue" },
	{ "danger 10: tokens end at a primary that must know the user (2.4)", rs_doveconf_24,
	  "scram-sha-256", "oauthbearer", "  result_success = continue-ok\n",
	  "  result_failure = return-fail\n  result_success = continue-ok\n", RS_LEVEL_ERROR, 10,
	  "token logins", "result_failure = continue" },
	{ "danger 10: the same with XOAUTH2 and return", rs_doveconf_24, "scram-sha-256", "xoauth2",
	  "  result_success = continue-ok\n",
	  "  result_failure = return\n  result_success = continue-ok\n", RS_LEVEL_ERROR, 10,
	  "token logins", "result_failure = continue" },
	{ "danger 11: a password as a token (2.3)", rs_doveconf_23, "plain login scram-sha-256",
	  "plain oauthbearer xoauth2 login", NULL, NULL, RS_LEVEL_ERROR, 7, "takes a bearer token",
	  "mechanisms = plain login" },
	{ "danger 11: a filter that lets tokens through (2.3)", rs_doveconf_23,
	  "login scram-sha-256", "xoauth2", "  driver = passwd-file\n  result",
	  "  driver = passwd-file\n  mechanisms = plain xoauth2\n  result", RS_LEVEL_ERROR, 10,
	  "takes a bearer token", "mechanisms = plain" },
	{ "danger 13: a passdb after ours (2.3)", rs_doveconf_23, OURS_END,
	  OURS_END "passdb {\n  driver = pam\n}\n", NULL, NULL, RS_LEVEL_ERROR, 20,
	  "passdb pam comes after relaysentry", "result_success = continue-ok" },
	{ "danger 13: a passdb after ours (2.4)", rs_doveconf_24, OURS_END,
	  OURS_END "passdb pam {\n}\n", NULL, NULL, RS_LEVEL_ERROR, 20,
	  "passdb pam comes after relaysentry", "result_success = continue-ok" },
	{ "danger 17: a passdb after ours, which skips nobody (2.3)", rs_doveconf_23,
	  "  skip = unauthenticated\n}\n", "}\npassdb {\n  driver = pam\n}\n", NULL, NULL,
	  RS_LEVEL_WARNING, 19, "which decides before it", "result_success = continue-ok" },
	{ "a protocol's passdb comes before ours in 2.4", rs_doveconf_24,
	  "  mail_plugins = quota imap_quota\n", "  passdb pam {\n  }\n", NULL, NULL,
	  RS_LEVEL_ERROR, 36, "passdb pam of protocol imap has result_success = return-ok",
	  "result_success = continue-ok" },
	{ "a protocol's passdb that continues comes before ours in 2.4, and opens nothing there",
	  rs_doveconf_24, "  mail_plugins = quota imap_quota\n",
	  "  passdb pam {\n    result_success = continue-ok\n  }\n  passdb other {\n  }\n", NULL,
	  NULL, RS_LEVEL_ERROR, 39, "passdb other of protocol imap has result_success = return-ok",
	  "result_success = continue-ok" },
	{ "a protocol's passdb comes before ours in 2.3", rs_doveconf_23,
	  "  mail_plugins = quota imap_quota\n", "  passdb {\n    driver = pam\n    name = \n  }\n",
	  NULL, NULL, RS_LEVEL_ERROR, 36,
	  "passdb pam of protocol imap has result_success = return-ok",
	  "result_success = continue-ok" },
	{ "danger 13: deny", rs_doveconf_23, "  skip = unauth", "  deny = yes\n  skip = unauth",
	  NULL, NULL, RS_LEVEL_ERROR, 18, "deny = yes", "remove the line" },
	{ "danger 13: master", rs_doveconf_23, "  skip = unauth", "  master = yes\n  skip = unauth",
	  NULL, NULL, RS_LEVEL_ERROR, 18, "master = yes", "remove the line" },
	{ "danger 13: pass in front of another passdb", rs_doveconf_23, OURS_END,
	  "  pass = yes\n  skip = unauthenticated\n}\npassdb {\n  driver = pam\n  skip = "
	  "unauthenticated\n}\n",
	  NULL, NULL, RS_LEVEL_ERROR, 17, "pass = yes", "result_success = return" },
	{ "a passdb after us that is asked about verified users only", rs_doveconf_23, OURS_END,
	  OURS_END "passdb {\n  driver = lua\n  skip = unauthenticated\n}\n", NULL, NULL,
	  RS_LEVEL_WARNING, 20, "not asked about who is let in", "before passdb relaysentry" },
	{ "a deny passdb after us", rs_doveconf_23, OURS_END,
	  OURS_END "passdb {\n  driver = passwd-file\n  deny = yes\n}\n", NULL, NULL,
	  RS_LEVEL_WARNING, 20, "not asked about who is let in", "before passdb relaysentry" },
	{ "danger 13: mechanisms (2.3)", rs_doveconf_23, "  driver = relaysentry\n",
	  "  driver = relaysentry\n  mechanisms = plain\n", NULL, NULL, RS_LEVEL_ERROR, 15,
	  "some mechanisms only", "remove the line" },
	{ "danger 13: mechanisms_filter (2.4)", rs_doveconf_24, "  relaysentry_on_error = allow\n",
	  "  mechanisms_filter = plain\n", NULL, NULL, RS_LEVEL_ERROR, 13, "some mechanisms only",
	  "remove the line" },
	{ "danger 13: mechanisms_filter as a block (2.4)", rs_doveconf_24,
	  "  relaysentry_on_error = allow\n", "  mechanisms_filter {\n    plain = yes\n  }\n", NULL,
	  NULL, RS_LEVEL_ERROR, 13, "some mechanisms only", "remove the line" },
	{ "danger 13: username_filter (2.3)", rs_doveconf_23, "  skip = unauth",
	  "  username_filter = !*@example.net\n  skip = unauth", NULL, NULL, RS_LEVEL_ERROR, 18,
	  "username_filter", "remove the line" },
	{ "danger 13: username_filter with its prefix (2.4)", rs_doveconf_24, "  skip = unauth",
	  "  passdb_username_filter = *@example.net\n  skip = unauth", NULL, NULL, RS_LEVEL_ERROR,
	  18, "username_filter", "remove the line" },
	{ "danger 13: use_worker (2.4)", rs_doveconf_24, "  skip = unauth",
	  "  use_worker = yes\n  skip = unauth", NULL, NULL, RS_LEVEL_WARNING, 18,
	  "use_worker = yes", "passdb_use_worker = no" },
	{ "danger 13: result_internalfail left out (2.3)", rs_doveconf_23,
	  "  result_internalfail = return-fail\n", "", NULL, NULL, RS_LEVEL_ERROR, 12,
	  "result_internalfail = continue", "result_internalfail = return-fail" },
	{ "danger 13: result_internalfail = return (2.4)", rs_doveconf_24,
	  "  result_internalfail = return-fail\n", "  result_internalfail = return\n", NULL, NULL,
	  RS_LEVEL_ERROR, 16,
	  "result_internalfail = return:", "result_internalfail = return-fail" },
	{ "ours: a failure that succeeds", rs_doveconf_23, "  result_failure = return-fail\n",
	  "  result_failure = return-ok\n", NULL, NULL, RS_LEVEL_ERROR, 15,
	  "result_failure = return-ok", "result_failure = return-fail" },
	{ "ours: result_failure left out", rs_doveconf_24, "  result_failure = return-fail\n", "",
	  NULL, NULL, RS_LEVEL_WARNING, 12, "result_failure = continue",
	  "result_failure = return-fail" },
	{ "ours: result_success left out (2.4)", rs_doveconf_24, "  result_success = return\n", "",
	  NULL, NULL, RS_LEVEL_WARNING, 12, "result_success = return-ok",
	  "result_success = return" },
	{ "ours: nobody gets in", rs_doveconf_23, "  result_success = return\n",
	  "  result_success = return-fail\n", NULL, NULL, RS_LEVEL_ERROR, 17,
	  "every login is refused", "result_success = return" },
	{ "ours: skipped when authenticated", rs_doveconf_23, "  skip = unauthenticated\n",
	  "  skip = authenticated\n", NULL, NULL, RS_LEVEL_ERROR, 18, "as soon as a password",
	  "skip = unauthenticated" },
	{ "a primary with the default result (2.3)", rs_doveconf_23,
	  "  result_success = continue-ok\n", "", NULL, NULL, RS_LEVEL_ERROR, 7,
	  "passdb passwd-file has result_success = return-ok or return:",
	  "result_success = continue-ok" },
	{ "a primary with the default result (2.4)", rs_doveconf_24,
	  "  result_success = continue-ok\n", "", NULL, NULL, RS_LEVEL_ERROR, 8,
	  "passdb passwd-file has result_success = return-ok", "result_success = continue-ok" },
	{ "a primary with the prefix of 2.4", rs_doveconf_24, "  result_success = continue-ok\n",
	  "  passdb_result_success = return\n", NULL, NULL, RS_LEVEL_ERROR, 10,
	  "has result_success = return:", "result_success = continue-ok" },
	{ "a primary whose failure succeeds", rs_doveconf_23, "  result_success = continue-ok\n",
	  "  result_failure = return-ok\n  result_success = continue-ok\n", NULL, NULL,
	  RS_LEVEL_ERROR, 10, "result_failure = return-ok", "result_failure = continue" },
	{ "a primary whose internal failure succeeds", rs_doveconf_24,
	  "  result_success = continue-ok\n",
	  "  result_internalfail = return-ok\n  result_success = continue-ok\n", NULL, NULL,
	  RS_LEVEL_ERROR, 10, "result_internalfail = return-ok", "result_internalfail = continue" },
	{ "a second primary that keeps the success of the first", rs_doveconf_23,
	  "passdb {\n  args = /etc/relay",
	  "passdb {\n  driver = pam\n  result_failure = return\n  result_success = continue-ok\n}\n"
	  "passdb {\n  args = /etc/relay",
	  NULL, NULL, RS_LEVEL_ERROR, 14, "authenticated already", "result_failure = continue" },
	{ "the same after an internal failure", rs_doveconf_23, "passdb {\n  args = /etc/relay",
	  "passdb {\n  driver = pam\n  result_internalfail = return\n  result_success = "
	  "continue-ok\n}\npassdb {\n  args = /etc/relay",
	  NULL, NULL, RS_LEVEL_ERROR, 14, "authenticated already",
	  "result_internalfail = continue" },
	{ "passdbs in a group (2.4)", rs_doveconf_24, "namespace inbox {",
	  "group @auth more {\n  passdb pam {\n  }\n}\nnamespace inbox {", NULL, NULL,
	  RS_LEVEL_WARNING, 26, "passdbs in a group", "where the group is used" },
	{ "no passdb of ours", rs_doveconf_23, "  driver = relaysentry\n",
	  "  driver = passwd-file\n", "  result_success = return\n",
	  "  result_success = return-ok\n", RS_LEVEL_ERROR, 0, "no login is checked",
	  "verifies passwords" },
	{ "ours in one protocol only", rs_doveconf_24, "passdb relaysentry {\n",
	  "protocol pop3 {\npassdb relaysentry {\n", CLOSE_OURS, "  skip = never\n}\n}\n",
	  RS_LEVEL_ERROR, 0, "logins of all other protocols", "verifies passwords" },
};

/* Replaces the first from in text, whose room is size. */
static void replace(const char *label, char *text, size_t size, const char *from, const char *to)
{
	char *at = strstr(text, from);
	size_t len = strlen(text);

	if (!RS_CHECK(label, at != NULL, "\"%s\" is not in the text", from))
		return;
	if (!RS_CHECK(label, len - strlen(from) + strlen(to) < size))
		return;
	memmove(at + strlen(to), at + strlen(from), len - (size_t)(at - text) - strlen(from) + 1);
	memcpy(at, to, strlen(to));
}

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

static void check_opening(const struct opening *o)
{
	char text[4096];
	struct rs_diags *diags = rs_diags_new();
	size_t found = 0;

	snprintf(text, sizeof(text), "%s", o->config);
	replace(o->label, text, sizeof(text), o->from, o->to);
	if (o->from2 != NULL)
		replace(o->label, text, sizeof(text), o->from2, o->to2);
	RS_CHECK_INT(o->label, rs_doveconf_lint("dc", text, strlen(text), diags), 0);
	for (size_t i = 0; i < rs_diags_kept(diags); i++) {
		const struct rs_diag *diag = rs_diags_get(diags, i);

		if (strstr(diag->text, o->what) == NULL)
			continue;
		found++;
		RS_CHECK_INT(o->label, diag->level, o->level);
		RS_CHECK_INT(o->label, diag->line, o->line);
		RS_CHECK(o->label, ends_with(diag->text, o->mend), "%s", diag->text);
	}
	RS_CHECK(o->label, found == 1 && rs_diags_kept(diags) == 1, "found:\n%s",
		 rs_unit_diags(diags));
	rs_diags_free(&diags);
}

static void test_openings(void)
{
	for (size_t i = 0; i < RS_COUNT(openings); i++)
		check_opening(&openings[i]);
}

/* Changes that open nothing. */
static const struct {
	const char *label;
	const char *config;
	const char *from, *to;
} closed[] = {
	{ "as recommended (2.3)", rs_doveconf_23, "", "" },
	{ "as recommended (2.4)", rs_doveconf_24, "", "" },
	{ "doveconf of 2.3 leaves result_success = return out", rs_doveconf_23,
	  "  result_success = return\n", "" },
	{ "the primary continues", rs_doveconf_23, "continue-ok", "continue" },
	{ "the primary never succeeds", rs_doveconf_23, "continue-ok", "return-fail" },
	{ "the primary never succeeds, and no mechanism goes around that (2.4)", rs_doveconf_24,
	  "continue-ok", "return-fail" },
	{ "a cache with workers, and one passdb", rs_doveconf_24, "passdb passwd-file {\n",
	  "auth_cache_size = 10 M\nauth_cache_verify_password_with_worker = yes\npassdb "
	  "passwd-file {\n" },
	{ "workers without a cache", rs_doveconf_23, "passdb {\n",
	  "auth_cache_size = 0\nauth_cache_verify_password_with_worker = yes\npassdb {\n  args = "
	  "/etc/dovecot/others\n  driver = passwd-file\n  result_success = continue-ok\n}\npassdb "
	  "{\n" },
	{ "a deny passdb before", rs_doveconf_23, "passdb {\n",
	  "passdb {\n  deny = yes\n  driver = passwd-file\n}\npassdb {\n" },
	{ "skip = never", rs_doveconf_23, "  skip = unauthenticated\n", "" },
	{ "in first place, which skips nobody (2.3)", rs_doveconf_23, "passdb {\n",
	  "passdb {\n  driver = relaysentry\n  result_failure = return-fail\n  "
	  "result_internalfail = return-fail\n}\npassdb {\n" },
	{ "a second primary that returns, but never for verified users", rs_doveconf_23,
	  "passdb {\n  args = /etc/relay",
	  "passdb {\n  driver = pam\n  result_failure = return\n  result_success = continue-ok\n"
	  "  skip = authenticated\n}\npassdb {\n  args = /etc/relay" },
	{ "tokens, and a primary that takes passwords only (2.3)", rs_doveconf_23,
	  "scram-sha-256\nmail_location = maildir:~/Maildir\npassdb {\n",
	  "xoauth2\npassdb {\n  driver = oauth2\n  mechanisms = xoauth2\n  result_success = "
	  "continue-ok\n}\npassdb {\n  mechanisms = plain login\n" },
	{ "a passdb that adds to what a verified token says of the user (2.3)", rs_doveconf_23,
	  "scram-sha-256\nmail_location = maildir:~/Maildir\npassdb {\n",
	  "xoauth2\npassdb {\n  driver = oauth2\n  mechanisms = xoauth2\n  result_success = "
	  "continue-ok\n}\npassdb {\n  driver = passwd-file\n  mechanisms = xoauth2\n  skip = "
	  "unauthenticated\n  result_success = continue-ok\n}\npassdb {\n  mechanisms = plain "
	  "login\n" },
	{ "tokens in 2.4", rs_doveconf_24, "scram-sha-256", "oauthbearer xoauth2" },
	{ "return-fail is no danger without tokens", rs_doveconf_23,
	  "  result_success = continue-ok\n",
	  "  result_failure = return-fail\n  result_success = continue-ok\n" },
	{ "our block changed by a protocol", rs_doveconf_24, "  mail_plugins = quota imap_quota\n",
	  "  passdb relaysentry {\n    skip = never\n  }\n" },
	{ "a protocol that excludes one", rs_doveconf_23, "protocol imap {", "protocol !imap {" },
	{ "an empty filter is none", rs_doveconf_24, "  relaysentry_on_error = allow\n",
	  "  mechanisms_filter =\n" },
	{ "without the comments on top (2.3)", rs_doveconf_23, "# 2.3.19.1 (9b53102964): /etc",
	  "# /etc" },
	{ "without the comments on top (2.4)", rs_doveconf_24, "# 2.4.1-4 (7d8c0e5759): /etc",
	  "# /etc" },
	{ "warnings of doveconf itself", rs_doveconf_23, "# Hostname",
	  "doveconf: Warning: please set ssl_dh=</etc/dovecot/dh.pem\n# Hostname" },
	{ "a value from a file", rs_doveconf_23, "ssl_key =  # hidden, use -P to show it",
	  "ssl_cert = </etc/ssl/x.pem" },
	{ "quoted values", rs_doveconf_23, "maildir:~/Maildir",
	  "\"maildir:~/Mail # dir \\\"{\\\\\"" },
	{ "CRLF", rs_doveconf_23, "mail_location = maildir:~/Maildir\n", "mail_location = x\r\n" },
	{ "blocks with networks and quoted names", rs_doveconf_24, "namespace inbox {",
	  "remote 10.0.0.0/8 {\n  protocol imap {\n    ssl = no\n  }\n}\nnamespace \"in {box\" {" },
};

static void test_closed(void)
{
	for (size_t i = 0; i < RS_COUNT(closed); i++) {
		char text[4096];
		struct rs_diags *diags = rs_diags_new();

		snprintf(text, sizeof(text), "%s", closed[i].config);
		replace(closed[i].label, text, sizeof(text), closed[i].from, closed[i].to);
		RS_CHECK_INT(closed[i].label, rs_doveconf_lint("dc", text, strlen(text), diags), 0);
		RS_CHECK(closed[i].label, rs_diags_kept(diags) == 0, "found:\n%s",
			 rs_unit_diags(diags));
		rs_diags_free(&diags);
	}
}

void rs_suite_doveconf(CU_pSuite suite)
{
	CU_add_test(suite, "each opening alone is found with its line and mend", test_openings);
	CU_add_test(suite, "what opens nothing gives no finding", test_closed);
}

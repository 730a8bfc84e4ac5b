/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_TEST_DOVECONF_TEXTS_H
#define RELAYSENTRY_TEST_DOVECONF_TEXTS_H

/* The recommended configuration, as doveconf -n of each release prints it. */
static const char rs_doveconf_23[] = "# 2.3.19.1 (9b53102964): /etc/dovecot/dovecot.conf\n"
				     "# OS: Linux 6.1.0 x86_64 Debian 12.11 \n"
				     "# Hostname: mail.example.org\n"
				     "auth_master_user_separator = *\n"
				     "auth_mechanisms = plain login scram-sha-256\n"
				     "mail_location = maildir:~/Maildir\n"
				     "passdb {\n"
				     "  args = scheme=PLAIN /etc/dovecot/users\n"
				     "  driver = passwd-file\n"
				     "  result_success = continue-ok\n" /* 10 */
				     "}\n"
				     "passdb {\n"
				     "  args = /etc/relaysentry/policy.json on_error=allow\n"
				     "  driver = relaysentry\n"
				     "  result_failure = return-fail\n"
				     "  result_internalfail = return-fail\n"
				     "  result_success = return\n"
				     "  skip = unauthenticated\n"
				     "}\n"
				     "passdb {\n" /* 20 */
				     "  args = /etc/dovecot/masters\n"
				     "  driver = passwd-file\n"
				     "  master = yes\n"
				     "  result_success = continue\n"
				     "}\n"
				     "service auth {\n"
				     "  unix_listener auth-userdb {\n"
				     "    mode = 0600\n"
				     "  }\n"
				     "}\n" /* 30 */
				     "ssl_key =  # hidden, use -P to show it\n"
				     "userdb {\n"
				     "  driver = prefetch\n"
				     "}\n"
				     "protocol imap {\n"
				     "  mail_plugins = quota imap_quota\n"
				     "}\n";

static const char rs_doveconf_24[] = "# 2.4.1-4 (7d8c0e5759): /etc/dovecot/dovecot.conf\n"
				     "# OS: Linux 6.12.0 x86_64 Debian 13.1\n"
				     "# Hostname: mail.example.org\n"
				     "dovecot_config_version = 2.4.1\n"
				     "auth_master_user_separator = *\n"
				     "auth_mechanisms = plain login scram-sha-256\n"
				     "dovecot_storage_version = 2.4.1\n"
				     "passdb passwd-file {\n"
				     "  passwd_file_path = /etc/dovecot/users\n"
				     "  result_success = continue-ok\n" /* 10 */
				     "}\n"
				     "passdb relaysentry {\n"
				     "  relaysentry_on_error = allow\n"
				     "  relaysentry_policy_file = /etc/relaysentry/policy.json\n"
				     "  result_failure = return-fail\n"
				     "  result_internalfail = return-fail\n"
				     "  result_success = return\n"
				     "  skip = unauthenticated\n"
				     "}\n"
				     "passdb masters {\n" /* 20 */
				     "  driver = passwd-file\n"
				     "  master = yes\n"
				     "  passwd_file_path = /etc/dovecot/masters\n"
				     "  result_success = continue\n"
				     "}\n"
				     "namespace inbox {\n"
				     "  inbox = yes\n"
				     "  separator = /\n"
				     "}\n"
				     "ssl_server {\n" /* 30 */
				     "  cert_file = /etc/dovecot/private/dovecot.pem\n"
				     "}\n"
				     "userdb prefetch {\n"
				     "}\n"
				     "protocol imap {\n"
				     "  mail_plugins = quota imap_quota\n"
				     "}\n";

#endif

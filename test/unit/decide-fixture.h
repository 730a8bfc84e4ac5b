/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_TEST_DECIDE_FIXTURE_H
#define RELAYSENTRY_TEST_DECIDE_FIXTURE_H

/* A small relay database, and decisions in it as one line of text.
 *
 *	mobile	  mail-relay	 52.125.128.0/20, within azure
 *	gmail	  mail-relay	 2a00:1450::/32, 198.51.100.0/24
 *	proxy	  privacy-proxy  203.0.113.0/24
 *	azure	  cloud		 52.112.0.0/12
 *	hoster	  cloud		 203.0.113.0/25, within proxy
 */

#include <relaysentry/decide.h>

#include <stddef.h>

#define MOBILE "52.125.138.7"
#define AZURE "52.113.1.1"
#define GMAIL "198.51.100.7"
#define PROXY "203.0.113.200"
#define HOSTER "203.0.113.7"
#define HOME "192.0.2.55"

struct fixture_login {
	const char *address; /* NULL: none */
	const char *via;
	const char *user; /* NULL: alice@example.org */
	const char *group, *allow, *deny;
	const char *exceptions; /* as JSON */
	bool exceptions_pending;
	const char *service, *mechanism; /* NULL: imap, PLAIN */
	const char *master;
	enum rs_credential credential;
	bool unverified, no_tls, tls_unknown;
	const char *at; /* RFC 3339 UTC; NULL: 2026-11-22T12:00:00Z */
};

struct fixture_case {
	const char *label;
	const char *policy; /* what stands beside "version" in the policy */
	struct fixture_login login;
	const char *want; /* as fixture_decide() writes it */
};

const struct rs_relaydb *fixture_db(void);

/* The policy with "version": 1 before it, bound; NULL with a failed check. */
struct rs_policy *fixture_policy(const char *label, const char *text);
/* Its exceptions die with the next call. */
void fixture_login(const struct fixture_login *from, struct rs_login *to_r);

/* Writes a verdict: `deny by rule no-sending: rule; tags a,b; reports deny=no-sending
 * tag?=x; reply reason "..."; entry ...; wants exceptions` ("?": not enforced, "!":
 * notify). Returns buf. */
#define FIXTURE_LEN 1024
const char *fixture_verdict(const struct rs_verdict *verdict, char buf[FIXTURE_LEN]);

/* Decides each case and compares the line. */
void fixture_run(const struct fixture_case *cases, size_t count);

#endif

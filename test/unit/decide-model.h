/* SPDX-License-Identifier: MIT */
#ifndef RS_TEST_DECIDE_MODEL_H
#define RS_TEST_DECIDE_MODEL_H

/* Random policies and logins, as the policy's text has them and as a reference
 * decides them that is written as plainly as the design, with strings and
 * without any cleverness. */

#include "decide-fixture.h"
#include "strbuf.h"
#include "unit.h"

#define RULES_MAX 6

/* Small pools, so that things meet. A set is a mask of indices. */
static const char *const relay_ids[] = { "azure", "gmail", "hoster", "mobile", "proxy" };
static const char *const classes[] = { "mail-relay", "privacy-proxy", "cloud" };
static const char *const nets[] = { "52.125.138.0/24", "52.112.0.0/12", "192.0.2.55", "2a00::/16" };
static const char *const users[] = { "alice@example.org", "bob", "@example.org", "@example.net",
				     "*" };
static const char *const groups[] = { "staff", "alumni", "guests" };
static const char *const services[] = { "imap", "pop3", "smtp" };
static const char *const credentials[] = { "password", "app-password", "token" };
static const char *const targets[] = { "azure", "mobile", "proxy", "@cloud", "@mail-relay", "*" };
static const char *const actions[] = { "allow", "tag", "alert", "deny", "user-policy" };
static const char *const modes[] = { "none", "testing", "enforce" };

static const struct {
	const char *address;
	unsigned nets;	       /* which of nets cover it */
	const char *covers[3]; /* most specific first */
} addresses[] = {
	{ MOBILE, 3, { "mobile", "azure" } },
	{ AZURE, 2, { "azure" } },
	{ "2a00:1450::1", 8, { "gmail" } },
	{ PROXY, 0, { "proxy" } },
	{ HOSTER, 0, { "hoster", "proxy" } },
	{ HOME, 4, { NULL } },
	{ "64:ff9b::c000:237", 4, { NULL } },
	{ "64:ff9b::347d:8a07", 3, { "mobile", "azure" } },
	{ NULL, 0, { NULL } },
};

struct model_conds {
	unsigned relay, class_, network, via, user, group, service, credential, tls;
};

struct model_rule {
	char id[24], tag[24];
	unsigned action, mode;
	bool covering, any_address, generic, notify;
	struct model_conds conds, not_conds;
};

struct model_entry {
	unsigned allow, deny; /* sets of targets */
};

struct model {
	unsigned mode;
	bool no_address_deny, default_domain;
	size_t rule_count;
	struct model_rule rules[RULES_MAX];
	struct model_entry entries[RS_COUNT(users)];
};

/* When all of them log in. */
#define MODEL_TIME 1795348800

struct model_login {
	size_t address, via; /* of addresses */
	const char *user, *group, *allow, *deny, *service;
	unsigned credential;
	unsigned tls; /* enum rs_tls */
	bool verified;
	unsigned exceptions, ended; /* sets of targets; of those that ended just now */
	bool pending;
};

/* What the reference knows of a login. */
struct reference {
	const struct model *m;
	const struct model_login *l;
	char user[64]; /* with its domain */
};

/* Begins the sequence of random numbers anew. */
void rs_model_seed(void);
void rs_model_random(struct model *m);
void rs_model_random_login(struct model_login *l);
/* Writes the login's exceptions. */
void rs_model_put_exceptions(struct rs_strbuf *text, const struct model_login *l);
/* Writes the model as a policy. */
void rs_model_put(struct rs_strbuf *text, const struct model *m);
/* Decides; *v must be zero but for room for the reports. */
void rs_reference_decide(struct reference *r, struct rs_verdict *v);

#endif

/* SPDX-License-Identifier: MIT */
/* What logs tell. */
#include "oom.h"

#include "oom-inject.h"
#include "unit.h"

#include <relaysentry/audit.h>

#include <string.h>

#define AT "2026-11-22T12:00:00Z mx "
#define LOGIN(user, ip)                                                                            \
	AT "dovecot: imap-login: Login: user=<" user ">, method=PLAIN, rip=" ip ", session=<x>\n"

static const char text[] =
	LOGIN("alice", "192.0.2.1") LOGIN("bob", "198.51.100.7") LOGIN("alice", "2001:db8::7")
		LOGIN(OOM_LONG OOM_LONG, "192.0.2.2") LOGIN("a>, x=<b", "192.0.2.3") AT
	"dovecot: auth: relaysentry(alice,192.0.2.1,<x>): relaysentry: action=deny enforced=yes "
	"relay=m class=mail-relay network=192.0.2.0/24 rule=x credential=password verified=yes\n" AT
	"dovecot: auth-worker(7): mail-audit: user=<carol>, service=imap, ip=192.0.2.1, "
	"host=<>, asn=AS1\n"
	"{\"__REALTIME_TIMESTAMP\":\"1795597921000000\",\"SYSLOG_IDENTIFIER\":\"postfix/smtpd\","
	"\"MESSAGE\":\"8D2: client=unknown[192.0.2.1], sasl_method=PLAIN, sasl_username=dave\"}\n"
	"2026-11-25 09:12:01 1wDqVb-0001-2x <= a@example.org H=(phone) [192.0.2.1] P=esmtpsa "
	"A=dovecot_login:j\\303\\274rg S=500\n";

static void note(struct oom_run *run, const struct rs_audit *audit)
{
	const struct rs_audit_totals *totals = rs_audit_totals(audit);
	const struct rs_audit_address *addresses;
	const struct rs_audit_pair *pairs;
	const struct rs_audit_rule *rules;
	size_t count = rs_audit_pairs(audit, &pairs);

	oom_note(run, "%d lines %d logins %d users %d addresses\n", (int)totals->lines,
		 (int)totals->success, (int)totals->users,
		 (int)rs_audit_addresses(audit, &addresses));
	for (size_t i = 0; i < count; i++)
		oom_note(run, "%s %d %d %d\n", rs_audit_user_name(audit, pairs[i].user),
			 (int)pairs[i].relay, (int)pairs[i].tally.success, (int)pairs[i].denials);
	count = rs_audit_rules(audit, &rules);
	for (size_t i = 0; i < count; i++)
		oom_note(run, "%s %d %d\n", rules[i].id, (int)rules[i].logins, (int)rules[i].users);
}

static int run_audit(struct rs_audit_options *options, struct oom_run *run)
{
	struct rs_audit *audit = rs_audit_new(options), *part = rs_audit_new(options);
	int ret = -1;

	if (audit != NULL && part != NULL && rs_audit_lines(audit, text, strlen(text)) == 0 &&
	    rs_audit_lines(part, text, strlen(text)) == 0 && rs_audit_merge(audit, &part) == 0 &&
	    rs_audit_finish(audit) == 0) {
		note(run, audit);
		ret = 0;
	}
	rs_audit_free(&audit);
	rs_audit_free(&part);
	return ret;
}

static int audit_all(struct oom_run *run, const void *context)
{
	static const char rules[] = "{\"version\": 1, \"rules\": [{\"id\": \"all\", "
				    "\"any_address\": true, \"action\": \"alert\"}]}";
	struct rs_audit_options options = { .since = INT64_MIN,
					    .until = INT64_MAX,
					    .addresses = true };
	struct rs_relaydb *db = rs_relaydb_load(context, NULL, run->diags);
	struct rs_policy *policy = rs_policy_parse("p", rules, strlen(rules), run->diags);
	int ret = -1;

	if (db != NULL && policy != NULL &&
	    rs_policy_bind(policy, db, RS_LEVEL_WARNING, run->diags) == 0) {
		options.db = db;
		options.policy = policy;
		ret = run_audit(&options, run);
	}
	rs_policy_free(&policy);
	rs_relaydb_free(&db);
	return ret;
}

void oom_add_audit(void)
{
	struct oom_case *c = oom_add("audit", audit_all, oom_write_database());

	c->silent = true;
	c->mmdb = true;
}

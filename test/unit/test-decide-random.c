/* SPDX-License-Identifier: MIT */
/* Random policies and logins, decided by the library and by the reference. */
#include "decide-model.h"
#include "policy-internal.h"

#include <string.h>

#define POLICIES 1500
#define LOGINS 16

static void count_step(const struct rs_step *step, void *context)
{
	if (step->rule != NULL && step->why[0] != '\0')
		++*(size_t *)context;
}

static void compare(const struct model *m, const struct rs_policy *policy, const char *label)
{
	struct rs_verdict *verdict = rs_verdict_new(policy);
	struct rs_report reports[RULES_MAX + 1];
	char got[FIXTURE_LEN], again[FIXTURE_LEN], want[FIXTURE_LEN];

	for (int i = 0; i < LOGINS; i++) {
		struct rs_verdict expected = { .reports = reports };
		struct model_login l;
		struct reference r = { .m = m, .l = &l };
		struct fixture_login facts = { 0 };
		struct rs_login login;
		unsigned char before[sizeof(login)];
		struct rs_strbuf exceptions = { 0 };
		size_t steps = 0;

		rs_model_random_login(&l);
		facts.address = addresses[l.address].address;
		facts.via = addresses[l.via].address;
		facts.user = l.user;
		facts.group = l.group;
		facts.allow = l.allow;
		facts.deny = l.deny;
		facts.service = l.service;
		facts.credential = (enum rs_credential)l.credential;
		facts.no_tls = l.tls == RS_TLS_OFF;
		facts.tls_unknown = l.tls == RS_TLS_UNKNOWN;
		facts.unverified = !l.verified;
		rs_model_put_exceptions(&exceptions, &l);
		facts.exceptions = rs_strbuf_text(&exceptions);
		facts.exceptions_pending = l.pending;
		fixture_login(&facts, &login);
		RS_CHECK_INT(label, login.time, MODEL_TIME);
		memcpy(before, &login, sizeof(login));
		rs_reference_decide(&r, &expected);
		rs_decide(policy, fixture_db(), &login, verdict, NULL, NULL);
		fixture_verdict(verdict, got);
		rs_strbuf_free(&exceptions);
		if (!RS_CHECK_STR(label, got, fixture_verdict(&expected, want)))
			break;
		/* The same facts give the same verdict, explained or not. */
		rs_decide(policy, fixture_db(), &login, verdict, count_step, &steps);
		RS_CHECK_STR(label, fixture_verdict(verdict, again), got);
		RS_CHECK(label, m->mode == 0 ? steps == 0 : steps <= m->rule_count);
		RS_CHECK(label, memcmp(before, &login, sizeof(login)) == 0);
	}
	rs_verdict_free(&verdict);
}

static void test_random(void)
{
	static struct model m;

	rs_model_seed();
	for (int i = 0; i < POLICIES; i++) {
		struct rs_strbuf text = { 0 };
		unsigned char before[sizeof(struct rs_policy)];
		struct rs_policy *policy;

		rs_model_random(&m);
		rs_model_put(&text, &m);
		policy = fixture_policy(rs_strbuf_text(&text), rs_strbuf_text(&text));
		if (policy == NULL)
			break;
		memcpy(before, policy, sizeof(before));
		compare(&m, policy, rs_strbuf_text(&text));
		RS_CHECK(rs_strbuf_text(&text), memcmp(before, policy, sizeof(before)) == 0);
		rs_policy_free(&policy);
		rs_strbuf_free(&text);
	}
}

void rs_suite_decide_random(CU_pSuite suite)
{
	CU_add_test(suite, "random policies decide as the plain reference does", test_random);
}

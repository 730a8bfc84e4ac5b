/* SPDX-License-Identifier: MIT */
/* Policies and decisions. The input is a policy; behind a NUL may follow the
 * strings of a login, each ended by NUL: user, group, allow, deny, service,
 * mechanism, master, address, via, exceptions. */
#include "fuzz.h"

#include <relaysentry/decide.h>
#include <relaysentry/logline.h>
#include <relaysentry/policy.h>

#include <string.h>

static void explained(const struct rs_step *step, void *context)
{
	size_t *steps = context;

	FUZZ_CHECK(step->why != NULL && strchr(step->why, '\n') == NULL);
	++*steps;
}

static void sentence(const char *text, void *context)
{
	FUZZ_CHECK(*text != '\0');
	++*(size_t *)context;
}

static void check_reports(const struct rs_login *login, const struct rs_verdict *verdict)
{
	char line[RS_LOG_LINE_MAX];

	for (size_t i = 0; i < verdict->report_count; i++) {
		struct rs_log_facts facts;
		size_t len;

		rs_log_facts_set(&facts, login, verdict, &verdict->reports[i]);
		len = rs_log_line(&facts, line);

		FUZZ_CHECK(len == strlen(line) && strchr(line, '\n') == NULL);
	}
}

static void decide(const struct rs_policy *policy, const struct rs_relaydb *db,
		   const struct rs_login *login)
{
	struct rs_verdict *verdict = rs_verdict_new(policy);
	enum rs_action action;
	size_t steps = 0, reports;

	FUZZ_CHECK(verdict != NULL);
	rs_decide(policy, db, login, verdict, NULL, NULL);
	action = verdict->action;
	reports = verdict->report_count;
	FUZZ_CHECK(action == RS_ACTION_ALLOW || action == RS_ACTION_ALERT ||
		   action == RS_ACTION_DENY);
	FUZZ_CHECK(action != RS_ACTION_DENY || rs_policy_mode(policy) == RS_MODE_ENFORCE);
	FUZZ_CHECK(verdict->reason != NULL && verdict->tag_count <= RS_TAGS_MAX);
	FUZZ_CHECK(verdict->message == NULL || login->verified);
	FUZZ_CHECK(!verdict->wants_exceptions || login->exceptions_pending);
	FUZZ_CHECK(verdict->exception == NULL ||
		   (verdict->decided == RS_ACTION_ALLOW && !login->exceptions_pending &&
		    verdict->exception->not_after > login->time));
	FUZZ_CHECK(reports <= rs_policy_rule_count(policy));
	check_reports(login, verdict);
	/* The same facts give the same verdict, explained or not. */
	rs_decide(policy, db, login, verdict, explained, &steps);
	FUZZ_CHECK(verdict->action == action && verdict->report_count == reports);
	rs_verdict_free(&verdict);
}

/* The next string of the login; NULL when there is none. */
static const char *next(const char **p, const char *end)
{
	const char *text = *p, *nul;

	nul = text < end ? memchr(text, '\0', (size_t)(end - text)) : NULL;
	if (nul == NULL)
		return NULL;
	*p = nul + 1;
	return text;
}

static void read_address(const char *text, struct rs_ip *ip_r)
{
	const char *error;

	if (text == NULL || rs_ip_parse(text, strlen(text), ip_r, &error) < 0)
		*ip_r = (struct rs_ip){ 0 };
}

/* The caller frees them; NULL when the text is none. */
static struct rs_exceptions *read_exceptions(const char *text)
{
	return text != NULL ? rs_exceptions_parse("fuzz", text, strlen(text), NULL) : NULL;
}

static void try_logins(const struct rs_policy *policy, const struct rs_relaydb *db, const char *p,
		       const char *end)
{
	struct rs_login login = { .time = 1700000000 };
	struct rs_exceptions *exceptions;

	login.user = next(&p, end);
	login.group = next(&p, end);
	login.allow = next(&p, end);
	login.deny = next(&p, end);
	login.service = next(&p, end);
	login.mechanism = next(&p, end);
	login.master = next(&p, end);
	read_address(next(&p, end), &login.remote);
	read_address(next(&p, end), &login.via);
	login.exceptions = exceptions = read_exceptions(next(&p, end));
	for (int i = 0; i < RS_CREDENTIAL_COUNT; i++) {
		login.credential = (enum rs_credential)i;
		login.verified = i % 2 == 0;
		login.tls = (enum rs_tls)(i % 3);
		login.exceptions_pending = i % 2 == 1;
		decide(policy, db, &login);
	}
	if (login.remote.family == 0)
		read_address("52.125.138.7", &login.remote);
	login.exceptions_pending = false;
	decide(policy, db, &login);
	rs_exceptions_free(&exceptions);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data, *nul = size == 0 ? NULL : memchr(text, '\0', size);
	size_t len = nul == NULL ? size : (size_t)(nul - text), db_size, lines = 0;
	struct rs_diags *diags = rs_diags_new();
	struct rs_policy *policy = rs_policy_parse("/nowhere/policy.json", text, len, diags);
	const unsigned char *db_data = fuzz_relaydb(&db_size);
	struct rs_relaydb *db;

	FUZZ_CHECK((policy == NULL) == (rs_diags_count(diags, RS_LEVEL_ERROR) > 0));
	if (policy != NULL) {
		db = rs_relaydb_load_memory("fuzz", db_data, db_size, diags);
		FUZZ_CHECK(db != NULL);
		FUZZ_CHECK(rs_policy_bind(policy, db, RS_LEVEL_WARNING, diags) == 0);
		rs_policy_lint(policy, diags);
		(void)rs_policy_sentences(policy, sentence, &lines);
		try_logins(policy, db, nul == NULL ? text + len : nul + 1, text + size);
		FUZZ_CHECK(rs_policy_bind(policy, NULL, RS_LEVEL_WARNING, NULL) == 0);
		try_logins(policy, NULL, text + size, text + size);
		rs_policy_free(&policy);
		rs_relaydb_free(&db);
	}
	rs_diags_free(&diags);
	return 0;
}

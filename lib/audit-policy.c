/* SPDX-License-Identifier: MIT */
#include "audit-internal.h"

#include "policy-internal.h"

#include <stdlib.h>
#include <string.h>

/* One user and one row of the rules. */
struct rule_user {
	uint32_t user, row;
};

/* Each rule as it decides, and as it only tells (testing), both times without and with a
 * denial: by a user's entry a rule can do either. Then what no rule ended. */
#define ROWS_PER_RULE 4U
#define ROW_TOLD 2U
#define ROW_DENY 1U

static enum rs_credential credential_of(enum rs_log_mechanism mechanism)
{
	switch (mechanism) {
	case RS_LOG_XOAUTH2:
	case RS_LOG_OAUTHBEARER:
		return RS_CREDENTIAL_TOKEN;
	case RS_LOG_EXTERNAL:
		return RS_CREDENTIAL_CERTIFICATE;
	case RS_LOG_GSSAPI:
	case RS_LOG_GSS_SPNEGO:
		return RS_CREDENTIAL_KERBEROS;
	default:
		return RS_CREDENTIAL_PASSWORD;
	}
}

/* Dovecot's lines tell of TLS; Postfix says it in others. */
static enum rs_tls tls_of(const struct rs_scan_entry *entry)
{
	if (entry->tls)
		return RS_TLS_ON;
	return entry->writer == RS_LOG_DOVECOT ? RS_TLS_OFF : RS_TLS_UNKNOWN;
}

int rs_audit_policy_init(struct rs_audit *audit)
{
	const struct rs_policy *policy = audit->options.policy;

	if (policy == NULL)
		return 0;
	audit->rule_count = ROWS_PER_RULE * policy->rule_count + 1;
	audit->rules = calloc(audit->rule_count, sizeof(*audit->rules));
	audit->verdict = rs_verdict_new(policy);
	if (audit->rules == NULL || audit->verdict == NULL)
		return -1;
	for (size_t i = 0; i < audit->rule_count; i++) {
		struct rs_audit_rule *row = &audit->rules[i];
		size_t rule = i / ROWS_PER_RULE;

		row->id = "";
		if (rule < policy->rule_count) {
			row->id = policy->rules[rule].id;
			row->action = policy->rules[rule].action;
			row->enforced = i % ROWS_PER_RULE < ROW_TOLD &&
					rs_policy_mode(policy) == RS_MODE_ENFORCE;
			audit->has_tags = audit->has_tags || row->action == RS_ACTION_TAG;
		}
	}
	return 0;
}

void rs_audit_policy_free(struct rs_audit *audit)
{
	free(audit->rules);
	rs_verdict_free(&audit->verdict);
	rs_hashset_free(&audit->rule_users);
}

static int add_user(struct rs_audit *audit, uint32_t user, uint32_t row)
{
	struct rule_user key = { user, row };
	void *item;
	int ret;

	audit->rule_users.size = audit->rule_users.key_size = sizeof(key);
	ret = rs_hashset_add(&audit->rule_users, &key, &item);
	if (ret > 0)
		audit->rules[row].users++;
	return ret < 0 ? -1 : 0;
}

/* The rule's first row; the last one of all when id is NULL, or none of its rules. */
static size_t row_of(const struct rs_audit *audit, const char *id)
{
	size_t row = 0;

	if (id == NULL)
		return audit->rule_count - 1;
	while (row + 1 < audit->rule_count && audit->rules[row].id != id)
		row += ROWS_PER_RULE;
	return row < audit->rule_count ? row : audit->rule_count - 1;
}

static int count(struct rs_audit *audit, uint32_t user, size_t row, enum rs_action action)
{
	row += action == RS_ACTION_DENY ? ROW_DENY : 0;
	audit->rules[row].action = action;
	audit->rules[row].logins++;
	return add_user(audit, user, (uint32_t)row);
}

/* A verdict tells its tags, and not by which rules. */
struct tagging {
	struct rs_audit *audit;
	uint32_t user;
	int result;
};

static void count_tag(const struct rs_step *step, void *context)
{
	struct tagging *tagging = context;

	if (step->matched && step->action == RS_ACTION_TAG && step->mode != RS_MODE_TESTING &&
	    count(tagging->audit, tagging->user, row_of(tagging->audit, step->rule),
		  RS_ACTION_TAG) < 0)
		tagging->result = -1;
}

static int count_verdict(struct rs_audit *audit, uint32_t user)
{
	const struct rs_verdict *verdict = audit->verdict;
	size_t none = audit->rule_count - 1;

	/* Rules in testing tell what they would do, and the decision goes on. */
	for (size_t i = 0; i < verdict->report_count; i++) {
		const struct rs_report *report = &verdict->reports[i];
		size_t row = row_of(audit, report->rule);

		if (report->rule != verdict->rule && row != none &&
		    count(audit, user, row + ROW_TOLD, report->action) < 0)
			return -1;
	}
	if (verdict->rule == NULL) {
		audit->rules[none].logins++;
		return add_user(audit, user, (uint32_t)none);
	}
	return count(audit, user, row_of(audit, verdict->rule), verdict->decided);
}

int rs_audit_policy_add(struct rs_audit *audit, uint32_t user, const char *name,
			const struct rs_scan_entry *entry)
{
	struct tagging tagging = { .audit = audit, .user = user };
	struct rs_login login = {
		.user = name,
		.remote = entry->ip,
		.service = rs_log_service_name(entry->service),
		.mechanism = rs_log_mechanism_name(entry->mechanism),
		.credential = credential_of(entry->mechanism),
		.verified = true,
		.tls = tls_of(entry),
		.time = entry->time,
	};

	/* Explanations take time. */
	rs_decide(audit->options.policy, audit->options.db, &login, audit->verdict,
		  audit->has_tags ? count_tag : NULL, &tagging);
	return tagging.result < 0 ? -1 : count_verdict(audit, user);
}

int rs_audit_policy_merge(struct rs_audit *audit, const struct rs_audit *from,
			  const uint32_t *users)
{
	for (size_t i = 0; i < audit->rule_count; i++) {
		if (from->rules[i].logins > 0)
			audit->rules[i].action = from->rules[i].action;
		audit->rules[i].logins += from->rules[i].logins;
	}
	for (size_t i = 0; i < from->rule_users.count; i++) {
		const struct rule_user *item =
			(const struct rule_user *)(const void *)(from->rule_users.items +
								 i * from->rule_users.size);

		if (add_user(audit, users[item->user], item->row) < 0)
			return -1;
	}
	return 0;
}

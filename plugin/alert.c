/* SPDX-License-Identifier: MIT */
#include "alert.h"
#include "attempt.h"
#include "engine.h"
#include "report.h"
#include "syslogsock.h"

#include "ioloop.h"
#include "net.h"

static enum rs_alert_kind rs_alert_kind(const struct rs_log_facts *facts)
{
	if (!facts->enforced)
		return RS_ALERT_TESTING;
	return strcmp(facts->action, rs_action_name(RS_ACTION_DENY)) == 0 ? RS_ALERT_DENY
									  : RS_ALERT_ALERT;
}

/* A clock that was set back is no reason to be silent. */
static bool rs_alert_kind_due(const struct rs_policy_alert *settings, const struct rs_seen *seen,
			      enum rs_alert_kind kind)
{
	int64_t last = seen->alerts[kind].time;

	return last == 0 || last > ioloop_time || ioloop_time - last >= settings->repeat_after;
}

static bool rs_alert_due(const struct rs_seen *seen, void *context)
{
	const struct rs_attempt *attempt = context;
	const struct rs_policy_alert *settings = rs_policy_alert(attempt->engine->policy);

	for (size_t i = 0; settings->present && i < attempt->report_count; i++) {
		if (rs_alert_kind_due(settings, seen, rs_alert_kind(&attempt->reports[i].facts)))
			return TRUE;
	}
	return FALSE;
}

static void rs_alert_syslog(struct rs_attempt *attempt, const struct rs_log_facts *facts,
			    const struct rs_report_extra *extra)
{
	struct rs_syslogsock *sock = attempt->engine->syslog;
	const char *relay = facts->relay == NULL ? "no relay" : facts->relay;
	const struct ip_addr *ip = &attempt->request->fields.remote_ip;
	struct rs_log_facts told = *facts;
	struct rs_syslog_message message = {
		.severity = facts->enforced ? RS_SYSLOG_WARNING : RS_SYSLOG_NOTICE,
		.facts = &told,
		.user = attempt->user,
		.service = attempt->service,
	};

	if (!rs_syslogsock_wanted(sock))
		return;
	if (ip->family != 0)
		message.remote = net_ip2addr(ip);
	told.outcome = rs_outcome_name(attempt->outcome);
	told.first_seen = extra->first_seen;
	told.repeated = extra->repeated;
	message.text = t_strdup_printf(
		"%s%s: %s at %s was %s", facts->enforced ? "" : "would be ", facts->action, relay,
		message.remote == NULL ? "an unknown address" : message.remote,
		attempt->outcome == RS_OUTCOME_SUCCESS ? "let in" : "refused");
	rs_syslogsock_send(sock, &message);
}

/* Sends what is due of one kind, and notes that it was sent. */
static void rs_alert_send(struct rs_attempt *attempt, struct rs_seen *seen, enum rs_alert_kind kind,
			  struct rs_report_extra *extra)
{
	const struct rs_policy_alert *settings = rs_policy_alert(attempt->engine->policy);
	uint64_t told = seen->alerts[kind].count;

	if (!rs_alert_kind_due(settings, seen, kind))
		return;
	extra->repeated =
		seen->alerts[kind].time != 0 && seen->count > told + 1 ? seen->count - told - 1 : 0;
	seen->alerts[kind].time = ioloop_time;
	seen->alerts[kind].count = seen->count;
	if (ioloop_time < settings->learn_until)
		return;
	for (size_t i = 0; i < attempt->report_count; i++) {
		const struct rs_attempt_report *report = &attempt->reports[i];

		if (rs_alert_kind(&report->facts) != kind)
			continue;
		rs_report_line(attempt, &report->facts, extra);
		rs_alert_syslog(attempt, &report->facts, extra);
		extra->alert = TRUE;
		extra->notify = extra->notify || report->notify;
	}
}

/* Every report is a line; of those in testing, and of what nobody has proved, only so
 * many. */
static void rs_alert_lines(struct rs_attempt *attempt, bool alerts)
{
	static const struct rs_report_extra extra = { .first_seen = NULL };

	attempt->told = TRUE;
	for (size_t i = 0; i < attempt->report_count; i++) {
		const struct rs_log_facts *facts = &attempt->reports[i].facts;

		/* doveadm auth test: nobody holds the password. */
		if (attempt->test && rs_alert_kind(facts) != RS_ALERT_DENY)
			continue;
		if ((facts->enforced && !alerts) || rs_attempt_line(attempt))
			rs_report_line(attempt, facts, &extra);
	}
}

/* It is known what was seen of the user and the relay before. */
static void rs_alert_known(struct rs_seen *seen, const char *first_seen, void *context)
{
	struct rs_attempt *attempt = context;
	struct rs_report_extra extra = { .first_seen = first_seen };
	bool kinds[RS_ALERT_KINDS] = { FALSE };

	if (rs_policy_alert(attempt->engine->policy)->present) {
		for (size_t i = 0; i < attempt->report_count; i++)
			kinds[rs_alert_kind(&attempt->reports[i].facts)] = TRUE;
	} else if (!attempt->told) {
		/* It was to be an alert, and the policy has none any more. */
		rs_alert_lines(attempt, FALSE);
	}
	for (int kind = 0; kind < RS_ALERT_KINDS; kind++) {
		if (kinds[kind])
			rs_alert_send(attempt, seen, (enum rs_alert_kind)kind, &extra);
	}
	rs_report_finished(attempt, &extra);
	rs_attempt_free(&attempt);
}

/* Somebody tries passwords: summed up, for a relay's users are not to blame. A cloud's
 * address is told, so that it can be banned. */
static void rs_alert_failed(struct rs_attempt *attempt)
{
	static const struct rs_report_extra extra = { .first_seen = NULL };

	/* No rule let it in or refused it. */
	attempt->facts.action = "none";
	attempt->facts.enforced = FALSE;
	attempt->facts.rule = attempt->facts.entry = NULL;
	rs_limiter_failed(&attempt->engine->limiter,
			  attempt->facts.relay == NULL ? "-" : attempt->facts.relay,
			  attempt->facts.relay == NULL ? "-" : attempt->facts.class_);
	if (attempt->facts.relay != NULL && attempt->class_ == RS_CLASS_CLOUD)
		rs_report_line(attempt, &attempt->facts, &extra);
	rs_report_finished(attempt, &extra);
	rs_attempt_free(&attempt);
}

void rs_alert_ended(struct rs_attempt *attempt)
{
	static const struct rs_report_extra extra = { .first_seen = NULL };
	const struct rs_policy *policy = attempt->engine->policy;
	bool alerts = rs_policy_alert(policy)->present;
	bool proved =
		attempt->outcome == RS_OUTCOME_SUCCESS || attempt->outcome == RS_OUTCOME_DENIED;

	if (attempt->outcome == RS_OUTCOME_FAILED && !attempt->test) {
		rs_alert_failed(attempt);
		return;
	}
	/* Before the proof it is a rumour: a line, and no alert. */
	if (!proved || !alerts || attempt->test)
		rs_alert_lines(attempt, alerts);
	if (proved && !attempt->test && (alerts || rs_policy_state(policy)->present)) {
		rs_state_login(attempt->engine->state, attempt->user,
			       attempt->facts.relay == NULL ? "-" : attempt->facts.relay,
			       ioloop_time, rs_alert_due, rs_alert_known, attempt);
		return;
	}
	if (!attempt->test)
		rs_report_finished(attempt, &extra);
	rs_attempt_free(&attempt);
}

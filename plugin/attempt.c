/* SPDX-License-Identifier: MIT */
#include "attempt.h"
#include "alert.h"
#include "engine.h"

#include "ioloop.h"
#include "llist.h"

/* How soon a login that ends later is reported. */
#define RS_ATTEMPT_SWEEP_MSECS 200
/* And what holds a request is looked at when so many more have come: where logins are
 * many, the memory of those that have ended is wanted back earlier. */
#define RS_ATTEMPT_SWEEP_COUNT 64
/* Each holds a request of Dovecot. Beyond, a login counts as unproved at once. */
#define RS_ATTEMPTS_MAX 10000

static const char *rs_attempt_copy(struct rs_attempt *attempt, const char *text)
{
	return text == NULL ? NULL : p_strdup(attempt->request->pool, text);
}

/* What belongs to the policy and the database may be replaced by others before the end. */
static void rs_attempt_keep(struct rs_attempt *attempt, const struct rs_login *login,
			    const struct rs_verdict *verdict)
{
	pool_t pool = attempt->request->pool;
	struct rs_report decided = {
		.action = verdict->decided,
		.enforced = verdict->enforced,
		.rule = verdict->rule,
	};
	const char **tags = NULL;

	rs_log_facts_set(&attempt->facts, login, verdict, &decided);
	attempt->facts.relay = rs_attempt_copy(attempt, attempt->facts.relay);
	attempt->facts.network = rs_attempt_copy(attempt, attempt->facts.network);
	attempt->facts.rule = rs_attempt_copy(attempt, attempt->facts.rule);
	attempt->facts.entry = rs_attempt_copy(attempt, attempt->facts.entry);
	if (verdict->tag_count > 0)
		tags = p_new(pool, const char *, verdict->tag_count);
	for (size_t i = 0; i < verdict->tag_count; i++)
		tags[i] = rs_attempt_copy(attempt, verdict->tags[i]);
	attempt->facts.tags = tags;
}

static void rs_attempt_keep_reports(struct rs_attempt *attempt, const struct rs_login *login,
				    const struct rs_verdict *verdict)
{
	if (verdict->report_count == 0)
		return;
	attempt->reports =
		p_new(attempt->request->pool, struct rs_attempt_report, verdict->report_count);
	for (size_t i = 0; i < verdict->report_count; i++) {
		const struct rs_report *report = &verdict->reports[i];
		struct rs_attempt_report *kept = &attempt->reports[attempt->report_count++];

		rs_log_facts_set(&kept->facts, login, verdict, report);
		kept->facts.relay = attempt->facts.relay;
		kept->facts.network = attempt->facts.network;
		kept->facts.tags = attempt->facts.tags;
		kept->facts.rule = rs_attempt_copy(attempt, report->rule);
		kept->facts.entry = rs_attempt_copy(attempt, kept->facts.entry);
		kept->notify = report->notify;
	}
}

static void rs_attempt_leave(struct rs_attempts *attempts, struct rs_attempt *attempt)
{
	DLLIST_REMOVE(&attempts->head, attempt);
	attempts->count--;
	/* With a connection Dovecot drops its requests, but not their timers, and they
	 * look at what belonged to the connection. */
	if (attempt->request->removed_from_handler)
		timeout_remove(&attempt->request->to_abort);
}

/* Where two blocks of one chain judge a login it counts once: as the second one saw it,
 * which stands nearer to its end. */
static void rs_attempt_judged_again(struct rs_attempts *attempts,
				    const struct auth_request *request)
{
	struct rs_attempt *attempt = attempts->head;

	while (attempt != NULL && attempt->request != request)
		attempt = attempt->next;
	if (attempt == NULL)
		return;
	rs_attempt_leave(attempts, attempt);
	if (attempt->answered)
		rs_attempt_free(&attempt);
	else
		attempt->judged_again = TRUE;
}

struct rs_attempt *rs_attempt_new(struct rs_engine *engine, struct auth_request *request,
				  const struct rs_login *login, const struct rs_verdict *verdict,
				  bool proved, bool lost)
{
	struct rs_attempt *attempt;

	if (verdict->cover == NULL && (verdict->report_count == 0 || lost))
		return NULL;
	if (rs_request_judged_before(request))
		rs_attempt_judged_again(&engine->attempts, request);
	attempt = p_new(request->pool, struct rs_attempt, 1);
	attempt->engine = engine;
	attempt->request = request;
	auth_request_ref(request);
	attempt->passdb = rs_request_passdb_name(request);
	attempt->proved = proved && !lost;
	attempt->name = request->fields.user;
	attempt->test = login->service != NULL && strcmp(login->service, "doveadm") == 0;
	attempt->user = login->user;
	attempt->service = login->service;
	attempt->db = engine->db;
	attempt->relay = UINT32_MAX;
	if (verdict->cover != NULL) {
		attempt->class_ = verdict->cover->relay->class_;
		attempt->relay = verdict->cover->relay->index;
	}
	rs_attempt_keep(attempt, login, verdict);
	/* A wrong credential is reported as such, not by the rules. */
	if (!lost)
		rs_attempt_keep_reports(attempt, login, verdict);
	if (verdict->action != RS_ACTION_DENY || lost) {
		DLLIST_PREPEND(&engine->attempts.head, attempt);
		engine->attempts.count++;
		return attempt;
	}
	attempt->outcome = attempt->proved ? RS_OUTCOME_DENIED : RS_OUTCOME_UNPROVED;
	rs_alert_ended(attempt);
	return NULL;
}

/* Of a login that no passdb has refused. */
static enum rs_outcome rs_attempt_passed(const struct auth_request *request)
{
	struct auth_fields *fields = request->fields.extra_fields;

	/* Whatever got here, it is the backend that will verify it. */
	if (auth_fields_exists(fields, "proxy"))
		return RS_OUTCOME_UNPROVED;
	return auth_fields_exists(fields, "nologin") ? RS_OUTCOME_DENIED : RS_OUTCOME_SUCCESS;
}

/* Returns FALSE while it is not known yet. */
static bool rs_attempt_ended(struct rs_attempt *attempt)
{
	const struct auth_request *request = attempt->request;
	bool finished = request->state == AUTH_REQUEST_STATE_FINISHED;

	/* Behind a success, the client may be gone, or the host of a proxy unknown: then the
	 * fields of the proxy are, too. */
	if (request->fields.successful && !request->internal_failure) {
		attempt->outcome = rs_attempt_passed(request);
		return TRUE;
	}
	/* The client is gone when its handler has dropped it; the references do not tell: a
	 * second block of ours holds one, too. What a passdb still looks up goes on. */
	if (!finished &&
	    !(request->removed_from_handler && request->state == AUTH_REQUEST_STATE_MECH_CONTINUE))
		return FALSE;
	if (attempt->proved)
		attempt->outcome = RS_OUTCOME_DENIED;
	else if (!finished || request->internal_failure || request->failed)
		attempt->outcome = RS_OUTCOME_UNPROVED;
	/* One that counts comes behind the proof: before it, nobody would ask us. */
	else if (request->policy_refusal && !request->set->policy_log_only)
		attempt->outcome = RS_OUTCOME_DENIED;
	else
		attempt->outcome = RS_OUTCOME_FAILED;
	return TRUE;
}

static void rs_attempts_sweep(struct rs_attempts *attempts)
{
	struct rs_attempt *attempt, *next;

	for (attempt = attempts->head; attempt != NULL; attempt = next) {
		next = attempt->next;
		if (!attempt->answered || !rs_attempt_ended(attempt))
			continue;
		rs_attempt_leave(attempts, attempt);
		rs_alert_ended(attempt);
	}
	/* Those that wait for their clients are not looked at for every few that come. */
	attempts->sweep_count = attempts->count * 2 + RS_ATTEMPT_SWEEP_COUNT;
	if (attempts->head == NULL)
		timeout_remove(&attempts->to_sweep);
}

void rs_attempt_answered(struct rs_attempt *attempt)
{
	struct rs_attempts *attempts;

	if (attempt == NULL)
		return;
	if (attempt->judged_again) {
		rs_attempt_free(&attempt);
		return;
	}
	attempts = &attempt->engine->attempts;
	attempt->answered = TRUE;
	if (rs_attempt_ended(attempt)) {
		rs_attempt_leave(attempts, attempt);
		rs_alert_ended(attempt);
	} else if (attempts->count > RS_ATTEMPTS_MAX) {
		rs_attempt_leave(attempts, attempt);
		attempt->outcome = RS_OUTCOME_UNPROVED;
		rs_alert_ended(attempt);
	} else if (attempts->to_sweep == NULL) {
		attempts->sweep_count = RS_ATTEMPT_SWEEP_COUNT;
		attempts->to_sweep =
			timeout_add_short(RS_ATTEMPT_SWEEP_MSECS, rs_attempts_sweep, attempts);
	} else if (attempts->count >= attempts->sweep_count) {
		rs_attempts_sweep(attempts);
	}
}

bool rs_attempt_line(const struct rs_attempt *attempt)
{
	struct rs_engine *engine = attempt->engine;

	/* The numbers of relays are those of a database. */
	return engine->db != attempt->db ||
	       rs_limiter_pass(&engine->limiter, attempt->relay, engine->db, engine->event);
}

void rs_attempt_free(struct rs_attempt **_attempt)
{
	struct auth_request *request = (*_attempt)->request;

	*_attempt = NULL;
	auth_request_unref(&request);
}

void rs_attempts_end(struct rs_attempts *attempts)
{
	timeout_remove(&attempts->to_sweep);
	while (attempts->head != NULL) {
		struct rs_attempt *attempt = attempts->head;

		rs_attempt_leave(attempts, attempt);
		if (!rs_attempt_ended(attempt))
			attempt->outcome = RS_OUTCOME_UNPROVED;
		rs_alert_ended(attempt);
	}
}

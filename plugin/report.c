/* SPDX-License-Identifier: MIT */
#include "attempt.h"
#include "reply.h"
#include "report.h"

#include "array.h"
#include "ioloop.h"

#define RS_REPORT_EVENT "relaysentry_verdict"
#define RS_FINISHED_EVENT "relaysentry_login_finished"

void rs_limiter_flush(struct rs_limiter *limiter, struct event *event, const struct rs_relaydb *db)
{
	for (unsigned int i = 0; i < limiter->count; i++) {
		struct rs_relay_count *relay = &limiter->relays[i];

		if (relay->left_out > 0) {
			e_info(event,
			       "left_out=%u relay=%s: lines in testing over %d a "
			       "minute",
			       relay->left_out,
			       i + 1 < limiter->count ? rs_relaydb_relay(db, i)->id : "-",
			       RS_REPORT_LINES_PER_MINUTE);
		}
		i_zero(relay);
	}
	limiter->since = ioloop_time;
}

void rs_limiter_reset(struct rs_limiter *limiter, struct event *event, const struct rs_relaydb *db)
{
	rs_limiter_flush(limiter, event, db);
	i_free(limiter->relays);
	limiter->count = 0;
}

void rs_limiter_free(struct rs_limiter *limiter, struct event *event, const struct rs_relaydb *db)
{
	struct rs_failed_count *failed;

	rs_limiter_reset(limiter, event, db);
	rs_limiter_flush_failed(limiter, event);
	if (!array_is_created(&limiter->failed))
		return;
	array_foreach_modifiable (&limiter->failed, failed) {
		i_free(failed->relay);
	}
	array_free(&limiter->failed);
}

void rs_limiter_failed(struct rs_limiter *limiter, const char *relay, const char *class_)
{
	struct rs_failed_count *failed;

	if (!array_is_created(&limiter->failed))
		i_array_init(&limiter->failed, 16);
	/* As many as there are relays from which wrong passwords come: a few. */
	array_foreach_modifiable (&limiter->failed, failed) {
		if (strcmp(failed->relay, relay) == 0) {
			failed->count++;
			return;
		}
	}
	failed = array_append_space(&limiter->failed);
	failed->relay = i_strdup(relay);
	failed->class_ = class_;
	failed->count = 1;
}

void rs_limiter_flush_failed(struct rs_limiter *limiter, struct event *event)
{
	struct rs_failed_count *failed;
	unsigned int count;

	if (!array_is_created(&limiter->failed))
		return;
	failed = array_get_modifiable(&limiter->failed, &count);
	for (unsigned int i = 0; i < count; i++) {
		if (failed[i].count > 0)
			e_info(event, "failed=%u relay=%s class=%s: logins with a wrong credential",
			       failed[i].count, failed[i].relay, failed[i].class_);
		failed[i].count = 0;
	}
}

bool rs_limiter_pass(struct rs_limiter *limiter, uint32_t index, const struct rs_relaydb *db,
		     struct event *event)
{
	struct rs_relay_count *relay;

	if (limiter->count == 0) {
		limiter->count = rs_relaydb_relay_count(db) + 1;
		limiter->relays = i_new(struct rs_relay_count, limiter->count);
		limiter->since = ioloop_time;
	} else if (ioloop_time < limiter->since || ioloop_time - limiter->since >= 60) {
		rs_limiter_flush(limiter, event, db);
	}
	relay = &limiter->relays[I_MIN(index, limiter->count - 1)];
	if (relay->lines >= RS_REPORT_LINES_PER_MINUTE) {
		relay->left_out++;
		return FALSE;
	}
	relay->lines++;
	return TRUE;
}

/* Asked only for what is really logged. */
static const char *rs_report_prefix(struct rs_attempt *attempt)
{
	return rs_request_log_prefix(attempt->request, attempt->passdb);
}

/* The request is held, but not what its passdb lookup had. */
static struct event *rs_report_event(struct rs_attempt *attempt, const char *name)
{
	struct event *event = event_create(attempt->request->event);

	event_set_log_prefix_callback(event, FALSE, rs_report_prefix, attempt);
	event_set_name(event, name);
	return event;
}

static void rs_report_fields(struct event *event, const struct rs_attempt *attempt,
			     const struct rs_log_facts *facts, const char *class_field)
{
	event_add_str(event, "action", facts->action);
	event_add_str(event, "enforced", facts->enforced ? "yes" : "no");
	event_add_str(event, "credential", rs_credential_name(facts->credential));
	event_add_str(event, "verified", facts->verified ? "yes" : "no");
	event_add_str(event, "outcome", rs_outcome_name(attempt->outcome));
	if (facts->rule != NULL)
		event_add_str(event, "rule", facts->rule);
	if (facts->relay != NULL) {
		event_add_str(event, "relay", facts->relay);
		event_add_str(event, class_field, facts->class_);
		event_add_str(event, "network", facts->network);
	}
	if (facts->tag_count > 0)
		event_add_str(event, "tags", rs_reply_tags(facts->tags, facts->tag_count));
	if (facts->entry != NULL)
		event_add_str(event, "entry", facts->entry);
}

void rs_report_line(struct rs_attempt *attempt, const struct rs_log_facts *facts,
		    const struct rs_report_extra *extra)
{
	struct event *event;
	char *user = rs_request_name(attempt->request, attempt->name);
	struct rs_log_facts told = *facts;
	char line[RS_LOG_LINE_MAX];

	event = rs_report_event(attempt, RS_REPORT_EVENT);
	/* Dovecot shows what its passdbs say only with auth_verbose = yes. */
	event_set_min_log_level(event, LOG_TYPE_INFO);
	rs_report_fields(event, attempt, facts, "class");
	told.outcome = rs_outcome_name(attempt->outcome);
	told.first_seen = extra->first_seen;
	told.repeated = extra->repeated;
	(void)rs_log_line(&told, line);
	e_info(event, "%s", line);
	event_unref(&event);
	(void)rs_request_name(attempt->request, user);
}

void rs_report_finished(struct rs_attempt *attempt, const struct rs_report_extra *extra)
{
	struct event *event;

	if (!rs_request_events_wanted(attempt->request))
		return;
	event = rs_report_event(attempt, RS_FINISHED_EVENT);
	rs_report_fields(event, attempt, &attempt->facts, "relay_class");
	event_add_str(event, "alert", extra->alert ? "yes" : "no");
	if (extra->notify)
		event_add_str(event, "notify", "yes");
	if (extra->first_seen != NULL)
		event_add_str(event, "first_seen", extra->first_seen);
	e_debug(event, "Login finished: outcome=%s", rs_outcome_name(attempt->outcome));
	event_unref(&event);
}

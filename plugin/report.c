/* SPDX-License-Identifier: MIT */
#include "report.h"
#include "reply.h"

#include "ioloop.h"

#include <relaysentry/logline.h>

#define RS_REPORT_EVENT "relaysentry_verdict"

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
			       RS_REPORT_TESTING_PER_MINUTE);
		}
		i_zero(relay);
	}
	limiter->since = ioloop_time;
}

void rs_limiter_free(struct rs_limiter *limiter, struct event *event, const struct rs_relaydb *db)
{
	rs_limiter_flush(limiter, event, db);
	i_free(limiter->relays);
	limiter->count = 0;
}

static bool rs_limiter_pass(struct rs_limiter *limiter, const struct rs_verdict *verdict,
			    const struct rs_relaydb *db, struct event *event)
{
	struct rs_relay_count *relay;

	if (limiter->count == 0) {
		limiter->count = rs_relaydb_relay_count(db) + 1;
		limiter->relays = i_new(struct rs_relay_count, limiter->count);
		limiter->since = ioloop_time;
	} else if (ioloop_time < limiter->since || ioloop_time - limiter->since >= 60) {
		rs_limiter_flush(limiter, event, db);
	}
	relay = &limiter->relays[verdict->cover == NULL ? limiter->count - 1
							: verdict->cover->relay->index];
	if (relay->lines >= RS_REPORT_TESTING_PER_MINUTE) {
		relay->left_out++;
		return FALSE;
	}
	relay->lines++;
	return TRUE;
}

static void rs_report_one(struct auth_request *request, const struct rs_login *login,
			  const struct rs_verdict *verdict, const struct rs_report *report)
{
	char line[RS_LOG_LINE_MAX];
	struct event *event = event_create(authdb_event(request));
	const char *entry = rs_log_entry(verdict, report);

	/* Dovecot shows what its passdbs say only with auth_verbose = yes. */
	event_set_min_log_level(event, LOG_TYPE_INFO);
	event_set_name(event, RS_REPORT_EVENT);
	event_add_str(event, "action", rs_action_name(report->action));
	event_add_str(event, "enforced", report->enforced ? "yes" : "no");
	event_add_str(event, "rule", report->rule);
	event_add_str(event, "credential", rs_credential_name(login->credential));
	event_add_str(event, "verified", login->verified ? "yes" : "no");
	if (verdict->cover != NULL) {
		event_add_str(event, "relay", verdict->cover->relay->id);
		event_add_str(event, "class", rs_class_name(verdict->cover->relay->class_));
		event_add_str(event, "network", verdict->cover->network);
	}
	if (verdict->tag_count > 0)
		event_add_str(event, "tags", rs_reply_tags(verdict));
	if (entry != NULL)
		event_add_str(event, "entry", entry);
	(void)rs_log_report(login, verdict, report, line);
	e_info(event, "%s", line);
	event_unref(&event);
}

void rs_report(struct auth_request *request, const struct rs_login *login,
	       const struct rs_verdict *verdict, const struct rs_relaydb *db,
	       struct rs_limiter *limiter, struct event *event)
{
	for (size_t i = 0; i < verdict->report_count; i++) {
		const struct rs_report *report = &verdict->reports[i];

		/* An administrator's test: nobody holds the password. */
		if (report->action == RS_ACTION_ALERT && login->service != NULL &&
		    strcmp(login->service, "doveadm") == 0)
			continue;
		if (report->enforced || rs_limiter_pass(limiter, verdict, db, event))
			rs_report_one(request, login, verdict, report);
	}
}

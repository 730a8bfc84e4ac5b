/* SPDX-License-Identifier: MIT */
#include "alert.h"
#include "attempt.h"
#include "engine.h"
#include "report.h"

#include <relaysentry/seen.h>

static void rs_alert_lines(struct rs_attempt *attempt, const struct rs_report_extra *extra)
{
	for (size_t i = 0; i < attempt->report_count; i++) {
		const struct rs_attempt_report *report = &attempt->reports[i];

		/* doveadm auth test: nobody holds the password. */
		if (report->line &&
		    !(attempt->test && report->facts.action == rs_action_name(RS_ACTION_ALERT)))
			rs_report_line(attempt, &report->facts, extra);
	}
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
}

void rs_alert_ended(struct rs_attempt *attempt)
{
	struct rs_report_extra extra = { .first_seen = NULL };

	if (attempt->outcome == RS_OUTCOME_FAILED && !attempt->test) {
		rs_alert_failed(attempt);
	} else {
		rs_alert_lines(attempt, &extra);
		if (!attempt->test)
			rs_report_finished(attempt, &extra);
	}
	rs_attempt_free(&attempt);
}

/* SPDX-License-Identifier: MIT */
#ifndef RS_REPORT_H
#define RS_REPORT_H

/* Log lines and events. */

#include "compat.h"

#include <relaysentry/decide.h>

struct rs_attempt;
struct rs_attempt_report;

/* Lines per relay and minute that only say what would have been done and, where the
 * policy has "alert", of refusals before the proof. */
#define RS_REPORT_LINES_PER_MINUTE 20

struct rs_relay_count {
	unsigned int lines, left_out;
};

/* Logins with a wrong credential from a relay. */
struct rs_failed_count {
	char *relay;
	const char *class_;
	unsigned int count;
};

/* Zero-initialise. */
struct rs_limiter {
	time_t since;		       /* start of this minute */
	struct rs_relay_count *relays; /* by index; the last one: no relay */
	unsigned int count;	       /* of relays; 0: nothing was counted yet */
	ARRAY(struct rs_failed_count) failed;
};

/* Whether one more line about this relay may be written. relay: its index in db;
 * UINT32_MAX: no relay. */
bool rs_limiter_pass(struct rs_limiter *limiter, uint32_t relay, const struct rs_relaydb *db,
		     struct event *event);
/* Counts a login with a wrong credential. */
void rs_limiter_failed(struct rs_limiter *limiter, const char *relay, const char *class_);
/* Logs how many lines were left out, and begins anew. */
void rs_limiter_flush(struct rs_limiter *limiter, struct event *event, const struct rs_relaydb *db);
/* Logs how many logins failed since the last call. */
void rs_limiter_flush_failed(struct rs_limiter *limiter, struct event *event);
/* The relays have other numbers from now on. */
void rs_limiter_reset(struct rs_limiter *limiter, struct event *event, const struct rs_relaydb *db);
void rs_limiter_free(struct rs_limiter *limiter, struct event *event, const struct rs_relaydb *db);

/* What is told of an attempt besides its facts. */
struct rs_report_extra {
	const char *first_seen; /* "yes", "no"; NULL: not known */
	uint64_t repeated;	/* logins since the last such alert */
	bool alert;		/* one was sent for this login */
	bool notify;		/* and the user is to be told */
};

/* Logs one report, with the request's prefix. */
void rs_report_line(struct rs_attempt *attempt, const struct rs_log_facts *facts,
		    const struct rs_report_extra *extra);
/* The event that tells how a login ended: for Dovecot's statistics and exporters. */
void rs_report_finished(struct rs_attempt *attempt, const struct rs_report_extra *extra);

#endif

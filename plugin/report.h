/* SPDX-License-Identifier: MIT */
#ifndef RS_REPORT_H
#define RS_REPORT_H

/* Log lines and events. */

#include "compat.h"

#include <relaysentry/decide.h>

/* Lines that only say what would have been done, per relay and minute. What is
 * enforced is always logged. */
#define RS_REPORT_TESTING_PER_MINUTE 20

struct rs_relay_count {
	unsigned int lines, left_out;
};

/* Zero-initialise. */
struct rs_limiter {
	time_t since;		       /* start of this minute */
	struct rs_relay_count *relays; /* by index; the last one: no relay */
	unsigned int count;	       /* of relays; 0: nothing was counted yet */
};

/* Logs everything that the verdict reports, with the request's prefix. */
void rs_report(struct auth_request *request, const struct rs_login *login,
	       const struct rs_verdict *verdict, const struct rs_relaydb *db,
	       struct rs_limiter *limiter, struct event *event);
/* Logs how many lines were left out, and begins anew. */
void rs_limiter_flush(struct rs_limiter *limiter, struct event *event, const struct rs_relaydb *db);
void rs_limiter_free(struct rs_limiter *limiter, struct event *event, const struct rs_relaydb *db);

#endif

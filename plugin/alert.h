/* SPDX-License-Identifier: MIT */
#ifndef RS_ALERT_H
#define RS_ALERT_H

/* Who is told what about a login that has ended. */

struct rs_attempt;

/* Reports an attempt whose outcome is known, and frees it, at once or when it is known
 * what was seen of its user and relay before. */
void rs_alert_ended(struct rs_attempt *attempt);

#endif

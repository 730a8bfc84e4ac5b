/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_SEEN_H
#define RELAYSENTRY_SEEN_H

/* What is remembered of one user and one relay. */

#include <stddef.h>
#include <stdint.h>

/* Alerts are repeated for each of these on its own. */
enum rs_alert_kind {
	RS_ALERT_ALERT,	 /* let in and reported */
	RS_ALERT_DENY,	 /* refused */
	RS_ALERT_TESTING /* what would have been done */
};
#define RS_ALERT_KINDS 3
const char *rs_alert_kind_name(enum rs_alert_kind kind); /* "alert", "deny", "testing" */

struct rs_seen {
	int64_t first, last; /* seconds since 1970-01-01 UTC; 0: never */
	uint64_t count;	     /* of logins */
	struct {
		int64_t time;	/* when it was sent last; 0: never */
		uint64_t count; /* what count was then */
	} alerts[RS_ALERT_KINDS];
};

/* Room for the text of any record, including NUL. */
#define RS_SEEN_TEXT_SIZE 320

/* `first=1795000000 last=1795003600 count=17 alert=1795000000,12 deny=0,0
 * testing=0,0`. Returns buf. */
const char *rs_seen_format(const struct rs_seen *seen, char buf[RS_SEEN_TEXT_SIZE]);
/* Words that are not known are ignored, those of alerts may be missing (0);
 * first, last and count must be there, each word once. No time lies behind the
 * year 9999. Returns 0; -1 and *seen_r is as it was. */
int rs_seen_parse(const char *text, struct rs_seen *seen_r);
/* What two nodes know of the same pair: own counted `added` logins since it last
 * read or wrote `stored`. The earliest first, the latest last and alerts, the
 * stored count and what was added; how many logins came since an alert of own
 * stays the same. stored NULL: nothing is stored, own is all there is. */
void rs_seen_merge(struct rs_seen *own, uint64_t added, const struct rs_seen *stored);

#endif

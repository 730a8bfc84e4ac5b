/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_CLI_SEEN_H
#define RELAYSENTRY_CLI_SEEN_H

/* How seen and why show what is remembered of a user and a relay. */

#include <relaysentry/json.h>
#include <relaysentry/seen.h>

/* Adds the members first, last, count and reported. */
void rs_seen_json(struct rs_jsonw *w, const struct rs_seen *seen);
/* "alert 2026-11-22T08:00:00Z, deny ..."; "" when nothing was. Returns buf. */
#define RS_SEEN_REPORTED_SIZE 160
const char *rs_seen_reported(const struct rs_seen *seen, char buf[RS_SEEN_REPORTED_SIZE]);

#endif

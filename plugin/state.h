/* SPDX-License-Identifier: MIT */
#ifndef RS_STATE_H
#define RS_STATE_H

/* What was seen of each user from each relay: in bounded memory and, where the
 * policy names a dict, shared through it by all nodes. The memory answers, the dict
 * is asked about what it does not know, and written now and then. One for each
 * engine. */

#include <relaysentry/seen.h>

#include <stdbool.h>

struct event;
struct rs_policy;
struct rs_state;

struct rs_state *rs_state_new(struct event *event);
/* Whoever waits is called back first. What was not written yet is given to the dict
 * as far as it takes it at once. */
void rs_state_free(struct rs_state **state);
/* The policy that is in force, NULL: none. It must live until another one is set.
 * Whoever waits for a dict that it does not name is called back, from memory. */
void rs_state_set(struct rs_state *state, const struct rs_policy *policy);

/* seen: with this login. The callback may set seen->alerts[]: they are remembered,
 * and written soon. first_seen: "yes" when neither the memory nor the dict knew the user
 * from this relay, or it was longer ago than forget_after; else "no"; NULL when the
 * memory does not know him, and the dict could not be asked. */
typedef void rs_state_callback(struct rs_seen *seen, const char *first_seen, void *context);
/* Whether something is to be done that only one node should do, as an alert. */
typedef bool rs_state_due(const struct rs_seen *seen, void *context);

/* Counts a login. user: as Dovecot has it; relay: its id; now: seconds since
 * 1970-01-01 UTC. Calls back exactly once: before it returns, when the memory knows
 * the user from this relay and due() says no, or there is no dict to ask; else
 * later, with what all nodes know. Then due() is to be asked again: another node
 * may have done it. A dict that fails, or does not answer in time, leaves it at what
 * the memory knows. The callback must not count logins. */
void rs_state_login(struct rs_state *state, const char *user, const char *relay, int64_t now,
		    rs_state_due *due, rs_state_callback *callback, void *context);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef RS_EXCEPTIONS_CACHE_H
#define RS_EXCEPTIONS_CACHE_H

/* The exceptions of users, from the dict that the policy names, and what was read
 * of them lately. One for each engine. */

#include <relaysentry/exceptions.h>

#include <stdbool.h>

struct event;
struct rs_policy;
struct rs_exceptions_cache;

/* exceptions: NULL when there are none or they could not be read. They die with the
 * call, which may ask again. given_up: nobody knows; the policy has another dict, or
 * none. */
typedef void rs_exceptions_callback(const struct rs_exceptions *exceptions, bool given_up,
				    void *context);

struct rs_exceptions_cache *rs_exceptions_cache_new(struct event *event);
/* Whoever waits is called back first, and given up. */
void rs_exceptions_cache_free(struct rs_exceptions_cache **cache);

/* The policy that is in force, NULL: none. It must live until another one is set.
 * Whoever waits for a dict that it does not name is called back, and given up. */
void rs_exceptions_cache_set(struct rs_exceptions_cache *cache, const struct rs_policy *policy);
/* Whether there is a dict to ask. */
bool rs_exceptions_cache_asks(const struct rs_exceptions_cache *cache);

/* Whether it is known by now what exceptions the user has: then TRUE, and
 * *exceptions_r is as a callback gets it, and lives until the caller has returned to
 * the loop. Else the dict is asked, and callback is called once, later. Failures are
 * logged, and not remembered. user: as Dovecot has it. */
bool rs_exceptions_cache_find(struct rs_exceptions_cache *cache, const char *user,
			      const struct rs_exceptions **exceptions_r,
			      rs_exceptions_callback *callback, void *context);

#endif

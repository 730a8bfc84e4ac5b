/* SPDX-License-Identifier: MIT */
#ifndef RS_ENGINE_H
#define RS_ENGINE_H

/* What decides: a policy, the relay database that it names, and room for a
 * verdict. One for each policy path, shared by the passdb blocks that name it.
 * It reads its files when it is created and when they change; a faulty file
 * never replaces a good one. Exists in the main auth process only. */

#include "args.h"
#include "attempt.h"
#include "exceptions.h"
#include "report.h"
#include "state.h"
#include "watch.h"

#include <relaysentry/decide.h>

struct rs_engine {
	struct rs_engine *next;
	unsigned int refcount;
	char *name;	   /* the policy's path, or the faulty args */
	char *args_faults; /* NULL: none */
	struct event *event;
	bool first_place; /* a block with this policy stands before the primary passdb */
	/* The on_error of all blocks: bits 1 << enum rs_on_error. */
	unsigned int on_error;

	/* NULL: none could be loaded so far. db belongs to policy. */
	struct rs_policy *policy;
	struct rs_relaydb *db;
	struct rs_verdict *verdict;
	enum rs_mode mode;

	struct rs_exceptions_cache *exceptions;
	struct rs_state *state;
	struct rs_syslogsock *syslog;
	bool ending; /* auth ends: nobody is asked any more */

	struct rs_watch policy_watch, entries_watch, db_watch;
	char *identity; /* what was loaded last, as it was logged */
	char *faults;	/* of the last attempt, one line; NULL when it went well */
	bool retry;	/* the last attempt failed, perhaps for want of memory or a file */
	unsigned int retry_pause; /* minutes to wait before it is tried again */
	struct timeout *to_reload, *to_minute;
	unsigned int reload_interval; /* seconds; the policy's */
	unsigned int watch_interval;  /* to_reload's */

	struct rs_limiter limiter;
	struct rs_attempts attempts;
	unsigned int no_address_count;
	time_t no_address_warned;
	unsigned int bad_credential_count;
};

/* Returns the engine for these args; loads it when it is new. */
struct rs_engine *rs_engine_ref(const struct rs_args *args, bool first_place);
void rs_engine_unref(struct rs_engine **engine);
/* Auth ends: logins that wait are answered now, while Dovecot still takes answers, and
 * no other is judged. */
void rs_engine_end(struct rs_engine *engine);

/* A login came without an address, a passdb field could not be understood:
 * counted here, told now and then. */
void rs_engine_no_address(struct rs_engine *engine);
void rs_engine_bad_credential(struct rs_engine *engine);

#endif

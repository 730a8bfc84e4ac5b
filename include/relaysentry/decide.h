/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_DECIDE_H
#define RELAYSENTRY_DECIDE_H

/* The decision. Pure: no I/O, no clock, no globals, no allocation; the same
 * facts give the same verdict. */

#include <relaysentry/login.h>
#include <relaysentry/policy.h>
#include <relaysentry/relaydb.h>

#include <stdbool.h>
#include <stddef.h>

/* Something to report: one structured line in the log. */
struct rs_report {
	enum rs_action action; /* ALERT or DENY; ALLOW and TAG only for rules in testing */
	bool enforced;	       /* false: what would have been done (testing) */
	const char *rule;      /* the rule's id; "no_address" when that setting refused */
	bool notify;	       /* the rule's "notify" */
};

/* Tags beyond this are not kept; policies that could set more are refused. */
#define RS_TAGS_MAX 16

struct rs_verdict {
	/* What happens to this login: ALLOW, ALERT or DENY. In testing never
	 * DENY (a login that would be refused is ALLOWed). */
	enum rs_action action;
	/* What the rules said: differs from action only when the policy's mode
	 * is testing. */
	enum rs_action decided;
	bool enforced;		      /* action == decided, and the mode is enforce */
	const struct rs_match *match; /* NULL: no relay */
	/* The relay that is reported: match->covers[0], NULL when match is NULL,
	 * the mode is none, or the address is one of own_networks. */
	const struct rs_cover *cover;
	const char *rule; /* the rule that ended it, NULL when none did */
	const char *tags[RS_TAGS_MAX];
	size_t tag_count;
	enum rs_reply reply; /* of a deny: REASON only when the credential was verified */
	const char *message; /* of a deny with reply REASON; else NULL */
	const char *reason;  /* a constant: why, in words ("rule", "no rule ended it",
				"no relay", "mode none", "own network", "no address", ...) */
	/* For user-policy: which source and entry decided ("exception mobile", "passdb
	 * field relaysentry_deny", "user_entries @example.net"); NULL else. */
	const char *entry_source;
	const struct rs_exception *exception; /* that decided; of the login's; NULL else */
	/* A rule asked for the user's exceptions, which are pending: all is decided as if
	 * there were none. Look them up and decide again. */
	bool wants_exceptions;
	struct rs_ip remote; /* the address that was looked up, after NAT64 */
	bool no_address;     /* none was reported: the caller counts and warns */
	/* report_count reports in the order of the rules; the storage behind it
	 * belongs to the verdict and has room for every rule of the policy. */
	struct rs_report *reports;
	size_t report_count;
	size_t report_room;
	char entry_text[160]; /* storage for entry_source */
};

/* A verdict with room for all reports of this policy. NULL when memory is short. */
struct rs_verdict *rs_verdict_new(const struct rs_policy *policy);
void rs_verdict_free(struct rs_verdict **verdict);

/* One rule tried, for explanations. */
struct rs_step {
	const char *rule; /* its id */
	enum rs_action action;
	enum rs_mode mode;
	bool matched;
	/* Why it did or did not match, one short line: `service is imap, not smtp
	 * or submission`. Valid during the call. */
	const char *why;
};
typedef void rs_explain_callback(const struct rs_step *step, void *context);

/* Decides. db is the database that the policy is bound to (NULL: none: no relay
 * is found). Every field of *verdict but its storage is set anew. explain may
 * be NULL; it costs time only when given. verdict must come from
 * rs_verdict_new() with this policy. */
void rs_decide(const struct rs_policy *policy, const struct rs_relaydb *db,
	       const struct rs_login *login, struct rs_verdict *verdict,
	       rs_explain_callback *explain, void *explain_context);

#endif

/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "cli.h"
#include "except.h"
#include "probe.h"

#include <relaysentry/json.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* What a new exception leads to. */
struct effect {
	bool asked;		      /* some login is let in by an exception */
	const struct rs_relay *relay; /* of a login that is denied all the same; NULL: none is */
	const char *service, *rule;
};

static int find_effect(const struct except *except, struct effect *effect_r)
{
	const struct kept *kept = &except->kept;
	struct rs_ip *addresses = rs_probe_addresses(kept->db);
	struct probe probe = { .policy = kept->policy, .db = kept->db, .addresses = addresses };
	int status = 0;

	*effect_r = (struct effect){ 0 };
	probe.verdict = rs_verdict_new(kept->policy);
	probe.login.user = except->user.name;
	probe.login.exceptions = except->list;
	if (addresses == NULL || probe.verdict == NULL)
		status = rs_cli_no_memory();
	for (size_t i = 0; i < rs_relaydb_relay_count(kept->db) && status == 0; i++) {
		const struct rs_relay *relay = rs_relaydb_relay(kept->db, i);
		const char *service;

		if (!rs_probe_covers(except->relay, relay) || effect_r->relay != NULL)
			continue;
		service = rs_probe_worst(&probe, relay, kept->now);
		effect_r->asked = effect_r->asked || probe.verdict->exception != NULL;
		if (probe.verdict->decided != RS_ACTION_DENY)
			continue;
		effect_r->relay = relay;
		effect_r->service = service;
		effect_r->rule = probe.verdict->rule;
	}
	free(addresses);
	rs_verdict_free(&probe.verdict);
	return status;
}

/* The member "effect" of the JSON object; for people there is a message. */
static const char *tell_effect(const struct except *except, const struct effect *effect)
{
	const struct rs_policy *policy = except->kept.policy;

	if ((rs_policy_facts(policy) & RS_FACT_ENTRIES) == 0) {
		rs_cli_message(RS_LEVEL_WARNING,
			       "%s: no rule has the action user-policy, so that exceptions change "
			       "nothing; add one before the rules that deny",
			       rs_policy_path(policy));
		return "none";
	}
	if (rs_policy_mode(policy) == RS_MODE_NONE) {
		rs_cli_message(RS_LEVEL_NOTE, "%s: the policy's mode is none: nothing is denied",
			       rs_policy_path(policy));
		return "none";
	}
	if (effect->relay != NULL) {
		rs_cli_message(RS_LEVEL_WARNING,
			       "a login from %s to %s is denied all the same, by rule \"%s\"; "
			       "\"relaysentry check\" explains it",
			       effect->relay->id, effect->service,
			       effect->rule != NULL ? effect->rule : "");
		return "denied";
	}
	if (effect->asked)
		return "allowed";
	rs_cli_message(RS_LEVEL_NOTE,
		       "as far as can be told without the fields of the passdbs, such logins are "
		       "let in also without it");
	return "none";
}

static int print_json(const struct except *except, const char *effect)
{
	struct rs_jsonw *w = rs_jsonw_new(false);
	const struct rs_exception *put = &except->put;

	if (w == NULL)
		return rs_cli_no_memory();
	rs_jsonw_object(w, NULL);
	rs_jsonw_string(w, "result",
			except->remove		 ? "removed"
			: except->was_until != 0 ? "replaced"
						 : "added");
	rs_jsonw_string(w, "user", except->user.name);
	rs_jsonw_string(w, "relay", except->relay);
	if (!except->remove) {
		rs_jsonw_int(w, "not_after", put->not_after);
		rs_jsonw_int(w, "since", put->since);
		rs_jsonw_string(w, "reason", put->reason);
		rs_jsonw_string(w, "by", put->by);
		rs_jsonw_string(w, "effect", effect);
	}
	if (except->was_until != 0)
		rs_jsonw_int(w, "was_not_after", except->was_until);
	rs_jsonw_int(w, "in_force_within", rs_policy_exceptions(except->kept.policy)->cache);
	rs_jsonw_end(w);
	return rs_cli_print_json(&w);
}

static int print_text(const struct except *except)
{
	char until[RS_WHEN_LEN], left[RS_CLI_TIME_LEN], within[RS_CLI_TIME_LEN];
	char *user = rs_printable(except->user.name);

	if (user == NULL)
		return rs_cli_no_memory();
	if (except->remove)
		printf("%s: the exception for %s is removed", user, except->relay);
	else
		printf("%s: %s is excepted until %s (%s)", user, except->relay,
		       rs_when_format(except->put.not_after, until),
		       rs_cli_format_age(except->put.not_after - except->kept.now, left));
	if (!except->remove && except->was_until != 0)
		printf(", before until %s", rs_when_format(except->was_until, until));
	printf("\nIn force on all nodes within %s.\n",
	       rs_cli_format_age(rs_policy_exceptions(except->kept.policy)->cache, within));
	free(user);
	return 0;
}

int rs_except_tell(const struct except *except)
{
	const char *words = NULL;
	struct effect effect;
	int status = 0;

	if (!except->json)
		status = print_text(except);
	if (status == 0 && !except->remove) {
		status = find_effect(except, &effect);
		if (status == 0)
			words = tell_effect(except, &effect);
	}
	return status == 0 && except->json ? print_json(except, words) : status;
}

/* SPDX-License-Identifier: MIT */
#include "doveconf-rules.h"

#include <string.h>

/* A word of our args: the policy's path, or on_error. With a faulty one the driver
 * checks nothing. NULL: it is right. */
static const char *arg_fault(const char *word, size_t len, bool *path_seen, bool *on_error_seen)
{
	static const char *const right[] = { "on_error=allow", "on_error=deny",
					     "on_error=tempfail" };
	bool *seen = *word == '/' ? path_seen : on_error_seen;
	bool known = *word == '/';

	for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++)
		known = known || (strlen(right[i]) == len && memcmp(word, right[i], len) == 0);
	if (!known)
		return "is neither a path that begins with a slash nor on_error=allow, "
		       "on_error=deny or on_error=tempfail";
	if (*seen)
		return "comes second";
	*seen = true;
	return NULL;
}

static void check_args(const struct rs_dc_chain *chain, const struct rs_dc_passdb *ours)
{
	bool path_seen = false, on_error_seen = false;
	size_t len;

	/* 2.4 has settings instead, which doveconf itself checks. */
	if (chain->model->v24 || ours->args == NULL)
		return;
	for (const char *word = ours->args; *word != '\0';
	     word += len + strspn(word + len, " \t")) {
		const char *fault;

		len = strcspn(word, " \t");
		fault = len > 0 ? arg_fault(word, len, &path_seen, &on_error_seen) : NULL;
		if (fault != NULL)
			rs_dc_found(
				chain, RS_LEVEL_ERROR, ours->lines[RS_DC_ARGS],
				"passdb relaysentry: args: \"%.*s\" %s, and no login is checked; "
				"write: args = /etc/relaysentry/policy.json on_error=allow",
				(int)(len < 200 ? len : 200), word, fault);
	}
}

/* Settings that keep some logins away from us. */
static void check_reach(const struct rs_dc_chain *chain, const struct rs_dc_passdb *ours, bool last)
{
	if (ours->deny)
		rs_dc_found(chain, RS_LEVEL_ERROR, ours->lines[RS_DC_DENY],
			    "passdb relaysentry has deny = yes: its answers are turned round; "
			    "remove the line");
	/* As the last passdb it is fatal. */
	if (ours->pass && !last)
		rs_dc_found(chain, RS_LEVEL_ERROR, ours->lines[RS_DC_PASS],
			    "passdb relaysentry has pass = yes, which overrules result_success; "
			    "write instead: result_success = return");
	if (ours->mechanisms != RS_DC_ALL)
		rs_dc_found(chain, RS_LEVEL_ERROR, ours->lines[RS_DC_MECHANISMS],
			    "passdb relaysentry is asked for some mechanisms only, and logins by "
			    "all others are not checked; remove the line");
	if (ours->username_filter)
		rs_dc_found(chain, RS_LEVEL_ERROR, ours->lines[RS_DC_USERNAME_FILTER],
			    "passdb relaysentry has a username_filter: logins of other users are "
			    "not checked; remove the line");
	if (ours->use_worker)
		rs_dc_found(chain, RS_LEVEL_WARNING, ours->lines[RS_DC_USE_WORKER],
			    "passdb relaysentry has passdb_use_worker = yes, which is not heeded; "
			    "write: passdb_use_worker = no");
}

static void check_skip(const struct rs_dc_chain *chain, const struct rs_dc_passdb *ours, bool first)
{
	/* In first place only a master login is authenticated already, and in 2.4 one
	 * whose token the mechanism has verified. */
	bool verified = !first || chain->master_count > 0 ||
			(chain->model->v24 && (chain->auth->mechanisms & RS_DC_OAUTH) != 0);

	if (ours->skip == RS_DC_AUTHENTICATED && verified)
		rs_dc_found(chain, RS_LEVEL_ERROR, ours->lines[RS_DC_SKIP],
			    "passdb relaysentry is skipped as soon as a password was verified; "
			    "write: skip = %s",
			    first ? "never" : "unauthenticated");
	if (ours->skip == RS_DC_UNAUTHENTICATED &&
	    (chain->auth->mechanisms & chain->auth->kerberos) != 0)
		rs_dc_found(chain, RS_LEVEL_ERROR, ours->lines[RS_DC_SKIP],
			    "Kerberos logins (GSSAPI) of users whom the passdbs before do not find "
			    "skip passdb relaysentry and succeed; write: skip = never");
}

/* What Dovecot makes of our answers. */
static void check_results(const struct rs_dc_chain *chain, const struct rs_dc_passdb *ours,
			  bool first, bool last)
{
	if (!ours->pass &&
	    (ours->success == RS_DC_RETURN_FAIL || ours->success == RS_DC_CONTINUE_FAIL))
		rs_dc_found(chain, RS_LEVEL_ERROR, ours->lines[RS_DC_SUCCESS],
			    "passdb relaysentry has result_success = %s, and every login is "
			    "refused; write: result_success = return",
			    rs_dc_rule_name(ours->success));
	else if (!ours->pass && !first && ours->success != RS_DC_RETURN && !ours->success_untold &&
		 !(chain->model->v24 && last && ours->success == RS_DC_CONTINUE))
		rs_dc_found(chain, RS_LEVEL_WARNING, ours->lines[RS_DC_SUCCESS],
			    "passdb relaysentry has result_success = %s, which overrules what the "
			    "passdbs before decided; write: result_success = return",
			    rs_dc_rule_name(ours->success));
	if (ours->failure == RS_DC_RETURN_OK || ours->failure == RS_DC_CONTINUE_OK)
		rs_dc_found(chain, RS_LEVEL_ERROR, ours->lines[RS_DC_FAILURE],
			    "passdb relaysentry has result_failure = %s: a login with a wrong "
			    "password can succeed; write: result_failure = return-fail",
			    rs_dc_rule_name(ours->failure));
	else if (ours->failure != RS_DC_RETURN_FAIL)
		rs_dc_found(chain, RS_LEVEL_WARNING, ours->lines[RS_DC_FAILURE],
			    "passdb relaysentry has result_failure = %s: a failure in our block "
			    "(e.g. allow_nets among its fields) does not refuse the login; write: "
			    "result_failure = return-fail",
			    rs_dc_rule_name(ours->failure));
	if (ours->internalfail != RS_DC_RETURN_FAIL)
		rs_dc_found(chain, RS_LEVEL_ERROR, ours->lines[RS_DC_INTERNALFAIL],
			    "passdb relaysentry has result_internalfail = %s: when one of its "
			    "fields cannot be expanded, a denied login succeeds; write: "
			    "result_internalfail = return-fail",
			    rs_dc_rule_name(ours->internalfail));
}

bool rs_dc_first_place(const struct rs_dc_chain *chain, size_t place)
{
	for (size_t i = 0; i < place; i++) {
		if (!chain->users[i]->ours && !chain->users[i]->deny)
			return false;
	}
	return true;
}

void rs_dc_check_own(const struct rs_dc_chain *chain)
{
	bool first;

	if (chain->dropped != NULL) {
		check_args(chain, chain->dropped);
		check_reach(chain, chain->dropped, false);
		check_results(chain, chain->dropped, true, false);
	}
	for (size_t i = chain->ours; i < chain->user_count; i++) {
		const struct rs_dc_passdb *ours = chain->users[i];

		if (!ours->ours)
			continue;
		check_args(chain, ours);
		check_reach(chain, ours, i + 1 == chain->user_count);
		first = rs_dc_first_place(chain, i);
		check_skip(chain, ours, first);
		check_results(chain, ours, first, i + 1 == chain->user_count);
	}
}

/* SPDX-License-Identifier: MIT */
#include "inspection.h"
#include "placement.h"

/* Whether this passdb of others is asked about a login by the mechanism. */
static bool rs_block_asked(const struct rs_block *block, const char *mechanism)
{
	return block->passdb != NULL && !block->ours &&
	       (block->mechanisms == NULL || str_array_icase_find(block->mechanisms, mechanism));
}

/* Logins that no passdb verifies: the mechanism (GSSAPI; from 2.4 on, bearer
 * tokens too) only asks whether the user may log in, and takes a user whom
 * nobody knows for a yes. */
static void rs_inspect_unknown(struct rs_inspection *inspection, const char *mechanism,
			       const struct rs_block *last)
{
	const struct rs_scope *scope = &inspection->scope;

	for (const struct rs_block *block = scope->blocks; block < last; block++) {
		if (!rs_block_asked(block, mechanism))
			continue;
		if (block->failure == AUTH_DB_RULE_RETURN ||
		    block->failure == AUTH_DB_RULE_RETURN_FAIL)
			rs_complain(inspection,
				    "auth_mechanisms has %s, and %s lets in whom it does not know, "
				    "before relaysentry is asked; write result_failure = continue",
				    mechanism, block->label);
		if (rs_refusal_is_lost && !block->deny &&
		    block->success == AUTH_DB_RULE_RETURN_FAIL)
			rs_complain(inspection,
				    "auth_mechanisms has %s, and %s refuses whom it knows by "
				    "result_success = return-fail, which %s does not heed; write "
				    "deny = yes instead",
				    mechanism, block->label, mechanism);
		if (block->internalfail == AUTH_DB_RULE_RETURN)
			rs_complain(inspection,
				    "auth_mechanisms has %s, and %s lets in whom it cannot look "
				    "up, before relaysentry is asked; write result_internalfail = "
				    "continue",
				    mechanism, block->label);
	}
}

static void rs_inspect_tickets(struct rs_inspection *inspection, const char *mechanism,
			       const struct rs_block *last)
{
	if (last->skip != AUTH_PASSDB_SKIP_NEVER)
		rs_complain(inspection,
			    "auth_mechanisms has %s, whose logins no passdb verifies: %s may be "
			    "skipped for them; write skip = never",
			    mechanism, last->label);
	rs_inspect_unknown(inspection, mechanism, last);
}

/* Dovecot gives a bearer token to every passdb as if it were a password. */
static void rs_inspect_tokens(struct rs_inspection *inspection, const char *mechanism,
			      const struct rs_block *last)
{
	for (const struct rs_block *block = inspection->scope.blocks; block < last; block++) {
		/* One that is asked only about who was verified before proves nothing, and
		 * a script may verify tokens itself. */
		if (rs_block_verifies(block) && rs_block_asked(block, mechanism) &&
		    block->skip != AUTH_PASSDB_SKIP_UNAUTHENTICATED &&
		    strcmp(block->driver, "oauth2") != 0 && strcmp(block->driver, "lua") != 0)
			rs_complain(
				inspection,
				"auth_mechanisms has %s, and %s takes its tokens for passwords; "
				"write %s = plain login there",
				mechanism, block->label, rs_setting_mechanisms);
	}
}

void rs_inspect_mechanisms(struct rs_inspection *inspection, const struct rs_block *last)
{
	const char *const *mechanism;

	for (mechanism = inspection->scope.mechanisms; *mechanism != NULL; mechanism++) {
		const char *name = t_str_ucase(*mechanism);

		if (strcmp(name, "ANONYMOUS") == 0 || strcmp(name, "NTLM") == 0 ||
		    (strcmp(name, "GSS-SPNEGO") == 0 && inspection->scope.winbind))
			rs_complain(inspection,
				    "auth_mechanisms has %s, which asks no passdb: its logins "
				    "cannot be checked; remove it",
				    name);
		else if (strcmp(name, "GSSAPI") == 0 || strcmp(name, "GSS-SPNEGO") == 0)
			rs_inspect_tickets(inspection, name, last);
		else if (strcmp(name, "OAUTHBEARER") != 0 && strcmp(name, "XOAUTH2") != 0)
			continue;
		else if (rs_tokens_are_passwords)
			rs_inspect_tokens(inspection, name, last);
		else
			rs_inspect_unknown(inspection, name, last);
	}
}

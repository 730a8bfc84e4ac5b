/* SPDX-License-Identifier: MIT */
#include "inspection.h"
#include "placement.h"

bool rs_block_verifies(const struct rs_block *block)
{
	return block->passdb != NULL && !block->ours && !block->deny;
}

/* The protocols mostly share their passdbs: each complaint is made once. */
static void ATTR_FORMAT(3, 0)
	rs_tell(struct rs_inspection *inspection, bool error, const char *format, va_list args)
{
	const char *text = p_strdup_vprintf(inspection->pool, format, args), *old;
	const char *service = inspection->scope.service, *protocol = "";

	array_foreach_elem (&inspection->told, old) {
		if (strcmp(old, text) == 0)
			return;
	}
	array_push_back(&inspection->told, &text);
	if (service != NULL)
		protocol = t_strdup_printf("protocol %s: ", service);
	if (error)
		e_error(inspection->event, "%s%s", protocol, text);
	else
		e_warning(inspection->event, "%s%s", protocol, text);
}

void rs_complain(struct rs_inspection *inspection, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	rs_tell(inspection, TRUE, format, args);
	va_end(args);
}

void rs_warn(struct rs_inspection *inspection, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	rs_tell(inspection, FALSE, format, args);
	va_end(args);
}

/* For a protocol with passdbs of its own, Dovecot 2.3 takes result_success =
 * return for the beginning of the default, return-ok, whatever is written there.
 * That matters only where a passdb before ours fails a login and goes on. */
static void rs_inspect_lost_return(struct rs_inspection *inspection, const struct rs_block *own)
{
	const struct rs_block *block;

	for (block = inspection->scope.blocks; block < own; block++) {
		if (block->passdb != NULL && (block->success == AUTH_DB_RULE_CONTINUE_FAIL ||
					      block->failure == AUTH_DB_RULE_CONTINUE_FAIL ||
					      block->internalfail == AUTH_DB_RULE_CONTINUE_FAIL))
			rs_complain(inspection,
				    "%s has continue-fail, which does not last: Dovecot takes "
				    "result_success = return of %s for return-ok here; move the "
				    "passdbs out of the protocol block",
				    block->label, own->label);
	}
}

/* Whether a login may be verified before the first passdb is asked: by a master
 * passdb, or by the mechanism. */
static bool rs_verified_beforehand(const struct rs_inspection *inspection)
{
	const char *const *names = inspection->scope.mechanisms;

	return inspection->scope.master_count > 0 ||
	       (!rs_tokens_are_passwords && (str_array_icase_find(names, "OAUTHBEARER") ||
					     str_array_icase_find(names, "XOAUTH2")));
}

/* Our own block: what makes Dovecot ask it less often. */
static void rs_inspect_own_asked(struct rs_inspection *inspection, const struct rs_block *block,
				 bool first)
{
	const char *label = block->label;

	if (block->deny)
		rs_complain(inspection,
			    "%s has deny = yes, which turns its answers round; remove deny", label);
	if (block->pass)
		rs_complain(inspection, "%s has pass = yes; remove pass", label);
	if (block->mechanisms_filtered || block->users_filtered)
		rs_complain(inspection,
			    "%s has %s or username_filter: all other logins go around it; "
			    "remove them",
			    label, rs_setting_mechanisms);
	if (block->skip == AUTH_PASSDB_SKIP_AUTHENTICATED &&
	    (!first || rs_verified_beforehand(inspection)))
		rs_complain(inspection,
			    "%s has skip = authenticated: logins that a passdb before it "
			    "verified go around it; write skip = %s",
			    label, first ? "never" : "unauthenticated");
	/* It is asked in the main process all the same. */
	if (block->worker)
		rs_warn(inspection, "%s has use_worker = yes, which is not heeded; remove it",
			label);
}

/* Our own block: what makes Dovecot listen to it less. */
static void rs_inspect_own_heeded(struct rs_inspection *inspection, const struct rs_block *block,
				  bool first)
{
	const char *label = block->label;

	if (block->internalfail != AUTH_DB_RULE_RETURN_FAIL)
		rs_complain(inspection,
			    "%s needs result_internalfail = return-fail, else a failure may let "
			    "in who was denied",
			    label);
	if (first) {
		/* No other passdb may be left for this login. */
		if (block->failure == AUTH_DB_RULE_RETURN_OK ||
		    block->failure == AUTH_DB_RULE_CONTINUE_OK)
			rs_complain(inspection,
				    "%s has a result_failure that lets in; write result_failure = "
				    "return-fail",
				    label);
		return;
	}
	if (rs_return_is_lost && block->success == AUTH_DB_RULE_RETURN_OK &&
	    inspection->scope.service != NULL)
		rs_inspect_lost_return(inspection, block);
	else if (block->success != AUTH_DB_RULE_RETURN)
		rs_complain(inspection,
			    "%s needs result_success = return, which keeps what the passdbs "
			    "before it decided",
			    label);
	if (block->failure != AUTH_DB_RULE_RETURN_FAIL)
		rs_complain(inspection, "%s needs result_failure = return-fail", label);
}

/* Whether a login may have succeeded before this block is asked. */
static bool rs_block_sees_success(const struct rs_inspection *inspection,
				  const struct rs_block *asked)
{
	const struct rs_scope *scope = &inspection->scope;

	if (asked->skip == AUTH_PASSDB_SKIP_AUTHENTICATED)
		return FALSE;
	for (unsigned int i = 0; i < scope->master_count; i++) {
		if (scope->masters[i].passdb != NULL &&
		    scope->masters[i].success == AUTH_DB_RULE_CONTINUE_OK)
			return TRUE;
	}
	for (const struct rs_block *block = scope->blocks; block < asked; block++) {
		if (block->passdb != NULL && (block->success == AUTH_DB_RULE_CONTINUE_OK ||
					      block->failure == AUTH_DB_RULE_CONTINUE_OK ||
					      block->internalfail == AUTH_DB_RULE_CONTINUE_OK))
			return TRUE;
	}
	return FALSE;
}

/* A passdb that ends the login before ours is asked. */
static void rs_inspect_before(struct rs_inspection *inspection, const struct rs_block *block)
{
	if (rs_block_verifies(block) &&
	    (block->success == AUTH_DB_RULE_RETURN || block->success == AUTH_DB_RULE_RETURN_OK))
		rs_complain(inspection,
			    "%s ends the login before relaysentry is asked; write "
			    "result_success = continue-ok",
			    block->label);
	/* `return` keeps what was decided before. */
	if ((block->failure == AUTH_DB_RULE_RETURN || block->internalfail == AUTH_DB_RULE_RETURN) &&
	    rs_block_sees_success(inspection, block))
		rs_complain(inspection,
			    "%s lets in who was verified before it, and relaysentry is not "
			    "asked; write result_failure = continue and result_internalfail = "
			    "continue",
			    block->label);
	if (block->failure == AUTH_DB_RULE_RETURN_OK ||
	    block->internalfail == AUTH_DB_RULE_RETURN_OK)
		rs_complain(inspection,
			    "%s lets in whom it does not know, before relaysentry is asked; "
			    "remove result_failure = return-ok and result_internalfail = "
			    "return-ok",
			    block->label);
}

/* Where no passdb can do more than verify a password: one of them. It would verify
 * the master's as the user's, and the login fails. */
static const struct rs_block *rs_block_plain_only(const struct rs_scope *scope)
{
	const struct rs_block *found = NULL;

	for (unsigned int i = 0; i < scope->block_count; i++) {
		const struct rs_block *block = &scope->blocks[i];

		if (!rs_block_verifies(block))
			continue;
		if (block->passdb->passdb->iface.lookup_credentials != NULL)
			return NULL;
		if (block->skip != AUTH_PASSDB_SKIP_AUTHENTICATED)
			found = block;
	}
	return found;
}

static void rs_inspect_master(struct rs_inspection *inspection, const struct rs_block *block)
{
	const struct rs_block *plain = rs_block_plain_only(&inspection->scope);
	const char *mend = "";

	if (plain != NULL)
		mend = t_strdup_printf("-ok, and skip = authenticated in %s", plain->label);
	if (block->success == AUTH_DB_RULE_RETURN || block->success == AUTH_DB_RULE_RETURN_OK)
		rs_complain(inspection,
			    "%s lets master users in without asking relaysentry; write "
			    "result_success = continue%s",
			    block->label, mend);
	else if (plain != NULL && (block->success == AUTH_DB_RULE_CONTINUE ||
				   block->success == AUTH_DB_RULE_CONTINUE_OK))
		rs_warn(inspection,
			"%s gets the passwords of master users that %s has verified, and refuses "
			"them; write in the latter result_success = continue%s",
			plain->label, block->label, mend);
	if (block->failure == AUTH_DB_RULE_RETURN_OK ||
	    block->internalfail == AUTH_DB_RULE_RETURN_OK)
		rs_complain(inspection,
			    "%s lets in whom it does not know; remove result_failure = "
			    "return-ok and result_internalfail = return-ok",
			    block->label);
}

static void rs_inspect_masters(struct rs_inspection *inspection)
{
	const struct rs_scope *scope = &inspection->scope;

	for (unsigned int i = 0; i < scope->master_count; i++) {
		const struct rs_block *block = &scope->masters[i];

		if (block->ours)
			rs_complain(inspection,
				    "%s has master = yes, which asks it about master users "
				    "only; remove master",
				    block->label);
		else if (block->passdb != NULL)
			rs_inspect_master(inspection, block);
	}
}

/* first: whether ours is asked before any passdb has verified the login, and the
 * others are asked behind it. */
static void rs_inspect_behind(struct rs_inspection *inspection, const struct rs_block *block,
			      const struct rs_block *ours, bool first)
{
	if (rs_block_verifies(block) && ours->skip == AUTH_PASSDB_SKIP_UNAUTHENTICATED &&
	    block->skip != AUTH_PASSDB_SKIP_UNAUTHENTICATED)
		rs_complain(inspection,
			    "%s stands behind relaysentry: whom it lets in is not "
			    "checked; move it before %s",
			    block->label, ours->label);
	else if (!first && !ours->pass &&
		 (block->deny || block->skip == AUTH_PASSDB_SKIP_UNAUTHENTICATED))
		rs_warn(inspection,
			"%s stands behind relaysentry and is not asked about a login that is "
			"let in; move it before %s",
			block->label, ours->label);
}

/* The last block of ours that Dovecot has kept, or NULL. */
static const struct rs_block *rs_inspect_ours(struct rs_inspection *inspection, bool *first_r)
{
	const struct rs_scope *scope = &inspection->scope;
	const struct rs_block *last = NULL;
	bool verified = FALSE, dropped = FALSE;

	for (unsigned int i = 0; i < scope->block_count; i++) {
		const struct rs_block *block = &scope->blocks[i];

		if (block->ours && block->passdb == NULL) {
			dropped = TRUE;
			rs_complain(inspection,
				    "%s was dropped: Dovecot leaves out a first passdb with "
				    "skip = unauthenticated; move it behind the primary passdb",
				    block->label);
		} else if (block->ours) {
			*first_r = !verified;
			rs_inspect_own_asked(inspection, block, *first_r);
			rs_inspect_own_heeded(inspection, block, *first_r);
			last = block;
		} else if (rs_block_verifies(block)) {
			verified = TRUE;
		}
	}
	if (last == NULL && !dropped)
		rs_complain(inspection,
			    "no passdb relaysentry: logins are not checked; add the block "
			    "to the passdbs of this protocol");
	return last;
}

/* Dovecot keeps the fields of a passdb from its cache when the worker then finds the
 * password wrong, and another passdb takes it. */
static void rs_inspect_cache(struct rs_inspection *inspection, const struct rs_block *last)
{
	const struct rs_scope *scope = &inspection->scope;
	unsigned int count = 0;

	for (const struct rs_block *block = scope->blocks; block < last; block++)
		count += rs_block_verifies(block) ? 1 : 0;
	if (scope->cached_by_worker && count > 1)
		rs_warn(inspection,
			"auth_cache_verify_password_with_worker = yes lets a login keep the fields "
			"of a passdb that refused its password; write "
			"auth_cache_verify_password_with_worker = no");
}

static const struct rs_block *rs_inspect_blocks(struct rs_inspection *inspection)
{
	const struct rs_scope *scope = &inspection->scope;
	bool first = FALSE;
	const struct rs_block *last = rs_inspect_ours(inspection, &first);

	if (last == NULL)
		return NULL;
	for (unsigned int i = 0; i < scope->block_count; i++) {
		const struct rs_block *block = &scope->blocks[i];

		if (block->ours || block->passdb == NULL)
			continue;
		if (block < last)
			rs_inspect_before(inspection, block);
		else
			rs_inspect_behind(inspection, block, last, first);
	}
	rs_inspect_cache(inspection, last);
	return last;
}

void rs_placement_check(struct event *event)
{
	static bool checked = FALSE;
	struct rs_inspection inspection;

	if (checked)
		return;
	checked = TRUE;
	i_zero(&inspection);
	inspection.event = event;
	inspection.pool = pool_alloconly_create("relaysentry placement", 1024);
	p_array_init(&inspection.told, inspection.pool, 8);
	for (unsigned int i = 0; i < rs_scope_count(); i++) {
		const struct rs_block *last;

		rs_scope_get(i, inspection.pool, &inspection.scope);
		last = rs_inspect_blocks(&inspection);
		rs_inspect_masters(&inspection);
		if (last != NULL)
			rs_inspect_mechanisms(&inspection, last);
	}
	pool_unref(&inspection.pool);
}

/* SPDX-License-Identifier: MIT */

/* auth-request-fields.c of Dovecot is written this way too: two fields of the
 * request have no function that sets them. */
#define AUTH_REQUEST_FIELDS_CONST

#include "compat.h"
#include "driver.h"

#include "array.h"

const char *rs_request_service(const struct auth_request *request)
{
#if defined(RS_FIELDS_PROTOCOL)
	return request->fields.protocol;
#else
	return request->fields.service;
#endif
}

bool rs_request_tls(const struct auth_request *request)
{
	return request->fields.secured == AUTH_REQUEST_SECURED_TLS;
}

#if defined(RS_AUTH_PASSDB_MECHANISMS)
#define RS_PASSDB_FILTERS(passdb) (passdb)
#else
#define RS_PASSDB_FILTERS(passdb) ((passdb)->passdb)
#endif

static bool rs_passdb_skipped(struct auth_request *request, const struct auth_passdb *passdb)
{
	const char *const *mechanisms = RS_PASSDB_FILTERS(passdb)->mechanisms;
	const char *const *users = RS_PASSDB_FILTERS(passdb)->username_filter;

	if (mechanisms != NULL &&
	    !str_array_icase_find(mechanisms,
				  request->mech == NULL ? "none" : request->mech->mech_name))
		return TRUE;
	if (users != NULL && !auth_request_username_accepted(users, request->fields.user))
		return TRUE;
	switch (passdb->skip) {
	case AUTH_PASSDB_SKIP_NEVER:
		return FALSE;
	case AUTH_PASSDB_SKIP_AUTHENTICATED:
		return request->fields.skip_password_check;
	case AUTH_PASSDB_SKIP_UNAUTHENTICATED:
		return !request->fields.skip_password_check;
	}
	i_unreached();
}

bool rs_request_next_passdb(struct auth_request *request)
{
	const struct auth_passdb *passdb;

	for (passdb = request->passdb->next; passdb != NULL; passdb = passdb->next) {
		if (!rs_passdb_skipped(request, passdb))
			return TRUE;
	}
	return FALSE;
}

bool rs_request_first_place(struct auth_request *request)
{
	const struct auth_passdb *passdb = auth_request_get_auth(request)->passdbs;

	for (; passdb != NULL && passdb != request->passdb; passdb = passdb->next) {
		if (!passdb->set->deny)
			return FALSE;
	}
	return TRUE;
}

bool rs_request_userdb_safe(struct auth_request *request)
{
	const struct auth_userdb *userdb = auth_request_get_auth(request)->userdbs;

	if (request->userdb_prefetch_set)
		return TRUE;
	for (; userdb != NULL; userdb = userdb->next) {
		if (strcmp(userdb->userdb->iface->name, "prefetch") == 0)
			return FALSE;
	}
	return TRUE;
}

void rs_request_no_penalty(struct auth_request *request)
{
	request->fields.no_penalty = TRUE;
}

void rs_request_forget_master(struct auth_request *request)
{
	if (request->fields.master_user == NULL)
		return;
	request->fields.user = request->fields.master_user;
	request->fields.master_user = NULL;
}

unsigned int rs_scope_count(void)
{
	return array_count(&auths);
}

static const struct auth_passdb *rs_passdb_of(const struct auth_passdb *list,
					      const struct auth_passdb_settings *set)
{
	for (; list != NULL && list->set != set; list = list->next)
		;
	return list;
}

void rs_scope_get(unsigned int i, pool_t pool, struct rs_scope *scope_r)
{
	struct auth *auth = array_idx_elem(&auths, i);
	struct auth_passdb_settings *const *sets = NULL;
	unsigned int count = 0, n;

	if (array_is_created(&auth->set->passdbs))
		sets = array_get(&auth->set->passdbs, &count);
	i_zero(scope_r);
	scope_r->service = auth->service;
	scope_r->mechanisms = auth->reg;
	scope_r->blocks = p_new(pool, struct rs_block, count + 1);
	scope_r->masters = p_new(pool, struct rs_block, count + 1);
	for (n = 0; n < count; n++) {
		const struct auth_passdb_settings *set = sets[n];
		const struct auth_passdb *passdb =
			rs_passdb_of(set->master ? auth->masterdbs : auth->passdbs, set);
		struct rs_block *block = set->master ? &scope_r->masters[scope_r->master_count++]
						     : &scope_r->blocks[scope_r->block_count++];

		block->passdb = passdb;
		block->driver = set->driver;
		block->number = n + 1;
		block->ours = strcmp(set->driver, RS_DRIVER) == 0;
		block->deny = set->deny;
		block->pass = set->pass;
		block->mechanisms_filtered = *set->mechanisms != '\0';
		block->users_filtered = *set->username_filter != '\0';
		if (passdb == NULL)
			continue;
		block->skip = passdb->skip;
		block->success = passdb->result_success;
		block->failure = passdb->result_failure;
		block->internalfail = passdb->result_internalfail;
	}
}

static struct passdb_module *rs_preinit(pool_t pool, const char *args)
{
	return rs_driver_new(pool, args);
}

struct passdb_module_interface rs_passdb_interface = {
	.name = RS_DRIVER,
	.preinit = rs_preinit,
	.init = rs_driver_init,
	.deinit = rs_driver_deinit,
	.verify_plain = rs_driver_verify_plain,
	.lookup_credentials = rs_driver_lookup_credentials,
};

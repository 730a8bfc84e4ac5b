/* SPDX-License-Identifier: MIT */
#include "compat.h"
#include "driver.h"

#include "array.h"
#include "dict-client.h"
#include "str.h"

const char *const rs_setting_mechanisms = "mechanisms";
const bool rs_tokens_are_passwords = TRUE;
const bool rs_refusal_is_lost = FALSE;
const bool rs_return_is_lost = TRUE;
const unsigned int rs_dict_protocol = DICT_CLIENT_PROTOCOL_MAJOR_VERSION;

const char *rs_request_service(const struct auth_request *request)
{
	return request->fields.service;
}

bool rs_request_tls(const struct auth_request *request)
{
	return request->fields.secured == AUTH_REQUEST_SECURED_TLS;
}

bool rs_request_secured(const struct auth_request *request)
{
	return request->fields.secured != AUTH_REQUEST_SECURED_NONE;
}

#if defined(RS_AUTH_PASSDB_MECHANISMS)
#define RS_PASSDB_FILTERS(passdb) (passdb)
#else
#define RS_PASSDB_FILTERS(passdb) ((passdb)->passdb)
#endif

bool rs_passdb_filtered(const struct auth_request *request, const struct auth_passdb *passdb)
{
	const char *const *mechanisms = RS_PASSDB_FILTERS(passdb)->mechanisms;
	const char *const *users = RS_PASSDB_FILTERS(passdb)->username_filter;
	const char *mechanism = request->fields.mech_name;

	if (mechanisms != NULL &&
	    !str_array_icase_find(mechanisms, mechanism == NULL ? "none" : mechanism))
		return TRUE;
	return users != NULL && !auth_request_username_accepted(users, request->fields.user);
}

bool rs_request_ticket(const struct auth_request *request)
{
	return request->fields.mech_name != NULL && request->passdb_success;
}

/* What came as a token was given to every passdb as a password. Only the oauth2
 * passdb sets this field: to the token, but where it gives the provider a password
 * (use_grant_password), to the one that it got for it. */
bool rs_request_token_verified(const struct auth_request *request)
{
	const char *token = auth_fields_find(request->fields.extra_fields, "token");

	return token != NULL && request->mech_password != NULL &&
	       strcmp(token, request->mech_password) == 0;
}

/* Left to Dovecot, the first field brings the default fields of the first userdb,
 * and they would stay for a user whom only the second knows. */
void rs_request_userdb_field(struct auth_request *request, const char *name, const char *value)
{
	if (request->fields.userdb_reply == NULL)
		auth_request_init_userdb_reply(request, FALSE);
	auth_request_set_field(request, name, value, NULL);
}

void rs_request_answer(struct auth_request *request, enum passdb_result result,
		       const unsigned char *credentials, size_t size,
		       lookup_credentials_callback_t *callback)
{
	callback(result, credentials, size, request);
}

void rs_request_no_delay(struct auth_request *request)
{
	auth_fields_add(request->fields.extra_fields, "nodelay", NULL, AUTH_FIELD_FLAG_HIDDEN);
}

const char *rs_request_passdb_name(const struct auth_request *request)
{
	const char *name = request->passdb->set->name;

	return *name != '\0' ? name : RS_DRIVER;
}

const char *rs_request_log_prefix(struct auth_request *request, const char *passdb_name)
{
	string_t *prefix = t_str_new(128);

	auth_request_get_log_prefix(prefix, request, passdb_name);
	return str_c(prefix);
}

void rs_scope_get(unsigned int i, pool_t pool, struct rs_scope *scope_r)
{
	const struct auth *auth = array_idx_elem(&auths, i);
	struct auth_passdb_settings *const *sets = NULL;
	unsigned int count = 0;

	if (array_is_created(&auth->set->passdbs))
		sets = array_get(&auth->set->passdbs, &count);
	i_zero(scope_r);
	scope_r->service = auth->service;
	scope_r->winbind = auth->set->use_winbind;
	scope_r->cached_by_worker =
		auth->set->cache_size > 0 && auth->set->cache_verify_password_with_worker;
	scope_r->mechanisms =
		(const char *const *)p_strsplit_spaces(pool, auth->set->mechanisms, " ");
	scope_r->blocks = p_new(pool, struct rs_block, count + 1);
	scope_r->masters = p_new(pool, struct rs_block, count + 1);
	for (unsigned int n = 0; n < count; n++) {
		const struct auth_passdb_settings *set = sets[n];
		const struct auth_passdb *passdb = set->master ? auth->masterdbs : auth->passdbs;
		struct rs_block *block;

		while (passdb != NULL && passdb->set != set)
			passdb = passdb->next;
		block = rs_scope_add(scope_r, passdb, set);
		block->label = p_strdup_printf(pool, "passdb %u (%s%s)", n + 1, set->driver,
					       set->master && !block->ours ? ", master" : "");
		block->pass = set->pass;
		block->mechanisms_filtered = *set->mechanisms != '\0';
		if (passdb != NULL)
			block->mechanisms = passdb->mechanisms;
		block->users_filtered = *set->username_filter != '\0';
	}
}

static struct passdb_module *rs_preinit(pool_t pool, const char *text)
{
	struct rs_args args;

	rs_args_parse(pool, text, &args);
	return rs_driver_new(pool, &args);
}

struct passdb_module_interface rs_passdb_interface = {
	.name = RS_DRIVER,
	.preinit = rs_preinit,
	.init = rs_driver_init,
	.deinit = rs_driver_deinit,
	.verify_plain = rs_driver_verify_plain,
	.lookup_credentials = rs_driver_lookup_credentials,
};

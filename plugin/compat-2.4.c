/* SPDX-License-Identifier: MIT */

/* As in compat.c. */
#define AUTH_REQUEST_FIELDS_CONST

#include "compat.h"
#include "driver.h"
#include "settings-2.4.h"

#include "array.h"
#if defined(RS_DICT_CLIENT)
#include "dict-client.h"
#else
/* 2.4.0 and 2.4.1 do not install it. */
#define DICT_CLIENT_PROTOCOL_MAJOR_VERSION 4
#endif

const char *const rs_setting_mechanisms = "mechanisms_filter";
const bool rs_tokens_are_passwords = FALSE;
const bool rs_refusal_is_lost = TRUE; /* from 2.4.2 on */
const bool rs_return_is_lost = FALSE;
const unsigned int rs_dict_protocol = DICT_CLIENT_PROTOCOL_MAJOR_VERSION;

const char *rs_request_service(const struct auth_request *request)
{
	return request->fields.protocol;
}

bool rs_request_tls(const struct auth_request *request)
{
	return request->fields.conn_secured == AUTH_REQUEST_CONN_SECURED_TLS;
}

bool rs_request_secured(const struct auth_request *request)
{
	return request->fields.conn_secured != AUTH_REQUEST_CONN_SECURED_NONE;
}

bool rs_passdb_filtered(const struct auth_request *request, const struct auth_passdb *passdb)
{
	const char *mechanism = request->fields.mech_name;

	if (passdb->mechanisms_filter != NULL &&
	    !str_array_icase_find(passdb->mechanisms_filter,
				  mechanism == NULL ? "lookup" : mechanism))
		return TRUE;
	return passdb->username_filter != NULL &&
	       !auth_request_username_accepted(passdb->username_filter, request->fields.user);
}

/* From 2.4.2 on, passdb_success is set only behind the lookup. */
bool rs_request_ticket(const struct auth_request *request)
{
	return request->fields.mech_name != NULL && !rs_request_bearer(request);
}

/* The mechanism verifies the token before it asks any passdb. */
bool rs_request_token_verified(const struct auth_request *request)
{
	return request->fields.skip_password_check;
}

void rs_request_userdb_field(struct auth_request *request, const char *name, const char *value)
{
	auth_request_set_field(request, name, value, NULL);
}

void rs_request_answer(struct auth_request *request, enum passdb_result result,
		       const unsigned char *credentials, size_t size,
		       lookup_credentials_callback_t *callback)
{
#if defined(RS_CREDENTIALS_SCHEME)
	const char *scheme = credentials == NULL ? NULL : request->wanted_credentials_scheme;

	callback(result, credentials, size, scheme, request);
#else
	callback(result, credentials, size, request);
#endif
}

void rs_request_no_delay(struct auth_request *request)
{
	request->failure_nodelay = TRUE;
	request->fields.no_penalty = TRUE;
}

const char *rs_request_passdb_name(const struct auth_request *request)
{
	return request->passdb->name;
}

const char *rs_request_log_prefix(struct auth_request *request ATTR_UNUSED, const char *passdb_name)
{
	return t_strconcat(passdb_name, ": ", NULL);
}

void rs_scope_get(unsigned int i, pool_t pool, struct rs_scope *scope_r)
{
	static const char *const none[] = { NULL };
	const struct auth *auth = array_idx_elem(&auths, i);
	const struct auth_settings *auth_set = auth->protocol_set;
	const struct auth_passdb_settings *const *sets = NULL;
	unsigned int count = 0;

	if (array_is_created(&auth_set->parsed_passdbs))
		sets = array_get(&auth_set->parsed_passdbs, &count);
	i_zero(scope_r);
	scope_r->service = auth->protocol;
	scope_r->winbind = auth_set->use_winbind;
	scope_r->cached_by_worker =
		auth_set->cache_size > 0 && auth_set->cache_verify_password_with_worker;
	scope_r->mechanisms = array_is_created(&auth_set->mechanisms)
				      ? settings_boollist_get(&auth_set->mechanisms)
				      : none;
	scope_r->blocks = p_new(pool, struct rs_block, count + 1);
	scope_r->masters = p_new(pool, struct rs_block, count + 1);
	for (unsigned int n = 0; n < count; n++) {
		const struct auth_passdb_settings *set = sets[n];
		const struct auth_passdb *passdb = set->master ? auth->masterdbs : auth->passdbs;
		struct rs_block *block;

		/* Dovecot reads the settings once more for the passdb itself. */
		while (passdb != NULL && strcmp(passdb->set->name, set->name) != 0)
			passdb = passdb->next;
		block = rs_scope_add(scope_r, passdb, set);
		block->label =
			strcmp(set->name, set->driver) == 0
				? p_strconcat(pool, "passdb ", set->name, NULL)
				: p_strdup_printf(pool, "passdb %s (%s)", set->name, set->driver);
		block->mechanisms_filtered = array_is_created(&set->mechanisms_filter) &&
					     !array_is_empty(&set->mechanisms_filter);
		if (passdb != NULL)
			block->mechanisms = passdb->mechanisms_filter;
		block->users_filtered = *set->username_filter != '\0';
		block->worker = set->use_worker;
	}
}

static int rs_preinit_settings(pool_t pool, struct event *event, struct passdb_module **module_r,
			       const char **error_r)
{
	const struct rs_settings *set;
	struct rs_args args;

	if (settings_get(event, &rs_setting_parser_info, 0, &set, error_r) < 0)
		return -1;
	i_zero(&args);
	args.policy_path = p_strdup(pool, set->relaysentry_policy_file);
	if (!rs_on_error_parse(set->relaysentry_on_error, &args.on_error)) {
		*error_r = t_strdup_printf("relaysentry_on_error: unknown value %s",
					   set->relaysentry_on_error);
		settings_free(set);
		return -1;
	}
	settings_free(set);
	*module_r = rs_driver_new(pool, &args);
	return 0;
}

#if defined(RS_PREINIT_PARAMETERS)
static int rs_preinit(pool_t pool, struct event *event,
		      const struct passdb_parameters *parameters ATTR_UNUSED,
		      struct passdb_module **module_r, const char **error_r)
{
	return rs_preinit_settings(pool, event, module_r, error_r);
}
#else
#define rs_preinit rs_preinit_settings
#endif

struct passdb_module_interface rs_passdb_interface = {
	.name = RS_DRIVER,
	.preinit = rs_preinit,
	.init = rs_driver_init,
	.deinit = rs_driver_deinit,
	.verify_plain = rs_driver_verify_plain,
	.lookup_credentials = rs_driver_lookup_credentials,
};

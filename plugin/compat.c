/* SPDX-License-Identifier: MIT */

/* auth-request-fields.c of Dovecot is written this way too: two fields of the
 * request have no function that sets them. */
#define AUTH_REQUEST_FIELDS_CONST

#include "compat.h"

#include "array.h"
#include "event-filter.h"
#include "lib-event-private.h"
#include "str.h"

static bool rs_passdb_skipped(const struct auth_request *request, const struct auth_passdb *passdb)
{
	if (rs_passdb_filtered(request, passdb))
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

bool rs_request_judged_before(struct auth_request *request)
{
	const struct auth_passdb *passdb = auth_request_get_auth(request)->passdbs;

	for (; passdb != NULL && passdb != request->passdb; passdb = passdb->next) {
		if (strcmp(passdb->set->driver, RS_DRIVER) == 0)
			return TRUE;
	}
	return FALSE;
}

bool rs_request_bearer(const struct auth_request *request)
{
	const char *mechanism = request->fields.mech_name;

	return mechanism != NULL &&
	       (strcmp(mechanism, "OAUTHBEARER") == 0 || strcmp(mechanism, "XOAUTH2") == 0);
}

bool rs_request_any_credentials(const struct auth_request *request)
{
	const char *mechanism = request->fields.mech_name;

	return mechanism == NULL || strcmp(mechanism, "GSSAPI") == 0 ||
	       strcmp(mechanism, "GSS-SPNEGO") == 0 || rs_request_bearer(request);
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

char *rs_request_name(struct auth_request *request, char *user)
{
	char *old = request->fields.user;

	request->fields.user = user;
	return old;
}

const char *rs_base_dir(void)
{
	return global_auth_settings->base_dir;
}

unsigned int rs_scope_count(void)
{
	return array_count(&auths);
}

struct rs_block *rs_scope_add(struct rs_scope *scope, const struct auth_passdb *passdb,
			      const struct auth_passdb_settings *set)
{
	struct rs_block *block = set->master ? &scope->masters[scope->master_count++]
					     : &scope->blocks[scope->block_count++];

	block->passdb = passdb;
	block->driver = set->driver;
	block->ours = strcmp(set->driver, RS_DRIVER) == 0;
	block->deny = set->deny;
	if (passdb == NULL)
		return block;
	block->skip = passdb->skip;
	block->success = passdb->result_success;
	block->failure = passdb->result_failure;
	block->internalfail = passdb->result_internalfail;
	return block;
}

#if defined(RS_EVENT_FILTERS)
static bool rs_filter_empty(struct event_filter *filter)
{
	string_t *text;

	if (filter == NULL)
		return TRUE;
	text = t_str_new(128);
	event_filter_export(filter, text);
	return str_len(text) == 0;
}

bool rs_request_events_wanted(const struct auth_request *request)
{
	static unsigned int checked = 0;
	static bool wanted;

	/* Dovecot counts how often it has replaced one of them; from 1 on. */
	if (checked != event_filter_replace_counter) {
		wanted = !rs_filter_empty(event_get_global_debug_send_filter()) ||
			 !rs_filter_empty(event_get_global_debug_log_filter()) ||
			 !rs_filter_empty(event_get_global_core_log_filter());
		checked = event_filter_replace_counter;
	}
	return wanted || request->event->forced_debug;
}
#else
bool rs_request_events_wanted(const struct auth_request *request ATTR_UNUSED)
{
	return TRUE;
}
#endif

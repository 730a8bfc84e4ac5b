/* SPDX-License-Identifier: MIT */
#include "facts.h"

#include "array.h"
#include "ioloop.h"
#include "net.h"

static const struct {
	const char *name;
	size_t offset;
} rs_field_names[] = {
	{ "relaysentry_group", offsetof(struct rs_fields, group) },
	{ "relaysentry_allow", offsetof(struct rs_fields, allow) },
	{ "relaysentry_deny", offsetof(struct rs_fields, deny) },
	{ "relaysentry_credential", offsetof(struct rs_fields, credential) },
};

static const struct {
	const char *mechanism;
	enum rs_credential credential;
} rs_mechanisms[] = {
	{ "PLAIN", RS_CREDENTIAL_PASSWORD },	  { "LOGIN", RS_CREDENTIAL_PASSWORD },
	{ "CRAM-MD5", RS_CREDENTIAL_PASSWORD },	  { "DIGEST-MD5", RS_CREDENTIAL_PASSWORD },
	{ "APOP", RS_CREDENTIAL_PASSWORD },	  { "RPA", RS_CREDENTIAL_PASSWORD },
	{ "LANMAN", RS_CREDENTIAL_PASSWORD },	  { "GSSAPI", RS_CREDENTIAL_KERBEROS },
	{ "GSS-SPNEGO", RS_CREDENTIAL_KERBEROS },
};

void rs_fields_take(struct auth_request *request, struct rs_fields *fields_r)
{
	struct auth_fields *extra = request->fields.extra_fields;
	const struct auth_field *field;
	bool found = FALSE;

	i_zero(fields_r);
	if (auth_fields_is_empty(extra))
		return;
	array_foreach (auth_fields_export(extra), field) {
		if (!rs_begins(field->key, "relaysentry_"))
			continue;
		for (unsigned int i = 0; i < N_ELEMENTS(rs_field_names); i++) {
			if (strcmp(field->key, rs_field_names[i].name) != 0)
				continue;
			*(const char **)PTR_OFFSET(fields_r, rs_field_names[i].offset) =
				field->value == NULL ? "" : field->value;
			found = TRUE;
		}
	}
	if (!found)
		return;
	for (unsigned int i = 0; i < N_ELEMENTS(rs_field_names); i++)
		auth_fields_remove(extra, rs_field_names[i].name);
	/* A refused login rolls back to the last snapshot. */
	auth_fields_snapshot(extra);
}

static enum rs_credential rs_facts_credential(struct auth_request *request)
{
	const char *mechanism = request->fields.mech_name;

	if (rs_request_bearer(request)) {
		return rs_request_token_verified(request) ? RS_CREDENTIAL_TOKEN
							  : RS_CREDENTIAL_PASSWORD;
	}
	if (strcmp(mechanism, "EXTERNAL") == 0) {
		return request->fields.valid_client_cert ? RS_CREDENTIAL_CERTIFICATE
							 : RS_CREDENTIAL_OTHER;
	}
	/* Also with channel binding: SCRAM-SHA-256-PLUS. */
	if (rs_begins(mechanism, "SCRAM-"))
		return RS_CREDENTIAL_PASSWORD;
	for (unsigned int i = 0; i < N_ELEMENTS(rs_mechanisms); i++) {
		if (strcmp(mechanism, rs_mechanisms[i].mechanism) == 0)
			return rs_mechanisms[i].credential;
	}
	return RS_CREDENTIAL_OTHER;
}

/* With a proxy the backend verifies: whatever was given got this far. */
static bool rs_facts_proxied(struct auth_request *request)
{
	struct auth_fields *extra = request->fields.extra_fields;

	return auth_fields_exists(extra, "proxy") || auth_fields_exists(extra, "proxy_maybe");
}

static enum rs_tls rs_facts_tls(struct auth_request *request)
{
	if (rs_request_tls(request))
		return RS_TLS_ON;
	/* Dovecot's login processes say of each connection whether it has TLS, and
	 * give it a session id. */
	if (request->fields.session_id != NULL)
		return RS_TLS_OFF;
	/* Postfix and Exim call a connection with TLS only secured, and Exim also
	 * one from its own host. Without an address there is no connection:
	 * doveadm auth test. */
	if (rs_request_secured(request) || request->fields.remote_ip.family == 0)
		return RS_TLS_UNKNOWN;
	return RS_TLS_OFF;
}

static void rs_facts_ip(struct rs_ip *ip_r, const struct ip_addr *ip)
{
	if (ip->family == 0)
		i_zero(ip_r);
	else
		rs_ip_from_bytes(ip_r, ip->family, &ip->u);
}

bool rs_facts_get(struct auth_request *request, const struct rs_fields *fields, bool plain,
		  struct rs_login *login_r)
{
	const struct ip_addr *remote = &request->fields.remote_ip;
	const struct ip_addr *peer = &request->fields.real_remote_ip;
	bool valid = TRUE;

	i_zero(login_r);
	login_r->user = request->fields.requested_login_user != NULL
				? request->fields.requested_login_user
				: request->fields.user;
	login_r->master = request->fields.requested_login_user != NULL
				  ? request->fields.user
				  : request->fields.master_user;
	login_r->group = fields->group;
	login_r->allow = fields->allow;
	login_r->deny = fields->deny;
	rs_facts_ip(&login_r->remote, remote);
	if (remote->family != 0 && peer->family != 0 && !net_ip_compare(remote, peer))
		rs_facts_ip(&login_r->via, peer);
	login_r->service = rs_request_service(request);
	login_r->mechanism = request->fields.mech_name;
	if (fields->credential == NULL ||
	    (valid = rs_credential_parse(fields->credential, &login_r->credential) == 0) == FALSE)
		login_r->credential = rs_facts_credential(request);
	/* After a lookup the flag only says that the user was found; but a token
	 * is verified before it. */
	login_r->verified = (plain || rs_request_bearer(request)) &&
			    request->fields.skip_password_check && !rs_facts_proxied(request);
	login_r->tls = rs_facts_tls(request);
	login_r->time = ioloop_time;
	return valid;
}

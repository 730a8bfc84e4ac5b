/* SPDX-License-Identifier: MIT */
#include "reply.h"

#include "base64.h"
#include "buffer.h"
#include "randgen.h"
#include "str.h"

#define RS_USERDB_PREFIX "userdb_"

/* name begins with RS_USERDB_PREFIX. The field for the client needs none of
 * what auth_request_set_field() looks for. */
static void rs_reply_field(struct auth_request *request, bool userdb, const char *name,
			   const char *value)
{
	auth_fields_add(request->fields.extra_fields, name + strlen(RS_USERDB_PREFIX), value, 0);
	if (userdb)
		rs_request_userdb_field(request, name, value);
}

const char *rs_reply_tags(const char *const *tags, size_t count)
{
	string_t *text;

	if (count == 1)
		return tags[0];
	text = t_str_new(64);
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			str_append_c(text, ',');
		str_append(text, tags[i]);
	}
	return str_c(text);
}

void rs_reply_tag(struct auth_request *request, const struct rs_verdict *verdict)
{
	bool userdb;

	if (verdict->cover == NULL && verdict->tag_count == 0)
		return;
	userdb = rs_request_userdb_safe(request);
	if (verdict->cover != NULL) {
		const struct rs_relay *relay = verdict->cover->relay;

		rs_reply_field(request, userdb, RS_USERDB_PREFIX "relaysentry_relay", relay->id);
		rs_reply_field(request, userdb, RS_USERDB_PREFIX "relaysentry_class",
			       rs_class_name(relay->class_));
	}
	if (verdict->tag_count > 0)
		rs_reply_field(request, userdb, RS_USERDB_PREFIX "relaysentry_tags",
			       rs_reply_tags(verdict->tags, verdict->tag_count));
}

static bool rs_reply_any_credentials(const struct auth_request *request, bool plain)
{
	return !plain && rs_request_any_credentials(request);
}

/* GSSAPI has verified the ticket and only asks whether the user may log in. */
bool rs_reply_ticket(const struct auth_request *request, bool plain)
{
	return rs_reply_any_credentials(request, plain) && rs_request_ticket(request);
}

bool rs_reply_lost(struct auth_request *request, bool plain)
{
	return !request->fields.skip_password_check && !rs_request_next_passdb(request) &&
	       !rs_reply_ticket(request, plain);
}

/* Whether OK would fail the login: no passdb has let the user in yet, and
 * result_success = return leaves it at that. */
static bool rs_reply_ok_fails(const struct auth_request *request)
{
	return !request->passdb_success && request->passdb->result_success == AUTH_DB_RULE_RETURN;
}

/* Never OK where nobody verified and nobody will: Dovecot takes the credentials
 * of an OK for granted, and crashes when there are none. */
void rs_reply_pass(struct auth_request *request, bool plain, struct rs_answer *answer_r)
{
	bool authenticated = request->fields.skip_password_check;

	i_zero(answer_r);
	/* The master user may be all that was verified so far: OK would end the
	 * login without the user's own passdb, which may also stand behind. */
	if (rs_request_next_passdb(request) &&
	    (!authenticated || rs_request_first_place(request) || rs_reply_ok_fails(request))) {
		answer_r->result = PASSDB_RESULT_NEXT;
	} else if (authenticated) {
		answer_r->result = plain || rs_reply_any_credentials(request, plain) ||
						   request->fields.delayed_credentials != NULL
					   ? PASSDB_RESULT_OK
					   : PASSDB_RESULT_SCHEME_NOT_AVAILABLE;
	} else if (rs_reply_ticket(request, plain)) {
		answer_r->result = PASSDB_RESULT_OK;
	} else {
		/* What the passdbs before this one said about the user counts:
		 * mail to a user whom none of them could look up must not be
		 * returned. */
		answer_r->result =
			plain ? PASSDB_RESULT_USER_UNKNOWN : PASSDB_RESULT_SCHEME_NOT_AVAILABLE;
	}
}

/* What the passdbs found belongs to a login that is let in. */
static void rs_reply_drop_fields(struct auth_request *request)
{
	auth_fields_reset(request->fields.extra_fields);
	auth_fields_snapshot(request->fields.extra_fields);
}

void rs_reply_reason(struct auth_request *request, const char *reason, struct rs_answer *answer_r)
{
	i_zero(answer_r);
	rs_reply_drop_fields(request);
	auth_fields_add(request->fields.extra_fields, "reason", reason, 0);
	/* Others share the address. */
	rs_request_no_delay(request);
	answer_r->result = PASSDB_RESULT_USER_DISABLED;
}

/* SCRAM shows salt and iterations before the client proves anything: a refusal
 * at the lookup would be seen one step earlier than a wrong password. So the
 * exchange goes on, with keys that no password fits; passdb_success is taken
 * away too, which fails the login behind any proof. */
static bool rs_reply_scram(struct auth_request *request, struct rs_answer *answer)
{
	const struct auth_passdb *passdb = request->passdb;
	const char *const *parts;
	string_t *text;

	/* By the mechanism: up to 2.4.4, an earlier passdb sets the wanted scheme to
	 * that of a stored hash, and Kerberos and tokens take any OK for a yes. */
	if (!rs_begins(request->fields.mech_name, "SCRAM-") ||
	    request->fields.delayed_credentials == NULL ||
	    request->fields.requested_login_user != NULL ||
	    passdb->result_success != AUTH_DB_RULE_RETURN || passdb->set->deny)
		return FALSE;
	/* iterations, salt, stored key, server key */
	parts = t_strsplit(t_strndup(request->fields.delayed_credentials,
				     request->fields.delayed_credentials_size),
			   ",");
	if (str_array_length(parts) != 4)
		return FALSE;
	text = str_new(request->pool, 256);
	str_printfa(text, "%s,%s", parts[0], parts[1]);
	for (unsigned int i = 2; i < 4; i++) {
		buffer_t *key = t_base64_decode_str(parts[i]);
		size_t size = key->used;

		buffer_set_used_size(key, 0);
		random_fill(buffer_append_space_unsafe(key, size), size);
		str_append_c(text, ',');
		base64_encode(key->data, size, text);
	}
	request->passdb_success = FALSE;
	answer->result = PASSDB_RESULT_OK;
	answer->credentials = str_data(text);
	answer->size = str_len(text);
	return TRUE;
}

void rs_reply_generic(struct auth_request *request, bool plain, struct rs_answer *answer_r)
{
	enum auth_db_rule failure = request->passdb->result_failure;

	i_zero(answer_r);
	/* Dovecot's own queue of failures delays the reply, shuffled among those
	 * of wrong passwords: a queue of ours would answer at moments of its
	 * own, and that would tell them apart. Only the penalty of the address is
	 * left out: other users share it. */
	rs_request_no_penalty(request);
	if (plain)
		rs_request_forget_master(request);
	else
		/* The proof of who is let in is judged whatever a passdb could not
		 * look up before another knew the user; a password is not. */
		request->passdbs_seen_internal_failure = FALSE;
	if (!plain && rs_reply_scram(request, answer_r))
		return;
	rs_reply_drop_fields(request);
	/* USER_DISABLED is refused whatever result_failure says, but has a code
	 * of its own, which a wrong password has not. GSSAPI takes a mismatch
	 * for a success. */
	request->passdb_success = FALSE;
	if ((failure == AUTH_DB_RULE_RETURN || failure == AUTH_DB_RULE_RETURN_FAIL) &&
	    (!rs_reply_any_credentials(request, plain) || rs_request_bearer(request)))
		answer_r->result = PASSDB_RESULT_PASSWORD_MISMATCH;
	else
		answer_r->result = PASSDB_RESULT_USER_DISABLED;
}

void rs_reply_tempfail(struct auth_request *request, struct rs_answer *answer_r)
{
	i_zero(answer_r);
	rs_request_no_penalty(request);
	rs_reply_drop_fields(request);
	/* INTERNAL_FAILURE could be overruled by another passdb. And 2.4 delays it in
	 * a way that 2.4.5's auth process does not survive when it is told to stop. */
	request->internal_failure = TRUE;
	answer_r->result = PASSDB_RESULT_USER_DISABLED;
}

/* SPDX-License-Identifier: MIT */
#include "attempt.h"
#include "compat.h"
#include "driver.h"
#include "engine.h"
#include "facts.h"
#include "placement.h"
#include "reply.h"

#include "module-dir.h"

/* All that the module exports. */
extern const char *authdb_relaysentry_version;
void authdb_relaysentry_init(struct module *module);
void authdb_relaysentry_deinit(void);

__attribute__((visibility("default"))) const char *authdb_relaysentry_version = DOVECOT_ABI_VERSION;

struct passdb_module *rs_driver_new(pool_t pool, const struct rs_args *args)
{
	struct rs_module *module = p_new(pool, struct rs_module, 1);

	module->args = *args;
	return &module->module;
}

/* Runs as Dovecot's user; files are read here and not in preinit, which is
 * root: what cannot be read here could not be read again later. */
void rs_driver_init(struct passdb_module *_module)
{
	struct rs_module *module = container_of(_module, struct rs_module, module);

	/* passdb_use_worker would ask a process that has loaded nothing. */
	_module->blocking = FALSE;
	if (worker)
		return;
	module->engine = rs_engine_ref(&module->args, rs_placement_is_first(_module));
	rs_placement_check(module->engine->event);
}

void rs_driver_deinit(struct passdb_module *_module)
{
	struct rs_module *module = container_of(_module, struct rs_module, module);

	rs_engine_unref(&module->engine);
}

/* Nothing to decide with. */
static void rs_judge_on_error(struct auth_request *request, enum rs_on_error on_error, bool plain,
			      struct rs_answer *answer_r)
{
	switch (on_error) {
	case RS_ON_ERROR_ALLOW:
		rs_reply_pass(request, plain, answer_r);
		return;
	case RS_ON_ERROR_DENY:
		rs_reply_generic(request, plain, answer_r);
		return;
	case RS_ON_ERROR_TEMPFAIL:
		rs_reply_tempfail(request, answer_r);
		return;
	}
	i_unreached();
}

/* The login fails whatever is answered. But where a right password is refused as if
 * it were wrong, a wrong one must not raise the penalty either: the delay of the
 * next attempt would tell them apart. */
static void rs_judge_lost(struct auth_request *request, struct rs_engine *engine,
			  struct rs_login *login, bool plain, struct rs_answer *answer_r)
{
	struct rs_verdict *verdict = engine->verdict;
	struct rs_attempt *attempt;

	/* What would a right password be told? */
	login->verified = plain;
	rs_decide(engine->policy, engine->db, login, verdict, NULL, NULL);
	login->verified = FALSE;
	attempt = rs_attempt_new(engine, request, login, verdict, FALSE, TRUE);
	if (verdict->action == RS_ACTION_DENY && verdict->reply == RS_REPLY_GENERIC)
		rs_reply_generic(request, plain, answer_r);
	else
		rs_reply_pass(request, plain, answer_r);
	answer_r->attempt = attempt;
}

static void rs_judge_login(struct auth_request *request, struct rs_engine *engine,
			   const struct rs_fields *fields, bool plain, struct rs_answer *answer_r)
{
	struct rs_verdict *verdict = engine->verdict;
	struct rs_attempt *attempt;
	struct rs_login login;

	if (!rs_facts_get(request, fields, plain, &login))
		rs_engine_bad_credential(engine);
	if (rs_reply_lost(request, plain)) {
		rs_judge_lost(request, engine, &login, plain, answer_r);
		return;
	}
	rs_decide(engine->policy, engine->db, &login, verdict, NULL, NULL);
	if (verdict->no_address)
		rs_engine_no_address(engine);
	attempt = rs_attempt_new(engine, request, &login, verdict,
				 login.verified || rs_reply_ticket(request, plain), FALSE);
	if (verdict->action != RS_ACTION_DENY) {
		rs_reply_tag(request, verdict);
		rs_reply_pass(request, plain, answer_r);
	} else if (verdict->reply == RS_REPLY_REASON && login.verified) {
		rs_reply_reason(request, verdict->message, answer_r);
	} else {
		rs_reply_generic(request, plain, answer_r);
	}
	answer_r->attempt = attempt;
}

static void rs_judge(struct auth_request *request, bool plain, struct rs_answer *answer_r)
{
	struct rs_module *module = container_of(request->passdb->passdb, struct rs_module, module);
	struct rs_engine *engine = module->engine;
	struct rs_fields fields;

	rs_fields_take(request, &fields);
	if (request->fields.mech_name == NULL) {
		/* A lookup that is no login: doveadm user, LMTP. */
		rs_reply_pass(request, plain, answer_r);
	} else if (engine == NULL || engine->policy == NULL) {
		rs_judge_on_error(request, module->args.on_error, plain, answer_r);
	} else if (engine->mode == RS_MODE_NONE) {
		rs_reply_pass(request, plain, answer_r);
	} else if (engine->db != NULL) {
		rs_judge_login(request, engine, &fields, plain, answer_r);
	} else if (engine->mode == RS_MODE_ENFORCE) {
		rs_judge_on_error(request, module->args.on_error, plain, answer_r);
	} else {
		rs_reply_pass(request, plain, answer_r);
	}
}

void rs_driver_verify_plain(struct auth_request *request, const char *password ATTR_UNUSED,
			    verify_plain_callback_t *callback)
{
	struct rs_answer answer;

	rs_judge(request, TRUE, &answer);
	callback(answer.result, request);
	rs_attempt_answered(answer.attempt);
}

void rs_driver_lookup_credentials(struct auth_request *request,
				  lookup_credentials_callback_t *callback)
{
	struct rs_answer answer;

	rs_judge(request, FALSE, &answer);
	rs_request_answer(request, answer.result, answer.credentials, answer.size, callback);
	rs_attempt_answered(answer.attempt);
}

__attribute__((visibility("default"))) void
authdb_relaysentry_init(struct module *module ATTR_UNUSED)
{
	passdb_register_module(&rs_passdb_interface);
}

__attribute__((visibility("default"))) void authdb_relaysentry_deinit(void)
{
	passdb_unregister_module(&rs_passdb_interface);
}

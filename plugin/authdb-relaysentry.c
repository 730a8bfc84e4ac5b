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

	/* Who waits asks for the engine once more. */
	if (module->engine != NULL)
		rs_engine_end(module->engine);
	rs_engine_unref(&module->engine);
}

/* A login that is judged: at once, or when the user's exceptions have been looked up. */
struct rs_judging {
	struct auth_request *request;
	struct rs_fields fields;
	bool plain;				  /* as in rs_facts_get() */
	verify_plain_callback_t *verified;	  /* of plain */
	lookup_credentials_callback_t *looked_up; /* of the others */
	bool asked;   /* exceptions are all that will be known of them */
	bool resumed; /* judged once before */
	const struct rs_exceptions *exceptions;
};

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

static void rs_judge_resume(const struct rs_exceptions *exceptions, bool given_up, void *context);

/* Sets engine->verdict. Returns FALSE when the user's exceptions must be looked up
 * first: then nothing is to be answered now. */
static bool rs_judge_decide(struct rs_judging *judging, struct rs_engine *engine,
			    struct rs_login *login)
{
	struct auth_request *request = judging->request;
	struct rs_judging *later;

	login->exceptions = judging->exceptions;
	login->exceptions_pending = !judging->asked && rs_exceptions_cache_asks(engine->exceptions);
	rs_decide(engine->policy, engine->db, login, engine->verdict, NULL, NULL);
	if (!engine->verdict->wants_exceptions)
		return TRUE;
	judging->asked = TRUE;
	later = p_new(request->pool, struct rs_judging, 1);
	*later = *judging;
	if (!rs_exceptions_cache_find(engine->exceptions, login->user, &login->exceptions,
				      rs_judge_resume, later)) {
		auth_request_ref(request);
		return FALSE;
	}
	login->exceptions_pending = FALSE;
	rs_decide(engine->policy, engine->db, login, engine->verdict, NULL, NULL);
	return TRUE;
}

/* The login fails whatever is answered. But where a right password is refused as if
 * it were wrong, a wrong one must not raise the penalty either: the delay of the
 * next attempt would tell them apart. So would the time of a lookup that only one of
 * them waits for. */
static bool rs_judge_lost(struct rs_judging *judging, struct rs_engine *engine,
			  struct rs_login *login, struct rs_answer *answer_r)
{
	struct auth_request *request = judging->request;
	struct rs_verdict *verdict = engine->verdict;
	struct rs_attempt *attempt;
	bool plain = judging->plain;

	/* What would a right password be told? */
	login->verified = plain;
	if (!rs_judge_decide(judging, engine, login))
		return FALSE;
	login->verified = FALSE;
	attempt = rs_attempt_new(engine, request, login, verdict, FALSE, TRUE);
	if (verdict->action == RS_ACTION_DENY && verdict->reply == RS_REPLY_GENERIC)
		rs_reply_generic(request, plain, answer_r);
	else
		rs_reply_pass(request, plain, answer_r);
	answer_r->attempt = attempt;
	return TRUE;
}

static bool rs_judge_login(struct rs_judging *judging, struct rs_engine *engine,
			   struct rs_answer *answer_r)
{
	struct auth_request *request = judging->request;
	struct rs_verdict *verdict = engine->verdict;
	bool plain = judging->plain, again = judging->resumed;
	struct rs_attempt *attempt;
	struct rs_login login;

	if (!rs_facts_get(request, &judging->fields, plain, &login) && !again)
		rs_engine_bad_credential(engine);
	if (rs_reply_lost(request, plain))
		return rs_judge_lost(judging, engine, &login, answer_r);
	if (!rs_judge_decide(judging, engine, &login))
		return FALSE;
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
	return TRUE;
}

/* Returns FALSE when the login is answered later. */
static bool rs_judge(struct rs_judging *judging, struct rs_answer *answer_r)
{
	struct auth_request *request = judging->request;
	struct rs_module *module = container_of(request->passdb->passdb, struct rs_module, module);
	struct rs_engine *engine = module->engine;
	bool plain = judging->plain;

	if (request->fields.mech_name == NULL) {
		/* A lookup that is no login: doveadm user, LMTP. */
		rs_reply_pass(request, plain, answer_r);
	} else if (engine != NULL && engine->ending) {
		/* Of the passdbs before, Dovecot may have freed too much to judge. */
		rs_reply_tempfail(request, answer_r);
	} else if (engine == NULL || engine->policy == NULL) {
		rs_judge_on_error(request, module->args.on_error, plain, answer_r);
	} else if (engine->mode == RS_MODE_NONE) {
		rs_reply_pass(request, plain, answer_r);
	} else if (engine->db != NULL) {
		return rs_judge_login(judging, engine, answer_r);
	} else if (engine->mode == RS_MODE_ENFORCE) {
		rs_judge_on_error(request, module->args.on_error, plain, answer_r);
	} else {
		rs_reply_pass(request, plain, answer_r);
	}
	return TRUE;
}

static void rs_judge_answer(struct rs_judging *judging)
{
	struct auth_request *request = judging->request;
	struct rs_answer answer;

	if (!rs_judge(judging, &answer))
		return;
	if (judging->plain)
		judging->verified(answer.result, request);
	else
		rs_request_answer(request, answer.result, answer.credentials, answer.size,
				  judging->looked_up);
	rs_attempt_answered(answer.attempt);
}

/* Policy and database may be other ones by now: those in force decide. */
static void rs_judge_resume(const struct rs_exceptions *exceptions, bool given_up, void *context)
{
	struct rs_judging *judging = context;
	struct auth_request *request = judging->request;

	judging->exceptions = exceptions;
	/* Another dict may know. */
	judging->asked = !given_up;
	judging->resumed = TRUE;
	rs_judge_answer(judging);
	auth_request_unref(&request);
}

void rs_driver_verify_plain(struct auth_request *request, const char *password ATTR_UNUSED,
			    verify_plain_callback_t *callback)
{
	struct rs_judging judging = { .request = request, .plain = TRUE, .verified = callback };

	rs_fields_take(request, &judging.fields);
	rs_judge_answer(&judging);
}

void rs_driver_lookup_credentials(struct auth_request *request,
				  lookup_credentials_callback_t *callback)
{
	struct rs_judging judging = { .request = request, .looked_up = callback };

	rs_fields_take(request, &judging.fields);
	rs_judge_answer(&judging);
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

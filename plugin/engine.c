/* SPDX-License-Identifier: MIT */
#include "compat.h"
#include "engine.h"
#include "load.h"
#include "placement.h"
#include "syslogsock.h"

#include "ioloop.h"

#define RS_MINUTE_MSECS (60 * 1000)
#define RS_NO_ADDRESS_SECS (60 * 60)
#define RS_RELOAD_SECS 10

static struct rs_engine *rs_engines = NULL;

static const char *rs_on_error_text(const struct rs_engine *engine)
{
	const char *text = "";

	for (unsigned int i = RS_ON_ERROR_ALLOW; i <= RS_ON_ERROR_TEMPFAIL; i++) {
		if ((engine->on_error & (1U << i)) != 0)
			text = t_strconcat(text, *text == '\0' ? "" : ",",
					   rs_on_error_name((enum rs_on_error)i), NULL);
	}
	return text;
}

/* The line that tells an administrator that nothing is checked, and why. */
static void rs_engine_complain(struct rs_engine *engine)
{
	const char *faults = engine->args_faults != NULL ? engine->args_faults : engine->faults;

	if (faults == NULL)
		faults = "out of memory";
	if (engine->args_faults == NULL && engine->policy != NULL)
		e_error(engine->event,
			"no relay database: logins are not checked (mode=%s, on_error=%s): %s",
			rs_mode_name(engine->mode), rs_on_error_text(engine), faults);
	else
		e_error(engine->event, "no policy: logins are not checked (on_error=%s): %s",
			rs_on_error_text(engine), faults);
}

static bool rs_engine_idle(const struct rs_engine *engine)
{
	return engine->db == NULL && (engine->policy == NULL || engine->mode != RS_MODE_NONE);
}

static void rs_engine_reload(struct rs_engine *engine);

/* After each load: a policy says how often the files are looked at. */
static void rs_engine_watch(struct rs_engine *engine)
{
	if (engine->to_reload != NULL && engine->watch_interval == engine->reload_interval)
		return;
	timeout_remove(&engine->to_reload);
	engine->watch_interval = engine->reload_interval;
	engine->to_reload = timeout_add(engine->watch_interval * 1000, rs_engine_reload, engine);
}

/* After each load, before anything is decided. */
static void rs_engine_loaded(struct rs_engine *engine)
{
	/* In this order: whoever waits for exceptions may be answered now, and what is
	 * reported of him counts in the state. */
	rs_state_set(engine->state, engine->policy);
	rs_exceptions_cache_set(engine->exceptions, engine->policy);
	rs_syslogsock_set(engine->syslog, engine->policy);
	rs_engine_watch(engine);
}

static void rs_engine_tell_credentials(struct rs_engine *engine)
{
	if (engine->bad_credential_count == 0)
		return;
	e_warning(engine->event,
		  "%u login(s) with a passdb field relaysentry_credential that names no "
		  "credential (password, app-password, token, certificate, kerberos, other): "
		  "the field was left out",
		  engine->bad_credential_count);
	engine->bad_credential_count = 0;
}

static void rs_engine_minute(struct rs_engine *engine)
{
	if (engine->retry && engine->retry_pause > 0) {
		engine->retry_pause--;
	} else if (engine->retry) {
		rs_load_again(engine);
		rs_engine_loaded(engine);
	}
	if (rs_engine_idle(engine))
		rs_engine_complain(engine);
	rs_engine_tell_credentials(engine);
	rs_limiter_flush(&engine->limiter, engine->event, engine->db);
	rs_limiter_flush_failed(&engine->limiter, engine->event);
	rs_syslogsock_minute(engine->syslog);
}

static void rs_engine_reload(struct rs_engine *engine)
{
	rs_load_changed(engine);
	rs_engine_loaded(engine);
}

static struct rs_engine *rs_engine_new(const char *name, const struct rs_args *args)
{
	struct rs_engine *engine = i_new(struct rs_engine, 1);

	engine->name = i_strdup(name);
	engine->args_faults = i_strdup(args->faults);
	engine->on_error = 1U << args->on_error;
	engine->reload_interval = RS_RELOAD_SECS;
	engine->event = event_create(auth_event);
	event_set_append_log_prefix(engine->event, "relaysentry: ");
	engine->exceptions = rs_exceptions_cache_new(engine->event);
	engine->state = rs_state_new(engine->event);
	engine->syslog = rs_syslogsock_new(engine->event);
	if (args->faults == NULL) {
		rs_watch_set(&engine->policy_watch, args->policy_path, TRUE);
		rs_load_all(engine);
		rs_engine_loaded(engine);
	}
	if (rs_engine_idle(engine))
		rs_engine_complain(engine);
	engine->to_minute = timeout_add(RS_MINUTE_MSECS, rs_engine_minute, engine);
	engine->next = rs_engines;
	rs_engines = engine;
	return engine;
}

struct rs_engine *rs_engine_ref(const struct rs_args *args, bool first_place)
{
	const char *name = args->faults == NULL ? args->policy_path : args->faults;
	struct rs_engine *engine = rs_engines;

	while (engine != NULL && strcmp(engine->name, name) != 0)
		engine = engine->next;
	if (engine == NULL)
		engine = rs_engine_new(name, args);
	engine->refcount++;
	engine->on_error |= 1U << args->on_error;
	if (first_place && !engine->first_place) {
		engine->first_place = TRUE;
		if (engine->policy != NULL)
			rs_placement_check_policy(engine->event, engine->policy);
	}
	return engine;
}

void rs_engine_end(struct rs_engine *engine)
{
	engine->ending = TRUE;
	rs_exceptions_cache_set(engine->exceptions, NULL);
}

void rs_engine_unref(struct rs_engine **_engine)
{
	struct rs_engine *engine = *_engine, **link = &rs_engines;

	*_engine = NULL;
	if (engine == NULL || --engine->refcount > 0)
		return;
	while (*link != engine)
		link = &(*link)->next;
	*link = engine->next;
	timeout_remove(&engine->to_reload);
	timeout_remove(&engine->to_minute);
	/* An idle auth process ends, mostly before its minute. */
	rs_engine_tell_credentials(engine);
	rs_attempts_end(&engine->attempts);
	/* Alerts that wait are sent. */
	rs_state_free(&engine->state);
	rs_syslogsock_free(&engine->syslog);
	rs_limiter_free(&engine->limiter, engine->event, engine->db);
	rs_exceptions_cache_free(&engine->exceptions);
	rs_load_free(engine);
	event_unref(&engine->event);
	i_free(engine->args_faults);
	i_free(engine->name);
	i_free(engine);
}

void rs_engine_no_address(struct rs_engine *engine)
{
	engine->no_address_count++;
	if (engine->no_address_warned != 0 && ioloop_time >= engine->no_address_warned &&
	    ioloop_time - engine->no_address_warned < RS_NO_ADDRESS_SECS)
		return;
	e_warning(engine->event,
		  "no address of the client in %u login(s) since the last such line: no_address "
		  "decides about them; let the service tell auth the address",
		  engine->no_address_count);
	engine->no_address_count = 0;
	engine->no_address_warned = ioloop_time;
}

void rs_engine_bad_credential(struct rs_engine *engine)
{
	engine->bad_credential_count++;
}

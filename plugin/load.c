/* SPDX-License-Identifier: MIT */
#include "compat.h"
#include "engine.h"
#include "load.h"
#include "placement.h"

#include "str.h"
#include "time-util.h"

#define RS_FAULTS_SHOWN 5
#define RS_FAULT_LEN 512
#define RS_MEMORY_MEND "raise vsz_limit in Dovecot's service auth, or make the file smaller"

/* Trying again what failed may take a thousandth of the time: logins wait for it.
 * One minute of pause for each of these, and at most an hour. */
#define RS_RETRY_STEP_NSECS (60ULL * 1000 * 1000)
#define RS_RETRY_PAUSE_MAX 60ULL

/* What an attempt has loaded; swapped in as a whole or not at all. */
struct rs_loaded {
	struct rs_policy *policy;
	struct rs_relaydb *db;
	struct rs_verdict *verdict;
};

static const char *rs_diag_text(const struct rs_diag *diag)
{
	char *text = t_malloc_no0(RS_FAULT_LEN);

	rs_diag_format(diag, text, RS_FAULT_LEN);
	return text;
}

static const char *rs_faults_text(const struct rs_diags *diags)
{
	size_t count = rs_diags_count(diags, RS_LEVEL_ERROR), shown = 0;
	string_t *text = t_str_new(256);

	for (size_t i = 0; i < rs_diags_kept(diags) && shown < RS_FAULTS_SHOWN; i++) {
		const struct rs_diag *diag = rs_diags_get(diags, i);

		if (diag->level != RS_LEVEL_ERROR)
			continue;
		if (shown++ > 0)
			str_append(text, " | ");
		str_append(text, rs_diag_text(diag));
	}
	if (count > shown)
		str_printfa(text, " | and %zu more", count - shown);
	if (rs_diags_memory_short(diags))
		str_append(text, "; " RS_MEMORY_MEND);
	return str_c(text);
}

static void rs_log_diags(struct rs_engine *engine, const struct rs_diags *diags,
			 enum rs_level level)
{
	for (size_t i = 0; i < rs_diags_kept(diags); i++) {
		const struct rs_diag *diag = rs_diags_get(diags, i);

		if (diag->level != level)
			continue;
		if (level == RS_LEVEL_ERROR)
			e_error(engine->event, "%s", rs_diag_text(diag));
		else
			e_warning(engine->event, "%s", rs_diag_text(diag));
	}
}

/* A faulty file is reported once, however often it is tried again; the minute's
 * line repeats it only while nothing is loaded. */
static void rs_load_failed(struct rs_engine *engine, const struct rs_diags *diags, bool again)
{
	const char *faults = rs_faults_text(diags);

	if (again && null_strcmp(engine->faults, faults) == 0)
		return;
	i_free(engine->faults);
	engine->faults = i_strdup(faults);
	i_free(engine->identity);
	rs_log_diags(engine, diags, RS_LEVEL_ERROR);
	if (rs_diags_memory_short(diags))
		e_error(engine->event, "memory is short; " RS_MEMORY_MEND);
	if (engine->db != NULL)
		e_error(engine->event, "not loaded: policy %s and database %s stay in force",
			rs_policy_path(engine->policy), rs_policy_database(engine->policy));
}

static const char *rs_time_text(int64_t seconds)
{
	return t_strflocaltime("%Y-%m-%d %H:%M:%S %z", (time_t)seconds);
}

static const char *rs_identity(const struct rs_engine *engine)
{
	struct rs_relaydb_info info;

	rs_relaydb_info(engine->db, &info);
	return t_strdup_printf("policy %s: id=%s mode=%s rules=%zu; database %s: id=%s built=%s "
			       "relays=%zu networks=%zu",
			       rs_policy_path(engine->policy), rs_policy_id(engine->policy),
			       rs_mode_name(engine->mode), rs_policy_rule_count(engine->policy),
			       rs_policy_database(engine->policy), info.id,
			       rs_time_text(info.build_epoch), info.relay_count,
			       info.network_count);
}

/* Told at start and when something else is in force than before. */
static void rs_log_loaded(struct rs_engine *engine, const struct rs_diags *diags)
{
	const char *identity = rs_identity(engine);

	if (null_strcmp(engine->identity, identity) == 0)
		return;
	i_free(engine->identity);
	engine->identity = i_strdup(identity);
	rs_log_diags(engine, diags, RS_LEVEL_WARNING);
	e_info(engine->event, "loaded %s", identity);
	if (engine->first_place)
		rs_placement_check_policy(engine->event, engine->policy);
}

/* Whether the relays have the same numbers as before. A file that was very new
 * when it was read is read again, mostly to find the same in it. */
static bool rs_load_same_relays(const struct rs_engine *engine, const struct rs_loaded *loaded)
{
	struct rs_relaydb_info old, now;

	if (loaded->db == NULL)
		return TRUE;
	if (engine->db == NULL)
		return FALSE;
	rs_relaydb_info(engine->db, &old);
	rs_relaydb_info(loaded->db, &now);
	return strcmp(old.id, now.id) == 0 && old.relay_count == now.relay_count;
}

static void rs_load_swap(struct rs_engine *engine, struct rs_loaded *loaded)
{
	/* The counts name relays by their number. */
	if (!rs_load_same_relays(engine, loaded))
		rs_limiter_reset(&engine->limiter, engine->event, engine->db);
	/* A verdict has room for the rules of one policy. */
	if (loaded->verdict != NULL || loaded->policy != NULL) {
		rs_verdict_free(&engine->verdict);
		engine->verdict = loaded->verdict;
	}
	if (loaded->policy != NULL) {
		rs_policy_free(&engine->policy);
		engine->policy = loaded->policy;
		engine->mode = rs_policy_mode(engine->policy);
		engine->reload_interval = rs_policy_reload_interval(engine->policy);
	}
	if (loaded->db != NULL) {
		rs_relaydb_free(&engine->db);
		engine->db = loaded->db;
	}
	i_zero(loaded);
}

/* A policy without a database: it is known which logins must not be refused. */
static void rs_load_policy_alone(struct rs_engine *engine, struct rs_loaded *loaded)
{
	/* It may have come so far that only the memory to use it was missing. */
	rs_relaydb_free(&loaded->db);
	if (engine->db == NULL)
		rs_load_swap(engine, loaded);
}

static bool rs_load_bind(struct rs_engine *engine, struct rs_loaded *loaded, struct rs_diags *diags)
{
	struct rs_policy *policy = loaded->policy != NULL ? loaded->policy : engine->policy;
	struct rs_relaydb *db = loaded->db != NULL ? loaded->db : engine->db;

	/* The last policy may have come without a database. */
	if ((loaded->policy != NULL || engine->verdict == NULL) &&
	    (loaded->verdict = rs_verdict_new(policy)) == NULL) {
		rs_diags_no_memory(diags, NULL, 0);
		return FALSE;
	}
	if (rs_policy_bind(policy, db, RS_LEVEL_WARNING, diags) < 0) {
		rs_diags_no_memory(diags, NULL, 0);
		return FALSE;
	}
	return TRUE;
}

static bool rs_load_database(struct rs_engine *engine, struct rs_loaded *loaded,
			     struct rs_diags *diags)
{
	const char *path =
		rs_policy_database(loaded->policy != NULL ? loaded->policy : engine->policy);

	if (null_strcmp(engine->db_watch.path, path) != 0)
		rs_watch_set(&engine->db_watch, path, FALSE);
	(void)rs_watch_look(&engine->db_watch);
	loaded->db = rs_relaydb_load(path, NULL, diags);
	if (loaded->db != NULL)
		return TRUE;
	/* The database in force goes on, when a new policy means the same one. */
	return engine->db != NULL && loaded->policy != NULL &&
	       strcmp(rs_policy_id(loaded->policy), rs_policy_id(engine->policy)) != 0 &&
	       strcmp(path, rs_policy_database(engine->policy)) == 0;
}

static bool rs_load_policy(struct rs_engine *engine, struct rs_loaded *loaded,
			   struct rs_diags *diags)
{
	struct stat entries;
	time_t begin;

	(void)rs_watch_look(&engine->policy_watch);
	(void)rs_watch_look(&engine->entries_watch);
	begin = engine->entries_watch.begin;
	loaded->policy = rs_policy_load(engine->name, NULL, &entries, diags);
	if (loaded->policy == NULL)
		return FALSE;
	rs_watch_set(&engine->entries_watch, rs_policy_entries_path(loaded->policy), TRUE);
	engine->entries_watch.seen = entries;
	/* Reading it may have taken long. */
	engine->entries_watch.begin = begin;
	return TRUE;
}

static void rs_load_files(struct rs_engine *engine, bool policy_too, bool database_too, bool again)
{
	struct rs_diags *diags = rs_diags_new();
	struct rs_loaded loaded;
	bool ok = diags != NULL;

	i_zero(&loaded);
	if (ok && policy_too)
		ok = rs_load_policy(engine, &loaded, diags);
	if (ok && policy_too && engine->db != NULL &&
	    strcmp(rs_policy_database(loaded.policy), rs_policy_database(engine->policy)) != 0)
		database_too = TRUE;
	if (ok && (database_too || engine->db == NULL))
		ok = rs_load_database(engine, &loaded, diags);
	if (ok)
		ok = rs_load_bind(engine, &loaded, diags);
	if (ok) {
		rs_load_swap(engine, &loaded);
		rs_log_loaded(engine, diags);
	} else {
		rs_load_policy_alone(engine, &loaded);
	}
	engine->retry = diags == NULL || rs_diags_count(diags, RS_LEVEL_ERROR) > 0;
	if (!engine->retry)
		i_free(engine->faults);
	else if (diags != NULL)
		rs_load_failed(engine, diags, again);
	rs_verdict_free(&loaded.verdict);
	rs_policy_free(&loaded.policy);
	rs_relaydb_free(&loaded.db);
	rs_diags_free(&diags);
}

static void rs_load(struct rs_engine *engine, bool policy_too, bool database_too, bool again)
{
	uint64_t begin = i_nanoseconds(), end;

	rs_load_files(engine, policy_too, database_too, again);
	end = i_nanoseconds();
	/* The clock may have been set meanwhile. */
	engine->retry_pause =
		end < begin ? 0 : I_MIN((end - begin) / RS_RETRY_STEP_NSECS, RS_RETRY_PAUSE_MAX);
}

void rs_load_all(struct rs_engine *engine)
{
	rs_load(engine, TRUE, TRUE, FALSE);
}

void rs_load_again(struct rs_engine *engine)
{
	rs_load(engine, TRUE, TRUE, TRUE);
}

void rs_load_changed(struct rs_engine *engine)
{
	enum rs_look policy = rs_watch_look(&engine->policy_watch);
	enum rs_look database = rs_watch_look(&engine->db_watch);
	enum rs_look entries = rs_watch_look(&engine->entries_watch);
	bool changed = policy == RS_LOOK_CHANGED || database == RS_LOOK_CHANGED ||
		       entries == RS_LOOK_CHANGED;

	policy = I_MAX(policy, entries);
	/* What failed before is not forgotten over what changed now. */
	if (policy != RS_LOOK_SAME || database != RS_LOOK_SAME)
		rs_load(engine, policy != RS_LOOK_SAME || engine->retry,
			database != RS_LOOK_SAME || engine->retry, !changed);
}

void rs_load_free(struct rs_engine *engine)
{
	rs_verdict_free(&engine->verdict);
	rs_policy_free(&engine->policy);
	rs_relaydb_free(&engine->db);
	i_free(engine->faults);
	i_free(engine->identity);
	rs_watch_set(&engine->policy_watch, NULL, FALSE);
	rs_watch_set(&engine->entries_watch, NULL, FALSE);
	rs_watch_set(&engine->db_watch, NULL, FALSE);
}

/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "cli.h"
#include "probe.h"
#include "why.h"

#include <stdlib.h>
#include <string.h>

/* Any end will do: it only has to hold now. */
#define A_WHILE 60

/* --- relays --- */

/* The relay of this id, added when it is new; NULL when memory is short. */
static struct why_relay *relay_of(struct why *why, const char *id)
{
	struct why_relay *relays;

	for (size_t i = 0; i < why->relay_count; i++) {
		if (strcmp(why->relays[i].id, id) == 0)
			return &why->relays[i];
	}
	relays = reallocarray(why->relays, why->relay_count + 1, sizeof(*relays));
	if (relays == NULL)
		return NULL;
	why->relays = relays;
	relays += why->relay_count;
	*relays =
		(struct why_relay){ .id = strdup(id), .relay = rs_relaydb_find(why->kept.db, id) };
	if (relays->id == NULL)
		return NULL;
	why->relay_count++;
	return relays;
}

static int by_id(const void *a, const void *b)
{
	return strcmp(((const struct why_relay *)a)->id, ((const struct why_relay *)b)->id);
}

struct naming {
	struct why *why;
	bool no_memory;
};

/* Entries for a class or for all name no relay. */
static void name_relay(struct naming *naming, const char *relay)
{
	if (relay[0] != '@' && relay[0] != '*' && relay_of(naming->why, relay) == NULL)
		naming->no_memory = true;
}

static void name_entry(const struct rs_policy_entry *entry, void *context)
{
	name_relay(context, entry->relay);
}

/* What a row tells of a relay. */
static int take_row(struct why *why, const struct kept_row *row)
{
	const char *seen_id = rs_kept_row_relay(row, RS_DICT_SEEN);
	const char *told_id = rs_kept_row_relay(row, RS_DICT_TOLD);
	struct why_relay *relay;
	struct rs_seen seen;

	if (seen_id == NULL && told_id == NULL)
		return 0;
	if (seen_id != NULL && rs_seen_parse(row->value, &seen) < 0) {
		why->faulty++;
		return 0;
	}
	relay = relay_of(why, seen_id != NULL ? seen_id : told_id);
	if (relay == NULL)
		return rs_cli_no_memory();
	if (seen_id != NULL) {
		relay->was_seen = true;
		relay->seen = seen;
	} else {
		relay->was_told = true;
		relay->told = rs_kept_told_at(row->value);
	}
	return 0;
}

static int find_seen(struct why *why)
{
	struct kept_rows rows;
	int status = rs_kept_rows(&why->kept, why->kept.state, why->user.key, "", &rows);

	for (size_t i = 0; status == 0 && i < rows.count; i++)
		status = take_row(why, &rows.rows[i]);
	rs_kept_rows_free(&rows);
	return status;
}

static int find_exceptions(struct why *why)
{
	char key[RS_DICT_KEY_SIZE], *value;
	int status;

	(void)rs_dict_key(why->user.key, RS_DICT_EXCEPTIONS, NULL, key);
	status = rs_cli_dict_lookup(why->kept.exceptions, key, &value);
	if (status == 0)
		status = rs_kept_parse(why->user.key, value, &why->list, NULL);
	free(value);
	return status;
}

static int find_relays(struct why *why)
{
	struct naming naming = { .why = why };
	int status = 0;

	if (why->kept.exceptions != NULL)
		status = find_exceptions(why);
	if (status == 0 && why->kept.state != NULL)
		status = find_seen(why);
	for (size_t i = 0; why->list != NULL && i < rs_exceptions_count(why->list); i++)
		name_relay(&naming, rs_exceptions_get(why->list, i)->relay);
	(void)rs_policy_user_entries(why->kept.policy, why->user.name, name_entry, &naming);
	if (status == 0 && naming.no_memory)
		status = rs_cli_no_memory();
	if (why->relay_count > 1)
		qsort(why->relays, why->relay_count, sizeof(*why->relays), by_id);
	return status;
}

/* --- today --- */

/* What would help: tried with an exception for this relay alone. */
static int find_advice(const struct why *why, struct probe *probe, struct why_relay *relay)
{
	const struct rs_exception item = {
		.relay = relay->id,
		.not_after = why->kept.now + A_WHILE,
		.reason = "",
		.by = "",
	};
	struct rs_exceptions *list;
	int status = 0;

	relay->advice = WHY_LET_IN;
	if (relay->decided != RS_ACTION_DENY)
		return 0;
	relay->advice = WHY_NO_RULE;
	if ((rs_policy_facts(why->kept.policy) & RS_FACT_ENTRIES) == 0)
		return 0;
	list = rs_exceptions_new();
	if (list == NULL || rs_exceptions_put(list, &item) < 0) {
		rs_exceptions_free(&list);
		return rs_cli_no_memory();
	}
	probe->login.exceptions = list;
	relay->advice = WHY_OTHER_RULE;
	if (rs_probe_decide(probe, relay->relay, relay->service, why->kept.now)->exception != NULL)
		relay->advice = why->list != NULL ? WHY_EXCEPT : WHY_NO_DICT;
	if (relay->advice == WHY_EXCEPT &&
	    (relay->command = rs_why_command(why, relay->id)) == NULL)
		status = rs_cli_no_memory();
	rs_exceptions_free(&list);
	return status;
}

static int decide(const struct why *why, struct probe *probe, struct why_relay *relay)
{
	const struct rs_verdict *verdict = probe->verdict;

	if (relay->relay == NULL)
		return 0;
	probe->login.exceptions = why->list;
	relay->service = rs_probe_worst(probe, relay->relay, why->kept.now);
	relay->address = probe->login.remote;
	relay->action = verdict->action;
	relay->decided = verdict->decided;
	relay->rule = verdict->rule;
	relay->reason = verdict->reason;
	if (verdict->entry_source != NULL && (relay->entry = strdup(verdict->entry_source)) == NULL)
		return rs_cli_no_memory();
	return find_advice(why, probe, relay);
}

int rs_why_find(struct why *why)
{
	struct kept *kept = &why->kept;
	struct rs_ip *addresses = rs_probe_addresses(kept->db);
	struct probe probe = { .policy = kept->policy, .db = kept->db, .addresses = addresses };
	int status;

	probe.login = why->fields;
	probe.login.user = why->user.name;
	probe.verdict = rs_verdict_new(kept->policy);
	if (addresses == NULL || probe.verdict == NULL) {
		status = rs_cli_no_memory();
		goto out;
	}
	status = find_relays(why);
	for (size_t i = 0; i < why->relay_count && status == 0; i++)
		status = decide(why, &probe, &why->relays[i]);
out:
	free(addresses);
	rs_verdict_free(&probe.verdict);
	return status;
}

void rs_why_free(struct why *why)
{
	for (size_t i = 0; i < why->relay_count; i++) {
		free(why->relays[i].id);
		free(why->relays[i].entry);
		free(why->relays[i].command);
	}
	free(why->relays);
	for (size_t i = 0; i < WHY_VERDICTS; i++)
		free(why->log.lines[i]);
	rs_exceptions_free(&why->list);
	rs_kept_end(&why->kept);
}

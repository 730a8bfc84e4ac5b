/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "audit-build.h"

#include <stdlib.h>
#include <string.h>

/* Mechanisms that no password is behind. */
#define TOKENS                                                                                     \
	(1U << RS_LOG_XOAUTH2 | 1U << RS_LOG_OAUTHBEARER | 1U << RS_LOG_EXTERNAL |                 \
	 1U << RS_LOG_GSSAPI | 1U << RS_LOG_GSS_SPNEGO)

struct building {
	const struct audit_wishes *wishes;
	struct audit_report *report;
	const struct rs_audit_pair *pairs; /* of the audit */
	size_t pair_count;
	/* From indexes of the audit, or of the database, to those of the report. */
	uint32_t *user_map, *relay_map, *pair_map;
	uint32_t *sources; /* the way back: of the report's users to the audit's */
};

/* --- selection --- */

static bool is_wanted(const struct building *building, const struct rs_audit_pair *pair)
{
	const struct audit_wishes *wishes = building->wishes;

	if (wishes->only_new && pair->old)
		return false;
	/* What was there before the wanted time alone has nothing in it. */
	if (pair->tally.success == 0 && pair->tally.failed == 0 && pair->alerts == 0 &&
	    pair->denials == 0)
		return false;
	return rs_audit_relay_wanted(wishes->relay, rs_relaydb_relay(wishes->db, pair->relay));
}

static uint32_t *new_map(size_t count)
{
	uint32_t *map = malloc((count + 1) * sizeof(*map));

	_Static_assert(AUDIT_NOT_THERE == UINT32_MAX, "each of its bytes is the same");
	if (map != NULL)
		memset(map, 0xff, (count + 1) * sizeof(*map));
	return map;
}

/* Numbers the users, relays and pairs that are wanted, in the order in which they come. */
static int select_pairs(struct building *building)
{
	struct audit_report *report = building->report;

	building->user_map = new_map(rs_audit_user_count(report->audit));
	building->relay_map = new_map(rs_relaydb_relay_count(building->wishes->db));
	building->pair_map = new_map(building->pair_count);
	if (building->user_map == NULL || building->relay_map == NULL || building->pair_map == NULL)
		return -1;
	for (size_t i = 0; i < building->pair_count; i++) {
		const struct rs_audit_pair *pair = &building->pairs[i];

		if (!is_wanted(building, pair))
			continue;
		building->pair_map[i] = (uint32_t)report->pair_count++;
		if (building->user_map[pair->user] == AUDIT_NOT_THERE)
			building->user_map[pair->user] = (uint32_t)report->user_count++;
		if (building->relay_map[pair->relay] == AUDIT_NOT_THERE)
			building->relay_map[pair->relay] = (uint32_t)report->relay_count++;
	}
	report->users = calloc(report->user_count + 1, sizeof(*report->users));
	report->relays = calloc(report->relay_count + 1, sizeof(*report->relays));
	report->pairs = calloc(report->pair_count + 1, sizeof(*report->pairs));
	building->sources = calloc(report->user_count + 1, sizeof(*building->sources));
	return report->users != NULL && report->relays != NULL && report->pairs != NULL &&
			       building->sources != NULL
		       ? 0
		       : -1;
}

/* --- users and relays, not sorted yet --- */

static int name_users(struct building *building)
{
	struct audit_report *report = building->report;
	const unsigned char *key = building->wishes->key;
	size_t users = rs_audit_user_count(report->audit);

	if (key != NULL) {
		report->owned.names = malloc((report->user_count + 1) * AUDIT_ALIAS_SIZE);
		if (report->owned.names == NULL)
			return -1;
	}
	for (size_t i = 0; i < users; i++) {
		const char *name = rs_audit_user_name(report->audit, (uint32_t)i);
		uint32_t place = building->user_map[i];
		struct audit_user *user;

		if (place == AUDIT_NOT_THERE)
			continue;
		user = &report->users[place];
		building->sources[place] = (uint32_t)i;
		rs_audit_tally_init(&user->tally);
		rs_audit_user_logins(report->audit, (uint32_t)i, &user->success, &user->failed);
		user->name =
			key == NULL
				? name
				: rs_audit_alias(key, name,
						 report->owned.names + place * AUDIT_ALIAS_SIZE);
	}
	return 0;
}

static void name_relays(struct building *building)
{
	const struct audit_wishes *wishes = building->wishes;

	for (size_t i = 0; i < rs_relaydb_relay_count(wishes->db); i++) {
		const struct rs_relay_def *def = NULL;
		struct audit_relay *relay;

		if (building->relay_map[i] == AUDIT_NOT_THERE)
			continue;
		relay = &building->report->relays[building->relay_map[i]];
		relay->relay = rs_relaydb_relay(wishes->db, i);
		rs_audit_tally_init(&relay->tally);
		if (wishes->catalogue != NULL)
			def = rs_catalogue_find(wishes->catalogue, relay->relay->id);
		if (def != NULL) {
			relay->seen_apps = def->seen_apps;
			relay->seen_app_count = def->seen_app_count;
		}
	}
}

/* Whether a password of the user's let the relay in: it holds it. One that was wrong tells
 * nothing; where a line has no mechanism, it may have been one. */
static bool by_password(const struct rs_audit_pair *pair, const struct audit_relay *relay)
{
	return relay->relay->class_ == RS_CLASS_MAIL_RELAY &&
	       (pair->tally.success_mechanisms & ~TOKENS) != 0;
}

static void add_up(struct building *building)
{
	struct audit_report *report = building->report;

	for (size_t i = 0; i < building->pair_count; i++) {
		const struct rs_audit_pair *pair = &building->pairs[i];
		struct audit_user *user;
		struct audit_relay *relay;

		if (building->pair_map[i] == AUDIT_NOT_THERE)
			continue;
		user = &report->users[building->user_map[pair->user]];
		relay = &report->relays[building->relay_map[pair->relay]];
		user->pair_count++;
		rs_audit_tally_merge(&user->tally, &pair->tally);
		rs_audit_tally_merge(&relay->tally, &pair->tally);
		relay->alerts += pair->alerts;
		relay->denials += pair->denials;
		relay->users += pair->tally.success > 0;
		relay->failed_users += pair->tally.success == 0 && pair->tally.failed > 0;
		if (by_password(pair, relay))
			user->password = relay->password = true;
	}
	for (size_t i = 0; i < report->user_count; i++) {
		report->relay_success += report->users[i].tally.success;
		report->relay_failed += report->users[i].tally.failed;
		report->relay_users += report->users[i].tally.success > 0;
		report->password_users += report->users[i].password;
	}
	for (size_t i = 0; i < report->relay_count; i++)
		report->password_relays += report->relays[i].password;
}

/* --- pairs --- */

static int by_logins(const void *a, const void *b)
{
	const struct audit_pair *x = a, *y = b;

	if (x->tally.success != y->tally.success)
		return x->tally.success > y->tally.success ? -1 : 1;
	return x->relay < y->relay ? -1 : 1;
}

/* Groups them by the users, which are sorted now, and know how many pairs they have. */
static void put_pairs(struct building *building)
{
	struct audit_report *report = building->report;
	size_t next = 0;

	for (size_t i = 0; i < report->user_count; i++) {
		report->users[i].first_pair = next;
		next += report->users[i].pair_count;
		report->users[i].pair_count = 0;
	}
	for (size_t i = 0; i < building->pair_count; i++) {
		const struct rs_audit_pair *from = &building->pairs[i];
		struct audit_user *user;

		if (building->pair_map[i] == AUDIT_NOT_THERE)
			continue;
		user = &report->users[building->user_map[from->user]];
		report->pairs[user->first_pair + user->pair_count++] = (struct audit_pair){
			.user = building->user_map[from->user],
			.relay = building->relay_map[from->relay],
			.tally = from->tally,
			.alerts = from->alerts,
			.denials = from->denials,
		};
	}
	for (size_t i = 0; i < report->user_count; i++) {
		const struct audit_user *user = &report->users[i];

		if (user->pair_count > 1)
			qsort(report->pairs + user->first_pair, user->pair_count,
			      sizeof(*report->pairs), by_logins);
	}
}

/* Where the pairs of the audit went: each is one of the few of its user. */
static void map_pairs(struct building *building)
{
	const struct audit_report *report = building->report;

	for (size_t i = 0; i < building->pair_count; i++) {
		const struct rs_audit_pair *from = &building->pairs[i];
		const struct audit_user *user;
		size_t place;

		if (building->pair_map[i] == AUDIT_NOT_THERE)
			continue;
		user = &report->users[building->user_map[from->user]];
		place = user->first_pair;
		while (report->pairs[place].relay != building->relay_map[from->relay])
			place++;
		building->pair_map[i] = (uint32_t)place;
	}
}

/* --- rules --- */

/* Of a rule's rows, which are neighbours, the one that decided and the one that only told,
 * those in which there is something; else the one that the policy's mode makes it. */
static int select_rules(struct audit_report *report)
{
	const struct rs_audit_rule *rows;
	size_t count = rs_audit_rules(report->audit, &rows), next;
	bool enforced = rs_policy_mode(report->policy) == RS_MODE_ENFORCE;

	report->owned.rules = calloc(count + 1, sizeof(*rows));
	report->rules = report->owned.rules;
	if (report->rules == NULL)
		return -1;
	for (size_t i = 0; i < count; i = next) {
		size_t before = report->rule_count;

		for (next = i; next < count && strcmp(rows[i].id, rows[next].id) == 0; next++) {
			if (rows[next].logins > 0)
				report->owned.rules[report->rule_count++] = rows[next];
		}
		if (report->rule_count > before)
			continue;
		report->owned.rules[report->rule_count] = rows[i];
		report->owned.rules[report->rule_count++].enforced = enforced;
	}
	return 0;
}

/* --- all of it --- */

static int build(struct building *building)
{
	const struct audit_wishes *wishes = building->wishes;
	struct audit_report *report = building->report;

	building->pair_count = rs_audit_pairs(report->audit, &building->pairs);
	if (select_pairs(building) < 0 || name_users(building) < 0)
		return -1;
	name_relays(building);
	add_up(building);
	if (rs_audit_sort(report, wishes->sort, building->user_map, building->sources,
			  building->relay_map) < 0)
		return -1;
	put_pairs(building);
	map_pairs(building);
	if (wishes->addresses && rs_audit_report_addresses(report, wishes, building->pair_map) < 0)
		return -1;
	return wishes->only_new ? 0 : rs_audit_report_days(report, building->relay_map);
}

/* As the logs have the name: only one user was read of. */
static int hide_wanted_user(struct audit_report *report, const struct audit_wishes *wishes)
{
	const char *name = wishes->user;

	if (name == NULL || wishes->key == NULL)
		return 0;
	if (rs_audit_user_count(report->audit) == 1)
		name = rs_audit_user_name(report->audit, 0);
	report->owned.wanted_user = malloc(AUDIT_ALIAS_SIZE);
	if (report->owned.wanted_user == NULL)
		return -1;
	report->wanted_user = rs_audit_alias(wishes->key, name, report->owned.wanted_user);
	return 0;
}

int rs_audit_report(const struct rs_audit *audit, const struct audit_wishes *wishes,
		    struct audit_report *report_r)
{
	struct building building = { .wishes = wishes, .report = report_r };
	bool failed;

	*report_r = (struct audit_report){
		.totals = rs_audit_totals(audit),
		.set = wishes->set,
		.audit = audit,
		.now = wishes->now,
		.wanted_user = wishes->user,
		.wanted_relay = wishes->relay,
		.since = wishes->since,
		.until = wishes->until,
		.only_new = wishes->only_new,
		.addresses = wishes->addresses,
		.anonymized = wishes->key != NULL,
		.top = wishes->top,
		.policy = wishes->policy,
	};
	rs_relaydb_info(wishes->db, &report_r->database);
	failed = build(&building) < 0 || hide_wanted_user(report_r, wishes) < 0 ||
		 (wishes->policy != NULL && select_rules(report_r) < 0);
	free(building.user_map);
	free(building.relay_map);
	free(building.pair_map);
	free(building.sources);
	if (!failed)
		return 0;
	rs_audit_report_free(report_r);
	return rs_cli_no_memory();
}

void rs_audit_report_free(struct audit_report *report)
{
	free(report->relays);
	free(report->users);
	free(report->pairs);
	free(report->days);
	free(report->owned.names);
	free(report->owned.wanted_user);
	free(report->owned.addresses);
	free(report->owned.by_relay);
	free(report->owned.rules);
	*report = (struct audit_report){ 0 };
}

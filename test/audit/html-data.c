/* SPDX-License-Identifier: MIT */
#include "html-doubles.h"
#include "html-sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* 2026-11-25T08:00:00Z */
#define NOW INT64_C(1795593600)
#define DAY 86400
#define RELAYS (sizeof(relays) / sizeof(relays[0]))
#define ADDRESSES 2U

struct sample {
	struct audit_report report;
	struct rs_audit_totals totals;
	struct audit_set set;
	struct rs_audit audit;
	struct rs_policy *policy;
	struct audit_file files[3];
	char **names;
	uint64_t *by_relay; /* of all days */
	struct audit_address *addresses;
	uint64_t state; /* of what looks like chance */
};

static const char *const edison[] = { "Edison Mail", "Newton", "Spark", NULL };

static const struct {
	struct rs_relay relay;
	unsigned share; /* of users, in thousands */
	const char *const *apps;
	size_t app_count;
} relays[] = {
	{ { "outlook-mobile", "Outlook for iOS and Android", RS_CLASS_MAIL_RELAY, 0 },
	  420,
	  NULL,
	  0 },
	{ { "aws", "Amazon Web Services", RS_CLASS_CLOUD, 1 }, 160, edison, 3 },
	{ { "gmail-external", "Gmail: check mail from other accounts, send mail as",
	    RS_CLASS_MAIL_RELAY, 2 },
	  230,
	  NULL,
	  0 },
	{ { "icloud-private-relay", "iCloud Private Relay", RS_CLASS_PRIVACY_PROXY, 3 },
	  300,
	  NULL,
	  0 },
	{ { "outlook-new", "new Outlook for Windows and Mac", RS_CLASS_MAIL_RELAY, 4 },
	  190,
	  NULL,
	  0 },
	{ { "google-cloud", "Google Cloud", RS_CLASS_CLOUD, 5 }, 40, edison, 2 },
	{ { "mail-ru", "Mail.ru, myMail and the apps \"Email App for ...\"", RS_CLASS_MAIL_RELAY,
	    6 },
	  35,
	  NULL,
	  0 },
	{ { "linode", "Linode", RS_CLASS_CLOUD, 7 }, 20, NULL, 0 },
	{ { "azure", "Microsoft Azure", RS_CLASS_CLOUD, 8 }, 60, NULL, 0 },
	{ { "proton-easy-switch", "Proton Easy Switch", RS_CLASS_MAIL_RELAY, 9 }, 12, NULL, 0 },
	{ { "sugar-mail", "Sugar Mail", RS_CLASS_MAIL_RELAY, 10 }, 9, NULL, 0 },
};

static const char *const first_names[] = { "alice",  "bjoern", "chiara", "deniz", "emre",  "fatima",
					   "gustav", "hanna",  "ines",	 "jakub", "katja", "liam" };
static const char *const last_names[] = { "ackermann", "brandt",  "castillo", "dvorak",	 "engel",
					  "fischer",   "grosse",  "haddad",   "ivanova", "jansen",
					  "koenig",    "lindner", "moreau",   "nowak" };

static const char policy_text[] =
	"{ \"version\": 1, \"mode\": \"testing\", \"rules\": [ { \"id\": \"stored-passwords\", "
	"\"class\": \"mail-relay\", \"action\": \"alert\" } ] }";

static void *must(void *memory)
{
	if (memory == NULL) {
		fputs("memory is short\n", stderr);
		exit(EX_OSERR);
	}
	return memory;
}

/* 0 to below - 1 */
static unsigned chance(struct sample *sample, unsigned below)
{
	sample->state =
		sample->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(sample->state >> 33) % below;
}

static const struct rs_audit_tally no_logins = {
	.first = INT64_MAX, .last = INT64_MIN, .first_success = INT64_MAX, .last_success = INT64_MIN
};

static void count_login(struct rs_audit_tally *tally, int64_t time, bool success, uint32_t services,
			uint32_t mechanisms)
{
	if (success)
		tally->success++;
	else
		tally->failed++;
	tally->first = time < tally->first ? time : tally->first;
	tally->last = time > tally->last ? time : tally->last;
	tally->services |= services;
	tally->mechanisms |= mechanisms;
}

/* One login: of the pair, its user, its relay, its day, and one of its addresses. */
static void add_login(struct sample *sample, struct audit_pair *pair, size_t day, bool success)
{
	struct audit_report *report = &sample->report;
	struct audit_day *of = &report->days[day];
	int64_t time = (int64_t)of->day * DAY + (int)chance(sample, DAY);
	uint32_t services = chance(sample, 5) == 0 ? 1U << RS_LOG_SMTP : 1U << RS_LOG_IMAP;
	uint32_t mechanisms = pair->user % 17 == 0 ? 1U << RS_LOG_XOAUTH2 : 1U << RS_LOG_PLAIN;

	count_login(&pair->tally, time, success, services, mechanisms);
	count_login(&report->users[pair->user].tally, time, success, services, mechanisms);
	count_login(&report->relays[pair->relay].tally, time, success, services, mechanisms);
	count_login(&pair->addresses[chance(sample, ADDRESSES)].tally, time, success, services,
		    mechanisms);
	if (success) {
		of->success++;
		of->by_relay[pair->relay]++;
		report->relay_success++;
	} else {
		of->failed++;
		report->relay_failed++;
	}
}

/* At weekends fewer read their mail. */
static size_t pick_day(struct sample *sample, size_t since)
{
	unsigned days = (unsigned)(sample->report.day_count - since);
	size_t day = since + chance(sample, days);

	if ((sample->report.days[day].day + 3) % 7 >= 5 && chance(sample, 5) > 0)
		day = since + chance(sample, days);
	return day;
}

static void make_pair(struct sample *sample, size_t user, size_t relay)
{
	struct audit_report *report = &sample->report;
	struct audit_pair *pair = &report->pairs[report->pair_count];
	struct audit_relay *of = &report->relays[relay];
	/* A phone looks for mail again and again. */
	size_t since = chance(sample, 3) > 0 ? 0 : chance(sample, (unsigned)report->day_count);
	unsigned logins = 1 + chance(sample, 12) * chance(sample, 12),
		 failed = chance(sample, 60) / 57;
	bool only_failed = chance(sample, 40) == 0;

	*pair = (struct audit_pair){ .user = (uint32_t)user,
				     .relay = (uint32_t)relay,
				     .tally = no_logins,
				     .addresses =
					     sample->addresses + report->pair_count * ADDRESSES,
				     .address_count = ADDRESSES };
	for (size_t i = 0; i < ADDRESSES; i++) {
		snprintf(pair->addresses[i].text, sizeof(pair->addresses[i].text), "52.125.%u.%u",
			 128 + chance(sample, 16), chance(sample, 256));
		pair->addresses[i].network = "52.125.128.0/20";
		pair->addresses[i].tally = no_logins;
	}
	for (unsigned i = 0; i < logins; i++)
		add_login(sample, pair, pick_day(sample, since), !only_failed && i >= failed);
	pair->alerts = chance(sample, 9) == 0 ? 1 : 0;
	if (pair->tally.success > 0 && of->relay->class_ == RS_CLASS_MAIL_RELAY &&
	    pair->tally.mechanisms == 1U << RS_LOG_PLAIN) {
		report->users[user].password = true;
		report->password_relays += !of->password;
		of->password = true;
	}
	of->users += !only_failed && pair->tally.success > 0;
	of->failed_users += pair->tally.success == 0;
	of->alerts += pair->alerts;
	report->users[user].pair_count++;
	report->pair_count++;
}

static void make_user(struct sample *sample, size_t i)
{
	struct audit_user *user = &sample->report.users[i];

	if (asprintf(&sample->names[i], "%s.%s%zu@example.org",
		     first_names[chance(sample, sizeof(first_names) / sizeof(first_names[0]))],
		     last_names[chance(sample, sizeof(last_names) / sizeof(last_names[0]))], i) < 0)
		must(NULL);
	*user = (struct audit_user){ .name = sample->names[i],
				     .tally = no_logins,
				     .first_pair = sample->report.pair_count };
	for (size_t relay = 0; relay < RELAYS; relay++) {
		if (chance(sample, 1000) < relays[relay].share)
			make_pair(sample, i, relay);
	}
	if (user->pair_count == 0)
		make_pair(sample, i, chance(sample, RELAYS));
	user->success = user->tally.success + chance(sample, 4000);
	user->failed = user->tally.failed + chance(sample, 20);
}

static void make_days(struct sample *sample, size_t count)
{
	struct audit_report *report = &sample->report;

	sample->by_relay = must(calloc(count * RELAYS, sizeof(*sample->by_relay)));
	report->days = must(calloc(count, sizeof(*report->days)));
	report->day_count = count;
	for (size_t i = 0; i < count; i++) {
		report->days[i].day = (int32_t)(NOW / DAY) - (int32_t)(count - 1 - i);
		report->days[i].by_relay = sample->by_relay + i * RELAYS;
	}
}

static void make_faults(struct sample *sample)
{
	static char line[] = "Nov 22 10:04:11 mail dovecot: imap-login: Login: user=<a>, "
			     "rip=192.0.2.1, lip=<b>, method=PLAIN, rip=198.51.100.7";
	static char binary[] = "dovecot: \0<script>alert(1)</script>\xff&\"'";

	sample->audit.faults[RS_SCAN_AMBIGUOUS] = (struct rs_audit_fault){
		.count = 3, .example = line, .example_len = sizeof(line) - 1, .file = 1
	};
	sample->audit.faults[RS_SCAN_NO_TIME] = (struct rs_audit_fault){
		.count = 17, .example = binary, .example_len = sizeof(binary) - 1, .file = 2
	};
}

static void make_policy(struct sample *sample)
{
	static const struct rs_audit_rule rules[] = {
		{ "webmail", RS_ACTION_ALLOW, true, 812, 12 },
		{ "stored-passwords", RS_ACTION_ALERT, false, 10423, 301 },
		{ "no-sending", RS_ACTION_DENY, true, 318, 41 },
		{ "", RS_ACTION_ALLOW, true, 5120, 190 },
	};

	sample->policy =
		must(rs_policy_parse("policy.json", policy_text, sizeof(policy_text) - 1, NULL));
	sample->report.policy = sample->policy;
	sample->report.rules = rules;
	sample->report.rule_count = sizeof(rules) / sizeof(rules[0]);
}

static struct sample *sample_new(void)
{
	struct sample *sample = must(calloc(1, sizeof(*sample)));
	struct audit_report *report = &sample->report;

	sample->state = 7;
	sample->files[0] = (struct audit_file){ .path = (char *)"mail.log.2.gz",
						.size = 9120331,
						.logins = 20412 };
	sample->files[1] = (struct audit_file){
		.path = (char *)"mail.log.1", .size = 81920114, .logins = 31002, .first_year = 2026
	};
	sample->files[2] = (struct audit_file){ .path = (char *)"mail.log",
						.size = 44101223,
						.logins = 14201 };
	sample->set = (struct audit_set){ .files = sample->files, .count = 3 };
	sample->totals.first = INT64_MAX;
	sample->totals.last = INT64_MIN;
	report->totals = &sample->totals;
	report->set = &sample->set;
	report->audit = &sample->audit;
	report->now = NOW;
	report->since = INT64_MIN;
	report->until = INT64_MAX;
	report->database.build_epoch = NOW - 3 * DAY;
	strcpy(report->database.id, "8f1c22d09ab3e471");
	return sample;
}

struct sample *sample_real(const struct sample_size *size)
{
	struct sample *sample = sample_new();
	struct audit_report *report = &sample->report;

	make_days(sample, size->days);
	report->relays = must(calloc(RELAYS, sizeof(*report->relays)));
	report->relay_count = RELAYS;
	for (size_t i = 0; i < RELAYS; i++)
		report->relays[i] = (struct audit_relay){ .relay = &relays[i].relay,
							  .seen_apps = relays[i].apps,
							  .seen_app_count = relays[i].app_count,
							  .tally = no_logins };
	report->users = must(calloc(size->users, sizeof(*report->users)));
	report->user_count = size->users;
	report->pairs = must(calloc(size->users * RELAYS, sizeof(*report->pairs)));
	sample->addresses =
		must(calloc(size->users * RELAYS * ADDRESSES, sizeof(*sample->addresses)));
	sample->names = must(calloc(size->users, sizeof(*sample->names)));
	for (size_t i = 0; i < size->users; i++) {
		make_user(sample, i);
		report->password_users += report->users[i].password;
		report->relay_users += report->users[i].tally.success > 0;
		sample->totals.success += report->users[i].success;
		sample->totals.failed += report->users[i].failed;
	}
	sample->totals.users = 11 * size->users;
	sample->totals.success *= 9;
	sample->totals.failed *= 9;
	sample->totals.lines = 3 * sample->totals.success;
	sample->totals.first = (int64_t)report->days[0].day * DAY;
	sample->totals.last = NOW;
	report->addresses = true;
	make_policy(sample);
	make_faults(sample);
	return sample;
}

struct sample *sample_empty(void)
{
	return sample_new();
}

struct sample *sample_anonymized(void)
{
	struct sample *sample = sample_real(&(struct sample_size){ 5, 3 });

	for (size_t i = 0; i < sample->report.user_count; i++)
		strcpy(sample->names[i], "user-3f9a1c20b4d1");
	sample->report.anonymized = true;
	sample->report.wanted_user = sample->names[0];
	return sample;
}

static const struct rs_relay hostile_relay = { "</script><b>", "<img src=x onerror=alert(2)>",
					       RS_CLASS_CLOUD, 1 };

/* Each is a user's; some are more places' of the page. */
static const char *const hostile_names[] = {
	"<script>alert(1)</script>",
	"\"><img src=x onerror=alert(1)>",
	"</td></tr></table><h1 id=injected>injected",
	"' onmouseover='alert(1)",
	"<!-- comment",
	"]]><svg onload=alert(1)>",
	"&lt;b&gt;&#0;",
	"\xff\xfe not utf-8 \xc3",
	"bidi \xe2\x80\xaegnp.exe\xe2\x80\xac end",
	"\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d@example.org",
	"tab\there\nnewline\x1b[31m",
	"{{constructor.constructor('alert(1)')()}}",
	"javascript:alert(1)",
	"",
};

struct sample *sample_hostile(void)
{
	size_t count = sizeof(hostile_names) / sizeof(hostile_names[0]);
	struct sample *sample = sample_real(&(struct sample_size){ count + 1, 10 });
	struct audit_report *report = &sample->report;
	char *lengthy = must(malloc(60001));

	for (size_t i = 0; i < count; i++)
		report->users[i].name = hostile_names[i];
	for (size_t i = 0; i < 30000; i++)
		memcpy(lengthy + 2 * i, "\xc3\xa4", 2);
	lengthy[60000] = '\0';
	free(sample->names[count]);
	sample->names[count] = lengthy;
	report->users[count].name = lengthy;
	report->relays[1].relay = &hostile_relay;
	report->relays[1].seen_apps = hostile_names;
	report->relays[1].seen_app_count = 3;
	report->wanted_user = hostile_names[0];
	report->wanted_relay = hostile_names[1];
	sample->files[2].path = (char *)hostile_names[2];
	report->pairs[0].addresses[0].network = hostile_names[3];
	return sample;
}

void sample_free(struct sample **_sample)
{
	struct sample *sample = *_sample;

	*_sample = NULL;
	for (size_t i = 0; i < sample->report.user_count; i++)
		free(sample->names[i]);
	free(sample->names);
	free(sample->by_relay);
	free(sample->addresses);
	free(sample->report.days);
	free(sample->report.relays);
	free(sample->report.users);
	free(sample->report.pairs);
	rs_policy_free(&sample->policy);
	free(sample);
}

const struct audit_report *sample_report(const struct sample *sample)
{
	return &sample->report;
}

/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <relaysentry/syslogmsg.h>

#include <string.h>

static void test_facility(void)
{
	static const struct {
		const char *name;
		int want;
	} cases[] = {
		{ "kern", 0 },	    { "mail", 2 },     { "auth", 4 },	 { "cron", 9 },
		{ "authpriv", 10 }, { "ftp", 11 },     { "local0", 16 }, { "local7", 23 },
		{ "local8", -1 },   { "local77", -1 }, { "local", -1 },	 { "AUTH", -1 },
		{ "", -1 },
	};

	for (size_t i = 0; i < RS_COUNT(cases); i++)
		RS_CHECK_INT(cases[i].name, rs_syslog_facility(cases[i].name), cases[i].want);
}

#define HEAD "<84>1 2026-11-25T15:57:35.000123Z mail.example.org relaysentry 4711 alert "
#define REST                                                                                       \
	" relay=\"outlook-mobile\" class=\"mail-relay\" network=\"52.125.128.0/20\" "              \
	"action=\"deny\" enforced=\"yes\" outcome=\"denied\" rule=\"staff\""

static struct rs_log_facts facts = {
	.action = "deny",
	.enforced = true,
	.relay = "outlook-mobile",
	.class_ = "mail-relay",
	.network = "52.125.128.0/20",
	.rule = "staff",
	.credential = RS_CREDENTIAL_PASSWORD,
	.verified = true,
	.outcome = "denied",
};

static struct rs_syslog_message message(const char *user, const char *text)
{
	return (struct rs_syslog_message){
		.facility = 10,
		.severity = RS_SYSLOG_WARNING,
		.seconds = 1795622255,
		.microseconds = 123,
		.host = "mail.example.org",
		.pid = 4711,
		.facts = &facts,
		.user = user,
		.text = text,
	};
}

static void test_format(void)
{
	static const char *const tags[] = { "cloud", "a,b" };
	struct rs_syslog_message whole = message("alice", "alice: refused");
	struct rs_syslog_message lost = message(NULL, "3 alerts were lost");
	char buf[RS_SYSLOG_SIZE];
	size_t len;

	len = rs_syslog_format(&whole, buf);
	RS_CHECK_STR("an alert", buf,
		     HEAD "[relaysentry@32473 user=\"alice\"" REST
			  " credential=\"password\" verified=\"yes\"] alice: refused");
	RS_CHECK_INT("its length", len, strlen(buf));
	whole.remote = "52.125.138.7";
	whole.service = "imap";
	facts.first_seen = "no";
	facts.repeated = 287;
	facts.tags = tags;
	facts.tag_count = 2;
	(void)rs_syslog_format(&whole, buf);
	RS_CHECK_STR("all that there can be", buf,
		     HEAD "[relaysentry@32473 user=\"alice\" remote=\"52.125.138.7\"" REST
			  " service=\"imap\" credential=\"password\" verified=\"yes\" "
			  "first_seen=\"no\" repeated=\"287\" tags=\"cloud,a,b\"] alice: refused");
	facts.first_seen = NULL;
	facts.repeated = 0;
	facts.tag_count = 0;
	lost.facts = NULL;
	lost.host = "bad host";
	lost.severity = RS_SYSLOG_NOTICE;
	(void)rs_syslog_format(&lost, buf);
	RS_CHECK_STR("no alert", buf,
		     "<85>1 2026-11-25T15:57:35.000123Z - relaysentry 4711 notice - 3 alerts were "
		     "lost");
}

static void test_hostile(void)
{
	static const struct {
		const char *label, *user, *want;
	} cases[] = {
		{ "the end of the data", "a\"] x [y z=\"", "a\\\"\\] x [y z=\\\"" },
		{ "a backslash", "a\\", "a\\\\" },
		{ "a newline", "a\n<0>1 - - - - - -", "a\\\\x0a<0>1 - - - - - -" },
		{ "controls", "a\x1b[31m\x7f", "a\\\\x1b[31m\\\\x7f" },
		{ "UTF-8", "\xc3\xa4\xe6\x97\xa5", "\xc3\xa4\xe6\x97\xa5" },
		{ "no UTF-8", "\xff\xc3", "\\\\xff\\\\xc3" },
		{ "text turned around",
		  "a\xe2\x80\xae"
		  "b",
		  "a\\\\xe2\\\\x80\\\\xaeb" },
	};
	char buf[RS_SYSLOG_SIZE], want[RS_SYSLOG_SIZE];

	for (size_t i = 0; i < RS_COUNT(cases); i++) {
		struct rs_syslog_message hostile = message(cases[i].user, "x\ny");

		(void)rs_syslog_format(&hostile, buf);
		snprintf(want, sizeof(want),
			 HEAD "[relaysentry@32473 user=\"%s\"" REST
			      " credential=\"password\" verified=\"yes\"] x\\x0ay",
			 cases[i].want);
		RS_CHECK_STR(cases[i].label, buf, want);
	}
}

static void test_longest(void)
{
	static const char *const characters[] = { "a", "\"", "\xff", "\xc3\xa4", "\xe6\x97\xa5" };
	char longest[3000], buf[RS_SYSLOG_SIZE];
	const char *tags[RS_TAGS_MAX];

	for (size_t i = 0; i < RS_COUNT(characters); i++) {
		size_t size = strlen(characters[i]), len;
		struct rs_log_facts all = { .credential = RS_CREDENTIAL_APP_PASSWORD,
					    .repeated = UINT64_MAX,
					    .tags = tags,
					    .tag_count = RS_TAGS_MAX };
		struct rs_syslog_message longer = message(longest, longest);

		for (len = 0; len + size < sizeof(longest); len += size)
			memcpy(longest + len, characters[i], size);
		longest[len] = '\0';
		for (size_t n = 0; n < RS_TAGS_MAX; n++)
			tags[n] = longest;
		all.action = all.relay = all.class_ = all.network = all.rule = longest;
		all.outcome = all.first_seen = longest;
		longer.facts = &all;
		longer.remote = longer.service = longer.host = longest;
		len = rs_syslog_format(&longer, buf);
		RS_CHECK_INT(characters[i], len, strlen(buf));
		RS_CHECK("the data is closed", strstr(buf, "\"] ") != NULL, "%s", buf);
		RS_CHECK("the clock may show anything", rs_syslog_format(&longer, buf) > 0);
	}
}

void rs_suite_syslogmsg(CU_pSuite suite)
{
	CU_add_test(suite, "facilities have their numbers", test_facility);
	CU_add_test(suite, "an alert is one message with structured data", test_format);
	CU_add_test(suite, "no value can end the data or the message", test_hostile);
	CU_add_test(suite, "the longest message is closed and fits", test_longest);
}

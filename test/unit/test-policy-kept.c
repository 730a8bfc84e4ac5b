/* SPDX-License-Identifier: MIT */
/* What a policy says about exceptions, what is remembered, and alerts. */
#include "policy-texts.h"
#include "unit.h"

#include <relaysentry/policy.h>

#include <stdio.h>
#include <string.h>

#define DICT "\"dict\":\"proxy::relaysentry\""
#define EXCEPTIONS(rest) TOP("\"exceptions\":{" rest "}")
#define STATE(rest) TOP("\"state\":{" rest "}")
#define ALERTS(rest) TOP("\"alert\":{" rest "}")
#define SYSLOG(rest) ALERTS("\"syslog\":{" rest "}")

/* A socket of 107 bytes, the longest, and one of 108. */
#define TEN "/ten-bytes"
#define LONGEST TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN "/seven7"

static const struct {
	const char *label, *text;
	const char *want; /* a part of the diagnostics; "": accepted */
} cases[] = {
	{ "exceptions", EXCEPTIONS(DICT), "" },
	{ "exceptions, all of it",
	  EXCEPTIONS(DICT ",\"timeout\":\"30s\",\"cache\":\"1h\",\"longest\":\"3650d\","
			  "\"comment\":\"c\""),
	  "" },
	{ "exceptions, the least",
	  EXCEPTIONS(DICT ",\"timeout\":\"1s\",\"cache\":\"1s\","
			  "\"longest\":\"1d\""),
	  "" },
	{ "a socket of its own", EXCEPTIONS("\"dict\":\"proxy:/run/dovecot/dict:x\""), "" },
	{ "exceptions without a dict", EXCEPTIONS("\"timeout\":\"2s\""),
	  "p:1: exceptions: has no \"dict\"" },
	{ "exceptions that are a string", TOP("\"exceptions\":\"proxy::x\""),
	  "exceptions: is a string; write an object" },
	{ "exceptions that are null", TOP("\"exceptions\":null"), "exceptions: is null" },
	{ "an unknown key of exceptions", EXCEPTIONS(DICT ",\"timeot\":\"2s\""),
	  "did you mean \"timeout\"?" },
	{ "a comment that is none", EXCEPTIONS(DICT ",\"comment\":1"), "exceptions.comment: is a" },
	{ "another driver", EXCEPTIONS("\"dict\":\"redis:host=127.0.0.1\""),
	  "exceptions.dict: \"redis:host=127.0.0.1\" is no dict of Dovecot's dict process; write "
	  "proxy::NAME" },
	{ "a dict that is a list", EXCEPTIONS("\"dict\":[\"proxy::x\"]"),
	  "exceptions.dict: is a list; write a string" },
	{ "timeout of 0", EXCEPTIONS(DICT ",\"timeout\":\"0s\""),
	  "exceptions.timeout: \"0s\" is no length of time from 1 s to 30 s; write it like 2s" },
	{ "timeout too long", EXCEPTIONS(DICT ",\"timeout\":\"31s\""), "from 1 s to 30 s" },
	{ "timeout as number", EXCEPTIONS(DICT ",\"timeout\":2"), "exceptions.timeout: is a" },
	{ "cache of 0", EXCEPTIONS(DICT ",\"cache\":\"0s\""), "from 1 s to 1 h" },
	{ "cache too long", EXCEPTIONS(DICT ",\"cache\":\"3601s\""), "from 1 s to 1 h" },
	{ "longest too short", EXCEPTIONS(DICT ",\"longest\":\"23h\""), "from 1 day to 3650 days" },
	{ "longest too long", EXCEPTIONS(DICT ",\"longest\":\"3651d\""),
	  "from 1 day to 3650 days" },

	{ "state", STATE(""), "" },
	{ "state, all of it",
	  STATE(DICT ",\"write_interval\":\"1d\",\"forget_after\":\"3650d\",\"pairs\":1000000,"
		     "\"comment\":\"c\""),
	  "" },
	{ "state, the least",
	  STATE("\"write_interval\":\"1s\",\"forget_after\":\"1s\",\"pairs\":1"), "" },
	{ "state that is true", TOP("\"state\":true"), "state: is true or false; write an object" },
	{ "an unknown key of state", STATE("\"pair\":1"), "did you mean \"pairs\"?" },
	{ "a dict of state without its name", STATE("\"dict\":\"proxy::\""), "names no dict" },
	{ "write_interval too long", STATE("\"write_interval\":\"25h\""), "from 1 s to 1 day" },
	{ "write_interval of 0", STATE("\"write_interval\":\"0m\""), "from 1 s to 1 day" },
	{ "forget_after of 0", STATE("\"forget_after\":\"0d\""), "from 1 s to 3650 days" },
	{ "forget_after without unit", STATE("\"forget_after\":\"180\""), "write it like 180d" },
	{ "no pairs", STATE("\"pairs\":0"), "must be a number from 1 to 1000000" },
	{ "too many pairs", STATE("\"pairs\":1000001"), "must be a number from 1 to 1000000" },
	{ "pairs as text", STATE("\"pairs\":\"100\""), "must be a number" },
	{ "pairs with a fraction", STATE("\"pairs\":1.5"), "must be a number" },

	{ "alert", ALERTS(""), "" },
	{ "alert, all of it",
	  ALERTS("\"repeat_after\":\"3650d\",\"learn_until\":\"2026-12-24\",\"syslog\":{"
		 "\"facility\":"
		 "\"local7\",\"socket\":\"/run/log\",\"comment\":\"c\"},\"comment\":\"c\""),
	  "" },
	{ "alert that is a list", TOP("\"alert\":[]"), "alert: is a list; write an object" },
	{ "an unknown key of alert", ALERTS("\"repeat\":\"1h\""), "unknown key \"repeat\"" },
	{ "repeat_after of 0", ALERTS("\"repeat_after\":\"0s\""),
	  "alert.repeat_after: \"0s\" is no length of time from 1 s to 3650 days; write it like "
	  "24h" },
	{ "learn_until as a time", ALERTS("\"learn_until\":\"2026-12-24T08:00:00+01:00\""), "" },
	{ "learn_until that does not exist", ALERTS("\"learn_until\":\"2026-02-30\""),
	  "alert.learn_until: \"2026-02-30\" is a date that does not exist" },
	{ "learn_until as a length", ALERTS("\"learn_until\":\"14d\""), "is no date" },
	{ "syslog", SYSLOG(""), "" },
	{ "syslog that is true", ALERTS("\"syslog\":true"),
	  "alert.syslog: is true or false; write an object" },
	{ "an unknown key of syslog", SYSLOG("\"facilty\":\"mail\""),
	  "did you mean \"facility\"?" },
	{ "an unknown facility", SYSLOG("\"facility\":\"authprv\""),
	  "alert.syslog.facility: \"authprv\" is not a facility of syslog; did you mean "
	  "\"authpriv\"?" },
	{ "a facility in upper case", SYSLOG("\"facility\":\"LOG_MAIL\""),
	  "write one of auth, authpriv, cron," },
	{ "local8", SYSLOG("\"facility\":\"local8\""), "is not a facility" },
	{ "a relative socket", SYSLOG("\"socket\":\"log\""), "begins with /" },
	{ "an empty socket", SYSLOG("\"socket\":\"\""), "begins with /" },
	{ "the longest socket", SYSLOG("\"socket\":\"" LONGEST "\""), "" },
	{ "a longer socket", SYSLOG("\"socket\":\"" LONGEST "8\""), "at most 107 bytes" },
	{ "a socket that is a number", SYSLOG("\"socket\":514"), "alert.syslog.socket: is a" },

	{ "notify", RULE("\"notify\":true" DENY), "" },
	{ "notify as text", RULE("\"notify\":\"yes\"" DENY),
	  "rules[0].notify: is a string; write true or false" },
	{ "notify in not", RULE("\"not\":{\"notify\":true}" DENY), "notify" },
};

static void test_cases(void)
{
	struct rs_diags *diags = rs_diags_new();

	for (size_t i = 0; i < RS_COUNT(cases); i++) {
		struct rs_policy *policy =
			rs_policy_parse("p", cases[i].text, strlen(cases[i].text), diags);

		RS_CHECK(cases[i].label, (policy != NULL) == (cases[i].want[0] == '\0'), "%s",
			 rs_unit_diags(diags));
		if (cases[i].want[0] != '\0')
			RS_CHECK(cases[i].label, rs_unit_diags_have(diags, cases[i].want), "%s",
				 rs_unit_diags(diags));
		rs_diags_clear(diags);
		rs_policy_free(&policy);
	}
	rs_diags_free(&diags);
}

/* All settings in one line. */
static const char *describe(const char *text, char buf[512])
{
	struct rs_policy *policy = rs_policy_parse("p", text, strlen(text), NULL);
	const struct rs_policy_exceptions *e;
	const struct rs_policy_state *s;
	const struct rs_policy_alert *a;

	if (policy == NULL)
		return "refused";
	e = rs_policy_exceptions(policy);
	s = rs_policy_state(policy);
	a = rs_policy_alert(policy);
	snprintf(buf, 512, "%s %u %u %lld | %d %s %lld %lld %zu | %d %lld %lld %s %s",
		 e->dict != NULL ? e->dict : "-", e->timeout, e->cache, (long long)e->longest,
		 s->present, s->dict != NULL ? s->dict : "-", (long long)s->write_interval,
		 (long long)s->forget_after, s->pairs, a->present, (long long)a->repeat_after,
		 (long long)a->learn_until, a->facility != NULL ? a->facility : "-", a->socket);
	rs_policy_free(&policy);
	return buf;
}

static void test_values(void)
{
	static const struct {
		const char *label, *text, *want;
	} values[] = {
		{ "nothing is said", "{\"version\":1,\"rules\":[]}",
		  "- 2 60 15552000 | 0 - 600 15552000 100000 | 0 86400 0 - /dev/log" },
		{ "only that they are there",
		  TOP("\"exceptions\":{" DICT "},\"state\":{},\"alert\":{}"),
		  "proxy::relaysentry 2 60 15552000 | 1 - 600 15552000 100000 | 1 86400 0 - "
		  "/dev/log" },
		{ "only syslog", SYSLOG(""),
		  "- 2 60 15552000 | 0 - 600 15552000 100000 | 1 86400 0 authpriv /dev/log" },
		{ "everything",
		  TOP("\"exceptions\":{\"dict\":\"proxy:/s:a\",\"timeout\":\"3s\",\"cache\":\"5m\","
		      "\"longest\":\"2w\"},\"state\":{\"dict\":\"proxy::b\",\"write_interval\":"
		      "\"1m\",\"forget_after\":\"30d\",\"pairs\":7},\"alert\":{\"repeat_after\":"
		      "\"1h\",\"learn_until\":\"2026-12-24\",\"syslog\":{\"facility\":\"mail\","
		      "\"socket\":\"/run/x\"}}"),
		  "proxy:/s:a 3 300 1209600 | 1 proxy::b 60 2592000 7 | 1 3600 1798070400 mail "
		  "/run/x" },
		{ "a day begins in the policy's time zone, which stands behind it",
		  TOP("\"alert\":{\"learn_until\":\"2026-12-24\"},\"timezone\":\"Europe/Berlin\""),
		  "- 2 60 15552000 | 0 - 600 15552000 100000 | 1 86400 1798066800 - /dev/log" },
		{ "a time", ALERTS("\"learn_until\":\"2026-12-24T01:00:00+01:00\""),
		  "- 2 60 15552000 | 0 - 600 15552000 100000 | 1 86400 1798070400 - /dev/log" },
	};
	char buf[512];

	for (size_t i = 0; i < RS_COUNT(values); i++)
		RS_CHECK_STR(values[i].label, describe(values[i].text, buf), values[i].want);
}

void rs_suite_policy_kept(CU_pSuite suite)
{
	CU_add_test(suite, "every value about exceptions, state and alerts is checked", test_cases);
	CU_add_test(suite, "what is said about them, and what holds else", test_values);
}

/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <relaysentry/logline.h>

#include <string.h>

static void test_escape(void)
{
	static const struct {
		const char *label, *value, *want;
	} cases[] = {
		{ "NULL", NULL, "-" },
		{ "empty", "", "-" },
		{ "dash alone", "-", "\\x2d" },
		{ "dash within", "a-b", "a-b" },
		{ "two dashes", "--", "--" },
		{ "plain", "outlook-mobile", "outlook-mobile" },
		{ "network", "2001:db8::/32", "2001:db8::/32" },
		{ "blank", "a b", "a\\x20b" },
		{ "forged pair", "x action=allow", "x\\x20action\\x3dallow" },
		{ "quote", "\"", "\\x22" },
		{ "backslash", "\\x20", "\\x5cx20" },
		{ "newline", "a\nb", "a\\x0ab" },
		{ "carriage return", "a\rb", "a\\x0db" },
		{ "tab", "\t", "\\x09" },
		{ "ESC", "\033[1m", "\\x1b[1m" },
		{ "DEL", "\x7f", "\\x7f" },
		{ "UTF-8", "z\xc3\xbcrich", "z\xc3\xbcrich" },
		{ "no-break space is text", "\xc2\xa0", "\xc2\xa0" },
		{ "invalid UTF-8", "\xff\xc3", "\\xff\\xc3" },
		{ "next line (C1)", "\xc2\x85", "\\xc2\\x85" },
		{ "line separator", "\xe2\x80\xa8", "\\xe2\\x80\\xa8" },
		{ "paragraph separator", "\xe2\x80\xa9", "\\xe2\\x80\\xa9" },
		{ "right-to-left override", "\xe2\x80\xae", "\\xe2\\x80\\xae" },
		{ "percent", "%s%n", "%s%n" },
		{ "comma", "a,b", "a,b" },
	};
	char buf[RS_LOG_VALUE_MAX + 1];

	for (size_t i = 0; i < RS_COUNT(cases); i++)
		RS_CHECK_STR(cases[i].label, rs_log_escape(cases[i].value, buf), cases[i].want);
}

static void test_cut(void)
{
	static const struct {
		const char *label;
		const char *unit; /* repeated until far too long */
		size_t lead;	  /* this many 'a' come first */
		size_t want;	  /* length of the result */
	} cases[] = {
		{ "ASCII", "a", 0, 255 },
		{ "two bytes", "\xc3\xbc", 0, 254 },
		{ "four bytes", "\xf0\x9f\x93\xa7", 0, 252 },
		{ "four bytes, shifted", "\xf0\x9f\x93\xa7", 3, 255 },
		{ "blanks", " ", 0, 252 },
		{ "an escape does not fit", " ", 252, 252 },
		{ "escaped characters stay whole", "\xe2\x80\xa8", 0, 252 },
		{ "escaped characters stay whole, shifted", "\xe2\x80\xa8", 4, 4 + 240 },
		{ "nothing that is shorter slips in behind the cut", " a", 254, 254 },
	};
	char value[2000], buf[RS_LOG_VALUE_MAX + 1];

	for (size_t i = 0; i < RS_COUNT(cases); i++) {
		size_t len = cases[i].lead, unit = strlen(cases[i].unit);

		memset(value, 'a', len);
		for (; len + unit < 1100; len += unit)
			memcpy(value + len, cases[i].unit, unit);
		value[len] = '\0';
		rs_log_escape(value, buf);
		RS_CHECK_INT(cases[i].label, strlen(buf), cases[i].want);
	}
}

static const struct rs_relay evil_relay = { .id = "x enforced=no\n",
					    .class_ = RS_CLASS_MAIL_RELAY };
static const struct rs_relay relay = { .id = "outlook-mobile", .class_ = RS_CLASS_MAIL_RELAY };

static void test_report(void)
{
	static const struct rs_cover cover = { &relay, "52.125.128.0/20" };
	static const struct rs_cover evil = { &evil_relay, "a b" };
	static const struct {
		const char *label;
		struct rs_login login;
		struct rs_verdict verdict;
		struct rs_report report;
		const char *want;
	} cases[] = {
		{ "deny",
		  { .credential = RS_CREDENTIAL_PASSWORD, .verified = true },
		  { .cover = &cover },
		  { RS_ACTION_DENY, true, "staff", false },
		  "relaysentry: action=deny enforced=yes relay=outlook-mobile class=mail-relay "
		  "network=52.125.128.0/20 rule=staff credential=password verified=yes" },
		{ "tags and entry",
		  { .credential = RS_CREDENTIAL_TOKEN },
		  { .cover = &cover,
		    .tags = { "a", "b,c", "d e" },
		    .tag_count = 3,
		    .rule = "watch",
		    .entry_source = "user_entries @example.net" },
		  { RS_ACTION_ALERT, false, "watch", true },
		  "relaysentry: action=alert enforced=no relay=outlook-mobile class=mail-relay "
		  "network=52.125.128.0/20 rule=watch credential=token verified=no "
		  "tags=a,b\\x2cc,d\\x20e entry=user_entries\\x20@example.net" },
		{ "a rule in testing before the one with the entry",
		  { .credential = RS_CREDENTIAL_PASSWORD, .verified = true },
		  { .cover = &cover,
		    .rule = "exceptions",
		    .entry_source = "passdb field relaysentry_deny" },
		  { RS_ACTION_ALERT, false, "staff", false },
		  "relaysentry: action=alert enforced=no relay=outlook-mobile class=mail-relay "
		  "network=52.125.128.0/20 rule=staff credential=password verified=yes" },
		{ "no relay",
		  { .credential = RS_CREDENTIAL_OTHER },
		  { .cover = NULL },
		  { RS_ACTION_TAG, false, NULL, false },
		  "relaysentry: action=tag enforced=no relay=- class=- network=- rule=- "
		  "credential=other verified=no" },
		{ "hostile names",
		  { .credential = RS_CREDENTIAL_APP_PASSWORD },
		  { .cover = &evil },
		  { RS_ACTION_DENY, true, "r\" rule=\"", false },
		  "relaysentry: action=deny enforced=yes relay=x\\x20enforced\\x3dno\\x0a "
		  "class=mail-relay network=a\\x20b rule=r\\x22\\x20rule\\x3d\\x22 "
		  "credential=app-password verified=no" },
	};
	char line[RS_LOG_LINE_MAX];

	for (size_t i = 0; i < RS_COUNT(cases); i++) {
		struct rs_log_facts facts;
		size_t len;

		rs_log_facts_set(&facts, &cases[i].login, &cases[i].verdict, &cases[i].report);
		len = rs_log_line(&facts, line);

		RS_CHECK_STR(cases[i].label, line, cases[i].want);
		RS_CHECK_INT(cases[i].label, len, strlen(line));
	}
}

static void test_longest(void)
{
	static const struct rs_login login = { .credential = RS_CREDENTIAL_APP_PASSWORD };
	char longest[2000], line[RS_LOG_LINE_MAX];
	struct rs_relay long_relay = { .id = longest, .class_ = RS_CLASS_PRIVACY_PROXY };
	struct rs_cover cover = { &long_relay, longest };
	struct rs_verdict verdict = {
		.cover = &cover, .tag_count = RS_TAGS_MAX, .rule = longest, .entry_source = longest
	};
	struct rs_report report = { RS_ACTION_USER_POLICY, false, longest, false };
	struct rs_log_facts facts;
	size_t len;

	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	for (size_t i = 0; i < RS_TAGS_MAX; i++)
		verdict.tags[i] = longest;
	rs_log_facts_set(&facts, &login, &verdict, &report);
	facts.outcome = facts.first_seen = longest;
	facts.repeated = UINT64_MAX;
	len = rs_log_line(&facts, line);
	RS_CHECK_INT("length", len, strlen(line));
	RS_CHECK("nothing is lost at the end",
		 strstr(line, " repeated=18446744073709551615") != NULL);
	RS_CHECK("there is room left", len < RS_LOG_LINE_MAX * 3 / 4, "%zu", len);
}

static void test_ended(void)
{
	static const char *const tags[] = { "cloud" };
	static const struct {
		const char *label, *outcome, *first_seen;
		uint64_t repeated;
		const char *want;
	} cases[] = {
		{ "not told", NULL, NULL, 0, "tags=cloud" },
		{ "only the outcome", "failed", NULL, 0, "tags=cloud outcome=failed" },
		{ "the first time", "success", "yes", 0,
		  "tags=cloud outcome=success first_seen=yes" },
		{ "again", "denied", "no", 287,
		  "tags=cloud outcome=denied first_seen=no repeated=287" },
	};
	char line[RS_LOG_LINE_MAX];

	for (size_t i = 0; i < RS_COUNT(cases); i++) {
		struct rs_log_facts facts = {
			.action = "alert",
			.rule = "r",
			.tags = tags,
			.tag_count = 1,
			.outcome = cases[i].outcome,
			.first_seen = cases[i].first_seen,
			.repeated = cases[i].repeated,
		};

		rs_log_line(&facts, line);
		RS_CHECK_STR(cases[i].label, strstr(line, "tags="), cases[i].want);
	}
}

void rs_suite_logline(CU_pSuite suite)
{
	CU_add_test(suite, "no value can forge a line", test_escape);
	CU_add_test(suite, "long values are cut between characters", test_cut);
	CU_add_test(suite, "a report is one line of pairs", test_report);
	CU_add_test(suite, "a line tells how the login ended", test_ended);
	CU_add_test(suite, "the longest line fits", test_longest);
}

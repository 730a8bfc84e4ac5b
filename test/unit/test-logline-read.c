/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <relaysentry/logline.h>

#include <stdlib.h>
#include <string.h>

#define SAID                                                                                       \
	"relaysentry: action=deny enforced=yes relay=outlook-mobile class=mail-relay "             \
	"network=52.125.128.0/20 rule=staff credential=password verified=yes outcome=denied"
#define IP "52.125.138.7"
#define SESSION "I5e3ISBhQJw0fYoH"
#define FILE_23 "Nov 25 21:01:32 auth: Info: relaysentry("
#define FILE_24 "Nov 25 21:01:32 auth("
/* What Dovecot 2.3 and 2.4 write about a user of this name. */
#define IN_23(name) FILE_23 name "," IP ",<" SESSION ">): " SAID
#define IN_24(name) FILE_24 name "," IP ",sasl:plain)<" SESSION ">: Info: relaysentry: " SAID
#define LONG "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefgh" /* 60 */

struct reading {
	const char *label, *line;
	const char *user; /* NULL: it is not taken */
	const char *time;
};

static void check(const struct reading *reading)
{
	struct rs_log_read read;
	size_t len = strlen(reading->line);
	/* Nothing behind it is looked at. */
	char *copy = malloc(len + 1), text[RS_LOG_USER_MAX + 1] = "";
	int taken;

	memcpy(copy, reading->line, len);
	copy[len] = 'x';
	taken = rs_log_read(copy, len, &read);
	RS_CHECK_INT(reading->label, taken, reading->user != NULL);
	if (taken > 0 && reading->user != NULL) {
		memcpy(text, read.user.text, read.user.len);
		RS_CHECK_STR(reading->label, text, reading->user);
		RS_CHECK(reading->label, read.address.len == strlen(IP) &&
						 memcmp(read.address.text, IP, strlen(IP)) == 0);
		RS_CHECK(reading->label, read.relay.len == strlen("outlook-mobile"));
		RS_CHECK(reading->label, read.rule.len == strlen("staff"));
		if (reading->time != NULL)
			RS_CHECK(reading->label,
				 read.time.len == strlen(reading->time) &&
					 memcmp(read.time.text, reading->time, read.time.len) == 0);
	}
	free(copy);
}

static void test_forms(void)
{
	static const struct reading cases[] = {
		{ "2.3, in its own file", IN_23("alice"), "alice", "Nov 25 21:01:32" },
		{ "2.4, in its own file", IN_24("alice"), "alice", "Nov 25 21:01:32" },
		{ "2.3, with a time of the administrator's",
		  "2026-11-25 21:01:32.791685 auth: Info: relaysentry(alice," IP ",<" SESSION
		  ">): " SAID,
		  "alice", "2026-11-25 21:01:32.791685" },
		{ "2.3, by syslog",
		  "Nov  5 21:01:32 mail dovecot: auth: relaysentry(alice," IP ",<" SESSION
		  ">): " SAID,
		  "alice", "Nov  5 21:01:32" },
		{ "2.4, by syslog, RFC 3339",
		  "2026-11-25T21:01:32.791685+01:00 mail dovecot[12]: auth(alice," IP
		  ",sasl:scram-sha-256)<" SESSION ">: relaysentry: " SAID,
		  "alice", "2026-11-25T21:01:32.791685+01:00" },
		{ "2.3, of Postfix, which has no session", FILE_23 "alice," IP "): " SAID, "alice",
		  NULL },
		{ "2.4, of Postfix, which has no session",
		  FILE_24 "alice," IP ",sasl:plain): Info: relaysentry: " SAID, "alice", NULL },
		{ "an address as a user", IN_23("alice@example.org"), "alice@example.org", NULL },
		{ "more members than today's", IN_23("alice") " first_seen=yes new=x,y", "alice",
		  NULL },
		{ "another text of ours",
		  "Nov 25 21:01:32 auth: Info: relaysentry: failed=3 relay=aws", NULL, NULL },
		{ "no time", "auth: Info: relaysentry(alice," IP "): " SAID, NULL, NULL },
		{ "another program",
		  "Nov 25 21:01:32 mail other[1]: auth: relaysentry(alice," IP "): " SAID, NULL,
		  NULL },
		{ "another process",
		  "Nov 25 21:01:32 auth-worker: Info: relaysentry(alice," IP "): " SAID, NULL,
		  NULL },
		{ "an empty line", "", NULL, NULL },
	};

	for (size_t i = 0; i < RS_COUNT(cases); i++)
		check(&cases[i]);
}

/* Each of the two, because the parts stand in another order. */
#define BOTH(name, user)                                                                           \
	{ "2.3: " name, IN_23(name), user, NULL },                                                 \
	{                                                                                          \
		"2.4: " name, IN_24(name), user, NULL                                              \
	}

static void test_names(void)
{
	static const struct reading cases[] = {
		BOTH("a,b", "a,b"),
		BOTH("sp ace", "sp ace"),
		BOTH("alice," IP, "alice," IP),
		BOTH("alice," IP ",master", "alice," IP ",master"),
		BOTH("alice," IP ",sasl:plain", "alice," IP ",sasl:plain"),
		BOTH("z\xc3\xbcrich", "z\xc3\xbcrich"),
		BOTH("o'neil\"x\\y", "o'neil\"x\\y"),
		BOTH("x: relaysentry", "x: relaysentry"),
		/* It may be another character, or the end of the name is missing. */
		BOTH("a?b", NULL),
		BOTH("a#177b", NULL),
		BOTH("a\x7f", NULL),
		BOTH("a\xff", NULL),
		BOTH("a\xe2\x80\xae", NULL),
		BOTH("abc...", NULL),
		BOTH(LONG "abcd", LONG "abcd"),
		BOTH(LONG "abcde", NULL),
		BOTH("", NULL),
		/* Names that are a line. */
		BOTH("alice," IP ",<" SESSION ">): " SAID, NULL),
		BOTH("alice," IP ",<" SESSION ">): relaysentry: action=", NULL),
		BOTH("alice," IP "): " SAID " x", NULL),
		BOTH("alice," IP ",sasl:plain)<x>: Info: relaysentry: " SAID, NULL),
		BOTH("alice," IP ",sasl:plain): relaysentry: " SAID " x=", NULL),
		BOTH("p)q", NULL),
		BOTH("x>y", NULL),
	};

	for (size_t i = 0; i < RS_COUNT(cases); i++)
		check(&cases[i]);
}

static void test_others(void)
{
	static const struct reading cases[] = {
		{ "a name in a login process' line",
		  "Nov 25 21:01:32 imap-login: Info: Disconnected: user=<x auth: Info: "
		  "relaysentry(alice," IP ",<x>): " SAID ">, method=PLAIN",
		  NULL, NULL },
		{ "a name at the end of a line of auth",
		  FILE_24 "x," IP ",sasl:plain)<x>: Debug: master user lookup for: "
			  "alice," IP ",sasl:plain): relaysentry: " SAID,
		  NULL, NULL },
		{ "a debug line",
		  "Nov 25 21:01:32 auth: Debug: relaysentry(alice," IP ",<x>): " SAID, NULL, NULL },
		{ "text of another passdb",
		  "Nov 25 21:01:32 auth: Info: pam(alice," IP ",<x>): unknown user: " SAID, NULL,
		  NULL },
		{ "a master user's", FILE_23 "root," IP ",master,<x>): " SAID, NULL, NULL },
		{ "a master user's, 2.4",
		  FILE_24 "root," IP ",sasl:plain,master)<x>: Info: relaysentry: " SAID, NULL,
		  NULL },
		{ "no relay: then the name may end like an address",
		  FILE_23 "alice," IP ",<x>): relaysentry: action=deny enforced=yes relay=- "
			  "class=- network=- rule=r credential=password verified=yes",
		  NULL, NULL },
		{ "members in another order",
		  FILE_23 "alice," IP ",<x>): relaysentry: enforced=yes action=deny", NULL, NULL },
		{ "cut off", FILE_23 "alice," IP ",<x>): relaysentry: action=deny enforced=yes",
		  NULL, NULL },
		{ "a blank too much", IN_23("alice") " ", NULL, NULL },
		{ "text behind it", IN_23("alice") " and more", NULL, NULL },
	};

	for (size_t i = 0; i < RS_COUNT(cases); i++)
		check(&cases[i]);
}

/* Before the members that may be left out. */
static void test_cut(void)
{
	static const char line[] = IN_23("alice");
	struct rs_log_read read;
	unsigned taken = 0;

	for (size_t len = 0; len < sizeof(line) - 1; len++)
		taken += rs_log_read(line, len, &read) > 0 && read.outcome.len == 0;
	/* verified=y, =ye, =yes */
	RS_CHECK_INT("cuts that are taken", taken, 3);
}

/* What the writer writes, the reader reads. */
static void test_written(void)
{
	const struct rs_log_facts facts = {
		.action = "alert",
		.relay = "aws",
		.class_ = "cloud",
		.network = "18.153.0.0/16",
		.rule = "r=1 \"x\"",
		.outcome = "success",
		.first_seen = "yes",
		.repeated = 17,
	};
	char line[RS_LOG_LINE_MAX + 100] = FILE_23 "alice,18.153.20.30,<x>): ";
	struct rs_log_read read;

	rs_log_line(&facts, line + strlen(line));
	RS_CHECK("read", rs_log_read(line, strlen(line), &read) > 0);
	RS_CHECK("rule", read.rule.len == strlen("r\\x3d1\\x20\\x22x\\x22"));
	RS_CHECK("outcome", read.outcome.len == strlen("success"));
	RS_CHECK("enforced", read.enforced.len == strlen("no"));
}

void rs_suite_logline_read(CU_pSuite suite)
{
	CU_add_test(suite, "lines of both releases are read, by file and by syslog", test_forms);
	CU_add_test(suite, "no name is taken for another one", test_names);
	CU_add_test(suite, "other lines are not taken, whatever they quote", test_others);
	CU_add_test(suite, "a line that is cut is not taken", test_cut);
	CU_add_test(suite, "what is written is read", test_written);
}

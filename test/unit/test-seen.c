/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <relaysentry/seen.h>

#include <string.h>

#define WHOLE "first=1795000000 last=1795003600 count=17 alert=1795000000,12 deny=7,0 testing=0,9"

static void test_parse(void)
{
	static const struct {
		const char *label, *text;
		const char *want; /* as it is written again; NULL: refused */
	} cases[] = {
		{ "whole", WHOLE, WHOLE },
		{ "the least", "first=1 last=2 count=3",
		  "first=1 last=2 count=3 alert=0,0 deny=0,0 testing=0,0" },
		{ "another order, more blanks", "  count=3  alert=5,6 last=2   first=1 ",
		  "first=1 last=2 count=3 alert=5,6 deny=0,0 testing=0,0" },
		{ "words that are not known", "first=1 x last=2 new=a,b count=3 =5 firsts=x alert",
		  "first=1 last=2 count=3 alert=0,0 deny=0,0 testing=0,0" },
		{ "largest numbers",
		  "first=253402300799 last=0 count=18446744073709551615 "
		  "deny=0,18446744073709551615",
		  "first=253402300799 last=0 count=18446744073709551615 alert=0,0 "
		  "deny=0,18446744073709551615 testing=0,0" },
		{ "leading zeros", "first=007 last=0 count=00",
		  "first=7 last=0 count=0 alert=0,0 deny=0,0 testing=0,0" },
		{ "empty", "", NULL },
		{ "no first", "last=2 count=3", NULL },
		{ "no last", "first=1 count=3", NULL },
		{ "no count", "first=1 last=2", NULL },
		{ "an empty number", "first= last=2 count=3", NULL },
		{ "a sign", "first=+1 last=2 count=3", NULL },
		{ "less than nothing", "first=-1 last=2 count=3", NULL },
		{ "something behind a number", "first=1s last=2 count=3", NULL },
		{ "behind the year 9999", "first=253402300800 last=2 count=3", NULL },
		{ "a count that is too large", "first=1 last=2 count=18446744073709551616", NULL },
		{ "far too large", "first=1 last=2 count=99999999999999999999999999", NULL },
		{ "an alert without its count", "first=1 last=2 count=3 alert=5", NULL },
		{ "an alert without its time", "first=1 last=2 count=3 alert=,5", NULL },
		{ "an alert with more", "first=1 last=2 count=3 alert=5,6,7", NULL },
		{ "a word twice", "first=1 last=2 count=3 first=1", NULL },
		{ "an alert twice", "first=1 last=2 count=3 deny=1,1 deny=1,1", NULL },
		{ "other white space", "first=1\tlast=2\ncount=3", NULL },
		{ "other bytes", "first=1\xff last=2 count=3", NULL },
		{ "JSON", "{\"first\":1}", NULL },
	};
	char buf[RS_SEEN_TEXT_SIZE];

	for (size_t i = 0; i < RS_COUNT(cases); i++) {
		struct rs_seen seen = { .count = 12345 };
		int ret = rs_seen_parse(cases[i].text, &seen);

		RS_CHECK_INT(cases[i].label, ret, cases[i].want != NULL ? 0 : -1);
		if (ret == 0)
			RS_CHECK_STR(cases[i].label, rs_seen_format(&seen, buf), cases[i].want);
		else
			RS_CHECK_INT(cases[i].label, seen.count, 12345);
	}
}

static void test_longest(void)
{
	struct rs_seen seen, again;
	char buf[RS_SEEN_TEXT_SIZE];

	/* More than any record that is read: all bits. */
	memset(&seen, 0xff, sizeof(seen));
	seen.first = seen.last = INT64_MIN;
	for (int i = 0; i < RS_ALERT_KINDS; i++)
		seen.alerts[i].time = INT64_MIN;
	rs_seen_format(&seen, buf);
	RS_CHECK("its end is there", strstr(buf, ",18446744073709551615") != NULL &&
					     strlen(buf) < RS_SEEN_TEXT_SIZE - 1);
	RS_CHECK_STR("its last word", strstr(buf, " testing="),
		     " testing=-9223372036854775808,18446744073709551615");
	RS_CHECK_INT("and cannot be read", rs_seen_parse(buf, &again), -1);
}

static void test_names(void)
{
	RS_CHECK_STR("alert", rs_alert_kind_name(RS_ALERT_ALERT), "alert");
	RS_CHECK_STR("deny", rs_alert_kind_name(RS_ALERT_DENY), "deny");
	RS_CHECK_STR("testing", rs_alert_kind_name(RS_ALERT_TESTING), "testing");
}

static void test_merge(void)
{
	static const struct {
		const char *label, *own;
		uint64_t added;
		const char *stored; /* NULL: none */
		const char *want;
	} cases[] = {
		{ "nothing is stored", "first=5 last=6 count=2 alert=5,1", 2, NULL,
		  "first=5 last=6 count=2 alert=5,1 deny=0,0 testing=0,0" },
		{ "nobody else wrote", "first=5 last=9 count=12 alert=5,1", 2,
		  "first=5 last=6 count=10 alert=5,1",
		  "first=5 last=9 count=12 alert=5,1 deny=0,0 testing=0,0" },
		{ "another counted too", "first=5 last=9 count=12", 2, "first=5 last=8 count=30",
		  "first=5 last=9 count=32 alert=0,0 deny=0,0 testing=0,0" },
		{ "seen before ours", "first=50 last=60 count=1", 1, "first=5 last=6 count=10",
		  "first=5 last=60 count=11 alert=0,0 deny=0,0 testing=0,0" },
		{ "seen behind ours", "first=5 last=6 count=1", 1, "first=50 last=60 count=10",
		  "first=5 last=60 count=11 alert=0,0 deny=0,0 testing=0,0" },
		{ "never is not the earliest", "first=0 last=0 count=0", 0,
		  "first=50 last=60 count=10",
		  "first=50 last=60 count=10 alert=0,0 deny=0,0 testing=0,0" },
		{ "nor when it is stored", "first=50 last=60 count=1", 1, "first=0 last=0 count=0",
		  "first=50 last=60 count=1 alert=0,0 deny=0,0 testing=0,0" },
		{ "the latest alert of each kind",
		  "first=5 last=9 count=10 alert=7,8 deny=5,5 testing=0,0", 0,
		  "first=5 last=9 count=10 alert=6,7 deny=6,9 testing=4,4",
		  "first=5 last=9 count=10 alert=7,8 deny=6,9 testing=4,4" },
		{ "an alert of ours, before what others stored was known",
		  "first=50 last=60 count=3 alert=50,1", 3, "first=5 last=6 count=100 alert=5,1",
		  "first=5 last=60 count=103 alert=50,101 deny=0,0 testing=0,0" },
		{ "what is stored was counted anew", "first=5 last=60 count=103 alert=50,101", 1,
		  "first=55 last=58 count=4 alert=0,0",
		  "first=5 last=60 count=5 alert=50,3 deny=0,0 testing=0,0" },
		{ "and an alert of ours is older than that", "first=5 last=60 count=103 alert=50,1",
		  1, "first=55 last=58 count=4 alert=0,0",
		  "first=5 last=60 count=5 alert=50,0 deny=0,0 testing=0,0" },
		{ "an alert of both at the same time is the stored one",
		  "first=5 last=6 count=1 alert=5,1", 1, "first=5 last=6 count=9 alert=5,9",
		  "first=5 last=6 count=10 alert=5,9 deny=0,0 testing=0,0" },
		{ "counts end at their largest", "first=5 last=6 count=9 alert=5,3", 5,
		  "first=5 last=6 count=18446744073709551613",
		  "first=5 last=6 count=18446744073709551615 alert=5,18446744073709551609 "
		  "deny=0,0 testing=0,0" },
	};
	char buf[RS_SEEN_TEXT_SIZE];

	for (size_t i = 0; i < RS_COUNT(cases); i++) {
		struct rs_seen own, stored;
		bool is_stored = cases[i].stored != NULL;

		RS_CHECK_INT(cases[i].label, rs_seen_parse(cases[i].own, &own), 0);
		if (is_stored)
			RS_CHECK_INT(cases[i].label, rs_seen_parse(cases[i].stored, &stored), 0);
		rs_seen_merge(&own, cases[i].added, is_stored ? &stored : NULL);
		RS_CHECK_STR(cases[i].label, rs_seen_format(&own, buf), cases[i].want);
	}
}

void rs_suite_seen(CU_pSuite suite)
{
	CU_add_test(suite, "what was seen is read, or refused as a whole", test_parse);
	CU_add_test(suite, "the longest record has room", test_longest);
	CU_add_test(suite, "kinds of alerts have names", test_names);
	CU_add_test(suite, "what two nodes saw is put together", test_merge);
}

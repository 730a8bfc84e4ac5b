/* SPDX-License-Identifier: MIT */
#include "decide-fixture.h"
#include "unit.h"

#include <relaysentry/audit.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BEGIN "2026-11-22T12:00:0"
#define LINE(second, process, text, user, ip)                                                      \
	BEGIN second "Z mx dovecot: " process "-login: " text ": user=<" user                      \
		     ">, method=PLAIN, rip=" ip ", lip=192.0.2.1, TLS, session=<x>\n"
#define LOGIN(second, user, ip) LINE(second, "imap", "Login", user, ip)
#define FAILED(second, count, user, ip)                                                            \
	LINE(second, "imap", "Disconnected (auth failed, " count " attempts in 2 secs)", user, ip)
#define SAID(action, enforced)                                                                     \
	"relaysentry: action=" action " enforced=" enforced                                        \
	" relay=mobile class=mail-relay network=52.125.128.0/20 rule=x credential=password "       \
	"verified=yes\n"
#define AT_0 INT64_C(1795348800) /* 12:00:00 */

static struct rs_audit_options plain_options(void)
{
	return (struct rs_audit_options){
		.db = fixture_db(),
		.since = INT64_MIN,
		.until = INT64_MAX,
	};
}

static struct rs_audit *audit_text(const struct rs_audit_options *options, const char *text)
{
	struct rs_audit *audit = rs_audit_new(options);

	CU_ASSERT_PTR_NOT_NULL_FATAL(audit);
	rs_audit_file(audit, 7, 1000);
	CU_ASSERT_FATAL(rs_audit_lines(audit, text, strlen(text)) == 0);
	CU_ASSERT_FATAL(rs_audit_finish(audit) == 0);
	return audit;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* `alice mobile +2 -1 @0..3 alerts 1 denials 2 old`, sorted, one in each line. */
static const char *tell_pairs(const struct rs_audit *audit, char *buf, size_t size)
{
	const struct rs_audit_pair *pairs;
	size_t count = rs_audit_pairs(audit, &pairs), used = 0;
	char *texts[64];

	*buf = '\0';
	for (size_t i = 0; i < count && i < RS_COUNT(texts); i++) {
		const struct rs_audit_pair *pair = &pairs[i];
		char extra[64] = "";

		if (pair->alerts + pair->denials > 0)
			snprintf(extra, sizeof(extra), " alerts %d denials %d", (int)pair->alerts,
				 (int)pair->denials);
		if (asprintf(&texts[i], "%s %s +%d -%d @%d..%d%s%s\n",
			     rs_audit_user_name(audit, pair->user),
			     rs_relaydb_relay(fixture_db(), pair->relay)->id,
			     (int)pair->tally.success, (int)pair->tally.failed,
			     (int)(pair->tally.first - AT_0), (int)(pair->tally.last - AT_0), extra,
			     pair->old ? " old" : "") < 0)
			abort();
	}
	qsort(texts, count, sizeof(*texts), by_text);
	for (size_t i = 0; i < count; i++) {
		used += (size_t)snprintf(buf + used, size - used, "%s", texts[i]);
		free(texts[i]);
	}
	return buf;
}

static const char some[] =
	LOGIN("0", "Alice", MOBILE) FAILED("1", "3", "alice", MOBILE) LOGIN("2", "ALICE", MOBILE)
		LOGIN("3", "alice", HOME) LOGIN("3", "bob", AZURE) FAILED("4", "5", "nobody", HOME)
			FAILED("5", "1", "carol", GMAIL) LINE("6", "pop3", "Login", "bob", MOBILE);

static void test_adds_up(void)
{
	struct rs_audit_options options = plain_options();
	struct rs_audit *audit = audit_text(&options, some);
	const struct rs_audit_totals *totals = rs_audit_totals(audit);
	const struct rs_audit_day *days;
	uint64_t success, failed;
	char buf[2048];

	RS_CHECK_STR("pairs", tell_pairs(audit, buf, sizeof(buf)),
		     "alice mobile +2 -3 @0..2\n"
		     "bob azure +1 -0 @3..3\n"
		     "bob mobile +1 -0 @6..6\n"
		     "carol gmail +0 -1 @5..5\n");
	RS_CHECK_INT("lines", totals->lines, 8);
	RS_CHECK_INT("bytes", totals->bytes, strlen(some));
	RS_CHECK_INT("let in", totals->success, 5);
	RS_CHECK_INT("failed", totals->failed, 9);
	RS_CHECK_INT("from relays", totals->relay_success, 4);
	RS_CHECK_INT("failed from relays", totals->relay_failed, 4);
	RS_CHECK_INT("users who were let in", totals->users, 2);
	RS_CHECK_INT("users who were let in from relays", totals->relay_users, 2);
	RS_CHECK_INT("lines of Dovecot", totals->by_writer[RS_LOG_DOVECOT], 8);
	RS_CHECK_INT("first", totals->first, AT_0);
	RS_CHECK_INT("last", totals->last, AT_0 + 6);
	/* Of who failed elsewhere nothing is kept. */
	RS_CHECK_INT("users", rs_audit_user_count(audit), 3);
	rs_audit_user_logins(audit, 0, &success, &failed);
	RS_CHECK_INT("of alice", success, 3);
	RS_CHECK_INT("of alice, failed", failed, 3);
	RS_CHECK_INT("days and relays", rs_audit_days(audit, &days), 3);
	RS_CHECK_INT("day", days[0].day, AT_0 / 86400);
	rs_audit_free(&audit);
	rs_audit_free(&audit);
}

static void test_options(void)
{
	static const struct {
		const char *label;
		int since, until; /* seconds behind 12:00:00; 0: not */
		const char *user;
		bool only_new;
		const char *want;
		int success;
	} cases[] = {
		{ "since", 2, 0, NULL, false,
		  "alice mobile +1 -0 @2..2\nbob azure +1 -0 @3..3\nbob mobile +1 -0 @6..6\n"
		  "carol gmail +0 -1 @5..5\n",
		  4 },
		{ "until", 0, 3, NULL, false, "alice mobile +2 -3 @0..2\n", 2 },
		{ "since and until", 3, 6, NULL, false,
		  "bob azure +1 -0 @3..3\ncarol gmail +0 -1 @5..5\n", 2 },
		{ "a user", 0, 0, "Bob", false, "bob azure +1 -0 @3..3\nbob mobile +1 -0 @6..6\n",
		  2 },
		{ "nobody", 0, 0, "bo", false, "", 0 },
		{ "what is new", 2, 0, NULL, true,
		  "alice mobile +1 -0 @2..2 old\nbob azure +1 -0 @3..3\nbob mobile +1 -0 @6..6\n"
		  "carol gmail +0 -1 @5..5\n",
		  4 },
	};

	for (size_t i = 0; i < RS_COUNT(cases); i++) {
		struct rs_audit_options options = plain_options();
		struct rs_audit *audit;
		char buf[2048];

		if (cases[i].since > 0)
			options.since = AT_0 + cases[i].since;
		if (cases[i].until > 0)
			options.until = AT_0 + cases[i].until;
		options.user = cases[i].user;
		options.only_new = cases[i].only_new;
		audit = audit_text(&options, some);
		RS_CHECK_STR(cases[i].label, tell_pairs(audit, buf, sizeof(buf)), cases[i].want);
		RS_CHECK_INT(cases[i].label, rs_audit_totals(audit)->success, cases[i].success);
		rs_audit_free(&audit);
	}
}

/* relaysentry's own lines are about logins that have a line of their own. */
static void test_verdicts(void)
{
	static const char text[] =
		LOGIN("0", "alice", MOBILE) BEGIN "1Z mx dovecot: auth: relaysentry(alice," MOBILE
						  ",<x>): " SAID("alert", "yes") BEGIN
		"2Z mx dovecot: auth: relaysentry(alice," MOBILE ",<x>): " SAID("deny", "yes") BEGIN
		"3Z mx dovecot: auth: relaysentry(alice," MOBILE ",<x>): " SAID("deny", "yes") BEGIN
		"4Z mx dovecot: auth: relaysentry(alice," MOBILE ",<x>): " SAID("deny", "no") BEGIN
		"5Z mx dovecot: auth: relaysentry(bob," HOME ",<x>): " SAID("alert", "yes");
	struct rs_audit_options options = plain_options();
	struct rs_audit *audit = audit_text(&options, text);
	char buf[2048];

	RS_CHECK_STR("pairs", tell_pairs(audit, buf, sizeof(buf)),
		     "alice mobile +1 -0 @0..0 alerts 1 denials 2\n");
	RS_CHECK_INT("lines", rs_audit_totals(audit)->verdicts, 5);
	RS_CHECK_INT("logins", rs_audit_totals(audit)->success, 1);
	rs_audit_free(&audit);
}

#define AUDITED(second, user, ip, end)                                                             \
	BEGIN second "Z mx dovecot: auth-worker(7): mail-audit: user=<" user                       \
		     ">, service=imap, ip=" ip ", host=<>, asn=AS8075, entity=A" end "\n"

static void test_badclients(void)
{
	static const char text[] = AUDITED("0", "alice", MOBILE, "")
		AUDITED("1", "alice", MOBILE, ", blocked=True, matched=asn")
			AUDITED("2", "bob", HOME, "");
	static const char with_dovecot[] = AUDITED("0", "alice", MOBILE, "")
		AUDITED("1", "alice", MOBILE, ", blocked=True, matched=asn")
			LOGIN("1", "alice", MOBILE);
	struct rs_audit_options options = plain_options();
	struct rs_audit *audit = audit_text(&options, text);
	char buf[2048];

	RS_CHECK_STR("alone they are the logins", tell_pairs(audit, buf, sizeof(buf)),
		     "alice mobile +1 -1 @0..1\n");
	RS_CHECK_INT("alone", rs_audit_totals(audit)->success, 2);
	rs_audit_free(&audit);
	audit = audit_text(&options, with_dovecot);
	RS_CHECK_STR("beside Dovecot's they are not", tell_pairs(audit, buf, sizeof(buf)),
		     "alice mobile +1 -0 @1..1 alerts 0 denials 1\n");
	RS_CHECK_INT("their number is told", rs_audit_totals(audit)->by_writer[RS_LOG_BADCLIENTS],
		     2);
	RS_CHECK_INT("beside Dovecot's", rs_audit_totals(audit)->success, 1);
	rs_audit_free(&audit);
}

static void test_faults(void)
{
	static const char text[] =
		LOGIN("0", "alice",
		      MOBILE) "2026-11-22T12:00:01Z mx dovecot: imap-login: Login: x\n"
			      "2026-11-22T12:00:02Z mx dovecot: imap-login: Login: y\n" LOGIN(
				      "3", "a>, x=<b", MOBILE) "rubbish\n\n";
	struct rs_audit_options options = plain_options();
	struct rs_audit *audit = audit_text(&options, text);
	const struct rs_audit_fault *fault = rs_audit_fault(audit, RS_SCAN_NO_USER);

	RS_CHECK_INT("no user", fault->count, 2);
	RS_CHECK_STR("its example is the first one", fault->example,
		     "2026-11-22T12:00:01Z mx dovecot: imap-login: Login: x");
	RS_CHECK_INT("its file", fault->file, 7);
	RS_CHECK_INT("its place", fault->offset, 1000 + strlen(LOGIN("0", "alice", MOBILE)));
	RS_CHECK_INT("ambiguous", rs_audit_fault(audit, RS_SCAN_AMBIGUOUS)->count, 1);
	RS_CHECK_INT("nothing", rs_audit_totals(audit)->nothing, 2);
	rs_audit_free(&audit);
}

/* Elements that the administrator chose are known from the lines around. */
static void test_learns(void)
{
#define CUSTOM(second, user)                                                                       \
	BEGIN second "Z mx dovecot: imap-login: Login: rip=" MOBILE ", user=<" user                \
		     ">, orig=<" user ">, method=PLAIN, session=<x>\n"
	static const char one[] = CUSTOM("0", "alice");
	static const char four[] =
		CUSTOM("0", "alice") CUSTOM("1", "bob") CUSTOM("2", "alice") CUSTOM("3", "a>b");
	struct rs_audit_options options = plain_options();
	struct rs_audit *audit = audit_text(&options, one);
	char buf[2048];

	RS_CHECK_STR("one tells too little", tell_pairs(audit, buf, sizeof(buf)), "");
	rs_audit_free(&audit);
	audit = audit_text(&options, four);
	RS_CHECK_STR("several are enough", tell_pairs(audit, buf, sizeof(buf)),
		     "a>b mobile +1 -0 @3..3\nalice mobile +2 -0 @0..2\nbob mobile +1 -0 @1..1\n");
	/* A file's lines do not teach how another's are made: which thread reads what is
	 * chance. */
	rs_audit_file(audit, 8, 0);
	CU_ASSERT_FATAL(rs_audit_lines(audit, one, strlen(one)) == 0);
	RS_CHECK_INT("in another file it is unknown again",
		     rs_audit_fault(audit, RS_SCAN_AMBIGUOUS)->count, 1);
	rs_audit_free(&audit);
}

/* An element that shows what clients send is left out where they send nothing, and a name can
 * have it. */
static void test_left_out(void)
{
#define AGENT(second, user, agent)                                                                 \
	BEGIN second "Z mx dovecot: imap-login: Login: user=<" user ">, method=PLAIN, rip=" HOME   \
		     ", TLS, session=<x>" agent "\n"
#define AGENTS                                                                                     \
	AGENT("0", "bob", ", agent=<a>")                                                           \
	AGENT("1", "bob", ", agent=<b>") AGENT("2", "bob", ", agent=<a>")
	static const char *const texts[] = {
		AGENTS AGENT("3", "alice>, method=PLAIN, rip=" MOBILE ", session=<x>, agent=<", ""),
		AGENTS AGENT("3", "alice>, method=PLAIN, rip=" MOBILE ", session=<x>, agent=<",
			     ", agent=<c>"),
		/* Where it is rare, it is not known. */
		AGENTS AGENT("3", "alice>, rip=" MOBILE ", session=<x>, agent=<", ", rare=<c>"),
	};
	struct rs_audit_options options = plain_options();
	char buf[2048];

	for (size_t i = 0; i < RS_COUNT(texts); i++) {
		struct rs_audit *audit = audit_text(&options, texts[i]);

		RS_CHECK_STR(texts[i], tell_pairs(audit, buf, sizeof(buf)), "");
		RS_CHECK_INT(texts[i], rs_audit_fault(audit, RS_SCAN_AMBIGUOUS)->count, 1);
		rs_audit_free(&audit);
	}
}

/* Whoever has no account teaches nothing, neither by names in lines of failures nor by what
 * other programs log. */
static void test_poison(void)
{
#define POISON "Login: user=<a>, evil=<b>, method=PLAIN, session=<c"
#define ATTACK                                                                                     \
	FAILED("0", "1", "x " POISON, HOME)                                                        \
	BEGIN "0Z mx sshd[7]: Invalid user x-login: " POISON ">\n" BEGIN                           \
	      "0Z mx sshd[7]: imap-login: " POISON ">\n"
	static const char text[] = ATTACK ATTACK ATTACK ATTACK FAILED("2", "1", "bob>, x", MOBILE);
	static const char taught[] =
		ATTACK ATTACK ATTACK ATTACK LOGIN("1", "alice", MOBILE) LOGIN("1", "bob", MOBILE)
			LOGIN("1", "bob", MOBILE) FAILED("2", "1", "bob>, x", MOBILE);
	struct rs_audit_options options = plain_options();
	struct rs_audit *audit = audit_text(&options, text);
	char buf[2048];

	RS_CHECK_STR("nothing is known", tell_pairs(audit, buf, sizeof(buf)), "");
	rs_audit_free(&audit);
	audit = audit_text(&options, taught);
	RS_CHECK_STR("the others teach", tell_pairs(audit, buf, sizeof(buf)),
		     "alice mobile +1 -0 @1..1\n"
		     "bob mobile +2 -0 @1..1\n"
		     "bob>, x mobile +0 -1 @2..2\n");
	rs_audit_free(&audit);
}

/* Many users and long names, in pieces that are merged in another order. */
static void test_merge(void)
{
	struct rs_audit_options options = plain_options();
	struct rs_audit *whole, *parts[3], *sum;
	char *text = malloc(4 << 20);
	size_t ends[4] = { 0 }, len = 0;
	char a[64], b[64];

	options.addresses = true;
	for (int i = 0; i < 6000; i++) {
		len += (size_t)sprintf(text + len,
				       BEGIN "0Z mx dovecot: imap-login: Login: user=<user%d%.*s>, "
					     "method=PLAIN, rip=52.125.%d.%d, session=<x>\n",
				       i % 4500, i % 3 * 25,
				       "a long name, of which no part is in the record",
				       128 + i % 9, i % 7);
		if (i % 2000 == 1999)
			ends[i / 2000 + 1] = len;
	}
	whole = rs_audit_new(&options);
	CU_ASSERT_FATAL(rs_audit_lines(whole, text, len) == 0 && rs_audit_finish(whole) == 0);
	for (int i = 0; i < 3; i++) {
		parts[i] = rs_audit_new(&options);
		CU_ASSERT_FATAL(rs_audit_lines(parts[i], text + ends[i], ends[i + 1] - ends[i]) ==
				0);
	}
	sum = parts[2];
	CU_ASSERT_FATAL(rs_audit_merge(sum, &parts[0]) == 0);
	CU_ASSERT_FATAL(rs_audit_merge(sum, &parts[1]) == 0);
	CU_ASSERT_FATAL(rs_audit_finish(sum) == 0);
	snprintf(a, sizeof(a), "%d users, %d", (int)rs_audit_user_count(whole),
		 (int)rs_audit_totals(whole)->users);
	snprintf(b, sizeof(b), "%d users, %d", (int)rs_audit_user_count(sum),
		 (int)rs_audit_totals(sum)->users);
	RS_CHECK_STR("users", b, a);
	RS_CHECK_INT("logins", rs_audit_totals(sum)->success, 6000);
	{
		const struct rs_audit_pair *pairs;
		const struct rs_audit_address *addresses;
		const struct rs_audit_day *days;

		RS_CHECK_INT("pairs", rs_audit_pairs(sum, &pairs), rs_audit_pairs(whole, &pairs));
		RS_CHECK_INT("addresses", rs_audit_addresses(sum, &addresses),
			     rs_audit_addresses(whole, &addresses));
		RS_CHECK_INT("days", rs_audit_days(sum, &days), rs_audit_days(whole, &days));
	}
	rs_audit_free(&whole);
	rs_audit_free(&sum);
	free(text);
}

static void test_policy(void)
{
	static const char rules[] =
		"\"mode\": \"enforce\", \"rules\": ["
		"{\"id\": \"try\", \"class\": \"mail-relay\", \"action\": \"deny\", \"mode\": "
		"\"testing\"},"
		"{\"id\": \"bob\", \"user\": \"bob\", \"action\": \"allow\"},"
		"{\"id\": \"rest\", \"class\": \"mail-relay\", \"action\": \"alert\"},"
		"{\"id\": \"label\", \"class\": \"cloud\", \"action\": \"tag\", \"tag\": \"x\"},"
		"{\"id\": \"entries\", \"action\": \"user-policy\"}],"
		"\"user_entries\": {\"dave\": {\"deny\": [\"azure\"]}, \"erin\": {\"allow\": "
		"[\"azure\"]}}";
	static const char text[] = LOGIN("0", "alice", MOBILE) LOGIN("0", "alice", MOBILE)
		LOGIN("3", "alice", HOME) LOGIN("3", "bob", MOBILE) LOGIN("3", "dave", AZURE)
			LOGIN("3", "erin", AZURE) LOGIN("3", "erin", AZURE)
				FAILED("3", "1", "erin", AZURE);
	static const struct {
		const char *label, *id;
		size_t row;
		enum rs_action action;
		bool enforced;
		int logins, users;
	} want[] = {
		{ "a rule in testing", "try", 3, RS_ACTION_DENY, false, 3, 2 },
		{ "a rule that allows", "bob", 4, RS_ACTION_ALLOW, true, 1, 1 },
		{ "a rule that alerts", "rest", 8, RS_ACTION_ALERT, true, 2, 1 },
		{ "a rule that tags", "label", 12, RS_ACTION_TAG, true, 3, 2 },
		{ "an entry that allows", "entries", 16, RS_ACTION_ALLOW, true, 2, 1 },
		{ "an entry that denies", "entries", 17, RS_ACTION_DENY, true, 1, 1 },
		{ "no rule", "", 20, RS_ACTION_ALLOW, false, 1, 1 },
	};
	struct rs_audit_options options = plain_options();
	struct rs_policy *policy = fixture_policy("audit", rules);
	const struct rs_audit_rule *rows;
	struct rs_audit *audit;

	CU_ASSERT_PTR_NOT_NULL_FATAL(policy);
	options.policy = policy;
	audit = audit_text(&options, text);
	CU_ASSERT_FATAL(rs_audit_rules(audit, &rows) == 21);
	for (size_t i = 0; i < RS_COUNT(want); i++) {
		const struct rs_audit_rule *row = &rows[want[i].row];

		RS_CHECK_STR(want[i].label, row->id, want[i].id);
		RS_CHECK_INT(want[i].label, row->action, want[i].action);
		RS_CHECK_INT(want[i].label, row->enforced, want[i].enforced);
		RS_CHECK_INT(want[i].label, row->logins, want[i].logins);
		RS_CHECK_INT(want[i].label, row->users, want[i].users);
	}
	rs_audit_free(&audit);
	rs_policy_free(&policy);
}

void rs_suite_audit(CU_pSuite suite)
{
	CU_add_test(suite, "logins are added up", test_adds_up);
	CU_add_test(suite, "what is not wanted is left out", test_options);
	CU_add_test(suite, "relaysentry's own lines are no logins", test_verdicts);
	CU_add_test(suite, "lines of dovecot_badclients", test_badclients);
	CU_add_test(suite, "what is not understood has an example", test_faults);
	CU_add_test(suite, "elements are learned from lines around", test_learns);
	CU_add_test(suite, "what a client leaves out is not read from its name", test_left_out);
	CU_add_test(suite, "nobody without an account teaches elements", test_poison);
	CU_add_test(suite, "parts give what the whole gives", test_merge);
	CU_add_test(suite, "what a policy would have done", test_policy);
}

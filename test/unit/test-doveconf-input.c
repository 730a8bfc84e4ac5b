/* SPDX-License-Identifier: MIT */
/* Whole outputs of doveconf, and what is none. */
#include "doveconf-texts.h"
#include "unit.h"

#include <relaysentry/doveconf.h>

#include <stdlib.h>
#include <string.h>

static const struct {
	const char *label;
	const char *text;
	size_t len; /* 0: strlen */
	unsigned line;
	const char *what;
} faulty[] = {
	{ "nothing", "", 0, 0, "holds no settings" },
	{ "comments only", "# 2.3.19.1 (9b53102964): x\n", 0, 0, "holds no settings" },
	{ "NUL", "a = b\0\n", 7, 0, "NUL" },
	{ "a block without an end", "a = b\npassdb {\n  driver = pam\n", 0, 2, "does not end" },
	{ "an end without a block", "a = b\n}\n", 0, 2, "closes no block" },
	{ "rubbish", "a = b\nrubbish\n", 0, 2, "neither a setting nor a block" },
	{ "a file of another kind", "one\ntwo words\nthree\n", 0, 1,
	  "neither a setting nor a block" },
	{ "rubbish with words", "some words here\n", 0, 1, "neither a setting nor a block" },
	{ "an open quote", "a = \"b\n\n", 0, 1, "quoted value does not end" },
	{ "an open quote in a name", "passdb \"x {\n", 0, 1, "quoted value does not end" },
};

static void test_faulty(void)
{
	for (size_t i = 0; i < RS_COUNT(faulty); i++) {
		struct rs_diags *diags = rs_diags_new();
		size_t len = faulty[i].len != 0 ? faulty[i].len : strlen(faulty[i].text);
		bool ok;

		RS_CHECK_INT(faulty[i].label, rs_doveconf_lint("dc", faulty[i].text, len, diags),
			     -1);
		RS_CHECK_INT(faulty[i].label, rs_diags_kept(diags), 1);
		ok = RS_CHECK(faulty[i].label, rs_unit_diags_have(diags, faulty[i].what), "%s",
			      rs_unit_diags(diags));
		if (ok && faulty[i].line != 0)
			RS_CHECK_INT(faulty[i].label, rs_diags_get(diags, 0)->line, faulty[i].line);
		rs_diags_free(&diags);
	}
}

/* A protocol with passdbs of its own and without us, while another one has us. */
static void test_protocol_without_us(void)
{
	static const char text[] = "# 2.4.1-4 (7d8c0e5759): x\n"
				   "protocol imap {\n"
				   "  passdb ldap {\n    result_success = continue-ok\n  }\n"
				   "  passdb relaysentry {\n    result_failure = return-fail\n"
				   "    result_internalfail = return-fail\n"
				   "    result_success = return\n    skip = unauthenticated\n  }\n"
				   "}\n"
				   "protocol pop3 {\n  passdb ldap {\n  }\n}\n";
	struct rs_diags *diags = rs_diags_new();

	RS_CHECK_INT("result", rs_doveconf_lint("dc", text, sizeof(text) - 1, diags), 0);
	RS_CHECK("pop3",
		 rs_unit_diags_have(diags, "dc:13: protocol pop3 has no passdb relaysentry"), "%s",
		 rs_unit_diags(diags));
	RS_CHECK("others", rs_unit_diags_have(diags, "logins of all other protocols"));
	RS_CHECK_INT("findings", rs_diags_kept(diags), 2);
	rs_diags_free(&diags);
}

/* Dovecot drops our block, and yet everything that is wrong is told at once. */
static void test_dropped(void)
{
	static const char text[] = "# 2.4.1-4 (7d8c0e5759): x\n"
				   "passdb relaysentry {\n  result_failure = return-fail\n"
				   "  result_internalfail = continue\n"
				   "  skip = unauthenticated\n  use_worker = yes\n}\n"
				   "passdb ldap {\n}\n"
				   "passdb masters {\n  driver = passwd-file\n  master = yes\n}\n";
	static const char *const wanted[] = {
		"dc:5: skip = unauthenticated in the first passdb",
		"dc:6: passdb relaysentry has passdb_use_worker = yes",
		"dc:4: passdb relaysentry has result_internalfail = continue",
		"dc:10: master passdb masters has result_success = return-ok",
	};
	struct rs_diags *diags = rs_diags_new();

	RS_CHECK_INT("result", rs_doveconf_lint("dc", text, sizeof(text) - 1, diags), 0);
	for (size_t i = 0; i < RS_COUNT(wanted); i++)
		RS_CHECK(wanted[i], rs_unit_diags_have(diags, wanted[i]), "%s",
			 rs_unit_diags(diags));
	RS_CHECK_INT("findings", rs_diags_kept(diags), RS_COUNT(wanted));
	rs_diags_free(&diags);
}

/* Many blocks, and blocks in blocks: an answer, at once. */
static void test_hostile(void)
{
	enum { COUNT = 100000 };
	static const char *const lines[] = { "passdb {\n", "protocol imap {\n}\n",
					     "passdb {\n}\n" };

	for (size_t i = 0; i < RS_COUNT(lines); i++) {
		size_t len = strlen(lines[i]);
		char *text = malloc(len * COUNT);
		struct rs_diags *diags = rs_diags_new();

		if (text == NULL)
			abort();
		for (size_t k = 0; k < COUNT; k++)
			memcpy(text + k * len, lines[i], len);
		RS_CHECK_INT(lines[i], rs_doveconf_lint("dc", text, len * COUNT, diags), -1);
		RS_CHECK(lines[i], rs_unit_diags_have(diags, "too many blocks"));
		rs_diags_free(&diags);
		free(text);
	}
}

/* Every text that the output may end with when it was cut: no crash, an answer. */
static void test_cut(void)
{
	struct rs_diags *diags = rs_diags_new();
	size_t len = sizeof(rs_doveconf_24) - 1;

	for (size_t i = 0; i < len; i++) {
		char *cut = malloc(i + 1);

		if (cut == NULL)
			abort();
		memcpy(cut, rs_doveconf_24, i);
		(void)rs_doveconf_lint("dc", cut, i, diags);
		free(cut);
		rs_diags_clear(diags);
	}
	RS_CHECK_INT("whole", rs_doveconf_lint("dc", rs_doveconf_24, len, diags), 0);
	rs_diags_free(&diags);
}

void rs_suite_doveconf_input(CU_pSuite suite)
{
	CU_add_test(suite, "what is no doveconf output is refused", test_faulty);
	CU_add_test(suite, "a protocol without us is found", test_protocol_without_us);
	CU_add_test(suite, "beside a block that Dovecot drops the rest is found", test_dropped);
	CU_add_test(suite, "hostile input ends in an answer", test_hostile);
	CU_add_test(suite, "output that was cut crashes nothing", test_cut);
}

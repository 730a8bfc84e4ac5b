/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <relaysentry/userkey.h>

#include <stdio.h>
#include <string.h>

static struct rs_policy *make_policy(const char *settings)
{
	char text[1024];
	struct rs_policy *policy;

	snprintf(text, sizeof(text), "{\"version\":1,\"rules\":[]%s}", settings);
	policy = rs_policy_parse("p", text, strlen(text), NULL);
	RS_CHECK("policy", policy != NULL);
	return policy;
}

#define DOMAIN ",\"default_domain\":\"Example.org\""

static void test_keys(void)
{
	static const struct {
		const char *label, *settings, *user;
		const char *want; /* NULL: no key */
		const char *name; /* what it is read back as */
	} cases[] = {
		{ "a name", "", "alice@example.org", "alice@example.org", "alice@example.org" },
		{ "lower case", "", "Alice@Example.ORG", "alice@example.org", "alice@example.org" },
		{ "no domain", "", "alice", "alice", "alice" },
		{ "the default domain", DOMAIN, "Alice", "alice@example.org", "alice@example.org" },
		{ "a domain of its own", DOMAIN, "alice@x", "alice@x", "alice@x" },
		{ "empty", "", "", NULL, NULL },
		{ "empty, with a default domain", DOMAIN, "", NULL, NULL },
		{ "a slash", "", "a/b", "a%2Fb", "a/b" },
		{ "slashes alone", "", "/../", "%2F..%2F", "/../" },
		{ "a backslash", "", "a\\b", "a%5Cb", "a\\b" },
		{ "a percent sign", "", "100%", "100%25", "100%" },
		{ "what is encoded already", "", "a%2fb", "a%252fb", "a%2fb" },
		{ "a tab", "", "a\tb", "a%09b", "a\tb" },
		{ "newlines", "", "a\r\nb", "a%0D%0Ab", "a\r\nb" },
		{ "a blank", "", " a ", "%20a%20", " a " },
		{ "DEL", "", "\x7f", "%7F", "\x7f" },
		{ "quotes", "", "o'neil\"", "o%27neil%22", "o'neil\"" },
		{ "wildcards", "", "*?", "%2A%3F", "*?" },
		{ "what stays", "", "!#$&()+,-.:;<=>@[]^_`{|}~", "!#$&()+,-.:;<=>@[]^_`{|}~",
		  "!#$&()+,-.:;<=>@[]^_`{|}~" },
		{ "UTF-8", "", "z\xc3\xbcrich", "z%C3%BCrich", "z\xc3\xbcrich" },
		{ "UTF-8 keeps its case", "", "\xc3\x84", "%C3%84", "\xc3\x84" },
		{ "invalid UTF-8", "", "\xff\xc3", "%FF%C3", "\xff\xc3" },
		{ "overlong NUL", "", "\xc0\x80", "%C0%80", "\xc0\x80" },
		{ "a domain alone", "", "@example.org", "@example.org", "@example.org" },
	};

	for (size_t i = 0; i < RS_COUNT(cases); i++) {
		struct rs_policy *policy = make_policy(cases[i].settings);
		char key[RS_USER_KEY_SIZE], name[RS_USER_KEY_SIZE];
		const char *got = rs_user_key(policy, cases[i].user, key);

		RS_CHECK_STR(cases[i].label, got, cases[i].want);
		if (got != NULL)
			RS_CHECK_STR(cases[i].label, rs_user_key_decode(got, strlen(got), name),
				     cases[i].name);
		rs_policy_free(&policy);
	}
}

/* Every byte alone: no two have the same key, none is part of a path. */
static void test_bytes(void)
{
	struct rs_policy *policy = make_policy("");
	char keys[256][4];

	for (int c = 1; c < 256; c++) {
		char user[2] = { (char)c, '\0' }, key[RS_USER_KEY_SIZE], name[RS_USER_KEY_SIZE];
		int lower = c >= 'A' && c <= 'Z' ? c + 32 : c;

		RS_CHECK("a key", rs_user_key(policy, user, key) != NULL, "byte %d", c);
		RS_CHECK("its length", strlen(key) == 1 || strlen(key) == 3, "%s", key);
		RS_CHECK("no slash", strpbrk(key, "/\\'\"*? \t\n") == NULL, "%s", key);
		(void)rs_user_key_decode(key, strlen(key), name);
		RS_CHECK("read back", (unsigned char)name[0] == lower && name[1] == '\0', "byte %d",
			 c);
		snprintf(keys[c], sizeof(keys[c]), "%s", key);
		for (int other = 1; other < c; other++)
			RS_CHECK("its own",
				 strcmp(keys[other], key) != 0 || other == lower || other + 32 == c,
				 "bytes %d and %d", other, c);
	}
	rs_policy_free(&policy);
}

static void test_longest(void)
{
	static const struct {
		const char *label;
		size_t len; /* of the name, without the default domain */
		bool want;
	} cases[] = {
		{ "512 bytes", 512, true },
		{ "513 bytes", 513, false },
	};
	char settings[600], user[600], key[RS_USER_KEY_SIZE], dict[RS_DICT_KEY_SIZE];
	char relay[64], name[RS_USER_KEY_SIZE];

	/* The longest domain there is, supplied to a name of bytes that are all encoded. */
	snprintf(settings, sizeof(settings), ",\"default_domain\":\"%0*d\"", 511, 0);
	memset(relay, 'r', 63);
	relay[63] = '\0';
	for (size_t i = 0; i < RS_COUNT(cases); i++) {
		struct rs_policy *policy = make_policy("");
		const char *got;

		rs_policy_free(&policy);
		policy = make_policy(settings);
		memset(user, '/', cases[i].len);
		user[cases[i].len] = '\0';
		got = rs_user_key(policy, user, key);
		RS_CHECK(cases[i].label, (got != NULL) == cases[i].want);
		if (got != NULL) {
			RS_CHECK_INT(cases[i].label, strlen(got), 512 * 3 + 1 + 511);
			RS_CHECK_INT(cases[i].label,
				     strlen(rs_user_key_decode(got, strlen(got), name)),
				     512 + 1 + 511);
			rs_dict_key(got, RS_DICT_SEEN, relay, dict);
			RS_CHECK("nothing is cut off", strstr(dict, relay) != NULL);
		}
		rs_policy_free(&policy);
	}
}

static void test_not_decoded(void)
{
	static const struct {
		const char *label, *key;
	} cases[] = {
		{ "empty", "" },
		{ "upper case", "Alice" },
		{ "a blank", "a b" },
		{ "a slash", "a/b" },
		{ "UTF-8", "z\xc3\xbcrich" },
		{ "a percent sign at the end", "a%" },
		{ "one digit", "a%2" },
		{ "lower case digits", "a%2f" },
		{ "no digits", "a%zz" },
		{ "NUL", "a%00" },
		{ "what need not be encoded", "%61" },
		{ "upper case, encoded", "%41" },
		{ "a quote", "o'neil" },
	};
	char name[RS_USER_KEY_SIZE];

	for (size_t i = 0; i < RS_COUNT(cases); i++)
		RS_CHECK_STR(cases[i].label,
			     rs_user_key_decode(cases[i].key, strlen(cases[i].key), name), NULL);
	/* The key ends where it is said to, not at a NUL. */
	RS_CHECK_STR("a part", rs_user_key_decode("a%2Fb/x", 5, name), "a/b");
	RS_CHECK_STR("a part of %XX", rs_user_key_decode("a%2Fb", 3, name), NULL);
}

static void test_items(void)
{
	static const struct {
		const char *label, *key;
		const char *user, *item; /* NULL: none of ours */
	} cases[] = {
		{ "exceptions", "shared/relaysentry/user/a@b/exceptions", "a@b", "exceptions" },
		{ "seen", "shared/relaysentry/user/a%2Fb/seen:mobile", "a%2Fb", "seen:mobile" },
		{ "another item", "shared/relaysentry/user/a/x", "a", "x" },
		{ "no item", "shared/relaysentry/user/a/", NULL, NULL },
		{ "no slash behind the user", "shared/relaysentry/user/a", NULL, NULL },
		{ "no user", "shared/relaysentry/user//x", NULL, NULL },
		{ "one level more", "shared/relaysentry/user/a/x/y", NULL, NULL },
		{ "another prefix", "shared/other/user/a/x", NULL, NULL },
		{ "private", "priv/relaysentry/user/a/x", NULL, NULL },
		{ "empty", "", NULL, NULL },
	};
	char buf[RS_DICT_KEY_SIZE];

	RS_CHECK_STR("exceptions", rs_dict_key("a@b", RS_DICT_EXCEPTIONS, NULL, buf), cases[0].key);
	RS_CHECK_STR("seen", rs_dict_key("a%2Fb", RS_DICT_SEEN, "mobile", buf), cases[1].key);
	for (size_t i = 0; i < RS_COUNT(cases); i++) {
		const char *user, *item;
		size_t len;
		int ret = rs_dict_key_split(cases[i].key, &user, &len, &item);

		RS_CHECK_INT(cases[i].label, ret, cases[i].user != NULL ? 0 : -1);
		if (ret < 0)
			continue;
		snprintf(buf, sizeof(buf), "%.*s", (int)len, user);
		RS_CHECK_STR(cases[i].label, buf, cases[i].user);
		RS_CHECK_STR(cases[i].label, item, cases[i].item);
	}
}

void rs_suite_userkey(CU_pSuite suite)
{
	CU_add_test(suite, "a user's key is his name, without bytes that mean something",
		    test_keys);
	CU_add_test(suite, "no two bytes have the same key", test_bytes);
	CU_add_test(suite, "the longest name has room, a longer one no key", test_longest);
	CU_add_test(suite, "what is no user's key is none", test_not_decoded);
	CU_add_test(suite, "an item's key is taken apart as it was put together", test_items);
}

/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <relaysentry/dictproto.h>

#include <stdio.h>
#include <string.h>

static void test_cases(void)
{
	static const struct {
		const char *label, *text;
		const char *socket, *name; /* NULL: refused */
		const char *error;	   /* a part of it */
	} cases[] = {
		{ "Dovecot's own socket", "proxy::relaysentry", "", "relaysentry", "" },
		{ "a socket", "proxy:/run/dovecot/dict:users", "/run/dovecot/dict", "users", "" },
		{ "a blank in the path", "proxy:/run/a b:x", "/run/a b", "x", "" },
		{ "all bytes of names", "proxy::aZ09._-", "", "aZ09._-", "" },
		{ "empty", "", NULL, NULL, "write proxy::NAME" },
		{ "another driver", "redis:host=::1", NULL, NULL, "write proxy::NAME" },
		{ "a file", "file:/var/lib/x", NULL, NULL, "write proxy::NAME" },
		{ "the name alone", "relaysentry", NULL, NULL, "write proxy::NAME" },
		{ "upper case", "PROXY::x", NULL, NULL, "write proxy::NAME" },
		{ "one colon", "proxy:relaysentry", NULL, NULL, "write proxy::NAME" },
		{ "no name", "proxy::", NULL, NULL, "names no dict" },
		{ "a socket, no name", "proxy:/run/x:", NULL, NULL, "names no dict" },
		{ "a relative path", "proxy:run/x:y", NULL, NULL, "whole path" },
		{ "a host", "proxy:example.org:y", NULL, NULL, "whole path" },
		{ "a colon in the name", "proxy::a:b", NULL, NULL, "cannot be a name" },
		{ "a blank in the name", "proxy::a b", NULL, NULL, "cannot be a name" },
		{ "a tab in the name", "proxy::a\tb", NULL, NULL, "cannot be a name" },
		{ "a slash in the name", "proxy::a/b", NULL, NULL, "cannot be a name" },
		{ "UTF-8 in the name", "proxy::\xc3\xbc", NULL, NULL, "cannot be a name" },
		{ "a newline in the path", "proxy:/a\nb:x", NULL, NULL, "control character" },
		{ "DEL in the path", "proxy:/a\x7f:x", NULL, NULL, "control character" },
	};

	for (size_t i = 0; i < RS_COUNT(cases); i++) {
		struct rs_dict_uri uri;
		const char *error = "";
		int ret = rs_dict_uri_parse(cases[i].text, &uri, &error);

		RS_CHECK_INT(cases[i].label, ret, cases[i].name != NULL ? 0 : -1);
		RS_CHECK(cases[i].label, strstr(error, cases[i].error) != NULL, "%s", error);
		if (ret < 0 || cases[i].name == NULL)
			continue;
		RS_CHECK_STR(cases[i].label, uri.socket, cases[i].socket);
		RS_CHECK_STR(cases[i].label, uri.name, cases[i].name);
	}
}

/* A socket's path has at most 107 bytes, a name 63. */
static void test_longest(void)
{
	static const struct {
		const char *label;
		int socket, name; /* bytes */
		int want;
	} cases[] = {
		{ "longest socket", 107, 1, 0 },
		{ "a longer socket", 108, 1, -1 },
		{ "longest name", 1, 63, 0 },
		{ "a longer name", 1, 64, -1 },
	};

	for (size_t i = 0; i < RS_COUNT(cases); i++) {
		struct rs_dict_uri uri;
		const char *error;
		char text[256];

		snprintf(text, sizeof(text), "proxy:/%0*d:%0*d", cases[i].socket - 1, 0,
			 cases[i].name, 0);
		if (cases[i].socket == 1)
			snprintf(text, sizeof(text), "proxy:/:%0*d", cases[i].name, 0);
		RS_CHECK_INT(cases[i].label, rs_dict_uri_parse(text, &uri, &error), cases[i].want);
		if (cases[i].want == 0)
			RS_CHECK_INT(cases[i].label, strlen(uri.socket) + strlen(uri.name),
				     cases[i].socket + cases[i].name);
	}
}

void rs_suite_dict_uri(CU_pSuite suite)
{
	CU_add_test(suite, "a dict is named as proxy::NAME or with its socket", test_cases);
	CU_add_test(suite, "socket and name fit into their room", test_longest);
}

/* SPDX-License-Identifier: MIT */
#include "mmdb-fixture.h"
#include "unit.h"

#include <malloc.h>
#include <string.h>

#define ATTEMPTS 100

static const struct rs_fixture_net nets[] = { { "52.125.128.0/20", RS_M0, 8075, "MICROSOFT" } };

/* The place behind this key in the metadata, which end the file. */
static unsigned char *value_of(const struct rs_built *file, const char *key)
{
	unsigned char *found = NULL;

	for (size_t i = 0; i + strlen(key) < file->size; i++) {
		if (memcmp(file->data + i, key, strlen(key)) == 0)
			found = file->data + i + strlen(key);
	}
	return found;
}

/* What malloc() has handed out; 0 where a sanitizer stands in its place. */
static size_t memory_used(void)
{
	return mallinfo2().uordblks;
}

static void load_broken(const char *label, const struct rs_built *file)
{
	size_t before = 0;

	for (int i = 0; i < ATTEMPTS; i++) {
		struct rs_diags *diags = rs_diags_new();
		struct rs_relaydb *db =
			rs_relaydb_load_memory("broken", file->data, file->size, diags);

		RS_CHECK(label, db == NULL, "was loaded");
		RS_CHECK_INT(label, rs_diags_count(diags, RS_LEVEL_ERROR), 1);
		rs_relaydb_free(&db);
		rs_diags_free(&diags);
		/* The first attempts may fill what libraries keep for later. */
		if (i == ATTEMPTS / 2)
			before = memory_used();
	}
	RS_CHECK_INT(label, memory_used() - before, 0);
}

/* The module looks at a broken file again and again, for as long as it lies there. */
static void test_memory(void)
{
	static const struct {
		const char *label, *key;
		size_t at;
		unsigned char byte;
	} cases[] = {
		{ "a language that is a number", "languages", 2, 0xa2 },
		{ "languages that are a number", "languages", 0, 0xa1 },
		{ "more languages than there are", "languages", 0, 0x1c },
		{ "a description for a number", "description", 1, 0xa2 },
		{ "a description that is a pointer", "description", 4, 0x20 },
		{ "more descriptions than there are", "description", 0, 0xfc },
		{ "a database type that is a map", "database_type", 0, 0xf2 },
		{ "a value of no known type", "ip_version", 0, 0x60 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct rs_built file;
		unsigned char *value;

		rs_fixture_build(nets, 1, &file);
		value = value_of(&file, cases[i].key);
		RS_CHECK(cases[i].label, value != NULL, "no key %s", cases[i].key);
		if (value != NULL) {
			value[cases[i].at] = cases[i].byte;
			load_broken(cases[i].label, &file);
		}
		rs_fixture_free(&file);
	}
}

static void test_none(void)
{
	static const char text[] = "no database at all";
	struct rs_diags *diags = rs_diags_new();

	RS_CHECK("text", rs_relaydb_load_memory("text", text, sizeof(text), diags) == NULL,
		 "was loaded");
	RS_CHECK("text", strstr(rs_diags_get(diags, 0)->text, "it has no metadata") != NULL, "%s",
		 rs_diags_get(diags, 0)->text);
	rs_diags_free(&diags);
}

void rs_suite_relaydb_meta(CU_pSuite suite)
{
	CU_add_test(suite, "broken metadata is refused and costs no memory", test_memory);
	CU_add_test(suite, "a file without metadata is refused", test_none);
}

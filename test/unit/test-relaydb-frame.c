/* SPDX-License-Identifier: MIT */
/* The reader remembers what stands around a network. Where the network itself
 * stands elsewhere, that must not be taken for it. */
#include "mmdb-fixture.h"
#include "unit.h"

#include <string.h>

#define SEPARATOR 16
/* A pointer of two bytes reaches two of them. */
#define RECORD_SIZE 80
#define PAD_AT 32

static const struct rs_fixture_net nets[] = {
	{ "10.1.2.0/24", RS_C0, 0, "" },
	{ "10.1.3.0/24", RS_C0, 0, "" },
};

/* A record whose network stands where pointer says; beside it stands pad. */
static void put_record(unsigned char *at, const char *pad, unsigned char pointer)
{
	static const char head[] = "\xe1"
				   "Frelays\x01\x04\xe5"
				   "BidBc0EclassEcloudApK";
	static const char tail[] = "DnameAN";
	unsigned char *p = at + sizeof(head) - 1;

	memcpy(at, head, sizeof(head) - 1);
	RS_CHECK_INT("the pad", p - at, PAD_AT);
	memcpy(p, pad, 11);
	memcpy(p + 11, "Gnetwork ", 9);
	p[20] = pointer;
	memcpy(p + 21, tail, sizeof(tail) - 1);
}

static void put_leaf(unsigned char *at, uint32_t value)
{
	at[0] = (unsigned char)(value >> 16);
	at[1] = (unsigned char)(value >> 8);
	at[2] = (unsigned char)value;
}

/* The tree and the metadata as they were, with two records of other data. */
static size_t make_file(const struct rs_built *built, unsigned char second, unsigned char *file)
{
	const size_t tree = (size_t)built->stats.node_count * 6;
	const uint32_t first = built->stats.node_count + SEPARATOR;
	const unsigned char *metadata =
		memmem(built->data, built->size, "\xab\xcd\xefMaxMind.com", 14);
	size_t size = tree + SEPARATOR, rest = built->size - (size_t)(metadata - built->data);

	memcpy(file, built->data, size);
	for (size_t i = 0; i < (size_t)built->stats.node_count * 2; i++) {
		uint32_t value = (uint32_t)file[3 * i] << 16 | (uint32_t)file[3 * i + 1] << 8 |
				 file[3 * i + 2];

		if (value > first)
			put_leaf(file + 3 * i, first + RECORD_SIZE);
	}
	memset(file + size, 0, 8 * RECORD_SIZE);
	put_record(file + size, "10.1.2.0/24", PAD_AT - 1);
	put_record(file + size + RECORD_SIZE, "10.1.3.0/24", second);
	size += 8 * RECORD_SIZE;
	memcpy(file + size, metadata, rest);
	return size + rest;
}

static void test_network_elsewhere(void)
{
	static const struct {
		const char *label;
		unsigned char second;
		bool good;
	} cases[] = {
		{ "each leads to its own pad", RECORD_SIZE + PAD_AT - 1, true },
		{ "both lead to the pad of the first", PAD_AT - 1, false },
	};
	static unsigned char file[65536];

	for (size_t i = 0; i < RS_COUNT(cases); i++) {
		struct rs_diags *diags = rs_diags_new();
		struct rs_relaydb *db;
		struct rs_built built;
		size_t size;

		rs_fixture_build(nets, RS_COUNT(nets), &built);
		RS_CHECK_INT(cases[i].label, built.stats.record_size, 24);
		size = make_file(&built, cases[i].second, file);
		db = rs_relaydb_load_memory(cases[i].label, file, size, diags);
		RS_CHECK(cases[i].label, (db != NULL) == cases[i].good, "%s", rs_unit_diags(diags));
		rs_relaydb_free(&db);
		rs_diags_free(&diags);
		rs_fixture_free(&built);
	}
}

void rs_suite_relaydb_frame(CU_pSuite suite)
{
	CU_add_test(suite, "a network that stands elsewhere is read there", test_network_elsewhere);
}

/* SPDX-License-Identifier: MIT */
#include "mmdb-fixture.h"
#include "unit.h"

/* No IPv4, whose aliases would be missed first. */
static const struct rs_fixture_net nets[] = {
	{ "2603:1000::/24", RS_C0, 0, "" },
	{ "2603:1026::/36", RS_M1, 0, "" },
	{ "2a00::/32", RS_P0, 0, "" },
};

/* The place of the largest value in a tree of 24-bit records below the limit. */
static unsigned char *largest_value(const struct rs_built *built, uint32_t limit, uint32_t *value_r)
{
	unsigned char *found = NULL;

	*value_r = 0;
	for (size_t i = 0; i < (size_t)built->stats.node_count * 2; i++) {
		unsigned char *at = built->data + 3 * i;
		uint32_t value = (uint32_t)at[0] << 16 | (uint32_t)at[1] << 8 | at[2];

		if (value < limit && value > *value_r) {
			*value_r = value;
			found = at;
		}
	}
	return found;
}

/* Nodes and records have one order only, that of the addresses. */
static void test_order(void)
{
	static const struct {
		const char *label, *want;
		int node; /* where the left side of the root leads, -1: as it was, -2: nowhere */
		bool record;
	} cases[] = {
		{ "as it was", NULL, -1, false },
		{ "a node is left out", "node 0 of the search tree leads to node 2", 2, false },
		{ "no node is reached", "nodes of the search tree are not reached", -2, false },
		{ "a record before one that was read", "not in the order of the search tree", -1,
		  true },
	};

	for (size_t i = 0; i < RS_COUNT(cases); i++) {
		struct rs_diags *diags = rs_diags_new();
		struct rs_relaydb *db;
		struct rs_built built;
		uint32_t value;

		rs_fixture_build(nets, RS_COUNT(nets), &built);
		RS_CHECK_INT(cases[i].label, built.stats.record_size, 24);
		if (cases[i].record) {
			unsigned char *last = largest_value(&built, UINT32_MAX, &value);

			(void)largest_value(&built, value, &value);
			value--;
			last[0] = (unsigned char)(value >> 16);
			last[1] = (unsigned char)(value >> 8);
			last[2] = (unsigned char)value;
		} else if (cases[i].node != -1) {
			value = cases[i].node == -2 ? built.stats.node_count
						    : (uint32_t)cases[i].node;
			built.data[1] = (unsigned char)(value >> 8);
			built.data[2] = (unsigned char)value;
		}
		db = rs_relaydb_load_memory(cases[i].label, built.data, built.size, diags);
		RS_CHECK_INT(cases[i].label, db == NULL, cases[i].want != NULL);
		if (cases[i].want != NULL)
			RS_CHECK(cases[i].label, rs_unit_diags_have(diags, cases[i].want), "%s",
				 rs_unit_diags(diags));
		rs_relaydb_free(&db);
		rs_diags_free(&diags);
		rs_fixture_free(&built);
	}
}

void rs_suite_relaydb_order(CU_pSuite suite)
{
	CU_add_test(suite, "nodes and records have one order", test_order);
}

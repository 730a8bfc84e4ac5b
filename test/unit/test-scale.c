/* SPDX-License-Identifier: MIT */
/* Large input takes time in proportion, not with its square: with it, each of
 * these would take much longer than the limit, which is wide enough for
 * sanitizers and busy machines. */
#include "strbuf.h"
#include "unit.h"

#include <relaysentry/catalogue.h>
#include <relaysentry/json.h>
#include <relaysentry/mmdbw.h>
#include <relaysentry/policy.h>
#include <relaysentry/relaydb.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Of processor time. */
#define LIMIT_MS 5000

static long now_ms(void)
{
	struct timespec t = { 0 };

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void check_time(const char *label, long begin)
{
	long took = now_ms() - begin;

	RS_CHECK(label, took < LIMIT_MS, "took %ld ms", took);
}

static void add_network(struct rs_strbuf *text, unsigned i)
{
	rs_strbuf_addf(text, "%s\"%u.%u.%u.0/24\"", i > 0 ? "," : "", 20 + (i >> 16), i >> 8 & 255,
		       i & 255);
}

#define CLOUD "\"class\":\"cloud\",\"confidence\":\"shared\""
#define SEEN "\"source\":\"s\",\"checked\":\"2026-01-01\""

static void load_catalogue(const char *label, const struct rs_strbuf *text, size_t want)
{
	const char *path = rs_unit_write("scale.json", rs_strbuf_text(text), text->used);
	struct rs_diags *diags = rs_diags_new();
	long begin = now_ms();
	struct rs_catalogue *catalogue = rs_catalogue_load(&path, 1, diags);
	const struct rs_relay_def *def;

	RS_CHECK_INT(label, rs_diags_count(diags, RS_LEVEL_ERROR), 0);
	if (RS_CHECK(label, catalogue != NULL)) {
		RS_CHECK_INT(label, rs_catalogue_count(catalogue), want);
		for (size_t i = 0; i < rs_catalogue_count(catalogue); i++) {
			def = rs_catalogue_get(catalogue, i);
			RS_CHECK(label, rs_catalogue_find(catalogue, def->id) == def);
			for (size_t n = 0; n < def->network_count; n++)
				RS_CHECK(label, rs_relay_net_valid(def, n, 1795000000));
		}
	}
	check_time(label, begin);
	rs_catalogue_free(&catalogue);
	rs_diags_free(&diags);
}

static void test_relays(void)
{
	struct rs_strbuf text = { 0 };

	rs_strbuf_add_text(&text, "{\"relays\":[");
	for (unsigned i = 0; i < 40000; i++)
		rs_strbuf_addf(&text, "%s{\"id\":\"relay-%u\"," CLOUD "}", i > 0 ? "," : "", i);
	rs_strbuf_add_text(&text, "]}");
	load_catalogue("many relays", &text, 40000);
	rs_strbuf_free(&text);
}

static void test_networks(void)
{
	struct rs_strbuf text = { 0 };

	rs_strbuf_add_text(&text, "{\"relays\":[{\"id\":\"a\"," CLOUD ",\"networks\":[");
	for (unsigned i = 0; i < 50000; i++)
		add_network(&text, i);
	rs_strbuf_add_text(&text, "],\"evidence\":[{" SEEN ",\"networks\":[");
	for (unsigned i = 0; i < 50000; i++)
		add_network(&text, i);
	rs_strbuf_add_text(&text, "]}]}]}");
	load_catalogue("many networks", &text, 1);
	rs_strbuf_free(&text);
}

/* A database of 2,000 relays. */
static struct rs_relaydb *make_database(void)
{
	struct rs_mmdbw *w = rs_mmdbw_new("scale", 1795000000);
	unsigned char *data = NULL;
	struct rs_relaydb *db;
	size_t size = 0;

	for (unsigned i = 0; i < 2000; i++) {
		struct rs_net net = { .ip = { .family = AF_INET,
					      .bytes = { 20, (uint8_t)(i >> 8), (uint8_t)i } },
				      .prefix = 24 };
		char id[32];

		(void)snprintf(id, sizeof(id), "known-relay-%u", i);
		(void)rs_mmdbw_insert(w, rs_mmdbw_relay(w, id, id, RS_CLASS_CLOUD), &net, 0, "");
	}
	RS_CHECK_INT("database", rs_mmdbw_build(w, &data, &size, NULL), 0);
	db = rs_relaydb_load_memory("scale", data, size, NULL);
	rs_mmdbw_free(&w);
	free(data);
	return db;
}

/* 100,000 users, each with a relay of his own. */
static void test_unknown_relays(void)
{
	struct rs_diags *diags = rs_diags_new();
	struct rs_strbuf text = { 0 };
	struct rs_relaydb *db = make_database();
	struct rs_policy *policy = NULL;
	const char *path;
	long begin;

	RS_CHECK("database", db != NULL);
	rs_strbuf_add_text(&text, "{");
	for (unsigned i = 0; i < 100000; i++)
		rs_strbuf_addf(&text, "%s\"u%u@x\":{\"deny\":\"unknown-relay-%u\"}",
			       i > 0 ? "," : "", i, i);
	rs_strbuf_add_text(&text, "}");
	(void)rs_unit_write("users.json", rs_strbuf_text(&text), text.used);
	rs_strbuf_free(&text);
	path = rs_unit_write_text(
		"policy.json", "{\"version\":1,\"rules\":[],\"user_entries_file\":\"users.json\"}");
	begin = now_ms();
	policy = rs_policy_load(path, NULL, NULL, diags);
	if (RS_CHECK("policy", policy != NULL, "%s", rs_unit_diags(diags)))
		RS_CHECK_INT("bound", rs_policy_bind(policy, db, RS_LEVEL_WARNING, diags), 0);
	RS_CHECK_INT("unknown", rs_diags_count(diags, RS_LEVEL_WARNING), 100000);
	check_time("policy", begin);
	rs_policy_free(&policy);
	rs_relaydb_free(&db);
	rs_diags_free(&diags);
}

static void test_unknown_keys(void)
{
	static const char *const known[] = { "a-known-key", "another-known-key", NULL };
	struct rs_diags *diags = rs_diags_new();
	struct rs_strbuf text = { 0 };
	struct rs_json_doc *doc;
	long begin;

	rs_strbuf_add_text(&text, "{");
	for (unsigned i = 0; i < 300000; i++)
		rs_strbuf_addf(&text, "%s\"an-unknown-key-%u\":0", i > 0 ? "," : "", i);
	rs_strbuf_add_text(&text, "}");
	begin = now_ms();
	doc = rs_json_parse("keys", rs_strbuf_text(&text), text.used, NULL, diags);
	if (RS_CHECK("keys", doc != NULL, "%s", rs_unit_diags(diags)))
		RS_CHECK_INT("keys", rs_json_check_keys(diags, rs_json_root(doc), known), 300000);
	check_time("keys", begin);
	rs_json_free(&doc);
	rs_strbuf_free(&text);
	rs_diags_free(&diags);
}

void rs_suite_scale(CU_pSuite suite)
{
	CU_add_test(suite, "many relays are loaded in time", test_relays);
	CU_add_test(suite, "many networks of a relay are loaded in time", test_networks);
	CU_add_test(suite, "many unknown relays are told in time", test_unknown_relays);
	CU_add_test(suite, "many unknown keys are told in time", test_unknown_keys);
}

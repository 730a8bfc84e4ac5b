/* SPDX-License-Identifier: MIT */
#include "mmdb-fixture.h"

#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const rs_fixture_ids[RS_FIXTURE_RELAYS] = { "m0", "m1", "p0", "c0", "c1" };
const enum rs_class rs_fixture_classes[RS_FIXTURE_RELAYS] = {
	RS_CLASS_MAIL_RELAY, RS_CLASS_MAIL_RELAY, RS_CLASS_PRIVACY_PROXY,
	RS_CLASS_CLOUD,	     RS_CLASS_CLOUD,
};

/* libmaxminddb 1.7 keeps some memory of a file whose metadata it refuses, which
 * the tests with corrupt files make it do. The name is the sanitizer's. */
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libmaxminddb";
}

static void die(const char *what)
{
	fprintf(stderr, "unit-tests: mmdb-fixture: %s\n", what);
	exit(2);
}

void rs_fixture_net(const char *text, struct rs_net *net_r)
{
	const char *error;

	if (rs_net_parse(text, strlen(text), net_r, NULL, NULL, &error) < 0)
		die(text);
}

void rs_fixture_ip(const char *text, struct rs_ip *ip_r)
{
	const char *error;

	if (rs_ip_parse(text, strlen(text), ip_r, &error) < 0)
		die(text);
}

struct rs_mmdbw *rs_fixture_writer(int numbers_r[RS_FIXTURE_RELAYS])
{
	struct rs_mmdbw *w = rs_mmdbw_new("a fixture", RS_FIXTURE_TIME);

	if (w == NULL)
		die("no memory");
	for (int i = RS_FIXTURE_RELAYS - 1; i >= 0; i--) {
		char name[32];

		snprintf(name, sizeof(name), "Name of %s", rs_fixture_ids[i]);
		numbers_r[i] = rs_mmdbw_relay(w, rs_fixture_ids[i], name, rs_fixture_classes[i]);
		if (numbers_r[i] < 0)
			die("no memory");
	}
	return w;
}

void rs_fixture_finish(struct rs_mmdbw **w, struct rs_built *built_r)
{
	if (rs_mmdbw_build(*w, &built_r->data, &built_r->size, &built_r->stats) < 0)
		die("cannot build");
	rs_mmdbw_free(w);
}

struct rs_mmdbw *rs_fixture_filled(const struct rs_fixture_net *nets, size_t count)
{
	int numbers[RS_FIXTURE_RELAYS];
	struct rs_mmdbw *w = rs_fixture_writer(numbers);

	for (size_t i = 0; i < count; i++) {
		struct rs_net net;

		rs_fixture_net(nets[i].net, &net);
		if (rs_mmdbw_insert(w, numbers[nets[i].relay], &net, nets[i].asn, nets[i].org) < 0)
			die(nets[i].net);
	}
	return w;
}

void rs_fixture_build(const struct rs_fixture_net *nets, size_t count, struct rs_built *built_r)
{
	struct rs_mmdbw *w = rs_fixture_filled(nets, count);

	rs_fixture_finish(&w, built_r);
}

void rs_fixture_free(struct rs_built *built)
{
	free(built->data);
	built->data = NULL;
}

struct rs_relaydb *rs_fixture_load(const struct rs_fixture_net *nets, size_t count)
{
	struct rs_diags *diags = rs_diags_new();
	struct rs_relaydb *db;
	struct rs_built built;

	rs_fixture_build(nets, count, &built);
	db = rs_relaydb_load_memory("fixture", built.data, built.size, diags);
	if (db == NULL)
		die(rs_unit_diags(diags));
	rs_fixture_free(&built);
	rs_diags_free(&diags);
	return db;
}

uint64_t rs_fixture_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

struct walked {
	const struct rs_relaydb *db;
	struct rs_net last;
	size_t count, wrong;
};

/* Each place is behind the last one, and its first address finds its match. */
static int walk_one(const struct rs_net *net, const struct rs_match *match, void *context)
{
	struct walked *w = context;
	const struct rs_match *found;

	if (w->count++ > 0 && (rs_net_cmp(&w->last, net) >= 0 || rs_net_covers(&w->last, net)))
		w->wrong++;
	if (rs_relaydb_lookup(w->db, &net->ip, &found) != 1 || found != match)
		w->wrong++;
	w->last = *net;
	return 0;
}

void rs_fixture_walk(const char *label, const struct rs_relaydb *db)
{
	struct walked walked = { .db = db };

	RS_CHECK_INT(label, rs_relaydb_walk(db, walk_one, &walked), 0);
	RS_CHECK_INT(label, walked.wrong, 0);
}

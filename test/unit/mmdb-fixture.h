/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_TEST_MMDB_FIXTURE_H
#define RELAYSENTRY_TEST_MMDB_FIXTURE_H

/* Small relay databases for tests. */

#include <relaysentry/mmdbw.h>
#include <relaysentry/relaydb.h>

/* The relays of every fixture: ids m0, m1 (mail-relay), p0 (privacy-proxy), c0,
 * c1 (cloud); the name of m0 is "Name of m0". Declared in another order. */
enum { RS_M0, RS_M1, RS_P0, RS_C0, RS_C1, RS_FIXTURE_RELAYS };
extern const char *const rs_fixture_ids[RS_FIXTURE_RELAYS];
extern const enum rs_class rs_fixture_classes[RS_FIXTURE_RELAYS];

#define RS_FIXTURE_TIME 1795000000

struct rs_fixture_net {
	const char *net;
	int relay;
	uint32_t asn;
	const char *org;
};

struct rs_built {
	unsigned char *data;
	size_t size;
	struct rs_mmdbw_stats stats;
};

/* All end the run when something fails. */
void rs_fixture_net(const char *text, struct rs_net *net_r);
void rs_fixture_ip(const char *text, struct rs_ip *ip_r);
struct rs_mmdbw *rs_fixture_writer(int numbers_r[RS_FIXTURE_RELAYS]);
struct rs_mmdbw *rs_fixture_filled(const struct rs_fixture_net *nets, size_t count);
void rs_fixture_finish(struct rs_mmdbw **w, struct rs_built *built_r);
void rs_fixture_build(const struct rs_fixture_net *nets, size_t count, struct rs_built *built_r);
void rs_fixture_free(struct rs_built *built);
struct rs_relaydb *rs_fixture_load(const struct rs_fixture_net *nets, size_t count);

/* Checks that a walk goes through all places in their order, and that a lookup of
 * the first address of each finds the same. */
void rs_fixture_walk(const char *label, const struct rs_relaydb *db);

/* xorshift64: the same numbers in every run. *state is not 0. */
uint64_t rs_fixture_random(uint64_t *state);

#endif

/* SPDX-License-Identifier: MIT */
/* Compares a lookup through the library with a bare MMDB_lookup_sockaddr() in the
 * same file and of the same addresses, with comparing 1,000 networks one by one
 * (as allow_nets does), one in the table that an audit makes of it with the same call,
 * and measures the load of a large file. */
#include "bench-data.h"

#include <relaysentry/mmdbw.h>
#include <relaysentry/nettable.h>
#include <relaysentry/relaydb.h>

#include <maxminddb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ADDRESSES 200000U
#define LIST 1000U
#define LIST_ADDRESSES 2000U
#define REPETITIONS 11U

struct bench {
	struct rs_ip ips[ADDRESSES];
	struct sockaddr_storage sockaddrs[ADDRESSES];
	struct rs_net list[LIST];
	unsigned sum; /* keeps the compiler from leaving calls out */
};

static void die(const char *what)
{
	fprintf(stderr, "bench-lookup: %s\n", what);
	exit(1);
}

static void write_file(const char *path, size_t count)
{
	struct rs_mmdbw *w = rs_mmdbw_new("bench", 1);
	uint64_t state = 20261122;
	unsigned char *data = NULL;
	size_t size = 0;
	FILE *f;

	for (int i = 0; w != NULL && i < RS_BENCH_RELAYS; i++) {
		char id[32], name[32];

		(void)snprintf(id, sizeof(id), "relay-%d", i);
		(void)snprintf(name, sizeof(name), "Relay number %d", i);
		if (rs_mmdbw_relay(w, id, name, RS_CLASS_CLOUD) != i)
			die("memory is short");
	}
	for (size_t i = 0; w != NULL && i < count; i++) {
		struct rs_net net;

		rs_bench_net(&state, &net);
		if (rs_mmdbw_insert(w, (int)(i % RS_BENCH_RELAYS), &net, 0, "") < 0)
			die("cannot insert");
	}
	if (w == NULL || rs_mmdbw_build(w, &data, &size, NULL) < 0)
		die("cannot build");
	f = fopen(path, "w");
	if (f == NULL || fwrite(data, size, 1, f) != 1 || fclose(f) != 0)
		die("cannot write");
	free(data);
	rs_mmdbw_free(&w);
}

/* Every second address lies in one of the networks. */
static void make_addresses(struct bench *b)
{
	uint64_t inside = 20261122, outside = 1;

	for (size_t i = 0; i < ADDRESSES; i++) {
		struct rs_net net;

		rs_bench_net(&inside, &net);
		if (i < LIST)
			b->list[i] = net;
		if (i % 2 == 0)
			b->ips[i] = net.ip;
		else
			rs_bench_ip(&outside, &b->ips[i]);
	}
	/* The order of the file would be kind to caches. */
	for (size_t i = ADDRESSES - 1; i > 0; i--) {
		size_t other = rs_bench_random(&outside) % (i + 1);
		struct rs_ip ip = b->ips[i];

		b->ips[i] = b->ips[other];
		b->ips[other] = ip;
	}
	for (size_t i = 0; i < ADDRESSES; i++) {
		if (b->ips[i].family == AF_INET) {
			struct sockaddr_in *in = (struct sockaddr_in *)&b->sockaddrs[i];

			in->sin_family = AF_INET;
			memcpy(&in->sin_addr, b->ips[i].bytes, 4);
		} else {
			struct sockaddr_in6 *in = (struct sockaddr_in6 *)&b->sockaddrs[i];

			in->sin6_family = AF_INET6;
			memcpy(&in->sin6_addr, b->ips[i].bytes, 16);
		}
	}
}

static double time_bare(struct bench *b, const MMDB_s *mmdb)
{
	double begin = rs_bench_now();
	int status;

	for (size_t i = 0; i < ADDRESSES; i++)
		b->sum += MMDB_lookup_sockaddr(mmdb, (struct sockaddr *)&b->sockaddrs[i], &status)
				  .found_entry;
	return (rs_bench_now() - begin) * 1e9 / ADDRESSES;
}

static double time_library(struct bench *b, const struct rs_relaydb *db)
{
	double begin = rs_bench_now();
	const struct rs_match *match;

	for (size_t i = 0; i < ADDRESSES; i++) {
		if (rs_relaydb_lookup(db, &b->ips[i], &match) == 1)
			b->sum += match->cover_count;
	}
	return (rs_bench_now() - begin) * 1e9 / ADDRESSES;
}

static double time_table(struct bench *b, const struct rs_nettable *table)
{
	double begin = rs_bench_now();

	for (size_t i = 0; i < ADDRESSES; i++) {
		const struct rs_match *match = rs_nettable_find(table, &b->ips[i]);

		if (match != NULL)
			b->sum += match->cover_count;
	}
	return (rs_bench_now() - begin) * 1e9 / ADDRESSES;
}

static double time_list(struct bench *b)
{
	double begin = rs_bench_now();

	for (size_t i = 0; i < LIST_ADDRESSES; i++) {
		for (size_t n = 0; n < LIST; n++)
			b->sum += rs_net_contains(&b->list[n], &b->ips[i]);
	}
	return (rs_bench_now() - begin) * 1e9 / LIST_ADDRESSES;
}

static struct rs_relaydb *load(const char *path)
{
	struct rs_diags *diags = rs_diags_new();
	struct rs_relaydb *db = rs_relaydb_load(path, NULL, diags);

	if (db == NULL)
		die(rs_diags_kept(diags) > 0 ? rs_diags_get(diags, 0)->text : "cannot load");
	rs_diags_free(&diags);
	return db;
}

static void bench_table(struct bench *b, const struct rs_relaydb *db, const MMDB_s *mmdb,
			size_t count)
{
	double bare[REPETITIONS], table[REPETITIONS], ratio[REPETITIONS];
	struct rs_nettable *nets = rs_nettable_new(db);

	if (nets == NULL)
		die("memory is short");
	for (unsigned i = 0; i < REPETITIONS; i++) {
		bare[i] = time_bare(b, mmdb);
		table[i] = time_table(b, nets);
		ratio[i] = table[i] / bare[i];
	}
	printf("lookup, %6zu networks: table   %9.1f ns, bare MMDB_lookup_sockaddr %9.1f ns, ratio "
	       "%.2f\n",
	       count, rs_bench_median(table, REPETITIONS), rs_bench_median(bare, REPETITIONS),
	       rs_bench_median(ratio, REPETITIONS));
	rs_nettable_free(&nets);
}

static void bench_lookup(struct bench *b, const char *path, size_t count)
{
	double bare[REPETITIONS], library[REPETITIONS], ratio[REPETITIONS];
	struct rs_relaydb *db;
	MMDB_s mmdb;

	write_file(path, count);
	db = load(path);
	if (MMDB_open(path, MMDB_MODE_MMAP, &mmdb) != MMDB_SUCCESS)
		die("cannot open with libmaxminddb");
	for (unsigned i = 0; i < REPETITIONS; i++) {
		bare[i] = time_bare(b, &mmdb);
		library[i] = time_library(b, db);
		ratio[i] = library[i] / bare[i];
	}
	printf("lookup, %6zu networks: library %9.1f ns, bare MMDB_lookup_sockaddr %9.1f ns, ratio "
	       "%.2f\n",
	       count, rs_bench_median(library, REPETITIONS), rs_bench_median(bare, REPETITIONS),
	       rs_bench_median(ratio, REPETITIONS));
	for (unsigned i = 0; i < REPETITIONS; i++) {
		bare[i] = time_list(b);
		library[i] = time_library(b, db);
		ratio[i] = library[i] / bare[i];
	}
	printf("lookup, %6zu networks: library %9.1f ns, 1,000 networks compared    %9.1f ns, "
	       "ratio "
	       "%.3f\n",
	       count, rs_bench_median(library, REPETITIONS), rs_bench_median(bare, REPETITIONS),
	       rs_bench_median(ratio, REPETITIONS));
	bench_table(b, db, &mmdb, count);
	MMDB_close(&mmdb);
	rs_relaydb_free(&db);
}

static void bench_load(const char *path)
{
	double times[REPETITIONS];

	for (unsigned i = 0; i < REPETITIONS; i++) {
		double begin = rs_bench_now();
		struct rs_relaydb *db = load(path);

		times[i] = (rs_bench_now() - begin) * 1e3;
		rs_relaydb_free(&db);
	}
	printf("load and verify, 500000 networks: %.1f ms\n", rs_bench_median(times, REPETITIONS));
}

int main(int argc, char **argv)
{
	struct bench *b = calloc(1, sizeof(*b));

	if (argc != 2 || b == NULL) {
		fputs("usage: bench-lookup FILE (which is written)\n", stderr);
		return 64;
	}
	make_addresses(b);
	bench_lookup(b, argv[1], 10000);
	bench_lookup(b, argv[1], 500000);
	bench_load(argv[1]);
	if (b->sum == 0)
		die("nothing was found");
	free(b);
	return 0;
}

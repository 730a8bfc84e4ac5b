/* SPDX-License-Identifier: MIT */
/* bench-nets COUNT FOLDER: writes COUNT networks as lists of several relays,
 * and relays.json that names the lists. */
#include "bench-data.h"

#include <stdio.h>
#include <stdlib.h>

static FILE *create(const char *folder, const char *name)
{
	char path[4096];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "w");
	if (f == NULL) {
		perror(path);
		exit(1);
	}
	return f;
}

static void write_relays(const char *folder)
{
	FILE *f = create(folder, "relays.json");

	fprintf(f, "{ \"relays\": [\n");
	for (int i = 0; i < RS_BENCH_RELAYS; i++)
		fprintf(f,
			"{ \"id\": \"relay-%d\", \"name\": \"Relay number %d\", \"vendor\": "
			"\"Vendor\","
			" \"class\": \"cloud\", \"lists\": [\"relay-%d.txt\"], \"confidence\": "
			"\"shared\",\n\"evidence\": [ { \"source\": \"bench-nets\", \"checked\": "
			"\"2026-11-22\" } ] }%s\n",
			i, i, i, i + 1 < RS_BENCH_RELAYS ? "," : "");
	fprintf(f, "] }\n");
	fclose(f);
}

int main(int argc, char **argv)
{
	FILE *lists[RS_BENCH_RELAYS];
	uint64_t state = 20261122;
	long count;

	if (argc != 3 || (count = strtol(argv[1], NULL, 10)) <= 0) {
		fputs("usage: bench-nets COUNT FOLDER\n", stderr);
		return 64;
	}
	write_relays(argv[2]);
	for (int i = 0; i < RS_BENCH_RELAYS; i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "relay-%d.txt", i);
		lists[i] = create(argv[2], name);
	}
	for (long i = 0; i < count; i++) {
		char text[RS_NET_STRLEN];
		struct rs_net net;

		rs_bench_net(&state, &net);
		fprintf(lists[i % RS_BENCH_RELAYS], "%s\n", rs_net_format(&net, text));
	}
	for (int i = 0; i < RS_BENCH_RELAYS; i++)
		fclose(lists[i]);
	return 0;
}

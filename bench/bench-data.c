/* SPDX-License-Identifier: MIT */
#include "bench-data.h"

#include <stdlib.h>
#include <time.h>

uint64_t rs_bench_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

void rs_bench_ip(uint64_t *state, struct rs_ip *ip_r)
{
	uint64_t hi = rs_bench_random(state), lo = rs_bench_random(state);
	bool ipv6 = hi % 6 == 0;
	uint8_t bytes[16];

	for (unsigned i = 0; i < 8; i++) {
		bytes[i] = (uint8_t)(hi >> (8 + 6 * i));
		bytes[8 + i] = (uint8_t)(lo >> 8 * i);
	}
	if (ipv6) {
		/* 2600::/12 to 2a00::/12, where providers are. */
		bytes[0] = (uint8_t)(0x26 + hi % 5);
		bytes[1] &= 0x0f;
	} else {
		bytes[0] = (uint8_t)(1 + bytes[0] % 223);
	}
	rs_ip_from_bytes(ip_r, ipv6 ? AF_INET6 : AF_INET, bytes);
}

void rs_bench_net(uint64_t *state, struct rs_net *net_r)
{
	uint64_t r = rs_bench_random(state) >> 8;

	rs_bench_ip(state, &net_r->ip);
	if (net_r->ip.family == AF_INET6)
		net_r->prefix = (uint8_t)(32 + r % 25);
	else
		net_r->prefix = (uint8_t)(r % 2 == 0 ? 24 : 16 + (r >> 1) % 15);
	rs_ip_mask(&net_r->ip, net_r->prefix);
}

double rs_bench_now(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double rs_bench_median(double *values, size_t count)
{
	qsort(values, count, sizeof(*values), by_value);
	return values[count / 2];
}

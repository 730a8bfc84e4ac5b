/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_BENCH_DATA_H
#define RELAYSENTRY_BENCH_DATA_H

/* What the benchmarks measure with: the same in every run. */

#include <relaysentry/ip.h>

#include <stddef.h>

#define RS_BENCH_RELAYS 20

/* xorshift64. *state is not 0. */
uint64_t rs_bench_random(uint64_t *state);

/* A network as providers publish them: five of six IPv4, /16 to /30 and every
 * second one a /24, the others IPv6, /32 to /56; they nest. */
void rs_bench_net(uint64_t *state, struct rs_net *net_r);
/* An address, of the families in the same shares. */
void rs_bench_ip(uint64_t *state, struct rs_ip *ip_r);

/* Monotonic, in seconds. */
double rs_bench_now(void);
/* Sorts and returns the value in the middle. */
double rs_bench_median(double *values, size_t count);

#endif

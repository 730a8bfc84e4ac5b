/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_MMDBW_H
#define RELAYSENTRY_MMDBW_H

/* Writes a MaxMind DB file, format 2.0 (maxmind.github.io/MaxMind-DB).
 *
 * An IPv6 tree; IPv4 lies at ::/96, with aliases for IPv4-mapped (::ffff:0:0/96)
 * and 6to4 (2002::/16) addresses. Each network inserted carries a relay;
 * nested networks keep the list of all relays that cover them. */

#include <relaysentry/catalogue.h>
#include <relaysentry/ip.h>

#include <stddef.h>
#include <stdint.h>

struct rs_mmdbw;

/* description: for the metadata, in English. build_epoch: seconds since 1970,
 * 1 when it is less.
 * NULL when memory is short. */
struct rs_mmdbw *rs_mmdbw_new(const char *description, int64_t build_epoch);
void rs_mmdbw_free(struct rs_mmdbw **w);

/* Declares a relay; strings are copied. Returns its number (>= 0), -1 when
 * memory is short. Relays on the same network are ordered mail-relay before
 * privacy-proxy before cloud, then by id. */
int rs_mmdbw_relay(struct rs_mmdbw *w, const char *id, const char *name, enum rs_class class_);

/* Adds a network of that relay. asn: 0 when unknown, then org is "" .
 * The same network of the same relay twice is kept once. Returns 0; -1 with
 * errno ENOMEM, or EINVAL when the IPv6 network overlaps an alias or ::/96. */
int rs_mmdbw_insert(struct rs_mmdbw *w, int relay, const struct rs_net *net, uint32_t asn,
		    const char *org);

struct rs_mmdbw_stats {
	uint32_t node_count;
	unsigned record_size; /* 24, 28 or 32 bits */
	size_t record_count;  /* distinct data records */
	size_t file_size;     /* bytes */
};

/* Builds the file in memory. *data_r is allocated with malloc(), the caller
 * frees it. stats_r may be NULL. Returns 0; -1 with errno ENOMEM or EFBIG. */
int rs_mmdbw_build(struct rs_mmdbw *w, unsigned char **data_r, size_t *size_r,
		   struct rs_mmdbw_stats *stats_r);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_NETTABLE_H
#define RELAYSENTRY_NETTABLE_H

/* A relay database as a sorted list of intervals: for millions of lookups. A lookup looks
 * at the list in one place instead of going down a tree. */

#include <relaysentry/relaydb.h>

struct rs_nettable;

/* NULL when memory is short. db must outlive the table. */
struct rs_nettable *rs_nettable_new(const struct rs_relaydb *db);
void rs_nettable_free(struct rs_nettable **table);

/* As rs_relaydb_lookup(), and NAT64 addresses of the well-known prefix are looked up as the
 * IPv4 address within. NULL when no relay covers ip. */
const struct rs_match *rs_nettable_find(const struct rs_nettable *table, const struct rs_ip *ip);

/* Two steps ahead of rs_nettable_find(), each of which has the processor fetch what the next
 * one reads. They change nothing. */
void rs_nettable_fetch_head(const struct rs_nettable *table, const struct rs_ip *ip);
void rs_nettable_fetch(const struct rs_nettable *table, const struct rs_ip *ip);

#endif

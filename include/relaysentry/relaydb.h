/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_RELAYDB_H
#define RELAYSENTRY_RELAYDB_H

/* The relay database: relays.mmdb, loaded for lookups.
 *
 * The published file is never mapped: it is opened (O_NOFOLLOW, O_CLOEXEC,
 * O_NONBLOCK), must be a regular file that neither group nor others may write
 * and smaller than the limit, and is copied into memory of this process, which is
 * verified as a whole before the first lookup. Truncating or overwriting the
 * file later changes nothing here. What was verified is kept in a form of our
 * own, and the copy is given back: lookups never read the file's bytes. */

#include <relaysentry/catalogue.h>
#include <relaysentry/diag.h>
#include <relaysentry/ip.h>

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#define RS_RELAYDB_MAX_SIZE (512U << 20)
/* database_type in the file's metadata. */
#define RS_RELAYDB_TYPE "relaysentry-relays"

/* A relay as the database knows it. Pointers compare: one relay, one struct. */
struct rs_relay {
	const char *id;
	const char *name;
	enum rs_class class_;
	uint32_t index; /* 0..rs_relaydb_relay_count()-1, in the order of ids */
};

/* One relay that covers an address, and by which of its networks. */
struct rs_cover {
	const struct rs_relay *relay;
	const char *network; /* as text, e.g. "52.125.128.0/20" */
};

/* All that the database knows of an address. */
struct rs_match {
	const struct rs_cover *covers; /* most specific first */
	uint32_t cover_count;	       /* >= 1 */
	uint32_t asn;		       /* 0: unknown */
	const char *as_org;	       /* "" when unknown */
};

struct rs_relaydb;

/* Loads and verifies path. Returns NULL with errors added that say what to do.
 * identity_r, when not NULL, is filled with fstat() of the opened file even if
 * it is then refused (st_ino 0: it could not be opened), so that a faulty file
 * is not read again until it changes. */
struct rs_relaydb *rs_relaydb_load(const char *path, struct stat *identity_r,
				   struct rs_diags *diags);
/* The same for a file in memory, which is only read. name is for diagnostics. */
struct rs_relaydb *rs_relaydb_load_memory(const char *name, const void *data, size_t size,
					  struct rs_diags *diags);
void rs_relaydb_free(struct rs_relaydb **db);

/* Finds the relays that cover ip. Returns 1 and *match_r, which dies with db;
 * 0 when none does. Never fails: the file was verified. Allocates nothing,
 * decodes nothing. NAT64 is the caller's (rs_nat64_extract()); 6to4 addresses find
 * the networks of the IPv4 address within. */
int rs_relaydb_lookup(const struct rs_relaydb *db, const struct rs_ip *ip,
		      const struct rs_match **match_r);

size_t rs_relaydb_relay_count(const struct rs_relaydb *db);
/* In the order of ids. */
const struct rs_relay *rs_relaydb_relay(const struct rs_relaydb *db, size_t index);
/* NULL when the database has no relay of this id. */
const struct rs_relay *rs_relaydb_find(const struct rs_relaydb *db, const char *id);
/* The relay that was probably meant by an id that it does not have; NULL when none is
 * near, or memory is short. */
const struct rs_relay *rs_relaydb_nearest(const struct rs_relaydb *db, const char *id);

struct rs_relaydb_info {
	int64_t build_epoch;
	size_t network_count; /* the relays' networks that answer for some address */
	size_t relay_count;
	uint32_t node_count;
	unsigned record_size;
	size_t file_size;
	char id[17]; /* 64 bits of a hash over the whole content, hexadecimal */
};
void rs_relaydb_info(const struct rs_relaydb *db, struct rs_relaydb_info *info_r);

/* Calls emit for every place of the tree once, in order, IPv4 as IPv4, aliases
 * not: a network whose addresses all have the same match. A network that has
 * others in it is several places. Stops and returns emit's value when that is
 * not 0. */
int rs_relaydb_walk(const struct rs_relaydb *db,
		    int (*emit)(const struct rs_net *net, const struct rs_match *match,
				void *context),
		    void *context);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_LIB_RELAYDB_INTERNAL_H
#define RELAYSENTRY_LIB_RELAYDB_INTERNAL_H

/* What the files of the relay database share: relaydb-load.c opens and brings
 * the file in, relaydb-tree.c verifies the search tree, relaydb-record.c the
 * data, relaydb.c answers.
 *
 * Nothing of the file is used after the load: the tree becomes an array of
 * nodes in the machine's own form, each record a struct rs_match. */

#include "arena.h"
#include "strmap.h"

#include <relaysentry/relaydb.h>

#include <stdbool.h>

/* The value of a side of a node: another node, or with RS_LEAF an index of
 * matches, of which 0 stands for nothing. */
#define RS_LEAF 0x80000000U
/* An address's first bits, by which a table leads into the tree. */
#define RS_TABLE_BITS 16U

struct rs_relaydb {
	uint32_t *nodes;		   /* two values each */
	struct rs_match *matches;	   /* from 1 */
	uint32_t *ipv4_table, *ipv6_table; /* 1 << RS_TABLE_BITS values each */
	uint32_t ipv4;			   /* the value at ::/96 */
	uint32_t alias_mapped, alias_6to4; /* places (2 * node + side) that lead to ipv4, or 0 */
	const struct rs_relay **relays;	   /* in the order of ids */
	size_t relay_count;
	struct rs_arena arena; /* relays, covers, texts */
	struct rs_relaydb_info info;
};

/* An address or network as two numbers; IPv4 at ::/96. */
struct rs_place {
	uint64_t hi, lo;
	unsigned prefix;
};

/* Whether the first prefix bits of the place and of the network are equal. */
static inline bool rs_place_within(const struct rs_place *net, uint64_t hi, uint64_t lo)
{
	if (net->prefix == 0)
		return true;
	if (net->prefix <= 64)
		return (net->hi ^ hi) >> (64 - net->prefix) == 0;
	return net->hi == hi && (net->lo ^ lo) >> (128 - net->prefix) == 0;
}

/* The file being loaded, and what is needed until it is. */
struct rs_relaydb_loader {
	struct rs_relaydb *db;
	const char *name; /* for diagnostics */
	struct rs_diags *diags;
	const unsigned char *file; /* a copy that nobody else can change */
	size_t file_size;
	const unsigned char *tree; /* the search tree as the file has it */
	const unsigned char *data; /* the data section */
	uint32_t data_size;
};

/* Looks at the metadata of a file before libmaxminddb does, which loses memory
 * when it finds a fault there: a broken file would cost the auth process some at
 * each attempt. Returns 0; -1 with *fault_r, which is NULL when memory is short. */
int rs_relaydb_check_metadata(const unsigned char *file, size_t file_size, const char **fault_r);
/* How many bytes at the end of a file can be of the metadata. */
size_t rs_relaydb_tail(size_t file_size);
/* Of what stands before the metadata. */
#define RS_MARKER_LEN 14U

/* Adds an error about the file and returns -1. */
int rs_relaydb_refuse(const struct rs_relaydb_loader *l, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
int rs_relaydb_no_memory(const struct rs_relaydb_loader *l);

/* Reads and verifies search tree and records: nodes, matches and relays. 0, or -1
 * with an error. */
int rs_relaydb_read(struct rs_relaydb_loader *l);
/* Fills the tables for the first bits. */
int rs_relaydb_fill_tables(struct rs_relaydb *db);

#endif

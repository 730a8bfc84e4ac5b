/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_LIB_MMDBW_INTERNAL_H
#define RELAYSENTRY_LIB_MMDBW_INTERNAL_H

/* What the files of the MMDB writer share: mmdbw.c collects, mmdbw-tree.c
 * builds the search tree, mmdbw-record.c writes the data. */

#include "arena.h"
#include "mmdbenc.h"
#include "strmap.h"

#include <relaysentry/mmdbw.h>

struct rs_mmdbw_relay {
	struct rs_mmdb_string id, name;
	enum rs_class class_;
	uint32_t rank;	/* on the same network the lowest comes first */
	uint32_t stamp; /* the last record that names it */
};

/* A network of a relay. Half a million of them: kept small. */
struct rs_mmdbw_entry {
	uint64_t hi, lo; /* the address; IPv4 at ::/96 */
	uint32_t prefix : 8, relay : 24;
	uint32_t asn;
	uint32_t org;	 /* index of orgs */
	uint32_t offset; /* of its map in the data section, RS_MMDB_NOWHERE before */
};
#define RS_MMDBW_MAX_RELAYS (1U << 24)
/* Entries that the tree adds for IPv4-mapped and 6to4 addresses. */
#define RS_MMDBW_ALIASES 2

/* The networks that cover the place being built: those of one network, and
 * what covers that. */
struct rs_mmdbw_cover {
	struct rs_mmdbw_cover *wider;
	size_t first, count; /* entries */
	uint32_t offset;     /* of the record, RS_MMDB_NOWHERE: not written yet */
};

enum rs_mmdbw_word {
	WORD_RELAYS,
	WORD_ASN,
	WORD_AS_ORG,
	WORD_ID,
	WORD_CLASS,
	WORD_NETWORK,
	WORD_NAME,
	WORD_CLASSES,
	WORD_COUNT = WORD_CLASSES + RS_CLASS_COUNT
};

struct rs_mmdbw {
	struct rs_arena arena;
	const char *description;
	int64_t build_epoch;
	struct rs_mmdbw_relay *relays;
	size_t relay_count, relays_allocated;
	struct rs_mmdbw_entry *entries;
	size_t entry_count, entries_allocated;
	struct rs_mmdb_string *orgs; /* the first is "" */
	size_t org_count, orgs_allocated;
	struct rs_strmap org_index;
	/* Normally 0. Tests ask for wide records, which need much data otherwise. */
	unsigned least_record_size;

	/* The file being built. */
	struct rs_mmdb_string words[WORD_COUNT];
	struct rs_mmdbenc data;
	uint32_t *nodes; /* two values each, see mmdbw-tree.c */
	uint32_t node_count;
	size_t nodes_allocated;
	uint32_t ipv4; /* the value at ::/96 */
	uint32_t record_count;
	bool too_big, no_memory;
};

/* The smallest record size (24, 28 or 32) for the values 0 to values - 1. */
unsigned rs_mmdbw_record_size(uint64_t values);

/* Sorts the entries, drops doubles, and builds nodes and data. Returns 0; -1
 * with errno ENOMEM or EFBIG. */
int rs_mmdbw_build_tree(struct rs_mmdbw *w);
/* Turns the nodes into the records of the file, in place. Returns their size in
 * bytes, which is at most that of the nodes. */
size_t rs_mmdbw_pack_nodes(struct rs_mmdbw *w, unsigned record_size);

/* The offset of the record for what is covered by cover, which is written when
 * this is the first time it is asked for. */
uint32_t rs_mmdbw_record(struct rs_mmdbw *w, struct rs_mmdbw_cover *cover);
void rs_mmdbw_records_begin(struct rs_mmdbw *w);
void rs_mmdbw_metadata(const struct rs_mmdbw *w, unsigned record_size, struct rs_mmdbenc *enc);

#endif

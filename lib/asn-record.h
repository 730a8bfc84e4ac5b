/* SPDX-License-Identifier: MIT */
#ifndef RS_ASN_RECORD_H
#define RS_ASN_RECORD_H

/* What the data records of an ASN database say, in the fields of each vendor. */

#include "arena.h"

#include <maxminddb.h>
#include <stdbool.h>
#include <stdint.h>

#define RS_ASN_CACHE_BITS 16

/* What a data record says. */
struct rs_asn_record {
	uint32_t offset;
	uint32_t asn;	 /* 0: it names none */
	const char *org; /* NULL: not read yet */
	bool used;
};

struct rs_asn_mmdb {
	MMDB_s db;
	char *path;
	/* Many networks share a record, and decoding costs more than walking. */
	struct rs_asn_record cache[1U << RS_ASN_CACHE_BITS];
	/* Organisations, which are not ended by NUL in the file. */
	struct rs_arena orgs;
	bool out_of_memory;
	bool corrupt; /* some record could not be decoded */
};

/* The record at this offset of the data; never NULL. It is valid until another
 * one is asked for. */
struct rs_asn_record *rs_asn_record(struct rs_asn_mmdb *mmdb, uint32_t offset);
/* Its organisation, "" when it names none; valid as long as mmdb. */
const char *rs_asn_record_org(struct rs_asn_mmdb *mmdb, struct rs_asn_record *record);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_TEST_TINY_MMDB_H
#define RELAYSENTRY_TEST_TINY_MMDB_H

/* Makes small MaxMind DB files, right and wrong, byte by byte: what the reader
 * is tested with must not come from the writer of the library. */

#include <stddef.h>
#include <stdint.h>

/* A data record: pairs of key and value. "=" before the value makes it an
 * unsigned number. Ended by NULL. */
struct tiny_record {
	const char *network; /* as text; IPv4 lies at ::/96 when the tree is for IPv6 */
	const char *members[9];
};

struct tiny_mmdb {
	unsigned ip_version;
	const struct tiny_record *records;
	size_t record_count;
	/* Networks that point to the IPv4 tree; ended by NULL. */
	const char *const *aliases;
	/* Instead of a tree: a single node whose records both are these values. */
	const uint32_t *raw_node;
};

/* Writes the file below the folder of the run and returns its path. */
const char *tiny_mmdb_write(const char *name, const struct tiny_mmdb *mmdb);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef RS_ASN_H
#define RS_ASN_H

/* The kinds of ASN databases behind rs_asndb. */

#include <relaysentry/source.h>

#include <stdbool.h>

typedef int rs_asn_emit(const struct rs_net *net, uint32_t asn, const char *org, void *context);

/* One kind. state is what its open function returned. */
struct rs_asn_kind {
	int (*flatten)(void *state, const uint32_t *asns, size_t count, rs_asn_emit *emit,
		       void *context, struct rs_diags *diags);
	int (*lookup)(void *state, const struct rs_net *net, uint32_t *asn_r, const char **org_r);
	void (*close)(void *state);
};

extern const struct rs_asn_kind rs_asn_mmdb, rs_asn_tsv;

/* Opens a MaxMind DB from a sealed copy, which the state then owns. path is for
 * diagnostics. Returns NULL with errors added; fd is closed. */
void *rs_asn_mmdb_open(const char *path, int fd, struct rs_diags *diags);
/* Reads a table from memory allocated with malloc(), which the state then owns
 * (it is freed on failure); a NUL stands behind len bytes. */
void *rs_asn_tsv_open(const char *path, char *text, size_t len, struct rs_diags *diags);

/* Whether asn is among the sorted asns. */
bool rs_asn_wanted(const uint32_t *asns, size_t count, uint32_t asn);

/* Reads digits only, 1..4294967295; false when it is something else. */
bool rs_asn_parse(const char *text, size_t len, uint32_t *asn_r);

#endif

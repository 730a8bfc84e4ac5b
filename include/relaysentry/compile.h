/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_COMPILE_H
#define RELAYSENTRY_COMPILE_H

/* Compiles a catalogue, its lists and feeds, and an ASN database into relays.mmdb. */

#include <relaysentry/catalogue.h>
#include <relaysentry/diag.h>
#include <relaysentry/mmdbw.h>
#include <relaysentry/source.h>

struct rs_compile_options {
	const char *asn_path; /* NULL: no ASN database */
	int64_t now;	      /* seconds since 1970: what has expired, and the build time */
};

/* What became of one relay. */
struct rs_compile_relay {
	const struct rs_relay_def *def; /* belongs to the catalogue */
	const struct rs_net *nets;	/* sorted, without duplicates; dies with the result */
	size_t net_count;
	size_t expired_count;	  /* inline networks left out because their evidence expired */
	size_t asn_missing_count; /* ASNs that found no network, or had no ASN database */
};

struct rs_compiled;

/* Reads all lists, feeds and ASNs of the relays that are not disabled, and
 * collects their networks. Adds errors (unreadable or faulty sources, default
 * routes, networks too wide; for ASNs only what is wider than /8 or IPv6
 * /19, because clouds do announce /10), warnings (overlaps of two mail-relays), and notes
 * (what is not covered and why). Returns NULL when memory is short; else the
 * result, which refers to the catalogue and must be freed before it. */
struct rs_compiled *rs_compile(const struct rs_catalogue *catalogue,
			       const struct rs_compile_options *options, struct rs_diags *diags);
void rs_compiled_free(struct rs_compiled **compiled);

size_t rs_compiled_count(const struct rs_compiled *compiled);
const struct rs_compile_relay *rs_compiled_get(const struct rs_compiled *compiled, size_t i);

/* The file as rs_mmdbw_build() makes it. Returns 0, -1 with errors added. */
int rs_compiled_build(const struct rs_compiled *compiled, unsigned char **data_r, size_t *size_r,
		      struct rs_mmdbw_stats *stats_r, struct rs_diags *diags);

/* Publishes data at path: written beside it (same folder, exclusive name), mode
 * as given whatever the umask, fsync, reopened and verified by
 * rs_relaydb_load() when verify is true, renamed, folder fsynced. On failure the
 * old file is untouched and nothing is left behind; only when the folder alone
 * cannot be synced has the new file its place. What a process that was killed
 * has left is removed by the next. Returns 0, -1 with errors. */
int rs_publish(const char *path, const void *data, size_t size, unsigned mode, bool verify,
	       struct rs_diags *diags);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_LIB_COMPILE_INTERNAL_H
#define RELAYSENTRY_LIB_COMPILE_INTERNAL_H

/* What the files of the compilation share: compile.c collects the networks,
 * compile-asn.c those of ASNs, compile-overlap.c looks for overlaps,
 * compile-build.c makes the file, publish.c puts it in its place. */

#include <relaysentry/compile.h>

struct rs_compiled {
	struct rs_compile_relay *relays; /* those that are not disabled */
	struct rs_nets *nets;		 /* of each relay */
	size_t count;
	struct rs_asndb *asndb; /* NULL: none */
	int64_t now;
};

/* Adds the networks found to relay i, without those that are refused (too wide);
 * line: where they all stand, unless found has lines. announced: they come from an
 * ASN database. Returns 0, -1 when memory is short. */
int rs_compile_add(struct rs_compiled *c, size_t i, const struct rs_nets *found, const char *file,
		   unsigned line, bool announced, struct rs_diags *diags);
/* Adds the networks of all ASNs. Returns 0, -1 when memory is short. */
int rs_compile_asns(struct rs_compiled *c, const struct rs_compile_options *options,
		    struct rs_diags *diags);
/* Warns of mail-relays that overlap. Returns 0, -1 when memory is short. */
int rs_compile_overlaps(const struct rs_compiled *c, struct rs_diags *diags);

#endif

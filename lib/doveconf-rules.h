/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_LIB_DOVECONF_RULES_H
#define RELAYSENTRY_LIB_DOVECONF_RULES_H

/* The openings: ways through the passdbs on which relaysentry is not asked, or
 * not obeyed. */

#include "doveconf-model.h"

#include <relaysentry/diag.h>

/* One protocol's passdbs in the order Dovecot asks them. A passdb that Dovecot
 * drops (skip = unauthenticated in front of all others) is not among them. */
struct rs_dc_chain {
	const struct rs_dc_model *model;
	const struct rs_dc_auth *auth;
	const char *name; /* of the file */
	struct rs_diags *diags;
	const struct rs_dc_passdb **users; /* those that are no master passdbs */
	size_t user_count;
	const struct rs_dc_passdb **masters;
	size_t master_count;
	size_t ours;			    /* the first of ours in users; user_count: none */
	const struct rs_dc_passdb *dropped; /* one of ours that Dovecot drops; else NULL */
};

/* Adds the finding, unless it was added for another protocol. */
void rs_dc_found(const struct rs_dc_chain *chain, enum rs_level level, unsigned line,
		 const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Whether no passdb that can let in stands before that place in users. */
bool rs_dc_first_place(const struct rs_dc_chain *chain, size_t place);
/* What is wrong with our own blocks, also with one that is dropped. */
void rs_dc_check_own(const struct rs_dc_chain *chain);
/* What goes around us; only master passdbs when there is none of ours in users. */
void rs_dc_check_others(const struct rs_dc_chain *chain);

#endif

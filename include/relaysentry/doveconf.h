/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_DOVECONF_H
#define RELAYSENTRY_DOVECONF_H

/* Finds the openings in a Dovecot configuration: ways in that go around
 * relaysentry. Reads the output of `doveconf -n` of Dovecot 2.3 or 2.4. */

#include <relaysentry/diag.h>

#include <stddef.h>

/* name is for diagnostics. Adds an error for every opening and a warning for
 * what weakens the check, each with its line, what happens, and the mend.
 * Returns 0 when the text could be understood (findings or not), -1 with errors
 * added when it could not. */
int rs_doveconf_lint(const char *name, const char *text, size_t len, struct rs_diags *diags);

#endif

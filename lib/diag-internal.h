/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_LIB_DIAG_INTERNAL_H
#define RELAYSENTRY_LIB_DIAG_INTERNAL_H

#include <relaysentry/diag.h>

#include <stdarg.h>

/* rs_diags_add() for functions that take a format themselves. */
void rs_diags_addv(struct rs_diags *diags, enum rs_level level, const char *file, unsigned line,
		   const char *format, va_list args) __attribute__((format(printf, 5, 0)));

#endif

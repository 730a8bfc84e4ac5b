/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_LIB_ASCII_H
#define RELAYSENTRY_LIB_ASCII_H

/* Case of the letters A to Z alone. Those of libc follow the locale of the
 * process: in a Turkish one, "gssapi" is not "GSSAPI". */

#include <stdbool.h>
#include <stddef.h>

static inline char rs_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static inline char rs_upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - ('a' - 'A')) : c;
}

static inline bool rs_same_fold(const char *a, const char *b, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (rs_lower(a[i]) != rs_lower(b[i]))
			return false;
	}
	return true;
}

#endif

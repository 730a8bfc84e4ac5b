/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_LIB_ASCII_H
#define RELAYSENTRY_LIB_ASCII_H

/* Case of the letters A to Z alone. Those of libc follow the locale of the
 * process: in a Turkish one, "gssapi" is not "GSSAPI". */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

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

/* The bytes A to Z of eight in lower case; those above 127 stay. */
static inline uint64_t rs_lower8(uint64_t word)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	uint64_t low = word & (ones * 0x7f);
	uint64_t from_a = low + ones * (0x80 - 'A'), above_z = low + ones * (0x80 - 'Z' - 1);
	uint64_t upper = (from_a ^ above_z) & ~word & (ones * 0x80);

	return word | upper >> 2;
}

static inline void rs_lower_copy(char *to, const char *from, size_t len)
{
	while (len >= 8) {
		uint64_t word;

		memcpy(&word, from, 8);
		word = rs_lower8(word);
		memcpy(to, &word, 8);
		to += 8;
		from += 8;
		len -= 8;
	}
	while (len-- > 0)
		*to++ = rs_lower(*from++);
}

#endif

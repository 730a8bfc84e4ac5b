/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_LIB_UTF8_H
#define RELAYSENTRY_LIB_UTF8_H

/* UTF-8 as RFC 3629 has it: no surrogates, no overlong forms, at most U+10FFFF. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The length (1 to 4) of the character at text, which has len > 0 bytes; 0 when
 * it is not UTF-8 or cut off. *character_r may be NULL. */
static inline size_t rs_utf8_char(const char *text, size_t len, uint32_t *character_r)
{
	const unsigned char *p = (const unsigned char *)text;
	uint32_t c = p[0], least;
	size_t need;

	if (c < 0x80) {
		need = 1;
		least = 0;
	} else if (c >= 0xc2 && c < 0xe0) {
		need = 2;
		c &= 0x1f;
		least = 0x80;
	} else if (c >= 0xe0 && c < 0xf0) {
		need = 3;
		c &= 0x0f;
		least = 0x800;
	} else if (c >= 0xf0 && c < 0xf5) {
		need = 4;
		c &= 0x07;
		least = 0x10000;
	} else {
		return 0;
	}
	if (len < need)
		return 0;
	for (size_t i = 1; i < need; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < least || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 0;
	if (character_r != NULL)
		*character_r = c;
	return need;
}

/* Whether a character may stand in one line of a log or message: no control
 * (C0, DEL, C1), no line or paragraph separator, and none of the controls that
 * turn the direction of the text around, with which a line can be made to look
 * like another one. */
static inline bool rs_utf8_printable(uint32_t c)
{
	if (c < 0x20 || (c >= 0x7f && c < 0xa0))
		return false;
	if (c < 0x200e)
		return c != 0x61c;
	return !(c <= 0x200f || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) ||
		 c == 0xfeff);
}

#endif

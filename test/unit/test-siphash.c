/* SPDX-License-Identifier: MIT */
/* The hash of texts that come from outside. */
#include "unit.h"

#include <relaysentry/siphash.h>

#include <string.h>

/* The key is 0, 1, ... 15 and the text 0, 1, ..., as in the paper's appendix A,
 * whose result is that of 15 bytes; the others are those of the authors' program. */
static void test_vectors(void)
{
	static const struct {
		const char *label;
		size_t len;
		uint64_t want;
	} cases[] = {
		{ "empty", 0, 0x726fdb47dd0e0e31 },
		{ "one byte", 1, 0x74f839c593dc67fd },
		{ "one byte less than a word", 7, 0xab0200f58b01d137 },
		{ "a word", 8, 0x93f5f5799a932462 },
		{ "the example of the paper", 15, 0xa129ca6149be45e5 },
		{ "two words", 16, 0x3f2acc7f57c29bdb },
	};
	unsigned char key[RS_SIPHASH_KEY_SIZE], text[16];

	for (unsigned i = 0; i < 16; i++)
		key[i] = text[i] = (unsigned char)i;
	for (size_t i = 0; i < RS_COUNT(cases); i++)
		RS_CHECK(cases[i].label, rs_siphash(key, text, cases[i].len) == cases[i].want);
}

void rs_suite_siphash(CU_pSuite suite)
{
	CU_add_test(suite, "SipHash-2-4 is that of its authors", test_vectors);
}

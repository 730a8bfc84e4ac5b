/* SPDX-License-Identifier: MIT */
#include "nearest.h"
#include "ascii.h"

#include <string.h>

/* Longer words are not compared: nobody misspells them by chance. */
#define WORD_MAX 63

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* The restricted edit distance of Damerau and Levenshtein (optimal string
 * alignment), with three rows of the table. */
static unsigned distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	unsigned rows[3][WORD_MAX + 1];
	unsigned *before = rows[0], *above = rows[1], *row = rows[2];

	for (size_t j = 0; j <= b_len; j++)
		above[j] = (unsigned)j;
	memset(before, 0, sizeof(rows[0]));
	for (size_t i = 1; i <= a_len; i++) {
		row[0] = (unsigned)i;
		for (size_t j = 1; j <= b_len; j++) {
			char x = rs_lower(a[i - 1]);
			char y = rs_lower(b[j - 1]);

			row[j] = least(least(above[j], row[j - 1]) + 1, above[j - 1] + (x != y));
			if (i > 1 && j > 1 && x == rs_lower(b[j - 2]) && y == rs_lower(a[i - 2]))
				row[j] = least(row[j], before[j - 2] + 1);
		}
		unsigned *free_row = before;

		before = above;
		above = row;
		row = free_row;
	}
	return above[b_len];
}

const char *rs_nearest(const char *word, const char *const *known, size_t count)
{
	size_t len = strlen(word);
	/* Two of three letters must be right. */
	unsigned best = len < 6 ? 2 : (unsigned)len / 3 + 1;
	const char *found = NULL;

	if (len == 0 || len > WORD_MAX)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		size_t known_len = strlen(known[i]);
		unsigned d;

		if (known_len > WORD_MAX)
			continue;
		d = distance(word, len, known[i], known_len);
		if (d < best && d < len) {
			best = d;
			found = known[i];
		}
	}
	return found;
}

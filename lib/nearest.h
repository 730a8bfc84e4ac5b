/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_LIB_NEAREST_H
#define RELAYSENTRY_LIB_NEAREST_H

/* "did you mean": the known word that is probably meant. */

#include <stddef.h>

/* The word of known that is nearest to word (letters added, left out, changed
 * or swapped with their neighbour; case does not count), NULL when none is near
 * enough to be worth a suggestion. */
const char *rs_nearest(const char *word, const char *const *known, size_t count);

#endif

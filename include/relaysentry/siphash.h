/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_SIPHASH_H
#define RELAYSENTRY_SIPHASH_H

/* A hash that nobody can steer who does not know the key: for tables whose texts
 * come from outside. */

#include <stddef.h>
#include <stdint.h>

#define RS_SIPHASH_KEY_SIZE 16

/* SipHash-2-4. */
uint64_t rs_siphash(const unsigned char key[RS_SIPHASH_KEY_SIZE], const void *data, size_t len);
/* SipHash-1-3, which takes half the time: for tables of a process that nobody sees. */
uint64_t rs_siphash13(const unsigned char key[RS_SIPHASH_KEY_SIZE], const void *data, size_t len);

#endif

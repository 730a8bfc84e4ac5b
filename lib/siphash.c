/* SPDX-License-Identifier: MIT */
/* SipHash-2-4, as J.-P. Aumasson and D. J. Bernstein describe it (2012). */
#include <relaysentry/siphash.h>

#include <endian.h>
#include <string.h>

#define ROTATE(x, bits) (((x) << (bits)) | ((x) >> (64 - (bits))))

struct rs_sip {
	uint64_t v0, v1, v2, v3;
};

static void rs_sip_rounds(struct rs_sip *sip, unsigned count)
{
	while (count-- > 0) {
		sip->v0 += sip->v1;
		sip->v1 = ROTATE(sip->v1, 13) ^ sip->v0;
		sip->v0 = ROTATE(sip->v0, 32);
		sip->v2 += sip->v3;
		sip->v3 = ROTATE(sip->v3, 16) ^ sip->v2;
		sip->v0 += sip->v3;
		sip->v3 = ROTATE(sip->v3, 21) ^ sip->v0;
		sip->v2 += sip->v1;
		sip->v1 = ROTATE(sip->v1, 17) ^ sip->v2;
		sip->v2 = ROTATE(sip->v2, 32);
	}
}

/* 8 bytes, the first one lowest. */
static uint64_t rs_sip_whole(const unsigned char *data)
{
	uint64_t word;

	memcpy(&word, data, sizeof(word));
	return le64toh(word);
}

/* Up to 8 bytes, the first one lowest. */
static uint64_t rs_sip_word(const unsigned char *data, size_t len)
{
	uint64_t word = 0;

	for (size_t i = 0; i < len && i < 8; i++)
		word |= (uint64_t)data[i] << (8 * i);
	return word;
}

static void rs_sip_add(struct rs_sip *sip, uint64_t word)
{
	sip->v3 ^= word;
	rs_sip_rounds(sip, 2);
	sip->v0 ^= word;
}

uint64_t rs_siphash(const unsigned char key[RS_SIPHASH_KEY_SIZE], const void *data, size_t len)
{
	const unsigned char *p = data;
	uint64_t k0 = rs_sip_whole(key), k1 = rs_sip_whole(key + 8);
	struct rs_sip sip = {
		.v0 = k0 ^ 0x736f6d6570736575,
		.v1 = k1 ^ 0x646f72616e646f6d,
		.v2 = k0 ^ 0x6c7967656e657261,
		.v3 = k1 ^ 0x7465646279746573,
	};
	size_t left = len;

	for (; left >= 8; left -= 8, p += 8)
		rs_sip_add(&sip, rs_sip_whole(p));
	rs_sip_add(&sip, rs_sip_word(p, left) | (uint64_t)len << 56);
	sip.v2 ^= 0xff;
	rs_sip_rounds(&sip, 4);
	return sip.v0 ^ sip.v1 ^ sip.v2 ^ sip.v3;
}

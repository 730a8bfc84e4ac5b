/* SPDX-License-Identifier: MIT */
/* SipHash-2-4 and SipHash-1-3, as J.-P. Aumasson and D. J. Bernstein describe it (2012). */
#include <relaysentry/siphash.h>

#include <endian.h>
#include <string.h>

#define ROTATE(x, bits) (((x) << (bits)) | ((x) >> (64 - (bits))))

struct rs_sip {
	uint64_t v0, v1, v2, v3;
};

static inline void rs_sip_round(struct rs_sip *sip)
{
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

/* 8 bytes, the first one lowest. */
static uint64_t rs_sip_whole(const unsigned char *data)
{
	uint64_t word;

	memcpy(&word, data, sizeof(word));
	return le64toh(word);
}

/* Less than 8 bytes, the first one lowest. */
static inline uint64_t rs_sip_part(const unsigned char *data, size_t len)
{
	uint64_t word = 0;

	switch (len) {
	case 7:
		word |= (uint64_t)data[6] << 48; /* fall through */
	case 6:
		word |= (uint64_t)data[5] << 40; /* fall through */
	case 5:
		word |= (uint64_t)data[4] << 32; /* fall through */
	case 4:
		word |= (uint64_t)data[3] << 24; /* fall through */
	case 3:
		word |= (uint64_t)data[2] << 16; /* fall through */
	case 2:
		word |= (uint64_t)data[1] << 8; /* fall through */
	case 1:
		word |= data[0];
	}
	return word;
}

/* The rounds for each word, and those that end it, are constants where it is called. */
static inline __attribute__((always_inline)) uint64_t
rs_sip(const unsigned char key[RS_SIPHASH_KEY_SIZE], const void *data, size_t len, int rounds,
       int last_rounds)
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

	for (;;) {
		uint64_t word =
			left >= 8 ? rs_sip_whole(p) : rs_sip_part(p, left) | (uint64_t)len << 56;

		sip.v3 ^= word;
		for (int i = 0; i < rounds; i++)
			rs_sip_round(&sip);
		sip.v0 ^= word;
		if (left < 8)
			break;
		left -= 8;
		p += 8;
	}
	sip.v2 ^= 0xff;
	for (int i = 0; i < last_rounds; i++)
		rs_sip_round(&sip);
	return sip.v0 ^ sip.v1 ^ sip.v2 ^ sip.v3;
}

uint64_t rs_siphash(const unsigned char key[RS_SIPHASH_KEY_SIZE], const void *data, size_t len)
{
	return rs_sip(key, data, len, 2, 4);
}

uint64_t rs_siphash13(const unsigned char key[RS_SIPHASH_KEY_SIZE], const void *data, size_t len)
{
	return rs_sip(key, data, len, 1, 3);
}

/* SPDX-License-Identifier: MIT */
#include "relaydb-reader.h"

#include <arpa/inet.h>
#include <endian.h>
#include <string.h>

/* Reads a number of at most max, of one to three digits, without leading zeros;
 * p is then behind it. False when there is none. */
static inline bool parse_number(const char **p, unsigned max, unsigned *number_r)
{
	const unsigned char *c = (const unsigned char *)*p;
	unsigned number = c[0] - (unsigned)'0', digit, len = 1;

	if (number > 9)
		return false;
	digit = c[1] - (unsigned)'0';
	if (digit <= 9 && number != 0) {
		number = number * 10 + digit;
		digit = c[2] - (unsigned)'0';
		len = 2;
		if (digit <= 9) {
			number = number * 10 + digit;
			len = 3;
		}
	}
	*p += len;
	*number_r = number;
	return number <= max;
}

static bool parse_ipv4(const char **p, uint64_t *address_r)
{
	*address_r = 0;
	for (unsigned i = 0; i < 4; i++) {
		unsigned number;

		if (i > 0 && *(*p)++ != '.')
			return false;
		if (!parse_number(p, 255, &number))
			return false;
		*address_r = *address_r << 8 | number;
	}
	return true;
}

static bool parse_ipv6(const char **p, struct rs_place *place)
{
	char address[INET6_ADDRSTRLEN];
	uint64_t halves[2];
	size_t len = strcspn(*p, "/");

	if (len >= sizeof(address))
		return false;
	memcpy(address, *p, len);
	address[len] = '\0';
	if (inet_pton(AF_INET6, address, halves) != 1)
		return false;
	place->hi = be64toh(halves[0]);
	place->lo = be64toh(halves[1]);
	*p += len;
	return true;
}

/* Half a million of them are read while the auth process waits, which
 * rs_net_parse() would take a second for. */
bool rs_read_network_text(const char *text, size_t len, struct rs_place *place)
{
	const char *p = text;

	*place = (struct rs_place){ 0 };
	if (parse_ipv4(&p, &place->lo)) {
		if (*p++ != '/' || !parse_number(&p, 32, &place->prefix))
			return false;
		place->prefix += 96;
	} else {
		p = text;
		if (!parse_ipv6(&p, place) || *p++ != '/' || !parse_number(&p, 128, &place->prefix))
			return false;
	}
	if (p != text + len)
		return false;
	/* Host bits would make the record say another network than it means. */
	if (place->prefix <= 64)
		return place->lo == 0 && (place->prefix == 64 || place->hi << place->prefix == 0);
	return place->prefix == 128 || place->lo << (place->prefix - 64) == 0;
}

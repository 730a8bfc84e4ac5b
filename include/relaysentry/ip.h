/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_IP_H
#define RELAYSENTRY_IP_H

/* Addresses and networks, IPv4 and IPv6.
 *
 * IPv4-mapped IPv6 addresses (RFC 4291, 2.5.5.2; ::ffff:192.0.2.1) are IPv4
 * everywhere: parsing and making turn them into AF_INET. Text is read and
 * written with libcidr, behind this module; what libcidr reads leniently
 * (10/8, 010.0.0.1, 1.2.3, trailing rubbish, netmasks) is refused here. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct rs_ip {
	uint8_t family;	   /* AF_INET or AF_INET6; 0: no address */
	uint8_t bytes[16]; /* network byte order; AF_INET uses the first 4, the rest is 0 */
};

struct rs_net {
	struct rs_ip ip; /* no host bits set */
	uint8_t prefix;	 /* 0..32 or 0..128 */
};

/* Room for the longest text including NUL: an IPv6 address, and "/128". */
#define RS_IP_STRLEN 46
#define RS_NET_STRLEN (RS_IP_STRLEN + 4)

/* Reads one address of exactly len bytes (they need not end with NUL; a NUL
 * among them is an error). Scope ids (fe80::1%eth0), IPv4 with leading zeros,
 * fewer than four parts or other than decimal digits are refused. Returns 0,
 * or -1 with *error_r a constant sentence fragment that fits behind the quoted
 * text (`has a scope id; leave out "%..."`), or rs_ip_no_memory. */
extern const char rs_ip_no_memory[];
int rs_ip_parse(const char *text, size_t len, struct rs_ip *ip_r, const char **error_r);

/* Reads "address" or "address/length". A single address is a network of one.
 * Host bits are an error, and then *meant_r is the network that was probably
 * meant and true is stored in *host_bits_r (both may be NULL). Returns 0, -1
 * as above. */
int rs_net_parse(const char *text, size_t len, struct rs_net *net_r, struct rs_net *meant_r,
		 bool *host_bits_r, const char **error_r);

/* bytes: 4 or 16 in network byte order. A mapped IPv4 address becomes IPv4. */
void rs_ip_from_bytes(struct rs_ip *ip_r, int family, const void *bytes);

/* Text in the shortest form (RFC 5952 for IPv6). Returns buf. */
const char *rs_ip_format(const struct rs_ip *ip, char buf[RS_IP_STRLEN]);
/* Always with a length: 192.0.2.1/32. Returns buf. */
const char *rs_net_format(const struct rs_net *net, char buf[RS_NET_STRLEN]);

/* Whether net covers ip. Families differ: false. */
bool rs_net_contains(const struct rs_net *net, const struct rs_ip *ip);
/* Whether outer covers the whole of inner (equal networks do). */
bool rs_net_covers(const struct rs_net *outer, const struct rs_net *inner);
/* Order for sorting: IPv4 before IPv6, then address, then shorter prefix first. */
int rs_net_cmp(const struct rs_net *a, const struct rs_net *b);
bool rs_ip_equal(const struct rs_ip *a, const struct rs_ip *b);
/* Clears all bits of ip behind prefix. */
void rs_ip_mask(struct rs_ip *ip, unsigned prefix);

/* The largest networks that exactly cover first..last (same family,
 * first <= last, else -1): at most 62 for IPv4 and 254 for IPv6. Calls emit
 * for each, in order; stops and returns its value when that is not 0. */
int rs_range_to_nets(const struct rs_ip *first, const struct rs_ip *last,
		     int (*emit)(const struct rs_net *net, void *context), void *context);

/* The well-known prefix 64:ff9b::/96 (RFC 6052, 2.1). */
extern const struct rs_net rs_nat64_well_known;
/* Whether prefix has one of the lengths of RFC 6052, 2.2 (32, 40, 48, 56, 64, 96)
 * and is IPv6. */
bool rs_nat64_prefix_valid(const struct rs_net *prefix);
/* When ip lies in prefix, *ip becomes the IPv4 address embedded in it (RFC
 * 6052, 2.2: bits 64 to 71 are skipped) and true is returned. */
bool rs_nat64_extract(const struct rs_net *prefix, struct rs_ip *ip);

#endif

/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <relaysentry/ip.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is said of text that is refused. */
#define PARTS "does not have the four parts of an IPv4 address"
#define OCTAL "has a part with a leading zero, which some read as octal; write it without"
#define RANGE "has a part that is not a number from 0 to 255"
#define NOT_IP "is not an address"
#define GROUPS "does not have the eight groups of an IPv6 address"
#define COLON "begins or ends with a single colon"
#define GAPS "has \"::\" more than once"
#define SCOPE "has a scope id; leave out \"%...\""
#define MASK "has a netmask; write the length of the network, as in \"/24\""
#define LENGTH4 "has a length that is not a number from 0 to 32"
#define LENGTH6 "has a length that is not a number from 0 to 128"

static const struct {
	const char *label, *text;
	const char *want;  /* as rs_ip_format() writes it; NULL: refused */
	const char *error; /* then */
} addresses[] = {
	{ "IPv4", "192.0.2.1", "192.0.2.1", NULL },
	{ "IPv4 zeros", "0.0.0.0", "0.0.0.0", NULL },
	{ "IPv4 last", "255.255.255.255", "255.255.255.255", NULL },
	{ "IPv6", "2001:db8::1", "2001:db8::1", NULL },
	{ "IPv6 in full", "2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1", NULL },
	{ "IPv6 upper case", "2001:DB8::ABCD", "2001:db8::abcd", NULL },
	{ "IPv6 unspecified", "::", "::", NULL },
	{ "IPv6 loopback", "::1", "::1", NULL },
	{ "IPv6 gap at the end", "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0", NULL },
	{ "IPv6 gap at the beginning", "::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8", NULL },
	{ "one group of zeros is not shortened", "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1",
	  NULL },
	{ "the longest run is shortened", "2001:0:0:1:0:0:0:1", "2001:0:0:1::1", NULL },
	{ "the first of two equal runs is shortened", "1:0:0:2:0:0:3:4", "1::2:0:0:3:4", NULL },
	{ "IPv6 in 39 characters", "1111:2222:3333:4444:5555:6666:7777:8888",
	  "1111:2222:3333:4444:5555:6666:7777:8888", NULL },
	{ "v4-mapped", "::ffff:192.0.2.1", "192.0.2.1", NULL },
	{ "v4-mapped, hexadecimal", "::FFFF:c000:0201", "192.0.2.1", NULL },
	{ "v4-mapped in full", "0000:0000:0000:0000:0000:ffff:255.255.255.255", "255.255.255.255",
	  NULL },
	{ "v4-compatible stays IPv6", "::192.0.2.1", "::c000:201", NULL },
	{ "NAT64 stays IPv6", "64:ff9b::192.0.2.33", "64:ff9b::c000:221", NULL },
	{ "v4-translated stays IPv6", "::ffff:0:192.0.2.1", "::ffff:0:c000:201", NULL },
	{ "dotted tail behind six groups", "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304", NULL },

	{ "empty", "", NULL, "is empty" },
	{ "one part", "10", NULL, PARTS },
	{ "three parts", "1.2.3", NULL, PARTS },
	{ "five parts", "1.2.3.4.5", NULL, PARTS },
	{ "empty part", "1..2.3", NULL, RANGE },
	{ "dot at the end", "1.2.3.4.", NULL, RANGE },
	{ "dot at the beginning", ".1.2.3", NULL, RANGE },
	{ "leading zero", "010.0.0.1", NULL, OCTAL },
	{ "two zeros", "1.2.3.00", NULL, OCTAL },
	{ "octal out of range", "08.0.0.1", NULL, OCTAL },
	{ "hexadecimal part", "0x10.1.1.1", NULL, NOT_IP },
	{ "256", "256.1.1.1", NULL, RANGE },
	{ "number over 32 bits", "4294967297.1.1.1", NULL, RANGE },
	{ "rubbish behind", "1.2.3.4x", NULL, NOT_IP },
	{ "blank behind", "1.2.3.4 ", NULL, NOT_IP },
	{ "blank before", " 1.2.3.4", NULL, NOT_IP },
	{ "newline behind", "1.2.3.4\n", NULL, NOT_IP },
	{ "plus", "+1.2.3.4", NULL, NOT_IP },
	{ "minus", "1.2.3.-4", NULL, NOT_IP },
	{ "full-width digits", "\xef\xbc\x91.2.3.4", NULL, NOT_IP },
	{ "host name", "localhost", NULL, NOT_IP },
	{ "name for reverse look-ups", "4.3.2.1.in-addr.arpa", NULL, NOT_IP },
	{ "another such name", "1.0.8.b.d.0.1.0.0.2.ip6.arpa", NULL, NOT_IP },
	{ "port", "1.2.3.4:25", NULL, NOT_IP },
	{ "brackets", "[::1]", NULL, NOT_IP },
	{ "a network", "1.2.3.4/32", NULL, "is a network, not an address; leave out \"/...\"" },
	{ "scope id", "fe80::1%eth0", NULL, SCOPE },
	{ "scope id of IPv4", "1.2.3.4%1", NULL, SCOPE },
	{ "two gaps", "1::2::3", NULL, GAPS },
	{ "two gaps at the ends", "::1::", NULL, GAPS },
	{ "three colons", ":::", NULL, COLON },
	{ "three colons within", "1:::2", NULL, NOT_IP },
	{ "four colons", "::::", NULL, GAPS },
	{ "colon alone", ":", NULL, COLON },
	{ "colon before", ":1", NULL, COLON },
	{ "colon behind", "1:2:3:4:5:6:7:8:", NULL, COLON },
	{ "colon behind a gap", "1::2:", NULL, COLON },
	{ "seven groups", "1:2:3:4:5:6:7", NULL, GROUPS },
	{ "nine groups", "1:2:3:4:5:6:7:8:9", NULL, GROUPS },
	{ "eight groups and a gap", "1:2:3:4::5:6:7:8", NULL, GROUPS },
	{ "seven groups and a dotted tail", "1:2:3:4:5:6:7:1.2.3.4", NULL, GROUPS },
	{ "dotted tail in the middle", "::1.2.3.4:5", NULL, NOT_IP },
	{ "short dotted tail", "::1.2.3", NULL, PARTS },
	{ "long dotted tail", "::1.2.3.4.5", NULL, PARTS },
	{ "dotted tail out of range", "::1.2.3.256", NULL, RANGE },
	{ "dotted tail with a leading zero", "::01.2.3.4", NULL, OCTAL },
	{ "dotted tail with letters", "::a.2.3.4", NULL, NOT_IP },
	{ "five digits in a group", "00001::", NULL, NOT_IP },
	{ "no hexadecimal digit", "::g", NULL, NOT_IP },
	{ "far too long", "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa", NULL, NOT_IP },
};

/* A copy as large as the text: sanitizers see what is read around it. */
static char *exact(const char *text, size_t len)
{
	char *copy = malloc(len + (len == 0));

	memcpy(copy, text, len);
	return copy;
}

static void test_addresses(void)
{
	for (size_t i = 0; i < RS_COUNT(addresses); i++) {
		const char *label = addresses[i].label, *error = NULL;
		size_t len = strlen(addresses[i].text);
		char *text = exact(addresses[i].text, len), buf[RS_IP_STRLEN];
		struct rs_ip ip = { .family = 99 }, again;
		int ret = rs_ip_parse(text, len, &ip, &error);

		if (addresses[i].want == NULL) {
			RS_CHECK_INT(label, ret, -1);
			RS_CHECK_STR(label, error, addresses[i].error);
			RS_CHECK(label, ip.family == 99, "the result was touched");
		} else if (RS_CHECK_INT(label, ret, 0)) {
			RS_CHECK_STR(label, rs_ip_format(&ip, buf), addresses[i].want);
			RS_CHECK(label, rs_ip_parse(buf, strlen(buf), &again, &error) == 0 &&
						rs_ip_equal(&ip, &again));
		}
		free(text);
	}
}

static void test_nul(void)
{
	static const char *const texts[] = { "1.2.3.4\0", "1.2.3\0.4",
					     ("\0"
					      "1.2.3.4"),
					     "::1\0x" };
	const char *error;
	struct rs_ip ip;
	struct rs_net net;

	for (size_t i = 0; i < RS_COUNT(texts); i++) {
		char *text = exact(texts[i], 5 + (i < 3) * 3);
		size_t len = 5 + (i < 3) * 3;

		RS_CHECK_INT(texts[i], rs_ip_parse(text, len, &ip, &error), -1);
		RS_CHECK_STR(texts[i], error, "has a NUL byte in it");
		RS_CHECK_INT(texts[i], rs_net_parse(text, len, &net, NULL, NULL, &error), -1);
		free(text);
	}
	RS_CHECK_INT("NUL in the length", rs_net_parse("1.2.3.4/\0", 9, &net, NULL, NULL, &error),
		     -1);
	RS_CHECK_INT("NUL behind the length",
		     rs_net_parse("1.2.3.4/32\0", 11, &net, NULL, NULL, &error), -1);
}

static const struct {
	const char *label, *text;
	const char *want; /* as rs_net_format() writes it; NULL: refused */
	const char *error;
	const char *meant; /* with host bits set */
} nets[] = {
	{ "IPv4", "52.125.128.0/20", "52.125.128.0/20", NULL, NULL },
	{ "IPv4 alone", "192.0.2.1", "192.0.2.1/32", NULL, NULL },
	{ "IPv4 all", "0.0.0.0/0", "0.0.0.0/0", NULL, NULL },
	{ "IPv4 half", "128.0.0.0/1", "128.0.0.0/1", NULL, NULL },
	{ "IPv6", "2001:db8::/32", "2001:db8::/32", NULL, NULL },
	{ "IPv6 alone", "2001:db8::1", "2001:db8::1/128", NULL, NULL },
	{ "IPv6 all", "::/0", "::/0", NULL, NULL },
	{ "IPv6 in 43 characters", "1111:2222:3333:4444:5555:6666:7777:8888/128",
	  "1111:2222:3333:4444:5555:6666:7777:8888/128", NULL, NULL },
	{ "IPv6 one group of zeros", "2001:db8:0:1:1:1:1:0/112", "2001:db8:0:1:1:1:1:0/112", NULL,
	  NULL },
	{ "v4-mapped", "::ffff:192.0.2.0/120", "192.0.2.0/24", NULL, NULL },
	{ "v4-mapped alone", "::ffff:192.0.2.1", "192.0.2.1/32", NULL, NULL },
	{ "v4-mapped all", "::ffff:0:0/96", "0.0.0.0/0", NULL, NULL },
	{ "around v4-mapped", "::fffe:0:0/95", "::fffe:0:0/95", NULL, NULL },
	{ "far around v4-mapped", "::/80", "::/80", NULL, NULL },
	{ "v4-compatible", "::192.0.2.0/120", "::c000:200/120", NULL, NULL },

	{ "host bits", "10.1.2.3/8", NULL, "has host bits set", "10.0.0.0/8" },
	{ "one host bit", "192.0.2.1/31", NULL, "has host bits set", "192.0.2.0/31" },
	{ "host bits behind /0", "0.0.0.1/0", NULL, "has host bits set", "0.0.0.0/0" },
	{ "host bits, IPv6", "2001:db8::1/64", NULL, "has host bits set", "2001:db8::/64" },
	{ "host bits in a byte", "2001:db8:ffff::/33", NULL, "has host bits set",
	  "2001:db8:8000::/33" },
	{ "host bits, v4-mapped", "::ffff:192.0.2.1/120", NULL, "has host bits set",
	  "192.0.2.0/24" },
	{ "host bits, v4-mapped below /96", "::ffff:192.0.2.0/64", NULL, "has host bits set",
	  "::/64" },
	{ "v4-mapped with the length of IPv4", "::ffff:192.0.2.0/24", NULL,
	  "is an IPv4 network in IPv6 form with an IPv4 length; write it as IPv4", NULL },

	{ "empty", "", NULL, "is empty", NULL },
	{ "no address", "/8", NULL, "is empty", NULL },
	{ "short form", "10/8", NULL, PARTS, NULL },
	{ "short form of three", "192.0.2/24", NULL, PARTS, NULL },
	{ "no length", "1.2.3.4/", NULL, LENGTH4, NULL },
	{ "length over 32", "1.2.3.4/33", NULL, LENGTH4, NULL },
	{ "length over 128", "::/129", NULL, LENGTH6, NULL },
	{ "length over 255", "::/256", NULL, LENGTH6, NULL },
	{ "length over 32 bits", "1.2.3.4/4294967304", NULL, LENGTH4, NULL },
	{ "length with a leading zero", "1.0.0.0/08", NULL, LENGTH4, NULL },
	{ "length with two zeros", "0.0.0.0/00", NULL, LENGTH4, NULL },
	{ "negative length", "1.2.3.4/-1", NULL, LENGTH4, NULL },
	{ "plus before the length", "1.2.3.4/+8", NULL, LENGTH4, NULL },
	{ "blank before the length", "1.2.3.4/ 8", NULL, LENGTH4, NULL },
	{ "blank behind the length", "1.2.3.4/32 ", NULL, LENGTH4, NULL },
	{ "rubbish behind the length", "1.2.3.4/32x", NULL, LENGTH4, NULL },
	{ "two lengths", "1.2.3.4/32/32", NULL, LENGTH4, NULL },
	{ "netmask", "10.0.0.0/255.0.0.0", NULL, MASK, NULL },
	{ "wildcard mask", "10.0.0.0/0.255.255.255", NULL, MASK, NULL },
	{ "netmask of IPv6", "2001:db8::/ffff:ffff::", NULL, LENGTH6, NULL },
	{ "scope id", "fe80::%eth0/64", NULL, SCOPE, NULL },
	{ "range", "1.2.3.0-1.2.3.255", NULL, NOT_IP, NULL },
	{ "leading zero", "010.0.0.0/8", NULL, OCTAL, NULL },
};

static void test_nets(void)
{
	for (size_t i = 0; i < RS_COUNT(nets); i++) {
		const char *label = nets[i].label, *error = NULL;
		size_t len = strlen(nets[i].text);
		char *text = exact(nets[i].text, len), buf[RS_NET_STRLEN];
		struct rs_net net = { .prefix = 99 }, meant = { .prefix = 99 };
		bool host_bits = true;
		int ret = rs_net_parse(text, len, &net, &meant, &host_bits, &error);

		if (nets[i].want == NULL) {
			RS_CHECK_INT(label, ret, -1);
			RS_CHECK_STR(label, error, nets[i].error);
			RS_CHECK(label, net.prefix == 99, "the result was touched");
		} else if (RS_CHECK_INT(label, ret, 0)) {
			RS_CHECK_STR(label, rs_net_format(&net, buf), nets[i].want);
		}
		RS_CHECK_INT(label, host_bits, nets[i].meant != NULL);
		if (nets[i].meant != NULL)
			RS_CHECK_STR(label, rs_net_format(&meant, buf), nets[i].meant);
		ret = rs_net_parse(text, len, &net, NULL, NULL, &error);
		RS_CHECK_INT(label, ret, nets[i].want == NULL ? -1 : 0);
		free(text);
	}
}

/* What libcidr and we make of an address, and what libc does. */
static void test_against_libc(void)
{
	char buf[RS_IP_STRLEN], want[INET6_ADDRSTRLEN];
	struct rs_ip ip, back;
	const char *error;

	srandom(1);
	for (int i = 0; i < 20000; i++) {
		int family = i % 4 == 0 ? AF_INET : AF_INET6;

		ip = (struct rs_ip){ .family = (uint8_t)family, .bytes = { 0x20 } };
		/* Zeros are what IPv6 is written with: half the groups are. */
		for (size_t k = 2; k < (family == AF_INET ? 4 : 16); k += 2) {
			if (family == AF_INET || random() % 2 == 0)
				ip.bytes[k] = (uint8_t)(random() >> 8);
			if (random() % 2 == 0)
				ip.bytes[k + 1] = (uint8_t)(random() >> 8);
		}
		rs_ip_format(&ip, buf);
		inet_ntop(family, ip.bytes, want, sizeof(want));
		if (!RS_CHECK_STR("format", buf, want))
			break;
		if (!RS_CHECK(want, rs_ip_parse(want, strlen(want), &back, &error) == 0 &&
					    rs_ip_equal(&ip, &back)))
			break;
	}
}

/* Texts of the characters of addresses: nothing is read that libc does not read in the same way. */
static void test_never_more_lenient(void)
{
	static const char alphabet[] = "0125:::..afF/8%x ";
	struct rs_ip ip, want;
	const char *error;
	char text[24];
	unsigned accepted = 0;

	srandom(2);
	for (int i = 0; i < 300000; i++) {
		size_t len = (size_t)random() % 12;
		uint8_t bytes[16];

		for (size_t k = 0; k < len; k++)
			text[k] = alphabet[(size_t)random() % (sizeof(alphabet) - 1)];
		text[len] = '\0';
		if (rs_ip_parse(text, len, &ip, &error) < 0) {
			RS_CHECK(text, inet_pton(AF_INET6, text, bytes) != 1,
				 "refused, but libc reads it: %s", error);
			continue;
		}
		accepted++;
		if (inet_pton(AF_INET6, text, bytes) == 1)
			rs_ip_from_bytes(&want, AF_INET6, bytes);
		else if (RS_CHECK(text, inet_pton(AF_INET, text, bytes) == 1, "libc refuses it"))
			rs_ip_from_bytes(&want, AF_INET, bytes);
		else
			continue;
		RS_CHECK(text, rs_ip_equal(&ip, &want));
	}
	RS_CHECK("enough was accepted", accepted > 100, "%u", accepted);
}

void rs_suite_ip(CU_pSuite suite)
{
	CU_add_test(suite, "addresses are read in one notation only", test_addresses);
	CU_add_test(suite, "a NUL byte does not end an address", test_nul);
	CU_add_test(suite, "networks without host bits are read, others name what was meant",
		    test_nets);
	CU_add_test(suite, "libc reads and writes addresses in the same way", test_against_libc);
	CU_add_test(suite, "no text is read that libc refuses", test_never_more_lenient);
}

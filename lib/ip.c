/* SPDX-License-Identifier: MIT */
/* Reading and writing addresses. libcidr converts; what it may see is decided
 * here first, because it takes far more than one notation and guesses: 10/8 is
 * 0.0.0.10/8 to it, 010.0.0.1 is octal, "1.2.3.4/-1" has the length 0,
 * "/4294967304" is "/8", "/32x" is "/32", and "1::2::3" and nine groups pass. */
#include <relaysentry/ip.h>

#include <arpa/inet.h>
#include <libcidr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* libcidr looks for ".arpa" and "ip6.arpa" at the end of the text without asking
 * how long it is: up to 8 bytes before it must be readable. */
#define BEFORE 8

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* A number without sign and leading zeros, at most max. Returns 0, -1. */
static int parse_number(const char *text, size_t len, unsigned max, unsigned *number_r)
{
	unsigned n = 0;

	if (len == 0 || len > 3 || (text[0] == '0' && len > 1))
		return -1;
	for (size_t i = 0; i < len; i++) {
		if (!is_digit(text[i]))
			return -1;
		n = n * 10 + (unsigned)(text[i] - '0');
	}
	*number_r = n;
	return n <= max ? 0 : -1;
}

/* NULL when text is four decimal numbers of 0 to 255, else what is wrong. */
static const char *check_v4(const char *text, size_t len)
{
	size_t parts = 0, start = 0;

	for (size_t i = 0; i <= len; i++) {
		unsigned number;

		if (i < len && text[i] != '.') {
			if (!is_digit(text[i]))
				return "is not an address";
			continue;
		}
		if (i - start > 1 && text[start] == '0')
			return "has a part with a leading zero, which some read as octal; "
			       "write it without";
		if (parse_number(text + start, i - start, 255, &number) < 0)
			return "has a part that is not a number from 0 to 255";
		parts++;
		start = i + 1;
	}
	return parts == 4 ? NULL : "does not have the four parts of an IPv4 address";
}

/* NULL when text is an IPv6 address as RFC 4291, 2.2 writes it, else what is wrong. */
static const char *check_v6(const char *text, size_t len)
{
	static const char colon[] = "begins or ends with a single colon";
	unsigned groups = 0;
	bool gap = false, after_group = false;
	size_t i = 0;

	if (text[0] == ':' && (len < 2 || text[1] != ':'))
		return colon;
	while (i < len) {
		size_t start = i;

		if (text[i] == ':' && i + 1 < len && text[i + 1] == ':') {
			if (gap)
				return "has \"::\" more than once";
			gap = true;
			after_group = false;
			i += 2;
			continue;
		}
		if (text[i] == ':' && ++start == len)
			return colon;
		if (start > i && !after_group)
			return "is not an address";
		for (i = start; i < len && is_hex(text[i]); i++)
			;
		if (i < len && text[i] == '.') {
			const char *error = check_v4(text + start, len - start);

			if (error != NULL)
				return error;
			groups += 2;
			break;
		}
		if (i == start || i - start > 4 || (i < len && text[i] != ':'))
			return "is not an address";
		groups++;
		after_group = true;
	}
	if (gap ? groups > 7 : groups != 8)
		return "does not have the eight groups of an IPv6 address";
	return NULL;
}

static const char *check_address(const char *text, size_t len)
{
	if (len == 0)
		return "is empty";
	if (memchr(text, '\0', len) != NULL)
		return "has a NUL byte in it";
	if (memchr(text, '%', len) != NULL)
		return "has a scope id; leave out \"%...\"";
	if (len >= RS_IP_STRLEN)
		return "is not an address";
	return memchr(text, ':', len) == NULL ? check_v4(text, len) : check_v6(text, len);
}

const char rs_ip_no_memory[] = "cannot be read: memory is short";

/* Converts an address that was checked. */
static const char *convert(const char *text, size_t len, struct rs_ip *ip_r)
{
	char padded[BEFORE + RS_IP_STRLEN] = { 0 };
	CIDR *cidr;

	memcpy(padded + BEFORE, text, len);
	cidr = cidr_from_str(padded + BEFORE);
	if (cidr == NULL)
		return rs_ip_no_memory;
	*ip_r = (struct rs_ip){ 0 };
	if (cidr_get_proto(cidr) == CIDR_IPV4) {
		struct in_addr v4;

		cidr_to_inaddr(cidr, &v4);
		ip_r->family = AF_INET;
		memcpy(ip_r->bytes, &v4, 4);
	} else {
		struct in6_addr v6;

		cidr_to_in6addr(cidr, &v6);
		ip_r->family = AF_INET6;
		memcpy(ip_r->bytes, &v6, 16);
	}
	cidr_free(cidr);
	return NULL;
}

static bool is_mapped(const uint8_t bytes[16])
{
	static const uint8_t prefix[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

	return memcmp(bytes, prefix, sizeof(prefix)) == 0;
}

void rs_ip_from_bytes(struct rs_ip *ip_r, int family, const void *bytes)
{
	const uint8_t *from = bytes;
	struct rs_ip ip = { 0 }; /* bytes may be those of *ip_r */

	if (family == AF_INET6 && !is_mapped(from)) {
		ip.family = AF_INET6;
		memcpy(ip.bytes, from, 16);
	} else {
		ip.family = AF_INET;
		memcpy(ip.bytes, family == AF_INET6 ? from + 12 : from, 4);
	}
	*ip_r = ip;
}

int rs_ip_parse(const char *text, size_t len, struct rs_ip *ip_r, const char **error_r)
{
	struct rs_ip ip;

	if (len > 0 && memchr(text, '/', len) != NULL)
		*error_r = "is a network, not an address; leave out \"/...\"";
	else
		*error_r = check_address(text, len);
	if (*error_r == NULL)
		*error_r = convert(text, len, &ip);
	if (*error_r != NULL)
		return -1;
	rs_ip_from_bytes(ip_r, ip.family, ip.bytes);
	return 0;
}

/* Reads the length behind the slash. */
static const char *parse_length(const char *text, size_t len, unsigned max, unsigned *prefix_r)
{
	if (len > 0 && memchr(text, '.', len) != NULL)
		return "has a netmask; write the length of the network, as in \"/24\"";
	if (parse_number(text, len, max, prefix_r) < 0)
		return max == 32 ? "has a length that is not a number from 0 to 32"
				 : "has a length that is not a number from 0 to 128";
	return NULL;
}

static const char *parse_net(const char *text, size_t len, struct rs_ip *ip_r, unsigned *prefix_r)
{
	const char *slash = len == 0 ? NULL : memchr(text, '/', len);
	size_t ip_len = slash == NULL ? len : (size_t)(slash - text);
	const char *error = check_address(text, ip_len);

	if (error == NULL)
		error = convert(text, ip_len, ip_r);
	if (error != NULL)
		return error;
	*prefix_r = ip_r->family == AF_INET ? 32 : 128;
	if (slash != NULL)
		error = parse_length(slash + 1, len - ip_len - 1, *prefix_r, prefix_r);
	if (error != NULL)
		return error;
	if (ip_r->family == AF_INET6 && is_mapped(ip_r->bytes)) {
		if (*prefix_r <= 32)
			return "is an IPv4 network in IPv6 form with an IPv4 length; write it "
			       "as IPv4";
		if (*prefix_r >= 96) {
			rs_ip_from_bytes(ip_r, AF_INET6, ip_r->bytes);
			*prefix_r -= 96;
		}
	}
	return NULL;
}

int rs_net_parse(const char *text, size_t len, struct rs_net *net_r, struct rs_net *meant_r,
		 bool *host_bits_r, const char **error_r)
{
	struct rs_net net = { 0 };
	struct rs_ip ip;
	unsigned prefix;

	if (host_bits_r != NULL)
		*host_bits_r = false;
	*error_r = parse_net(text, len, &ip, &prefix);
	if (*error_r != NULL)
		return -1;
	net.ip = ip;
	net.prefix = (uint8_t)prefix;
	rs_ip_mask(&net.ip, prefix);
	if (!rs_ip_equal(&net.ip, &ip)) {
		if (meant_r != NULL)
			*meant_r = net;
		if (host_bits_r != NULL)
			*host_bits_r = true;
		*error_r = "has host bits set";
		return -1;
	}
	*net_r = net;
	return 0;
}

/* libcidr writes "::" for a single group of zeros too; RFC 5952, 4.2.2 does not. */
static int format_flags(const struct rs_ip *ip)
{
	if (ip->family == AF_INET)
		return CIDR_ONLYADDR;
	for (size_t i = 0; i + 4 <= 16; i += 2) {
		static const uint8_t zeros[4];

		if (memcmp(ip->bytes + i, zeros, 4) == 0)
			return CIDR_ONLYADDR;
	}
	return CIDR_ONLYADDR | CIDR_NOCOMPACT;
}

const char *rs_ip_format(const struct rs_ip *ip, char buf[RS_IP_STRLEN])
{
	CIDR *cidr;
	char *text;

	if (ip->family == AF_INET) {
		struct in_addr v4;

		memcpy(&v4, ip->bytes, 4);
		cidr = cidr_from_inaddr(&v4);
	} else {
		struct in6_addr v6;

		memcpy(&v6, ip->bytes, 16);
		cidr = cidr_from_in6addr(&v6);
	}
	text = cidr == NULL ? NULL : cidr_to_str(cidr, format_flags(ip));
	if (text != NULL)
		(void)snprintf(buf, RS_IP_STRLEN, "%s", text);
	/* Memory is short: a log line may still name the address. */
	else if (inet_ntop(ip->family, ip->bytes, buf, RS_IP_STRLEN) == NULL)
		buf[0] = '\0';
	free(text);
	if (cidr != NULL)
		cidr_free(cidr);
	return buf;
}

const char *rs_net_format(const struct rs_net *net, char buf[RS_NET_STRLEN])
{
	size_t len;

	rs_ip_format(&net->ip, buf);
	len = strlen(buf);
	(void)snprintf(buf + len, RS_NET_STRLEN - len, "/%u", net->prefix);
	return buf;
}

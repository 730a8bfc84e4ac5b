/* SPDX-License-Identifier: MIT */
#include "tiny-mmdb.h"

#include "unit.h"

#include <relaysentry/ip.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NODES_MAX 4096U
#define DATA_FLAG 0x80000000U /* a record that holds an offset in the data section */
#define EMPTY 0xffffffffU

struct making {
	uint32_t nodes[NODES_MAX][2];
	uint32_t node_count;
	unsigned char data[65536];
	size_t data_size;
	unsigned ip_version;
};

static void put(struct making *m, const void *bytes, size_t size)
{
	if (m->data_size + size > sizeof(m->data))
		abort();
	memcpy(m->data + m->data_size, bytes, size);
	m->data_size += size;
}

/* A control byte: type and size (below 29), as the format says. */
static void put_control(struct making *m, unsigned type, size_t size)
{
	unsigned char bytes[2] = { (unsigned char)(type << 5 | size), 0 };

	if (type > 7) {
		bytes[0] = (unsigned char)size;
		bytes[1] = (unsigned char)(type - 7);
	}
	put(m, bytes, type > 7 ? 2 : 1);
}

static void put_string(struct making *m, const char *text)
{
	size_t len = strlen(text);
	unsigned char more = (unsigned char)(len - 29);

	put_control(m, 2, len < 29 ? len : 29);
	if (len >= 29)
		put(m, &more, 1);
	put(m, text, len);
}

static void put_uint(struct making *m, unsigned type, uint32_t value)
{
	unsigned char bytes[4] = { (unsigned char)(value >> 24), (unsigned char)(value >> 16),
				   (unsigned char)(value >> 8), (unsigned char)value };
	size_t skip = type == 5 ? 2 : 0;

	put_control(m, type, sizeof(bytes) - skip);
	put(m, bytes + skip, sizeof(bytes) - skip);
}

static uint32_t put_record(struct making *m, const struct tiny_record *record)
{
	uint32_t offset = (uint32_t)m->data_size;
	size_t count = 0, i;

	while (record->members[count] != NULL)
		count++;
	put_control(m, 7, count / 2);
	for (i = 0; i < count; i += 2) {
		put_string(m, record->members[i]);
		if (record->members[i + 1][0] == '=')
			put_uint(m, 6, (uint32_t)strtoul(record->members[i + 1] + 1, NULL, 10));
		else
			put_string(m, record->members[i + 1]);
	}
	return offset;
}

static uint32_t new_node(struct making *m)
{
	if (m->node_count == NODES_MAX)
		abort();
	m->nodes[m->node_count][0] = m->nodes[m->node_count][1] = EMPTY;
	return m->node_count++;
}

/* The bits of a network in this tree. */
static unsigned bits_of(const struct making *m, const struct rs_net *net, uint8_t bytes[16])
{
	memset(bytes, 0, 16);
	if (net->ip.family == AF_INET && m->ip_version == 6) {
		memcpy(bytes + 12, net->ip.bytes, 4);
		return 96U + net->prefix;
	}
	memcpy(bytes, net->ip.bytes, 16);
	return net->prefix;
}

static uint32_t *record_of(struct making *m, const char *network)
{
	const char *error;
	uint8_t bytes[16];
	struct rs_net net;
	unsigned length, bit;
	uint32_t node = 0;

	/* IPv4-mapped networks mean themselves here. */
	if (strcmp(network, "::ffff:0:0/96") == 0) {
		memset(bytes, 0, 16);
		bytes[10] = bytes[11] = 0xff;
		length = 96;
	} else {
		if (rs_net_parse(network, strlen(network), &net, NULL, NULL, &error) != 0)
			abort();
		length = bits_of(m, &net, bytes);
	}
	for (bit = 0; bit + 1 < length; bit++) {
		uint32_t *record = &m->nodes[node][bytes[bit >> 3] >> (7 - (bit & 7)) & 1];

		if (*record == EMPTY)
			*record = new_node(m);
		node = *record;
	}
	return &m->nodes[node][bytes[bit >> 3] >> (7 - (bit & 7)) & 1];
}

static void build(struct making *m, const struct tiny_mmdb *mmdb)
{
	size_t i;

	new_node(m);
	for (i = 0; i < mmdb->record_count; i++)
		*record_of(m, mmdb->records[i].network) =
			DATA_FLAG | put_record(m, &mmdb->records[i]);
	for (i = 0; mmdb->aliases != NULL && mmdb->aliases[i] != NULL; i++)
		*record_of(m, mmdb->aliases[i]) = *record_of(m, "::/96");
}

static void write_tree(const struct making *m, const uint32_t *raw, FILE *f)
{
	static const unsigned char separator[16];

	for (uint32_t i = 0; i < m->node_count; i++) {
		for (unsigned side = 0; side < 2; side++) {
			uint32_t value = m->nodes[i][side];

			if (raw != NULL)
				value = raw[side];
			else if (value == EMPTY)
				value = m->node_count;
			else if (value & DATA_FLAG)
				value = m->node_count + 16 + (value & ~DATA_FLAG);
			fputc((int)(value >> 16 & 0xff), f);
			fputc((int)(value >> 8 & 0xff), f);
			fputc((int)(value & 0xff), f);
		}
	}
	fwrite(separator, sizeof(separator), 1, f);
	fwrite(m->data, m->data_size, 1, f);
}

static void write_metadata(struct making *m, FILE *f)
{
	m->data_size = 0;
	put_control(m, 7, 9);
	put_string(m, "binary_format_major_version");
	put_uint(m, 5, 2);
	put_string(m, "binary_format_minor_version");
	put_uint(m, 5, 0);
	put_string(m, "build_epoch");
	put_control(m, 9, 1);
	put(m, "\x01", 1);
	put_string(m, "database_type");
	put_string(m, "Tiny");
	put_string(m, "description");
	put_control(m, 7, 0);
	put_string(m, "ip_version");
	put_uint(m, 5, m->ip_version);
	put_string(m, "languages");
	put_control(m, 11, 0);
	put_string(m, "node_count");
	put_uint(m, 6, m->node_count);
	put_string(m, "record_size");
	put_uint(m, 5, 24);
	fwrite("\xab\xcd\xefMaxMind.com", 14, 1, f);
	fwrite(m->data, m->data_size, 1, f);
}

const char *tiny_mmdb_write(const char *name, const struct tiny_mmdb *mmdb)
{
	const char *path = rs_unit_write(name, "", 0);
	struct making *m = calloc(1, sizeof(*m));
	FILE *f = fopen(path, "wb");

	if (m == NULL || f == NULL)
		abort();
	m->ip_version = mmdb->ip_version;
	build(m, mmdb);
	write_tree(m, mmdb->raw_node, f);
	write_metadata(m, f);
	fclose(f);
	free(m);
	return path;
}

/* SPDX-License-Identifier: MIT */
#include "mmdbw-internal.h"

#include <relaysentry/relaydb.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static const char *const words[WORD_COUNT] = {
	[WORD_RELAYS] = "relays", [WORD_ASN] = "asn",	  [WORD_AS_ORG] = "as_org",
	[WORD_ID] = "id",	  [WORD_CLASS] = "class", [WORD_NETWORK] = "network",
	[WORD_NAME] = "name",
};

void rs_mmdbw_records_begin(struct rs_mmdbw *w)
{
	for (unsigned i = 0; i < WORD_COUNT; i++) {
		w->words[i].text = i < WORD_CLASSES ? words[i] : rs_class_name(i - WORD_CLASSES);
		w->words[i].offset = RS_MMDB_NOWHERE;
	}
	for (size_t i = 0; i < w->relay_count; i++) {
		w->relays[i].id.offset = RS_MMDB_NOWHERE;
		w->relays[i].name.offset = RS_MMDB_NOWHERE;
		w->relays[i].stamp = 0;
	}
	for (size_t i = 0; i < w->org_count; i++)
		w->orgs[i].offset = RS_MMDB_NOWHERE;
	for (size_t i = 0; i < w->entry_count; i++)
		w->entries[i].offset = RS_MMDB_NOWHERE;
	w->data.len = 0;
	w->record_count = 0;
}

static void network_text(const struct rs_mmdbw_entry *entry, char buf[RS_NET_STRLEN])
{
	struct rs_net net = { .prefix = (uint8_t)entry->prefix };
	bool ipv4 = entry->prefix >= 96 && entry->hi == 0 && entry->lo >> 32 == 0;
	uint64_t hi = ipv4 ? entry->lo << 32 : entry->hi, lo = ipv4 ? 0 : entry->lo;

	net.ip.family = ipv4 ? AF_INET : AF_INET6;
	if (ipv4)
		net.prefix = (uint8_t)(entry->prefix - 96);
	for (unsigned i = 0; i < 8; i++) {
		net.ip.bytes[i] = (uint8_t)(hi >> (56 - 8 * i));
		net.ip.bytes[8 + i] = (uint8_t)(lo >> (56 - 8 * i));
	}
	rs_net_format(&net, buf);
}

static void put_cover(struct rs_mmdbw *w, struct rs_mmdbw_entry *entry)
{
	struct rs_mmdbw_relay *relay = &w->relays[entry->relay];
	char network[RS_NET_STRLEN];

	if (entry->offset != RS_MMDB_NOWHERE) {
		rs_mmdbenc_pointer(&w->data, entry->offset);
		return;
	}
	entry->offset = (uint32_t)w->data.len;
	rs_mmdbenc_head(&w->data, RS_MMDB_MAP, 4);
	rs_mmdbenc_string(&w->data, &w->words[WORD_ID]);
	rs_mmdbenc_string(&w->data, &relay->id);
	rs_mmdbenc_string(&w->data, &w->words[WORD_CLASS]);
	rs_mmdbenc_string(&w->data, &w->words[WORD_CLASSES + relay->class_]);
	rs_mmdbenc_string(&w->data, &w->words[WORD_NETWORK]);
	network_text(entry, network);
	rs_mmdbenc_text(&w->data, network);
	rs_mmdbenc_string(&w->data, &w->words[WORD_NAME]);
	rs_mmdbenc_string(&w->data, &relay->name);
}

/* Calls put_cover() when put is true for each relay that covers, most specific
 * first, once, by its most specific network. Returns their number. */
static size_t each_cover(struct rs_mmdbw *w, const struct rs_mmdbw_cover *cover, bool put,
			 uint32_t stamp)
{
	size_t count = 0;

	for (; cover != NULL; cover = cover->wider) {
		for (size_t i = cover->first; i < cover->first + cover->count; i++) {
			struct rs_mmdbw_relay *relay = &w->relays[w->entries[i].relay];

			if (relay->stamp == stamp)
				continue;
			relay->stamp = stamp;
			count++;
			if (put)
				put_cover(w, &w->entries[i]);
		}
	}
	return count;
}

/* The most specific network whose ASN is known, NULL when there is none. */
static const struct rs_mmdbw_entry *with_asn(const struct rs_mmdbw *w,
					     const struct rs_mmdbw_cover *cover)
{
	for (; cover != NULL; cover = cover->wider) {
		for (size_t i = cover->first; i < cover->first + cover->count; i++) {
			if (w->entries[i].asn != 0)
				return &w->entries[i];
		}
	}
	return NULL;
}

uint32_t rs_mmdbw_record(struct rs_mmdbw *w, struct rs_mmdbw_cover *cover)
{
	const struct rs_mmdbw_entry *known;
	bool org;

	if (cover->offset != RS_MMDB_NOWHERE)
		return cover->offset;
	known = with_asn(w, cover);
	org = known != NULL && w->orgs[known->org].text[0] != '\0';
	cover->offset = (uint32_t)w->data.len;
	w->record_count++;
	rs_mmdbenc_head(&w->data, RS_MMDB_MAP, 1U + (known != NULL) + org);
	rs_mmdbenc_string(&w->data, &w->words[WORD_RELAYS]);
	/* Each record takes two stamps: one to count, one to write. */
	rs_mmdbenc_head(&w->data, RS_MMDB_ARRAY,
			each_cover(w, cover, false, w->record_count * 2 - 1));
	(void)each_cover(w, cover, true, w->record_count * 2);
	if (known != NULL) {
		rs_mmdbenc_string(&w->data, &w->words[WORD_ASN]);
		rs_mmdbenc_uint(&w->data, RS_MMDB_UINT32, known->asn);
	}
	if (org) {
		rs_mmdbenc_string(&w->data, &w->words[WORD_AS_ORG]);
		rs_mmdbenc_string(&w->data, &w->orgs[known->org]);
	}
	return cover->offset;
}

static void member(struct rs_mmdbenc *enc, const char *key, enum rs_mmdb_type type, uint64_t value)
{
	rs_mmdbenc_text(enc, key);
	rs_mmdbenc_uint(enc, type, value);
}

void rs_mmdbw_metadata(const struct rs_mmdbw *w, unsigned record_size, struct rs_mmdbenc *enc)
{
	rs_mmdbenc_head(enc, RS_MMDB_MAP, 9);
	member(enc, "binary_format_major_version", RS_MMDB_UINT16, 2);
	member(enc, "binary_format_minor_version", RS_MMDB_UINT16, 0);
	member(enc, "build_epoch", RS_MMDB_UINT64, (uint64_t)w->build_epoch);
	rs_mmdbenc_text(enc, "database_type");
	rs_mmdbenc_text(enc, RS_RELAYDB_TYPE);
	rs_mmdbenc_text(enc, "description");
	rs_mmdbenc_head(enc, RS_MMDB_MAP, 1);
	rs_mmdbenc_text(enc, "en");
	rs_mmdbenc_text(enc, w->description);
	member(enc, "ip_version", RS_MMDB_UINT16, 6);
	rs_mmdbenc_text(enc, "languages");
	rs_mmdbenc_head(enc, RS_MMDB_ARRAY, 1);
	rs_mmdbenc_text(enc, "en");
	member(enc, "node_count", RS_MMDB_UINT32, w->node_count);
	member(enc, "record_size", RS_MMDB_UINT16, record_size);
}

/* SPDX-License-Identifier: MIT */
#include "asn-record.h"
#include "asn.h"

#include <string.h>

static bool get(struct rs_asn_mmdb *mmdb, MMDB_entry_s *entry, const char *key,
		MMDB_entry_data_s *data_r)
{
	const char *const path[] = { key, NULL };
	int ret = MMDB_aget_value(entry, data_r, path);

	if (ret != MMDB_SUCCESS && ret != MMDB_LOOKUP_PATH_DOES_NOT_MATCH_DATA_ERROR)
		mmdb->corrupt = true;
	return ret == MMDB_SUCCESS && data_r->has_data;
}

static uint32_t number_of(const MMDB_entry_data_s *data)
{
	switch (data->type) {
	case MMDB_DATA_TYPE_UINT16:
		return data->uint16;
	case MMDB_DATA_TYPE_UINT32:
		return data->uint32;
	case MMDB_DATA_TYPE_UINT64:
		return data->uint64 <= UINT32_MAX ? (uint32_t)data->uint64 : 0;
	default:
		return 0;
	}
}

/* GeoLite2-ASN and DB-IP: a number; IPinfo: "AS174". */
static uint32_t read_asn(struct rs_asn_mmdb *mmdb, MMDB_entry_s *entry)
{
	MMDB_entry_data_s data;
	uint32_t asn = 0;

	if (get(mmdb, entry, "autonomous_system_number", &data))
		return number_of(&data);
	if (!get(mmdb, entry, "asn", &data))
		return 0;
	if (data.type == MMDB_DATA_TYPE_UTF8_STRING && data.data_size > 2 &&
	    memcmp(data.utf8_string, "AS", 2) == 0 &&
	    rs_asn_parse(data.utf8_string + 2, data.data_size - 2, &asn))
		return asn;
	return number_of(&data);
}

static const char *read_org(struct rs_asn_mmdb *mmdb, MMDB_entry_s *entry)
{
	MMDB_entry_data_s data;
	const char *org;

	if ((!get(mmdb, entry, "autonomous_system_organization", &data) &&
	     !get(mmdb, entry, "as_name", &data)) ||
	    data.type != MMDB_DATA_TYPE_UTF8_STRING)
		return "";
	org = rs_arena_strndup(&mmdb->orgs, data.utf8_string, data.data_size);
	if (org == NULL) {
		mmdb->out_of_memory = true;
		return "";
	}
	return org;
}

/* The record behind a data offset, from the cache or decoded. Valid until the next call. */
struct rs_asn_record *rs_asn_record(struct rs_asn_mmdb *mmdb, uint32_t offset)
{
	struct rs_asn_record *record =
		&mmdb->cache[(offset * 2654435761U) >> (32 - RS_ASN_CACHE_BITS)];

	if (!record->used || record->offset != offset) {
		MMDB_entry_s entry = { .mmdb = &mmdb->db, .offset = offset };

		*record = (struct rs_asn_record){ .offset = offset, .used = true };
		record->asn = read_asn(mmdb, &entry);
	}
	return record;
}

/* Its organisation, which is read only when somebody asks. */
const char *rs_asn_record_org(struct rs_asn_mmdb *mmdb, struct rs_asn_record *record)
{
	MMDB_entry_s entry = { .mmdb = &mmdb->db, .offset = record->offset };

	if (record->org == NULL)
		record->org = read_org(mmdb, &entry);
	return record->org;
}

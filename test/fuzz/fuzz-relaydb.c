/* SPDX-License-Identifier: MIT */
/* Relay databases. When the first byte is 0, the rest is the file. Else the
 * rest changes a good file: three bytes each, the place (counted from the end
 * when the first byte is even: there lie the metadata) and the new value. */
#include "fuzz.h"

#include <relaysentry/relaydb.h>

#include <string.h>

static void check_match(const struct rs_relaydb *db, const struct rs_match *match)
{
	FUZZ_CHECK(match->cover_count >= 1 && match->as_org != NULL);
	for (uint32_t i = 0; i < match->cover_count; i++) {
		const struct rs_cover *cover = &match->covers[i];

		FUZZ_CHECK(rs_relaydb_find(db, cover->relay->id) == cover->relay);
		FUZZ_CHECK(rs_relaydb_relay(db, cover->relay->index) == cover->relay);
		FUZZ_CHECK(strlen(cover->network) < 64);
	}
}

struct walk {
	const struct rs_relaydb *db;
	size_t count;
};

static int visit(const struct rs_net *net, const struct rs_match *match, void *context)
{
	struct walk *walk = context;
	const struct rs_match *found = NULL;

	check_match(walk->db, match);
	FUZZ_CHECK(rs_relaydb_lookup(walk->db, &net->ip, &found) == 1);
	return ++walk->count > 1000;
}

static void use(const struct rs_relaydb *db)
{
	static const char *const addresses[] = { "52.125.138.7",    "192.0.2.200",
						 "2001:db8:1::1",   "2002:c000:0201::1",
						 "255.255.255.255", "::" };
	struct walk walk = { .db = db };
	struct rs_relaydb_info info;

	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		const struct rs_match *match;
		const char *error;
		struct rs_ip ip;

		FUZZ_CHECK(rs_ip_parse(addresses[i], strlen(addresses[i]), &ip, &error) == 0);
		if (rs_relaydb_lookup(db, &ip, &match) == 1)
			check_match(db, match);
	}
	for (size_t i = 0; i < rs_relaydb_relay_count(db); i++)
		FUZZ_CHECK(rs_relaydb_relay(db, i)->index == i);
	rs_relaydb_info(db, &info);
	(void)rs_relaydb_walk(db, visit, &walk);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rs_diags *diags = rs_diags_new();
	struct rs_relaydb *db;
	size_t good_size;
	const unsigned char *good = fuzz_relaydb(&good_size);
	unsigned char *file;

	if (size == 0)
		goto out;
	if (data[0] == 0) {
		db = rs_relaydb_load_memory("fuzz", data + 1, size - 1, diags);
	} else {
		file = malloc(good_size);
		FUZZ_CHECK(file != NULL);
		memcpy(file, good, good_size);
		for (size_t i = 1; i + 2 < size; i += 3) {
			size_t place = (data[i] << 8 | data[i + 1]) % good_size;

			file[data[0] % 2 == 0 ? good_size - 1 - place : place] = data[i + 2];
		}
		db = rs_relaydb_load_memory("fuzz", file, good_size, diags);
		FUZZ_CHECK(db != NULL || size > 3);
		free(file);
	}
	FUZZ_CHECK((db == NULL) == (rs_diags_count(diags, RS_LEVEL_ERROR) > 0));
	if (db != NULL)
		use(db);
	rs_relaydb_free(&db);
out:
	rs_diags_free(&diags);
	return 0;
}

/* SPDX-License-Identifier: MIT */
#include "mmdb-fixture.h"
#include "unit.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct rs_fixture_net some[] = {
	{ "52.125.128.0/20", RS_M0, 8075, "MICROSOFT-CORP-MSN-AS-BLOCK" },
	{ "52.112.0.0/12", RS_C0, 8075, "MICROSOFT-CORP-MSN-AS-BLOCK" },
	{ "2603:1026::/36", RS_M1, 0, "" },
	{ "2603:1000::/24", RS_C0, 0, "" },
	{ "192.0.2.7/32", RS_P0, 64500, "" },
};

static void test_lookup(void)
{
	static const struct {
		const char *label, *ip, *relay, *network;
		uint32_t covers, asn;
		const char *org;
	} cases[] = {
		{ "the most specific comes first", "52.125.138.7", "m0", "52.125.128.0/20", 2, 8075,
		  "MICROSOFT-CORP-MSN-AS-BLOCK" },
		{ "the last address of a network", "52.125.143.255", "m0", "52.125.128.0/20", 2,
		  8075, "MICROSOFT-CORP-MSN-AS-BLOCK" },
		{ "behind the last address", "52.125.144.0", "c0", "52.112.0.0/12", 1, 8075,
		  "MICROSOFT-CORP-MSN-AS-BLOCK" },
		{ "IPv6", "2603:1026:c03:6046::5", "m1", "2603:1026::/36", 2, 0, "" },
		{ "one address", "192.0.2.7", "p0", "192.0.2.7/32", 1, 64500, "" },
		{ "next to it", "192.0.2.8", NULL, NULL, 0, 0, NULL },
		{ "v4-mapped", "::ffff:192.0.2.7", "p0", "192.0.2.7/32", 1, 64500, "" },
		{ "6to4", "2002:c000:207:1::1", "p0", "192.0.2.7/32", 1, 64500, "" },
		{ "IPv6 beside all", "2001:db8::1", NULL, NULL, 0, 0, NULL },
	};
	struct rs_relaydb *db = rs_fixture_load(some, RS_COUNT(some));
	struct rs_ip none = { 0 };
	const struct rs_match *match;

	for (size_t i = 0; i < RS_COUNT(cases); i++) {
		struct rs_ip ip;
		int found;

		rs_fixture_ip(cases[i].ip, &ip);
		found = rs_relaydb_lookup(db, &ip, &match);
		RS_CHECK_INT(cases[i].label, found, cases[i].relay != NULL);
		if (found == 0 || cases[i].relay == NULL)
			continue;
		RS_CHECK_STR(cases[i].label, match->covers[0].relay->id, cases[i].relay);
		RS_CHECK_STR(cases[i].label, match->covers[0].network, cases[i].network);
		RS_CHECK_INT(cases[i].label, match->cover_count, cases[i].covers);
		RS_CHECK_INT(cases[i].label, match->asn, cases[i].asn);
		RS_CHECK_STR(cases[i].label, match->as_org, cases[i].org);
	}
	RS_CHECK_INT("no address", rs_relaydb_lookup(db, &none, &match), 0);
	rs_relaydb_free(&db);
}

static void test_relays(void)
{
	struct rs_relaydb *db = rs_fixture_load(some, RS_COUNT(some));
	static const char *const want[] = { "c0", "m0", "m1", "p0" };
	struct rs_relaydb_info info;

	RS_CHECK_INT("count", rs_relaydb_relay_count(db), RS_COUNT(want));
	for (size_t i = 0; i < RS_COUNT(want); i++) {
		const struct rs_relay *relay = rs_relaydb_relay(db, i);

		RS_CHECK_STR("by index", relay->id, want[i]);
		RS_CHECK_INT(want[i], relay->index, i);
		RS_CHECK(want[i], rs_relaydb_find(db, want[i]) == relay);
	}
	RS_CHECK_STR("name", rs_relaydb_find(db, "m0")->name, "Name of m0");
	RS_CHECK_INT("class", rs_relaydb_find(db, "p0")->class_, RS_CLASS_PRIVACY_PROXY);
	RS_CHECK("one that has no network", rs_relaydb_find(db, "c1") == NULL);
	RS_CHECK("unknown", rs_relaydb_find(db, "") == NULL);
	rs_relaydb_info(db, &info);
	RS_CHECK_INT("networks", info.network_count, RS_COUNT(some));
	RS_CHECK_INT("relays", info.relay_count, 4);
	RS_CHECK_INT("time", info.build_epoch, RS_FIXTURE_TIME);
	RS_CHECK_INT("identity", strlen(info.id), 16);
	rs_relaydb_free(&db);
	RS_CHECK("freed", db == NULL);
	rs_relaydb_free(&db);
}

static void test_identity(void)
{
	struct rs_relaydb *a = rs_fixture_load(some, RS_COUNT(some));
	struct rs_relaydb *b = rs_fixture_load(some, RS_COUNT(some));
	struct rs_relaydb *other = rs_fixture_load(some, RS_COUNT(some) - 1);
	struct rs_relaydb_info ia, ib, io;

	rs_relaydb_info(a, &ia);
	rs_relaydb_info(b, &ib);
	rs_relaydb_info(other, &io);
	RS_CHECK_STR("same content", ia.id, ib.id);
	RS_CHECK("other content", strcmp(ia.id, io.id) != 0);
	rs_relaydb_free(&a);
	rs_relaydb_free(&b);
	rs_relaydb_free(&other);
}

/* --- by definition: a list that is searched from its begin to its end --- */

#define RANDOM_NETS 400
#define RANDOM_ADDRESSES 4000

struct listed {
	struct rs_net net;
	int relay;
};

/* Whether a stands before b in a record. */
static bool before(const struct listed *a, const struct listed *b)
{
	if (a->net.prefix != b->net.prefix)
		return a->net.prefix > b->net.prefix;
	if (rs_fixture_classes[a->relay] != rs_fixture_classes[b->relay])
		return rs_fixture_classes[a->relay] < rs_fixture_classes[b->relay];
	return strcmp(rs_fixture_ids[a->relay], rs_fixture_ids[b->relay]) < 0;
}

/* For each relay its narrowest network that contains ip, in order, as text. */
static void search(const struct listed *list, size_t count, const struct rs_ip *ip, char *text)
{
	const struct listed *best[RS_FIXTURE_RELAYS] = { NULL };

	*text = '\0';
	for (size_t i = 0; i < count; i++) {
		const struct listed **b = &best[list[i].relay];

		if (rs_net_contains(&list[i].net, ip) &&
		    (*b == NULL || list[i].net.prefix > (*b)->net.prefix))
			*b = &list[i];
	}
	for (;;) {
		const struct listed **first = NULL;
		char net[RS_NET_STRLEN];

		for (int r = 0; r < RS_FIXTURE_RELAYS; r++) {
			if (best[r] != NULL && (first == NULL || before(best[r], *first)))
				first = &best[r];
		}
		if (first == NULL)
			return;
		text += sprintf(text, "%s %s,", rs_fixture_ids[(*first)->relay],
				rs_net_format(&(*first)->net, net));
		*first = NULL;
	}
}

static void found_text(const struct rs_relaydb *db, const struct rs_ip *ip, char *text)
{
	const struct rs_match *match;

	*text = '\0';
	if (rs_relaydb_lookup(db, ip, &match) != 1)
		return;
	for (uint32_t i = 0; i < match->cover_count; i++)
		text += sprintf(text, "%s %s,", match->covers[i].relay->id,
				match->covers[i].network);
}

/* Few different bits, so that networks nest and addresses hit. */
static void random_ip(uint64_t *state, struct rs_ip *ip)
{
	bool ipv6 = rs_fixture_random(state) % 3 == 0;
	size_t len = ipv6 ? 16 : 4;
	uint8_t bytes[16] = { 0 };

	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)(rs_fixture_random(state) % 4 << 6 |
				     (rs_fixture_random(state) % 8 == 0));
	if (ipv6)
		bytes[0] = 0x26;
	rs_ip_from_bytes(ip, ipv6 ? AF_INET6 : AF_INET, bytes);
}

static void random_net(uint64_t *state, struct rs_net *net)
{
	random_ip(state, &net->ip);
	if (net->ip.family == AF_INET)
		net->prefix = (uint8_t)(1 + rs_fixture_random(state) % 32);
	else
		net->prefix = (uint8_t)(8 + rs_fixture_random(state) % 121);
	rs_ip_mask(&net->ip, net->prefix);
}

struct walked {
	const struct rs_relaydb *db;
	struct rs_net last;
	size_t count, wrong;
};

/* Each place is behind the last one, and its first address finds its match. */
static int walk_one(const struct rs_net *net, const struct rs_match *match, void *context)
{
	struct walked *w = context;
	const struct rs_match *found;

	if (w->count++ > 0 && (rs_net_cmp(&w->last, net) >= 0 || rs_net_covers(&w->last, net)))
		w->wrong++;
	if (rs_relaydb_lookup(w->db, &net->ip, &found) != 1 || found != match)
		w->wrong++;
	w->last = *net;
	return 0;
}

static void check_random(uint64_t seed)
{
	struct listed list[RANDOM_NETS];
	int numbers[RS_FIXTURE_RELAYS];
	struct rs_mmdbw *w = rs_fixture_writer(numbers);
	struct rs_diags *diags = rs_diags_new();
	char label[32], got[1024], want[1024];
	struct rs_relaydb *db;
	struct rs_built built;
	struct walked walked = { 0 };
	size_t hits = 0;

	snprintf(label, sizeof(label), "seed %llu", (unsigned long long)seed);
	for (size_t i = 0; i < RANDOM_NETS; i++) {
		list[i].relay = (int)(rs_fixture_random(&seed) % RS_FIXTURE_RELAYS);
		random_net(&seed, &list[i].net);
		RS_CHECK_INT(label, rs_mmdbw_insert(w, numbers[list[i].relay], &list[i].net, 0, ""),
			     0);
	}
	rs_fixture_finish(&w, &built);
	db = rs_relaydb_load_memory(label, built.data, built.size, diags);
	if (RS_CHECK(label, db != NULL, "%s", rs_unit_diags(diags))) {
		for (size_t i = 0; i < RANDOM_ADDRESSES; i++) {
			struct rs_ip ip;

			/* Also the first and last address of a network, where faults are. */
			random_ip(&seed, &ip);
			if (i < RANDOM_NETS)
				ip = list[i].net.ip;
			search(list, RANDOM_NETS, &ip, want);
			found_text(db, &ip, got);
			hits += want[0] != '\0';
			if (strcmp(got, want) != 0) {
				RS_CHECK_STR(label, got, want);
				break;
			}
		}
		RS_CHECK(label, hits > RANDOM_ADDRESSES / 10, "only %zu hits", hits);
		walked.db = db;
		RS_CHECK_INT(label, rs_relaydb_walk(db, walk_one, &walked), 0);
		RS_CHECK_INT(label, walked.wrong, 0);
	}
	rs_relaydb_free(&db);
	rs_diags_free(&diags);
	rs_fixture_free(&built);
}

static void test_definition(void)
{
	for (uint64_t seed = 1; seed <= 20; seed++)
		check_random(seed * 0x9e3779b97f4a7c15ULL);
}

static int stop_at_third(const struct rs_net *net, const struct rs_match *match, void *context)
{
	(void)net, (void)match;
	return ++*(int *)context == 3 ? 42 : 0;
}

static void test_walk(void)
{
	struct rs_relaydb *db = rs_fixture_load(some, RS_COUNT(some));
	int count = 0;

	RS_CHECK_INT("stops", rs_relaydb_walk(db, stop_at_third, &count), 42);
	RS_CHECK_INT("at the third", count, 3);
	rs_relaydb_free(&db);
}

/* --- what is not loaded --- */

static void check_refused(const char *label, const char *path, const char *want, bool opened)
{
	struct rs_diags *diags = rs_diags_new();
	struct stat identity;
	struct rs_relaydb *db = rs_relaydb_load(path, &identity, diags);

	RS_CHECK(label, db == NULL);
	RS_CHECK(label, rs_unit_diags_have(diags, want), "%s", rs_unit_diags(diags));
	RS_CHECK_INT(label, rs_diags_count(diags, RS_LEVEL_ERROR), 1);
	RS_CHECK_INT(label, identity.st_ino != 0, opened);
	rs_relaydb_free(&db);
	rs_diags_free(&diags);
}

static void test_files(void)
{
	struct rs_diags *diags = rs_diags_new();
	const char *good, *path;
	struct rs_relaydb *db;
	struct rs_built built;

	rs_fixture_build(some, RS_COUNT(some), &built);
	good = rs_unit_write("good.mmdb", built.data, built.size);
	check_refused("missing", rs_unit_path("missing.mmdb"), "there is no relay database", false);
	path = rs_unit_path("link.mmdb");
	RS_CHECK_INT("link", symlink(good, path), 0);
	check_refused("a symbolic link", path, "symbolic link", false);
	check_refused("a folder", rs_unit_folder(), "no regular file", true);
	check_refused("a device", "/dev/null", "no regular file", true);
	path = rs_unit_path("fifo");
	RS_CHECK_INT("FIFO", mkfifo(path, 0600), 0);
	check_refused("a FIFO does not block", path, "no regular file", true);
	check_refused("empty", rs_unit_write("empty.mmdb", "", 0), "empty", true);
	check_refused("text", rs_unit_write_text("text.mmdb", "hello"), "no relay database", true);
	path = rs_unit_write("mode.mmdb", built.data, built.size);
	RS_CHECK_INT("chmod", chmod(path, 0664), 0);
	check_refused("group may write", path, "chmod go-w", true);
	RS_CHECK_INT("chmod", chmod(path, 0646), 0);
	check_refused("others may write", path, "chmod go-w", true);
	path = rs_unit_write_text("large.mmdb", "");
	RS_CHECK_INT("truncate", truncate(path, (off_t)RS_RELAYDB_MAX_SIZE + 1), 0);
	check_refused("too large", path, "512 MiB", true);
	db = rs_relaydb_load(good, NULL, diags);
	RS_CHECK("good", db != NULL, "%s", rs_unit_diags(diags));
	RS_CHECK_INT("the file shrinks afterwards", truncate(good, 0), 0);
	rs_relaydb_free(&db);
	rs_diags_free(&diags);
	rs_fixture_free(&built);
}

/* Whatever the bytes are: refused with one error that says what, or good and then usable. */
static bool survives(const char *label, const void *data, size_t size)
{
	struct rs_diags *diags = rs_diags_new();
	struct rs_relaydb *db = rs_relaydb_load_memory(label, data, size, diags);
	bool loaded = db != NULL;
	struct walked walked = { .db = db };

	if (loaded) {
		(void)rs_relaydb_walk(db, walk_one, &walked);
		RS_CHECK_INT(label, walked.wrong, 0);
	}
	RS_CHECK_INT(label, rs_diags_count(diags, RS_LEVEL_ERROR), loaded ? 0 : 1);
	rs_relaydb_free(&db);
	rs_diags_free(&diags);
	return loaded;
}

static void test_corrupt(void)
{
	const char *folder = rs_unit_data("corrupt databases", "mmdb/bad");
	DIR *dir = folder == NULL ? NULL : opendir(folder);
	const struct dirent *entry;
	size_t count = 0;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		char path[4096], *data;
		size_t size;

		if (strstr(entry->d_name, ".mmdb") == NULL)
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		if (!RS_CHECK(entry->d_name, rs_unit_read(path, &data, &size) == 0))
			continue;
		RS_CHECK(entry->d_name, !survives(entry->d_name, data, size));
		free(data);
		count++;
	}
	if (dir != NULL) {
		closedir(dir);
		RS_CHECK("some were found", count > 5);
	}
}

static void test_truncated(void)
{
	struct rs_built built;

	rs_fixture_build(some, RS_COUNT(some), &built);
	for (size_t size = 0; size < built.size; size++) {
		char label[48];

		snprintf(label, sizeof(label), "cut to %zu bytes", size);
		RS_CHECK(label, !survives(label, built.data, size));
	}
	RS_CHECK("whole", survives("whole", built.data, built.size));
	rs_fixture_free(&built);
}

#define MUTATIONS 6000

static void test_mutated(void)
{
	uint64_t state = 20261122;
	struct rs_built built;
	unsigned char *copy;
	size_t loaded = 0;

	rs_fixture_build(some, RS_COUNT(some), &built);
	copy = malloc(built.size);
	for (int i = 0; copy != NULL && i < MUTATIONS; i++) {
		unsigned changes = 1 + (unsigned)(rs_fixture_random(&state) % 4);
		/* Tree, data and metadata are of different lengths: each gets its share. */
		size_t tree = (size_t)built.stats.node_count * built.stats.record_size / 4;
		size_t from = i % 3 == 0 ? 0 : tree;
		char label[32];

		snprintf(label, sizeof(label), "mutation %d", i);
		memcpy(copy, built.data, built.size);
		while (changes-- > 0) {
			size_t at = from + rs_fixture_random(&state) % (built.size - from);
			uint64_t how = rs_fixture_random(&state);

			if (how % 3 == 0)
				copy[at] ^= (unsigned char)(1U << (how >> 8) % 8);
			else if (how % 3 == 1)
				copy[at] = (unsigned char)(how >> 8);
			else
				copy[at] = built.data[rs_fixture_random(&state) % built.size];
		}
		loaded += survives(label, copy, built.size);
	}
	/* A name or an organisation may change and stay valid. */
	RS_CHECK("most are refused", loaded < MUTATIONS / 2, "%zu were loaded", loaded);
	free(copy);
	rs_fixture_free(&built);
}

void rs_suite_relaydb(CU_pSuite suite)
{
	CU_add_test(suite, "an address finds relay, network and ASN", test_lookup);
	CU_add_test(suite, "relays are known by id and index", test_relays);
	CU_add_test(suite, "the identity tells contents apart", test_identity);
	CU_add_test(suite, "a lookup finds what a search of the list finds", test_definition);
	CU_add_test(suite, "a walk stops when it is told to", test_walk);
	CU_add_test(suite, "files that others can change are refused", test_files);
	CU_add_test(suite, "the corrupt databases of libmaxminddb are refused", test_corrupt);
	CU_add_test(suite, "a file that is cut off is refused", test_truncated);
	CU_add_test(suite, "no mutation crashes, loops, or answers wrongly", test_mutated);
}

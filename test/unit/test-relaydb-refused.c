/* SPDX-License-Identifier: MIT */
/* Files that must not be loaded. */
#include "mmdb-fixture.h"
#include "unit.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const struct rs_fixture_net some[] = {
	{ "52.125.128.0/20", RS_M0, 8075, "ONE" }, { "52.112.0.0/12", RS_C0, 8075, "ONE" },
	{ "2603:1026::/36", RS_M1, 0, "" },	   { "2603:1000::/24", RS_C0, 0, "" },
	{ "192.0.2.7/32", RS_P0, 64500, "" },
};

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

	if (loaded)
		rs_fixture_walk(label, db);
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

/* More than a file may have, and none of it can be read. */
static void test_large(void)
{
	const size_t size = (size_t)RS_RELAYDB_MAX_SIZE + 1;
	void *memory =
		mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	struct rs_diags *diags = rs_diags_new();

	if (RS_CHECK("mapped", memory != MAP_FAILED)) {
		RS_CHECK("refused", rs_relaydb_load_memory("large", memory, size, diags) == NULL);
		RS_CHECK("refused", rs_unit_diags_have(diags, "larger than 512 MiB"), "%s",
			 rs_unit_diags(diags));
		(void)munmap(memory, size);
	}
	rs_diags_free(&diags);
}

void rs_suite_relaydb_refused(CU_pSuite suite)
{
	CU_add_test(suite, "files that others can change are refused", test_files);
	CU_add_test(suite, "the corrupt databases of libmaxminddb are refused", test_corrupt);
	CU_add_test(suite, "a file that is cut off is refused", test_truncated);
	CU_add_test(suite, "no mutation crashes, loops, or answers wrongly", test_mutated);
	CU_add_test(suite, "memory that is too large for a file is not read", test_large);
}

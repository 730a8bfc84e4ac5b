/* SPDX-License-Identifier: MIT */
/* The reader of plain and compressed logs. */
#include "fake-audit.h"
#include "log-files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const filters[] = { NULL,	"gzip", "xz",	"zstd",
				       "bzip2", "lz4",	"lzip", "compress" };

/* How reading a file went. */
struct outcome {
	char *text;
	size_t len;
	bool opened, compressed;
	int end; /* what the last call of next returned */
	char told[1000];
};

static void read_file(struct outcome *outcome, const char *path, bool plain, uint64_t begin)
{
	struct audit_file file = { .path = (char *)path, .fd = -1, .plain = plain };
	struct rs_diags *diags = rs_diags_new();
	struct audit_reader *reader;
	size_t len, room = 0;
	const char *data;
	int status;

	*outcome = (struct outcome){ .end = -1 };
	reader = rs_audit_reader_open(&file, begin, diags, &status);
	outcome->opened = reader != NULL;
	while (reader != NULL && (outcome->end = rs_audit_reader_next(reader, &data, &len)) > 0) {
		RS_CHECK("a block is limited", len > 0 && len <= 262144);
		if (outcome->len + len > room)
			outcome->text = realloc(outcome->text, room = (outcome->len + len) * 2);
		memcpy(outcome->text + outcome->len, data, len);
		outcome->len += len;
	}
	if (reader != NULL) {
		outcome->compressed = rs_audit_reader_compressed(reader);
		RS_CHECK_INT("the end stays the end", rs_audit_reader_next(reader, &data, &len), 0);
	}
	snprintf(outcome->told, sizeof(outcome->told), "%s", rs_unit_diags(diags));
	rs_audit_reader_close(&reader);
	rs_diags_free(&diags);
}

/* A log of about that many bytes. */
static char *make_log(size_t size, size_t *len_r)
{
	char *text = malloc(size + 200);
	size_t len = 0;

	for (unsigned i = 0; len < size; i++)
		len += (size_t)sprintf(
			text + len,
			"Nov 25 09:12:%02u mx dovecot: imap-login: Login: user=<u%u>, "
			"rip=192.0.2.%u\n",
			i % 60, i * 7919, i % 250);
	*len_r = len;
	return text;
}

static void test_filters(void)
{
	size_t len;
	char *text = make_log(1000000, &len);

	for (size_t i = 0; i < RS_COUNT(filters); i++) {
		const char *label = filters[i] == NULL ? "plain" : filters[i];
		const char *path = log_write(label, filters[i], text, len, "2026-11-25");
		struct outcome outcome;

		read_file(&outcome, path, false, 0);
		RS_CHECK_INT(label, outcome.end, 0);
		RS_CHECK_STR(label, outcome.told, "");
		RS_CHECK_INT(label, outcome.compressed, filters[i] != NULL);
		RS_CHECK(label, outcome.len == len && memcmp(outcome.text, text, len) == 0);
		free(outcome.text);
		/* cat a.gz a.gz */
		if (filters[i] != NULL && strcmp(filters[i], "compress") != 0) {
			char *stored;
			size_t size;

			RS_CHECK_INT(label, rs_unit_read(path, &stored, &size), 0);
			log_append(path, stored, size);
			free(stored);
			read_file(&outcome, path, false, 0);
			RS_CHECK_INT(label, outcome.end, 0);
			RS_CHECK_STR(label, outcome.told, "");
			RS_CHECK(label, outcome.len == 2 * len &&
						memcmp(outcome.text + len, text, len) == 0);
			free(outcome.text);
		}
	}
	free(text);
}

static void test_empty(void)
{
	for (size_t i = 0; i < RS_COUNT(filters); i++) {
		const char *label = filters[i] == NULL ? "plain" : filters[i];
		const char *path;
		struct outcome outcome;

		/* libarchive does not write these. */
		if (filters[i] != NULL &&
		    (strcmp(filters[i], "compress") == 0 || strcmp(filters[i], "lz4") == 0))
			continue;
		path = log_write(label, filters[i], "", 0, "2026-11-25");
		read_file(&outcome, path, false, 0);
		RS_CHECK(label, outcome.opened && outcome.end == 0 && outcome.len == 0);
		RS_CHECK_STR(label, outcome.told, "");
		free(outcome.text);
	}
}

static void test_truncated(void)
{
	for (size_t i = 1; i < RS_COUNT(filters); i++) {
		/* lz4 has blocks of four megabytes, bzip2 of nearly one. */
		bool large = strcmp(filters[i], "lz4") == 0 || strcmp(filters[i], "bzip2") == 0;
		size_t len, size = large ? 12000000 : 1000000;
		char *text = make_log(size, &len);
		const char *path = log_write(filters[i], filters[i], text, len, "2026-11-25");
		struct outcome outcome;
		struct stat st;

		RS_CHECK_INT(filters[i], stat(path, &st), 0);
		path = log_cut("cut", path, (size_t)st.st_size * 3 / 4);
		read_file(&outcome, path, false, 0);
		/* compress(1) has no end that could be missing. */
		if (strcmp(filters[i], "compress") != 0) {
			RS_CHECK_INT(filters[i], outcome.end, -1);
			RS_CHECK(filters[i],
				 strncmp(outcome.told, "error: ", 7) == 0 &&
					 strstr(outcome.told, path) != NULL,
				 "told %s", outcome.told);
		}
		RS_CHECK(filters[i],
			 outcome.len > len / 3 && outcome.len < len &&
				 memcmp(outcome.text, text, outcome.len) == 0,
			 "%zu of %zu", outcome.len, len);
		free(outcome.text);
		free(text);
	}
}

static void test_garbage(void)
{
	static const struct {
		const char *filter;
		bool all; /* of the text is read, and a warning tells of the rest */
	} cases[] = { { "gzip", true }, { "bzip2", true }, { "lz4", true },
		      { "lzip", true }, { "xz", false },   { "zstd", false } };
	size_t len;
	char *text = make_log(1000000, &len);

	for (size_t i = 0; i < RS_COUNT(cases); i++) {
		const char *label = cases[i].filter;
		const char *path = log_write(label, label, text, len, "2026-11-25");
		struct outcome outcome;

		log_append(path, "what is this", 12);
		read_file(&outcome, path, false, 0);
		RS_CHECK(label,
			 strncmp(outcome.told, cases[i].all ? "warning: " : "error: ", 7) == 0,
			 "told %s", outcome.told);
		RS_CHECK_INT(label, outcome.end, cases[i].all ? 0 : -1);
		RS_CHECK(label, cases[i].all ? outcome.len == len : outcome.len > len / 2);
		RS_CHECK(label, memcmp(outcome.text, text, outcome.len) == 0);
		free(outcome.text);
	}
	free(text);
}

static void test_corrupt(void)
{
	size_t len;
	char *text = make_log(1000000, &len);

	for (size_t i = 1; i < RS_COUNT(filters) - 1; i++) {
		const char *path = log_write(filters[i], filters[i], text, len, "2026-11-25");
		struct outcome outcome;
		char *stored;
		size_t size;

		RS_CHECK_INT(filters[i], rs_unit_read(path, &stored, &size), 0);
		memset(stored + size / 2, 0x55, 200);
		path = rs_unit_write("corrupt", stored, size);
		read_file(&outcome, path, false, 0);
		/* libarchive does not compare gzip's checksum. */
		if (strcmp(filters[i], "gzip") != 0)
			RS_CHECK(filters[i],
				 outcome.end == -1 && strstr(outcome.told, "error: ") != NULL,
				 "%d told %s", outcome.end, outcome.told);
		free(outcome.text);
		memset(stored + 20, 0x55, 200);
		path = rs_unit_write("corrupt", stored, size);
		read_file(&outcome, path, false, 0);
		RS_CHECK(filters[i], outcome.end == -1 && strstr(outcome.told, "error: ") != NULL,
			 "%d told %s", outcome.end, outcome.told);
		free(outcome.text);
		free(stored);
	}
	free(text);
}

/* What would fill the memory is read with little of it. */
static void test_bomb(void)
{
	size_t len = 16U << 20;
	char *zeros = calloc(1, len);
	const char *path = log_write("bomb", "gzip", zeros, len, "2026-11-25");
	struct audit_file file = { .path = (char *)path, .fd = -1 };
	struct rs_diags *diags = rs_diags_new();
	struct audit_reader *reader;
	struct rusage before, after;
	uint64_t sum = 0;
	const char *data;
	char *stored;
	size_t size;
	int status, result;

	RS_CHECK_INT("the bomb", rs_unit_read(path, &stored, &size), 0);
	for (int i = 1; i < 16; i++)
		log_append(path, stored, size);
	free(stored);
	free(zeros);
	(void)getrusage(RUSAGE_SELF, &before);
	reader = rs_audit_reader_open(&file, 0, diags, &status);
	while ((result = rs_audit_reader_next(reader, &data, &size)) > 0)
		sum += size;
	(void)getrusage(RUSAGE_SELF, &after);
	RS_CHECK("all of it", sum == (uint64_t)len * 16);
	RS_CHECK("with little memory", after.ru_maxrss - before.ru_maxrss < 16 * 1024);
	rs_audit_reader_close(&reader);
	rs_diags_free(&diags);
}

static void test_from_a_place(void)
{
	size_t len;
	char *text = make_log(700000, &len);
	const char *path = log_write("plain", NULL, text, len, "2026-11-25");
	struct outcome outcome;
	char piece[10];
	struct audit_file file = { .path = (char *)path, .fd = -1, .plain = true };

	read_file(&outcome, path, true, 300001);
	RS_CHECK("from there on", outcome.len == len - 300001 &&
					  memcmp(outcome.text, text + 300001, outcome.len) == 0);
	free(outcome.text);
	read_file(&outcome, path, true, len);
	RS_CHECK("nothing behind the end", outcome.end == 0 && outcome.len == 0);
	free(outcome.text);
	RS_CHECK_INT("a piece", rs_audit_pread(&file, 77, piece, 10), 10);
	RS_CHECK("is what is there", memcmp(piece, text + 77, 10) == 0);
	free(text);
}

/* Whoever looks up a name again may get another file. */
static void test_replaced(void)
{
	const char *path = log_text("mail.log", "Nov 25 09:12:01 a\n", "2026-11-25");
	struct rs_diags *diags = rs_diags_new();
	struct audit_file file = { .path = (char *)path, .fd = -1, .plain = true, .regular = true };
	int status;

	RS_CHECK("it is refused", rs_audit_reader_open(&file, 0, diags, &status) == NULL);
	RS_CHECK_INT("status", status, EX_NOINPUT);
	RS_CHECK("why", rs_unit_diags_have(diags, "replaced by another file"));
	rs_diags_clear(diags);
	file.path = (char *)"missing.log";
	RS_CHECK("a missing one", rs_audit_reader_open(&file, 0, diags, &status) == NULL);
	RS_CHECK_STR("why", rs_unit_diags(diags),
		     "error: missing.log: cannot be opened: No such file or directory\n");
	RS_CHECK_INT("status", status, EX_NOINPUT);
	rs_diags_free(&diags);
}

void cli_suite_audit_input(CU_pSuite suite)
{
	CU_add_test(suite, "plain, compressed, and several pieces", test_filters);
	CU_add_test(suite, "empty files", test_empty);
	CU_add_test(suite, "of what is truncated, what is there is read", test_truncated);
	CU_add_test(suite, "what follows compressed parts is told", test_garbage);
	CU_add_test(suite, "corrupt files are told", test_corrupt);
	CU_add_test(suite, "a bomb needs no memory", test_bomb);
	CU_add_test(suite, "plain files are read from any place", test_from_a_place);
	CU_add_test(suite, "another file of the name is not read", test_replaced);
}

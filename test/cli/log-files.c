/* SPDX-License-Identifier: MIT */
#include "log-files.h"

#include <archive.h>
#include <archive_entry.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

static void check(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "log-files: cannot %s\n", what);
	exit(2);
}

static void set_day(const char *path, const char *day)
{
	struct tm tm = { 0 };
	struct timespec times[2];

	check(strptime(day, "%Y-%m-%d", &tm) != NULL, "read a day");
	tm.tm_hour = 12;
	times[0] = times[1] = (struct timespec){ .tv_sec = timegm(&tm) };
	check(utimensat(AT_FDCWD, path, times, 0) == 0, "set a time");
}

static void compress(const char *path, const char *filter, const char *text, size_t len)
{
	struct archive *archive = archive_write_new();
	struct archive_entry *entry = archive_entry_new();

	check(archive != NULL && entry != NULL, "make an archive");
	check(archive_write_set_format_raw(archive) == ARCHIVE_OK &&
		      archive_write_add_filter_by_name(archive, filter) == ARCHIVE_OK &&
		      archive_write_set_bytes_in_last_block(archive, 1) == ARCHIVE_OK &&
		      archive_write_open_filename(archive, path) == ARCHIVE_OK,
	      "write what is compressed");
	archive_entry_set_filetype(entry, AE_IFREG);
	check(archive_write_header(archive, entry) == ARCHIVE_OK, "begin an archive");
	for (size_t done = 0; done < len;) {
		la_ssize_t n = archive_write_data(archive, text + done, len - done);

		check(n > 0, "compress");
		done += (size_t)n;
	}
	check(archive_write_close(archive) == ARCHIVE_OK, "end an archive");
	archive_entry_free(entry);
	archive_write_free(archive);
}

const char *log_write(const char *name, const char *filter, const char *text, size_t len,
		      const char *day)
{
	const char *path = rs_unit_write(name, text, filter == NULL ? len : 0);

	if (filter != NULL)
		compress(path, filter, text, len);
	set_day(path, day);
	return path;
}

const char *log_text(const char *name, const char *text, const char *day)
{
	static const struct {
		const char *ending, *filter;
	} filters[] = {
		{ ".gz", "gzip" }, { ".xz", "xz" }, { ".zst", "zstd" }, { ".bz2", "bzip2" }
	};
	const char *ending = strrchr(name, '.'), *filter = NULL;

	for (size_t i = 0; ending != NULL && i < RS_COUNT(filters); i++) {
		if (strcmp(ending, filters[i].ending) == 0)
			filter = filters[i].filter;
	}
	return log_write(name, filter, text, strlen(text), day);
}

const char *log_cut(const char *name, const char *path, size_t len)
{
	const char *cut;
	size_t size;
	char *data;

	check(rs_unit_read(path, &data, &size) == 0 && len <= size, "read what is to be cut");
	cut = rs_unit_write(name, data, len);
	free(data);
	return cut;
}

void log_append(const char *path, const void *data, size_t len)
{
	struct timespec times[2];
	struct stat st;
	FILE *f = fopen(path, "ab");

	check(f != NULL && stat(path, &st) == 0, "open a file again");
	check(fwrite(data, 1, len, f) == len && fclose(f) == 0, "write on");
	times[0] = times[1] = st.st_mtim;
	check(utimensat(AT_FDCWD, path, times, 0) == 0, "set a time");
}

void log_cut_parts(struct audit_set *set, uint64_t part_len)
{
	for (size_t i = 0; i < set->count; i++) {
		struct audit_file *file = &set->files[i];
		char text[4096];
		ssize_t n;

		if (!file->plain)
			continue;
		n = rs_audit_pread(file, 0, text, sizeof(text));
		check(n >= 0 && rs_audit_years_look(file, text, (size_t)n, part_len) == 0,
		      "cut a file into parts");
	}
	(void)rs_audit_years_set(set);
}

const char *log_names(const struct audit_set *set)
{
	static char text[4096];

	text[0] = '\0';
	for (size_t i = 0; i < set->count; i++) {
		const char *slash = strrchr(set->files[i].path, '/');
		size_t used = strlen(text);

		snprintf(text + used, sizeof(text) - used, "%s%s", i > 0 ? " " : "",
			 slash != NULL ? slash + 1 : set->files[i].path);
	}
	return text;
}

/* Numerical Recipes, "quick and dirty" */
unsigned log_next(unsigned *seed, unsigned below)
{
	*seed = *seed * 1664525U + 1013904223U;
	return (*seed >> 8) % below;
}

static size_t line_len(unsigned *seed)
{
	switch (log_next(seed, 40)) {
	case 0:
		return RS_SCAN_LINE_MAX - 1 + log_next(seed, 3);
	case 1:
		return RS_SCAN_LINE_MAX + log_next(seed, 200000);
	case 2:
		return log_next(seed, RS_SCAN_LINE_MAX);
	case 3:
	case 4:
		return 0;
	default:
		return log_next(seed, 300);
	}
}

char *log_random(unsigned seed, size_t size, size_t *len_r)
{
	char *text = malloc(size);
	size_t len = 0;

	check(text != NULL, "make a text");
	while (len < size) {
		size_t line = line_len(&seed);

		for (size_t i = 0; i < line && len < size; i++)
			text[len++] = (char)('a' + log_next(&seed, 26));
		if (len < size)
			text[len++] = '\n';
	}
	/* Every other one ends without a newline. */
	if (seed & 0x100 && len > 0 && text[len - 1] == '\n')
		len--;
	*len_r = len;
	return text;
}

/* SPDX-License-Identifier: MIT */
/* Reads logs, plain and compressed.
 *
 * Never with mmap(): logrotate's copytruncate makes a file shorter while it is written,
 * and who has mapped it is killed. */
#include "relaysentry-config.h"
#include "audit.h"
#include "audit-years.h"

#include <archive.h>
#include <archive_entry.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Fits a processor's second cache, and is read in one go by any disk. */
#define BLOCK_LEN (256U * 1024)

struct audit_reader {
	const struct audit_file *file;
	struct rs_diags *diags;
	int fd;
	bool seekable;
	struct archive *archive; /* NULL: plain, read without it */
	uint64_t position;	 /* where the next bytes are */
	uint64_t base;		 /* where the first ones were */
	const char *rest;	 /* of a block, what was not told yet */
	size_t rest_len;
	bool ended;
	char buf[BLOCK_LEN];
};

const char *rs_audit_file_name(const struct audit_file *file)
{
	return strcmp(file->path, "-") == 0 ? "standard input" : file->path;
}

static int refuse(struct rs_diags *diags, const struct audit_file *file, const char *what,
		  const char *why)
{
	rs_diags_add(diags, RS_LEVEL_ERROR, rs_audit_file_name(file), 0, "%s: %s", what, why);
	return -1;
}

/* Returns a descriptor that close_file() takes, or -1 with an error. *begin_r: -1 where it
 * can be read in its order alone. */
static int open_file(const struct audit_file *file, struct rs_diags *diags, off_t *begin_r)
{
	struct stat st;
	int fd;

	*begin_r = 0;
	if (file->fd >= 0)
		return file->fd;
	if (strcmp(file->path, "-") == 0)
		fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
	else
		fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd == -1 || fstat(fd, &st) < 0) {
		(void)refuse(diags, file, "cannot be opened", strerror(errno));
	} else if (file->regular && (st.st_dev != file->device || st.st_ino != file->inode)) {
		/* The names of a rotated set move on by one. */
		(void)refuse(diags, file, "cannot be read",
			     "it was replaced by another file meanwhile; try again");
	} else {
		/* Standard input may be a file of which somebody has read the begin. */
		*begin_r = S_ISREG(st.st_mode) ? lseek(fd, 0, SEEK_CUR) : -1;
		return fd;
	}
	if (fd >= 0)
		close(fd);
	return -1;
}

static void close_file(const struct audit_file *file, int fd)
{
	if (fd >= 0 && fd != file->fd)
		close(fd);
}

ssize_t rs_audit_pread(const struct audit_file *file, uint64_t offset, char *buf, size_t size)
{
	off_t begin;
	int fd = open_file(file, NULL, &begin);
	ssize_t n = fd < 0 ? -1 : pread(fd, buf, size, (off_t)offset);

	close_file(file, fd);
	return n;
}

/* A pipe gives what was written to it so far; but which lines are read together must not be
 * chance, as they teach how others are made. */
static ssize_t read_pipe(struct audit_reader *reader)
{
	size_t len = 0;
	ssize_t n;

	do {
		n = read(reader->fd, reader->buf + len, sizeof(reader->buf) - len);
		len += n > 0 ? (size_t)n : 0;
	} while ((n > 0 && len < sizeof(reader->buf)) || (n < 0 && errno == EINTR));
	/* An error comes again. */
	return len > 0 ? (ssize_t)len : n;
}

/* Returns the number of bytes, 0 at the end, -1 with errno. */
static ssize_t read_some(struct audit_reader *reader)
{
	ssize_t n;

	if (!reader->seekable) {
		n = read_pipe(reader);
	} else {
		do
			n = pread(reader->fd, reader->buf, sizeof(reader->buf),
				  (off_t)reader->position);
		while (n < 0 && errno == EINTR);
	}
	if (n > 0)
		reader->position += (uint64_t)n;
	return n;
}

/* --- libarchive --- */

static la_ssize_t more_of_archive(struct archive *archive, void *context, const void **data_r)
{
	struct audit_reader *reader = context;
	ssize_t n = read_some(reader);

	*data_r = reader->buf;
	if (n < 0)
		archive_set_error(archive, errno, "%s", strerror(errno));
	return n;
}

/* Only those that it decompresses itself: for others it would run a program. */
static int support(struct archive *archive, int (*filter)(struct archive *))
{
	struct archive *tried = archive_read_new();
	int result = tried == NULL ? ARCHIVE_FATAL : filter(tried);

	archive_read_free(tried);
	if (tried == NULL)
		return -1;
	return result == ARCHIVE_OK && filter(archive) != ARCHIVE_OK ? -1 : 0;
}

static int support_all(struct archive *archive)
{
	static int (*const filters[])(struct archive *) = {
		archive_read_support_filter_bzip2, archive_read_support_filter_compress,
		archive_read_support_filter_gzip,  archive_read_support_filter_lz4,
		archive_read_support_filter_lzip,  archive_read_support_filter_lzma,
		archive_read_support_filter_xz,	   archive_read_support_filter_zstd,
	};

	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
		if (support(archive, filters[i]) < 0)
			return -1;
	}
	/* "raw": one file without a name, whatever it holds; that is none where it is empty. */
	return archive_read_support_format_raw(archive) == ARCHIVE_OK &&
			       archive_read_support_format_empty(archive) == ARCHIVE_OK
		       ? 0
		       : -1;
}

static int archive_failed(struct audit_reader *reader, const char *what)
{
	const char *why = archive_error_string(reader->archive);

	/* Where the error came before anything was read, it is told as the end. */
	reader->ended = true;
	return refuse(reader->diags, reader->file, what, why != NULL ? why : "it is corrupt");
}

static int open_archive(struct audit_reader *reader, int *status_r)
{
	struct archive_entry *entry;
	int result;

	reader->archive = archive_read_new();
	if (reader->archive == NULL || support_all(reader->archive) < 0) {
		rs_diags_no_memory(reader->diags, rs_audit_file_name(reader->file), 0);
		*status_r = EX_OSERR;
		return -1;
	}
	result = archive_read_open(reader->archive, reader, NULL, more_of_archive, NULL);
	if (result == ARCHIVE_OK)
		result = archive_read_next_header(reader->archive, &entry);
	if (result == ARCHIVE_EOF && archive_errno(reader->archive) == 0) {
		reader->ended = true;
		return 0;
	}
	*status_r = EX_DATAERR;
	if (result != ARCHIVE_OK && result != ARCHIVE_WARN)
		return archive_failed(reader, "cannot be read");
	return 0;
}

/* gzip and others allow anything behind their end. It may have been a log, too. */
static void look_behind_end(const struct audit_reader *reader)
{
	uint64_t used = reader->base + (uint64_t)archive_filter_bytes(reader->archive, -1);

	if (used >= reader->position)
		return;
	rs_diags_add(reader->diags, RS_LEVEL_WARNING, rs_audit_file_name(reader->file), 0,
		     "what follows its compressed part, from byte %llu on, is not compressed, "
		     "and was not read",
		     (unsigned long long)used);
}

/* Returns 1, 0, -1 as rs_audit_reader_next(). */
static int next_of_archive(struct audit_reader *reader)
{
	const void *data;
	la_int64_t offset;
	int result = archive_read_data_block(reader->archive, &data, &reader->rest_len, &offset);

	if (result == ARCHIVE_EOF) {
		reader->ended = true;
		reader->rest_len = 0;
		look_behind_end(reader);
		return 0;
	}
	if (result != ARCHIVE_OK && result != ARCHIVE_WARN) {
		reader->rest_len = 0;
		return archive_failed(reader, "cannot be read to its end");
	}
	reader->rest = data;
	return 1;
}

/* --- both --- */

struct audit_reader *rs_audit_reader_open(const struct audit_file *file, uint64_t begin,
					  struct rs_diags *diags, int *status_r)
{
	struct audit_reader *reader = calloc(1, sizeof(*reader));
	off_t first;

	*status_r = EX_OSERR;
	if (reader == NULL) {
		rs_diags_no_memory(diags, rs_audit_file_name(file), 0);
		return NULL;
	}
	reader->file = file;
	reader->diags = diags;
	reader->fd = -1;
	*status_r = EX_NOINPUT;
	reader->fd = open_file(file, diags, &first);
	if (reader->fd < 0) {
		rs_audit_reader_close(&reader);
		return NULL;
	}
	reader->seekable = first >= 0;
	reader->base = first >= 0 ? (uint64_t)first + begin : 0;
	reader->position = reader->base;
	/* Threads that read parts side by side would have a disk's head go to and fro. */
	if (file->plain)
		(void)posix_fadvise(reader->fd, (off_t)begin, RS_AUDIT_PART, POSIX_FADV_WILLNEED);
	if (!file->plain && open_archive(reader, status_r) < 0) {
		rs_audit_reader_close(&reader);
		return NULL;
	}
	*status_r = 0;
	return reader;
}

static int next_plain(struct audit_reader *reader)
{
	ssize_t n = read_some(reader);

	if (n < 0) {
		reader->ended = true;
		return refuse(reader->diags, reader->file, "cannot be read to its end",
			      strerror(errno));
	}
	reader->ended = n == 0;
	reader->rest = reader->buf;
	reader->rest_len = (size_t)n;
	return n > 0 ? 1 : 0;
}

int rs_audit_reader_next(struct audit_reader *reader, const char **data_r, size_t *len_r)
{
	while (reader->rest_len == 0) {
		int result;

		if (reader->ended)
			return 0;
		result = reader->archive == NULL ? next_plain(reader) : next_of_archive(reader);
		if (result <= 0)
			return result;
	}
	/* lz4 has blocks of up to four megabytes. */
	*data_r = reader->rest;
	*len_r = reader->rest_len < BLOCK_LEN ? reader->rest_len : BLOCK_LEN;
	reader->rest += *len_r;
	reader->rest_len -= *len_r;
	return 1;
}

bool rs_audit_reader_compressed(const struct audit_reader *reader)
{
	/* The last one is what the file is read by. */
	return reader->archive != NULL && archive_filter_count(reader->archive) > 1;
}

uint64_t rs_audit_reader_position(const struct audit_reader *reader)
{
	return reader->position;
}

void rs_audit_reader_close(struct audit_reader **_reader)
{
	struct audit_reader *reader = *_reader;

	*_reader = NULL;
	if (reader == NULL)
		return;
	archive_read_free(reader->archive);
	close_file(reader->file, reader->fd);
	free(reader);
}

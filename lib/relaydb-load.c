/* SPDX-License-Identifier: MIT */
#include "relaydb-internal.h"
#include "sealed.h"

#include <relaysentry/readfile.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <maxminddb.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What to do about a file that is no relay database or a broken one. */
#define COMPILE_AGAIN "run relaysentry compile again"

#define TOO_LARGE "the file is larger than 512 MiB; " COMPILE_AGAIN " with fewer networks"

/* The largest text of an error. */
#define ERROR_LEN 256

int rs_relaydb_refuse(const struct rs_relaydb_loader *l, const char *format, ...)
{
	char text[ERROR_LEN];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	rs_diags_add(l->diags, RS_LEVEL_ERROR, l->name, 0,
		     "the relay database is damaged: %s; " COMPILE_AGAIN, text);
	return -1;
}

int rs_relaydb_no_memory(const struct rs_relaydb_loader *l)
{
	rs_diags_no_memory(l->diags, l->name, 0);
	return -1;
}

/* Two lanes of multiplication, as wide as the machine: the whole file is read
 * while the auth process waits. To tell versions apart, not against forgery. */
static uint64_t content_hash(const unsigned char *data, size_t size)
{
	const uint64_t odd = 0x9e3779b97f4a7c15ULL;
	uint64_t a = odd, b = ~odd, words[2];
	size_t i = 0;

	for (; size - i >= sizeof(words); i += sizeof(words)) {
		memcpy(words, data + i, sizeof(words));
		a = (a ^ words[0]) * odd;
		b = (b ^ words[1]) * odd;
		a ^= a >> 32;
		b ^= b >> 32;
	}
	memset(words, 0, sizeof(words));
	memcpy(words, data + i, size - i);
	a = (a ^ words[0] ^ size) * odd;
	b = (b ^ words[1]) * odd;
	a ^= a >> 29 ^ b << 17 ^ b >> 31;
	a *= odd;
	return a ^ a >> 32;
}

/* Checks what libmaxminddb has read of the metadata. */
static int read_metadata(struct rs_relaydb_loader *l, const MMDB_s *mmdb)
{
	const MMDB_metadata_s *meta = &mmdb->metadata;
	struct rs_relaydb_info *info = &l->db->info;

	if (meta->database_type == NULL || strcmp(meta->database_type, RS_RELAYDB_TYPE) != 0) {
		rs_diags_add(l->diags, RS_LEVEL_ERROR, l->name, 0,
			     "this is no relay database but a MaxMind DB of type \"%.100s\"; "
			     "name the file that relaysentry compile wrote",
			     meta->database_type == NULL ? "" : meta->database_type);
		return -1;
	}
	if (meta->binary_format_major_version != 2 || meta->ip_version != 6)
		return rs_relaydb_refuse(l, "its format is not 2 or its IP version not 6");
	if (meta->record_size != 24 && meta->record_size != 28 && meta->record_size != 32)
		return rs_relaydb_refuse(l, "its record size is %u", meta->record_size);
	if (meta->node_count == 0 || meta->node_count >= RS_LEAF / 2)
		return rs_relaydb_refuse(l, "it has %" PRIu32 " nodes", meta->node_count);
	if (meta->build_epoch > INT64_MAX)
		return rs_relaydb_refuse(l, "its build time is out of range");
	info->build_epoch = (int64_t)meta->build_epoch;
	info->node_count = meta->node_count;
	info->record_size = meta->record_size;
	return 0;
}

/* Finds tree and data in the file; libmaxminddb's own sizes are not relied on. */
static int find_sections(struct rs_relaydb_loader *l, size_t metadata)
{
	static const unsigned char separator[16];
	const struct rs_relaydb_info *info = &l->db->info;
	uint64_t tree = (uint64_t)info->node_count * (info->record_size / 4);

	/* The marker stands before the metadata. */
	if (metadata < RS_MARKER_LEN || metadata > l->file_size ||
	    tree + sizeof(separator) > metadata - RS_MARKER_LEN)
		return rs_relaydb_refuse(l, "it is too short for its %" PRIu32 " nodes",
					 info->node_count);
	l->tree = l->file;
	l->data = l->file + tree + sizeof(separator);
	if (memcmp(l->file + tree, separator, sizeof(separator)) != 0)
		return rs_relaydb_refuse(l, "the search tree does not end where it should");
	l->data_size = (uint32_t)(l->file + metadata - RS_MARKER_LEN - l->data);
	return 0;
}

static int verify(struct rs_relaydb_loader *l, const MMDB_s *mmdb)
{
	struct rs_relaydb *db = l->db;
	size_t metadata = (size_t)(mmdb->metadata_section - mmdb->file_content);

	db->info.file_size = l->file_size;
	if (read_metadata(l, mmdb) < 0 || find_sections(l, metadata) < 0 || rs_relaydb_read(l) < 0)
		return -1;
	if (rs_relaydb_fill_tables(db) < 0)
		return rs_relaydb_no_memory(l);
	db->info.relay_count = db->relay_count;
	(void)snprintf(db->info.id, sizeof(db->info.id), "%016" PRIx64,
		       content_hash(l->file, l->file_size));
	return 0;
}

static void refuse_status(const struct rs_relaydb_loader *l, int status, const char *path)
{
	/* These two say nothing about the file. */
	if (status == MMDB_FILE_OPEN_ERROR)
		rs_diags_add(l->diags, RS_LEVEL_ERROR, l->name, 0,
			     "cannot open the copy of the relay database, %s: %s", path,
			     strerror(errno));
	else if (status == MMDB_OUT_OF_MEMORY_ERROR)
		(void)rs_relaydb_no_memory(l);
	else
		rs_diags_add(l->diags, RS_LEVEL_ERROR, l->name, 0,
			     "this is no relay database (%s); " COMPILE_AGAIN,
			     MMDB_strerror(status));
}

/* libmaxminddb reads the metadata, and only files: it gets a sealed one that has
 * nothing else. A sealed copy of the whole file, in small pages that are filled,
 * mapped and freed one by one, would take a fifth of the time. */
static int verify_copy(struct rs_relaydb_loader *l)
{
	char path[RS_SEALED_PATH_LEN];
	MMDB_s mmdb;
	int status, ret = -1;
	int fd = rs_sealed_tail(l->file, l->file_size, rs_relaydb_tail(l->file_size));

	if (fd == -1 && errno == ENOMEM)
		return rs_relaydb_no_memory(l);
	if (fd == -1) {
		rs_diags_add(l->diags, RS_LEVEL_ERROR, l->name, 0,
			     "cannot copy the relay database: %s", strerror(errno));
		return -1;
	}
	status = MMDB_open(rs_sealed_path(fd, path), MMDB_MODE_MMAP, &mmdb);
	if (status != MMDB_SUCCESS) {
		refuse_status(l, status, path);
	} else {
		ret = verify(l, &mmdb);
		MMDB_close(&mmdb);
	}
	close(fd);
	return ret;
}

/* Opens the published file. Returns its descriptor, -1 with an error added. */
static int open_published(const char *path, struct stat *identity_r, struct rs_diags *diags)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	const char *fault = NULL;

	if (fd == -1) {
		if (errno == ELOOP)
			fault = "this is a symbolic link, which is not followed; name the file "
				"itself";
		else if (errno == ENOENT)
			fault = "there is no relay database; write it with relaysentry compile";
		if (fault != NULL)
			rs_diags_add(diags, RS_LEVEL_ERROR, path, 0, "%s", fault);
		else
			rs_diags_add(diags, RS_LEVEL_ERROR, path, 0,
				     "cannot open the relay database: %s; check owner and mode",
				     strerror(errno));
		return -1;
	}
	if (fstat(fd, identity_r) < 0) {
		identity_r->st_ino = 0;
		fault = "cannot tell what this is";
	} else if (!S_ISREG(identity_r->st_mode)) {
		fault = "this is no regular file; name the file that relaysentry compile wrote";
	} else if ((identity_r->st_mode & (S_IWGRP | S_IWOTH)) != 0) {
		fault = "group or others may write this file; run chmod go-w on it";
	} else if (identity_r->st_size == 0) {
		fault = "the file is empty; " COMPILE_AGAIN;
	} else if (identity_r->st_size > (off_t)RS_RELAYDB_MAX_SIZE) {
		fault = TOO_LARGE;
	}
	if (fault == NULL)
		return fd;
	rs_diags_add(diags, RS_LEVEL_ERROR, path, 0, "%s", fault);
	close(fd);
	return -1;
}

struct rs_relaydb *rs_relaydb_load_memory(const char *name, const void *data, size_t size,
					  struct rs_diags *diags)
{
	struct rs_relaydb_loader l = {
		.name = name, .diags = diags, .file = data, .file_size = size
	};
	const char *fault;

	if (size > RS_RELAYDB_MAX_SIZE) {
		rs_diags_add(diags, RS_LEVEL_ERROR, name, 0, TOO_LARGE);
		return NULL;
	}
	if (rs_relaydb_check_metadata(data, size, &fault) < 0) {
		if (fault != NULL)
			rs_diags_add(diags, RS_LEVEL_ERROR, name, 0,
				     "this is no relay database (%s); " COMPILE_AGAIN, fault);
		else
			rs_diags_no_memory(diags, name, 0);
		return NULL;
	}
	l.db = calloc(1, sizeof(*l.db));
	if (l.db == NULL)
		(void)rs_relaydb_no_memory(&l);
	else if (verify_copy(&l) < 0)
		rs_relaydb_free(&l.db);
	return l.db;
}

struct rs_relaydb *rs_relaydb_load(const char *path, struct stat *identity_r,
				   struct rs_diags *diags)
{
	struct stat identity = { 0 };
	struct rs_relaydb *db = NULL;
	char *copy;
	size_t size;
	int fd = open_published(path, &identity, diags);

	if (identity_r != NULL)
		*identity_r = identity;
	if (fd == -1)
		return NULL;
	if (rs_readfd(fd, path, RS_RELAYDB_MAX_SIZE, &copy, &size, diags) == 0) {
		db = rs_relaydb_load_memory(path, copy, size, diags);
		free(copy);
	}
	close(fd);
	return db;
}

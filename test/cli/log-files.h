/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_TEST_LOG_FILES_H
#define RELAYSENTRY_TEST_LOG_FILES_H

/* Logs that tests of the audit's input read. */

#include "unit.h"

#include "cli/audit-years.h"

#include <stdint.h>

/* 2026-11-25T12:00:00Z */
#define LOG_NOW INT64_C(1795608000)
#define LOG_DAY INT64_C(86400)

/* Writes a file of the suite's folder that was written last on that day, like "2026-11-25"
 * (at noon). filter: "gzip", "xz", "zstd", "bzip2", "lz4", "lzip", "compress" as libarchive
 * names it, NULL: not compressed. Returns its path. */
const char *log_write(const char *name, const char *filter, const char *text, size_t len,
		      const char *day);
/* The same of a text, compressed as its name says. */
const char *log_text(const char *name, const char *text, const char *day);
/* Writes data into a file again, cut to len. */
const char *log_cut(const char *name, const char *path, size_t len);
/* Adds a text to a file, which keeps its time. */
void log_append(const char *path, const void *data, size_t len);

/* Cuts all plain files into parts of so many bytes. */
void log_cut_parts(struct audit_set *set, uint64_t part_len);
/* The files' names without their folders, in their order, a blank between. Lives until the
 * next call. */
const char *log_names(const struct audit_set *set);

/* Lines of all lengths, some longer than is allowed. Allocated with malloc(). */
char *log_random(unsigned seed, size_t size, size_t *len_r);
/* Numbers that are the same for the same seed. */
unsigned log_next(unsigned *seed, unsigned below);

#endif

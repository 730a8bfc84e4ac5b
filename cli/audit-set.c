/* SPDX-License-Identifier: MIT */
/* Which logs an audit reads, and in which order. */
#include "relaysentry-config.h"
#include "audit-names.h"
#include "audit-peek.h"
#include "audit-years.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* Left to the rest of the process: each thread opens a file that is not kept open. */
#define OTHER_FILES 96U

/* How a file came into the set. */
enum found {
	NAMED,	/* an operand: what is no log is an error */
	LISTED, /* in a folder, or by a pattern: what is no log is passed over */
};

struct opening {
	struct audit_set *set;
	size_t room;	 /* of files */
	size_t logs;	 /* that were found, some of them again */
	size_t can_keep; /* so many files may stay open */
	int status;
};

static void fail(struct opening *opening, int status)
{
	if (opening->status != EX_OSERR)
		opening->status = status;
}

static void refuse(struct opening *opening, const char *path, const char *why)
{
	rs_cli_message(RS_LEVEL_ERROR, "%s: %s", path, why);
	fail(opening, EX_NOINPUT);
}

static void no_memory(struct opening *opening)
{
	if (opening->status != EX_OSERR)
		opening->status = rs_cli_no_memory();
}

/* --- one file --- */

static bool is_there(const struct audit_set *set, const struct stat *st)
{
	for (size_t i = 0; i < set->count; i++) {
		if (set->files[i].device == st->st_dev && set->files[i].inode == st->st_ino)
			return true;
	}
	return false;
}

static struct audit_file *add_room(struct opening *opening)
{
	struct audit_set *set = opening->set;

	if (set->count == opening->room) {
		size_t room = opening->room * 2 + 16;
		struct audit_file *files = reallocarray(set->files, room, sizeof(*files));

		if (files == NULL) {
			no_memory(opening);
			return NULL;
		}
		set->files = files;
		opening->room = room;
	}
	return &set->files[set->count];
}

static void free_file(struct audit_file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	free(file->path);
	rs_audit_years_free(&file->years);
}

/* While they are open, it does not matter that others rename them. */
static void keep_open(struct opening *opening, struct audit_file *file)
{
	int fd = strcmp(file->path, "-") == 0
			 ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
			 : open(file->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;

	if (fd >= 0 && fstat(fd, &st) == 0 && st.st_dev == file->device &&
	    st.st_ino == file->inode) {
		file->fd = fd;
		file->size = (uint64_t)st.st_size;
		opening->can_keep--;
	} else if (fd >= 0) {
		close(fd);
	}
}

/* Reads the begin. Returns whether it is a log. */
static bool look_at(struct opening *opening, struct audit_file *file, enum found found)
{
	struct audit_peek peek;
	bool good = false;

	if (rs_audit_peek(&peek, file) < 0) {
		fail(opening, peek.status);
		return false;
	}
	file->plain = !peek.compressed;
	if (peek.what == NULL) {
		good = rs_audit_years_look(file, peek.text, peek.len, RS_AUDIT_PART) == 0;
		if (!good)
			no_memory(opening);
	} else if (found == NAMED) {
		refuse(opening, rs_audit_file_name(file), peek.what);
	} else {
		rs_cli_message(RS_LEVEL_NOTE, "%s: is passed over: %s", file->path, peek.what);
	}
	rs_audit_peek_free(&peek);
	return good;
}

static void add_file(struct opening *opening, const char *path, const struct stat *st,
		     enum found found)
{
	struct audit_file *file;

	if (is_there(opening->set, st)) {
		opening->logs++;
		return;
	}
	file = add_room(opening);
	if (file == NULL)
		return;
	*file = (struct audit_file){ .fd = -1, .mtime = opening->set->now };
	file->path = strdup(path);
	file->device = st->st_dev;
	file->inode = st->st_ino;
	file->regular = S_ISREG(st->st_mode);
	/* Of standard input somebody else may have read the begin. */
	if (strcmp(path, "-") == 0 && file->regular && lseek(STDIN_FILENO, 0, SEEK_CUR) != 0)
		file->regular = false;
	if (file->path == NULL) {
		no_memory(opening);
		return;
	}
	if (file->regular) {
		/* What copies files may have dropped their times, or a clock was wrong. */
		if (st->st_mtime > 0 && st->st_mtime < opening->set->now)
			file->mtime = st->st_mtime;
		file->size = (uint64_t)st->st_size;
		if (opening->can_keep > 0)
			keep_open(opening, file);
		if (!look_at(opening, file, found)) {
			opening->can_keep += file->fd >= 0;
			free_file(file);
			return;
		}
	}
	opening->set->size += file->size;
	opening->set->count++;
	opening->logs++;
}

/* --- folders, patterns --- */

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int compare_names(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* Takes a file, but neither folders nor what nobody has asked for. */
static void add_listed(struct opening *opening, const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0) {
		if (S_ISREG(st.st_mode))
			add_file(opening, path, &st, LISTED);
	} else if (errno != ENOENT) {
		/* It may lead nowhere, or have been renamed just now. */
		refuse(opening, path, strerror(errno));
	}
}

static void add_folder(struct opening *opening, const char *folder)
{
	size_t before = opening->logs, len = strlen(folder);
	const char *slash = len > 0 && folder[len - 1] == '/' ? "" : "/";
	struct dirent **entries;
	int count = scandir(folder, &entries, is_visible, compare_names);
	int status = opening->status;

	if (count < 0 && errno == ENOMEM)
		no_memory(opening);
	else if (count < 0)
		refuse(opening, folder, strerror(errno));
	for (int i = 0; i < count; i++) {
		char *path;

		if (asprintf(&path, "%s%s%s", folder, slash, entries[i]->d_name) < 0) {
			no_memory(opening);
		} else {
			add_listed(opening, path);
			free(path);
		}
		free(entries[i]);
	}
	if (count < 0)
		return;
	free(entries);
	if (opening->logs == before && opening->status == status)
		refuse(opening, folder, "holds no log; files in folders of it are not looked at");
}

static void add_pattern(struct opening *opening, const char *pattern)
{
	size_t before = opening->logs;
	int status = opening->status;
	glob_t found;
	int result = glob(pattern, 0, NULL, &found);

	if (result == GLOB_NOSPACE)
		no_memory(opening);
	else if (result != 0)
		refuse(opening, pattern, "is no file, and no file's name is of this pattern");
	for (size_t i = 0; result == 0 && i < found.gl_pathc; i++)
		add_listed(opening, found.gl_pathv[i]);
	globfree(&found);
	if (result == 0 && opening->logs == before && opening->status == status)
		refuse(opening, pattern, "no log's name is of this pattern");
}

static void add_operand(struct opening *opening, const char *path)
{
	bool is_stdin = strcmp(path, "-") == 0;
	struct stat st;

	if ((is_stdin ? fstat(STDIN_FILENO, &st) : stat(path, &st)) == 0) {
		if (S_ISDIR(st.st_mode) && !is_stdin)
			add_folder(opening, path);
		else if (S_ISSOCK(st.st_mode) && !is_stdin)
			refuse(opening, path, "is a socket, which cannot be read");
		else
			add_file(opening, path, &st, NAMED);
	} else if ((errno == ENOENT || errno == ENOTDIR) && strpbrk(path, "*?[") != NULL) {
		add_pattern(opening, path);
	} else {
		refuse(opening, is_stdin ? "standard input" : path, strerror(errno));
	}
}

/* --- all --- */

/* How many files may be kept open. */
static size_t allowed_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return 0;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur < OTHER_FILES)
		return 0;
	return (size_t)limit.rlim_cur - OTHER_FILES;
}

/* logrotate removes mail.log.1 when it has compressed it, not before. */
static void drop_copies(struct audit_set *set)
{
	size_t kept = 0;

	for (size_t i = 0; i < set->count; i++) {
		struct audit_file *file = &set->files[i],
				  *last = kept > 0 ? &set->files[kept - 1] : NULL;

		if (last == NULL || !rs_audit_peek_copy(last, file)) {
			set->files[kept++] = *file;
			continue;
		}
		rs_cli_message(RS_LEVEL_NOTE, "%s: is passed over: %s is the same log",
			       last->plain ? file->path : last->path,
			       last->plain ? last->path : file->path);
		if (!last->plain) {
			struct audit_file other = *last;

			*last = *file;
			*file = other;
		}
		set->size -= file->size;
		free_file(file);
	}
	set->count = kept;
}

int rs_audit_set_open(struct audit_set *set, char *const *operands, size_t count, int year,
		      int64_t now)
{
	struct opening opening = { .set = set, .can_keep = allowed_files() };

	*set = (struct audit_set){ .now = now, .year = year };
	for (size_t i = 0; i < count; i++)
		add_operand(&opening, operands[i]);
	if (opening.status != EX_OSERR && rs_audit_names_sort(set) < 0)
		no_memory(&opening);
	if (opening.status == EX_OSERR) {
		rs_audit_set_free(set);
		return EX_OSERR;
	}
	drop_copies(set);
	(void)rs_audit_years_set(set);
	return opening.status;
}

void rs_audit_set_free(struct audit_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		free_file(&set->files[i]);
	free(set->files);
	set->files = NULL;
	set->count = 0;
}

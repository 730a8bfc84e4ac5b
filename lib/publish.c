/* SPDX-License-Identifier: MIT */
#include "strbuf.h"

#include <relaysentry/compile.h>
#include <relaysentry/relaydb.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* What mkostemp() puts in the place of its six X. */
#define RANDOM_LEN 6
#define RANDOM_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

struct publication {
	const char *path;
	char *folder;	 /* where path lies */
	char *temporary; /* beside it */
	size_t base;	 /* where the name begins in temporary */
	struct rs_diags *diags;
};

/* Adds an error with errno's text. Returns -1. */
static int failed(const struct publication *p, const char *what, const char *path)
{
	rs_diags_add(p->diags, RS_LEVEL_ERROR, path, 0, "%s: %s", what, strerror(errno));
	return -1;
}

/* A rename would replace a link by the file, or fail late. */
static int check_target(const struct publication *p)
{
	const char *fault;
	struct stat st;

	if (lstat(p->path, &st) < 0)
		return errno == ENOENT ? 0 : failed(p, "cannot look at this file", p->path);
	if (S_ISREG(st.st_mode))
		return 0;
	if (S_ISLNK(st.st_mode))
		fault = "this is a symbolic link, which is not followed; name the file it leads to";
	else if (S_ISDIR(st.st_mode))
		fault = "this is a folder; name a file in it";
	else
		fault = "this is no regular file; name another one";
	rs_diags_add(p->diags, RS_LEVEL_ERROR, p->path, 0, "%s", fault);
	return -1;
}

static int make_names(struct publication *p)
{
	const char *slash = strrchr(p->path, '/');
	const char *base = slash == NULL ? p->path : slash + 1;
	struct rs_strbuf folder = { 0 }, temporary = { 0 };

	if (slash == NULL)
		rs_strbuf_add_text(&folder, ".");
	else
		rs_strbuf_add(&folder, p->path, slash == p->path ? 1 : (size_t)(slash - p->path));
	rs_strbuf_addf(&temporary, "%s/.%s.relaysentry-XXXXXX", rs_strbuf_text(&folder), base);
	p->base = folder.used + 1;
	p->folder = rs_strbuf_take(&folder);
	p->temporary = rs_strbuf_take(&temporary);
	if (p->folder == NULL || p->temporary == NULL) {
		errno = ENOMEM;
		return failed(p, "cannot write", p->path);
	}
	if (base[0] == '\0') {
		errno = EISDIR;
		return failed(p, "cannot write", p->path);
	}
	return 0;
}

static int write_all(int fd, const unsigned char *data, size_t size)
{
	while (size > 0) {
		ssize_t n = write(fd, data, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		data += n;
		size -= (size_t)n;
	}
	return 0;
}

static int write_temporary(const struct publication *p, int fd, const void *data, size_t size,
			   unsigned mode)
{
	/* fchmod() because open() would apply the umask. */
	if (write_all(fd, data, size) < 0 || fchmod(fd, (mode_t)mode) < 0 || fsync(fd) < 0)
		return failed(p, "cannot write the new file", p->path);
	return 0;
}

static bool is_temporary(const struct publication *p, const char *name)
{
	const char *own = p->temporary + p->base;
	size_t len = strlen(own) - RANDOM_LEN;

	return strncmp(name, own, len) == 0 && strlen(name) == len + RANDOM_LEN &&
	       strspn(name + len, RANDOM_CHARS) == RANDOM_LEN;
}

/* Removes a temporary file unless somebody writes it: then it is locked. */
static void remove_unlocked(int folder, const char *name)
{
	/* To write, because some network file systems lock only such files. */
	int fd = openat(folder, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;

	if (fd == -1)
		return;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
	    flock(fd, LOCK_EX | LOCK_NB) == 0)
		(void)unlinkat(folder, name, 0);
	close(fd);
}

/* Removes what processes that were killed have left. Failing that, it stays as
 * it is: nothing depends on it. */
static void remove_stale(const struct publication *p)
{
	DIR *dir = opendir(p->folder);
	const struct dirent *entry;

	if (dir == NULL)
		return;
	while ((entry = readdir(dir)) != NULL) {
		if (is_temporary(p, entry->d_name))
			remove_unlocked(dirfd(dir), entry->d_name);
	}
	closedir(dir);
}

/* Creates the temporary file, locked. Returns its descriptor, -1 with errno. */
static int open_temporary(struct publication *p)
{
	for (int attempt = 0; attempt < 100; attempt++) {
		struct stat st;
		int fd;

		memset(p->temporary + strlen(p->temporary) - RANDOM_LEN, 'X', RANDOM_LEN);
		fd = mkostemp(p->temporary, O_CLOEXEC);
		if (fd == -1)
			return -1;
		/* Where files cannot be locked nobody removes it. */
		if (flock(fd, LOCK_EX | LOCK_NB) < 0 ? errno != EWOULDBLOCK
						     : fstat(fd, &st) == 0 && st.st_nlink > 0)
			return fd;
		/* Another process has just taken it for a stale one. */
		close(fd);
	}
	errno = EBUSY;
	return -1;
}

static int verify(const struct publication *p)
{
	struct rs_diags *found = rs_diags_new();
	struct rs_relaydb *db = rs_relaydb_load(p->temporary, NULL, found);
	bool ok = db != NULL;

	rs_relaydb_free(&db);
	if (!ok && (found == NULL || rs_diags_memory_short(found))) {
		rs_diags_no_memory(p->diags, p->path, 0);
	} else if (!ok) {
		/* By the name that was asked for: the temporary one is gone in a moment. */
		for (size_t i = 0; i < rs_diags_kept(found); i++)
			rs_diags_add(p->diags, rs_diags_get(found, i)->level, p->path, 0, "%s",
				     rs_diags_get(found, i)->text);
		rs_diags_add(p->diags, RS_LEVEL_ERROR, p->path, 0,
			     "the new file does not verify; the old one stays");
	}
	rs_diags_free(&found);
	return ok ? 0 : -1;
}

/* Makes sure that the new name survives a crash. */
static int sync_folder(const struct publication *p)
{
	int fd = open(p->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), ret = 0;

	/* Some file systems cannot sync a folder, and need not. */
	if (fd == -1 || (fsync(fd) < 0 && errno != EINVAL))
		ret = failed(p, "cannot sync the folder", p->folder);
	if (fd != -1)
		close(fd);
	return ret;
}

static int replace(struct publication *p, const void *data, size_t size, unsigned mode,
		   bool verify_it)
{
	int fd, ret = -1;

	remove_stale(p);
	fd = open_temporary(p);
	if (fd == -1)
		return failed(p, "cannot write into this folder", p->folder);
	if (write_temporary(p, fd, data, size, mode) < 0 || (verify_it && verify(p) < 0))
		(void)unlink(p->temporary);
	else if (rename(p->temporary, p->path) < 0) {
		(void)failed(p, "cannot replace this file", p->path);
		(void)unlink(p->temporary);
	} else {
		ret = sync_folder(p);
	}
	close(fd);
	return ret;
}

int rs_publish(const char *path, const void *data, size_t size, unsigned mode, bool verify_it,
	       struct rs_diags *diags)
{
	struct publication p = { .path = path, .diags = diags };
	sigset_t endings, before;
	int ret = -1;

	if (make_names(&p) < 0 || check_target(&p) < 0)
		goto out;
	/* A signal that ends the process waits until nothing would be left behind. */
	(void)sigemptyset(&endings);
	(void)sigaddset(&endings, SIGHUP);
	(void)sigaddset(&endings, SIGINT);
	(void)sigaddset(&endings, SIGQUIT);
	(void)sigaddset(&endings, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &endings, &before);
	ret = replace(&p, data, size, mode, verify_it);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
out:
	free(p.folder);
	free(p.temporary);
	return ret;
}

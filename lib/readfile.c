/* SPDX-License-Identifier: MIT */
#include "arena.h"

#include <relaysentry/readfile.h>

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *kind_of(mode_t mode)
{
	if (S_ISDIR(mode))
		return "a folder";
	if (S_ISFIFO(mode))
		return "a FIFO";
	if (S_ISSOCK(mode))
		return "a socket";
	return "a device";
}

int rs_readfile_open(const char *path, struct stat *st_r, struct rs_diags *diags)
{
	/* O_NONBLOCK: opening a FIFO would wait for a writer. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	*st_r = (struct stat){ 0 };
	if (fd < 0) {
		rs_diags_add(diags, RS_LEVEL_ERROR, path, 0, "cannot be opened: %s",
			     strerror(errno));
		return -1;
	}
	if (fstat(fd, st_r) < 0)
		rs_diags_add(diags, RS_LEVEL_ERROR, path, 0, "cannot be examined: %s",
			     strerror(errno));
	else if (!S_ISREG(st_r->st_mode))
		rs_diags_add(diags, RS_LEVEL_ERROR, path, 0, "is %s, not a regular file",
			     kind_of(st_r->st_mode));
	else
		return fd;
	(void)close(fd);
	return -1;
}

int rs_readfile(const char *path, size_t max_size, char **data_r, size_t *size_r,
		struct stat *identity_r, struct rs_diags *diags)
{
	struct stat st;
	int fd = rs_readfile_open(path, &st, diags), ret;

	if (identity_r != NULL)
		*identity_r = st;
	if (fd < 0)
		return -1;
	ret = rs_readfd(fd, path, max_size, data_r, size_r, diags);
	(void)close(fd);
	return ret;
}

/* The first guess at the size: that of the file, so that one read is enough. */
static size_t first_size(int fd, size_t max_size)
{
	struct stat st;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size < 0)
		return max_size < 65536 ? max_size : 65536;
	return (uintmax_t)st.st_size > max_size ? max_size : (size_t)st.st_size;
}

int rs_readfd(int fd, const char *name, size_t max_size, char **data_r, size_t *size_r,
	      struct rs_diags *diags)
{
	/* One byte more than is expected tells the end of the file from a file that grows; one
	 * more is for the NUL. */
	size_t used = 0, room = first_size(fd, max_size) + 1;
	char *data = malloc(room + 1), *bigger;

	rs_large_pages(data, room + 1);
	while (data != NULL) {
		ssize_t got = read(fd, data + used, room - used);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			rs_diags_add(diags, RS_LEVEL_ERROR, name, 0, "cannot be read: %s",
				     strerror(errno));
			goto failed;
		}
		if (got == 0) {
			data[used] = '\0';
			*data_r = data;
			*size_r = used;
			return 0;
		}
		used += (size_t)got;
		if (used > max_size) {
			rs_diags_add(diags, RS_LEVEL_ERROR, name, 0,
				     "is larger than %zu bytes, the most that is read", max_size);
			goto failed;
		}
		if (used < room)
			continue;
		room = room > max_size / 2 ? max_size + 1 : room * 2;
		bigger = realloc(data, room + 1);
		if (bigger == NULL)
			break;
		data = bigger;
	}
	rs_diags_no_memory(diags, name, 0);
failed:
	free(data);
	return -1;
}

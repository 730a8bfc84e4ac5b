/* SPDX-License-Identifier: MIT */
#include "sealed.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* Linux 6.3; older C libraries do not name it. */
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)
/* The seal against writing is refused with EBUSY while the kernel holds a page,
 * to move it or to see whether it is used. It waits for that itself, but for no
 * more than a sixth of a second. */
#define SEAL_TRIES 5

static int memfd_new(void)
{
	unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	/* Some kernels are set up to refuse memory that could be executed. */
	int fd = memfd_create("relaysentry", flags | MFD_NOEXEC_SEAL);

	if (fd == -1 && errno == EINVAL)
		fd = memfd_create("relaysentry", flags);
	return fd;
}

static bool write_all(int fd, const char *data, size_t size)
{
	while (size > 0) {
		ssize_t n = write(fd, data, size);

		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		data += n;
		size -= (size_t)n;
	}
	return true;
}

static int seal(int fd)
{
	int ret = -1;

	for (int i = 0; i < SEAL_TRIES; i++) {
		ret = fcntl(fd, F_ADD_SEALS, SEALS);
		if (ret == 0 || errno != EBUSY)
			break;
	}
	return ret;
}

/* Returns fd sealed; -1 and fd closed when ok is false or sealing failed. */
static int finish(int fd, bool ok)
{
	int saved;

	if (ok && seal(fd) == 0)
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

int rs_sealed_tail(const void *data, size_t size, size_t tail)
{
	int copy = memfd_new();

	if (copy == -1)
		return -1;
	return finish(copy, ftruncate(copy, (off_t)size) == 0 &&
				    lseek(copy, (off_t)(size - tail), SEEK_SET) != -1 &&
				    write_all(copy, (const char *)data + (size - tail), tail));
}

int rs_sealed_copy_memory(const void *data, size_t size)
{
	return rs_sealed_tail(data, size, size);
}

const char *rs_sealed_path(int fd, char buf[RS_SEALED_PATH_LEN])
{
	(void)snprintf(buf, RS_SEALED_PATH_LEN, "/proc/self/fd/%d", fd);
	return buf;
}

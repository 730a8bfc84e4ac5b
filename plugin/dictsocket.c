/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "dictsocket.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int rs_dictsocket(const char *path, const char **error_r)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd;

	if (i_strocpy(address.sun_path, path, sizeof(address.sun_path)) < 0) {
		*error_r = t_strdup_printf("%s is too long for a socket", path);
		return -1;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		*error_r = t_strdup_printf("socket() failed: %m");
		return -1;
	}
	/* EAGAIN: too many wait there already. */
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
		*error_r = t_strdup_printf("connect(%s) failed: %m", path);
		(void)close(fd);
		return -1;
	}
	return fd;
}

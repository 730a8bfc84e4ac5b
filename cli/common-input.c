/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "cli.h"

#include <relaysentry/readfile.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

int rs_cli_read(const char *path, size_t limit, char **data_r, size_t *len_r)
{
	struct rs_diags *diags = rs_diags_new();
	int fd = STDIN_FILENO, result;

	if (strcmp(path, "-") != 0)
		fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		rs_cli_message(RS_LEVEL_ERROR, "%s: cannot be opened: %s", path, strerror(errno));
		rs_diags_free(&diags);
		return EX_NOINPUT;
	}
	result = rs_readfd(fd, fd == STDIN_FILENO ? "standard input" : path, limit, data_r, len_r,
			   diags);
	if (result < 0)
		rs_cli_print_diags(diags);
	if (fd != STDIN_FILENO)
		close(fd);
	rs_diags_free(&diags);
	return result < 0 ? EX_NOINPUT : 0;
}

/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "cli.h"

#include <errno.h>
#include <sys/stat.h>

size_t rs_cli_catalogue_paths(char *const *operands, size_t count, const char **paths_r)
{
	struct stat st;

	if (count > 0) {
		for (size_t i = 0; i < count; i++)
			paths_r[i] = operands[i];
		return count;
	}
	paths_r[0] = RS_DEFAULT_CATALOGUE;
	/* A folder that cannot be looked at is tried, so that it is reported. */
	if (stat(RS_DEFAULT_OWN_CATALOGUE, &st) < 0 && errno == ENOENT)
		return 1;
	paths_r[1] = RS_DEFAULT_OWN_CATALOGUE;
	return 2;
}

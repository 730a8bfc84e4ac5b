/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "watch.h"

void rs_watch_set(struct rs_watch *watch, const char *path, bool follow)
{
	char *old = watch->path;

	i_zero(watch);
	watch->path = i_strdup(path);
	watch->follow = follow;
	i_free(old);
}

/* Compared with !=, not with <: a restored backup is older. */
static bool rs_stat_differs(const struct stat *a, const struct stat *b)
{
	return a->st_dev != b->st_dev || a->st_ino != b->st_ino || a->st_size != b->st_size ||
	       a->st_mode != b->st_mode || a->st_uid != b->st_uid ||
	       a->st_mtim.tv_sec != b->st_mtim.tv_sec || a->st_mtim.tv_nsec != b->st_mtim.tv_nsec ||
	       a->st_ctim.tv_sec != b->st_ctim.tv_sec || a->st_ctim.tv_nsec != b->st_ctim.tv_nsec;
}

bool rs_watch_look(struct rs_watch *watch)
{
	struct stat now;
	int error = 0;
	bool differs;

	if (watch->path == NULL)
		return FALSE;
	if ((watch->follow ? stat(watch->path, &now) : lstat(watch->path, &now)) < 0) {
		error = errno;
		i_zero(&now);
	}
	differs = error != watch->error || rs_stat_differs(&now, &watch->seen);
	watch->error = error;
	watch->seen = now;
	return differs;
}

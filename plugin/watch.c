/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "watch.h"

/* A file's time goes in steps: of 4 ms on most kernels, of 2 s on the coarsest
 * filesystem. Two writes within a step leave the same time. */
#define RS_WATCH_STEP_SECS 2

void rs_watch_set(struct rs_watch *watch, const char *path, bool follow)
{
	char *old = watch->path;

	i_zero(watch);
	watch->path = i_strdup(path);
	watch->follow = follow;
	watch->begin = watch->end = time(NULL);
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

/* A time of the future is no step but a wrong clock: waiting for it to pass
 * would mean to load at each look. */
static bool rs_watch_unsure(const struct rs_watch *watch)
{
	time_t changed = watch->seen.st_ctim.tv_sec;

	return watch->error == 0 && changed >= watch->begin - RS_WATCH_STEP_SECS &&
	       changed <= watch->end + RS_WATCH_STEP_SECS;
}

enum rs_look rs_watch_look(struct rs_watch *watch)
{
	enum rs_look look = rs_watch_unsure(watch) ? RS_LOOK_UNSURE : RS_LOOK_SAME;
	struct stat now;
	int error = 0;

	if (watch->path == NULL)
		return RS_LOOK_SAME;
	watch->begin = watch->end = time(NULL);
	if ((watch->follow ? stat(watch->path, &now) : lstat(watch->path, &now)) < 0) {
		error = errno;
		i_zero(&now);
	}
	if (error != watch->error || rs_stat_differs(&now, &watch->seen))
		look = RS_LOOK_CHANGED;
	watch->error = error;
	watch->seen = now;
	return look;
}

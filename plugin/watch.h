/* SPDX-License-Identifier: MIT */
#ifndef RS_WATCH_H
#define RS_WATCH_H

/* Tells when a file was replaced or changed, without opening it. */

#include <stdbool.h>
#include <sys/stat.h>
#include <time.h>

struct rs_watch {
	char *path;  /* NULL: nothing is watched */
	bool follow; /* a symbolic link stands for its target */
	int error;   /* errno when the file cannot be seen, else 0 */
	struct stat seen;
	time_t begin, end; /* it was looked at, and read, in between */
};

enum rs_look {
	RS_LOOK_SAME,
	/* It was so new at the last look that it may have been written again
	 * since, and show the same time. */
	RS_LOOK_UNSURE,
	RS_LOOK_CHANGED
};

/* Watches path, which is copied and may be NULL; what was seen is forgotten. */
void rs_watch_set(struct rs_watch *watch, const char *path, bool follow);
/* Looks at the file, remembers it, and returns whether it is another one than
 * at the last look. Look before loading: a change in between is then seen at
 * the next look. */
enum rs_look rs_watch_look(struct rs_watch *watch);

#endif

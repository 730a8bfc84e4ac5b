/* SPDX-License-Identifier: MIT */
#ifndef RS_WATCH_H
#define RS_WATCH_H

/* Tells when a file was replaced or changed, without opening it. */

#include <stdbool.h>
#include <sys/stat.h>

struct rs_watch {
	char *path;  /* NULL: nothing is watched */
	bool follow; /* a symbolic link stands for its target */
	int error;   /* errno when the file cannot be seen, else 0 */
	struct stat seen;
};

/* Watches path, which is copied and may be NULL; what was seen is forgotten. */
void rs_watch_set(struct rs_watch *watch, const char *path, bool follow);
/* Looks at the file, remembers it, and returns whether it is another one than
 * at the last look. Look before loading: a change in between is then seen at
 * the next look. */
bool rs_watch_look(struct rs_watch *watch);

#endif

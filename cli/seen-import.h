/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_CLI_SEEN_IMPORT_H
#define RELAYSENTRY_CLI_SEEN_IMPORT_H

/* What the files of `relaysentry seen --import` share: seen-import.c reads the lines that
 * audit or seen wrote, seen-write.c merges them with what the dictionary has. */

#include "kept.h"

#include <relaysentry/json.h>
#include <relaysentry/seen.h>

struct seen_record {
	char *key; /* of the dictionary */
	struct rs_seen seen;
};

struct seen_import {
	const struct rs_policy *policy; /* for users' keys */
	int64_t now;
	int64_t oldest; /* what ended before is forgotten, and not taken */
	const char *path;
	struct rs_diags *diags;
	struct seen_record *records; /* by key, each once */
	size_t count, room;
	/* Lines about a user and a relay; of these: without a login that succeeded, too old,
	 * of a user whose name JSON cannot hold. */
	size_t pairs, failed, old, unreadable;
	/* Of the dictionary's records. */
	size_t added, changed, same, faulty;
};

/* Reads a file, or "-"; set what is before path, all else 0. Either all lines are right, or
 * none counts. Returns 0, or an exit status with messages; free it in both cases. */
int rs_seen_import_read(struct seen_import *import, const char *path);
void rs_seen_import_free(struct seen_import *import);

/* Takes from the other what it knows more: the earliest first, the latest last and the larger
 * count, so that nothing is counted twice. Returns whether seen has changed. */
bool rs_seen_import_merge(struct rs_seen *seen, const struct rs_seen *from);

/* Writes what was read, unless dry_run, and counts. Returns 0, or an exit status with a
 * message that says how far it came. */
int rs_seen_import_write(struct seen_import *import, struct kept *kept, bool dry_run);
/* Prints the counts. Returns 0, or an exit status with a message. */
int rs_seen_import_print(const struct seen_import *import, bool dry_run, bool json);

#endif

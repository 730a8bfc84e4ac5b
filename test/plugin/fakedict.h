/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_TEST_PLUGIN_FAKEDICT_H
#define RELAYSENTRY_TEST_PLUGIN_FAKEDICT_H

/* A dict process in the test's own loop, on loop_socket(). */

#include <stdbool.h>

#define FAKE_ROWS 400

struct fakedict {
	/* What it does. */
	bool silent;	     /* takes commands, and answers nothing */
	bool backwards;	     /* of lookups that come together, answers the last one first */
	const char *failing; /* answers this error; NULL: none */
	const char *poison;  /* a transaction with this in a key fails; NULL: none */
	/* What it has seen. */
	unsigned lookups, commits, refused, connections, largest;
	/* Its table. */
	struct {
		char *key, *value;
	} rows[FAKE_ROWS];

	struct fakedict_conn *conns;
	struct fakedict_listener *listener;
};

struct fakedict *fakedict_new(void);
void fakedict_free(struct fakedict **dict);
/* No connection is taken, and there is none any more; and as before. */
void fakedict_refuse(struct fakedict *dict);
void fakedict_listen(struct fakedict *dict);
/* Ends the connections. */
void fakedict_hang_up(struct fakedict *dict);
void fakedict_set(struct fakedict *dict, const char *key, const char *value);
/* NULL: there is no such key. */
const char *fakedict_get(const struct fakedict *dict, const char *key);
/* How many are connected. */
unsigned fakedict_connected(const struct fakedict *dict);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_CLI_KEPT_H
#define RELAYSENTRY_CLI_KEPT_H

/* What the commands about single users share: the policy, the relay database, and what
 * is kept about users in the dictionaries that the policy names. */

#include "cli.h"
#include "dict.h"

#include <relaysentry/exceptions.h>
#include <relaysentry/relaydb.h>
#include <relaysentry/seen.h>
#include <relaysentry/userkey.h>

struct kept {
	const char *policy_path; /* NULL: the installed one */
	const char *base_dir;	 /* of Dovecot; NULL: the usual one */
	/* sudo runs this for somebody who may do less: he chooses no files. */
	bool delegated;
	int64_t now;
	struct rs_policy *policy;
	struct rs_relaydb *db;			/* NULL before rs_kept_load_relays() */
	struct rs_cli_dict *exceptions, *state; /* NULL before rs_kept_open() */
};

/* The options that all of these commands have, for their tables, and their values. */
#define RS_KEPT_POLICY 'p'
#define RS_KEPT_BASE_DIR (RS_OPT + 1000)
#define RS_KEPT_OPTIONS                                                                            \
	{ "policy", RS_KEPT_POLICY, "FILE", "the policy (default " RS_DEFAULT_POLICY ")" },        \
	{                                                                                          \
		"base-dir", RS_KEPT_BASE_DIR, "FOLDER",                                            \
			"Dovecot's base_dir, where the dict's socket is\n"                         \
			"(default " RS_DEFAULT_BASE_DIR ")"                                        \
	}

/* All functions that return an int return 0, or an exit status with a message. */

/* Finds out who asks, and when. */
int rs_kept_begin(struct kept *kept);
/* Whether one may give this option, which lets read a file or speak to a socket: 0, or
 * EX_USAGE with a message for who comes by sudo. */
int rs_kept_own_file(const struct kept *kept, const struct rs_cli_usage *usage, const char *option);
/* Takes one of the options above; context: the struct kept. */
rs_cli_take rs_kept_option;
/* Loads the policy. Of a faulty one little is said to who is not to read it. */
int rs_kept_load(struct kept *kept);
/* Loads the policy's relay database, and binds the policy to it. */
int rs_kept_load_relays(struct kept *kept);
/* Connects to a dictionary; EX_CONFIG when the policy names none. */
enum rs_kept_dict { RS_KEPT_EXCEPTIONS, RS_KEPT_STATE };
int rs_kept_open(struct kept *kept, enum rs_kept_dict which);
void rs_kept_end(struct kept *kept);

/* --- users --- */

struct kept_user {
	char key[RS_USER_KEY_SIZE];
	char name[RS_USER_KEY_SIZE]; /* as the policy compares it; any bytes */
};
int rs_kept_user(const struct kept *kept, const struct rs_cli_usage *usage, const char *text,
		 struct kept_user *user_r);

/* The value of the item "exceptions" as a list; NULL: an empty one. *faulty_r: that it
 * counts as none, which is said as a warning when it is NULL. */
int rs_kept_parse(const char *user_key, const char *value, struct rs_exceptions **list_r,
		  bool *faulty_r);

/* --- rows (kept-rows.c) --- */

struct kept_row {
	char *key;
	const char *user_key; /* in key, and not ended there */
	size_t user_key_len;
	const char *item; /* the end of key */
	char *value;
};

struct kept_rows {
	struct kept_row *rows; /* in the order of their keys */
	size_t count, room;
	bool looked_up; /* the dictionary cannot list: only relays that the database knows */
};

/* All that is there, or all of one user (user_key not NULL). A dictionary that cannot
 * list its keys (Redis) is asked about each relay of the database, which is loaded for that;
 * about all users it cannot be asked: EX_UNAVAILABLE, and the message ends with advice. */
int rs_kept_rows(struct kept *kept, struct rs_cli_dict *dict, const char *user_key,
		 const char *advice, struct kept_rows *rows_r);
void rs_kept_rows_free(struct kept_rows *rows);
/* The relay's id when the row's item begins so (RS_DICT_SEEN), else NULL. */
const char *rs_kept_row_relay(const struct kept_row *row, const char *item);
/* When the user was told, as the value of RS_DICT_TOLD says; 0: nobody knows. */
int64_t rs_kept_told_at(const char *value);
/* The user of the row. Returns the name; NULL when nobody's key is like this. */
const char *rs_kept_row_user(const struct kept_row *row, struct kept_user *user_r);

#endif

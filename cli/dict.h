/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_CLI_DICT_H
#define RELAYSENTRY_CLI_DICT_H

/* A dictionary of Dovecot's dict process, for commands: each call waits for its
 * answer, but not for ever. What fails is reported on stderr, with what to do, and
 * told as an exit status. After a failed call the connection is closed unless it was
 * the dictionary that said no; further calls return the same status and say nothing. */

#include <relaysentry/dictproto.h>

#include <stddef.h>

/* Where Dovecot's sockets are when --base-dir does not tell. */
#define RS_DEFAULT_BASE_DIR "/run/dovecot"
/* So many seconds a call waits when it is not told. */
#define RS_CLI_DICT_SECONDS 10U

struct rs_cli_dict;

/* Connects, and finds out which protocol the dict process speaks. base_dir: NULL for the
 * usual one; of no importance when uri has a socket. seconds: how long this and each other
 * call waits for an answer, an iteration for the next row; 0: RS_CLI_DICT_SECONDS.
 * Returns 0; or with a message and *dict_r NULL
 *   EX_UNAVAILABLE  there is no such socket, nobody listens there, or it cannot be used
 *   EX_NOPERM       the socket is not for this user
 *   EX_CONFIG       the connection is closed: no such dictionary
 *   EX_TEMPFAIL     no answer in time
 *   EX_PROTOCOL     the answer is none of the dict process
 *   EX_OSERR        memory is short */
int rs_cli_dict_open(const struct rs_dict_uri *uri, const char *base_dir, unsigned seconds,
		     struct rs_cli_dict **dict_r);
void rs_cli_dict_close(struct rs_cli_dict **dict);

/* *value_r: allocated with malloc(), NULL when there is none. Returns 0; or with a message
 * EX_UNAVAILABLE when the dictionary fails or the connection is lost, EX_TEMPFAIL,
 * EX_PROTOCOL or EX_OSERR. */
int rs_cli_dict_lookup(struct rs_cli_dict *dict, const char *key, char **value_r);

/* A row; both texts die with the call. Returns 0, or a status: then no more rows are told.
 * Must not call functions of the dict. */
typedef int rs_cli_dict_row(const char *key, const char *value, void *context);
/* Tells all keys below prefix, which ends with a slash, at any depth and in any order.
 * Returns 0, the status of row, or one as rs_cli_dict_lookup(); or without a message
 * RS_CLI_DICT_NO_LIST when the dictionary's driver cannot do this (Redis). Each try is
 * an error in Dovecot's log. */
#define RS_CLI_DICT_NO_LIST (-1)
int rs_cli_dict_iterate(struct rs_cli_dict *dict, const char *prefix, rs_cli_dict_row *row,
			void *context);

/* Makes all of these changes, or none. Returns as rs_cli_dict_lookup(); the message says
 * where they may have been made all the same. */
int rs_cli_dict_commit(struct rs_cli_dict *dict, const struct rs_dict_change *changes, size_t count,
		       unsigned expire_secs);

#endif

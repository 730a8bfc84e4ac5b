/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_DICTPROTO_H
#define RELAYSENTRY_DICTPROTO_H

/* One connection to Dovecot's dict process, without the connection: what is to be
 * sent, what came back, and what still waits. No I/O and no clock; who owns the
 * socket moves the bytes. The protocol is that of Dovecot's dict-client.h,
 * major version 3 (Dovecot 2.3) or 4 (Dovecot 2.4). */

#include <stddef.h>
#include <stdint.h>

/* Dovecot reads no longer lines, the newline included. A longer reply fails the command. */
#define RS_DICT_LINE_MAX (64U * 1024)
/* So many commands may wait, and so many bytes may be left to be sent. */
#define RS_DICT_WAITING_MAX 10000U
#define RS_DICT_OUTPUT_MAX (16U * 1024 * 1024)

/* What "dict" in a policy says: "proxy::name" or "proxy:/path/of/socket:name". The
 * name has letters, digits, '.', '-' and '_'. */
struct rs_dict_uri {
	char socket[108]; /* "": the socket `dict` in Dovecot's base_dir */
	char name[64];
};
/* Returns 0; -1 with *error_r a constant fragment that fits behind the quoted text. */
int rs_dict_uri_parse(const char *text, struct rs_dict_uri *uri_r, const char **error_r);

enum rs_dict_result {
	RS_DICT_FOUND,	   /* a lookup's value, or one row of an iteration */
	RS_DICT_NOT_FOUND, /* a lookup */
	RS_DICT_DONE,	   /* a commit, or the end of an iteration */
	RS_DICT_FAILED	   /* text says why; a commit may have been done all the same */
};

struct rs_dictproto;

/* Called once for each command, but for an iteration once for each row and once
 * at its end. key: of a row; else NULL. text: the value (the first, where there are
 * several) or the error, never empty; else NULL. Both may hold any byte but NUL, and
 * die with the call. May add and forget commands and abort; must not free the
 * connection, and give it no input. */
typedef void rs_dict_callback(enum rs_dict_result result, const char *key, const char *text,
			      void *context);

/* major: of the protocol. NULL when memory is short. */
struct rs_dictproto *rs_dictproto_new(unsigned major, const char *name);
/* What still waits is told nothing: abort first. */
void rs_dictproto_free(struct rs_dictproto **proto);

/* Commands. They return a number of the command (never 0), for
 * rs_dictproto_forget(); 0 when memory is short, a line would be too long, too much
 * waits, or the connection was aborted: nothing was sent, and nothing will be called.
 * Calls come only from rs_dictproto_input() and rs_dictproto_abort(). callback may be
 * NULL: then nobody is told. */
uint64_t rs_dictproto_lookup(struct rs_dictproto *proto, const char *key,
			     rs_dict_callback *callback, void *context);
/* All keys below prefix, which ends with a slash, at any depth. */
uint64_t rs_dictproto_iterate(struct rs_dictproto *proto, const char *prefix,
			      rs_dict_callback *callback, void *context);

/* One change of a transaction. */
struct rs_dict_change {
	const char *key;
	const char *value; /* NULL: the key is removed */
};
/* Sends one transaction with all of these. expire_secs: 0, or after how many
 * seconds the driver may forget them (used from major 4 on). */
uint64_t rs_dictproto_commit(struct rs_dictproto *proto, const struct rs_dict_change *changes,
			     size_t count, unsigned expire_secs, rs_dict_callback *callback,
			     void *context);

/* The command's callback is not called any more. An unknown number does nothing. */
void rs_dictproto_forget(struct rs_dictproto *proto, uint64_t number);
/* How many commands wait for their end, forgotten ones included. */
size_t rs_dictproto_waiting(const struct rs_dictproto *proto);

/* What is to be sent; *len_r 0: nothing. Valid until the next call for proto. */
const void *rs_dictproto_output(const struct rs_dictproto *proto, size_t *len_r);
/* len bytes of it were sent. */
void rs_dictproto_sent(struct rs_dictproto *proto, size_t len);
/* What was received. Returns 0; -1 with *error_r when this is not the protocol, memory
 * is short, or the connection was aborted: close it and abort. Then no command is taken
 * any more. *error_r is printable, and lives as long as proto. */
int rs_dictproto_input(struct rs_dictproto *proto, const void *data, size_t len,
		       const char **error_r);
/* Calls all that waits with RS_DICT_FAILED and this error. After that nothing is left to be
 * sent, and no command is taken: a new connection is a new rs_dictproto. */
void rs_dictproto_abort(struct rs_dictproto *proto, const char *error);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_CLI_DICT_INTERNAL_H
#define RELAYSENTRY_CLI_DICT_INTERNAL_H

/* What the files of a dictionary's client share: common-dict.c opens and asks,
 * dict-exchange.c waits and says what went wrong. */

#include "dict.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/un.h>

struct rs_cli_dict {
	struct rs_dict_uri uri;
	char path[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
	unsigned seconds;
	int64_t deadline; /* of what is going on, milliseconds of the monotonic clock */
	int fd;		  /* -1: closed */
	int status;	  /* why it was closed */
	struct rs_dictproto *proto;
};

enum outcome { ANSWERED, CLOSED, LATE, NO_PROTOCOL, BROKEN };

struct answer {
	bool done, no_memory;
	enum rs_dict_result result;
	char *text; /* value or error */
	rs_cli_dict_row *row;
	void *context;
	int status; /* of row */
};

/* Prints an error about the dictionary. Returns status. */
int rs_dict_complain(const struct rs_cli_dict *dict, int status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Closes the connection, about which nothing more is said. Returns status. */
int rs_dict_give_up(struct rs_cli_dict *dict, int status);
/* Says what went wrong and gives up. doing: "the lookup"; uncertain: ", and what may have
 * happened", or "". Returns the status. */
int rs_dict_outcome_failed(struct rs_cli_dict *dict, enum outcome outcome, const char *detail,
			   const char *doing, const char *uncertain);

/* From now on dict->seconds are left. */
void rs_dict_begin_to_wait(struct rs_cli_dict *dict);
/* How long is left, for poll(). */
int rs_dict_msecs_left(const struct rs_cli_dict *dict);
/* Sends and receives until the answer is complete. An iteration's time begins anew with each
 * part of it. *detail_r: what was wrong, for some outcomes. */
enum outcome rs_dict_exchange(struct rs_cli_dict *dict, const struct answer *answer,
			      const char **detail_r);

#endif

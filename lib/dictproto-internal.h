/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_LIB_DICTPROTO_INTERNAL_H
#define RELAYSENTRY_LIB_DICTPROTO_INTERNAL_H

/* A connection to the dict process: what dictproto.c sends and dictproto-reply.c
 * reads. */

#include <relaysentry/dictproto.h>

#include "strbuf.h"

#include <stdbool.h>

enum dict_command_kind { DICT_LOOKUP, DICT_ITERATE, DICT_COMMIT };

struct dict_command {
	struct dict_command *prev, *next;
	enum dict_command_kind kind;
	uint64_t number;
	uint32_t transaction;	    /* of a commit */
	uint32_t id;		    /* by which the server names it; 0: not yet */
	rs_dict_callback *callback; /* NULL: forgotten */
	void *context;
};

struct rs_dictproto {
	unsigned major;
	/* In the order in which they were sent, which is that in which the server
	 * gives ids; unnamed: the first without one. */
	struct dict_command *first, *last, *unnamed;
	size_t waiting;
	uint64_t last_number;
	uint32_t last_transaction, last_id;

	struct rs_strbuf out;
	size_t sent; /* so many bytes of it */

	struct rs_strbuf line; /* what came of the one that has not ended */
	size_t skipped;	       /* of a line that is too long; 0: it is not */
	bool in_error;	       /* the last line was the error of an iteration */

	bool dead; /* broken or aborted */
	char error[128];
};

void rs_dict_command_unlink(struct rs_dictproto *proto, struct dict_command *command);

#endif

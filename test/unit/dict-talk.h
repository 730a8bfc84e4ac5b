/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_TEST_DICT_TALK_H
#define RELAYSENTRY_TEST_DICT_TALK_H

/* A conversation with the dict process. */

#include <relaysentry/dictproto.h>

#include <stdbool.h>

/* What Dovecot adds to a reply: when the command began and ended. */
#define TALK_TIMES "\t1795000000\t1\t1795000000\t2"

struct talk {
	struct rs_dictproto *proto;
	uint64_t numbers[8]; /* of the commands, in their order */
	size_t count;
	char told[4096];     /* what the callbacks were told, a line for each call */
	size_t add_in_first; /* the first callback adds so many lookups, 10 and up */
	bool abort_in_first; /* and aborts */
};

/* Begins one, and adds what commands says: "L" a lookup, "I" an iteration, "C" a
 * commit of two changes; they are the commands 1 and up. The caller frees
 * talk->proto. */
void talk_begin(struct talk *talk, unsigned major, const char *commands);
int talk_input(struct talk *talk, const char *input, size_t len, const char **error_r);
int talk_text(struct talk *talk, const char *input, const char **error_r);
/* Compares what is to be sent, and takes it as sent. */
void talk_check_output(const char *label, struct rs_dictproto *proto, const char *want);

#endif

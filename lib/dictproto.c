/* SPDX-License-Identifier: MIT */
#include "dictproto-internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The newest minor version that each major has. */
#define MINOR_OF_3 2
#define MINOR_OF_4 0
/* No type of value but text. */
#define VALUE_TYPE 0
/* The flag of an iteration that goes on below. */
#define ITERATE_RECURSE 1
/* What stays allocated for output when all was sent. */
#define OUTPUT_KEPT (64U * 1024)

/* --- lines --- */

/* Tab-escaping: byte 1 and a letter for what would end a word or a line. */
static void add_word(struct rs_strbuf *out, const char *text)
{
	static const char special[] = "\001\t\r\n", letters[] = "1trn";

	for (;;) {
		size_t len = strcspn(text, special);
		char escape[2] = { '\001' };

		rs_strbuf_add(out, text, len);
		text += len;
		if (*text == '\0')
			return;
		escape[1] = letters[strchr(special, *text) - special];
		rs_strbuf_add(out, escape, sizeof(escape));
		text++;
	}
}

/* What is added to the output for one command: all of it stays, or nothing. */
struct draft {
	struct rs_dictproto *proto;
	struct dict_command *command;
	size_t begin; /* where it begins in the output */
	size_t line;  /* where its last line does */
	bool too_long;
};

static bool draft_begin(struct draft *draft, struct rs_dictproto *proto)
{
	*draft = (struct draft){ .proto = proto, .begin = proto->out.used };
	draft->line = draft->begin;
	if (proto->dead || proto->waiting >= RS_DICT_WAITING_MAX)
		return false;
	draft->command = calloc(1, sizeof(*draft->command));
	return draft->command != NULL;
}

static void draft_end_line(struct draft *draft)
{
	struct rs_strbuf *out = &draft->proto->out;

	rs_strbuf_add(out, "\n", 1);
	if (out->used - draft->line > RS_DICT_LINE_MAX ||
	    out->used - draft->proto->sent > RS_DICT_OUTPUT_MAX)
		draft->too_long = true;
	draft->line = out->used;
}

static void append(struct rs_dictproto *proto, struct dict_command *command)
{
	command->prev = proto->last;
	if (proto->last != NULL)
		proto->last->next = command;
	else
		proto->first = command;
	proto->last = command;
	if (proto->unnamed == NULL)
		proto->unnamed = command;
	proto->waiting++;
}

static uint64_t draft_finish(struct draft *draft, enum dict_command_kind kind,
			     rs_dict_callback *callback, void *context)
{
	struct rs_dictproto *proto = draft->proto;
	struct dict_command *command = draft->command;

	if (draft->too_long || proto->out.failed) {
		proto->out.used = draft->begin;
		proto->out.failed = false;
		free(command);
		return 0;
	}
	command->kind = kind;
	command->number = ++proto->last_number;
	command->callback = callback;
	command->context = context;
	append(proto, command);
	return command->number;
}

/* --- commands --- */

uint64_t rs_dictproto_lookup(struct rs_dictproto *proto, const char *key,
			     rs_dict_callback *callback, void *context)
{
	struct draft draft;

	if (!draft_begin(&draft, proto))
		return 0;
	rs_strbuf_add_text(&proto->out, "L");
	add_word(&proto->out, key);
	rs_strbuf_add_text(&proto->out, "\t");
	draft_end_line(&draft);
	return draft_finish(&draft, DICT_LOOKUP, callback, context);
}

uint64_t rs_dictproto_iterate(struct rs_dictproto *proto, const char *prefix,
			      rs_dict_callback *callback, void *context)
{
	struct draft draft;

	if (!draft_begin(&draft, proto))
		return 0;
	rs_strbuf_addf(&proto->out, "I%d\t0\t", ITERATE_RECURSE);
	add_word(&proto->out, prefix);
	rs_strbuf_add_text(&proto->out, "\t");
	draft_end_line(&draft);
	return draft_finish(&draft, DICT_ITERATE, callback, context);
}

static void add_change(struct draft *draft, uint32_t transaction,
		       const struct rs_dict_change *change)
{
	struct rs_strbuf *out = &draft->proto->out;

	rs_strbuf_addf(out, "%c%" PRIu32 "\t", change->value != NULL ? 'S' : 'U', transaction);
	add_word(out, change->key);
	if (change->value != NULL) {
		rs_strbuf_add_text(out, "\t");
		add_word(out, change->value);
	}
	draft_end_line(draft);
}

uint64_t rs_dictproto_commit(struct rs_dictproto *proto, const struct rs_dict_change *changes,
			     size_t count, unsigned expire_secs, rs_dict_callback *callback,
			     void *context)
{
	struct rs_strbuf *out = &proto->out;
	struct draft draft;
	uint32_t id;

	if (!draft_begin(&draft, proto))
		return 0;
	id = ++proto->last_transaction;
	draft.command->transaction = id;
	rs_strbuf_addf(out, "B%" PRIu32 "\t", id);
	/* Major version 3 does not know it. */
	if (proto->major >= 4 && expire_secs > 0)
		rs_strbuf_addf(out, "\t%u", expire_secs);
	draft_end_line(&draft);
	for (size_t i = 0; i < count && !draft.too_long && !out->failed; i++)
		add_change(&draft, id, &changes[i]);
	rs_strbuf_addf(out, "C%" PRIu32, id);
	draft_end_line(&draft);
	return draft_finish(&draft, DICT_COMMIT, callback, context);
}

void rs_dictproto_forget(struct rs_dictproto *proto, uint64_t number)
{
	for (struct dict_command *c = proto->first; c != NULL; c = c->next) {
		if (c->number == number)
			c->callback = NULL;
	}
}

size_t rs_dictproto_waiting(const struct rs_dictproto *proto)
{
	return proto->waiting;
}

/* --- output --- */

const void *rs_dictproto_output(const struct rs_dictproto *proto, size_t *len_r)
{
	*len_r = proto->out.used - proto->sent;
	return rs_strbuf_text(&proto->out) + proto->sent;
}

void rs_dictproto_sent(struct rs_dictproto *proto, size_t len)
{
	struct rs_strbuf *out = &proto->out;

	proto->sent += len;
	if (proto->sent == out->used) {
		proto->sent = 0;
		if (out->allocated > OUTPUT_KEPT)
			rs_strbuf_free(out);
		else
			rs_strbuf_clear(out);
	} else if (proto->sent > out->used / 2) {
		/* Each byte is moved once at the most, on the average. */
		out->used -= proto->sent;
		memmove(out->data, out->data + proto->sent, out->used);
		proto->sent = 0;
	}
}

/* --- connection --- */

struct rs_dictproto *rs_dictproto_new(unsigned major, const char *name)
{
	struct rs_dictproto *proto = calloc(1, sizeof(*proto));

	if (proto == NULL)
		return NULL;
	proto->major = major;
	rs_strbuf_addf(&proto->out, "H%u\t%d\t%d\t\t", major, major >= 4 ? MINOR_OF_4 : MINOR_OF_3,
		       VALUE_TYPE);
	add_word(&proto->out, name);
	rs_strbuf_add_text(&proto->out, "\n");
	if (proto->out.failed)
		rs_dictproto_free(&proto);
	return proto;
}

void rs_dict_command_unlink(struct rs_dictproto *proto, struct dict_command *command)
{
	if (command == proto->first)
		proto->first = command->next;
	else
		command->prev->next = command->next;
	if (command->next != NULL)
		command->next->prev = command->prev;
	else
		proto->last = command->prev;
	if (proto->unnamed == command)
		proto->unnamed = command->next;
	proto->waiting--;
}

void rs_dictproto_abort(struct rs_dictproto *proto, const char *error)
{
	if (!proto->dead)
		snprintf(proto->error, sizeof(proto->error), "the connection was given up");
	proto->dead = true;
	rs_strbuf_free(&proto->out);
	proto->sent = 0;
	while (proto->first != NULL) {
		struct dict_command *command = proto->first;

		rs_dict_command_unlink(proto, command);
		if (command->callback != NULL)
			command->callback(RS_DICT_FAILED, NULL, error, command->context);
		free(command);
	}
}

void rs_dictproto_free(struct rs_dictproto **_proto)
{
	struct rs_dictproto *proto = *_proto;

	*_proto = NULL;
	if (proto == NULL)
		return;
	while (proto->first != NULL) {
		struct dict_command *command = proto->first;

		rs_dict_command_unlink(proto, command);
		free(command);
	}
	rs_strbuf_free(&proto->out);
	rs_strbuf_free(&proto->line);
	free(proto);
}

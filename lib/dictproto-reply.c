/* SPDX-License-Identifier: MIT */
/* What the dict process says: `*ID` names the first command that has no id yet,
 * `+ID<tab>REPLY...` answers one. */
#include "dictproto-internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A value that could be written can be read: what stands before and behind it (id,
 * four times) may be longer than in the line that wrote it. */
#define REPLY_MAX (RS_DICT_LINE_MAX + 256)
/* A line that is still longer has no end. */
#define SKIPPED_MAX (16U * 1024 * 1024)
/* Room for an id and the kind of the reply. */
#define HEAD_LEN 16U
/* What stays allocated between two lines. */
#define LINE_KEPT 4096U

static int fail(struct rs_dictproto *proto, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static int fail(struct rs_dictproto *proto, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(proto->error, sizeof(proto->error), format, args);
	va_end(args);
	proto->dead = true;
	return -1;
}

/* --- words --- */

/* Reads an id, and leaves *text behind it. Returns false when there is none. */
static bool read_id(const char **text, uint32_t *id_r)
{
	const char *p = *text;
	uint64_t id = 0;

	for (; *p >= '0' && *p <= '9' && id <= UINT32_MAX; p++)
		id = id * 10 + (uint64_t)(*p - '0');
	if (id == 0 || id > UINT32_MAX)
		return false;
	*id_r = (uint32_t)id;
	*text = p;
	return true;
}

/* Takes tab-escaping away, in place. Returns false when there is a NUL: Dovecot's
 * keys, values and errors have none. */
static bool unescape(char *text)
{
	static const char letters[] = "1trn", special[] = "\001\t\r\n";
	char *to = text;

	for (; *text != '\0'; text++) {
		const char *letter;

		if (*text != '\001') {
			*to++ = *text;
			continue;
		}
		text++;
		if (*text == '0')
			return false;
		if (*text == '\0')
			break;
		letter = strchr(letters, *text);
		*to++ = letter != NULL ? special[letter - letters] : *text;
	}
	*to = '\0';
	return true;
}

/* The next word of a line, NULL at its end. */
static char *next_word(char **rest)
{
	char *word = *rest, *end;

	if (word == NULL)
		return NULL;
	end = strchr(word, '\t');
	*rest = end != NULL ? end + 1 : NULL;
	if (end != NULL)
		*end = '\0';
	return word;
}

/* --- replies --- */

struct reply {
	enum rs_dict_result result;
	const char *key, *text;
	bool row; /* others follow */
};

static const char *error_text(const char *text)
{
	return text != NULL && *text != '\0' ? text : "the dict process gives no reason";
}

static int read_lookup(struct rs_dictproto *proto, char kind, char *text, struct reply *reply_r)
{
	reply_r->text = text;
	switch (kind) {
	case 'M':
		/* Several values are words in a word. */
		text[strcspn(text, "\t")] = '\0';
		if (!unescape(text))
			return fail(proto, "a value with a NUL byte");
		/* fall through */
	case 'O':
		reply_r->result = RS_DICT_FOUND;
		return 0;
	case 'N':
		reply_r->result = RS_DICT_NOT_FOUND;
		reply_r->text = NULL;
		return 0;
	case 'F':
		reply_r->text = error_text(text);
		return 0;
	}
	return fail(proto, "an unknown reply to a lookup");
}

static int read_row(struct rs_dictproto *proto, char kind, char *text, char *rest,
		    struct reply *reply_r)
{
	char *value;

	switch (kind) {
	case '\0':
		reply_r->result = RS_DICT_DONE;
		return 0;
	case 'F':
		proto->in_error = true;
		reply_r->text = error_text(text);
		return 0;
	case 'O':
		value = next_word(&rest);
		if (value == NULL)
			return fail(proto, "a row without a value");
		if (!unescape(value))
			return fail(proto, "a value with a NUL byte");
		*reply_r = (struct reply){ RS_DICT_FOUND, text, value, true };
		return 0;
	}
	return fail(proto, "an unknown reply to an iteration");
}

static int read_commit(struct rs_dictproto *proto, const struct dict_command *command, char kind,
		       const char *text, char *rest, struct reply *reply_r)
{
	uint32_t transaction;
	char *error;

	if (!read_id(&text, &transaction) || *text != '\0' || transaction != command->transaction)
		return fail(proto, "a reply to another transaction");
	switch (kind) {
	case 'N': /* of keys that were to change: nothing is left to be done */
	case 'O':
		reply_r->result = RS_DICT_DONE;
		return 0;
	case 'F':
	case 'W':
		error = next_word(&rest);
		if (error != NULL && !unescape(error))
			return fail(proto, "an error with a NUL byte");
		reply_r->text = error_text(error);
		return 0;
	}
	return fail(proto, "an unknown reply to a commit");
}

static void deliver(struct rs_dictproto *proto, struct dict_command *command,
		    const struct reply *reply)
{
	rs_dict_callback *callback = command->callback;
	void *context = command->context;

	/* Before the callback, which may abort. */
	if (!reply->row) {
		rs_dict_command_unlink(proto, command);
		free(command);
	} else if (reply->result == RS_DICT_FAILED) {
		command->callback = NULL;
	}
	if (callback != NULL)
		callback(reply->result, reply->key, reply->text, context);
}

static struct dict_command *find(const struct rs_dictproto *proto, uint32_t id)
{
	struct dict_command *c = proto->first;

	while (c != proto->unnamed && c->id != id)
		c = c->next;
	return c != proto->unnamed ? c : NULL;
}

static int read_reply(struct rs_dictproto *proto, char *line)
{
	struct reply reply = { .result = RS_DICT_FAILED };
	struct dict_command *command;
	const char *p = line;
	char *rest, *word, kind;
	uint32_t id;
	int result;

	if (!read_id(&p, &id) || *p != '\t')
		return fail(proto, "a reply without an id");
	command = find(proto, id);
	if (command == NULL)
		return fail(proto, "a reply to no command, with id %u", (unsigned)id);
	rest = line + (p - line) + 1;
	word = next_word(&rest);
	if (!unescape(word))
		return fail(proto, "a reply with a NUL byte");
	kind = *word;
	word += kind != '\0';
	if (command->kind == DICT_LOOKUP)
		result = read_lookup(proto, kind, word, &reply);
	else if (command->kind == DICT_ITERATE)
		result = read_row(proto, kind, word, rest, &reply);
	else
		result = read_commit(proto, command, kind, word, rest, &reply);
	if (result == 0)
		deliver(proto, command, &reply);
	return result;
}

static int read_name(struct rs_dictproto *proto, const char *line)
{
	uint32_t id;

	if (!read_id(&line, &id) || *line != '\0')
		return fail(proto, "an id that is no number");
	if (proto->unnamed == NULL)
		return fail(proto, "id %u for no command", (unsigned)id);
	/* Dovecot counts; then nothing needs to be looked for. */
	if (id <= proto->last_id && find(proto, id) != NULL)
		return fail(proto, "id %u for two commands", (unsigned)id);
	proto->last_id = id;
	proto->unnamed->id = id;
	proto->unnamed = proto->unnamed->next;
	return 0;
}

/* --- lines --- */

static int read_line(struct rs_dictproto *proto)
{
	char *line = proto->line.data;
	bool in_error = proto->in_error;

	if (memchr(line, '\0', proto->line.used) != NULL)
		return fail(proto, "a line with a NUL byte");
	proto->in_error = false;
	if (line[0] == '*')
		return read_name(proto, line + 1);
	if (line[0] == '+')
		return read_reply(proto, line + 1);
	/* The error of an iteration is sent as it is, and PostgreSQL's have several
	 * lines. */
	proto->in_error = in_error;
	return in_error ? 0 : fail(proto, "a line that is no reply");
}

/* The line is too long to be kept: the command fails by its first bytes alone. */
static int begin_to_skip(struct rs_dictproto *proto)
{
	struct reply reply = { .result = RS_DICT_FAILED,
			       .text = "the reply of the dict process is too long" };
	const char *p = proto->line.data + 1;
	struct dict_command *command;
	uint32_t id;

	if (proto->in_error && proto->line.data[0] != '*' && proto->line.data[0] != '+')
		return 0;
	if (proto->line.data[0] != '+' || !read_id(&p, &id) || *p != '\t')
		return fail(proto, "a line that is too long");
	command = find(proto, id);
	if (command == NULL)
		return fail(proto, "a reply to no command, with id %u", (unsigned)id);
	/* After a row others come, and an end: nobody waits for them any more. */
	reply.row = command->kind == DICT_ITERATE && p[1] == 'O';
	proto->in_error = command->kind == DICT_ITERATE && !reply.row;
	deliver(proto, command, &reply);
	return 0;
}

static int add_piece(struct rs_dictproto *proto, const char *data, size_t len)
{
	struct rs_strbuf *line = &proto->line;

	if (proto->skipped == 0 && line->used + len <= REPLY_MAX) {
		rs_strbuf_add(line, data, len);
		return line->failed ? fail(proto, "memory is short") : 0;
	}
	if (proto->skipped == 0) {
		if (line->used < HEAD_LEN)
			rs_strbuf_add(line, data, HEAD_LEN - line->used);
		if (line->failed)
			return fail(proto, "memory is short");
		if (begin_to_skip(proto) < 0)
			return -1;
	}
	proto->skipped += len;
	return proto->skipped > SKIPPED_MAX ? fail(proto, "a line without an end") : 0;
}

static int end_line(struct rs_dictproto *proto)
{
	int result = proto->skipped > 0 ? 0 : read_line(proto);

	proto->skipped = 0;
	if (proto->line.allocated > LINE_KEPT)
		rs_strbuf_free(&proto->line);
	else
		rs_strbuf_clear(&proto->line);
	return result;
}

int rs_dictproto_input(struct rs_dictproto *proto, const void *_data, size_t len,
		       const char **error_r)
{
	const char *data = _data;
	int result = 0;

	while (len > 0 && result == 0 && !proto->dead) {
		const char *end = memchr(data, '\n', len);
		size_t piece = end != NULL ? (size_t)(end - data) : len;

		result = add_piece(proto, data, piece);
		if (end != NULL && result == 0) {
			result = end_line(proto);
			piece++;
		}
		data += piece;
		len -= piece;
	}
	*error_r = proto->error;
	return proto->dead ? -1 : 0;
}

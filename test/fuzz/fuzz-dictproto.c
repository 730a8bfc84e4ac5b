/* SPDX-License-Identifier: MIT */
/* Replies of a dict process that may say anything. The input: a line of commands,
 * then what comes from the other side. A letter of the first line is L, I or C for a
 * command, F for one that is forgotten at once, S for output that is sent; a digit is
 * how many bytes come at once (0: all). What the callbacks add is bounded. */
#include "fuzz.h"

#include <relaysentry/dictproto.h>

#include <stdbool.h>
#include <string.h>

#define COMMANDS_MAX 64U

struct state {
	struct rs_dictproto *proto;
	bool ended[COMMANDS_MAX];
	bool forgotten[COMMANDS_MAX];
	uint64_t numbers[COMMANDS_MAX];
	size_t count, chunk;
};

static struct state state;

static void add(char kind);

/* Each command ends once; one that was forgotten is told nothing. */
static void called(enum rs_dict_result result, const char *key, const char *text, void *context)
{
	size_t i = (size_t)((bool *)context - state.ended);
	bool row = result == RS_DICT_FOUND && key != NULL;

	FUZZ_CHECK(i < state.count && !state.ended[i] && !state.forgotten[i]);
	FUZZ_CHECK((text != NULL) == (result == RS_DICT_FOUND || result == RS_DICT_FAILED));
	FUZZ_CHECK(result != RS_DICT_FAILED || *text != '\0');
	FUZZ_CHECK(key == NULL || row);
	if (text != NULL && strcmp(text, "abort") == 0)
		rs_dictproto_abort(state.proto, "a callback wants it");
	else if (text != NULL && strcmp(text, "forget") == 0 && row)
		state.forgotten[i] = true;
	else if (text != NULL && strspn(text, "LICF") > 0)
		add(*text);
	if (state.forgotten[i])
		rs_dictproto_forget(state.proto, state.numbers[i]);
	/* An abort above has told the end. */
	if (!row)
		state.ended[i] = true;
}

static void add(char kind)
{
	static const struct rs_dict_change changes[] = { { "shared/\t", "\n" }, { "k", NULL } };
	size_t waiting = rs_dictproto_waiting(state.proto), len_before, len, i = state.count;
	uint64_t number;

	if (i == COMMANDS_MAX)
		return;
	(void)rs_dictproto_output(state.proto, &len_before);
	state.count++;
	if (kind == 'I')
		number = rs_dictproto_iterate(state.proto, "shared/", called, &state.ended[i]);
	else if (kind == 'C')
		number = rs_dictproto_commit(state.proto, changes, 2, 7, called, &state.ended[i]);
	else
		number = rs_dictproto_lookup(state.proto, "shared/k", called, &state.ended[i]);
	(void)rs_dictproto_output(state.proto, &len);
	FUZZ_CHECK(rs_dictproto_waiting(state.proto) == waiting + (number != 0));
	FUZZ_CHECK((len > len_before) == (number != 0));
	state.numbers[i] = number;
	if (number == 0) {
		state.ended[i] = true;
	} else if (kind == 'F') {
		rs_dictproto_forget(state.proto, number);
		state.forgotten[i] = true;
	}
}

static void prepare(char letter)
{
	size_t len;

	if (letter >= '0' && letter <= '9')
		state.chunk = (size_t)(letter - '0');
	else if (letter == 'S')
		(void)rs_dictproto_output(state.proto, &len), rs_dictproto_sent(state.proto, len);
	else
		add(letter);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = memchr(data, '\n', size);
	const char *error = NULL;
	int result = 0;

	memset(&state, 0, sizeof(state));
	state.proto = rs_dictproto_new(4, "fuzz");
	FUZZ_CHECK(state.proto != NULL);
	for (; size > 0 && data != end; data++, size--)
		prepare((char)*data);
	for (size_t len = 0; size > 0; data += len, size -= len) {
		len = state.chunk == 0 || state.chunk > size ? size : state.chunk;
		result = rs_dictproto_input(state.proto, data + (data == end), len - (data == end),
					    &error);
		FUZZ_CHECK(error != NULL && (result == 0) == (*error == '\0'));
	}
	rs_dictproto_abort(state.proto, "the end");
	FUZZ_CHECK(rs_dictproto_waiting(state.proto) == 0);
	for (size_t i = 0; i < state.count; i++)
		FUZZ_CHECK(state.ended[i] != state.forgotten[i]);
	FUZZ_CHECK(rs_dictproto_lookup(state.proto, "k", NULL, NULL) == 0);
	rs_dictproto_free(&state.proto);
	return 0;
}

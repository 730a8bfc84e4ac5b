/* SPDX-License-Identifier: MIT */
#include "dict-talk.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A callback's context: which command of which conversation. */
struct asked {
	struct talk *talk;
	size_t number;
};

static struct asked asked[64];

static struct asked *make_asked(struct talk *talk, size_t number)
{
	asked[number % RS_COUNT(asked)] = (struct asked){ talk, number };
	return &asked[number % RS_COUNT(asked)];
}

static void tell(enum rs_dict_result result, const char *key, const char *text, void *context)
{
	static const char *const names[] = { "found", "not found", "done", "failed" };
	struct asked *a = context;
	struct talk *talk = a->talk;
	size_t used = strlen(talk->told);

	snprintf(talk->told + used, sizeof(talk->told) - used, "%zu %s%s%s%s%s\n", a->number,
		 names[result], key != NULL ? " " : "", key != NULL ? key : "",
		 text != NULL ? ": " : "", text != NULL ? text : "");
	while (talk->add_in_first > 0) {
		uint64_t number;

		talk->add_in_first--;
		number = rs_dictproto_lookup(talk->proto, "shared/again", tell,
					     make_asked(talk, 10 + talk->add_in_first));
		if (number == 0)
			strcat(talk->told, "refused\n");
	}
	if (talk->abort_in_first) {
		talk->abort_in_first = false;
		rs_dictproto_abort(talk->proto, "given up");
	}
}

void talk_begin(struct talk *talk, unsigned major, const char *commands)
{
	static const struct rs_dict_change changes[] = { { "shared/a", "1" },
							 { "shared/b", NULL } };

	memset(talk, 0, sizeof(*talk));
	talk->proto = rs_dictproto_new(major, "relaysentry");
	for (; *commands != '\0'; commands++) {
		struct asked *context = make_asked(talk, talk->count + 1);
		uint64_t number;

		if (*commands == 'L')
			number = rs_dictproto_lookup(talk->proto, "shared/k", tell, context);
		else if (*commands == 'I')
			number = rs_dictproto_iterate(talk->proto, "shared/", tell, context);
		else
			number = rs_dictproto_commit(talk->proto, changes, RS_COUNT(changes), 0,
						     tell, context);
		talk->numbers[talk->count++] = number;
	}
}

int talk_input(struct talk *talk, const char *input, size_t len, const char **error_r)
{
	return rs_dictproto_input(talk->proto, input, len, error_r);
}

int talk_text(struct talk *talk, const char *input, const char **error_r)
{
	return talk_input(talk, input, strlen(input), error_r);
}

void talk_check_output(const char *label, struct rs_dictproto *proto, const char *want)
{
	size_t len;
	const char *data = rs_dictproto_output(proto, &len);
	char *text = strndup(data, len);

	RS_CHECK_STR(label, text, want);
	free(text);
	rs_dictproto_sent(proto, len);
}

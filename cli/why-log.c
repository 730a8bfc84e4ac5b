/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "cli.h"
#include "notify.h"
#include "why.h"

#include <relaysentry/logline.h>
#include <relaysentry/userkey.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of a value of the line. */
#define VALUE_SIZE (RS_LOG_VALUE_MAX + 1)

/* Whether a line is of the user, as the policy compares names. */
static bool is_of_user(const struct why *why, const struct rs_log_read *read)
{
	char name[RS_LOG_USER_MAX + 1], key[RS_USER_KEY_SIZE];

	memcpy(name, read->user.text, read->user.len);
	name[read->user.len] = '\0';
	return rs_user_key(why->kept.policy, name, key) != NULL && strcmp(key, why->user.key) == 0;
}

/* The oldest one goes. */
static int keep(struct why_log *log, const char *line, size_t len)
{
	char **place = &log->lines[log->count++ % WHY_VERDICTS];
	char *copy = strndup(line, len);

	if (copy == NULL)
		return rs_cli_no_memory();
	free(*place);
	*place = copy;
	return 0;
}

static int take_line(struct why *why, const char *line, size_t len)
{
	struct rs_log_read read;
	int ret = rs_log_read(line, len, &read);

	if (ret < 0)
		return rs_cli_no_memory();
	return ret > 0 && is_of_user(why, &read) ? keep(&why->log, line, len) : 0;
}

/* With default_domain, the log may have the name without its domain. */
static void warn_of_name(const struct why *why)
{
	if (!rs_log_user_certain(why->user.name, strlen(why->user.name)))
		rs_cli_message(
			RS_LEVEL_WARNING,
			"%s: Dovecot's log does not tell whose lines are of this user: it cuts "
			"and changes names that are long or have ?, #, brackets or what "
			"cannot be shown",
			why->log.path);
}

int rs_why_read_log(struct why *why)
{
	enum notify_input_result result = NOTIFY_INPUT_LINE;
	struct notify_input *input;
	int status = rs_notify_input_open(why->log.path, false, &input);

	while (status == 0 && result != NOTIFY_INPUT_END) {
		const char *line;
		size_t len;

		result = rs_notify_input_line(input, &line, &len);
		if (result == NOTIFY_INPUT_FAILED)
			status = EX_IOERR;
		else if (result == NOTIFY_INPUT_LINE)
			status = take_line(why, line, len);
	}
	rs_notify_input_close(&input);
	if (status == 0)
		warn_of_name(why);
	return status;
}

/* The i-th of those that were kept, the oldest first; false: there are no more. */
static bool get(const struct why_log *log, size_t i, struct rs_log_read *read_r)
{
	size_t kept = log->count < WHY_VERDICTS ? log->count : WHY_VERDICTS;
	const char *line;

	if (i >= kept)
		return false;
	line = log->lines[(log->count - kept + i) % WHY_VERDICTS];
	return rs_log_read(line, strlen(line), read_r) > 0;
}

static const char *text_of(const struct rs_log_span *span, char buf[VALUE_SIZE])
{
	(void)snprintf(buf, VALUE_SIZE, "%.*s", (int)span->len, span->text);
	return buf;
}

static bool says(const struct rs_log_span *span, const char *text)
{
	return span->len == strlen(text) && memcmp(span->text, text, span->len) == 0;
}

/* Prints foreign text behind what stands before it. */
static void print_span(const char *before, const struct rs_log_span *span)
{
	char buf[VALUE_SIZE];
	char *printable = rs_printable(text_of(span, buf));

	printf("%s%s", before, printable != NULL ? printable : "?");
	free(printable);
}

void rs_why_print_log(const struct why *why)
{
	const char *label = "log";
	struct rs_log_read read;

	if (why->log.path == NULL)
		return;
	if (why->log.count == 0) {
		printf(WHY_LABEL, label);
		printf("no verdict about a login of this user from a relay\n");
	}
	for (size_t i = 0; get(&why->log, i, &read); i++) {
		printf(WHY_LABEL, label);
		print_span("", &read.time);
		print_span(" ", &read.relay);
		print_span(", ", &read.address);
		print_span(": ", &read.action);
		if (says(&read.enforced, "no") && !says(&read.action, "none"))
			printf(" (not enforced)");
		if (read.outcome.len > 0)
			print_span(", outcome ", &read.outcome);
		if (!says(&read.rule, "-"))
			print_span(", by rule ", &read.rule);
		printf("\n");
		label = "";
	}
}

void rs_why_put_log(struct rs_jsonw *w, const struct why *why)
{
	struct rs_log_read read;
	char buf[VALUE_SIZE];

	if (why->log.path == NULL)
		return;
	rs_jsonw_array(w, "verdicts");
	for (size_t i = 0; get(&why->log, i, &read); i++) {
		rs_jsonw_object(w, NULL);
		rs_jsonw_string(w, "time", text_of(&read.time, buf));
		rs_jsonw_string(w, "relay", text_of(&read.relay, buf));
		rs_jsonw_string(w, "address", text_of(&read.address, buf));
		rs_jsonw_string(w, "action", text_of(&read.action, buf));
		rs_jsonw_bool(w, "enforced", says(&read.enforced, "yes"));
		if (read.outcome.len > 0)
			rs_jsonw_string(w, "outcome", text_of(&read.outcome, buf));
		if (!says(&read.rule, "-"))
			rs_jsonw_string(w, "rule", text_of(&read.rule, buf));
		rs_jsonw_end(w);
	}
	rs_jsonw_end(w);
}

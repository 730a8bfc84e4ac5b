/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "cli.h"

#include <relaysentry/json.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Longer diagnostics are cut: they quote names of foreign files and users. */
#define LINE_MAX_LEN 2048

static const struct level_text {
	const char *name, *plural, *colour;
} levels[] = {
	[RS_LEVEL_ERROR] = { "error", "errors", "\033[1;31m" },
	[RS_LEVEL_WARNING] = { "warning", "warnings", "\033[1;33m" },
	[RS_LEVEL_NOTE] = { "note", "notes", "\033[1;36m" },
};

static void print_line(enum rs_level level, const char *text)
{
	bool colour = rs_cli_colour(STDERR_FILENO);

	fprintf(stderr, "relaysentry: %s%s:%s %s\n", colour ? levels[level].colour : "",
		levels[level].name, colour ? "\033[0m" : "", text);
}

/* Returns false when all diagnostics of this level were kept. */
static bool format_left_out(const struct rs_diags *diags, enum rs_level level, char *buf,
			    size_t size)
{
	size_t left_out = rs_diags_count(diags, level);

	for (size_t i = 0; i < rs_diags_kept(diags); i++)
		left_out -= rs_diags_get(diags, i)->level == level;
	snprintf(buf, size, "%zu more %s not shown", left_out,
		 left_out == 1 ? levels[level].name : levels[level].plural);
	return left_out > 0;
}

void rs_cli_print_diags(const struct rs_diags *diags)
{
	char text[LINE_MAX_LEN];

	if (diags == NULL) {
		rs_cli_no_memory();
		return;
	}
	/* What was printed before comes first where both go to the same place. */
	fflush(stdout);
	for (size_t i = 0; i < rs_diags_kept(diags); i++) {
		const struct rs_diag *diag = rs_diags_get(diags, i);

		rs_diag_format(diag, text, sizeof(text));
		print_line(diag->level, text);
	}
	for (int level = RS_LEVEL_ERROR; level <= RS_LEVEL_NOTE; level++) {
		if (format_left_out(diags, (enum rs_level)level, text, sizeof(text)))
			print_line((enum rs_level)level, text);
	}
}

static int print_json(const struct rs_diag *diag)
{
	struct rs_jsonw *w = rs_jsonw_new(false);

	if (w == NULL)
		return rs_cli_no_memory();
	rs_jsonw_object(w, NULL);
	rs_jsonw_string(w, "level", levels[diag->level].name);
	rs_jsonw_string(w, "file", diag->file);
	rs_jsonw_int(w, "line", diag->line);
	rs_jsonw_string(w, "text", diag->text);
	rs_jsonw_end(w);
	return rs_cli_print_json(&w);
}

int rs_cli_print_diags_json(const struct rs_diags *diags)
{
	char text[LINE_MAX_LEN];
	int status = 0;

	for (size_t i = 0; status == 0 && i < rs_diags_kept(diags); i++)
		status = print_json(rs_diags_get(diags, i));
	for (int level = RS_LEVEL_ERROR; status == 0 && level <= RS_LEVEL_NOTE; level++) {
		const struct rs_diag left_out = { .level = (enum rs_level)level, .text = text };

		if (format_left_out(diags, left_out.level, text, sizeof(text)))
			status = print_json(&left_out);
	}
	return status;
}

void rs_cli_message(enum rs_level level, const char *format, ...)
{
	struct rs_diags *diags = rs_diags_new();
	char text[LINE_MAX_LEN];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	rs_diags_add(diags, level, NULL, 0, "%s", text);
	rs_cli_print_diags(diags);
	rs_diags_free(&diags);
}

int rs_cli_no_memory(void)
{
	print_line(RS_LEVEL_ERROR, "memory is short");
	return EX_OSERR;
}

int rs_cli_load_status(const struct stat *identity, const struct rs_diags *diags)
{
	if (rs_diags_memory_short(diags))
		return EX_OSERR;
	return identity->st_ino == 0 ? EX_NOINPUT : EX_DATAERR;
}

int rs_cli_load_failed(const struct stat *identity, const struct rs_diags *diags)
{
	rs_cli_print_diags(diags);
	return rs_cli_load_status(identity, diags);
}

int rs_cli_diags_status(const struct rs_diags *diags, bool strict)
{
	if (diags == NULL || rs_diags_memory_short(diags))
		return EX_OSERR;
	if (rs_diags_count(diags, RS_LEVEL_ERROR) > 0)
		return EX_DATAERR;
	return strict && rs_diags_count(diags, RS_LEVEL_WARNING) > 0 ? RS_EX_NO : 0;
}

/* SPDX-License-Identifier: MIT */
#include <relaysentry/diag.h>

#include "diag-internal.h"
#include "strbuf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RS_LEVEL_COUNT 3

struct rs_diags {
	struct rs_diag *kept;
	size_t kept_count, allocated;
	size_t kept_of[RS_LEVEL_COUNT];
	size_t counts[RS_LEVEL_COUNT];
	bool memory_short;
	/* Diagnostics come in runs from one file: its name is kept once per run. */
	char **files;
	size_t file_count, files_allocated;
};

struct rs_diags *rs_diags_new(void)
{
	return calloc(1, sizeof(struct rs_diags));
}

void rs_diags_clear(struct rs_diags *diags)
{
	for (size_t i = 0; i < diags->kept_count; i++)
		free((char *)diags->kept[i].text);
	for (size_t i = 0; i < diags->file_count; i++)
		free(diags->files[i]);
	free(diags->kept);
	free(diags->files);
	*diags = (struct rs_diags){ 0 };
}

void rs_diags_free(struct rs_diags **diags)
{
	if (*diags == NULL)
		return;
	rs_diags_clear(*diags);
	free(*diags);
	*diags = NULL;
}

/* Makes room for one more element; returns the array, which may have moved, or
 * NULL when memory is short. */
static void *grow(void *array, size_t count, size_t *allocated, size_t size)
{
	size_t want = *allocated == 0 ? 8 : *allocated * 2;
	void *p;

	if (count < *allocated)
		return array;
	p = reallocarray(array, want, size);
	if (p != NULL)
		*allocated = want;
	return p;
}

static int keep_file(struct rs_diags *diags, const char *file, const char **kept_r)
{
	struct rs_strbuf name = { 0 };
	char *text, **files;

	*kept_r = NULL;
	if (file == NULL)
		return 0;
	rs_strbuf_add_escaped(&name, file, strlen(file));
	text = rs_strbuf_take(&name);
	if (text == NULL)
		return -1;
	if (diags->file_count > 0 && strcmp(diags->files[diags->file_count - 1], text) == 0) {
		free(text);
		*kept_r = diags->files[diags->file_count - 1];
		return 0;
	}
	files = grow(diags->files, diags->file_count, &diags->files_allocated,
		     sizeof(*diags->files));
	if (files == NULL) {
		free(text);
		return -1;
	}
	diags->files = files;
	diags->files[diags->file_count++] = text;
	*kept_r = text;
	return 0;
}

/* Takes text, NULL when it could not be made. Returns -1 when memory is short. */
static int keep(struct rs_diags *diags, enum rs_level level, const char *file, unsigned line,
		char *text)
{
	struct rs_diag *diag, *kept;

	kept = grow(diags->kept, diags->kept_count, &diags->allocated, sizeof(*diags->kept));
	if (kept != NULL)
		diags->kept = kept;
	if (kept == NULL || text == NULL) {
		free(text);
		return -1;
	}
	diag = &kept[diags->kept_count];
	diag->level = level;
	diag->line = line;
	diag->text = text;
	if (keep_file(diags, file, &diag->file) < 0) {
		free(text);
		return -1;
	}
	diags->kept_count++;
	diags->kept_of[level]++;
	return 0;
}

void rs_diags_addv(struct rs_diags *diags, enum rs_level level, const char *file, unsigned line,
		   const char *format, va_list args)
{
	struct rs_strbuf raw = { 0 }, text = { 0 };

	if (diags == NULL)
		return;
	diags->counts[level]++;
	if (diags->kept_of[level] >= RS_DIAGS_MAX)
		return;
	rs_strbuf_addv(&raw, format, args);
	rs_strbuf_add_escaped(&text, rs_strbuf_text(&raw), raw.used);
	text.failed = text.failed || raw.failed;
	rs_strbuf_free(&raw);
	if (keep(diags, level, file, line, rs_strbuf_take(&text)) < 0)
		diags->memory_short = true;
}

void rs_diags_add(struct rs_diags *diags, enum rs_level level, const char *file, unsigned line,
		  const char *format, ...)
{
	va_list args;

	va_start(args, format);
	rs_diags_addv(diags, level, file, line, format, args);
	va_end(args);
}

void rs_diags_no_memory(struct rs_diags *diags, const char *file, unsigned line)
{
	if (diags == NULL)
		return;
	rs_diags_add(diags, RS_LEVEL_ERROR, file, line, "memory is short");
	diags->memory_short = true;
}

bool rs_diags_memory_short(const struct rs_diags *diags)
{
	return diags != NULL && diags->memory_short;
}

void rs_diags_append(struct rs_diags *diags, const struct rs_diags *from,
		     bool (*wanted)(const struct rs_diag *diag, const void *context),
		     const void *context)
{
	for (size_t i = 0; i < from->kept_count; i++) {
		const struct rs_diag *diag = &from->kept[i];

		if (wanted(diag, context))
			rs_diags_add(diags, diag->level, diag->file, diag->line, "%s", diag->text);
	}
	for (int level = RS_LEVEL_ERROR; level < RS_LEVEL_NOTE; level++)
		diags->counts[level] += from->counts[level] - from->kept_of[level];
	diags->memory_short = diags->memory_short || from->memory_short;
}

size_t rs_diags_count(const struct rs_diags *diags, enum rs_level level)
{
	return diags->counts[level];
}

size_t rs_diags_kept(const struct rs_diags *diags)
{
	return diags->kept_count;
}

const struct rs_diag *rs_diags_get(const struct rs_diags *diags, size_t i)
{
	return &diags->kept[i];
}

size_t rs_diag_format(const struct rs_diag *diag, char *buf, size_t size)
{
	int len;

	if (diag->file != NULL && diag->line > 0)
		len = snprintf(buf, size, "%s:%u: %s", diag->file, diag->line, diag->text);
	else if (diag->file != NULL)
		len = snprintf(buf, size, "%s: %s", diag->file, diag->text);
	else
		len = snprintf(buf, size, "%s", diag->text);
	if (len < 0) {
		buf[0] = '\0';
		return 0;
	}
	return (size_t)len;
}

char *rs_printable(const char *text)
{
	struct rs_strbuf buf = { 0 };

	/* Of an empty text there is something to take, too. */
	rs_strbuf_add_text(&buf, "");
	rs_strbuf_add_escaped(&buf, text, strlen(text));
	return rs_strbuf_take(&buf);
}

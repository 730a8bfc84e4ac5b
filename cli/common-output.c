/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "cli.h"

#include <relaysentry/json.h>

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

struct rs_cli_table {
	size_t columns;
	size_t count, allocated;
	char **cells;
	enum rs_cli_align *aligns;
	bool failed;
};

bool rs_cli_colour(int fd)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	if (no_color != NULL && *no_color != '\0')
		return false;
	return term != NULL && *term != '\0' && strcmp(term, "dumb") != 0 && isatty(fd) == 1;
}

int rs_cli_finish(int status)
{
	/* A write may have failed long ago, with an errno that is gone. */
	bool failed = ferror(stdout) != 0;
	bool closed = (fcntl(STDOUT_FILENO, F_GETFL) & O_ACCMODE) == O_RDONLY;
	const char *why = closed ? "it is closed" : "not all of it was taken; is the disk full?";

	errno = 0;
	if (fflush(stdout) != 0) {
		failed = true;
		if (errno != 0 && !closed)
			why = strerror(errno);
	}
	if (!failed)
		return status;
	rs_cli_message(RS_LEVEL_ERROR, "cannot write to standard output: %s", why);
	return EX_IOERR;
}

int rs_cli_print_json(struct rs_jsonw **w)
{
	const char *text = rs_jsonw_text(*w);
	int status = 0;

	if (text != NULL)
		(void)puts(text);
	else
		status = rs_cli_no_memory();
	rs_jsonw_free(w);
	return status;
}

size_t rs_cli_width(const char *text)
{
	mbstate_t state;
	size_t width = 0;

	memset(&state, 0, sizeof(state));
	while (*text != '\0') {
		wchar_t c;
		size_t len = mbrtowc(&c, text, strlen(text), &state);
		int columns;

		if (len == (size_t)-1 || len == (size_t)-2) {
			/* The locale is not UTF-8: one column for each character of UTF-8. */
			memset(&state, 0, sizeof(state));
			width += ((unsigned char)*text & 0xc0) != 0x80;
			text++;
			continue;
		}
		columns = wcwidth(c);
		width += columns > 0 ? (size_t)columns : 0;
		text += len;
	}
	return width;
}

struct rs_cli_table *rs_cli_table_new(size_t columns)
{
	struct rs_cli_table *table = calloc(1, sizeof(*table));

	if (table == NULL)
		return NULL;
	table->columns = columns;
	table->aligns = calloc(columns, sizeof(*table->aligns));
	if (table->aligns == NULL) {
		free(table);
		return NULL;
	}
	return table;
}

void rs_cli_table_align(struct rs_cli_table *table, size_t column, enum rs_cli_align align)
{
	table->aligns[column] = align;
}

void rs_cli_table_cell(struct rs_cli_table *table, const char *format, ...)
{
	va_list args;
	char *cell;
	int len;

	if (table->failed)
		return;
	if (table->count == table->allocated) {
		size_t allocated = table->allocated == 0 ? 64 : 2 * table->allocated;
		char **cells = reallocarray(table->cells, allocated, sizeof(*cells));

		if (cells == NULL) {
			table->failed = true;
			return;
		}
		table->cells = cells;
		table->allocated = allocated;
	}
	va_start(args, format);
	len = vasprintf(&cell, format, args);
	va_end(args);
	if (len < 0)
		table->failed = true;
	else
		table->cells[table->count++] = cell;
}

void rs_cli_table_text(struct rs_cli_table *table, const char *text)
{
	char *printable = rs_printable(text);

	if (printable == NULL)
		table->failed = true;
	else
		rs_cli_table_cell(table, "%s", printable);
	free(printable);
}

/* Prints a row without blanks at its end. */
static void print_row(const struct rs_cli_table *table, char *const *cells, const size_t *widths)
{
	size_t columns = table->columns;

	while (columns > 0 && *cells[columns - 1] == '\0')
		columns--;
	for (size_t i = 0; i < columns; i++) {
		int pad = (int)(widths[i] - rs_cli_width(cells[i]));
		bool last = i + 1 == columns;

		if (table->aligns[i] == RS_ALIGN_RIGHT)
			printf("%*s%s", pad, "", cells[i]);
		else
			printf("%s%*s", cells[i], last ? 0 : pad, "");
		if (!last)
			fputs("  ", stdout);
	}
	putchar('\n');
}

static int print_rows(const struct rs_cli_table *table)
{
	size_t *widths = calloc(table->columns, sizeof(*widths));

	if (widths == NULL)
		return -1;
	for (size_t i = 0; i < table->count; i++) {
		size_t width = rs_cli_width(table->cells[i]);

		if (width > widths[i % table->columns])
			widths[i % table->columns] = width;
	}
	for (size_t i = 0; i + table->columns <= table->count; i += table->columns)
		print_row(table, table->cells + i, widths);
	free(widths);
	return 0;
}

void rs_cli_table_free(struct rs_cli_table **_table)
{
	struct rs_cli_table *table = *_table;

	*_table = NULL;
	if (table == NULL)
		return;
	for (size_t i = 0; i < table->count; i++)
		free(table->cells[i]);
	free(table->cells);
	free(table->aligns);
	free(table);
}

int rs_cli_table_print(struct rs_cli_table **_table)
{
	/* The user's locale is for the width of characters alone: nothing that
	 * decides may depend on it. */
	locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
	struct rs_cli_table *table = *_table;
	int status = 0;

	if (locale != (locale_t)0)
		(void)uselocale(locale);
	if (table == NULL || table->failed || print_rows(table) < 0)
		status = rs_cli_no_memory();
	(void)uselocale(LC_GLOBAL_LOCALE);
	if (locale != (locale_t)0)
		freelocale(locale);
	rs_cli_table_free(_table);
	return status;
}

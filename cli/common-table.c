/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "table-internal.h"

#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

/* Columns of the character that text begins with; *len_r: its bytes. */
static size_t character(const char *text, mbstate_t *state, size_t *len_r)
{
	wchar_t c;
	size_t len = mbrtowc(&c, text, strlen(text), state);
	int columns;

	if (len == (size_t)-1 || len == (size_t)-2) {
		/* The locale is not UTF-8: one column for each character of UTF-8. */
		memset(state, 0, sizeof(*state));
		*len_r = 1;
		return ((unsigned char)*text & 0xc0) != 0x80;
	}
	columns = wcwidth(c);
	*len_r = len;
	return columns > 0 ? (size_t)columns : 0;
}

size_t rs_cli_width(const char *text)
{
	mbstate_t state;
	size_t width = 0, len;

	memset(&state, 0, sizeof(state));
	for (; *text != '\0'; text += len)
		width += character(text, &state, &len);
	return width;
}

size_t rs_cli_fitting(const char *text, size_t width)
{
	mbstate_t state;
	size_t used = 0, len;
	const char *p = text;

	memset(&state, 0, sizeof(state));
	for (; *p != '\0'; p += len) {
		used += character(p, &state, &len);
		if (used > width)
			break;
	}
	return (size_t)(p - text);
}

struct rs_cli_table *rs_cli_table_new(size_t columns)
{
	struct rs_cli_table *table = calloc(1, sizeof(*table));

	if (table == NULL)
		return NULL;
	table->columns = columns;
	table->of = calloc(columns, sizeof(*table->of));
	if (table->of == NULL) {
		free(table);
		return NULL;
	}
	return table;
}

void rs_cli_table_align(struct rs_cli_table *table, size_t column, enum rs_cli_align align)
{
	table->of[column].align = align;
}

void rs_cli_table_narrow(struct rs_cli_table *table, size_t column,
			 const struct rs_cli_narrow *narrow)
{
	table->of[column].narrow = *narrow;
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
static void print_row(const struct rs_cli_table *table, char *const *cells)
{
	size_t columns = table->columns;
	bool first = true;

	while (columns > 0 && (*cells[columns - 1] == '\0' || table->of[columns - 1].left_out))
		columns--;
	for (size_t i = 0; i < columns; i++) {
		const struct rs_cli_column *column = &table->of[i];
		int pad = (int)(column->width - rs_cli_width(cells[i]));

		if (column->left_out)
			continue;
		if (!first)
			fputs("  ", stdout);
		first = false;
		if (column->align == RS_ALIGN_RIGHT)
			printf("%*s%s", pad, "", cells[i]);
		else
			printf("%s%*s", cells[i], i + 1 == columns ? 0 : pad, "");
	}
	putchar('\n');
}

static int print_rows(struct rs_cli_table *table, size_t limit)
{
	for (size_t i = 0; i < table->count; i++) {
		struct rs_cli_column *column = &table->of[i % table->columns];
		size_t width = rs_cli_width(table->cells[i]);

		if (width > column->width)
			column->width = width;
	}
	if (limit > 0 && rs_table_fit(table, limit) < 0)
		return -1;
	for (size_t i = 0; i + table->columns <= table->count; i += table->columns)
		print_row(table, table->cells + i);
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
	free(table->of);
	free(table);
}

int rs_cli_table_print(struct rs_cli_table **table)
{
	return rs_cli_table_print_within(table, 0);
}

int rs_cli_table_print_within(struct rs_cli_table **_table, size_t width)
{
	/* The user's locale is for the width of characters alone: nothing that
	 * decides may depend on it. */
	locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
	struct rs_cli_table *table = *_table;
	int status = 0;

	if (locale != (locale_t)0)
		(void)uselocale(locale);
	if (table == NULL || table->failed || print_rows(table, width) < 0)
		status = rs_cli_no_memory();
	(void)uselocale(LC_GLOBAL_LOCALE);
	if (locale != (locale_t)0)
		freelocale(locale);
	rs_cli_table_free(_table);
	return status;
}

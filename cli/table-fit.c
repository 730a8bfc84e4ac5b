/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "table-internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DOTS "..."
/* Cells are not made shorter than this. */
#define LITTLE 8U
/* Between the items of a list. */
#define COMMA ", "

static size_t total(const struct rs_cli_table *table, const size_t *widths)
{
	size_t sum = 0;

	for (size_t i = 0; i < table->columns; i++) {
		if (!table->of[i].left_out)
			sum += widths[i] + (sum > 0 ? TABLE_GAP : 0);
	}
	return sum;
}

/* Takes from the widest of the columns that may be shortened, to so many columns at most,
 * until all fits. Returns whether it does. */
static bool narrow(const struct rs_cli_table *table, size_t *widths, size_t limit, size_t most)
{
	for (size_t i = 0; i < table->columns; i++)
		widths[i] = table->of[i].width;
	while (total(table, widths) > limit) {
		size_t widest = table->columns;

		for (size_t i = 0; i < table->columns; i++) {
			size_t least = table->of[i].narrow.least;

			least = least < most ? least : most;
			if (table->of[i].left_out || least == 0 || widths[i] <= least)
				continue;
			if (widest == table->columns || widths[i] > widths[widest])
				widest = i;
		}
		if (widest == table->columns)
			return false;
		widths[widest]--;
	}
	return true;
}

/* Returns whether there was one to leave out. */
static bool leave_out(struct rs_cli_table *table)
{
	struct rs_cli_column *last = NULL;

	for (size_t i = 0; i < table->columns; i++) {
		struct rs_cli_column *column = &table->of[i];

		if (!column->left_out && column->narrow.rank > 0 &&
		    (last == NULL || column->narrow.rank > last->narrow.rank))
			last = column;
	}
	if (last != NULL)
		last->left_out = true;
	return last != NULL;
}

char *rs_cli_cut(const char *text, size_t width)
{
	size_t room = width > strlen(DOTS) ? width - strlen(DOTS) : 0;
	char *cut;

	if (rs_cli_width(text) <= width)
		return strdup(text);
	return asprintf(&cut, "%.*s" DOTS, (int)rs_cli_fitting(text, room), text) < 0 ? NULL : cut;
}

static char *and_more(const char *text, size_t len, size_t left)
{
	char *list;

	return asprintf(&list, "%.*s +%zu", (int)len, text, left) < 0 ? NULL : list;
}

/* Of the first item its begin. */
static char *cut_first(const char *text, size_t left, size_t width)
{
	char *item = strndup(text, strcspn(text, ",")), *cut = NULL, *list = NULL, *more;

	more = and_more("", 0, left);
	if (item != NULL && more != NULL)
		cut = rs_cli_cut(item, width > strlen(more) ? width - strlen(more) : 0);
	if (cut != NULL)
		list = and_more(cut, strlen(cut), left);
	free(item);
	free(cut);
	free(more);
	return list;
}

/* As many items as find room, and how many did not: "imap, pop3 +2". */
static char *cut_list(const char *text, size_t width)
{
	size_t left = 0, all;
	char *best = NULL;

	for (const char *p = text; (p = strstr(p, COMMA)) != NULL; p += strlen(COMMA))
		left++;
	all = left;
	for (const char *end = text; left > 0; left--, end += strlen(COMMA)) {
		char *list;

		end = strstr(end, COMMA);
		list = and_more(text, (size_t)(end - text), left);
		if (list == NULL || rs_cli_width(list) > width) {
			free(list);
			break;
		}
		free(best);
		best = list;
	}
	if (best != NULL)
		return best;
	return all > 0 ? cut_first(text, all, width) : rs_cli_cut(text, width);
}

static int cut_cells(struct rs_cli_table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct rs_cli_column *column = &table->of[i % table->columns];
		char *cut;

		if (column->left_out || rs_cli_width(table->cells[i]) <= column->width)
			continue;
		cut = column->narrow.list ? cut_list(table->cells[i], column->width)
					  : rs_cli_cut(table->cells[i], column->width);
		if (cut == NULL)
			return -1;
		free(table->cells[i]);
		table->cells[i] = cut;
	}
	return 0;
}

int rs_table_fit(struct rs_cli_table *table, size_t limit)
{
	size_t *widths = calloc(table->columns, sizeof(*widths));
	bool fits;
	int ret;

	if (widths == NULL)
		return -1;
	while (!(fits = narrow(table, widths, limit, SIZE_MAX)) && leave_out(table))
		;
	/* Names of which little is left are better than broken rows. */
	if (!fits)
		(void)narrow(table, widths, limit, LITTLE);
	for (size_t i = 0; i < table->columns; i++)
		table->of[i].width = widths[i];
	ret = cut_cells(table);
	free(widths);
	return ret;
}

/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_CLI_TABLE_INTERNAL_H
#define RELAYSENTRY_CLI_TABLE_INTERNAL_H

/* What the files of tables share: common-table.c keeps cells and prints them, table-fit.c
 * makes them narrower. */

#include "cli.h"

struct rs_cli_column {
	enum rs_cli_align align;
	struct rs_cli_narrow narrow;
	size_t width; /* of its widest cell, when the table is printed */
	bool left_out;
};

struct rs_cli_table {
	size_t columns;
	size_t count, allocated;
	char **cells;
	struct rs_cli_column *of; /* for each column */
	bool failed;
};

/* Columns that a row takes between two cells. */
#define TABLE_GAP 2

/* Leaves columns out and shortens cells until rows take at most limit columns, as far as
 * that may be done. Returns 0, -1 when memory is short. */
int rs_table_fit(struct rs_cli_table *table, size_t limit);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_CLI_H
#define RELAYSENTRY_CLI_H

/* What the commands share: options, diagnostics, output, exit status. */

#include <relaysentry/diag.h>
#include <relaysentry/when.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sysexits.h>

/* Where things lie when no path is given. The administrator's own relays come
 * behind the bundled ones, and may be missing. */
#define RS_DEFAULT_CATALOGUE RS_DATADIR "/relays"
#define RS_DEFAULT_OWN_CATALOGUE RS_SYSCONFDIR "/relays.d"
#define RS_DEFAULT_POLICY RS_SYSCONFDIR "/policy.json"
#define RS_DEFAULT_DATABASE RS_STATEDIR "/relays.mmdb"

/* The exit status of a plain "no": denied, too old. All others are 0 or from sysexits.h. */
#define RS_EX_NO 1

/* --- commands: each in its own file cmd-NAME.c; argv[0] is its name --- */

int rs_cmd_audit(int argc, char **argv);
int rs_cmd_check(int argc, char **argv);
int rs_cmd_compile(int argc, char **argv);
int rs_cmd_except(int argc, char **argv);
int rs_cmd_forget(int argc, char **argv);
int rs_cmd_lint(int argc, char **argv);
int rs_cmd_notify(int argc, char **argv);
int rs_cmd_relays(int argc, char **argv);
int rs_cmd_seen(int argc, char **argv);
int rs_cmd_status(int argc, char **argv);
int rs_cmd_why(int argc, char **argv);

/* --- options (common-option.c) --- */

struct rs_cli_option {
	const char *name; /* "policy" for --policy; NULL ends the table */
	int value;	  /* a letter is also the short option; else RS_OPT and up */
	const char *arg;  /* "FILE"; NULL: no argument */
	const char *help; /* one line, or several separated by \n */
};
/* Values of options without a short form. */
#define RS_OPT 256

struct rs_cli_usage {
	const char *name;     /* of the command */
	const char *operands; /* "[PATH...]", or several forms separated by \n */
	const char *about;    /* what it does; ends with \n */
	const struct rs_cli_option *options;
	const char *more; /* behind the options: exit status, examples; NULL or ends with \n */
};

/* Where an option goes that needs no look; one of the two pointers is set. */
struct rs_cli_target {
	int option; /* 0 ends the table */
	bool *given;
	const char **text; /* its argument, of the command line */
};
/* Takes an option that has no target. Returns 0, or an exit status with a message. */
typedef int rs_cli_take(void *context, const struct rs_cli_usage *usage, int option,
			const char *value);
/* Reads all options; the operands are argv[optind] and on. take: NULL when each has a
 * target. Returns 0. Or -1 when the command ends with *status_r: --help was printed, or
 * a wrong option reported. */
int rs_cli_options(const struct rs_cli_usage *usage, int argc, char **argv,
		   const struct rs_cli_target *targets, rs_cli_take *take, void *context,
		   int *status_r);

/* Reports a wrong use of the command on stderr. Returns EX_USAGE. */
int rs_cli_usage_error(const struct rs_cli_usage *usage, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Reads `relaysentry_group=staff` or another field of a passdb into the login. Returns 0,
 * EX_USAGE with a message. */
struct rs_login;
int rs_cli_login_field(const struct rs_cli_usage *usage, struct rs_login *login, const char *field);

/* --- diagnostics (common-diag.c) --- */

/* Prints `relaysentry: error: file:line: text` for each on stderr, and how many
 * were left out. diags may be NULL: memory was short, and that is said. */
void rs_cli_print_diags(const struct rs_diags *diags);
/* Prints one diagnostic of this level on stderr; foreign bytes are escaped. */
void rs_cli_message(enum rs_level level, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Prints the diagnostics to stdout, one JSON object in each line: level, file,
 * line, text. Returns 0, EX_OSERR when memory was short (reported). */
int rs_cli_print_diags_json(const struct rs_diags *diags);
/* "memory is short" on stderr. Returns EX_OSERR. */
int rs_cli_no_memory(void);
/* Why a file could not be loaded: EX_OSERR when memory was short, EX_NOINPUT when
 * it cannot be opened (identity is all 0), EX_DATAERR when it is faulty. */
int rs_cli_load_status(const struct stat *identity, const struct rs_diags *diags);
/* Prints them, and returns the same. */
int rs_cli_load_failed(const struct stat *identity, const struct rs_diags *diags);
/* 0, or EX_DATAERR when there are errors among diags, EX_OSERR when memory was
 * short; strict: RS_EX_NO when there are warnings. */
int rs_cli_diags_status(const struct rs_diags *diags, bool strict);

/* --- output (common-output.c, common-table.c, table-fit.c) --- */

/* Whether to colour what goes to fd: a terminal that is not dumb, and NO_COLOR
 * is unset or empty (no-color.org). */
bool rs_cli_colour(int fd);
/* Flushes stdout. Returns status, or EX_IOERR with a message when not all that
 * was printed could be written. */
int rs_cli_finish(int status);

/* Closes what open_memstream() opened on *text, and returns that, which the caller frees; NULL
 * when memory was short, also before. */
char *rs_cli_memory_text(FILE *out, char **text);

/* Prints the text to stdout, with a newline, and frees w. Returns 0, EX_OSERR when
 * memory was short (reported). */
struct rs_jsonw;
int rs_cli_print_json(struct rs_jsonw **w);

/* A table with aligned columns; the last column is not padded. */
struct rs_cli_table;
enum rs_cli_align { RS_ALIGN_LEFT, RS_ALIGN_RIGHT };
/* NULL when memory is short. */
struct rs_cli_table *rs_cli_table_new(size_t columns);
void rs_cli_table_align(struct rs_cli_table *table, size_t column, enum rs_cli_align align);
/* Adds the next cell, row by row; text is copied. The first row is the heading.
 * A failure (memory) is kept and told by rs_cli_table_print(). */
void rs_cli_table_cell(struct rs_cli_table *table, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* The same for foreign text, made printable. */
void rs_cli_table_text(struct rs_cli_table *table, const char *text);
/* What may become of a column where the table is wider than the terminal; all 0: it stays
 * as it is. First cells are shortened, the widest ones most; where that is not enough, a
 * column is left out, and all are seen anew. */
struct rs_cli_narrow {
	unsigned rank; /* the highest is left out first; 0: never */
	size_t least;  /* cells may be shortened to so many columns, and more where nothing
			  else is left; 0: not */
	bool list;     /* to "imap, pop3 +2", and not to "imap, pop3, su..." */
};
void rs_cli_table_narrow(struct rs_cli_table *table, size_t column,
			 const struct rs_cli_narrow *narrow);
/* Prints to stdout and frees. Returns 0, EX_OSERR when memory was short (reported). */
int rs_cli_table_print(struct rs_cli_table **table);
/* The same, at most so many columns wide where the table may be made so narrow; 0: as wide
 * as it is. */
int rs_cli_table_print_within(struct rs_cli_table **table, size_t width);
void rs_cli_table_free(struct rs_cli_table **table);
/* Columns of the terminal at fd; 0: it is none, there is no limit. */
size_t rs_cli_terminal_width(int fd);
/* Columns that text takes on a terminal, of the locale that uselocale() set. */
size_t rs_cli_width(const char *text);
/* How many of its bytes, in whole characters, take at most width columns. */
size_t rs_cli_fitting(const char *text, size_t width);
/* At most width columns of it; with dots where it was cut. Allocated with malloc(); NULL
 * when memory is short. */
char *rs_cli_cut(const char *text, size_t width);

/* --- input (common-input.c) --- */

/* Reads a whole file, or standard input when path is "-", up to limit bytes.
 * *data_r is allocated with malloc(). Returns 0, EX_NOINPUT with a message. */
int rs_cli_read(const char *path, size_t limit, char **data_r, size_t *len_r);

/* --- time (common-time.c) --- */

/* Room for an age, and for what rs_when_format() writes. */
#define RS_CLI_TIME_LEN 40
/* "3 d 4 h", "12 min", "5 s": the two largest units. Not for negative values. */
const char *rs_cli_format_age(int64_t seconds, char buf[RS_CLI_TIME_LEN]);
/* Reads `2026-11-22T08:00:00Z` (or with +01:00), `2026-11-22` (its begin in UTC)
 * or `@1795000000`. Returns 0, -1 when text is none of these. */
int rs_cli_parse_time(const char *text, int64_t *seconds_r);
/* The same for an end: the first second behind a day, or behind that second. */
int rs_cli_parse_end(const char *text, int64_t *end_r);
/* Now; or SOURCE_DATE_EPOCH when that is set, so that results can be repeated.
 * Returns 0, EX_USAGE with a message when SOURCE_DATE_EPOCH is no number. */
int rs_cli_now(int64_t *now_r);

/* --- paths (common-path.c) --- */

/* The catalogue's paths: the operands, or the defaults when there are none
 * (without the administrator's relays.d when that does not exist). The array is
 * written to paths_r, which must have room for count + 2 entries. Returns their
 * number. */
size_t rs_cli_catalogue_paths(char *const *operands, size_t count, const char **paths_r);

#endif

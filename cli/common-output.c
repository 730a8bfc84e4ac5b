/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "cli.h"

#include <relaysentry/json.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Of terminals that do not tell. */
#define USUAL_WIDTH 80

bool rs_cli_colour(int fd)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	if (no_color != NULL && *no_color != '\0')
		return false;
	return term != NULL && *term != '\0' && strcmp(term, "dumb") != 0 && isatty(fd) == 1;
}

size_t rs_cli_terminal_width(int fd)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;
	long number;

	if (isatty(fd) != 1)
		return 0;
	if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return size.ws_col;
	/* A serial line does not know; who sits there may. */
	number = columns != NULL ? strtol(columns, NULL, 10) : 0;
	return number > 0 && number < 10000 ? (size_t)number : USUAL_WIDTH;
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

char *rs_cli_memory_text(FILE *out, char **text)
{
	/* Closing tells of no write that failed before. */
	bool failed = ferror(out) != 0;

	if (fclose(out) == 0 && !failed)
		return *text;
	free(*text);
	return NULL;
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

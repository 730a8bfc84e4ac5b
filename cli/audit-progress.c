/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "audit.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

/* What takes less needs no progress. */
#define FIRST_MSECS 1000
#define NEXT_MSECS 200
#define LINE_LEN 160

struct audit_progress {
	uint64_t total;
	int64_t begin; /* milliseconds */
	atomic_uint_fast64_t stored, text;
	atomic_int_fast64_t next; /* when it is drawn again: whoever moves it on, draws */
	size_t columns;
	size_t drawn; /* columns of what is there */
};

static int64_t now_msecs(void)
{
	struct timespec now;

	if (clock_gettime(CLOCK_MONOTONIC, &now) < 0)
		return 0;
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static size_t terminal_columns(void)
{
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
		return 80;
	return size.ws_col;
}

struct audit_progress *rs_audit_progress_begin(uint64_t total)
{
	const char *term = getenv("TERM");
	struct audit_progress *progress;

	/* A dumb one writes each line below the one before. */
	if (!isatty(STDERR_FILENO) || term == NULL || strcmp(term, "dumb") == 0)
		return NULL;
	progress = calloc(1, sizeof(*progress));
	if (progress == NULL)
		return NULL;
	progress->total = total;
	progress->begin = now_msecs();
	progress->columns = terminal_columns();
	atomic_init(&progress->stored, 0);
	atomic_init(&progress->text, 0);
	atomic_init(&progress->next, progress->begin + FIRST_MSECS);
	return progress;
}

/* "812 MB", "1.3 GB" */
static void format_bytes(char *buf, size_t size, double bytes)
{
	if (bytes < 999.5e6)
		snprintf(buf, size, "%.0f MB", bytes / 1e6);
	else if (bytes < 999.5e9)
		snprintf(buf, size, "%.1f GB", bytes / 1e9);
	else
		snprintf(buf, size, "%.1f TB", bytes / 1e12);
}

static void format_line(const struct audit_progress *progress, int64_t now, char *line, size_t size)
{
	double stored = (double)atomic_load(&progress->stored);
	double text = (double)atomic_load(&progress->text), total = (double)progress->total;
	double seconds = (double)(now - progress->begin) / 1000;
	char read[32], rate[32], left[RS_CLI_TIME_LEN];

	format_bytes(read, sizeof(read), text);
	format_bytes(rate, sizeof(rate), text / seconds);
	/* A log that is written to may have become longer. */
	if (total <= 0 || stored > total) {
		snprintf(line, size, "%s read, %s/s", read, rate);
		return;
	}
	rs_cli_format_age(stored > 0 ? (int64_t)(seconds * (total - stored) / stored + 0.5) : 0,
			  left);
	snprintf(line, size, "%3.0f %%  %s read, %s/s, %s left", stored * 100 / total, read, rate,
		 left);
}

/* Writes text over what is there. */
static void draw(struct audit_progress *progress, const char *text)
{
	char line[2 * LINE_LEN + 4];
	size_t len = strlen(text), columns = progress->columns - 1;
	int n;

	len = len < columns ? len : columns;
	n = snprintf(line, sizeof(line), "\r%.*s%*s", (int)len, text,
		     progress->drawn > len ? (int)(progress->drawn - len) : 0, "");
	progress->drawn = len;
	/* What a terminal does not take is no loss. */
	if (write(STDERR_FILENO, line, (size_t)n) < 0)
		return;
}

void rs_audit_progress_add(struct audit_progress *progress, uint64_t stored, uint64_t text)
{
	int_fast64_t next;
	char line[LINE_LEN];
	int64_t now;

	if (progress == NULL)
		return;
	atomic_fetch_add(&progress->stored, stored);
	atomic_fetch_add(&progress->text, text);
	now = now_msecs();
	next = atomic_load(&progress->next);
	/* While it is drawn, that takes less than until it is drawn again. */
	if (now < next || !atomic_compare_exchange_strong(&progress->next, &next, now + NEXT_MSECS))
		return;
	format_line(progress, now, line, sizeof(line));
	draw(progress, line);
}

void rs_audit_progress_end(struct audit_progress **progress)
{
	if (*progress != NULL && (*progress)->drawn > 0) {
		draw(*progress, "");
		if (write(STDERR_FILENO, "\r", 1) < 0)
			(*progress)->drawn = 0;
	}
	free(*progress);
	*progress = NULL;
}

/* SPDX-License-Identifier: MIT */
/* What a terminal shows while logs are read. */
#include "fake-audit.h"

#include "cli/audit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int terminal, kept;

/* Makes a terminal of so many columns stderr. */
static void begin_terminal(unsigned short columns)
{
	struct winsize size = { .ws_row = 24, .ws_col = columns };
	int fd;

	terminal = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
	if (terminal < 0 || grantpt(terminal) < 0 || unlockpt(terminal) < 0)
		exit(2);
	fd = open(ptsname(terminal), O_RDWR | O_NOCTTY);
	kept = dup(STDERR_FILENO);
	if (fd < 0 || kept < 0 || ioctl(fd, TIOCSWINSZ, &size) < 0 || dup2(fd, STDERR_FILENO) < 0)
		exit(2);
	close(fd);
	(void)setenv("TERM", "xterm", 1);
}

static void end_terminal(void)
{
	(void)dup2(kept, STDERR_FILENO);
	close(kept);
	close(terminal);
}

/* What was written since the last call. */
static const char *shown(void)
{
	static char text[4096];
	ssize_t n = read(terminal, text, sizeof(text) - 1);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void test_line(void)
{
	struct audit_progress *progress;
	const char *text;

	begin_terminal(80);
	progress = rs_audit_progress_begin(1000000000);
	rs_audit_progress_add(progress, 100000000, 1000000000);
	RS_CHECK_STR("nothing in the first second", shown(), "");
	(void)usleep(1050000);
	rs_audit_progress_add(progress, 150000000, 1500000000);
	text = shown();
	RS_CHECK("the line", strncmp(text, "\r 25 %  2.5 GB read, ", 21) == 0, "%s", text);
	RS_CHECK("its end", strstr(text, "/s, 3 s left") != NULL, "%s", text);
	RS_CHECK("one line", strchr(text, '\n') == NULL);
	rs_audit_progress_add(progress, 1, 1);
	RS_CHECK_STR("not at once again", shown(), "");
	rs_audit_progress_end(&progress);
	text = shown();
	RS_CHECK("it is removed", *text == '\r' && text[strspn(text, "\r ")] == '\0' &&
					  text[strlen(text) - 1] == '\r');
	RS_CHECK("gone", progress == NULL);
	end_terminal();
}

static void test_unknown_size(void)
{
	struct audit_progress *progress;
	const char *text;

	begin_terminal(20);
	progress = rs_audit_progress_begin(0);
	(void)usleep(1050000);
	rs_audit_progress_add(progress, 150000000, 1500000000);
	text = shown();
	RS_CHECK("no share, and what fits into a line",
		 strncmp(text, "\r1.5 GB read, ", 14) == 0 && strlen(text) == 20, "%s", text);
	rs_audit_progress_end(&progress);
	end_terminal();
}

static void test_none(void)
{
	struct audit_progress *progress;

	begin_terminal(80);
	progress = rs_audit_progress_begin(1);
	rs_audit_progress_end(&progress);
	RS_CHECK_STR("what is done at once", shown(), "");
	(void)setenv("TERM", "dumb", 1);
	RS_CHECK("a dumb terminal", rs_audit_progress_begin(1) == NULL);
	(void)unsetenv("TERM");
	RS_CHECK("an unknown terminal", rs_audit_progress_begin(1) == NULL);
	(void)setenv("TERM", "xterm", 1);
	end_terminal();
	begin_terminal(80);
	(void)dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDERR_FILENO);
	RS_CHECK("no terminal", rs_audit_progress_begin(1) == NULL);
	end_terminal();
	progress = NULL;
	rs_audit_progress_add(progress, 1, 1);
	rs_audit_progress_end(&progress);
}

void cli_suite_audit_progress(CU_pSuite suite)
{
	CU_add_test(suite, "a line that is removed", test_line);
	CU_add_test(suite, "of what is not known to end", test_unknown_size);
	CU_add_test(suite, "nothing where nobody looks", test_none);
}

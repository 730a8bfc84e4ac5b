/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "cli.h"
#include "notify.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A server that does not take a mail within this time is asked again later. */
#define SECONDS 60
#define STEP_MSECS 10

/* In memory, and not a pipe: nobody has to write while sendmail reads. Returns the
 * descriptor, at its beginning; -1. */
static int as_file(const char *text, size_t len)
{
	int fd = memfd_create("relaysentry-mail", MFD_CLOEXEC);

	if (fd == -1)
		return -1;
	while (len > 0) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		text += n;
		len -= (size_t)n;
	}
	if (len == 0 && lseek(fd, 0, SEEK_SET) == 0)
		return fd;
	close(fd);
	return -1;
}

/* Returns 0, or errno. */
static int start(const char *sendmail, const char *sender, const char *address, int input,
		 pid_t *pid_r)
{
	/* posix_spawn() does not write into them. */
	char *const argv[] = { (char *)sendmail, (char *)"-i",	  (char *)"-f", (char *)sender,
			       (char *)"--",	 (char *)address, NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t ignored;
	int error;

	(void)sigemptyset(&ignored);
	(void)sigaddset(&ignored, SIGXFSZ);
	(void)posix_spawn_file_actions_init(&actions);
	(void)posix_spawnattr_init(&attributes);
	(void)posix_spawnattr_setsigdefault(&attributes, &ignored);
	(void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
	/* What it says is for the log, and not a result. */
	error = posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
	if (error == 0)
		error = posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
	if (error == 0)
		error = posix_spawn(pid_r, sendmail, &actions, &attributes, argv, environ);
	(void)posix_spawn_file_actions_destroy(&actions);
	(void)posix_spawnattr_destroy(&attributes);
	return error;
}

/* Returns its status as waitpid() has it; -1 when it was killed for being late. */
static int wait_for(pid_t pid)
{
	const struct timespec step = { .tv_nsec = STEP_MSECS * 1000000L };
	int status;

	for (int i = 0; i < SECONDS * 1000 / STEP_MSECS; i++) {
		pid_t ended = waitpid(pid, &status, WNOHANG);

		if (ended == pid)
			return status;
		if (ended == -1 && errno != EINTR)
			return -1;
		(void)nanosleep(&step, NULL);
	}
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, &status, 0);
	return -1;
}

static int complain(const char *sendmail, const char *address, const char *what)
{
	rs_cli_message(RS_LEVEL_ERROR, "%s: the mail to %s was not taken: %s", sendmail, address,
		       what);
	return EX_TEMPFAIL;
}

int rs_notify_send(const char *sendmail, const char *sender, const char *address, const char *text,
		   size_t len)
{
	int input = as_file(text, len), error, status;
	char what[64];
	pid_t pid;

	if (input == -1)
		return complain(sendmail, address, strerror(errno));
	(void)fflush(stdout);
	error = start(sendmail, sender, address, input, &pid);
	close(input);
	if (error != 0)
		return complain(sendmail, address, strerror(error));
	status = wait_for(pid);
	if (status == 0)
		return 0;
	if (status == -1)
		(void)snprintf(what, sizeof(what), "no end within %d s", SECONDS);
	else if (WIFSIGNALED(status))
		(void)snprintf(what, sizeof(what), "it was killed by signal %d", WTERMSIG(status));
	else
		(void)snprintf(what, sizeof(what), "it ended with status %d", WEXITSTATUS(status));
	return complain(sendmail, address, what);
}

/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "cli.h"
#include "notify.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* An exported event has some thousand bytes. Longer lines are passed over. */
#define LINE_MAX_LEN (64U * 1024)
#define WAIT_MSECS 1000
/* So many bytes before the place tell whether the file is still the one that was read. */
#define TAIL_LEN 1024U

struct notify_input {
	const char *path; /* NULL: standard input */
	bool follow;
	int fd; /* -1: the file is not there yet */
	bool regular;
	dev_t device;
	ino_t inode;
	off_t offset;
	char tail[TAIL_LEN]; /* what was read last, as far as it is in the buffer */
	size_t tail_len;
	bool rotated;  /* path leads to another file, whose turn comes when this one is read */
	bool too_long; /* within such a line */
	bool ended;
	size_t begin, end; /* of what is in buf and was not told */
	char buf[LINE_MAX_LEN + 1];
};

static int failed(const struct notify_input *input, const char *what)
{
	rs_cli_message(RS_LEVEL_ERROR, "%s: %s: %s",
		       input->path != NULL ? input->path : "standard input", what, strerror(errno));
	return EX_NOINPUT;
}

/* Returns 0; EX_NOINPUT, with errno ENOENT when that was not said. */
static int open_path(struct notify_input *input)
{
	/* The end of a FIFO would be that of its first writer. */
	int mode = O_RDONLY;
	struct stat st;

	if (stat(input->path, &st) < 0 && errno == ENOENT)
		return EX_NOINPUT;
	if (input->follow && S_ISFIFO(st.st_mode))
		mode = O_RDWR;
	input->fd = open(input->path, mode | O_CLOEXEC | O_NOCTTY);
	if (input->fd == -1 && errno == ENOENT)
		return EX_NOINPUT;
	if (input->fd == -1 || fstat(input->fd, &st) < 0) {
		(void)failed(input, "cannot be opened");
		errno = 0;
		return EX_NOINPUT;
	}
	if (S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		(void)failed(input, "cannot be read");
		errno = 0;
		return EX_NOINPUT;
	}
	input->regular = S_ISREG(st.st_mode);
	input->device = st.st_dev;
	input->inode = st.st_ino;
	input->offset = 0;
	input->tail_len = 0;
	input->rotated = false;
	return 0;
}

int rs_notify_input_open(const char *path, bool follow, struct notify_input **input_r)
{
	struct notify_input *input = calloc(1, sizeof(*input));
	struct stat st;
	int status = 0;

	*input_r = NULL;
	if (input == NULL)
		return rs_cli_no_memory();
	input->follow = follow;
	input->fd = -1;
	if (strcmp(path, "-") == 0) {
		input->fd = STDIN_FILENO;
		if (fstat(STDIN_FILENO, &st) == 0)
			input->regular = S_ISREG(st.st_mode);
	} else {
		input->path = path;
		status = open_path(input);
		if (status != 0 && errno == ENOENT && follow) {
			rs_cli_message(RS_LEVEL_WARNING, "%s: is not there yet; waiting for it",
				       path);
			status = 0;
		} else if (status != 0 && errno == ENOENT) {
			(void)failed(input, "cannot be opened");
		}
	}
	if (status == 0)
		*input_r = input;
	else
		rs_notify_input_close(&input);
	return status;
}

void rs_notify_input_close(struct notify_input **_input)
{
	struct notify_input *input = *_input;

	*_input = NULL;
	if (input == NULL)
		return;
	if (input->fd > STDIN_FILENO)
		close(input->fd);
	free(input);
}

/* Takes a line out of what was read. */
static bool take_line(struct notify_input *input, bool at_end, const char **line_r, size_t *len_r,
		      enum notify_input_result *result_r)
{
	char *begin = input->buf + input->begin;
	size_t used = input->end - input->begin;
	char *newline = memchr(begin, '\n', used);

	if (newline == NULL && at_end && (used > 0 || input->too_long))
		newline = begin + used; /* the byte behind is ours */
	if (newline == NULL) {
		if (used == LINE_MAX_LEN) {
			input->too_long = true;
			input->begin = input->end = 0;
		}
		return false;
	}
	*newline = '\0';
	*line_r = begin;
	*len_r = (size_t)(newline - begin);
	input->begin += *len_r + 1;
	if (input->begin > input->end)
		input->begin = input->end = 0;
	*result_r = input->too_long ? NOTIFY_INPUT_TOO_LONG : NOTIFY_INPUT_LINE;
	input->too_long = false;
	return true;
}

static void keep_tail(struct notify_input *input)
{
	input->tail_len = input->end < TAIL_LEN ? input->end : TAIL_LEN;
	memcpy(input->tail, input->buf + input->end - input->tail_len, input->tail_len);
}

/* Whether the file was copied away and begins anew. It may be longer than before already. */
static bool begins_anew(const struct notify_input *input)
{
	char now[TAIL_LEN];
	off_t begin = input->offset - (off_t)input->tail_len;

	if (input->tail_len == 0)
		return false;
	return pread(input->fd, now, input->tail_len, begin) != (ssize_t)input->tail_len ||
	       memcmp(now, input->tail, input->tail_len) != 0;
}

static bool rewind_input(struct notify_input *input)
{
	if (lseek(input->fd, 0, SEEK_SET) != 0)
		return false;
	input->offset = 0;
	input->begin = input->end = input->tail_len = 0;
	input->too_long = false;
	return true;
}

/* Returns how much was read; 0: nothing now, -1: the end, -2 failed. */
static ssize_t read_more(struct notify_input *input)
{
	ssize_t n;

	memmove(input->buf, input->buf + input->begin, input->end - input->begin);
	input->end -= input->begin;
	input->begin = 0;
	if (input->follow && !input->regular) {
		struct pollfd pollfd = { .fd = input->fd, .events = POLLIN };

		if (poll(&pollfd, 1, 0) <= 0)
			return 0;
	}
	if (input->follow && input->regular && begins_anew(input) && !rewind_input(input))
		return -2;
	n = read(input->fd, input->buf + input->end, LINE_MAX_LEN - input->end);
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	if (n < 0)
		return -2;
	if (n == 0)
		return -1;
	input->end += (size_t)n;
	input->offset += n;
	keep_tail(input);
	return n;
}

/* At the end of a file that is followed. Returns whether there may be more to read. */
static bool look_for_more(struct notify_input *input)
{
	struct stat st;

	/* As long as the new file is empty, its writer may still have the old one. */
	if (stat(input->path, &st) < 0 || st.st_size == 0 ||
	    (st.st_dev == input->device && st.st_ino == input->inode))
		return false;
	/* What was written to the old one meanwhile comes first. */
	input->rotated = true;
	return true;
}

static enum notify_input_result next_file(struct notify_input *input)
{
	int status;

	if (input->fd != -1)
		close(input->fd);
	input->fd = -1;
	status = open_path(input);
	if (status != 0)
		return errno == ENOENT ? NOTIFY_INPUT_NOTHING : NOTIFY_INPUT_FAILED;
	return NOTIFY_INPUT_LINE;
}

enum notify_input_result rs_notify_input_line(struct notify_input *input, const char **line_r,
					      size_t *len_r)
{
	enum notify_input_result result;

	while (!take_line(input, input->ended, line_r, len_r, &result)) {
		/* Of a device there is nothing behind the end. */
		bool follows_file = input->follow && input->path != NULL && input->regular;
		ssize_t n;

		if (input->path != NULL && (input->fd == -1 || (input->ended && follows_file))) {
			result = next_file(input);
			if (result != NOTIFY_INPUT_LINE)
				return result;
			input->ended = false;
		} else if (input->ended) {
			return NOTIFY_INPUT_END;
		}
		n = read_more(input);
		if (n == -2) {
			(void)failed(input, "cannot be read");
			return NOTIFY_INPUT_FAILED;
		}
		/* Without --follow a signal is all that keeps a read from reading. */
		if (n == 0)
			return NOTIFY_INPUT_NOTHING;
		if (n > 0)
			continue;
		if (!follows_file || input->rotated)
			input->ended = true;
		else if (!look_for_more(input))
			return NOTIFY_INPUT_NOTHING;
	}
	return result;
}

void rs_notify_input_wait(const struct notify_input *input)
{
	struct pollfd pollfd = { .fd = input->fd, .events = POLLIN };
	bool waits = input->fd != -1 && !input->regular;

	(void)poll(&pollfd, waits ? 1 : 0, WAIT_MSECS);
}

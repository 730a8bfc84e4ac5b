/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "cli.h"
#include "dict-internal.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* --- messages --- */

int rs_dict_complain(const struct rs_cli_dict *dict, int status, const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	rs_cli_message(RS_LEVEL_ERROR, "%s: dictionary \"%s\": %s", dict->path, dict->uri.name,
		       text);
	return status;
}

int rs_dict_give_up(struct rs_cli_dict *dict, int status)
{
	close(dict->fd);
	dict->fd = -1;
	dict->status = status;
	rs_dictproto_abort(dict->proto, "the connection is closed");
	return status;
}

int rs_dict_outcome_failed(struct rs_cli_dict *dict, enum outcome outcome, const char *detail,
			   const char *doing, const char *uncertain)
{
	switch (outcome) {
	case CLOSED:
		rs_dict_complain(
			dict, 0,
			"Dovecot closed the connection during %s%s; look into Dovecot's log", doing,
			uncertain);
		return rs_dict_give_up(dict, EX_UNAVAILABLE);
	case LATE:
		rs_dict_complain(dict, 0, "no answer to %s within %u s%s; look into Dovecot's log",
				 doing, dict->seconds, uncertain);
		return rs_dict_give_up(dict, EX_TEMPFAIL);
	case NO_PROTOCOL:
		rs_dict_complain(
			dict, 0,
			"what answers is not Dovecot's dict process: %s%s; look at the socket "
			"that \"dict\" in the policy names",
			detail, uncertain);
		return rs_dict_give_up(dict, EX_PROTOCOL);
	default:
		rs_dict_complain(dict, 0, "%s failed: %s%s", doing, detail, uncertain);
		return rs_dict_give_up(dict, EX_UNAVAILABLE);
	}
}

/* --- waiting --- */

static int64_t now_msecs(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void rs_dict_begin_to_wait(struct rs_cli_dict *dict)
{
	dict->deadline = now_msecs() + (int64_t)dict->seconds * 1000;
}

int rs_dict_msecs_left(const struct rs_cli_dict *dict)
{
	int64_t left = dict->deadline - now_msecs();

	return left < 0 ? 0 : left > INT32_MAX ? INT32_MAX : (int)left;
}

static bool is_closed(int error)
{
	return error == EPIPE || error == ECONNRESET;
}

static bool is_passing(int error)
{
	return error == EAGAIN || error == EINTR;
}

static enum outcome receive(struct rs_cli_dict *dict, const char **detail_r)
{
	char buf[16384];
	ssize_t len = recv(dict->fd, buf, sizeof(buf), MSG_DONTWAIT);

	if (len < 0) {
		*detail_r = strerror(errno);
		return is_passing(errno) ? ANSWERED : is_closed(errno) ? CLOSED : BROKEN;
	}
	if (len == 0)
		return CLOSED;
	return rs_dictproto_input(dict->proto, buf, (size_t)len, detail_r) == 0 ? ANSWERED
										: NO_PROTOCOL;
}

static enum outcome transmit(struct rs_cli_dict *dict, const char **detail_r)
{
	size_t len;
	const void *data = rs_dictproto_output(dict->proto, &len);
	ssize_t sent = send(dict->fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (sent < 0) {
		*detail_r = strerror(errno);
		return is_passing(errno) ? ANSWERED : is_closed(errno) ? CLOSED : BROKEN;
	}
	rs_dictproto_sent(dict->proto, (size_t)sent);
	return ANSWERED;
}

enum outcome rs_dict_exchange(struct rs_cli_dict *dict, const struct answer *answer,
			      const char **detail_r)
{
	enum outcome outcome = ANSWERED;

	while (outcome == ANSWERED && !answer->done) {
		struct pollfd pollfd = { .fd = dict->fd, .events = POLLIN };
		size_t len;
		int ready;

		(void)rs_dictproto_output(dict->proto, &len);
		if (len > 0)
			pollfd.events |= POLLOUT;
		ready = poll(&pollfd, 1, rs_dict_msecs_left(dict));
		if (ready < 0 && errno != EINTR) {
			*detail_r = strerror(errno);
			return BROKEN;
		}
		if (rs_dict_msecs_left(dict) == 0)
			return LATE;
		if (ready <= 0)
			continue;
		/* What was said before the end is read before it is met. */
		if ((pollfd.revents & ~POLLOUT) != 0) {
			outcome = receive(dict, detail_r);
			if (answer->row != NULL)
				rs_dict_begin_to_wait(dict);
		}
		if (outcome == ANSWERED && (pollfd.revents & POLLOUT) != 0)
			outcome = transmit(dict, detail_r);
	}
	return outcome;
}

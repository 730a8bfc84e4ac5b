/* SPDX-License-Identifier: MIT */
#include "compat.h"
#include "syslogsock.h"

#include "hostpid.h"
#include "ioloop.h"

#include <relaysentry/policy.h>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct rs_syslogsock {
	struct event *event;
	char *path; /* NULL: no syslog */
	int facility;
	int fd;		     /* -1: not connected */
	time_t connected;    /* the last attempt */
	unsigned int lost;   /* since something was taken last */
	unsigned int untold; /* of these, what was not logged yet */
	int error;	     /* errno of the last loss */
};

struct rs_syslogsock *rs_syslogsock_new(struct event *event)
{
	struct rs_syslogsock *sock = i_new(struct rs_syslogsock, 1);

	sock->event = event;
	sock->fd = -1;
	return sock;
}

void rs_syslogsock_free(struct rs_syslogsock **_sock)
{
	struct rs_syslogsock *sock = *_sock;

	*_sock = NULL;
	rs_syslogsock_set(sock, NULL);
	i_free(sock);
}

void rs_syslogsock_set(struct rs_syslogsock *sock, const struct rs_policy *policy)
{
	const struct rs_policy_alert *alert = policy == NULL ? NULL : rs_policy_alert(policy);
	const char *path = alert == NULL || alert->facility == NULL ? NULL : alert->socket;

	if (path != NULL)
		sock->facility = rs_syslog_facility(alert->facility);
	if (null_strcmp(path, sock->path) == 0)
		return;
	rs_syslogsock_minute(sock);
	i_close_fd(&sock->fd);
	i_free(sock->path);
	sock->path = i_strdup(path);
	sock->connected = 0;
	sock->lost = 0;
}

bool rs_syslogsock_wanted(const struct rs_syslogsock *sock)
{
	return sock->path != NULL;
}

/* A datagram socket connects at once or not at all. */
static bool rs_syslogsock_connect(struct rs_syslogsock *sock)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (sock->connected == ioloop_time)
		return FALSE;
	sock->connected = ioloop_time;
	if (i_strocpy(address.sun_path, sock->path, sizeof(address.sun_path)) < 0) {
		sock->error = ENAMETOOLONG;
		return FALSE;
	}
	sock->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (sock->fd != -1 &&
	    connect(sock->fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return TRUE;
	sock->error = errno;
	i_close_fd(&sock->fd);
	return FALSE;
}

/* Returns FALSE when it was not taken. */
static bool rs_syslogsock_write(struct rs_syslogsock *sock, struct rs_syslog_message *message)
{
	char text[RS_SYSLOG_SIZE];
	size_t len;
	bool fresh = FALSE;

	message->facility = sock->facility;
	message->seconds = ioloop_timeval.tv_sec;
	message->microseconds = (uint32_t)ioloop_timeval.tv_usec;
	message->host = my_hostname;
	message->pid = (long)getpid();
	len = rs_syslog_format(message, text);
	for (;;) {
		if (sock->fd == -1) {
			if (fresh || !rs_syslogsock_connect(sock))
				return FALSE;
			fresh = TRUE;
		}
		if (send(sock->fd, text, len, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
			return TRUE;
		sock->error = errno;
		/* It reads nothing: it is the same daemon, which is busy. */
		if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS)
			return FALSE;
		i_close_fd(&sock->fd);
	}
}

static bool rs_syslogsock_tell_lost(struct rs_syslogsock *sock)
{
	struct rs_syslog_message message = {
		.severity = RS_SYSLOG_WARNING,
		.text = t_strdup_printf("%u alerts before this one were lost: %s", sock->lost,
					strerror(sock->error)),
	};

	if (!rs_syslogsock_write(sock, &message))
		return FALSE;
	sock->lost = 0;
	return TRUE;
}

void rs_syslogsock_send(struct rs_syslogsock *sock, struct rs_syslog_message *message)
{
	if (sock->path == NULL)
		return;
	if ((sock->lost == 0 || rs_syslogsock_tell_lost(sock)) &&
	    rs_syslogsock_write(sock, message))
		return;
	sock->lost++;
	sock->untold++;
}

void rs_syslogsock_minute(struct rs_syslogsock *sock)
{
	if (sock->untold > 0)
		e_warning(sock->event, "alert.syslog: %s took %u alert(s) not: %s", sock->path,
			  sock->untold, strerror(sock->error));
	sock->untold = 0;
}

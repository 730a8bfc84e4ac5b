/* SPDX-License-Identifier: MIT */
#include "compat.h"
#include "dictconn.h"
#include "dictsocket.h"

#include "ioloop.h"
#include "llist.h"
#include "str-sanitize.h"
#include "time-util.h"

#include <sys/socket.h>
#include <unistd.h>

/* Those included that are not waited for any more. */
#define RS_DICTCONN_WAITING 1000
#define RS_DICT_IDLE_MSECS (10 * 1000)
#define RS_DICT_PAUSE_MAX_SECS 60
/* An error that comes sooner delays no login: who is asked about next may fare
 * better, and is asked. */
#define RS_DICT_SLOW_USECS (500 * 1000)
/* A dict that fails now and then is not told of more often. */
#define RS_DICT_TELL_SECS 60
/* Of an error, which may be any text of a database. */
#define RS_DICT_ERROR_LEN 200
#define RS_DICT_READ_SIZE (16 * 1024)

struct rs_dictconn_request {
	struct rs_dictconn_request *prev, *next;
	struct rs_dictconn *conn;
	uint64_t number; /* the codec's */
	uint64_t begin;	 /* microseconds */
	unsigned int timeout_msecs;
	struct timeout *to;
	rs_dict_callback *callback;
	void *context;
};

struct rs_dictconn {
	struct rs_dictconn *next;
	unsigned int refcount;
	char *name;
	struct rs_dict_uri uri;
	struct event *event;
	/* A passdb may run a loop of its own, which ends. */
	struct ioloop *ioloop;

	struct rs_dictproto *proto; /* NULL: not connected */
	int fd;
	struct io *io_in, *io_out;
	struct rs_dictconn_request *requests;
	struct timeout *to_idle;

	struct timeout *to_pause; /* NULL: requests are made */
	unsigned int pause;	  /* seconds; the last one, 0 when all is well */
	bool closing;
	bool told; /* the log says that it fails */
	time_t told_at;
};

static struct rs_dictconn *rs_dictconns = NULL;

/* --- what the log is told, and when requests are made --- */

static void rs_dictconn_pause_end(struct rs_dictconn *conn)
{
	timeout_remove(&conn->to_pause);
}

static void rs_dictconn_pause(struct rs_dictconn *conn)
{
	if (conn->to_pause != NULL)
		return;
	conn->pause = conn->pause == 0 ? 1 : I_MIN(conn->pause * 2, RS_DICT_PAUSE_MAX_SECS);
	conn->to_pause =
		timeout_add_to(conn->ioloop, conn->pause * 1000, rs_dictconn_pause_end, conn);
}

static void rs_dictconn_tell(struct rs_dictconn *conn, const char *what)
{
	if (conn->told || (conn->told_at != 0 && ioloop_time >= conn->told_at &&
			   ioloop_time - conn->told_at < RS_DICT_TELL_SECS))
		return;
	conn->told = TRUE;
	conn->told_at = ioloop_time;
	e_warning(conn->event,
		  "%s; until it is back, exceptions count as absent and alerts go on from memory",
		  what);
}

static void rs_dictconn_works(struct rs_dictconn *conn)
{
	timeout_remove(&conn->to_pause);
	conn->pause = 0;
	if (conn->told)
		e_info(conn->event, "is back");
	conn->told = FALSE;
}

/* --- the connection --- */

/* Whoever waits is told that it failed. */
static void rs_dictconn_close(struct rs_dictconn *conn, const char *error)
{
	if (conn->proto == NULL)
		return;
	conn->closing = TRUE;
	io_remove(&conn->io_in);
	io_remove(&conn->io_out);
	timeout_remove(&conn->to_idle);
	(void)close(conn->fd);
	conn->fd = -1;
	rs_dictproto_abort(conn->proto, error);
	i_assert(conn->requests == NULL);
	rs_dictproto_free(&conn->proto);
	conn->closing = FALSE;
}

static void rs_dictconn_lost(struct rs_dictconn *conn, const char *what)
{
	if (conn->requests != NULL) {
		rs_dictconn_tell(conn, what);
		rs_dictconn_pause(conn);
	}
	rs_dictconn_close(conn, what);
}

static void rs_dictconn_idle(struct rs_dictconn *conn)
{
	rs_dictconn_close(conn, "idle");
}

static void rs_dictconn_input(struct rs_dictconn *conn)
{
	char data[RS_DICT_READ_SIZE];
	ssize_t size = read(conn->fd, data, sizeof(data));
	const char *error;

	if (size < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (size == 0)
		rs_dictconn_lost(conn, "the dict process closed the connection; its lines in the "
				       "log say why");
	else if (size < 0)
		rs_dictconn_lost(conn, t_strdup_printf("read() failed: %m"));
	else if (rs_dictproto_input(conn->proto, data, (size_t)size, &error) < 0)
		rs_dictconn_lost(conn, error);
}

/* Returns FALSE with errno set when the connection is lost. */
static bool rs_dictconn_send(struct rs_dictconn *conn)
{
	size_t size;
	const void *data = rs_dictproto_output(conn->proto, &size);
	ssize_t sent;

	if (size == 0)
		return TRUE;
	sent = send(conn->fd, data, size, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (sent < 0)
		return errno == EAGAIN || errno == EINTR;
	rs_dictproto_sent(conn->proto, (size_t)sent);
	return TRUE;
}

static bool rs_dictconn_has_output(struct rs_dictconn *conn)
{
	size_t size;

	(void)rs_dictproto_output(conn->proto, &size);
	return size > 0;
}

static void rs_dictconn_output(struct rs_dictconn *conn)
{
	if (!rs_dictconn_send(conn))
		rs_dictconn_lost(conn, t_strdup_printf("send() failed: %m"));
	else if (!rs_dictconn_has_output(conn))
		io_remove(&conn->io_out);
}

static bool rs_dictconn_open(struct rs_dictconn *conn)
{
	const char *path = conn->uri.socket, *error;

	if (*path == '\0')
		path = t_strconcat(rs_base_dir(), "/dict", NULL);
	conn->fd = rs_dictsocket(path, &error);
	if (conn->fd < 0) {
		rs_dictconn_tell(conn, error);
		rs_dictconn_pause(conn);
		return FALSE;
	}
	conn->proto = rs_dictproto_new(rs_dict_protocol, conn->uri.name);
	if (conn->proto == NULL) {
		(void)close(conn->fd);
		return FALSE;
	}
	conn->io_in = io_add_to(conn->ioloop, conn->fd, IO_READ, rs_dictconn_input, conn);
	return TRUE;
}

/* --- requests --- */

bool rs_dictconn_paused(const struct rs_dictconn *conn)
{
	return conn->closing || conn->to_pause != NULL;
}

static void rs_dictconn_request_free(struct rs_dictconn_request *request)
{
	struct rs_dictconn *conn = request->conn;

	timeout_remove(&request->to);
	DLLIST_REMOVE(&conn->requests, request);
	i_free(request);
	if (conn->requests == NULL && !conn->closing && conn->to_idle == NULL)
		conn->to_idle =
			timeout_add_to(conn->ioloop, RS_DICT_IDLE_MSECS, rs_dictconn_idle, conn);
}

static void rs_dictconn_reply(enum rs_dict_result result, const char *key, const char *text,
			      void *_request)
{
	struct rs_dictconn_request *request = _request;
	struct rs_dictconn *conn = request->conn;
	rs_dict_callback *callback = request->callback;
	void *context = request->context;
	uint64_t now = i_microseconds();

	/* Whoever closes the connection has said so. */
	if (!conn->closing && result == RS_DICT_FAILED) {
		const char *line = t_str_oneline(text + strspn(text, " \t\r\n"));

		rs_dictconn_tell(conn, t_strdup_printf("the dict process failed: %s",
						       str_sanitize(line, RS_DICT_ERROR_LEN)));
		if (now > request->begin && now - request->begin >= RS_DICT_SLOW_USECS)
			rs_dictconn_pause(conn);
	} else if (!conn->closing) {
		rs_dictconn_works(conn);
	}
	rs_dictconn_request_free(request);
	callback(result, key, text, context);
}

/* The others that wait may still be answered. When none is left, nobody would
 * notice that the connection hangs. */
static void rs_dictconn_request_timeout(struct rs_dictconn_request *request)
{
	struct rs_dictconn *conn = request->conn;
	const char *error = t_strdup_printf("no answer within %u ms", request->timeout_msecs);
	rs_dict_callback *callback = request->callback;
	void *context = request->context;

	rs_dictproto_forget(conn->proto, request->number);
	rs_dictconn_request_free(request);
	rs_dictconn_tell(conn, error);
	rs_dictconn_pause(conn);
	if (conn->requests == NULL)
		rs_dictconn_close(conn, error);
	callback(RS_DICT_FAILED, NULL, error, context);
}

/* Returns NULL when no request can be made. */
static struct rs_dictconn_request *rs_dictconn_begin(struct rs_dictconn *conn,
						     rs_dict_callback *callback, void *context)
{
	struct rs_dictconn_request *request;

	if (rs_dictconn_paused(conn))
		return NULL;
	if (conn->proto == NULL && !rs_dictconn_open(conn))
		return NULL;
	if (rs_dictproto_waiting(conn->proto) >= RS_DICTCONN_WAITING) {
		rs_dictconn_tell(conn, "too many requests wait for an answer");
		return NULL;
	}
	request = i_new(struct rs_dictconn_request, 1);
	request->conn = conn;
	request->callback = callback;
	request->context = context;
	request->begin = i_microseconds();
	DLLIST_PREPEND(&conn->requests, request);
	timeout_remove(&conn->to_idle);
	return request;
}

/* number: of the command, 0 when the codec has refused it. */
static struct rs_dictconn_request *rs_dictconn_begun(struct rs_dictconn_request *request,
						     uint64_t number, unsigned int timeout_msecs)
{
	struct rs_dictconn *conn = request->conn;

	if (number == 0) {
		rs_dictconn_request_free(request);
		return NULL;
	}
	request->number = number;
	request->timeout_msecs = timeout_msecs;
	request->to =
		timeout_add_to(conn->ioloop, timeout_msecs, rs_dictconn_request_timeout, request);
	/* A lost connection is seen again by the loop: here, nobody is called back. */
	if ((!rs_dictconn_send(conn) || rs_dictconn_has_output(conn)) && conn->io_out == NULL)
		conn->io_out =
			io_add_to(conn->ioloop, conn->fd, IO_WRITE, rs_dictconn_output, conn);
	return request;
}

struct rs_dictconn_request *rs_dictconn_lookup(struct rs_dictconn *conn, const char *key,
					       unsigned int timeout_msecs,
					       rs_dict_callback *callback, void *context)
{
	struct rs_dictconn_request *request = rs_dictconn_begin(conn, callback, context);

	if (request == NULL)
		return NULL;
	return rs_dictconn_begun(request,
				 rs_dictproto_lookup(conn->proto, key, rs_dictconn_reply, request),
				 timeout_msecs);
}

struct rs_dictconn_request *rs_dictconn_commit(struct rs_dictconn *conn,
					       const struct rs_dict_change *changes, size_t count,
					       unsigned int expire_secs, unsigned int timeout_msecs,
					       rs_dict_callback *callback, void *context)
{
	struct rs_dictconn_request *request = rs_dictconn_begin(conn, callback, context);

	if (request == NULL)
		return NULL;
	return rs_dictconn_begun(request,
				 rs_dictproto_commit(conn->proto, changes, count, expire_secs,
						     rs_dictconn_reply, request),
				 timeout_msecs);
}

void rs_dictconn_cancel(struct rs_dictconn_request **_request)
{
	struct rs_dictconn_request *request = *_request;

	*_request = NULL;
	if (request == NULL)
		return;
	rs_dictproto_forget(request->conn->proto, request->number);
	rs_dictconn_request_free(request);
}

/* --- all connections --- */

struct rs_dictconn *rs_dictconn_ref(const char *uri)
{
	struct rs_dictconn *conn = rs_dictconns;
	const char *error;

	while (conn != NULL && strcmp(conn->name, uri) != 0)
		conn = conn->next;
	if (conn == NULL) {
		conn = i_new(struct rs_dictconn, 1);
		if (rs_dict_uri_parse(uri, &conn->uri, &error) < 0)
			i_unreached();
		conn->name = i_strdup(uri);
		conn->fd = -1;
		conn->ioloop = current_ioloop;
		conn->event = event_create(auth_event);
		event_set_append_log_prefix(conn->event,
					    t_strdup_printf("relaysentry: dict %s: ", uri));
		conn->next = rs_dictconns;
		rs_dictconns = conn;
	}
	conn->refcount++;
	return conn;
}

void rs_dictconn_unref(struct rs_dictconn **_conn)
{
	struct rs_dictconn *conn = *_conn, **link = &rs_dictconns;

	*_conn = NULL;
	if (conn == NULL || --conn->refcount > 0)
		return;
	while (*link != conn)
		link = &(*link)->next;
	*link = conn->next;
	if (conn->proto != NULL)
		(void)rs_dictconn_send(conn);
	rs_dictconn_close(conn, "auth ends");
	timeout_remove(&conn->to_pause);
	event_unref(&conn->event);
	i_free(conn->name);
	i_free(conn);
}

const char *rs_dictconn_name(const struct rs_dictconn *conn)
{
	return conn->name;
}

/* SPDX-License-Identifier: MIT */
#include "loop.h"
#include "fakedict.h"

#include "ioloop.h"
#include "llist.h"
#include "net.h"
#include "str.h"
#include "strescape.h"

#include <unistd.h>

struct fakedict_listener {
	int fd;
	struct io *io;
};

struct fakedict_conn {
	struct fakedict_conn *prev, *next;
	struct fakedict *dict;
	int fd;
	struct io *io;
	string_t *input, *output, *backwards;
	unsigned last_id, changes;
	bool poisoned;
};

static void conn_free(struct fakedict_conn *conn)
{
	DLLIST_REMOVE(&conn->dict->conns, conn);
	io_remove(&conn->io);
	(void)close(conn->fd);
	str_free(&conn->input);
	str_free(&conn->output);
	str_free(&conn->backwards);
	i_free(conn);
}

static void say(struct fakedict_conn *conn, const char *text)
{
	str_append(conn->output, text);
}

void fakedict_set(struct fakedict *dict, const char *key, const char *value)
{
	unsigned i = 0;

	while (dict->rows[i].key != NULL && strcmp(dict->rows[i].key, key) != 0)
		i_assert(++i < FAKE_ROWS);
	if (dict->rows[i].key == NULL)
		dict->rows[i].key = i_strdup(key);
	i_free(dict->rows[i].value);
	dict->rows[i].value = i_strdup(value);
}

const char *fakedict_get(const struct fakedict *dict, const char *key)
{
	for (unsigned i = 0; i < FAKE_ROWS && dict->rows[i].key != NULL; i++) {
		if (strcmp(dict->rows[i].key, key) == 0)
			return dict->rows[i].value;
	}
	return NULL;
}

static void look_up(struct fakedict_conn *conn, const char *key)
{
	struct fakedict *dict = conn->dict;
	const char *value = fakedict_get(dict, key), *reply;

	dict->lookups++;
	if (dict->silent)
		return;
	if (dict->failing != NULL)
		reply = t_strdup_printf("+%u\tF%s\n", conn->last_id, dict->failing);
	else if (value == NULL)
		reply = t_strdup_printf("+%u\tN\n", conn->last_id);
	else
		reply = t_strdup_printf("+%u\tO%s\n", conn->last_id, str_tabescape(value));
	if (dict->backwards)
		str_insert(conn->backwards, 0, reply);
	else
		say(conn, reply);
}

static void commit(struct fakedict_conn *conn, const char *transaction)
{
	struct fakedict *dict = conn->dict;

	if (dict->silent)
		return;
	if (dict->failing != NULL || conn->poisoned) {
		dict->refused++;
		say(conn, t_strdup_printf("+%u\tF%s\tno\n", conn->last_id, transaction));
	} else {
		dict->commits++;
		dict->largest = I_MAX(dict->largest, conn->changes);
		say(conn, t_strdup_printf("+%u\tO%s\n", conn->last_id, transaction));
	}
}

/* What is set counts at once: no test rolls back. */
static void command(struct fakedict_conn *conn, const char *line)
{
	const char *const *words = t_strsplit_tabescaped(line + 1);
	struct fakedict *dict = conn->dict;

	switch (*line) {
	case 'B':
		conn->changes = 0;
		conn->poisoned = FALSE;
		return;
	case 'S':
		conn->changes++;
		if (dict->poison != NULL && strstr(words[1], dict->poison) != NULL)
			conn->poisoned = TRUE;
		else if (dict->failing == NULL && !dict->silent)
			fakedict_set(dict, words[1], words[2]);
		return;
	case 'L':
	case 'C':
		conn->last_id++;
		say(conn, t_strdup_printf("*%u\n", conn->last_id));
		if (*line == 'L')
			look_up(conn, words[0]);
		else
			commit(conn, words[0]);
		return;
	}
}

static void conn_input(struct fakedict_conn *conn)
{
	char data[8192];
	ssize_t size = read(conn->fd, data, sizeof(data));
	const char *end;

	if (size <= 0) {
		conn_free(conn);
		return;
	}
	str_append_data(conn->input, data, (size_t)size);
	while ((end = strchr(str_c(conn->input), '\n')) != NULL) {
		const char *line = t_strdup_until(str_c(conn->input), end);

		str_delete(conn->input, 0, strlen(line) + 1);
		command(conn, line);
	}
	say(conn, str_c(conn->backwards));
	str_truncate(conn->backwards, 0);
	/* At once: of single lines the socket takes few, and nobody reads meanwhile. */
	if (str_len(conn->output) > 0 &&
	    write(conn->fd, str_data(conn->output), str_len(conn->output)) < 0 && errno != EPIPE)
		i_fatal("the test's dict cannot write: %m");
	str_truncate(conn->output, 0);
}

static void take(struct fakedict *dict)
{
	int fd = net_accept(dict->listener->fd, NULL, NULL);
	struct fakedict_conn *conn;

	if (fd < 0)
		return;
	conn = i_new(struct fakedict_conn, 1);
	conn->dict = dict;
	conn->fd = fd;
	conn->input = str_new(default_pool, 1024);
	conn->output = str_new(default_pool, 1024);
	conn->backwards = str_new(default_pool, 1024);
	conn->io = io_add(fd, IO_READ, conn_input, conn);
	DLLIST_PREPEND(&dict->conns, conn);
	dict->connections++;
}

void fakedict_listen(struct fakedict *dict)
{
	(void)unlink(loop_socket());
	dict->listener = i_new(struct fakedict_listener, 1);
	dict->listener->fd = net_listen_unix(loop_socket(), 64);
	i_assert(dict->listener->fd >= 0);
	dict->listener->io = io_add(dict->listener->fd, IO_READ, take, dict);
}

void fakedict_hang_up(struct fakedict *dict)
{
	while (dict->conns != NULL)
		conn_free(dict->conns);
}

void fakedict_refuse(struct fakedict *dict)
{
	if (dict->listener != NULL) {
		io_remove(&dict->listener->io);
		(void)close(dict->listener->fd);
	}
	i_free(dict->listener);
	fakedict_hang_up(dict);
}

struct fakedict *fakedict_new(void)
{
	struct fakedict *dict = i_new(struct fakedict, 1);

	fakedict_listen(dict);
	return dict;
}

void fakedict_free(struct fakedict **_dict)
{
	struct fakedict *dict = *_dict;

	*_dict = NULL;
	fakedict_refuse(dict);
	for (unsigned i = 0; i < FAKE_ROWS; i++) {
		i_free(dict->rows[i].key);
		i_free(dict->rows[i].value);
	}
	i_free(dict);
}

unsigned fakedict_connected(const struct fakedict *dict)
{
	unsigned count = 0;

	for (const struct fakedict_conn *conn = dict->conns; conn != NULL; conn = conn->next)
		count++;
	return count;
}

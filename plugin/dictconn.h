/* SPDX-License-Identifier: MIT */
#ifndef RS_DICTCONN_H
#define RS_DICTCONN_H

/* The connection to a dict of Dovecot's dict process: one for each URI, shared by
 * all that name it. Nothing here waits, sleeps or loops. After a failure all
 * requests fail at once for a while: 1 second, twice as long after each further
 * failure, a minute at most. A connection that nobody uses is closed: it holds a
 * dict process of its own. */

#include <relaysentry/dictproto.h>

#include <stdbool.h>
#include <stddef.h>

struct rs_dictconn;
struct rs_dictconn_request;

/* uri: valid, as rs_dict_uri_parse() reads it. Nothing is connected yet. */
struct rs_dictconn *rs_dictconn_ref(const char *uri);
/* The caller has cancelled its requests, and is not called by the connection. What
 * the last one has sent goes out as far as it fits into the socket. */
void rs_dictconn_unref(struct rs_dictconn **conn);
/* The URI. */
const char *rs_dictconn_name(const struct rs_dictconn *conn);
/* Whether requests fail at once now. */
bool rs_dictconn_paused(const struct rs_dictconn *conn);

/* Requests. Both return NULL when the request fails at once: then callback is not
 * called. Else it is called exactly once, later, as rs_dictproto_lookup() and
 * rs_dictproto_commit() say; with RS_DICT_FAILED when there is no answer within
 * timeout_msecs (over 0). It may begin and cancel requests, and must not drop the
 * connection. Who logs a failure: the connection, one line when it begins, one
 * when it is over. */
struct rs_dictconn_request *rs_dictconn_lookup(struct rs_dictconn *conn, const char *key,
					       unsigned int timeout_msecs,
					       rs_dict_callback *callback, void *context);
struct rs_dictconn_request *rs_dictconn_commit(struct rs_dictconn *conn,
					       const struct rs_dict_change *changes, size_t count,
					       unsigned int expire_secs, unsigned int timeout_msecs,
					       rs_dict_callback *callback, void *context);
/* Its callback is not called any more. Accepts NULL, leaves NULL. */
void rs_dictconn_cancel(struct rs_dictconn_request **request);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef RS_DICTSOCKET_H
#define RS_DICTSOCKET_H

/* Connects to a socket of this host, without waiting: whoever listens there takes the
 * connection at once, or not at all. Returns a socket that does not block, to be
 * closed; -1 with *error_r in the data stack. */
int rs_dictsocket(const char *path, const char **error_r);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef RS_SEALED_H
#define RS_SEALED_H

/* Sealed copies of files.
 *
 * A file that is truncated while it is mapped kills the process (SIGBUS). So
 * nothing that others can write is ever mapped: its content is copied into
 * anonymous memory that is then sealed (memfd_create(2), fcntl(2) F_ADD_SEALS),
 * which nobody can change, and that is opened by its name below /proc. */

#include <stddef.h>

/* Room for rs_sealed_path(), including NUL. */
#define RS_SEALED_PATH_LEN 40

/* Copies all that can be read from fd, from its current offset to the end, at
 * most max_size bytes. Returns a sealed file descriptor (close-on-exec), which
 * the caller closes, and its size in *size_r; -1 with errno, EFBIG when there
 * is more. fd must not block; it stays open, its offset moves. */
int rs_sealed_copy(int fd, size_t max_size, size_t *size_r);

/* The same for data in memory. */
int rs_sealed_copy_memory(const void *data, size_t size);

/* Writes the name by which this process can open the copy into buf, and returns buf. */
const char *rs_sealed_path(int fd, char buf[RS_SEALED_PATH_LEN]);

#endif

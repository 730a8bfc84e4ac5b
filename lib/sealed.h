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

/* Copies data in memory. Returns a sealed file descriptor (close-on-exec), which
 * the caller closes; -1 with errno. */
int rs_sealed_copy_memory(const void *data, size_t size);
/* A file of the same size of which only the last tail bytes are copied: the rest
 * is a hole, which takes no memory and reads as zeros. */
int rs_sealed_tail(const void *data, size_t size, size_t tail);

/* Writes the name by which this process can open the copy into buf, and returns buf. */
const char *rs_sealed_path(int fd, char buf[RS_SEALED_PATH_LEN]);

#endif

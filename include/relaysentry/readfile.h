/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_READFILE_H
#define RELAYSENTRY_READFILE_H

/* Reads whole files without ever waiting for somebody. */

#include <relaysentry/diag.h>

#include <stddef.h>
#include <sys/stat.h>

/* Reads the regular file path (symbolic links are followed) of at most max_size
 * bytes. FIFOs, devices and folders are refused before a byte is read, and
 * opening them does not block. *data_r is allocated with malloc() and ends with
 * a NUL that is not counted in *size_r; the caller frees it. identity_r, when
 * not NULL, is filled with fstat() of the opened file, also when it is then
 * refused; st_ino is 0 when it could not be opened. Returns 0; -1 with one
 * error added to diags. */
int rs_readfile(const char *path, size_t max_size, char **data_r, size_t *size_r,
		struct stat *identity_r, struct rs_diags *diags);

/* Opens path like this and returns the descriptor, *st_r filled; -1 with one
 * error added. For those who check owner and mode before they read. */
int rs_readfile_open(const char *path, struct stat *st_r, struct rs_diags *diags);

/* Reads an open descriptor of any kind to its end; it stays open. name is for
 * diagnostics. Waits for the other end of a pipe: the caller's choice. */
int rs_readfd(int fd, const char *name, size_t max_size, char **data_r, size_t *size_r,
	      struct rs_diags *diags);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_TEST_FUZZ_H
#define RELAYSENTRY_TEST_FUZZ_H

/* What the fuzz targets share. A target defines LLVMFuzzerTestOneInput(); it is
 * linked with libFuzzer (`make check-fuzz`), or with replay.c, which runs it on
 * the seeds (`make check`). A property that does not hold ends the program. */

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_CHECK(condition)                                                                      \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__,          \
				#condition);                                                       \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

/* A file with this content, in memory: its path, and the descriptor to close. */
struct fuzz_file {
	int fd;
	char path[32];
};
void fuzz_file_open(struct fuzz_file *file, const void *data, size_t size);
void fuzz_file_close(struct fuzz_file *file);

/* A small relay database of mail relays, clouds and a privacy proxy, IPv4 and
 * IPv6, nested and not; made once, the caller does not free it. */
const unsigned char *fuzz_relaydb(size_t *size_r);

#endif

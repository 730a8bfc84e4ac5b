/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_TEST_OOM_INJECT_H
#define RELAYSENTRY_TEST_OOM_INJECT_H

/* Makes memory short. This file's malloc(), calloc(), realloc(), free(),
 * memfd_create() and mmap() stand before those of libc in the whole process:
 * json-c, libcidr, libmaxminddb and libc itself call them too. Memory is filled
 * with rubbish before it is given and after it is freed. */

#include <stdbool.h>

/* Not with sanitizers, which have a malloc() of their own, and with glibc only. */
bool oom_can_inject(void);

/* From now on, allocation number fail_at (from 1) fails, and when from is true
 * all behind it. */
void oom_arm(unsigned long fail_at, bool from);
/* No more failures. Returns whether there was one. */
bool oom_disarm(void);
/* Stops counting and failing for a while, for what the test itself needs. */
void oom_pause(void);
void oom_resume(void);

/* How many there were since oom_arm(), failed or not. */
unsigned long oom_count(void);
/* Allocations that were not freed yet. */
long oom_live(void);

#endif

/* SPDX-License-Identifier: MIT */
#include "oom-inject.h"

#include <errno.h> /* and with it __GLIBC__ */
#include <stddef.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define SANITIZED 1
#endif

#if defined(__GLIBC__) && !defined(SANITIZED)

#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SEEN __attribute__((visibility("default")))
#define FRESH 0xa5
#define FREED 0xdd

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void *memory);

static struct {
	bool armed, paused, from, happened;
	unsigned long count, fail_at;
	long live;
} state;

static bool denied(void)
{
	if (!state.armed || state.paused)
		return false;
	state.count++;
	if (state.from ? state.count < state.fail_at : state.count != state.fail_at)
		return false;
	state.happened = true;
	errno = ENOMEM;
	return true;
}

SEEN void *malloc(size_t size)
{
	void *memory = denied() ? NULL : __libc_malloc(size);

	if (memory != NULL) {
		state.live++;
		memset(memory, FRESH, size);
	}
	return memory;
}

SEEN void *calloc(size_t count, size_t size)
{
	void *memory = denied() ? NULL : __libc_calloc(count, size);

	if (memory != NULL)
		state.live++;
	return memory;
}

SEEN void *aligned_alloc(size_t alignment, size_t size)
{
	void *memory = denied() ? NULL : __libc_memalign(alignment, size);

	if (memory != NULL) {
		state.live++;
		memset(memory, FRESH, size);
	}
	return memory;
}

SEEN void *realloc(void *memory, size_t size)
{
	void *moved;

	if (memory == NULL)
		return malloc(size);
	if (size > 0 && denied())
		return NULL;
	moved = __libc_realloc(memory, size);
	if (size == 0)
		state.live--;
	return moved;
}

SEEN void free(void *memory)
{
	if (memory == NULL)
		return;
	state.live--;
	memset(memory, FREED, malloc_usable_size(memory));
	__libc_free(memory);
}

SEEN int memfd_create(const char *name, unsigned flags)
{
	return denied() ? -1 : (int)syscall(SYS_memfd_create, name, flags);
}

SEEN void *mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
	if (denied())
		return MAP_FAILED;
	return (void *)syscall(SYS_mmap, address, size, protection, flags, fd, offset);
}

bool oom_can_inject(void)
{
	return true;
}

#else

static struct {
	bool armed, paused, from, happened;
	unsigned long count, fail_at;
	long live;
} state;

bool oom_can_inject(void)
{
	return false;
}

#endif

void oom_arm(unsigned long fail_at, bool from)
{
	state.fail_at = fail_at;
	state.from = from;
	state.count = 0;
	state.paused = false;
	state.happened = false;
	state.armed = true;
}

bool oom_disarm(void)
{
	state.armed = false;
	return state.happened;
}

void oom_pause(void)
{
	state.paused = true;
}

void oom_resume(void)
{
	state.paused = false;
}

unsigned long oom_count(void)
{
	return state.count;
}

long oom_live(void)
{
	return state.live;
}

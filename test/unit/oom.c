/* SPDX-License-Identifier: MIT */
/* Fails each allocation of each case, alone and with all behind it, and lets
 * descriptors be short: oom-tests [CASE [NUMBER]].
 *
 * A failure is made at the same point each time, so a fault that is there shows
 * again when the point is tried again. One that does not show again came from
 * elsewhere (the system itself may be short of something): it is told with all
 * that is known, and counts as a fault only when there are many. */
#include "oom-inject.h"
#include "oom-run.h"
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* So many failures of a case are told. */
#define TOLD_MAX 8U
/* More faults that do not show again are a fault. */
#define PASSING_MAX 3U
/* No case is larger. */
#define ALLOCATIONS_MAX 20000UL

/* Where a child is, for the parent to tell after a crash. */
struct progress {
	struct oom_failure at;
	bool done;
	unsigned faults;  /* of this case and way */
	unsigned passing; /* of the whole program: faults that did not show again */
};

enum { ALONE, FROM, DESCRIPTORS, WAYS };

static const char *describe(const struct oom_failure *failure)
{
	static char text[64];

	if (failure->fds > 0)
		snprintf(text, sizeof(text), "%u descriptors", failure->fds);
	else if (failure->fail_at > 0)
		snprintf(text, sizeof(text), "allocation %lu%s", failure->fail_at,
			 failure->from ? " and all behind it" : "");
	else
		snprintf(text, sizeof(text), "with all memory");
	return text;
}

static void report(const struct oom_case *c, struct progress *progress, const char *fault)
{
	if (progress->faults++ < TOLD_MAX)
		printf("FAILED %s, %s: %s\n", c->label, describe(&progress->at), fault);
	fflush(stdout);
}

static void report_passing(const struct oom_case *c, struct progress *progress, const char *fault)
{
	printf("not shown again: %s, %s: %s\n", c->label, describe(&progress->at), fault);
	if (++progress->passing > PASSING_MAX)
		report(c, progress, "too many faults that do not show again");
	fflush(stdout);
}

/* Tries a point, and again when something is wrong with it. */
static void try_twice(const struct oom_case *c, struct progress *progress, bool *happened_r,
		      int *ret_r)
{
	const char *first = oom_try(c, &progress->at, happened_r, ret_r);
	const char *second = first != NULL ? oom_try(c, &progress->at, happened_r, ret_r) : NULL;

	if (second != NULL)
		report(c, progress, second);
	else if (first != NULL)
		report_passing(c, progress, first);
}

static bool make_reference(const struct oom_case *c, struct progress *progress)
{
	const char *first = oom_make_reference(c);
	const char *second = first != NULL ? oom_make_reference(c) : NULL;

	if (second != NULL)
		report(c, progress, second);
	else if (first != NULL)
		report_passing(c, progress, first);
	return second == NULL;
}

/* Fails one allocation after the other until the case does not reach it. Begins
 * where a child before this one has ended. */
static void fail_memory(const struct oom_case *c, bool from, struct progress *progress)
{
	bool happened = true;
	int ret;

	progress->at.from = from;
	for (progress->at.fail_at += progress->at.fail_at == 0;
	     happened && progress->at.fail_at < ALLOCATIONS_MAX; progress->at.fail_at++)
		try_twice(c, progress, &happened, &ret);
	if (happened)
		report(c, progress, "makes too many allocations for this test");
}

static void fail_fds(const struct oom_case *c, struct progress *progress)
{
	bool happened;
	int ret = -1;

	if (progress->at.fds == 0)
		progress->at.fds = oom_open_fds();
	for (; ret != 0 && progress->at.fds < OOM_FDS_MAX; progress->at.fds++)
		try_twice(c, progress, &happened, &ret);
	if (ret != 0)
		report(c, progress, "never has enough of them");
}

static void run_child(const struct oom_case *c, int way, struct progress *progress)
{
	const struct oom_failure begin = progress->at;

	progress->at = (struct oom_failure){ 0 };
	if (make_reference(c, progress)) {
		progress->at = begin;
		if (way == DESCRIPTORS)
			fail_fds(c, progress);
		else
			fail_memory(c, way == FROM, progress);
	}
	progress->done = true;
}

/* Runs a child to its end or its crash. Returns NULL, or why it has not ended well. */
static const char *run_in_child(const struct oom_case *c, int way, struct progress *progress)
{
	static char text[128];
	int status = 0;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		run_child(c, way, progress);
		fflush(stdout);
		_exit(0);
	}
	if (pid == -1)
		snprintf(text, sizeof(text), "cannot fork: %s", strerror(errno));
	else if (waitpid(pid, &status, 0) != pid)
		snprintf(text, sizeof(text), "cannot wait: %s", strerror(errno));
	else if (WIFSIGNALED(status))
		snprintf(text, sizeof(text), "crashed with signal %d (%s)", WTERMSIG(status),
			 strsignal(WTERMSIG(status)));
	else if (!progress->done)
		snprintf(text, sizeof(text), "ended with status %d", WEXITSTATUS(status));
	else
		return NULL;
	return text;
}

static bool same_point(const struct oom_failure *a, const struct oom_failure *b)
{
	return a->fail_at == b->fail_at && a->from == b->from && a->fds == b->fds;
}

/* In children, so that a crash is a failure like others. The one after a crash
 * begins at the same point. Returns the faults. */
static unsigned run_way(const struct oom_case *c, int way, struct progress *progress)
{
	struct oom_failure crash_at = { 0 };
	char crash[128] = "";

	progress->at = crash_at;
	progress->faults = 0;
	progress->done = false;
	while (!progress->done && progress->faults < TOLD_MAX) {
		const char *why = run_in_child(c, way, progress);

		if (crash[0] != '\0' && why != NULL && same_point(&progress->at, &crash_at)) {
			report(c, progress, why);
			if (progress->at.fail_at == 0 && progress->at.fds == 0)
				break;
			progress->at.fail_at += progress->at.fail_at > 0;
			progress->at.fds += progress->at.fds > 0;
			crash[0] = '\0';
			continue;
		}
		if (crash[0] != '\0') {
			const struct oom_failure now = progress->at;

			progress->at = crash_at;
			report_passing(c, progress, crash);
			progress->at = now;
		}
		crash_at = progress->at;
		snprintf(crash, sizeof(crash), "%s", why != NULL ? why : "");
	}
	return progress->faults;
}

/* For a debugger: one allocation, in this process. */
static int run_single(const struct oom_case *c, unsigned long number)
{
	const struct oom_failure failure = { .fail_at = number };
	const char *fault;
	bool happened;
	int ret;

	if (oom_make_reference(c) != NULL)
		return 1;
	fault = oom_try(c, &failure, &happened, &ret);
	printf("%s, %s: returned %d, %s\n", c->label, describe(&failure), ret,
	       fault != NULL ? fault : "well");
	return fault != NULL;
}

/* Descriptors that were inherited are no business of the cases. */
static void close_inherited(void)
{
	for (int fd = STDERR_FILENO + 1; fd < (int)OOM_FDS_MAX; fd++)
		(void)close(fd);
}

int main(int argc, char **argv)
{
	unsigned passed = 0, failed = 0, faults;
	struct progress *progress;

	if (!oom_can_inject()) {
		printf("skipped: memory cannot be made short with sanitizers or without glibc\n"
		       "0 passed, 0 failed, 1 skipped\n");
		return 77;
	}
	close_inherited();
	progress = mmap(NULL, sizeof(*progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			-1, 0);
	if (progress == MAP_FAILED || oom_limit_fds(OOM_FDS_MAX) < 0) {
		fprintf(stderr, "oom-tests: cannot begin: %s\n", strerror(errno));
		return 2;
	}
	for (const struct oom_case *c = oom_cases(); c->label != NULL; c++) {
		if (argc > 1 && strcmp(argv[1], c->label) != 0)
			continue;
		if (argc > 2)
			return run_single(c, strtoul(argv[2], NULL, 10));
		faults = 0;
		for (int way = 0; way < WAYS; way++)
			faults += run_way(c, way, progress);
		if (faults == 0)
			passed++;
		else
			failed++;
		printf("%s %s\n", faults == 0 ? "ok" : "FAILED", c->label);
	}
	(void)munmap(progress, sizeof(*progress));
	printf("%u passed, %u failed, 0 skipped\n", passed, failed);
	return failed == 0 ? 0 : 1;
}

/* SPDX-License-Identifier: MIT */
/* Fails each allocation of each case, alone and with all behind it:
 * oom-tests [CASE [NUMBER]]. */
#include "oom.h"
#include "oom-inject.h"
#include "unit.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define FDS_MAX 64
/* So many failures of a case are told. */
#define TOLD_MAX 8U
/* What MMDB_open() of libmaxminddb 1.7 loses when it fails: a list of the
 * metadata, or the array of its descriptions. */
#define MMDB_LOST 3
/* No case is larger. */
#define ALLOCATIONS_MAX 20000UL

static struct oom_run reference, run;

void oom_note(struct oom_run *r, const char *format, ...)
{
	va_list args;
	int len;

	oom_pause();
	va_start(args, format);
	len = vsnprintf(r->text + r->used, sizeof(r->text) - r->used, format, args);
	va_end(args);
	if (len > 0)
		r->used += (size_t)len;
	if (r->used >= sizeof(r->text)) {
		fprintf(stderr, "oom-tests: the text of a case is too long\n");
		abort();
	}
	oom_resume();
}

void oom_note_json(struct oom_run *r, const struct rs_json *value)
{
	oom_note(r, "%u %d %s \"%s\" %lld %d\n", rs_json_line(value), rs_json_type(value),
		 rs_json_key(value) != NULL ? rs_json_key(value) : "-", rs_json_string(value),
		 (long long)rs_json_int(value), rs_json_bool(value));
	for (size_t i = 0; i < rs_json_count(value); i++)
		oom_note_json(r, rs_json_at(value, i));
}

/* What a run must leave as it was. */
struct state {
	long live;
	unsigned fds, files;
};

static unsigned open_fds(void)
{
	unsigned count = 0;

	for (int fd = 0; fd < FDS_MAX; fd++)
		count += fcntl(fd, F_GETFD) != -1;
	return count;
}

static unsigned files_in(const char *folder)
{
	unsigned count = 0;
	DIR *dir = opendir(folder);

	while (dir != NULL && readdir(dir) != NULL)
		count++;
	if (dir != NULL)
		closedir(dir);
	return count;
}

static struct state take_state(void)
{
	struct state state = { 0 };

	state.files = files_in(rs_unit_folder());
	state.fds = open_fds();
	state.live = oom_live();
	return state;
}

/* How a run fails: see oom_arm(); fds: so many descriptors may be open. */
struct failure {
	unsigned long fail_at;
	bool from;
	rlim_t fds;
};

static int limit_fds(rlim_t max)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return -1;
	limit.rlim_cur = max < limit.rlim_max ? max : limit.rlim_max;
	return setrlimit(RLIMIT_NOFILE, &limit);
}

/* Returns what the case said; *happened_r: whether something failed. */
static int run_once(const struct oom_case *c, const struct failure *failure, bool *happened_r)
{
	int ret;

	run.used = 0;
	run.text[0] = '\0';
	if (failure->fds > 0)
		(void)limit_fds(failure->fds);
	oom_arm(failure->fail_at, failure->from);
	ret = c->run(&run, c->context);
	*happened_r = oom_disarm();
	if (failure->fds > 0)
		(void)limit_fds(FDS_MAX);
	if (ret == 0)
		oom_note(&run, "%zu errors, %zu warnings, %zu notes\n",
			 rs_diags_count(run.diags, RS_LEVEL_ERROR),
			 rs_diags_count(run.diags, RS_LEVEL_WARNING),
			 rs_diags_count(run.diags, RS_LEVEL_NOTE));
	return ret;
}

static bool names_the_cause(const struct failure *failure, const struct rs_diags *diags)
{
	if (failure->fds > 0)
		return rs_unit_diags_have(diags, "Too many open files");
	return rs_diags_memory_short(diags);
}

/* What is wrong with a run, NULL: nothing. */
static const char *judge(const struct oom_case *c, const struct failure *failure, int ret,
			 bool happened)
{
	if (ret == 0)
		return strcmp(run.text, reference.text) != 0
			       ? "said that it succeeded, but its result is not complete"
			       : NULL;
	if (!happened && failure->fds == 0)
		return "failed although memory was there";
	if (c->silent)
		return NULL;
	if (rs_diags_count(run.diags, RS_LEVEL_ERROR) == 0)
		return "failed without an error";
	if (!names_the_cause(failure, run.diags))
		return "failed without saying that memory is short";
	return NULL;
}

static const char *try_one(const struct oom_case *c, const struct failure *failure,
			   bool *happened_r, int *ret_r)
{
	const char *fault = NULL;
	struct state before, after;

	/* What is allocated once and kept (by libc) is there at the second time. */
	for (int i = 0; i < 2; i++) {
		before = take_state();
		run.diags = rs_diags_new();
		*ret_r = run_once(c, failure, happened_r);
		fault = judge(c, failure, *ret_r, *happened_r);
		if (fault != NULL && getenv("OOM_VERBOSE") != NULL)
			printf("%s%s", rs_unit_diags(run.diags), run.text);
		rs_diags_free(&run.diags);
		after = take_state();
		if (*ret_r != 0 && c->mmdb && after.live - before.live <= MMDB_LOST)
			after.live = before.live;
		if (fault != NULL || memcmp(&before, &after, sizeof(before)) == 0)
			return fault;
	}
	if (after.fds != before.fds)
		return "left a descriptor open";
	return after.files != before.files ? "left a file behind" : "left memory behind";
}

/* Where a child is, for the parent to tell after a crash. */
struct progress {
	unsigned long fail_at;
	unsigned faults;
	bool done;
};

static void report(const struct oom_case *c, const struct failure *failure,
		   struct progress *progress, const char *fault)
{
	if (progress->faults++ >= TOLD_MAX)
		return;
	if (failure->fds > 0)
		printf("FAILED %s, %lu descriptors: %s\n", c->label, (unsigned long)failure->fds,
		       fault);
	else
		printf("FAILED %s, allocation %lu%s: %s\n", c->label, failure->fail_at,
		       failure->from ? " and all behind it" : "", fault);
	fflush(stdout);
}

static bool make_reference(const struct oom_case *c)
{
	const struct failure none = { 0 };
	bool happened;
	int ret;

	run.diags = rs_diags_new();
	ret = run_once(c, &none, &happened);
	reference = run;
	if (ret != 0)
		printf("FAILED %s, with all memory: failed\n%s", c->label,
		       rs_unit_diags(run.diags));
	rs_diags_free(&run.diags);
	return ret == 0;
}

/* Fails one allocation after the other until the case does not reach it. */
static void fail_memory(const struct oom_case *c, bool from, struct progress *progress)
{
	struct failure failure = { .fail_at = progress->fail_at, .from = from };
	bool happened = true;
	int ret;

	while (happened && failure.fail_at < ALLOCATIONS_MAX) {
		const char *fault;

		progress->fail_at = ++failure.fail_at;
		fault = try_one(c, &failure, &happened, &ret);
		if (fault != NULL)
			report(c, &failure, progress, fault);
	}
	if (happened)
		report(c, &failure, progress, "makes too many allocations for this test");
}

static void fail_fds(const struct oom_case *c, struct progress *progress)
{
	struct failure failure = { .fds = open_fds() };
	bool happened;
	int ret = -1;

	for (; ret != 0 && failure.fds < FDS_MAX; failure.fds++) {
		const char *fault = try_one(c, &failure, &happened, &ret);

		if (fault != NULL)
			report(c, &failure, progress, fault);
	}
}

enum { ALONE, FROM, DESCRIPTORS, WAYS };

static void run_child(const struct oom_case *c, int way, struct progress *progress)
{
	if (!make_reference(c))
		progress->faults++;
	else if (way == DESCRIPTORS)
		fail_fds(c, progress);
	else
		fail_memory(c, way == FROM, progress);
	progress->done = true;
}

/* In a child, so that a crash is a failure like others. Returns the faults. */
static unsigned run_way(const struct oom_case *c, int way, struct progress *progress)
{
	*progress = (struct progress){ 0 };
	while (!progress->done && progress->faults < TOLD_MAX) {
		const unsigned long begin = progress->fail_at;
		pid_t pid;
		int status = 0;

		fflush(stdout);
		pid = fork();
		if (pid == 0) {
			run_child(c, way, progress);
			fflush(stdout);
			_exit(0);
		}
		if (pid == -1 || waitpid(pid, &status, 0) != pid)
			return progress->faults + 1;
		if (progress->done)
			break;
		const struct failure failure = { .fail_at = progress->fail_at,
						 .from = way == FROM };

		report(c, &failure, progress, "crashed");
		if (progress->fail_at == begin)
			break;
	}
	return progress->faults;
}

/* For a debugger: one allocation, in this process. */
static int run_single(const struct oom_case *c, unsigned long number)
{
	struct failure failure = { .fail_at = number };
	const char *fault;
	bool happened;
	int ret;

	if (!make_reference(c))
		return 1;
	fault = try_one(c, &failure, &happened, &ret);
	printf("%s, allocation %lu: returned %d, %s\n", c->label, number, ret,
	       fault != NULL ? fault : "well");
	return fault != NULL;
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
	progress = mmap(NULL, sizeof(*progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			-1, 0);
	if (progress == MAP_FAILED || limit_fds(FDS_MAX) < 0)
		return 2;
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

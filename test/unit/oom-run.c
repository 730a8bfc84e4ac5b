/* SPDX-License-Identifier: MIT */
#include "oom-run.h"

#include "oom-inject.h"
#include "unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

/* What MMDB_open() of libmaxminddb 1.7 loses when it fails: a list of the
 * metadata, or the array of its descriptions. */
#define MMDB_LOST 3
/* So many bytes of a text are told. */
#define SHOWN_MAX 1500

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

unsigned oom_open_fds(void)
{
	unsigned count = 0;

	for (int fd = 0; fd < (int)OOM_FDS_MAX; fd++)
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
	state.fds = oom_open_fds();
	state.live = oom_live();
	return state;
}

int oom_limit_fds(unsigned max)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return -1;
	limit.rlim_cur = (rlim_t)max < limit.rlim_max ? max : limit.rlim_max;
	return setrlimit(RLIMIT_NOFILE, &limit);
}

/* What one run said. */
struct outcome {
	int ret, error; /* errno */
	bool happened;	/* an allocation failed */
	struct state before, after;
};

static void run_once(const struct oom_case *c, const struct oom_failure *failure,
		     struct outcome *outcome)
{
	run.used = 0;
	run.text[0] = '\0';
	if (failure->fds > 0)
		(void)oom_limit_fds(failure->fds);
	oom_arm(failure->fail_at, failure->from);
	errno = 0;
	outcome->ret = c->run(&run, c->context);
	outcome->error = errno;
	outcome->happened = oom_disarm();
	if (failure->fds > 0)
		(void)oom_limit_fds(OOM_FDS_MAX);
	if (outcome->ret == 0)
		oom_note(&run, "%zu errors, %zu warnings, %zu notes\n",
			 rs_diags_count(run.diags, RS_LEVEL_ERROR),
			 rs_diags_count(run.diags, RS_LEVEL_WARNING),
			 rs_diags_count(run.diags, RS_LEVEL_NOTE));
}

static bool names_the_cause(const struct oom_failure *failure, const struct rs_diags *diags)
{
	if (failure->fds > 0)
		return rs_unit_diags_have(diags, "Too many open files");
	return rs_diags_memory_short(diags);
}

/* What is wrong with a run, NULL: nothing. */
static const char *judge(const struct oom_case *c, const struct oom_failure *failure,
			 const struct outcome *outcome)
{
	if (outcome->ret == 0)
		return strcmp(run.text, reference.text) != 0
			       ? "said that it succeeded, but its result is not complete"
			       : NULL;
	if (!outcome->happened && failure->fds == 0)
		return "failed although memory was there";
	if (c->silent)
		return NULL;
	if (rs_diags_count(run.diags, RS_LEVEL_ERROR) == 0)
		return "failed without an error";
	if (!names_the_cause(failure, run.diags))
		return "failed without saying that memory is short";
	return NULL;
}

static const char *judge_state(const struct oom_case *c, struct outcome *outcome)
{
	const struct state *before = &outcome->before;
	struct state *after = &outcome->after;

	if (outcome->ret != 0 && c->mmdb && after->live - before->live <= MMDB_LOST)
		after->live = before->live;
	if (after->fds != before->fds)
		return "left a descriptor open";
	if (after->files != before->files)
		return "left a file behind";
	return after->live != before->live ? "left memory behind" : NULL;
}

/* Texts are long: what is told begins a line before the first difference. */
static void tell_texts(void)
{
	size_t same = 0, begin;

	while (run.text[same] != '\0' && run.text[same] == reference.text[same])
		same++;
	for (begin = same; begin > 0 && same - begin < 200 && run.text[begin - 1] != '\n'; begin--)
		;
	printf("    result, %zu bytes, from byte %zu: \"%.*s\"\n", strlen(run.text), begin,
	       SHOWN_MAX, run.text + begin);
	printf("    it should be, %zu bytes, from there: \"%.*s\"\n", strlen(reference.text),
	       SHOWN_MAX, reference.text + begin);
}

/* The diagnostics of this run are there yet. */
static void tell(const struct outcome *outcome)
{
	printf("    returned %d, errno %d (%s), an allocation failed: %s\n", outcome->ret,
	       outcome->error, strerror(outcome->error), outcome->happened ? "yes" : "no");
	printf("    diagnostics:\n%.*s", SHOWN_MAX, rs_unit_diags(run.diags));
	printf("    end of diagnostics\n");
	if (outcome->ret == 0)
		tell_texts();
}

static void tell_state(const struct outcome *outcome)
{
	printf("    before: %ld allocations, %u descriptors, %u files; after: %ld, %u, %u\n",
	       outcome->before.live, outcome->before.fds, outcome->before.files,
	       outcome->after.live, outcome->after.fds, outcome->after.files);
}

const char *oom_try(const struct oom_case *c, const struct oom_failure *failure, bool *happened_r,
		    int *ret_r)
{
	struct outcome outcome = { 0 };
	const char *fault, *left = NULL;

	/* What is allocated once and kept (by libc) is there at the second time. */
	for (int i = 0; i < 2; i++) {
		outcome.before = take_state();
		run.diags = rs_diags_new();
		run_once(c, failure, &outcome);
		*happened_r = outcome.happened;
		*ret_r = outcome.ret;
		fault = judge(c, failure, &outcome);
		if (fault != NULL)
			tell(&outcome);
		rs_diags_free(&run.diags);
		outcome.after = take_state();
		if (fault != NULL)
			return fault;
		left = judge_state(c, &outcome);
		if (left == NULL)
			return NULL;
	}
	tell_state(&outcome);
	return left;
}

const char *oom_make_reference(const struct oom_case *c)
{
	const struct oom_failure none = { 0 };
	struct outcome outcome = { 0 };

	run.diags = rs_diags_new();
	run_once(c, &none, &outcome);
	reference = run;
	if (outcome.ret != 0)
		tell(&outcome);
	rs_diags_free(&run.diags);
	return outcome.ret != 0 ? "failed with all that it needs" : NULL;
}

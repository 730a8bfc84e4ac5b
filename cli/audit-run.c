/* SPDX-License-Identifier: MIT */
/* Has threads read logs, each what nobody else reads, into an audit of its own. */
#include "relaysentry-config.h"
#include "audit-feed.h"
#include "audit-years.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define THREADS_MAX 16U
/* Reading again settles all years: what is assumed then was counted. */
#define PASSES_MAX 3U

/* What one thread reads at a time: a part of a plain file, or all of another. */
struct unit {
	uint32_t file; /* its number */
	size_t part;
	struct rs_diags *diags; /* NULL: nothing to tell */
	struct rs_audit *audit; /* of what can be read once: what was in it */
	uint64_t logins;
	bool failed;
};

struct run {
	struct audit_set *set;
	const struct rs_audit_options *options;
	struct audit_progress *progress;
	struct unit *units;
	size_t count, once; /* those that can be read once come first */
	atomic_size_t next;
	atomic_bool no_memory; /* all stop */
};

struct worker {
	struct run *run;
	struct rs_audit *audit;
	pthread_t thread;
	struct audit_feed feed;
};

unsigned rs_audit_threads_default(void)
{
	cpu_set_t allowed;
	int count;

	/* More processors than fit in the set are more than are used. */
	if (sched_getaffinity(0, sizeof(allowed), &allowed) < 0)
		return THREADS_MAX;
	count = CPU_COUNT(&allowed);
	return count < 1 ? 1 : (unsigned)count > THREADS_MAX ? THREADS_MAX : (unsigned)count;
}

/* --- units --- */

static int compare_units(const struct audit_set *set, const struct unit *a, const struct unit *b)
{
	const struct audit_file *fa = &set->files[a->file], *fb = &set->files[b->file];

	/* What takes long and cannot be shared comes first. */
	if (fa->regular != fb->regular)
		return fa->regular ? 1 : -1;
	if (fa->plain != fb->plain)
		return fa->plain ? 1 : -1;
	if (!fa->plain && fa->size != fb->size)
		return fa->size > fb->size ? -1 : 1;
	if (a->file != b->file)
		return a->file < b->file ? -1 : 1;
	return a->part < b->part ? -1 : a->part > b->part;
}

static int compare_for_sort(const void *a, const void *b, void *set)
{
	return compare_units(set, a, b);
}

static size_t part_count(const struct audit_file *file)
{
	return file->years != NULL ? file->years->part_count : 1;
}

/* What can be read once has no date yet, and reads those of now. */
static int begin_once(struct audit_set *set)
{
	for (size_t i = 0; i < set->count; i++) {
		struct audit_file *file = &set->files[i];

		if (file->years == NULL && rs_audit_years_look(file, "", 0, UINT64_MAX) < 0)
			return -1;
	}
	return 0;
}

static int make_units(struct run *run)
{
	struct audit_set *set = run->set;
	size_t count = 0;

	for (size_t i = 0; i < set->count; i++)
		count += part_count(&set->files[i]);
	run->units = calloc(count + 1, sizeof(*run->units));
	if (run->units == NULL)
		return -1;
	for (size_t i = 0; i < set->count; i++) {
		run->once += !set->files[i].regular;
		for (size_t part = 0; part < part_count(&set->files[i]); part++)
			run->units[run->count++] =
				(struct unit){ .file = (uint32_t)i, .part = part };
	}
	qsort_r(run->units, run->count, sizeof(*run->units), compare_for_sort, set);
	return 0;
}

static void free_unit(struct unit *unit)
{
	rs_diags_free(&unit->diags);
	rs_audit_free(&unit->audit);
}

/* --- reading a unit --- */

static uint64_t count_logins(const struct rs_audit *audit)
{
	const struct rs_audit_totals *totals = rs_audit_totals(audit);
	uint64_t count = 0;

	for (int writer = 0; writer < RS_LOG_WRITER_COUNT; writer++)
		count += writer != RS_LOG_RELAYSENTRY ? totals->by_writer[writer] : 0;
	return count;
}

/* The first date of what can be read once comes with its first lines. Returns 0, -1. */
static int look_for_date(struct run *run, struct audit_file *file, struct rs_audit *audit,
			 const char *text, size_t len)
{
	struct rs_logdate_context context;
	struct audit_date first;

	if (file->regular || file->years->first.len > 0)
		return 0;
	rs_audit_date_first(&first, text, len);
	if (first.len == 0)
		return 0;
	if (rs_audit_years_look(file, text, len, UINT64_MAX) < 0)
		return -1;
	if (file->years->first.named && run->set->year != 0)
		file->first_year = file->years->base = run->set->year;
	rs_audit_years_context(file, 0, &context);
	rs_audit_dates(audit, &context);
	return 0;
}

/* Returns 0, -1 when memory is short. */
static int read_all(struct worker *worker, struct unit *unit, struct audit_reader *reader,
		    struct rs_audit *audit)
{
	struct audit_file *file = &worker->run->set->files[unit->file];
	uint64_t position = rs_audit_reader_position(reader);
	int result, taken = 0;
	const char *text;
	size_t len;

	while (taken == 0 && (result = rs_audit_reader_next(reader, &text, &len)) > 0) {
		uint64_t now = rs_audit_reader_position(reader);

		if (atomic_load(&worker->run->no_memory))
			return 0;
		if (look_for_date(worker->run, file, audit, text, len) < 0)
			return -1;
		taken = rs_audit_feed_take(&worker->feed, text, len);
		rs_audit_progress_add(worker->run->progress, now - position, len);
		position = now;
	}
	if (taken != 0)
		return taken < 0 ? -1 : 0;
	if (result < 0) {
		unit->failed = true;
		return 0;
	}
	if (file->plain && worker->feed.offset + worker->feed.carried < file->size)
		rs_diags_add(unit->diags, RS_LEVEL_WARNING, rs_audit_file_name(file), 0,
			     "became shorter while it was read; what was cut off is missing");
	return rs_audit_feed_end(&worker->feed);
}

static void told_late(const struct run *run, const struct audit_file *file, struct rs_diags *diags)
{
	if (file->regular || run->set->year != 0 || !rs_audit_years_late(file))
		return;
	rs_diags_add(diags, RS_LEVEL_WARNING, rs_audit_file_name(file), 0,
		     "its dates have no year, and when it begins in %d, it ends in the future; "
		     "tell the year of its first date with --year",
		     file->years->base);
}

/* The same. */
static int read_into(struct worker *worker, struct unit *unit, struct rs_audit *audit)
{
	struct audit_file *file = &worker->run->set->files[unit->file];
	const struct audit_part *part = &file->years->parts[unit->part];
	bool last = unit->part + 1 == file->years->part_count;
	uint64_t end = !file->plain ? UINT64_MAX : last ? file->size : part[1].begin;
	uint64_t before = count_logins(audit);
	struct rs_logdate_context context;
	struct audit_reader *reader;
	int status, result;

	rs_audit_feed_begin(&worker->feed, audit, unit->file, part->begin, end);
	rs_audit_years_context(file, unit->part, &context);
	rs_audit_dates(audit, &context);
	reader = rs_audit_reader_open(file, worker->feed.offset, unit->diags, &status);
	if (reader == NULL) {
		unit->failed = true;
		return status == EX_OSERR ? -1 : 0;
	}
	result = read_all(worker, unit, reader, audit);
	rs_audit_reader_close(&reader);
	rs_audit_years_read(file, unit->part, rs_audit_dates_now(audit), &worker->feed.last);
	told_late(worker->run, file, unit->diags);
	unit->logins = count_logins(audit) - before;
	return result;
}

static int read_unit(struct worker *worker, struct unit *unit)
{
	bool once = !worker->run->set->files[unit->file].regular;
	int result = -1;

	rs_diags_free(&unit->diags);
	unit->diags = rs_diags_new();
	unit->failed = false;
	if (once)
		unit->audit = rs_audit_new(worker->run->options);
	if (unit->diags != NULL && (!once || unit->audit != NULL))
		result = read_into(worker, unit, once ? unit->audit : worker->audit);
	if (unit->diags != NULL && rs_diags_kept(unit->diags) == 0)
		rs_diags_free(&unit->diags);
	return result;
}

static void *work(void *_worker)
{
	struct worker *worker = _worker;
	struct run *run = worker->run;

	while (!atomic_load(&run->no_memory)) {
		size_t next = atomic_fetch_add(&run->next, 1);

		if (next >= run->count)
			break;
		if (read_unit(worker, &run->units[next]) < 0)
			atomic_store(&run->no_memory, true);
	}
	return NULL;
}

/* --- all units --- */

/* Returns 0, -1 when memory is short. */
static int read_units(struct run *run, struct worker *workers, size_t count)
{
	size_t begun = 1;

	for (size_t i = 0; i < count; i++) {
		rs_audit_free(&workers[i].audit);
		workers[i].run = run;
		workers[i].audit = rs_audit_new(run->options);
		if (workers[i].audit == NULL)
			return -1;
	}
	/* With fewer threads it takes longer. */
	while (begun < count &&
	       pthread_create(&workers[begun].thread, NULL, work, &workers[begun]) == 0)
		begun++;
	(void)work(&workers[0]);
	for (size_t i = 1; i < begun; i++)
		(void)pthread_join(workers[i].thread, NULL);
	return atomic_load(&run->no_memory) ? -1 : 0;
}

static int merge(struct run *run, struct worker *workers, size_t count, struct rs_audit **audit_r)
{
	struct rs_audit *all = workers[0].audit;

	for (size_t i = 1; i < count; i++) {
		if (rs_audit_merge(all, &workers[i].audit) < 0)
			return -1;
	}
	for (size_t i = 0; i < run->once; i++) {
		if (run->units[i].audit != NULL && rs_audit_merge(all, &run->units[i].audit) < 0)
			return -1;
	}
	workers[0].audit = NULL;
	*audit_r = all;
	return 0;
}

/* Years that were assumed wrongly are set right, and all is read again; but not what can
 * be read once. */
static int read_passes(struct run *run, struct worker *workers, size_t count, bool progress)
{
	uint64_t size = run->once == 0 ? run->set->size : 0;

	for (unsigned pass = 0; pass < PASSES_MAX; pass++) {
		int result;

		atomic_store(&run->next, pass == 0 ? 0 : run->once);
		run->progress = progress ? rs_audit_progress_begin(size) : NULL;
		result = read_units(run, workers, count);
		rs_audit_progress_end(&run->progress);
		if (result < 0)
			return -1;
		if (pass + 1 < PASSES_MAX && !rs_audit_years_settle(run->set))
			break;
	}
	return 0;
}

/* Of each file, what its first faulty part has: the others have the same. In the order of
 * files, whoever came first. Returns the exit status. */
static int report(const struct run *run)
{
	const struct unit **faulty = calloc(run->set->count + 1, sizeof(*faulty));
	int status = 0;

	if (faulty == NULL)
		return rs_cli_no_memory();
	for (size_t i = 0; i < run->count; i++) {
		const struct unit *unit = &run->units[i];

		run->set->files[unit->file].logins += unit->logins;
		if (unit->failed)
			status = EX_NOINPUT;
		if (unit->diags != NULL && faulty[unit->file] == NULL)
			faulty[unit->file] = unit;
	}
	for (size_t i = 0; i < run->set->count; i++) {
		if (faulty[i] != NULL)
			rs_cli_print_diags(faulty[i]->diags);
	}
	free(faulty);
	return status;
}

int rs_audit_run(struct audit_set *set, const struct rs_audit_options *options, unsigned threads,
		 bool progress, struct rs_audit **audit_r)
{
	struct run run = { .set = set, .options = options };
	struct worker *workers = NULL;
	size_t count = 0;
	int status = EX_OSERR;

	*audit_r = NULL;
	if (begin_once(set) == 0 && make_units(&run) == 0) {
		count = threads == 0 ? 1 : threads;
		count = count < run.count ? count : run.count > 0 ? run.count : 1;
		workers = calloc(count, sizeof(*workers));
	}
	if (workers != NULL && read_passes(&run, workers, count, progress) == 0 &&
	    merge(&run, workers, count, audit_r) == 0)
		status = report(&run);
	else
		(void)rs_cli_no_memory();
	for (size_t i = 0; workers != NULL && i < count; i++)
		rs_audit_free(&workers[i].audit);
	for (size_t i = 0; i < run.count; i++)
		free_unit(&run.units[i]);
	free(workers);
	free(run.units);
	return status;
}

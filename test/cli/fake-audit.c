/* SPDX-License-Identifier: MIT */
#include "fake-audit.h"

#include "cli/cli.h"

#include <relaysentry/siphash.h>

#include <CUnit/Basic.h>

#include <inttypes.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct line {
	uint32_t file;
	uint64_t offset, hash;
	size_t len;
	bool is_long;
	int64_t time; /* 0: it has none */
};

struct rs_audit {
	struct line *lines;
	size_t count, room;
	uint32_t file;
	uint64_t offset;
	struct rs_logdate_context dates;
	struct rs_audit_totals totals;
};

static atomic_int audits;
static atomic_int begun[16];
static atomic_long calls_left = -1;

static void no_memory(void)
{
	fputs("fake-audit: memory is short\n", stderr);
	exit(2);
}

struct rs_audit *rs_audit_new(const struct rs_audit_options *options)
{
	struct rs_audit *audit = calloc(1, sizeof(*audit));

	(void)options;
	if (audit == NULL)
		no_memory();
	atomic_fetch_add(&audits, 1);
	return audit;
}

void rs_audit_free(struct rs_audit **audit)
{
	if (*audit == NULL)
		return;
	atomic_fetch_sub(&audits, 1);
	free((*audit)->lines);
	free(*audit);
	*audit = NULL;
}

int fake_audit_count(void)
{
	return atomic_load(&audits);
}

void rs_audit_file(struct rs_audit *audit, uint32_t file, uint64_t offset)
{
	audit->file = file;
	audit->offset = offset;
	if (offset == 0 && file < RS_COUNT(begun))
		atomic_fetch_add(&begun[file], 1);
}

int fake_audit_passes(void)
{
	int most = 0;

	for (size_t i = 0; i < RS_COUNT(begun); i++) {
		int passes = atomic_exchange(&begun[i], 0);

		most = passes > most ? passes : most;
	}
	return most;
}

void rs_audit_dates(struct rs_audit *audit, const struct rs_logdate_context *dates)
{
	audit->dates = *dates;
}

const struct rs_logdate_context *rs_audit_dates_now(const struct rs_audit *audit)
{
	return &audit->dates;
}

const struct rs_audit_totals *rs_audit_totals(const struct rs_audit *audit)
{
	return &audit->totals;
}

static void add_line(struct rs_audit *audit, const char *text, size_t len, bool is_long)
{
	static const unsigned char key[RS_SIPHASH_KEY_SIZE];
	struct line *line;

	if (audit->count == audit->room) {
		audit->room = audit->room * 2 + 64;
		audit->lines = reallocarray(audit->lines, audit->room, sizeof(*audit->lines));
		if (audit->lines == NULL)
			no_memory();
	}
	line = &audit->lines[audit->count++];
	*line = (struct line){
		.file = audit->file, .offset = audit->offset, .len = len, .is_long = is_long
	};
	line->hash = rs_siphash(key, text, len);
	audit->totals.lines++;
	if (!is_long && rs_logdate_parse(&audit->dates, text, len, &line->time) > 0)
		audit->totals.by_writer[RS_LOG_DOVECOT]++;
}

int rs_audit_lines(struct rs_audit *audit, const char *text, size_t len)
{
	const char *end = text + len;

	if (atomic_load(&calls_left) == 0)
		return -1;
	if (atomic_load(&calls_left) > 0)
		atomic_fetch_sub(&calls_left, 1);
	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		const char *after = newline != NULL ? newline + 1 : end;

		add_line(audit, text, (size_t)((newline != NULL ? newline : end) - text), false);
		audit->offset += (uint64_t)(after - text);
		text = after;
	}
	return 0;
}

void rs_audit_long_line(struct rs_audit *audit, const char *begin, size_t len)
{
	add_line(audit, begin, len, true);
}

int rs_audit_merge(struct rs_audit *audit, struct rs_audit **_from)
{
	struct rs_audit *from = *_from;
	size_t count = audit->count + from->count;
	struct line *lines = reallocarray(audit->lines, count + 1, sizeof(*lines));

	if (lines == NULL)
		no_memory();
	if (from->count > 0)
		memcpy(lines + audit->count, from->lines, from->count * sizeof(*lines));
	audit->lines = lines;
	audit->count = audit->room = count;
	rs_audit_free(_from);
	return 0;
}

/* --- looking --- */

static int compare_lines(const void *_a, const void *_b)
{
	const struct line *a = _a, *b = _b;

	if (a->file != b->file)
		return a->file < b->file ? -1 : 1;
	return a->offset < b->offset ? -1 : a->offset > b->offset;
}

static void sort(struct rs_audit *audit)
{
	if (audit->count > 0)
		qsort(audit->lines, audit->count, sizeof(*audit->lines), compare_lines);
}

const char *fake_audit_text(struct rs_audit *audit)
{
	static char *text;
	size_t size = 0;
	FILE *out;

	free(text);
	text = NULL;
	out = open_memstream(&text, &size);
	if (out == NULL)
		no_memory();
	sort(audit);
	for (size_t i = 0; i < audit->count; i++) {
		const struct line *line = &audit->lines[i];

		fprintf(out, "%" PRIu32 " %" PRIu64 " %zu %016" PRIx64 " %" PRId64 "%s\n",
			line->file, line->offset, line->len, line->hash, line->time,
			line->is_long ? " long" : "");
	}
	if (fclose(out) != 0)
		no_memory();
	return text;
}

size_t fake_audit_lines(const struct rs_audit *audit)
{
	return audit->count;
}

const char *fake_audit_span(struct rs_audit *audit, uint32_t file)
{
	static char text[64];
	const struct line *first = NULL, *last = NULL;
	char begin[32], end[32];
	time_t t;

	sort(audit);
	for (size_t i = 0; i < audit->count; i++) {
		if (audit->lines[i].file != file || audit->lines[i].time == 0)
			continue;
		first = first == NULL ? &audit->lines[i] : first;
		last = &audit->lines[i];
	}
	if (first == NULL)
		return "none";
	t = (time_t)first->time;
	(void)strftime(begin, sizeof(begin), "%Y-%m-%d", localtime(&t));
	t = (time_t)last->time;
	(void)strftime(end, sizeof(end), "%Y-%m-%d", localtime(&t));
	snprintf(text, sizeof(text), "%s %s", begin, end);
	return text;
}

void fake_audit_fail_after(long calls)
{
	atomic_store(&calls_left, calls);
}

/* --- messages --- */

static char messages[65536], taken[65536];

const char *fake_messages(void)
{
	memcpy(taken, messages, sizeof(taken));
	messages[0] = '\0';
	return taken;
}

static void say(const char *text)
{
	size_t used = strlen(messages);

	snprintf(messages + used, sizeof(messages) - used, "%s", text);
}

void rs_cli_print_diags(const struct rs_diags *diags)
{
	say(rs_unit_diags(diags));
}

void rs_cli_message(enum rs_level level, const char *format, ...)
{
	struct rs_diags *diags = rs_diags_new();
	char text[2048];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	rs_diags_add(diags, level, NULL, 0, "%s", text);
	rs_cli_print_diags(diags);
	rs_diags_free(&diags);
}

int rs_cli_no_memory(void)
{
	say("error: memory is short\n");
	return EX_OSERR;
}

/* --- the program --- */

static const struct {
	const char *name;
	void (*add)(CU_pSuite suite);
} suites[] = {
	{ "names", cli_suite_audit_names },	  { "set", cli_suite_audit_set },
	{ "years", cli_suite_audit_years },	  { "input", cli_suite_audit_input },
	{ "feed", cli_suite_audit_feed },	  { "run", cli_suite_audit_run },
	{ "progress", cli_suite_audit_progress },
};

int main(int argc, char **argv)
{
	unsigned failed, run;

	(void)setenv("TZ", "UTC", 1);
	if (CU_initialize_registry() != CUE_SUCCESS)
		return 2;
	for (size_t i = 0; i < RS_COUNT(suites); i++) {
		if (argc < 2 || strcmp(argv[1], suites[i].name) == 0)
			suites[i].add(CU_add_suite(suites[i].name, NULL, NULL));
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	CU_basic_set_mode(CU_BRM_VERBOSE);
	(void)CU_basic_run_tests();
	run = CU_get_number_of_tests_run();
	failed = CU_get_number_of_tests_failed();
	printf("%u passed, %u failed, %u skipped\n", run - failed, failed, rs_unit_skipped());
	CU_cleanup_registry();
	return failed > 0;
}

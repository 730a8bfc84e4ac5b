/* SPDX-License-Identifier: MIT */
/* Reading logs with threads. */
#include "fake-audit.h"
#include "log-files.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct rs_audit_options options;

/* Reads the operands with so many threads, and returns what was read; allocated with
 * malloc(). */
static char *read_logs(const char *const *operands, unsigned threads, uint64_t part_len,
		       int want_status)
{
	size_t count = 0;
	struct audit_set set;
	struct rs_audit *audit;
	char *text;

	while (operands[count] != NULL)
		count++;
	RS_CHECK_INT("the set", rs_audit_set_open(&set, (char *const *)operands, count, 0, LOG_NOW),
		     0);
	if (part_len > 0)
		log_cut_parts(&set, part_len);
	RS_CHECK_INT("status", rs_audit_run(&set, &options, threads, false, &audit), want_status);
	text = strdup(fake_audit_text(audit));
	rs_audit_free(&audit);
	rs_audit_set_free(&set);
	RS_CHECK_INT("all is freed", fake_audit_count(), 0);
	return text;
}

static size_t count_lines(const char *text)
{
	size_t count = 0;

	for (; *text != '\0'; text++)
		count += *text == '\n';
	return count;
}

static void test_threads(void)
{
	static const uint64_t parts[] = { 10007, 65536, 200000, 0 };
	const char *operands[8] = { NULL };

	for (unsigned i = 0; i < 5; i++) {
		static const char *const filters[] = { NULL, "gzip", "zstd", NULL, NULL };
		char name[30];
		size_t len;
		char *text = log_random(i + 77, i == 3 ? 3 : 700000, &len);

		snprintf(name, sizeof(name), "threads/log%c", (int)('a' + i));
		operands[i] = log_write(name, filters[i], text, len, "2026-11-25");
		free(text);
	}
	for (size_t p = 0; p < RS_COUNT(parts); p++) {
		char *want = read_logs(operands, 1, 0, 0);

		RS_CHECK("there are lines", count_lines(want) > 200);
		for (unsigned threads = 1; threads <= 8; threads++) {
			char *got = read_logs(operands, threads, parts[p], 0);

			RS_CHECK("the same lines, once each", strcmp(got, want) == 0,
				 "%u threads, parts of %llu", threads,
				 (unsigned long long)parts[p]);
			free(got);
		}
		free(want);
	}
	RS_CHECK_STR("nothing to tell", fake_messages(), "");
}

static void test_parts_of_8_megabytes(void)
{
	const char *operands[2] = { NULL };
	size_t len;
	char *text = log_random(5, 20U << 20, &len), *one, *many;

	operands[0] = log_write("large.log", NULL, text, len, "2026-11-25");
	one = read_logs(operands, 1, UINT64_MAX, 0);
	many = read_logs(operands, 4, 0, 0);
	RS_CHECK("as in one piece", strcmp(one, many) == 0);
	free(one);
	free(many);
	free(text);
}

/* Starts a process that writes text into a pipe, and returns what it is read by. */
static int pipe_of(const char *text, size_t len)
{
	int fds[2];

	if (pipe(fds) < 0)
		exit(2);
	if (fork() == 0) {
		close(fds[0]);
		for (size_t at = 0; at < len;) {
			/* Such as no line ends with. */
			ssize_t n = write(fds[1], text + at, len - at < 1000 ? len - at : 1000);

			if (n <= 0)
				_exit(1);
			at += (size_t)n;
		}
		_exit(0);
	}
	close(fds[1]);
	return fds[0];
}

static void test_pipes(void)
{
	const char *operands[4] = { NULL };
	size_t len, size;
	char *text = log_random(9, 300000, &len), *want, *got, *stored, pipes[2][30];
	int first, second;

	operands[0] = log_write("pipe.gz", "gzip", text, len, "2026-11-25");
	operands[1] = log_write("pipe.log", NULL, text, len, "2026-11-24");
	RS_CHECK_INT("what is compressed", rs_unit_read(operands[0], &stored, &size), 0);
	want = read_logs(operands, 1, 0, 0);
	for (unsigned threads = 1; threads <= 3; threads++) {
		first = pipe_of(stored, size);
		second = pipe_of(text, len);
		snprintf(pipes[0], sizeof(pipes[0]), "/dev/fd/%d", first);
		snprintf(pipes[1], sizeof(pipes[1]), "/dev/fd/%d", second);
		operands[0] = pipes[0];
		operands[1] = pipes[1];
		got = read_logs(operands, threads, 0, 0);
		RS_CHECK("pipes, as they come", strcmp(got, want) == 0, "%u threads", threads);
		free(got);
		close(first);
		close(second);
	}
	RS_CHECK_STR("nothing to tell", fake_messages(), "");
	free(stored);
	free(want);
	free(text);
}

static void test_faults(void)
{
	const char *operands[5] = { NULL };
	struct rs_audit *audit;
	struct audit_set set;
	const char *path, *told;
	struct stat st;
	size_t len;
	char *text = log_random(3, 1000000, &len);

	path = log_write("faults/whole.gz", "gzip", text, len, "2026-11-25");
	RS_CHECK_INT("its size", stat(path, &st), 0);
	operands[0] = log_cut("faults/cut.gz", path, (size_t)st.st_size / 2);
	operands[1] = log_write("faults/garbage.gz", "gzip", text, len, "2026-11-25");
	log_append(operands[1], "garbage", 7);
	operands[2] = rs_unit_write("faults/tiny.zst", "\x28\xb5\x2f\xfd", 4);
	operands[3] = log_write("faults/plain", NULL, "a\nb\n", 4, "2026-11-25");
	for (unsigned threads = 1; threads <= 4; threads++) {
		RS_CHECK_INT("the set",
			     rs_audit_set_open(&set, (char *const *)operands, 4, 0, LOG_NOW), 0);
		RS_CHECK_STR("not told yet", fake_messages(), "");
		RS_CHECK_INT("status", rs_audit_run(&set, &options, threads, false, &audit),
			     EX_NOINPUT);
		told = fake_messages();
		RS_CHECK("in the order of files",
			 strstr(told, "error: ") == told &&
				 strstr(told, "cut.gz: cannot be read to its end: truncated") <
					 strstr(told, "garbage.gz: what follows its compressed") &&
				 strstr(told, "garbage.gz") <
					 strstr(told, "tiny.zst: cannot be read:"),
			 "%s", told);
		RS_CHECK("the last file was read",
			 strstr(fake_audit_text(audit), "\n3 0 1 ") != NULL &&
				 strstr(fake_audit_text(audit), "\n3 2 1 ") != NULL);
		rs_audit_free(&audit);
		rs_audit_set_free(&set);
	}
	free(text);
}

/* A file that changes between the look at it and reading it. */
static void test_changes(void)
{
	const char *path = log_text("changes/mail.log", "Nov 25 09:00:00 a\nNov 25 09:00:01 b\n",
				    "2026-11-25");
	const char *operands[] = { path, NULL };
	struct rs_audit *audit;
	struct audit_set set;

	RS_CHECK_INT("the set", rs_audit_set_open(&set, (char *const *)operands, 1, 0, LOG_NOW), 0);
	log_append(path, "Nov 25 09:00:02 c\n", 18);
	RS_CHECK_INT("it was renamed", rename(path, rs_unit_path("changes/mail.log.1")), 0);
	(void)log_text("changes/mail.log", "Nov 25 09:00:03 d\n", "2026-11-25");
	RS_CHECK_INT("status", rs_audit_run(&set, &options, 1, false, &audit), 0);
	RS_CHECK_INT("the lines that were there", fake_audit_lines(audit), 2);
	rs_audit_free(&audit);
	rs_audit_set_free(&set);
	RS_CHECK_STR("nothing to tell", fake_messages(), "");

	RS_CHECK_INT("the set", rs_audit_set_open(&set, (char *const *)operands, 1, 0, LOG_NOW), 0);
	RS_CHECK_INT("it was cut off", truncate(path, 0), 0);
	RS_CHECK_INT("status", rs_audit_run(&set, &options, 1, false, &audit), 0);
	RS_CHECK_INT("no lines", fake_audit_lines(audit), 0);
	rs_audit_free(&audit);
	rs_audit_set_free(&set);
	RS_CHECK("is told", strstr(fake_messages(), "warning: ") != NULL);
}

/* What can be read once stays, when all else is read again because its year was wrong. */
static void test_pipe_and_two_passes(void)
{
	static const char lines[] = "Nov 24 09:00:00 a\nNov 25 09:00:01 b\n";
	const char *operands[3] = { NULL };
	int fd = pipe_of(lines, sizeof(lines) - 1);
	struct rs_audit *audit;
	struct audit_set set;
	char name[30];

	snprintf(name, sizeof(name), "/dev/fd/%d", fd);
	operands[0] = name;
	operands[1] = log_text("passes.gz",
			       "Nov 20 09:00:00 a\nFeb  1 09:00:00 b\nJul  1 09:00:00 c\n"
			       "Nov 28 09:00:00 d\n",
			       "2026-11-25");
	RS_CHECK_INT("the set", rs_audit_set_open(&set, (char *const *)operands, 2, 0, LOG_NOW), 0);
	(void)fake_audit_passes();
	RS_CHECK_INT("status", rs_audit_run(&set, &options, 2, false, &audit), 0);
	RS_CHECK_INT("two passes", fake_audit_passes(), 2);
	RS_CHECK_STR("the pipe", fake_audit_span(audit, 0), "2026-11-24 2026-11-25");
	RS_CHECK_STR("the file", fake_audit_span(audit, 1), "2024-11-20 2025-11-28");
	RS_CHECK_INT("each line once", fake_audit_lines(audit), 6);
	RS_CHECK_INT("logins are counted once", set.files[0].logins + set.files[1].logins, 6);
	rs_audit_free(&audit);
	rs_audit_set_free(&set);
	close(fd);
	RS_CHECK_STR("nothing to tell", fake_messages(), "");
}

static void test_pipe_of_years(void)
{
	static const char lines[] = "Nov 20 09:00:00 a\nFeb  1 09:00:00 b\nJul  1 09:00:00 c\n"
				    "Nov 24 09:00:00 d\n";

	for (int year = 0; year <= 2024; year += 2024) {
		int fd = pipe_of(lines, sizeof(lines) - 1);
		const char *operands[2] = { NULL };
		struct rs_audit *audit;
		struct audit_set set;
		char name[30];

		snprintf(name, sizeof(name), "/dev/fd/%d", fd);
		operands[0] = name;
		RS_CHECK_INT("the set",
			     rs_audit_set_open(&set, (char *const *)operands, 1, year, LOG_NOW), 0);
		RS_CHECK_INT("status", rs_audit_run(&set, &options, 1, false, &audit), 0);
		if (year == 0) {
			RS_CHECK_STR("the last one of now", fake_audit_span(audit, 0),
				     "2026-11-20 2027-11-24");
			RS_CHECK("cannot be, and is told",
				 strstr(fake_messages(), "when it begins in 2026, it ends in the "
							 "future; tell the year") != NULL);
		} else {
			RS_CHECK_STR("that was told", fake_audit_span(audit, 0),
				     "2024-11-20 2025-11-24");
			RS_CHECK_STR("nothing to tell", fake_messages(), "");
		}
		rs_audit_free(&audit);
		rs_audit_set_free(&set);
		close(fd);
	}
}

static void test_no_memory(void)
{
	const char *operands[2] = { NULL };
	struct rs_audit *audit;
	struct audit_set set;
	char text[200001] = "";

	for (size_t i = 0; i < 200000; i += 2)
		memcpy(text + i, "a\n", 2);
	operands[0] = log_text("memory.log", text, "2026-11-25");
	for (unsigned threads = 1; threads <= 4; threads++) {
		RS_CHECK_INT("the set",
			     rs_audit_set_open(&set, (char *const *)operands, 1, 0, LOG_NOW), 0);
		log_cut_parts(&set, 20000);
		fake_audit_fail_after(7);
		RS_CHECK_INT("status", rs_audit_run(&set, &options, threads, false, &audit),
			     EX_OSERR);
		fake_audit_fail_after(-1);
		RS_CHECK("no audit", audit == NULL);
		RS_CHECK_INT("all is freed", fake_audit_count(), 0);
		RS_CHECK_STR("why", fake_messages(), "error: memory is short\n");
		rs_audit_set_free(&set);
	}
}

static void test_threads_default(void)
{
	RS_CHECK("some", rs_audit_threads_default() >= 1 && rs_audit_threads_default() <= 16);
}

void cli_suite_audit_run(CU_pSuite suite)
{
	CU_add_test(suite, "any number of threads reads the same", test_threads);
	CU_add_test(suite, "parts of eight megabytes", test_parts_of_8_megabytes);
	CU_add_test(suite, "pipes", test_pipes);
	CU_add_test(suite, "faults are told in the order of files, and the others read",
		    test_faults);
	CU_add_test(suite, "files that change meanwhile", test_changes);
	CU_add_test(suite, "a pipe, and a file that is read again", test_pipe_and_two_passes);
	CU_add_test(suite, "a pipe of more than a year", test_pipe_of_years);
	CU_add_test(suite, "short memory ends it", test_no_memory);
	CU_add_test(suite, "threads, when not told", test_threads_default);
}

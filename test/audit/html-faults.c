/* SPDX-License-Identifier: MIT */
/* The page when memory is short, and when it cannot be written: it says so, and leaves
 * nothing behind. */
#include "html-sample.h"
#include "oom-inject.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static unsigned passed, failed;
static char folder[] = "/tmp/html-faults-XXXXXX";
static char path[sizeof(folder) + 16];

static void check(bool held, const char *label)
{
	if (held) {
		passed++;
		return;
	}
	failed++;
	printf("FAILED: %s\n", label);
}

/* The files in the folder. */
static unsigned count_files(void)
{
	DIR *dir = opendir(folder);
	unsigned count = 0;

	while (dir != NULL && readdir(dir) != NULL)
		count++;
	if (dir != NULL)
		closedir(dir);
	return count - 2; /* . and .. */
}

static off_t size_of(void)
{
	struct stat st;

	return stat(path, &st) < 0 ? -1 : st.st_size;
}

static void test_mode(const struct audit_report *report)
{
	struct stat st = { 0 };

	umask(0);
	check(rs_audit_write_html(report, path) == 0, "a page is written");
	check(stat(path, &st) == 0 && (st.st_mode & 07777) == 0600, "nobody else may read it");
	(void)chmod(path, 0644);
	umask(0777);
	check(rs_audit_write_html(report, path) == 0, "a page is written over another");
	umask(022);
	check(stat(path, &st) == 0 && (st.st_mode & 07777) == 0600,
	      "whatever the umask is, and the mode of the old one was");
	check(count_files() == 1, "and nothing else lies there");
}

static void test_targets(const struct audit_report *report)
{
	char missing[sizeof(path) + 16];
	FILE *full = fopen("/dev/full", "w");

	snprintf(missing, sizeof(missing), "%s/missing/page.html", folder);
	check(rs_audit_write_html(report, missing) == EX_CANTCREAT, "a folder that is not there");
	check(rs_audit_write_html(report, folder) == EX_CANTCREAT, "a folder for a file");
	check(full != NULL && rs_audit_html(report, full) == -1, "a stream that takes nothing");
	if (full != NULL)
		(void)fclose(full);
}

/* A disk that is full after 20,000 bytes. */
static void test_short_disk(const struct audit_report *report)
{
	struct rlimit before, less;
	off_t size = size_of();

	(void)getrlimit(RLIMIT_FSIZE, &before);
	less = before;
	less.rlim_cur = 20000;
	(void)signal(SIGXFSZ, SIG_IGN);
	(void)setrlimit(RLIMIT_FSIZE, &less);
	check(rs_audit_write_html(report, path) == EX_CANTCREAT, "a write that fails is told");
	(void)setrlimit(RLIMIT_FSIZE, &before);
	check(size_of() == size && count_files() == 1, "and the old page stays, alone");
}

static void test_short_memory(const struct audit_report *report)
{
	off_t size = size_of();
	unsigned long count, wrong = 0;
	int status;

	oom_arm(0, false);
	status = rs_audit_write_html(report, path);
	count = oom_count();
	(void)oom_disarm();
	check(status == 0 && count > 50, "allocations are counted");
	for (unsigned long i = 1; i <= count; i++) {
		long live = oom_live();
		bool happened;

		oom_arm(i, false);
		status = rs_audit_write_html(report, path);
		happened = oom_disarm();
		/* What only tidies up may fail. Each page has another nonce, of the same
		 * length. */
		if (!happened || size_of() != size || count_files() != 1 || oom_live() != live ||
		    (status != 0 && status != EX_OSERR && status != EX_CANTCREAT))
			wrong++;
	}
	check(wrong == 0, "each allocation that fails is told, and leaves the old page, alone");
}

int main(void)
{
	struct sample *sample = sample_hostile();
	const struct audit_report *report = sample_report(sample);

	if (mkdtemp(folder) == NULL) {
		perror("mkdtemp");
		return 99;
	}
	snprintf(path, sizeof(path), "%s/page.html", folder);
	/* What is said on stderr is tested elsewhere. */
	if (freopen("/dev/null", "w", stderr) == NULL)
		return 99;
	test_mode(report);
	test_targets(report);
	test_short_disk(report);
	if (oom_can_inject())
		test_short_memory(report);
	(void)unlink(path);
	(void)rmdir(folder);
	sample_free(&sample);
	printf("%u passed, %u failed, %u skipped\n", passed, failed, oom_can_inject() ? 0U : 1U);
	return failed == 0 ? 0 : 1;
}

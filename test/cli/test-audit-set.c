/* SPDX-License-Identifier: MIT */
/* Which files an audit reads, and in which order. */
#include "fake-audit.h"
#include "log-files.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char line[] = "Nov 25 09:12:01 mx dovecot: imap-login: Login: user=<u>\n";

static struct audit_set set;

/* Opens operands that end with NULL. */
static int open_set(const char *const *operands)
{
	size_t count = 0;

	while (operands[count] != NULL)
		count++;
	return rs_audit_set_open(&set, (char *const *)operands, count, 0, LOG_NOW);
}

static int open_one(const char *operand)
{
	const char *const operands[] = { operand, NULL };

	return open_set(operands);
}

/* Writes a log into a folder, with its own name in it: no two are the same. */
static void write_log(const char *folder, const char *name, const char *day)
{
	char path[200], text[400];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	snprintf(text, sizeof(text), "%s%s\n", line, name);
	(void)log_text(path, text, day);
}

static void test_order(void)
{
	static const struct {
		const char *label, *names, *want;
	} cases[] = {
		{ "numbers", "mail.log mail.log.1 mail.log.10.gz mail.log.2.gz",
		  "mail.log.10.gz mail.log.2.gz mail.log.1 mail.log" },
		{ "dates", "maillog maillog-20261101.xz maillog-20261115 maillog-20251231.gz",
		  "maillog-20251231.gz maillog-20261101.xz maillog-20261115 maillog" },
		{ "dates before the ending", "mail-20261101.log mail-20261108.log.zst mail.log",
		  "mail-20261101.log mail-20261108.log.zst mail.log" },
		{ "two sets stay apart", "a.log a.log.1 b.log b.log.1",
		  "a.log.1 a.log b.log.1 b.log" },
		{ "numbers and dates: times tell",
		  "m.log m.log-20261101:2026-11-01 m.log.1:2026-11-20 m.log.2:2026-10-20",
		  "m.log.2 m.log-20261101 m.log.1 m.log" },
		{ "a day each", "2026-11-25.log 2026-11-24.log 2026-11-23.log.gz",
		  "2026-11-23.log.gz 2026-11-24.log 2026-11-25.log" },
		{ "the one without a number is the newest, whenever it was written",
		  "x.log:2020-01-01 x.log.1:2026-11-24", "x.log.1 x.log" },
	};

	for (size_t i = 0; i < RS_COUNT(cases); i++) {
		char folder[20], names[400], *next = names;

		snprintf(folder, sizeof(folder), "order%zu", i);
		snprintf(names, sizeof(names), "%s", cases[i].names);
		for (char *name = strsep(&next, " "); name != NULL; name = strsep(&next, " ")) {
			char *day = strchr(name, ':');

			if (day != NULL)
				*day++ = '\0';
			write_log(folder, name, day != NULL ? day : "2026-11-25");
		}
		RS_CHECK_INT(cases[i].label, open_one(rs_unit_path(folder)), 0);
		RS_CHECK_STR(cases[i].label, log_names(&set), cases[i].want);
		RS_CHECK_STR(cases[i].label, fake_messages(), "");
		rs_audit_set_free(&set);
	}
}

static void test_folder(void)
{
	const char *folder = rs_unit_path("folder");
	char journal[4096] = "LPKSHHRH", zeros[100000] = "";
	const char *path;

	write_log("folder", "mail.log", "2026-11-25");
	write_log("folder", ".hidden", "2026-11-25");
	write_log("folder", "sub/mail.log", "2026-11-25");
	(void)rs_unit_write("folder/empty.log", "", 0);
	(void)rs_unit_write("folder/system.journal", journal, sizeof(journal));
	(void)rs_unit_write("folder/lastlog", zeros, sizeof(zeros));
	(void)rs_unit_write("folder/wtmp", "\1\2\3\4\5\6\7text\1\2\3", 14);
	RS_CHECK_INT("a fifo", mkfifo(rs_unit_path("folder/fifo"), 0600), 0);
	RS_CHECK_INT("a link to nowhere", symlink("missing", rs_unit_path("folder/link")), 0);
	RS_CHECK_INT("a link to a log", symlink("mail.log", rs_unit_path("folder/other.log")), 0);
	RS_CHECK_INT("status", open_one(folder), 0);
	RS_CHECK_STR("text files, once each", log_names(&set), "empty.log mail.log");
	path = fake_messages();
	RS_CHECK("the journal",
		 strstr(path, "system.journal: is passed over: it is a file of "
			      "systemd's journal; use: journalctl -o json | "
			      "relaysentry audit -\n") != NULL,
		 "%s", path);
	RS_CHECK("zeros", strstr(path, "lastlog: is passed over: it is not text\n") != NULL);
	RS_CHECK("binary", strstr(path, "wtmp: is passed over: it is not text\n") != NULL);
	RS_CHECK("no errors", strstr(path, "error:") == NULL);
	rs_audit_set_free(&set);

	(void)rs_unit_write("none/sub/mail.log", line, strlen(line));
	RS_CHECK_INT("a folder without files", open_one(rs_unit_path("none")), EX_NOINPUT);
	RS_CHECK("why", strstr(fake_messages(), "none: holds no log;") != NULL);
	rs_audit_set_free(&set);
}

static void test_patterns(void)
{
	const char *pattern = rs_unit_path("pattern/mail*");
	const char *const twice[] = { pattern, rs_unit_path("pattern/mail.log"), NULL };

	write_log("pattern", "mail.log", "2026-11-25");
	write_log("pattern", "mail.log.1", "2026-11-24");
	write_log("pattern", "other.log", "2026-11-25");
	write_log("pattern", "mail.d/x.log", "2026-11-25");
	RS_CHECK_INT("those of the pattern", open_set(twice), 0);
	RS_CHECK_STR("each once", log_names(&set), "mail.log.1 mail.log");
	rs_audit_set_free(&set);
	write_log("pattern", "mail[1].log", "2026-11-25");
	RS_CHECK_INT("a file that is called so", open_one(rs_unit_path("pattern/mail[1].log")), 0);
	RS_CHECK_STR("is no pattern", log_names(&set), "mail[1].log");
	rs_audit_set_free(&set);
	RS_CHECK_STR("nothing to tell", fake_messages(), "");
	RS_CHECK_INT("none", open_one(rs_unit_path("pattern/x*")), EX_NOINPUT);
	RS_CHECK("why", strstr(fake_messages(), "x*: is no file, and no file's name") != NULL);
	rs_audit_set_free(&set);
}

static void test_all_faults(void)
{
	char journal[4096] = "LPKSHHRH";
	const char *const operands[] = {
		rs_unit_path("missing.log"),
		rs_unit_write("fault/system.journal", journal, sizeof(journal)),
		rs_unit_write("fault/mail.log", line, strlen(line)),
		rs_unit_path("missing/*.log"),
		NULL,
	};
	const char *told;

	RS_CHECK_INT("status", open_set(operands), EX_NOINPUT);
	told = fake_messages();
	RS_CHECK("the first", strstr(told, "missing.log: No such file or directory\n") != NULL,
		 "%s", told);
	RS_CHECK("the second", strstr(told, "error: ") != NULL &&
				       strstr(told, "system.journal: it is a file of") != NULL);
	RS_CHECK("the last", strstr(told, "missing/*.log: is no file") != NULL);
	RS_CHECK_STR("the others can be read", log_names(&set), "mail.log");
	rs_audit_set_free(&set);
}

static void test_same_file(void)
{
	const char *path = rs_unit_write("same/mail.log", line, strlen(line));
	const char *const operands[] = { path, rs_unit_path("same/hard.log"), path,
					 rs_unit_path("same"), NULL };

	RS_CHECK_INT("a link", link(path, operands[1]), 0);
	RS_CHECK_INT("status", open_set(operands), 0);
	RS_CHECK_STR("once", log_names(&set), "mail.log");
	RS_CHECK_INT("its size", set.size, strlen(line));
	rs_audit_set_free(&set);
	RS_CHECK_STR("which is no fault", fake_messages(), "");
}

/* While it is compressed, and when that was interrupted, a log lies there twice. */
static void test_copies(void)
{
	const char *text = "Nov 24 09:00:00 a\nNov 24 10:00:00 b\n";

	(void)log_text("copies/mail.log", "Nov 25 09:00:00 a\n", "2026-11-25");
	(void)log_text("copies/mail.log.1", text, "2026-11-25");
	(void)log_text("copies/mail.log.1.gz", text, "2026-11-25");
	(void)log_text("copies/mail.log.2.gz", text, "2026-11-24");
	RS_CHECK_INT("status", open_one(rs_unit_path("copies")), 0);
	RS_CHECK_STR("the one of the same name is left out", log_names(&set),
		     "mail.log.2.gz mail.log.1 mail.log");
	RS_CHECK("and that is told", strstr(fake_messages(), "is the same log\n") != NULL);
	rs_audit_set_free(&set);
	(void)log_text("others/mail.log.1", text, "2026-11-25");
	(void)log_text("others/mail.log.1.gz", "Nov 23 09:00:00 a\n", "2026-11-25");
	RS_CHECK_INT("status", open_one(rs_unit_path("others")), 0);
	RS_CHECK_INT("two that differ are two", set.count, 2);
	rs_audit_set_free(&set);
	RS_CHECK_STR("and nothing to tell", fake_messages(), "");
}

static void test_kinds(void)
{
	const char *const operands[] = { "/dev/null", rs_unit_path("kinds-fifo"),
					 rs_unit_write("kinds/a.log", line, strlen(line)),
					 log_text("kinds/b.gz", line, "2026-11-25"), NULL };

	RS_CHECK_INT("a fifo", mkfifo(operands[1], 0600), 0);
	RS_CHECK_INT("status", open_set(operands), 0);
	if (RS_CHECK("all", set.count == 4)) {
		RS_CHECK("a device is read once", !set.files[0].regular && !set.files[0].plain);
		RS_CHECK("so is a fifo", !set.files[1].regular && set.files[1].mtime == LOG_NOW);
		RS_CHECK("a plain file", set.files[2].regular && set.files[2].plain);
		RS_CHECK("a compressed one", set.files[3].regular && !set.files[3].plain);
	}
	rs_audit_set_free(&set);
	RS_CHECK_STR("nothing to tell", fake_messages(), "");
}

/* A program that goes on writing where it was leaves a hole before. */
static void test_hole(void)
{
	const char *path = rs_unit_write("hole.log", "", 0);

	RS_CHECK_INT("a hole", truncate(path, 3000000), 0);
	log_append(path, line, strlen(line));
	RS_CHECK_INT("status", open_one(path), 0);
	RS_CHECK_INT("behind it is a date", set.files[0].first_year, 2026);
	rs_audit_set_free(&set);
	RS_CHECK_STR("nothing to tell", fake_messages(), "");
}

static void test_standard_input(void)
{
	const char *path = rs_unit_write("stdin.log", line, strlen(line));
	const char *const operands[] = { "-", path, "/dev/stdin", NULL };
	int kept = dup(STDIN_FILENO), fd = open(path, O_RDONLY);

	RS_CHECK("standard input", kept >= 0 && fd >= 0 && dup2(fd, STDIN_FILENO) == 0);
	close(fd);
	RS_CHECK_INT("status", open_set(operands), 0);
	RS_CHECK_STR("a file is one, however it comes", log_names(&set), "-");
	RS_CHECK("and is read as one", set.count == 1 && set.files[0].plain);
	RS_CHECK_STR("its name", rs_audit_file_name(&set.files[0]), "standard input");
	rs_audit_set_free(&set);
	RS_CHECK_INT("of which the begin was read", lseek(STDIN_FILENO, 5, SEEK_SET), 5);
	RS_CHECK_INT("status", open_set(operands), 0);
	RS_CHECK("it is read on from there", set.count == 1 && !set.files[0].regular);
	rs_audit_set_free(&set);
	RS_CHECK_INT("as before", dup2(kept, STDIN_FILENO), STDIN_FILENO);
	close(kept);
}

void cli_suite_audit_set(CU_pSuite suite)
{
	CU_add_test(suite, "rotated logs are sorted, the oldest first", test_order);
	CU_add_test(suite, "of a folder, what is text is read", test_folder);
	CU_add_test(suite, "patterns", test_patterns);
	CU_add_test(suite, "all faults are told", test_all_faults);
	CU_add_test(suite, "the same file is read once", test_same_file);
	CU_add_test(suite, "a log and its compressed copy are one", test_copies);
	CU_add_test(suite, "files, pipes, devices", test_kinds);
	CU_add_test(suite, "a hole before the first line", test_hole);
	CU_add_test(suite, "standard input", test_standard_input);
}

/* SPDX-License-Identifier: MIT */
#include "sealed.h"
#include "unit.h"

#include <relaysentry/source.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* The networks as text, one blank behind each; lives until the next call. */
static const char *text_of(const struct rs_nets *nets)
{
	static char text[4096];
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < nets->count && used + RS_NET_STRLEN + 1 < sizeof(text); i++) {
		char buf[RS_NET_STRLEN];

		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s ",
					 rs_net_format(&nets->nets[i], buf));
	}
	return text;
}

static void test_nets_are_sorted(void)
{
	static const char *const texts[] = { "2001:db8::/32", "192.0.2.0/24", "192.0.2.0/25",
					     "10.0.0.0/8",    "192.0.2.0/24", "192.0.2.0/24" };
	struct rs_nets nets = { 0 };

	rs_nets_sort(&nets);
	RS_CHECK_INT("empty", nets.count, 0);
	for (size_t i = 0; i < RS_COUNT(texts); i++) {
		const char *error;
		struct rs_net net;

		rs_net_parse(texts[i], strlen(texts[i]), &net, NULL, NULL, &error);
		RS_CHECK_INT(texts[i], rs_nets_add(&nets, &net), 0);
	}
	rs_nets_sort(&nets);
	RS_CHECK_STR("sorted, without duplicates", text_of(&nets),
		     "10.0.0.0/8 192.0.2.0/24 192.0.2.0/25 2001:db8::/32 ");
	rs_nets_sort(&nets);
	RS_CHECK_INT("again", nets.count, 4);
	rs_nets_free(&nets);
	RS_CHECK("freed", nets.nets == NULL && nets.count == 0);
}

static void test_lists(void)
{
	static const struct {
		const char *label, *text, *want;
		int ret;
		unsigned warnings;
		const char *diag; /* NULL: none */
	} cases[] = {
		{ "networks and addresses", "192.0.2.0/24\n198.51.100.1\n2001:db8::/32\n",
		  "192.0.2.0/24 198.51.100.1/32 2001:db8::/32 ", 0, 0, NULL },
		{ "comments and blanks",
		  "# a\n; b\n\n \t\n 192.0.2.0/24\t# c\n198.51.100.0/24;d\n198.51.101.0/24 ; e\n",
		  "192.0.2.0/24 198.51.100.0/24 198.51.101.0/24 ", 0, 0, NULL },
		{ "byte order mark and CRLF",
		  "\xef\xbb\xbf"
		  "192.0.2.0/24\r\n198.51.100.0/24\r\n",
		  "192.0.2.0/24 198.51.100.0/24 ", 0, 0, NULL },
		{ "no line feed at the end", "192.0.2.0/24", "192.0.2.0/24 ", 0, 0, NULL },
		{ "duplicates are kept for the caller", "192.0.2.0/24\n192.0.2.0/24\n",
		  "192.0.2.0/24 192.0.2.0/24 ", 0, 0, NULL },
		{ "host bits", "192.0.2.0/24\n192.0.2.9/24\n", "192.0.2.0/24 192.0.2.0/24 ", 0, 1,
		  "list.txt:2: \"192.0.2.9/24\" has host bits set; it is read as "
		  "\"192.0.2.0/24\"" },
		{ "what is no network", "192.0.2.0/24\nexample.org\n198.51.100.0/24\n",
		  "192.0.2.0/24 198.51.100.0/24 ", -1, 0, "list.txt:2: \"example.org\" " },
		{ "every fault is told", "a\nb\nc\n", "", -1, 0, "list.txt:3: \"c\" " },
		{ "a long line is cut",
		  "0123456789012345678901234567890123456789012345678901234567890123456789\n", "",
		  -1, 0, "\"012345678901234567890123456789012345678901234567890123456789...\" " },
		{ "an empty file", "", "", 0, 1, "list.txt: no network was found" },
		{ "only comments", "# nothing\n", "", 0, 1, "list.txt: no network was found" },
	};

	for (size_t i = 0; i < RS_COUNT(cases); i++) {
		const char *path = rs_unit_write_text("list.txt", cases[i].text);
		struct rs_diags *diags = rs_diags_new();
		struct rs_nets nets = { 0 };

		RS_CHECK_INT(cases[i].label, rs_list_read(path, &nets, diags), cases[i].ret);
		RS_CHECK_STR(cases[i].label, text_of(&nets), cases[i].want);
		RS_CHECK_INT(cases[i].label, rs_diags_count(diags, RS_LEVEL_WARNING),
			     cases[i].warnings);
		RS_CHECK(cases[i].label,
			 (rs_diags_count(diags, RS_LEVEL_ERROR) > 0) == (cases[i].ret != 0));
		if (cases[i].diag != NULL)
			RS_CHECK(cases[i].label, rs_unit_diags_have(diags, cases[i].diag), "%s",
				 rs_unit_diags(diags));
		rs_nets_free(&nets);
		rs_diags_free(&diags);
	}
}

static void test_list_with_nul(void)
{
	static const char text[] = "192.0.2.0/24\0x\n";
	const char *path = rs_unit_write("nul.txt", text, sizeof(text) - 1);
	struct rs_nets nets = { 0 };

	RS_CHECK_INT("refused", rs_list_read(path, &nets, NULL), -1);
	RS_CHECK_INT("nothing is taken from that line", nets.count, 0);
	rs_nets_free(&nets);
}

static void test_unreadable_lists(void)
{
	const char *missing = rs_unit_path("missing.txt"), *fifo = rs_unit_path("fifo");
	const char *paths[] = { missing, fifo, rs_unit_folder() };

	RS_CHECK_INT("fifo", mkfifo(fifo, 0600), 0);
	for (size_t i = 0; i < RS_COUNT(paths); i++) {
		struct rs_diags *diags = rs_diags_new();
		struct rs_nets nets = { 0 };

		RS_CHECK_INT(paths[i], rs_list_read(paths[i], &nets, diags), -1);
		RS_CHECK_INT(paths[i], rs_diags_count(diags, RS_LEVEL_ERROR), 1);
		rs_nets_free(&nets);
		rs_diags_free(&diags);
	}
}

static void test_sealed_copies(void)
{
	static const char content[] = "first content";
	int copy = rs_sealed_copy_memory(content, 13), fd;
	char buf[64] = "", name[RS_SEALED_PATH_LEN];

	RS_CHECK("copied", copy >= 0);
	RS_CHECK_INT("size", pread(copy, buf, sizeof(buf), 0), 13);
	RS_CHECK_STR("content", buf, content);
	RS_CHECK("it cannot be written", pwrite(copy, "x", 1, 0) == -1 && errno == EPERM);
	RS_CHECK("nor truncated", ftruncate(copy, 1) == -1 && errno == EPERM);
	RS_CHECK("nor made longer", ftruncate(copy, 100) == -1 && errno == EPERM);
	RS_CHECK("nor mapped to write",
		 mmap(NULL, 13, PROT_READ | PROT_WRITE, MAP_SHARED, copy, 0) == MAP_FAILED);
	RS_CHECK_INT("the seals stay",
		     fcntl(copy, F_GET_SEALS) &
			     (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE),
		     F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
	RS_CHECK("it is not handed on to other programs", fcntl(copy, F_GETFD) & FD_CLOEXEC);
	fd = open(rs_sealed_path(copy, name), O_RDONLY | O_CLOEXEC);
	RS_CHECK("it can be opened by its name", fd >= 0);
	close(fd);
	close(copy);
}

static void test_sealed_tails(void)
{
	static const struct {
		const char *label;
		size_t tail;
		const char *want;
	} cases[] = { { "all", 5, "12345" },
		      { "the end", 2,
			"\0\0\0"
			"45" },
		      { "nothing", 0, "\0\0\0\0" } };

	for (size_t i = 0; i < RS_COUNT(cases); i++) {
		int copy = rs_sealed_tail("12345", 5, cases[i].tail);
		char buf[64];

		RS_CHECK_INT(cases[i].label, pread(copy, buf, sizeof(buf), 0), 5);
		RS_CHECK(cases[i].label, memcmp(buf, cases[i].want, 5) == 0);
		RS_CHECK(cases[i].label, pwrite(copy, "x", 1, 0) == -1 && errno == EPERM);
		close(copy);
	}
}

static void test_sealed_memory(void)
{
	size_t size = 3U << 20;
	char *data = calloc(1, size), *back = malloc(size);
	int copy;

	memset(data, 'x', size);
	data[size - 1] = 'y';
	copy = rs_sealed_copy_memory(data, size);
	RS_CHECK("copied", copy >= 0);
	RS_CHECK_INT("size", pread(copy, back, size, 0), size);
	RS_CHECK("content", memcmp(data, back, size) == 0);
	close(copy);
	free(data);
	free(back);
}

/* Opens the copy that this process is making. Returns -1 when it has none. */
static int open_copy(pid_t process)
{
	static const char name[] = "/memfd:relaysentry";
	char folder[64], target[sizeof(name)];
	const struct dirent *entry;
	int fd = -1;
	DIR *dir;

	(void)snprintf(folder, sizeof(folder), "/proc/%d/fd", (int)process);
	dir = opendir(folder);
	while (dir != NULL && fd == -1 && (entry = readdir(dir)) != NULL) {
		ssize_t len = readlinkat(dirfd(dir), entry->d_name, target, sizeof(target));

		if (len >= (ssize_t)sizeof(name) - 1 && memcmp(target, name, sizeof(name) - 1) == 0)
			fd = openat(dirfd(dir), entry->d_name, O_RDONLY | O_CLOEXEC);
	}
	if (dir != NULL)
		closedir(dir);
	return fd;
}

/* In a child: takes hold of the first page of the copy that the parent makes, and
 * keeps it for longer than the kernel waits. 4: the copy was sealed before. */
static void hold_page(pid_t parent, int ready)
{
	int copy, pages[2];
	ssize_t held;

	(void)alarm(30);
	if (pipe(pages) < 0 || write(ready, "r", 1) != 1)
		_exit(2);
	while ((copy = open_copy(parent)) == -1)
		;
	while ((held = splice(copy, NULL, pages[1], NULL, 100, 0)) == 0)
		;
	if (held < 0)
		_exit(3);
	if ((fcntl(copy, F_GET_SEALS) & F_SEAL_WRITE) != 0)
		_exit(4);
	close(copy);
	usleep(250000);
	_exit(0);
}

/* Returns the status of the child. */
static int seal_while_held(const char *data, size_t size)
{
	pid_t own = getpid(), child;
	int ready[2], copy, status = -1;
	char byte;

	RS_CHECK_INT("pipe", pipe(ready), 0);
	child = fork();
	if (child == 0)
		hold_page(own, ready[1]);
	RS_CHECK("child", child > 0);
	RS_CHECK_INT("child is ready", read(ready[0], &byte, 1), 1);
	copy = rs_sealed_copy_memory(data, size);
	RS_CHECK_INT("sealed", copy >= 0 ? 0 : errno, 0);
	RS_CHECK_INT("child ends", waitpid(child, &status, 0), child);
	if (copy >= 0)
		close(copy);
	close(ready[0]);
	close(ready[1]);
	return status;
}

static void test_sealed_while_held(void)
{
	size_t size = 64U << 20;
	char *data = calloc(1, size);
	int status = -1;

	/* Large, so that the child is in time; on a busy machine it may not be. */
	for (int i = 0; data != NULL && i < 20 && status != 0; i++)
		status = seal_while_held(data, size);
	RS_CHECK_INT("it held the page", status, 0);
	free(data);
}

void rs_suite_source(CU_pSuite suite)
{
	CU_add_test(suite, "networks are sorted and kept once", test_nets_are_sorted);
	CU_add_test(suite, "lists are read, and their faults told", test_lists);
	CU_add_test(suite, "a NUL byte in a list is refused", test_list_with_nul);
	CU_add_test(suite, "missing files, pipes and folders are refused", test_unreadable_lists);
	CU_add_test(suite, "a sealed copy does not change", test_sealed_copies);
	CU_add_test(suite, "of a sealed copy there may be only the end", test_sealed_tails);
	CU_add_test(suite, "data in memory is copied as it is", test_sealed_memory);
	CU_add_test(suite, "a copy is sealed although a page is held", test_sealed_while_held);
}

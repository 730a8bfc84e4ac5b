/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <relaysentry/diag.h>

#include <CUnit/TestRun.h>

#include <errno.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool rs_unit_check(const char *label, bool ok, const char *condition, const char *file,
		   unsigned line, const char *format, ...)
{
	char text[1024], all[2048];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	snprintf(all, sizeof(all), "[%s] %s%s%s", label, condition, text[1] == '\0' ? "" : ":",
		 text[1] == '\0' ? "" : text);
	if (!ok)
		printf("\n    FAILED %s:%u: %s", file, line, all);
	CU_assertImplementation(ok, line, all, file, "", CU_FALSE);
	return ok;
}

bool rs_unit_check_int(const char *label, long long got, long long want, const char *what,
		       const char *file, unsigned line)
{
	return rs_unit_check(label, got == want, what, file, line, " got %lld, want %lld", got,
			     want);
}

bool rs_unit_check_str(const char *label, const char *got, const char *want, const char *what,
		       const char *file, unsigned line)
{
	bool equal = got == NULL || want == NULL ? got == want : strcmp(got, want) == 0;

	return rs_unit_check(label, equal, what, file, line, " got \"%s\", want \"%s\"",
			     got == NULL ? "(NULL)" : got, want == NULL ? "(NULL)" : want);
}

static void die(const char *what, const char *path)
{
	fprintf(stderr, "unit-tests: %s %s: %s\n", what, path, strerror(errno));
	exit(2);
}

/* Paths are few and live until the end of the run; the list keeps leak checkers content. */
struct kept {
	struct kept *next;
	char text[];
};
static struct kept *kept;

static const char *join(const char *folder, const char *name)
{
	size_t size = strlen(folder) + strlen(name) + 2;
	struct kept *k = malloc(sizeof(*k) + size);

	if (k == NULL)
		die("no memory for", name);
	snprintf(k->text, size, "%s/%s", folder, name);
	k->next = kept;
	kept = k;
	return k->text;
}

static char top[4096];
static pid_t top_owner;

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static void clean_up(void)
{
	if (getpid() != top_owner)
		return;
	(void)nftw(top, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	while (kept != NULL) {
		struct kept *next = kept->next;

		free(kept);
		kept = next;
	}
}

static void make_top(void)
{
	const char *tmp = getenv("TMPDIR");

	if (top[0] != '\0')
		return;
	snprintf(top, sizeof(top), "%s/relaysentry-unit-XXXXXX", tmp == NULL ? "/tmp" : tmp);
	if (mkdtemp(top) == NULL)
		die("cannot make", top);
	top_owner = getpid();
	atexit(clean_up);
}

const char *rs_unit_folder(void)
{
	static char folder[4096 + 64];
	CU_pSuite suite = CU_get_current_suite();

	make_top();
	snprintf(folder, sizeof(folder), "%s/%s", top, suite == NULL ? "main" : suite->pName);
	if (mkdir(folder, 0755) < 0 && errno != EEXIST)
		die("cannot make", folder);
	return folder;
}

const char *rs_unit_path(const char *name)
{
	return join(rs_unit_folder(), name);
}

static void make_parents(const char *path)
{
	char part[4096];

	for (const char *p = strchr(path + 1, '/'); p != NULL; p = strchr(p + 1, '/')) {
		snprintf(part, sizeof(part), "%.*s", (int)(p - path), path);
		if (mkdir(part, 0755) < 0 && errno != EEXIST)
			die("cannot make", part);
	}
}

const char *rs_unit_write(const char *name, const void *data, size_t size)
{
	const char *path = rs_unit_path(name);
	FILE *f;

	make_parents(path);
	f = fopen(path, "wb");
	if (f == NULL || (size > 0 && fwrite(data, size, 1, f) != 1) || fclose(f) != 0 ||
	    chmod(path, 0644) < 0)
		die("cannot write", path);
	return path;
}

const char *rs_unit_write_text(const char *name, const char *text)
{
	return rs_unit_write(name, text, strlen(text));
}

int rs_unit_read(const char *path, char **data_r, size_t *size_r)
{
	FILE *f = fopen(path, "rb");
	char *data = NULL;
	struct stat st;
	int ret = -1;

	if (f == NULL || fstat(fileno(f), &st) < 0)
		goto out;
	data = malloc((size_t)st.st_size + 1);
	if (data == NULL || (st.st_size > 0 && fread(data, (size_t)st.st_size, 1, f) != 1))
		goto out;
	data[st.st_size] = '\0';
	*data_r = data;
	*size_r = (size_t)st.st_size;
	data = NULL;
	ret = 0;
out:
	free(data);
	if (f != NULL)
		fclose(f);
	return ret;
}

static unsigned skipped;

unsigned rs_unit_skipped(void)
{
	return skipped;
}

const char *rs_unit_data(const char *label, const char *name)
{
	const char *data = getenv("RELAYSENTRY_DATA"), *path;

	/* The list of kept paths is freed with the folder. */
	make_top();
	path = data == NULL || data[0] == '\0' ? NULL : join(data, name);
	if (path != NULL && access(path, R_OK) == 0)
		return path;
	skipped++;
	/* CUnit writes its own word behind it. */
	printf("\n    skipped: %s: no %s below RELAYSENTRY_DATA\n    ", label, name);
	return NULL;
}

const char *rs_unit_source(const char *name)
{
	make_top();
	return join(RS_UNIT_SRCDIR, name);
}

static const char *const level_names[] = {
	[RS_LEVEL_ERROR] = "error",
	[RS_LEVEL_WARNING] = "warning",
	[RS_LEVEL_NOTE] = "note",
};

const char *rs_unit_diags(const struct rs_diags *diags)
{
	static char text[65536];
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < rs_diags_kept(diags) && used + 4096 < sizeof(text); i++) {
		const struct rs_diag *diag = rs_diags_get(diags, i);
		char line[2048];

		rs_diag_format(diag, line, sizeof(line));
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s: %s\n",
					 level_names[diag->level], line);
	}
	return text;
}

bool rs_unit_diags_have(const struct rs_diags *diags, const char *text)
{
	return strstr(rs_unit_diags(diags), text) != NULL;
}

/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "audit.h"

#include <relaysentry/compile.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* It names users, and tells when they read their mail. */
#define PAGE_MODE 0600

/* Writes nothing when the page is not whole. Returns 0, -1 when memory was short. */
static int make_page(const struct audit_report *report, char **page_r, size_t *len_r)
{
	FILE *out = open_memstream(page_r, len_r);
	int ret;

	if (out == NULL)
		return -1;
	ret = rs_audit_html(report, out);
	if (fclose(out) != 0 || *page_r == NULL)
		ret = -1;
	return ret;
}

/* Whether a page can be written there, as far as that can be told beforehand. */
static int check_folder(const char *path)
{
	char *copy = strdup(path), *slash;
	const char *folder;
	int status = 0;

	if (copy == NULL)
		return rs_cli_no_memory();
	slash = strrchr(copy, '/');
	folder = slash == NULL ? "." : slash == copy ? "/" : copy;
	if (slash != NULL && slash != copy)
		*slash = '\0';
	if (access(folder, W_OK | X_OK) < 0) {
		rs_cli_message(RS_LEVEL_ERROR, "--html: %s: cannot write into this folder: %s",
			       folder, strerror(errno));
		status = EX_CANTCREAT;
	}
	free(copy);
	return status;
}

int rs_audit_html_check(const char *path)
{
	static const char begin[] = "<!DOCTYPE html>";
	char text[sizeof(begin)] = { 0 };
	struct stat st;
	ssize_t len;
	int fd;

	if (check_folder(path) != 0)
		return EX_CANTCREAT;
	/* What cannot be written at all is told when it is. */
	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size == 0)
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	len = fd < 0 ? -1 : pread(fd, text, sizeof(begin) - 1, 0);
	if (fd >= 0)
		close(fd);
	if (len == (ssize_t)sizeof(begin) - 1 && strcmp(text, begin) == 0)
		return 0;
	rs_cli_message(RS_LEVEL_ERROR,
		       "%s: is there, and is no page that could be replaced; name another file "
		       "for --html, or remove it",
		       path);
	return EX_CANTCREAT;
}

int rs_audit_write_html(const struct audit_report *report, const char *path)
{
	struct rs_diags *diags = rs_diags_new();
	char *page = NULL;
	size_t len = 0;
	int status = 0;

	if (diags == NULL || make_page(report, &page, &len) < 0) {
		status = rs_cli_no_memory();
	} else if (rs_publish(path, page, len, PAGE_MODE, false, diags) < 0) {
		rs_cli_print_diags(diags);
		status = rs_diags_memory_short(diags) ? EX_OSERR : EX_CANTCREAT;
	}
	free(page);
	rs_diags_free(&diags);
	return status;
}

/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "audit.h"

#include <relaysentry/compile.h>

#include <stdio.h>
#include <stdlib.h>

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

/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "audit.h"

#include <stdlib.h>
#include <string.h>

const char *rs_audit_example_file(const struct audit_report *report,
				  const struct rs_audit_fault *fault)
{
	return report->set != NULL && fault->file < report->set->count
		       ? report->set->files[fault->file].path
		       : "-";
}

const char *rs_audit_example_name(const struct audit_report *report,
				  const struct rs_audit_fault *fault)
{
	return report->set != NULL && fault->file < report->set->count
		       ? rs_audit_file_name(&report->set->files[fault->file])
		       : "standard input";
}

char *rs_audit_example(const struct rs_audit_fault *fault)
{
	const char *line = fault->example;
	char *text, *buf = NULL;
	size_t size;
	FILE *out = open_memstream(&buf, &size);

	if (out == NULL)
		return NULL;
	for (const char *p = line, *end = line + fault->example_len; p < end;) {
		size_t part = strnlen(p, (size_t)(end - p));
		char *copy = strndup(p, part);

		text = copy != NULL ? rs_printable(copy) : NULL;
		free(copy);
		if (text == NULL) {
			fclose(out);
			free(buf);
			return NULL;
		}
		fputs(text, out);
		free(text);
		p += part;
		if (p < end) {
			fputs("\\x00", out);
			p++;
		}
	}
	return rs_cli_memory_text(out, &buf);
}

/* SPDX-License-Identifier: MIT */
/* Escaping of values and of diagnostics, and reading of lines. The input ends at its first NUL. */
#include "fuzz.h"

#include "utf8.h"

#include <relaysentry/diag.h>
#include <relaysentry/logline.h>

#include <string.h>

static void check_printable(const char *text)
{
	size_t len = strlen(text);

	while (len > 0) {
		uint32_t c = 0;
		size_t n = rs_utf8_char(text, len, &c);

		FUZZ_CHECK(n > 0 && rs_utf8_printable(c));
		text += n;
		len -= n;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rs_diags *diags = rs_diags_new();
	char buf[RS_LOG_VALUE_MAX + 1], line[64];
	char *value = malloc(size + 1);
	struct rs_log_read read;

	FUZZ_CHECK(diags != NULL && value != NULL);
	memcpy(value, data, size);
	value[size] = '\0';
	rs_log_escape(value, buf);
	FUZZ_CHECK(*buf != '\0' && strlen(buf) <= RS_LOG_VALUE_MAX);
	FUZZ_CHECK(strpbrk(buf, " =\"") == NULL);
	FUZZ_CHECK(*value == '\0' || strcmp(buf, "-") != 0);
	check_printable(buf);
	if (rs_log_read(value, size, &read) > 0)
		FUZZ_CHECK(rs_log_user_certain(read.user.text, read.user.len) &&
			   read.outcome.len <= size);
	rs_diags_add(diags, RS_LEVEL_ERROR, value, 1, "%s", value);
	check_printable(rs_diags_get(diags, 0)->text);
	check_printable(rs_diags_get(diags, 0)->file);
	(void)rs_diag_format(rs_diags_get(diags, 0), line, sizeof(line));
	free(value);
	rs_diags_free(&diags);
	return 0;
}

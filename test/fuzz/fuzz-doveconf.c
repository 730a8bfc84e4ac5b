/* SPDX-License-Identifier: MIT */
/* The output of doveconf -n. */
#include "fuzz.h"

#include <relaysentry/doveconf.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rs_diags *diags = rs_diags_new();

	if (rs_doveconf_lint("fuzz", (const char *)data, size, diags) < 0)
		FUZZ_CHECK(rs_diags_count(diags, RS_LEVEL_ERROR) > 0);
	rs_diags_free(&diags);
	return 0;
}

/* SPDX-License-Identifier: MIT */
#include "lib.h"
#include "args.h"

static const char *const rs_on_error_names[] = {
	[RS_ON_ERROR_ALLOW] = "allow",
	[RS_ON_ERROR_DENY] = "deny",
	[RS_ON_ERROR_TEMPFAIL] = "tempfail",
};

const char *rs_on_error_name(enum rs_on_error on_error)
{
	return rs_on_error_names[on_error];
}

bool rs_on_error_parse(const char *text, enum rs_on_error *on_error_r)
{
	for (unsigned int i = 0; i < N_ELEMENTS(rs_on_error_names); i++) {
		if (strcmp(text, rs_on_error_names[i]) == 0) {
			*on_error_r = (enum rs_on_error)i;
			return TRUE;
		}
	}
	return FALSE;
}

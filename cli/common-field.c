/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "cli.h"

#include <relaysentry/login.h>

#include <string.h>

int rs_cli_login_field(const struct rs_cli_usage *usage, struct rs_login *login, const char *field)
{
	const struct {
		const char *name;
		const char **value;
	} known[] = {
		{ "relaysentry_group=", &login->group },
		{ "relaysentry_allow=", &login->allow },
		{ "relaysentry_deny=", &login->deny },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		size_t len = strlen(known[i].name);

		if (strncmp(field, known[i].name, len) == 0) {
			*known[i].value = field + len;
			return 0;
		}
	}
	return rs_cli_usage_error(usage,
				  "--field=%s: write relaysentry_group=, relaysentry_allow= or "
				  "relaysentry_deny= and a value; for the credential there is "
				  "--credential of check",
				  field);
}

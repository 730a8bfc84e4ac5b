/* SPDX-License-Identifier: MIT */
#include <relaysentry/login.h>

#include <string.h>

static const char *const names[RS_CREDENTIAL_COUNT] = {
	[RS_CREDENTIAL_PASSWORD] = "password", [RS_CREDENTIAL_APP_PASSWORD] = "app-password",
	[RS_CREDENTIAL_TOKEN] = "token",       [RS_CREDENTIAL_CERTIFICATE] = "certificate",
	[RS_CREDENTIAL_KERBEROS] = "kerberos", [RS_CREDENTIAL_OTHER] = "other",
};

const char *rs_credential_name(enum rs_credential credential)
{
	return names[credential];
}

int rs_credential_parse(const char *name, enum rs_credential *credential_r)
{
	for (int i = 0; i < RS_CREDENTIAL_COUNT; i++) {
		if (strcmp(names[i], name) == 0) {
			*credential_r = (enum rs_credential)i;
			return 0;
		}
	}
	return -1;
}

const char *rs_outcome_name(enum rs_outcome outcome)
{
	static const char *const outcomes[] = { "success", "denied", "failed", "unproved" };

	return outcomes[outcome];
}

/* SPDX-License-Identifier: MIT */
#include "check.h"
#include "cli.h"

#include <stdio.h>
#include <string.h>

/* Longer than any relay's id. */
#define RELAY_SIZE 65

int rs_check_exception(struct check *check, const char *text)
{
	struct rs_exception exception = { .not_after = RS_EXCEPTION_LATEST,
					  .reason = "",
					  .by = "" };
	size_t len = strcspn(text, "=");
	char relay[RELAY_SIZE];

	if (len >= sizeof(relay))
		return -2;
	memcpy(relay, text, len);
	relay[len] = '\0';
	exception.relay = relay;
	if (text[len] == '=' && rs_cli_parse_end(text + len + 1, &exception.not_after) < 0)
		return -2;
	if (check->exceptions == NULL && (check->exceptions = rs_exceptions_new()) == NULL)
		return -1;
	check->login.exceptions = check->exceptions;
	return rs_exceptions_put(check->exceptions, &exception);
}

void rs_check_exceptions_pending(struct check *check)
{
	check->login.exceptions_pending =
		check->exceptions == NULL && rs_policy_exceptions(check->policy)->dict != NULL;
}

const char *rs_check_not_looked_up(const struct check *check, char buf[RS_CHECK_NOTE_SIZE])
{
	snprintf(buf, RS_CHECK_NOTE_SIZE,
		 "exceptions in %s are not looked up here; say with --exception which there are",
		 rs_policy_exceptions(check->policy)->dict);
	return buf;
}

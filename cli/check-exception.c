/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "check.h"
#include "cli.h"
#include "kept.h"

#include <stdio.h>
#include <stdlib.h>
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
		 "exceptions in %s are not looked up here; say --dict, or with --exception which "
		 "there are",
		 rs_policy_exceptions(check->policy)->dict);
	return buf;
}

/* --- looking them up --- */

int rs_check_open_dict(struct check *check, const char *base_dir)
{
	const char *name = rs_policy_exceptions(check->policy)->dict, *error;
	struct rs_dict_uri uri;

	if (name == NULL) {
		rs_cli_message(RS_LEVEL_ERROR, "%s: names no dict for exceptions; leave --dict out",
			       rs_policy_path(check->policy));
		return EX_CONFIG;
	}
	/* The policy was read, so that it is one. */
	(void)rs_dict_uri_parse(name, &uri, &error);
	return rs_cli_dict_open(&uri, base_dir, 0, &check->dict);
}

void rs_check_begin_login(struct check *check)
{
	const char *user = check->login.user;

	if (check->dict == NULL ||
	    (user != NULL && check->asked != NULL && strcmp(user, check->asked) == 0))
		return;
	free(check->asked);
	check->asked = NULL;
	rs_exceptions_free(&check->exceptions);
	check->login.exceptions = NULL;
	check->login.exceptions_pending = true;
}

/* Returns 0, or a status. */
static int look_up(struct check *check)
{
	char user_key[RS_USER_KEY_SIZE], key[RS_DICT_KEY_SIZE], *value;
	int status;

	/* Nobody has none. */
	if (check->login.user == NULL ||
	    rs_user_key(check->policy, check->login.user, user_key) == NULL)
		return 0;
	(void)rs_dict_key(user_key, RS_DICT_EXCEPTIONS, NULL, key);
	status = rs_cli_dict_lookup(check->dict, key, &value);
	if (status == 0)
		status = rs_kept_parse(user_key, value, &check->exceptions, NULL);
	free(value);
	if (status == 0 && (check->asked = strdup(check->login.user)) == NULL)
		status = rs_cli_no_memory();
	return status;
}

bool rs_check_look_up(struct check *check)
{
	int status;

	if (check->dict == NULL || check->dict_status != 0)
		return false;
	status = look_up(check);
	check->dict_status = status;
	if (status != 0)
		return false;
	check->login.exceptions = check->exceptions;
	check->login.exceptions_pending = false;
	return true;
}

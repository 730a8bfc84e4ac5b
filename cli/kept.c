/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "cli.h"
#include "kept.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Whether sudo runs this for another user than root. What sudo says of itself in the
 * environment, nobody who came by it can change; who is root in his own right can. */
static bool is_delegated(void)
{
	const char *uid = getenv("SUDO_UID");
	char *end;
	unsigned long number;

	if (uid == NULL)
		return false;
	errno = 0;
	number = strtoul(uid, &end, 10);
	return errno != 0 || end == uid || *end != '\0' || (number != 0 && number != getuid());
}

int rs_kept_begin(struct kept *kept)
{
	kept->delegated = is_delegated();
	if (!kept->delegated)
		return rs_cli_now(&kept->now);
	/* The variable that says another time would move all limits. */
	kept->now = (int64_t)time(NULL);
	return 0;
}

int rs_kept_own_file(const struct kept *kept, const struct rs_cli_usage *usage, const char *option)
{
	if (!kept->delegated)
		return 0;
	return rs_cli_usage_error(
		usage,
		"--%s is not for who comes by sudo, because it lets read files and speak to "
		"sockets; who may do that writes sudo env -u SUDO_UID relaysentry",
		option);
}

int rs_kept_option(void *context, const struct rs_cli_usage *usage, int option, const char *value)
{
	struct kept *kept = context;

	if (option == RS_KEPT_POLICY)
		kept->policy_path = value;
	else
		kept->base_dir = value;
	return rs_kept_own_file(kept, usage, option == RS_KEPT_POLICY ? "policy" : "base-dir");
}

static int load_failed(const struct kept *kept, const char *path, const struct stat *identity,
		       const struct rs_diags *diags)
{
	if (!kept->delegated || identity->st_ino == 0 || rs_diags_memory_short(diags))
		return rs_cli_load_failed(identity, diags);
	rs_cli_message(RS_LEVEL_ERROR,
		       "%s: is faulty; an administrator finds the faults with relaysentry lint",
		       path);
	return rs_cli_load_status(identity, diags);
}

int rs_kept_load(struct kept *kept)
{
	const char *path = kept->policy_path != NULL ? kept->policy_path : RS_DEFAULT_POLICY;
	struct rs_diags *diags = rs_diags_new();
	struct stat identity;
	int status = 0;

	if (diags == NULL)
		return rs_cli_no_memory();
	kept->policy = rs_policy_load(path, &identity, NULL, diags);
	if (kept->policy == NULL)
		status = load_failed(kept, path, &identity, diags);
	rs_diags_free(&diags);
	return status;
}

int rs_kept_load_relays(struct kept *kept)
{
	const char *path = rs_policy_database(kept->policy);
	struct rs_diags *diags = rs_diags_new();
	struct stat identity;
	int status = 0;

	if (diags == NULL)
		return rs_cli_no_memory();
	kept->db = rs_relaydb_load(path, &identity, diags);
	if (kept->db == NULL)
		status = load_failed(kept, path, &identity, diags);
	/* Which relays of the policy are missing, lint tells. */
	else if (rs_policy_bind(kept->policy, kept->db, RS_LEVEL_NOTE, NULL) < 0)
		status = rs_cli_no_memory();
	rs_diags_free(&diags);
	return status;
}

/* --- dictionaries --- */

static const char *dict_of(const struct kept *kept, enum rs_kept_dict which)
{
	return which == RS_KEPT_EXCEPTIONS ? rs_policy_exceptions(kept->policy)->dict
					   : rs_policy_state(kept->policy)->dict;
}

int rs_kept_open(struct kept *kept, enum rs_kept_dict which)
{
	enum rs_kept_dict other = which == RS_KEPT_EXCEPTIONS ? RS_KEPT_STATE : RS_KEPT_EXCEPTIONS;
	struct rs_cli_dict **dict = which == RS_KEPT_EXCEPTIONS ? &kept->exceptions : &kept->state;
	struct rs_cli_dict *open = which == RS_KEPT_EXCEPTIONS ? kept->state : kept->exceptions;
	const char *name = dict_of(kept, which), *error;
	struct rs_dict_uri uri;

	if (name == NULL) {
		rs_cli_message(RS_LEVEL_ERROR,
			       "%s: %s; add \"%s\": { \"dict\": \"proxy::relaysentry\" }",
			       rs_policy_path(kept->policy),
			       which == RS_KEPT_EXCEPTIONS
				       ? "names no dict for exceptions"
				       : "names no dict for what was seen, so that only the "
					 "memory of Dovecot's auth process has it",
			       which == RS_KEPT_EXCEPTIONS ? "exceptions" : "state");
		return EX_CONFIG;
	}
	if (*dict != NULL)
		return 0;
	if (open != NULL && strcmp(dict_of(kept, other), name) == 0) {
		*dict = open;
		return 0;
	}
	/* The policy was read, so that it is one. */
	(void)rs_dict_uri_parse(name, &uri, &error);
	return rs_cli_dict_open(&uri, kept->base_dir, 0, dict);
}

void rs_kept_end(struct kept *kept)
{
	if (kept->state == kept->exceptions)
		kept->state = NULL;
	rs_cli_dict_close(&kept->exceptions);
	rs_cli_dict_close(&kept->state);
	rs_policy_free(&kept->policy);
	rs_relaydb_free(&kept->db);
}

/* --- users --- */

int rs_kept_user(const struct kept *kept, const struct rs_cli_usage *usage, const char *text,
		 struct kept_user *user_r)
{
	if (rs_user_key(kept->policy, text, user_r->key) == NULL ||
	    rs_user_key_decode(user_r->key, strlen(user_r->key), user_r->name) == NULL)
		return rs_cli_usage_error(usage, "the user's name is %s",
					  *text == '\0' ? "empty" : "too long for any policy");
	return 0;
}

int rs_kept_parse(const char *user_key, const char *value, struct rs_exceptions **list_r,
		  bool *faulty_r)
{
	struct rs_diags *diags = rs_diags_new();
	char key[RS_DICT_KEY_SIZE];
	int status = 0;

	*list_r = NULL;
	if (diags == NULL)
		return rs_cli_no_memory();
	(void)rs_dict_key(user_key, RS_DICT_EXCEPTIONS, NULL, key);
	if (value != NULL)
		*list_r = rs_exceptions_parse(key, value, strlen(value), diags);
	if (faulty_r != NULL)
		*faulty_r = value != NULL && *list_r == NULL;
	if (*list_r == NULL && rs_diags_memory_short(diags))
		status = rs_cli_no_memory();
	else if (*list_r == NULL && rs_diags_kept(diags) > 0 && faulty_r == NULL)
		rs_cli_message(RS_LEVEL_WARNING, "%s: %s; the user's exceptions count as absent",
			       key, rs_diags_get(diags, 0)->text);
	if (*list_r == NULL && status == 0 && (*list_r = rs_exceptions_new()) == NULL)
		status = rs_cli_no_memory();
	rs_diags_free(&diags);
	return status;
}

/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "audit.h"

#include <string.h>

int rs_audit_sort_parse(const char *name, enum audit_sort *sort_r)
{
	static const char *const names[] = {
		[AUDIT_BY_USERS] = "users", [AUDIT_BY_LOGINS] = "logins", [AUDIT_BY_NAME] = "name",
		[AUDIT_BY_FIRST] = "first", [AUDIT_BY_LAST] = "last",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (strcmp(names[i], name) == 0) {
			*sort_r = (enum audit_sort)i;
			return 0;
		}
	}
	return -1;
}

static int no_class(const char *text)
{
	rs_cli_message(RS_LEVEL_ERROR,
		       "--relay: \"%s\" is no class; write @mail-relay, @privacy-proxy or @cloud",
		       text);
	return EX_USAGE;
}

int rs_audit_relay_check(const struct rs_relaydb *db, const char *text)
{
	const struct rs_relay *near;
	enum rs_class class_;

	if (*text == '@')
		return rs_class_parse(text + 1, &class_) == 0 ? 0 : no_class(text);
	if (rs_relaydb_find(db, text) != NULL)
		return 0;
	near = rs_relaydb_nearest(db, text);
	if (near != NULL)
		rs_cli_message(RS_LEVEL_ERROR,
			       "--relay: the database knows no relay \"%s\"; did you mean \"%s\"?",
			       text, near->id);
	else
		rs_cli_message(
			RS_LEVEL_ERROR,
			"--relay: the database knows no relay \"%s\"; \"relaysentry relays\" "
			"lists those of the catalogue",
			text);
	return EX_USAGE;
}

bool rs_audit_relay_wanted(const char *text, const struct rs_relay *relay)
{
	if (text == NULL)
		return true;
	if (*text == '@')
		return strcmp(text + 1, rs_class_name(relay->class_)) == 0;
	return strcmp(text, relay->id) == 0;
}

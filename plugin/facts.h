/* SPDX-License-Identifier: MIT */
#ifndef RS_FACTS_H
#define RS_FACTS_H

/* From Dovecot's request to the facts of a login. */

#include "compat.h"

#include <relaysentry/login.h>

/* The passdb fields that are meant for relaysentry; NULL: not set. */
struct rs_fields {
	const char *group, *allow, *deny, *credential;
};

/* Reads the fields and removes them from the reply. */
void rs_fields_take(struct auth_request *request, struct rs_fields *fields_r);

/* Fills *login_r; strings belong to the request. plain: the credential itself
 * was given to the passdbs, not only looked up. Returns FALSE when the field
 * relaysentry_credential has a value that is none: it is then left out. */
bool rs_facts_get(struct auth_request *request, const struct rs_fields *fields, bool plain,
		  struct rs_login *login_r);

#endif

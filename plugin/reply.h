/* SPDX-License-Identifier: MIT */
#ifndef RS_REPLY_H
#define RS_REPLY_H

/* From the verdict to what Dovecot is told. */

#include "compat.h"

#include <relaysentry/decide.h>

struct rs_attempt;

/* credentials: only of a lookup that is answered with OK; NULL: those that an
 * earlier passdb found. */
struct rs_answer {
	enum passdb_result result;
	const unsigned char *credentials;
	size_t size;
	struct rs_attempt *attempt; /* what is told about the login; NULL: nothing */
};

/* The tags, comma separated: in the data stack, or the only one itself. */
const char *rs_reply_tags(const char *const *tags, size_t count);
/* Puts the verdict's relay and tags into the fields of the reply. */
void rs_reply_tag(struct auth_request *request, const struct rs_verdict *verdict);

/* Whether a Kerberos ticket was verified already. plain: as in rs_facts_get(). */
bool rs_reply_ticket(const struct auth_request *request, bool plain);
/* Whether the login fails even if it is passed: nobody has verified it, and
 * nobody will. */
bool rs_reply_lost(struct auth_request *request, bool plain);
void rs_reply_pass(struct auth_request *request, bool plain, struct rs_answer *answer_r);
/* Refuses with a reason, at once. The caller knows that the credential was verified. */
void rs_reply_reason(struct auth_request *request, const char *reason, struct rs_answer *answer_r);
/* Refuses as a wrong password is refused: the same text, code and delay. */
void rs_reply_generic(struct auth_request *request, bool plain, struct rs_answer *answer_r);
/* Refuses with a temporary failure. */
void rs_reply_tempfail(struct auth_request *request, struct rs_answer *answer_r);

#endif

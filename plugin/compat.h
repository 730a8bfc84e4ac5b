/* SPDX-License-Identifier: MIT */
#ifndef RS_COMPAT_H
#define RS_COMPAT_H

/* What differs between the releases of Dovecot. Nothing else in plugin/ looks
 * at a release or at a capability that configure probed (RS_PREINIT_...,
 * RS_FIELDS_...); what works alike in all stands in the other files. */

#include "auth-common.h"
#include "auth-request.h"
#include "auth-fields.h"
#include "passdb.h"

/* The driver's name, as in `driver = relaysentry`. */
#define RS_DRIVER "relaysentry"

extern struct passdb_module_interface rs_passdb_interface;

/* --- one request --- */

/* The protocol that the client speaks: "imap". */
const char *rs_request_service(const struct auth_request *request);
bool rs_request_tls(const struct auth_request *request);
/* Whether Dovecot will ask another passdb when this one answers NEXT: skip,
 * mechanisms and username filters count. */
bool rs_request_next_passdb(struct auth_request *request);
/* Whether no passdb that could verify the credential stands before this one. */
bool rs_request_first_place(struct auth_request *request);
/* Whether tags may go into the user database fields: any of these makes a
 * prefetch userdb answer alone, without home and uid. */
bool rs_request_userdb_safe(struct auth_request *request);
/* The client's address does not count as one that guesses passwords. */
void rs_request_no_penalty(struct auth_request *request);
/* Answers a master login as if the master's password had been wrong: the login
 * had then not got as far as the target user. Only where a wrong one would have
 * ended it earlier, that is not after a lookup. */
void rs_request_forget_master(struct auth_request *request);

/* --- the configuration, for the inspection at start-up --- */

struct rs_block {
	/* NULL: Dovecot dropped the block, because skip = unauthenticated
	 * makes no sense on the first passdb. */
	const struct auth_passdb *passdb;
	const char *driver;
	unsigned int number; /* from 1, in the order of the configuration */
	bool ours, deny, pass, mechanisms_filtered, users_filtered;
	enum auth_passdb_skip skip;
	enum auth_db_rule success, failure, internalfail;
};

/* The passdbs of one protocol. */
struct rs_scope {
	const char *service; /* NULL: the protocols without passdbs of their own */
	struct rs_block *blocks, *masters;
	unsigned int block_count, master_count;
	const struct mechanisms_register *mechanisms;
};

unsigned int rs_scope_count(void);
/* i in 0..rs_scope_count()-1. Memory comes from pool. */
void rs_scope_get(unsigned int i, pool_t pool, struct rs_scope *scope_r);

#endif

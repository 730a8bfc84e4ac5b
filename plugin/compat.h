/* SPDX-License-Identifier: MIT */
#ifndef RS_COMPAT_H
#define RS_COMPAT_H

/* What differs between the releases of Dovecot. Behind this header stands one
 * of compat-2.3.c and compat-2.4.c, chosen by what configure probed; compat.c
 * holds what only looks into Dovecot's structures and is alike in all, and what
 * releases of both have (RS_EVENT_FILTERS). Nothing else in plugin/ looks at a
 * release or at a capability. */

#include "auth-common.h"
#include "auth-request.h"
#include "auth-fields.h"
#include "passdb.h"

/* The driver's name, as in `driver = relaysentry`. */
#define RS_DRIVER "relaysentry"

/* str_begins() takes other parameters in each release. */
#define rs_begins(text, literal) (strncmp(text, literal, sizeof(literal) - 1) == 0)

extern struct passdb_module_interface rs_passdb_interface;

/* --- one request --- */

/* The protocol that the client speaks: "imap". */
const char *rs_request_service(const struct auth_request *request);
bool rs_request_tls(const struct auth_request *request);
/* Whether the connection was called safe: by TLS, or in another way. */
bool rs_request_secured(const struct auth_request *request);
/* Whether Dovecot will ask another passdb when this one answers NEXT: skip,
 * mechanisms and username filters count. */
bool rs_request_next_passdb(struct auth_request *request);
/* Whether passdb is left out for what it has in its filters of mechanisms and
 * user names. */
bool rs_passdb_filtered(const struct auth_request *request, const struct auth_passdb *passdb);
/* Whether a block of ours stands before this one. */
bool rs_request_judged_before(struct auth_request *request);
/* Whether no passdb that could verify the credential stands before this one. */
bool rs_request_first_place(struct auth_request *request);
/* Whether who looks credentials up takes an OK without any: GSSAPI and, from 2.4
 * on, tokens only ask whether the user may log in, and lookups that are no login
 * do not look at them. wanted_credentials_scheme does not tell: an earlier passdb
 * has set it to what it found. */
bool rs_request_any_credentials(const struct auth_request *request);
/* Where that is so: whether the mechanism has verified a
 * Kerberos ticket, and only asks whether the user may log in. */
bool rs_request_ticket(const struct auth_request *request);
/* Whether the login is one with a bearer token. */
bool rs_request_bearer(const struct auth_request *request);
/* Of such a login: whether the token was really verified as one. */
bool rs_request_token_verified(const struct auth_request *request);
/* Whether tags may go into the user database fields: any of these makes a
 * prefetch userdb answer alone, without home and uid. */
bool rs_request_userdb_safe(struct auth_request *request);
/* Where it is safe: sets such a field; name begins with "userdb_". */
void rs_request_userdb_field(struct auth_request *request, const char *name, const char *value);
/* Answers a lookup of credentials. Those given are of the scheme that is wanted;
 * NULL: none, or those that an earlier passdb found. */
void rs_request_answer(struct auth_request *request, enum passdb_result result,
		       const unsigned char *credentials, size_t size,
		       lookup_credentials_callback_t *callback);
/* The client's address does not count as one that guesses passwords. */
void rs_request_no_penalty(struct auth_request *request);
/* A refusal is told at once, and the address is not punished. */
void rs_request_no_delay(struct auth_request *request);
/* Answers a master login as if the master's password had been wrong: the login
 * had then not got as far as the target user. Only where a wrong one would have
 * ended it earlier, that is not after a lookup. */
void rs_request_forget_master(struct auth_request *request);

/* FALSE when nobody counts, exports or logs any event of the request that is no more
 * than a debug message: then none needs to be made. */
bool rs_request_events_wanted(const struct auth_request *request);
/* The name of the block that is asked; lives as long as the configuration. */
const char *rs_request_passdb_name(const struct auth_request *request);
/* Gives the request another user, and returns the one it had. Only for the log. */
char *rs_request_name(struct auth_request *request, char *user);
/* What stands before a log line of this block behind what the request's event says,
 * also when the request has moved on. In the data stack. */
const char *rs_request_log_prefix(struct auth_request *request, const char *passdb_name);

/* --- the configuration, for the inspection at start-up --- */

struct rs_block {
	/* NULL: Dovecot dropped the block, because skip = unauthenticated
	 * makes no sense on the first passdb. */
	const struct auth_passdb *passdb;
	const char *driver;
	const char *label; /* "passdb 2 (pam)", by the order of the configuration, or its name */
	/* For which it is asked; NULL: for all. */
	const char *const *mechanisms;
	bool ours, deny, pass, mechanisms_filtered, users_filtered, worker;
	enum auth_passdb_skip skip;
	enum auth_db_rule success, failure, internalfail;
};

/* The passdbs of one protocol. */
struct rs_scope {
	const char *service; /* NULL: the protocols without passdbs of their own */
	struct rs_block *blocks, *masters;
	unsigned int block_count, master_count;
	const char *const *mechanisms; /* NULL-terminated, as they are configured */
	bool winbind;		       /* NTLM and GSS-SPNEGO ask it, and no passdb */
	bool cached_by_worker;	       /* what the auth cache has is verified by a worker */
};

unsigned int rs_scope_count(void);
/* i in 0..rs_scope_count()-1. Memory comes from pool. */
void rs_scope_get(unsigned int i, pool_t pool, struct rs_scope *scope_r);
/* One more block, filled but for its label and filters. passdb NULL: dropped. */
struct rs_block *rs_scope_add(struct rs_scope *scope, const struct auth_passdb *passdb,
			      const struct auth_passdb_settings *set);

/* The names of settings that differ. */
extern const char *const rs_setting_mechanisms; /* of a passdb: its filter */
/* Whether every passdb gets bearer tokens as if they were passwords. */
extern const bool rs_tokens_are_passwords;
/* Whether who is refused by result_success = return-fail gets in all the same when
 * his mechanism only asks whether he may log in. */
extern const bool rs_refusal_is_lost;
/* Whether Dovecot takes result_success = return of a protocol's own passdb for
 * return-ok. */
extern const bool rs_return_is_lost;

/* --- the dict process --- */

/* Where Dovecot's sockets are. */
const char *rs_base_dir(void);
/* The major version of the protocol that it speaks. */
extern const unsigned int rs_dict_protocol;

#endif

/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_LIB_DOVECONF_MODEL_H
#define RELAYSENTRY_LIB_DOVECONF_MODEL_H

/* The passdbs that Dovecot asks, as its auth process sets them up from the
 * configuration: src/auth/auth.c and auth-settings.c of 2.3.19.1 and 2.4.1. */

#include "doveconf-tree.h"

#include <stdbool.h>
#include <stddef.h>

enum rs_dc_skip { RS_DC_NEVER, RS_DC_AUTHENTICATED, RS_DC_UNAUTHENTICATED };

/* What follows a result; the names of Dovecot's result_* settings. */
enum rs_dc_rule {
	RS_DC_RETURN_OK,
	RS_DC_RETURN,
	RS_DC_RETURN_FAIL,
	RS_DC_CONTINUE,
	RS_DC_CONTINUE_OK,
	RS_DC_CONTINUE_FAIL
};
const char *rs_dc_rule_name(enum rs_dc_rule rule);

/* Mechanisms that matter here, ORed. */
#define RS_DC_ANONYMOUS 0x01U
#define RS_DC_NTLM 0x02U
#define RS_DC_GSS_SPNEGO 0x04U
#define RS_DC_GSSAPI 0x08U
#define RS_DC_OAUTH 0x10U  /* OAUTHBEARER and XOAUTH2 */
#define RS_DC_OTHERS 0x20U /* all others */
#define RS_DC_ALL 0x3fU

/* The settings of a passdb that matter here. */
enum rs_dc_key {
	RS_DC_ARGS,
	RS_DC_DENY,
	RS_DC_MASTER,
	RS_DC_MECHANISMS,
	RS_DC_PASS,
	RS_DC_FAILURE,
	RS_DC_INTERNALFAIL,
	RS_DC_SUCCESS,
	RS_DC_SKIP,
	RS_DC_USERNAME_FILTER,
	RS_DC_USE_WORKER
};
#define RS_DC_KEY_COUNT 11

struct rs_dc_passdb {
	const char *name, *driver;
	const char *args;     /* 2.3; NULL: left out */
	const char *protocol; /* in whose block it stands; NULL: in none */
	unsigned mechanisms;  /* for which it is asked */
	bool username_filter;
	enum rs_dc_skip skip;
	enum rs_dc_rule success, failure, internalfail;
	bool ours;
	/* doveconf of 2.3 leaves result_success out when it is return, too: `return`
	 * is how its default, return-ok, begins. */
	bool success_untold;
	bool deny, master, pass, use_worker;
	const struct rs_dc_node *fields; /* 2.4, the block; NULL: none */
	unsigned line;
	unsigned lines[RS_DC_KEY_COUNT]; /* of the setting; of the block when it is left out */
};

/* What one protocol uses. */
struct rs_dc_auth {
	const char *protocol; /* "imap", "!pop3"; NULL: all that have no block of their own */
	unsigned line;	      /* of the block; 0 for NULL */
	/* In the order of the configuration. */
	struct rs_dc_passdb *passdbs;
	size_t passdb_count;
	bool has_ours;		     /* one of them is relaysentry */
	const char *mechanisms_text; /* as configured, blanks between the words */
	unsigned mechanisms, mechanisms_line;
	unsigned kerberos;    /* which of mechanisms end in GSSAPI */
	bool winbind;	      /* NTLM and GSS-SPNEGO ask winbind */
	bool cache;	      /* auth_cache_size is not 0 */
	unsigned worker_line; /* of auth_cache_verify_password_with_worker = yes; 0: no */
};

struct rs_dc_model {
	bool v24;
	bool has_ours;		  /* in some auth */
	struct rs_dc_auth *auths; /* [0] is the default */
	size_t auth_count;
};

/* Builds the model in the tree's arena. Returns 0, -1 when memory is short. */
int rs_dc_model_build(struct rs_dc_tree *tree, struct rs_dc_model *model_r);

/* Whether word is one of words, which blanks or commas separate; case does not count. */
bool rs_dc_has_word(const char *words, const char *word);
/* The words without the unwanted ones into buf, separated by a blank; "plain" when none is left. */
const char *rs_dc_words_without(const char *words, const char *unwanted, char *buf, size_t size);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_USERKEY_H
#define RELAYSENTRY_USERKEY_H

/* What is kept about a user in a dict, and under which key. */

#include <relaysentry/policy.h>

#include <stddef.h>

/* Room for any user's key, including NUL. */
#define RS_USER_KEY_SIZE 3200
/* All keys begin with this. */
#define RS_DICT_PREFIX "shared/relaysentry/user/"
/* Room for any key of an item, including NUL. */
#define RS_DICT_KEY_SIZE (RS_USER_KEY_SIZE + 128)
/* The item that holds a user's exceptions; what was seen from a relay is the item
 * "seen:" and the relay's id, and that the user was told of it "told:" and the id. */
#define RS_DICT_EXCEPTIONS "exceptions"
#define RS_DICT_SEEN "seen:"
#define RS_DICT_TOLD "told:"

/* Writes the user's key: the name as the policy compares it (lower case, the
 * default domain supplied), in which every byte that is no visible ASCII, and each
 * of / \ % ' " * ? is percent-encoded (RFC 3986, 2.1, in upper case). So two users
 * have different keys also where SQL compares without case or accents. Returns buf;
 * NULL when the name is empty or longer than any name in a policy. */
const char *rs_user_key(const struct rs_policy *policy, const char *user,
			char buf[RS_USER_KEY_SIZE]);
/* Back to the name, for showing it: any bytes but NUL. Returns buf; NULL when
 * rs_user_key() writes no such key, so that nothing is ever looked up below it. */
const char *rs_user_key_decode(const char *key, size_t len, char buf[RS_USER_KEY_SIZE]);

/* Writes the key of an item of the user with this user key: RS_DICT_EXCEPTIONS and NULL,
 * or RS_DICT_SEEN or RS_DICT_TOLD and a relay's id. Returns buf. */
const char *rs_dict_key(const char *user_key, const char *item, const char *relay,
			char buf[RS_DICT_KEY_SIZE]);
/* Takes a key apart: where its user key and its item begin. Returns 0; -1 when it is
 * none of ours. The user key may still be none (rs_user_key_decode()). */
int rs_dict_key_split(const char *key, const char **user_key_r, size_t *user_key_len_r,
		      const char **item_r);

#endif

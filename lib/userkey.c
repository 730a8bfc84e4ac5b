/* SPDX-License-Identifier: MIT */
#include "policy-internal.h"

#include <relaysentry/userkey.h>

#include <stdio.h>
#include <string.h>

static const char hex[] = "0123456789ABCDEF";

/* No byte of a key can mean anything to a driver of dicts, or to a collation of SQL: many
 * of those take letters beyond ASCII for each other, and so one user for another. */
static bool stays(char c)
{
	return c > 0x20 && c < 0x7f && strchr("/\\%'\"*?", c) == NULL;
}

const char *rs_user_key(const struct rs_policy *policy, const char *user,
			char buf[RS_USER_KEY_SIZE])
{
	struct rs_user_name name;
	char *to = buf;

	_Static_assert(3 * sizeof(name.buf) <= RS_USER_KEY_SIZE, "any key has room");
	rs_user_name_set(&name, policy, user);
	if (name.name == NULL || *user == '\0')
		return NULL;
	for (size_t i = 0; i < name.len; i++) {
		unsigned char c = (unsigned char)name.name[i];

		if (stays((char)c)) {
			*to++ = (char)c;
			continue;
		}
		*to++ = '%';
		*to++ = hex[c >> 4];
		*to++ = hex[c & 15];
	}
	*to = '\0';
	return buf;
}

/* The byte that %XX stands for; -1 when it is none that a key encodes. */
static int decode_byte(const char *key, size_t len)
{
	const char *high, *low;
	int c;

	if (len < 3 || key[1] == '\0' || key[2] == '\0' || (high = strchr(hex, key[1])) == NULL ||
	    (low = strchr(hex, key[2])) == NULL)
		return -1;
	c = (int)((high - hex) << 4 | (low - hex));
	return c == 0 || stays((char)c) ? -1 : c;
}

const char *rs_user_key_decode(const char *key, size_t len, char buf[RS_USER_KEY_SIZE])
{
	size_t used = 0;

	if (len == 0 || len >= RS_USER_KEY_SIZE)
		return NULL;
	for (size_t i = 0; i < len; i++) {
		int c = (unsigned char)key[i];

		if (c == '%') {
			c = decode_byte(key + i, len - i);
			i += 2;
		} else if (!stays(key[i]) || rs_lower(key[i]) != key[i]) {
			c = -1;
		}
		if (c < 0)
			return NULL;
		buf[used++] = (char)c;
	}
	buf[used] = '\0';
	return buf;
}

const char *rs_dict_key(const char *user_key, const char *item, const char *relay,
			char buf[RS_DICT_KEY_SIZE])
{
	snprintf(buf, RS_DICT_KEY_SIZE, RS_DICT_PREFIX "%s/%s%s", user_key, item,
		 relay != NULL ? relay : "");
	return buf;
}

int rs_dict_key_split(const char *key, const char **user_key_r, size_t *user_key_len_r,
		      const char **item_r)
{
	const char *user = key + sizeof(RS_DICT_PREFIX) - 1, *slash;

	if (strncmp(key, RS_DICT_PREFIX, sizeof(RS_DICT_PREFIX) - 1) != 0 ||
	    (slash = strchr(user, '/')) == NULL || slash == user || slash[1] == '\0' ||
	    strchr(slash + 1, '/') != NULL)
		return -1;
	*user_key_r = user;
	*user_key_len_r = (size_t)(slash - user);
	*item_r = slash + 1;
	return 0;
}

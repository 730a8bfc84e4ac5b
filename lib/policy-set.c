/* SPDX-License-Identifier: MIT */
#include "policy-internal.h"

#include <string.h>

/* The last "@" parts name and domain: a name before it may be quoted and hold
 * others (RFC 5321, 4.1.2). */
static const char *find_domain(const char *text, size_t len)
{
	while (len > 0) {
		if (text[--len] == '@')
			return text + len;
	}
	return NULL;
}

static void lower(char *to, const char *from, size_t len)
{
	for (size_t i = 0; i < len; i++)
		to[i] = rs_lower(from[i]);
}

void rs_user_name_set(struct rs_user_name *user, const struct rs_policy *policy, const char *text)
{
	size_t len = strlen(text);
	const char *at = find_domain(text, len);

	user->name = NULL;
	user->len = 0;
	user->domain = NULL;
	user->domain_len = 0;
	if (len <= RS_POLICY_NAME_MAX) {
		lower(user->buf, text, len);
		user->name = user->buf;
		user->len = len;
		if (at != NULL) {
			user->domain = user->buf + (at - text);
			user->domain_len = len - (size_t)(at - text);
		} else if (policy->default_domain_len > 0) {
			user->domain = user->buf + len;
			user->domain_len = policy->default_domain_len + 1;
			user->buf[len] = '@';
			memcpy(user->buf + len + 1, policy->default_domain,
			       policy->default_domain_len);
			user->len += user->domain_len;
		}
	} else if (at != NULL && len - (size_t)(at - text) <= RS_POLICY_NAME_MAX) {
		user->domain_len = len - (size_t)(at - text);
		lower(user->buf, at, user->domain_len);
		user->domain = user->buf;
	} else if (at == NULL && policy->default_domain_len > 0) {
		user->domain_len = policy->default_domain_len + 1;
		user->buf[0] = '@';
		memcpy(user->buf + 1, policy->default_domain, policy->default_domain_len);
		user->domain = user->buf;
	}
	user->buf[user->name != NULL ? user->len : user->domain_len] = '\0';
}

static int compare(const struct rs_word *word, const char *text, size_t len)
{
	if (word->len != len)
		return word->len < len ? -1 : 1;
	for (size_t i = 0; i < len; i++) {
		unsigned char a = (unsigned char)word->text[i];
		unsigned char b = (unsigned char)rs_lower(text[i]);

		if (a != b)
			return a < b ? -1 : 1;
	}
	return 0;
}

bool rs_words_have(const struct rs_words *words, const char *text, size_t len)
{
	size_t low = 0, high = words->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = compare(&words->items[middle], text, len);

		if (order == 0)
			return true;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

bool rs_netset_covers(const struct rs_netset *set, const struct rs_ip *ip)
{
	size_t low = 0, high = set->count;

	if (ip->family == 0)
		return false;
	/* The last network that does not begin behind ip is the only one that can cover it. */
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct rs_ip *begin = &set->nets[middle].ip;
		int order;

		if (begin->family != ip->family)
			order = begin->family == AF_INET ? -1 : 1;
		else
			order = memcmp(begin->bytes, ip->bytes, sizeof(ip->bytes));
		if (order <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low > 0 && rs_net_contains(&set->nets[low - 1], ip);
}

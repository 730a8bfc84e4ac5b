/* SPDX-License-Identifier: MIT */
/* What was seen, and the keys of users and items, as a database holds them. The
 * input ends at its first NUL. */
#include "fuzz.h"

#include <relaysentry/seen.h>
#include <relaysentry/userkey.h>

#include <string.h>

static void check_record(const char *text)
{
	struct rs_seen seen, again, merged;
	char buf[RS_SEEN_TEXT_SIZE];

	if (rs_seen_parse(text, &seen) < 0)
		return;
	FUZZ_CHECK(seen.first >= 0 && seen.last >= 0);
	rs_seen_format(&seen, buf);
	FUZZ_CHECK(rs_seen_parse(buf, &again) == 0);
	FUZZ_CHECK(memcmp(&seen, &again, sizeof(seen)) == 0);
	merged = seen;
	rs_seen_merge(&merged, 0, &seen);
	FUZZ_CHECK(memcmp(&seen, &merged, sizeof(seen)) == 0);
	rs_seen_merge(&merged, UINT64_MAX, &seen);
	FUZZ_CHECK(merged.count == UINT64_MAX && merged.last == seen.last);
}

/* A name has a key, which reads back as the name; a key is that of its name. */
static void check_key(const struct rs_policy *policy, const char *text)
{
	char key[RS_USER_KEY_SIZE], name[RS_USER_KEY_SIZE], dict[RS_DICT_KEY_SIZE];
	const char *user, *item;
	size_t len;

	if (rs_user_key(policy, text, key) != NULL) {
		FUZZ_CHECK(rs_user_key_decode(key, strlen(key), name) != NULL);
		FUZZ_CHECK(strlen(name) == strlen(text));
		rs_dict_key(key, RS_DICT_SEEN, "relay", dict);
		FUZZ_CHECK(rs_dict_key_split(dict, &user, &len, &item) == 0);
		FUZZ_CHECK(len == strlen(key) && memcmp(user, key, len) == 0);
		FUZZ_CHECK(strcmp(item, "seen:relay") == 0);
	}
	if (rs_user_key_decode(text, strlen(text), name) != NULL &&
	    rs_user_key(policy, name, key) != NULL)
		FUZZ_CHECK(strcmp(key, text) == 0);
	if (rs_dict_key_split(text, &user, &len, &item) == 0)
		(void)rs_user_key_decode(user, len, name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char least[] = "{\"version\":1,\"rules\":[]}";
	struct rs_policy *policy = rs_policy_parse("p", least, sizeof(least) - 1, NULL);
	char *text = malloc(size + 1);

	FUZZ_CHECK(policy != NULL && text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	check_record(text);
	check_key(policy, text);
	free(text);
	rs_policy_free(&policy);
	return 0;
}

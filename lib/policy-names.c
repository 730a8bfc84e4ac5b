/* SPDX-License-Identifier: MIT */
#include "policy-internal.h"

const char *const rs_cond_names[RS_COND_COUNT] = {
	[RS_COND_RELAY] = "relay",
	[RS_COND_CLASS] = "class",
	[RS_COND_NETWORK] = "network",
	[RS_COND_VIA] = "via",
	[RS_COND_USER] = "user",
	[RS_COND_GROUP] = "group",
	[RS_COND_SERVICE] = "service",
	[RS_COND_MECHANISM] = "mechanism",
	[RS_COND_CREDENTIAL] = "credential",
	[RS_COND_TLS] = "tls",
	[RS_COND_MASTER] = "master",
	[RS_COND_NOT_BEFORE] = "not_before",
	[RS_COND_NOT_AFTER] = "not_after",
};

const char *rs_action_name(enum rs_action action)
{
	static const char *const names[] = {
		[RS_ACTION_ALLOW] = "allow",
		[RS_ACTION_TAG] = "tag",
		[RS_ACTION_ALERT] = "alert",
		[RS_ACTION_DENY] = "deny",
		[RS_ACTION_USER_POLICY] = "user-policy",
	};

	return names[action];
}

const char *rs_mode_name(enum rs_mode mode)
{
	static const char *const names[] = {
		[RS_MODE_NONE] = "none",
		[RS_MODE_TESTING] = "testing",
		[RS_MODE_ENFORCE] = "enforce",
	};

	return names[mode];
}

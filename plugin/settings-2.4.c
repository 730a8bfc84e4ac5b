/* SPDX-License-Identifier: MIT */
#include "settings-2.4.h"

#define RS_SETTING(type, name) SETTING_DEFINE_STRUCT_##type(#name, name, struct rs_settings)

static bool rs_settings_check(void *_set, pool_t pool ATTR_UNUSED, const char **error_r)
{
	const struct rs_settings *set = _set;

	/* Variables are expanded later, in auth. */
	if (*set->relaysentry_policy_file == '/' ||
	    set->relaysentry_policy_file == set_value_unknown)
		return TRUE;
	*error_r = "relaysentry_policy_file: the path of the policy begins with a slash";
	return FALSE;
}

static const struct setting_define rs_setting_defines[] = {
	/* What stands in `passdb x { driver = relaysentry }`, and there alone. */
	{ .type = SET_FILTER_NAME, .key = "passdb_relaysentry" },
	RS_SETTING(STR, relaysentry_policy_file),
	RS_SETTING(ENUM, relaysentry_on_error),
	SETTING_DEFINE_LIST_END,
};

static const struct rs_settings rs_setting_defaults = {
	.relaysentry_policy_file = RS_SYSCONFDIR "/policy.json",
	.relaysentry_on_error = "allow:deny:tempfail",
};

const struct setting_parser_info rs_setting_parser_info = {
	.name = "relaysentry",
	.defines = rs_setting_defines,
	.defaults = &rs_setting_defaults,
	.struct_size = sizeof(struct rs_settings),
	.pool_offset1 = 1 + offsetof(struct rs_settings, pool),
	.check_func = rs_settings_check,
};

/* SPDX-License-Identifier: MIT */
#include "settings-2.4.h"

/* All that the settings module exports: Dovecot looks for these names. */
extern const char *relaysentry_settings_version;
extern const struct setting_parser_info *relaysentry_settings_set_infos[];

__attribute__((visibility("default"))) const char *relaysentry_settings_version =
	DOVECOT_ABI_VERSION;

__attribute__((visibility("default")))
const struct setting_parser_info *relaysentry_settings_set_infos[] = {
	&rs_setting_parser_info,
	NULL,
};

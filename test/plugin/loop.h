/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_TEST_PLUGIN_LOOP_H
#define RELAYSENTRY_TEST_PLUGIN_LOOP_H

/* Dovecot's loop and log, without a Dovecot: what the plugin's tests share. */

#include "lib.h"

#include "unit.h"

/* "proxy:<socket of this run>:relaysentry"; the socket is that of fakedict.h. */
const char *loop_uri(void);
const char *loop_socket(void);
/* Runs the loop for so long, or until *flag is set. Returns *flag. */
bool loop_run(unsigned int msecs, const bool *flag);
/* What was logged since the last call: "warning: text\n" each. */
const char *loop_log(void);

/* A policy of one user-policy rule. settings: members of it, in which URI stands for
 * loop_uri(). Freed by the caller. */
struct rs_policy *loop_policy(const char *settings);

#define PLUGIN_SUITE(name) void plugin_suite_##name(CU_pSuite suite);
PLUGIN_SUITE(lru)
PLUGIN_SUITE(dictconn)
PLUGIN_SUITE(exceptions)
PLUGIN_SUITE(state)
PLUGIN_SUITE(state_nodes)
#undef PLUGIN_SUITE

#endif

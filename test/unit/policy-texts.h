/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_TEST_POLICY_TEXTS_H
#define RELAYSENTRY_TEST_POLICY_TEXTS_H

/* Policies of one rule, and of no rule but another setting. */

#define RULE(rest) "{\"version\":1,\"rules\":[{\"id\":\"r\"," rest "}]}"
#define TOP(rest) "{\"version\":1,\"rules\":[]," rest "}"
#define DENY ",\"action\":\"deny\""

#endif

/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_TEST_DECIDE_RULES_H
#define RELAYSENTRY_TEST_DECIDE_RULES_H

/* Rules and verdicts of the tests of the policy's points, in short. */

#define ENFORCE "\"mode\": \"enforce\", "
#define RULE(id, rest) "{\"id\": \"" id "\", " rest "}"
#define ALLOW(id, rest) RULE(id, rest "\"action\": \"allow\"")
#define DENY(id, rest) RULE(id, rest "\"action\": \"deny\", \"reply\": \"generic\"")
#define ALERT(id, rest) RULE(id, rest "\"action\": \"alert\"")
#define TAG(id, tag) RULE(id, "\"action\": \"tag\", \"tag\": \"" tag "\"")
#define ENTRIES RULE("own", "\"action\": \"user-policy\", \"reply\": \"generic\"")
#define RULES(list) "\"rules\": [" list "]"
#define ANY "\"any_address\": true, "

#define RUN(cases) fixture_run(cases, RS_COUNT(cases))
#define NO_MATCH "allow: no rule ended it"
#define DENIED(id) "deny by " id "; reports deny=" id "; reply generic"

/* One condition, and a login for which it holds or not. */
#define HOLDS(label, cond, ...)                                                                    \
	{                                                                                          \
		label, ENFORCE RULES(DENY("r", cond ", ")), { .address = MOBILE, __VA_ARGS__ },    \
			DENIED("r")                                                                \
	}
#define FAILS(label, cond, ...)                                                                    \
	{                                                                                          \
		label, ENFORCE RULES(DENY("r", cond ", ")), { .address = MOBILE, __VA_ARGS__ },    \
			NO_MATCH                                                                   \
	}

#endif

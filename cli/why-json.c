/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "cli.h"
#include "except.h"
#include "seen.h"
#include "why.h"

static void put_exceptions(struct rs_jsonw *w, const struct why *why)
{
	rs_jsonw_array(w, "exceptions");
	for (size_t i = 0; why->list != NULL && i < rs_exceptions_count(why->list); i++) {
		const struct rs_exception *item = rs_exceptions_get(why->list, i);

		rs_jsonw_object(w, NULL);
		rs_except_json(w, item, why->kept.now);
		rs_jsonw_end(w);
	}
	rs_jsonw_end(w);
}

struct putting {
	struct rs_jsonw *w;
	int64_t now;
};

static void put_entry(const struct rs_policy_entry *entry, void *context)
{
	const struct putting *putting = context;

	rs_jsonw_object(putting->w, NULL);
	rs_jsonw_string(putting->w, "user", entry->user);
	rs_jsonw_string(putting->w, "relay", entry->relay);
	rs_jsonw_string(putting->w, "action", entry->deny ? "deny" : "allow");
	if (entry->end != INT64_MAX)
		rs_jsonw_int(putting->w, "not_after", entry->end);
	rs_jsonw_bool(putting->w, "ended", entry->end <= putting->now);
	rs_jsonw_end(putting->w);
}

static const char *advice_word(enum why_advice advice)
{
	static const char *const words[] = {
		[WHY_LET_IN] = "none",		 [WHY_EXCEPT] = "except",
		[WHY_NO_DICT] = "no-dict",	 [WHY_NO_RULE] = "no-rule",
		[WHY_OTHER_RULE] = "other-rule",
	};

	return words[advice];
}

static void put_today(struct rs_jsonw *w, const struct why_relay *relay)
{
	char address[RS_IP_STRLEN];

	rs_jsonw_string(w, "class", rs_class_name(relay->relay->class_));
	rs_jsonw_string(w, "address", rs_ip_format(&relay->address, address));
	rs_jsonw_string(w, "service", relay->service);
	rs_jsonw_string(w, "action", rs_action_name(relay->action));
	rs_jsonw_string(w, "decided", rs_action_name(relay->decided));
	rs_jsonw_string(w, "rule", relay->rule);
	rs_jsonw_string(w, "reason", relay->reason);
	rs_jsonw_string(w, "entry", relay->entry);
	rs_jsonw_string(w, "advice", advice_word(relay->advice));
	if (relay->command != NULL)
		rs_jsonw_string(w, "command", relay->command);
}

int rs_why_print_json(const struct why *why)
{
	struct rs_jsonw *w = rs_jsonw_new(false);
	struct putting putting = { w, why->kept.now };

	if (w == NULL)
		return rs_cli_no_memory();
	rs_jsonw_object(w, NULL);
	rs_jsonw_string(w, "user", why->user.name);
	put_exceptions(w, why);
	rs_jsonw_array(w, "entries");
	(void)rs_policy_user_entries(why->kept.policy, why->user.name, put_entry, &putting);
	rs_jsonw_end(w);
	rs_jsonw_array(w, "relays");
	for (size_t i = 0; i < why->relay_count; i++) {
		const struct why_relay *relay = &why->relays[i];

		rs_jsonw_object(w, NULL);
		rs_jsonw_string(w, "id", relay->id);
		rs_jsonw_bool(w, "known", relay->relay != NULL);
		if (relay->was_seen) {
			rs_jsonw_object(w, "seen");
			rs_seen_json(w, &relay->seen);
			rs_jsonw_end(w);
		}
		if (relay->was_told)
			rs_jsonw_int(w, "told", relay->told);
		if (relay->relay != NULL)
			put_today(w, relay);
		rs_jsonw_end(w);
	}
	rs_jsonw_end(w);
	rs_why_put_log(w, why);
	rs_jsonw_end(w);
	return rs_cli_print_json(&w);
}

/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "cli.h"
#include "seen.h"
#include "why.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* Prints foreign text behind what stands before it. */
static void print_foreign(const char *before, const char *text)
{
	char *printable = rs_printable(text);

	printf("%s%s", before, printable != NULL ? printable : "?");
	free(printable);
}

/* "until ... (3 d)", "ended ..."; nothing when it never ends. */
static void print_end(const struct why *why, int64_t end)
{
	char time[RS_WHEN_LEN], left[RS_CLI_TIME_LEN];

	if (end == INT64_MAX)
		return;
	if (end <= why->kept.now)
		printf(" ended %s", rs_when_format(end, time));
	else
		printf(" until %s (%s)", rs_when_format(end, time),
		       rs_cli_format_age(end - why->kept.now, left));
}

static void print_exceptions(const struct why *why)
{
	const char *label = "exceptions";

	if (why->list == NULL)
		printf(WHY_LABEL "not kept: the policy names no dictionary for them\n", label);
	else if (rs_exceptions_count(why->list) == 0)
		printf(WHY_LABEL "none\n", label);
	for (size_t i = 0; why->list != NULL && i < rs_exceptions_count(why->list); i++) {
		const struct rs_exception *item = rs_exceptions_get(why->list, i);

		printf(WHY_LABEL "%s", label, item->relay);
		print_end(why, item->not_after);
		if (item->by[0] != '\0')
			print_foreign(", by ", item->by);
		if (item->reason[0] != '\0')
			print_foreign(": ", item->reason);
		printf("\n");
		label = "";
	}
}

struct printing {
	const struct why *why;
	const char *label;
};

static void print_entry(const struct rs_policy_entry *entry, void *context)
{
	struct printing *printing = context;

	printf(WHY_LABEL, printing->label);
	print_foreign("", entry->user);
	printf(": %s %s", entry->deny ? "deny" : "allow", entry->relay);
	print_end(printing->why, entry->end);
	printf("\n");
	printing->label = "";
}

static void print_entries(const struct why *why)
{
	struct printing printing = { why, "entries" };
	const struct rs_login *fields = &why->fields;

	if (rs_policy_user_entries(why->kept.policy, why->user.name, print_entry, &printing) == 0)
		printf(WHY_LABEL "none in the policy\n", "entries");
	if (fields->group == NULL && fields->allow == NULL && fields->deny == NULL)
		printf(WHY_LABEL
		       "fields of the passdbs are not seen here; name them with --field\n",
		       "");
}

static void print_seen(const struct why *why)
{
	char first[RS_WHEN_LEN], last[RS_WHEN_LEN], reported[RS_SEEN_REPORTED_SIZE];
	const char *label = "seen";

	for (size_t i = 0; i < why->relay_count; i++) {
		const struct why_relay *relay = &why->relays[i];

		if (!relay->was_seen)
			continue;
		printf(WHY_LABEL, label);
		print_foreign("", relay->id);
		printf(", %" PRIu64 " login%s, first %s, last %s%s%s\n", relay->seen.count,
		       relay->seen.count == 1 ? "" : "s", rs_when_format(relay->seen.first, first),
		       rs_when_format(relay->seen.last, last),
		       rs_seen_reported(&relay->seen, reported)[0] != '\0' ? ", reported: " : "",
		       reported);
		label = "";
	}
	if (label[0] != '\0')
		printf(WHY_LABEL "%s\n", label,
		       why->kept.state != NULL ? "from no relay"
					       : "not kept: the policy names no dictionary for it");
}

static void print_told(const struct why *why)
{
	const char *label = "mail";
	char time[RS_WHEN_LEN];

	for (size_t i = 0; i < why->relay_count; i++) {
		const struct why_relay *relay = &why->relays[i];

		if (!relay->was_told)
			continue;
		printf(WHY_LABEL, label);
		print_foreign("about ", relay->id);
		if (relay->told != 0)
			printf(", %s", rs_when_format(relay->told, time));
		printf("\n");
		label = "";
	}
}

static const char *advice_text(const struct why_relay *relay)
{
	switch (relay->advice) {
	case WHY_EXCEPT:
		return "an exception lets it in";
	case WHY_NO_DICT:
		return "an exception would let it in, but the policy names no dictionary for "
		       "them";
	case WHY_NO_RULE:
		return "no rule of the policy asks for the user's entries or exceptions: none of "
		       "them changes it";
	case WHY_OTHER_RULE:
		return "no exception changes it: the rule comes before the one that asks for them";
	default:
		return "";
	}
}

static void print_today(const struct why_relay *relay, const char *label)
{
	char address[RS_IP_STRLEN];

	printf(WHY_LABEL, label);
	print_foreign("", relay->id);
	if (relay->relay == NULL) {
		printf(": the database does not know it; nothing matches it\n");
		return;
	}
	printf(", class %s: a login from %s to %s: %s", rs_class_name(relay->relay->class_),
	       rs_ip_format(&relay->address, address), relay->service,
	       rs_action_name(relay->action));
	if (relay->decided != relay->action)
		printf(" (%s if the policy's mode were enforce)", rs_action_name(relay->decided));
	if (relay->rule != NULL)
		printf(", by rule %s", relay->rule);
	else
		printf(", %s", relay->reason);
	if (relay->entry != NULL)
		print_foreign(", by ", relay->entry);
	printf("\n");
	if (relay->advice != WHY_LET_IN)
		printf(WHY_LABEL "  %s%s\n", "", advice_text(relay),
		       relay->command != NULL ? ":" : "");
	if (relay->command != NULL)
		printf(WHY_LABEL "  %s\n", "", relay->command);
}

int rs_why_print(const struct why *why)
{
	print_foreign("", why->user.name);
	printf("\n");
	print_exceptions(why);
	print_entries(why);
	print_seen(why);
	print_told(why);
	rs_why_print_log(why);
	for (size_t i = 0; i < why->relay_count; i++)
		print_today(&why->relays[i], i == 0 ? "today" : "");
	return 0;
}

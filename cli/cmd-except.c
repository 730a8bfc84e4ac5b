/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "cli.h"
#include "except.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

enum { OPT_UNTIL = RS_OPT, OPT_REASON, OPT_BY, OPT_LIST, OPT_REMOVE, OPT_JSON };

static const struct rs_cli_option options[] = {
	{ "until", OPT_UNTIL, "DATE",
	  "its last day, in the policy's time zone, or its last\nsecond "
	  "(2026-12-24T18:00:00Z); +14d: so long from\nnow, in s, m, h, d or w" },
	{ "reason", OPT_REASON, "TEXT", "why it is made" },
	{ "by", OPT_BY, "TEXT", "who makes it (default: who runs this)" },
	{ "remove", OPT_REMOVE, NULL, "take one away" },
	{ "list", OPT_LIST, NULL, "print the exceptions of a user, or of all users" },
	{ "json", OPT_JSON, NULL, "one JSON object per line; ignore members\nyou do not know" },
	RS_KEPT_OPTIONS,
	{ NULL, 0, NULL, NULL },
};

static const struct rs_cli_usage usage = {
	.name = "except",
	.operands = "USER RELAY --until=DATE --reason=TEXT\n--remove USER RELAY\n--list [USER]",
	.about = "Lets one user in from one relay until a certain time, on all nodes that share\n"
		 "the policy's dictionary of exceptions. RELAY is a relay's id, @CLASS or *.\n"
		 "What is done is told to syslog. A user whose name begins with - comes behind "
		 "--.\n",
	.options = options,
	.more = "Exit status: 0 done, 1 there is none to be removed, 64 and more: sysexits.\n",
};

struct args {
	const char *until, *reason, *by;
	bool list;
	struct except except;
	char by_text[2 * RS_EXCEPTION_REASON_MAX + 2];
	char own_name[RS_EXCEPT_NAME_SIZE];
};

/* --- what is to be put --- */

static int set_relay(struct args *args, const char *text)
{
	struct except *except = &args->except;
	const struct rs_relay *near;
	enum rs_class class_;

	except->relay = text;
	if (strcmp(text, "*") == 0 || (except->remove && *text != '\0') ||
	    (text[0] == '@' && rs_class_parse(text + 1, &class_) == 0) ||
	    rs_relaydb_find(except->kept.db, text) != NULL)
		return 0;
	if (text[0] == '@') {
		rs_cli_message(RS_LEVEL_ERROR,
			       "\"%s\" is no class; write @mail-relay, @privacy-proxy or @cloud",
			       text);
		return EX_USAGE;
	}
	near = rs_relaydb_nearest(except->kept.db, text);
	rs_cli_message(RS_LEVEL_ERROR, "the database knows no relay \"%s\"; %s%s%s", text,
		       near != NULL ? "did you mean \"" : "\"relaysentry relays\" lists them",
		       near != NULL ? near->id : "", near != NULL ? "\"?" : "");
	return EX_USAGE;
}

/* Reads the end: the first second at which it no longer holds. */
static int read_until(const struct kept *kept, const char *text, int64_t *end_r)
{
	struct rs_zone zone = { .name = rs_policy_timezone(kept->policy) };
	int64_t first;
	const char *error;
	int ret;

	if (text[0] == '+') {
		if (rs_duration_parse(text + 1, &first) < 0)
			return rs_cli_usage_error(&usage,
						  "--until: \"%s\" is no length of time; write it "
						  "like +14d, with s, m, h, d or w",
						  text);
		*end_r = kept->now + first;
		return 0;
	}
	ret = rs_when_parse(text, &zone, &first, end_r, &error);
	rs_zone_leave(&zone);
	if (ret == 0)
		return 0;
	if (error == rs_when_no_memory)
		return rs_cli_no_memory();
	return rs_cli_usage_error(&usage, "--until: \"%s\" %s, or how long from now, like +14d",
				  text, error);
}

static int set_until(struct args *args)
{
	const struct kept *kept = &args->except.kept;
	int64_t longest = rs_policy_exceptions(kept->policy)->longest, end = 0;
	char text[RS_WHEN_LEN], age[RS_CLI_TIME_LEN];
	int status;

	if (args->until == NULL)
		return rs_cli_usage_error(&usage, "say with --until when it ends");
	status = read_until(kept, args->until, &end);
	if (status != 0)
		return status;
	if (end <= kept->now)
		return rs_cli_usage_error(&usage, "--until: \"%s\" is past", args->until);
	if (end - kept->now > longest)
		return rs_cli_usage_error(
			&usage,
			"--until: \"%s\" is too far away; the policy's \"longest\" allows %s, that "
			"is until %s",
			args->until, rs_cli_format_age(longest, age),
			rs_when_format(kept->now + longest, text));
	args->except.put.not_after = end;
	return 0;
}

static int check_text(const char *option, const char *text)
{
	for (const char *p = text; *p != '\0'; p++) {
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return rs_cli_usage_error(&usage,
						  "%s has control characters; leave them "
						  "out",
						  option);
	}
	return 0;
}

static int set_reason(struct args *args)
{
	if (args->reason == NULL || args->reason[strspn(args->reason, " ")] == '\0')
		return rs_cli_usage_error(&usage, "say with --reason why it is made");
	args->except.put.reason = args->reason;
	return check_text("--reason", args->reason);
}

/* Who comes by sudo may speak for somebody else, and is named with him. */
static int set_by(struct args *args)
{
	const char *name = rs_except_own_name(args->own_name);
	int len;

	args->except.put.by = name;
	if (args->by == NULL)
		return 0;
	if (args->by[0] == '\0')
		return rs_cli_usage_error(&usage, "--by is empty");
	args->except.put.by = args->by;
	if (args->except.kept.delegated) {
		len = snprintf(args->by_text, sizeof(args->by_text), "%s via %s", args->by, name);
		args->except.put.by =
			len < 0 || (size_t)len >= sizeof(args->by_text) ? args->by : args->by_text;
	}
	return check_text("--by", args->by);
}

/* In the policy such names stand for many users; the dictionary has single ones. */
static void warn_of_many(const struct args *args, const char *user)
{
	if (!args->except.remove && (user[0] == '@' || strcmp(user, "*") == 0))
		rs_cli_message(
			RS_LEVEL_WARNING,
			"an exception is for one user: this one is for who is called \"%s\"; "
			"for many users write \"user_entries\" of the policy",
			user);
}

static int set_texts(struct args *args)
{
	struct rs_exception *put = &args->except.put;
	const char *error;
	int status = 0;

	put->relay = args->except.relay;
	put->since = args->except.kept.now;
	put->reason = "";
	if (!args->except.remove) {
		status = set_until(args);
		if (status == 0)
			status = set_reason(args);
	}
	if (status == 0)
		status = set_by(args);
	if (status == 0 && rs_exception_check(put, &error) < 0)
		return rs_cli_usage_error(&usage, "%s", error);
	return status;
}

/* --- running --- */

static int run_list(struct args *args, int argc, char **argv)
{
	struct except *except = &args->except;
	int status = 0;

	if (argc > 1)
		return rs_cli_usage_error(&usage, "--list takes one user, or none");
	if (argc == 1)
		status = rs_kept_user(&except->kept, &usage, argv[0], &except->user);
	if (status == 0)
		status = rs_kept_open(&except->kept, RS_KEPT_EXCEPTIONS);
	if (status == 0)
		status = rs_except_list(except, argc == 1 ? &except->user : NULL);
	return status;
}

static int run_change(struct args *args, int argc, char **argv)
{
	struct except *except = &args->except;
	int status;

	if (argc != 2)
		return rs_cli_usage_error(&usage, "name a user and a relay");
	status = rs_kept_user(&except->kept, &usage, argv[0], &except->user);
	if (status == 0)
		status = rs_kept_load_relays(&except->kept);
	if (status == 0)
		status = set_relay(args, argv[1]);
	if (status == 0)
		status = set_texts(args);
	if (status == 0) {
		warn_of_many(args, argv[0]);
		status = rs_kept_open(&except->kept, RS_KEPT_EXCEPTIONS);
	}
	if (status == 0)
		status = rs_except_change(except);
	if (status == 0)
		status = rs_except_tell(except);
	rs_exceptions_free(&except->list);
	return status;
}

static int check_forms(const struct args *args)
{
	bool remove = args->except.remove;

	if (remove && args->list)
		return rs_cli_usage_error(&usage, "give one of --list and --remove");
	if ((remove || args->list) && (args->until != NULL || args->reason != NULL))
		return rs_cli_usage_error(&usage, "--until and --reason are for a new one");
	if (args->list && args->by != NULL)
		return rs_cli_usage_error(&usage, "--by is for changes");
	return 0;
}

int rs_cmd_except(int argc, char **argv)
{
	struct args args = { 0 };
	struct kept *kept = &args.except.kept;
	const struct rs_cli_target targets[] = {
		{ OPT_UNTIL, .text = &args.until },
		{ OPT_REASON, .text = &args.reason },
		{ OPT_BY, .text = &args.by },
		{ OPT_LIST, .given = &args.list },
		{ OPT_REMOVE, .given = &args.except.remove },
		{ OPT_JSON, .given = &args.except.json },
		{ 0 },
	};
	int status = rs_kept_begin(kept);

	if (status != 0 ||
	    rs_cli_options(&usage, argc, argv, targets, rs_kept_option, kept, &status) < 0)
		return status;
	argc -= optind;
	argv += optind;
	status = check_forms(&args);
	if (status == 0)
		status = rs_kept_load(kept);
	if (status == 0)
		status = args.list ? run_list(&args, argc, argv) : run_change(&args, argc, argv);
	rs_kept_end(kept);
	return status;
}

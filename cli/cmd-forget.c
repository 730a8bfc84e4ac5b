/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "cli.h"
#include "except.h"
#include "kept.h"

#include <relaysentry/json.h>

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Rows removed by one transaction. */
#define BATCH 100

enum { OPT_EXPIRED = RS_OPT, OPT_ALL, OPT_DRY_RUN = 'n', OPT_JSON = RS_OPT + 10 };

static const struct rs_cli_option options[] = {
	{ "all", OPT_ALL, NULL, "the user's exceptions, too, and what else there is of\nthe user" },
	{ "expired", OPT_EXPIRED, NULL,
	  "what is older than \"forget_after\" of the policy,\nof all users" },
	{ "dry-run", OPT_DRY_RUN, NULL, "only count what would be forgotten" },
	{ "json", OPT_JSON, NULL, "print one JSON object; ignore members you do not\nknow" },
	RS_KEPT_OPTIONS,
	{ NULL, 0, NULL, NULL },
};

static const struct rs_cli_usage usage = {
	.name = "forget",
	.operands = "USER\n--expired",
	.about =
		"Removes what the dictionaries of the policy have about a user: from which relays\n"
		"he was seen, and that he was told of them. All else stays without --all.\n",
	.options = options,
	.more = "Exit status: 0; 64 and more: sysexits.\n",
};

/* What an item is about. */
enum kind { SEEN, TOLD, EXCEPTIONS, OTHER, KINDS };
static const char *const kind_names[KINDS] = { "seen", "told", "exceptions", "other" };

struct forget {
	struct kept kept;
	bool all, expired, dry_run, json;
	size_t counts[KINDS], stay, faulty;
	const char *changed[BATCH]; /* the keys that are removed next */
	size_t change_count;
};

static enum kind kind_of(const struct kept_row *row)
{
	if (rs_kept_row_relay(row, RS_DICT_SEEN) != NULL)
		return SEEN;
	if (rs_kept_row_relay(row, RS_DICT_TOLD) != NULL)
		return TOLD;
	return strcmp(row->item, RS_DICT_EXCEPTIONS) == 0 ? EXCEPTIONS : OTHER;
}

static int flush(struct forget *forget, struct rs_cli_dict *dict)
{
	struct rs_dict_change changes[BATCH];
	size_t count = forget->change_count;

	for (size_t i = 0; i < count; i++)
		changes[i] = (struct rs_dict_change){ .key = forget->changed[i] };
	forget->change_count = 0;
	return count > 0 ? rs_cli_dict_commit(dict, changes, count, 0) : 0;
}

static int drop(struct forget *forget, struct rs_cli_dict *dict, const struct kept_row *row)
{
	forget->counts[kind_of(row)]++;
	if (forget->dry_run)
		return 0;
	forget->changed[forget->change_count++] = row->key;
	return forget->change_count == BATCH ? flush(forget, dict) : 0;
}

/* --- one user --- */

/* Exceptions are taken away by somebody, which is told as by "except". */
static int log_exceptions(const struct kept_user *user, const struct kept_row *row, bool done)
{
	struct except except = { .remove = true, .user = *user };
	char name[RS_EXCEPT_NAME_SIZE];
	struct rs_exceptions *list;
	bool faulty;
	int status = rs_kept_parse(user->key, row->value, &list, &faulty);

	except.put.by = rs_except_own_name(name);
	except.put.reason = "forget --all";
	for (size_t i = 0; status == 0 && i < rs_exceptions_count(list); i++) {
		const struct rs_exception *item = rs_exceptions_get(list, i);

		except.relay = item->relay;
		except.was_until = item->not_after;
		rs_except_log(&except, done);
	}
	/* A faulty value held none. */
	if (status == 0 && except.relay == NULL)
		rs_except_log(&except, done);
	rs_exceptions_free(&list);
	return status;
}

/* Of what relaysentry does not know, nobody can say whether it is there because somebody
 * decided so, as exceptions are. */
static bool goes(const struct forget *forget, enum kind kind, bool exceptions)
{
	return exceptions ? kind == EXCEPTIONS
			  : kind == SEEN || kind == TOLD || (kind == OTHER && forget->all);
}

/* exceptions: those are removed, else the others. */
static int forget_rows(struct forget *forget, struct rs_cli_dict *dict,
		       const struct kept_user *user, bool exceptions)
{
	const struct kept_row *logged = NULL;
	struct kept_rows rows;
	sigset_t signals;
	int status = rs_kept_rows(&forget->kept, dict, user->key, "", &rows), log_status;

	if (status != 0)
		return status;
	for (size_t i = 0; i < rows.count && status == 0; i++) {
		enum kind kind = kind_of(&rows.rows[i]);

		forget->stay += kind == OTHER && !forget->all;
		if (!goes(forget, kind, exceptions))
			continue;
		if (exceptions)
			logged = &rows.rows[i];
		status = drop(forget, dict, &rows.rows[i]);
	}
	/* A user has one item of exceptions, so that none is removed before this. */
	rs_except_hold(&signals);
	if (status == 0)
		status = flush(forget, dict);
	if (logged != NULL && !forget->dry_run) {
		log_status = log_exceptions(user, logged, status == 0);
		status = status == 0 ? log_status : status;
	}
	rs_except_let_go(&signals);
	rs_kept_rows_free(&rows);
	return status;
}

/* Else one that is made meanwhile would go and not be logged, or bring all of them back. */
static int forget_exceptions(struct forget *forget, const struct kept_user *user)
{
	struct kept *kept = &forget->kept;
	int fd = -1, status = rs_kept_open(kept, RS_KEPT_EXCEPTIONS);

	if (status == 0 && !forget->dry_run)
		status = rs_except_lock(kept, &fd);
	if (status != 0)
		return status;
	status = forget_rows(forget, kept->exceptions, user, true);
	if (fd != -1)
		close(fd);
	return status;
}

static int forget_user(struct forget *forget, const char *text)
{
	struct kept *kept = &forget->kept;
	struct kept_user user;
	bool seen = rs_policy_state(kept->policy)->dict != NULL;
	int status = rs_kept_user(kept, &usage, text, &user);

	/* With --all one of the two will do. */
	if (status == 0 && (seen || !forget->all)) {
		status = rs_kept_open(kept, RS_KEPT_STATE);
		if (status == 0)
			status = forget_rows(forget, kept->state, &user, false);
	}
	if (status == 0 && forget->all &&
	    (!seen || rs_policy_exceptions(kept->policy)->dict != NULL))
		status = forget_exceptions(forget, &user);
	return status;
}

/* --- what has expired --- */

static int by_key(const void *key, const void *row)
{
	return strcmp(key, ((const struct kept_row *)row)->key);
}

/* Whether a pair was seen since then, or it is not known when. */
static bool is_recent(const struct kept_row *seen, int64_t since, bool *faulty_r)
{
	struct rs_seen record;

	*faulty_r = rs_seen_parse(seen->value, &record) < 0;
	return *faulty_r || record.last >= since;
}

/* That a user was told stays as long as he comes from there: else he is told again. */
static bool told_stays(const struct kept_rows *rows, const struct kept_row *told, int64_t since)
{
	char key[RS_DICT_KEY_SIZE];
	const struct kept_row *seen;
	bool faulty;

	if (rs_kept_told_at(told->value) >= since)
		return true;
	if (snprintf(key, sizeof(key), RS_DICT_PREFIX "%.*s/" RS_DICT_SEEN "%s",
		     (int)told->user_key_len, told->user_key,
		     rs_kept_row_relay(told, RS_DICT_TOLD)) >= (int)sizeof(key))
		return true;
	seen = bsearch(key, rows->rows, rows->count, sizeof(*rows->rows), by_key);
	return seen != NULL && is_recent(seen, since, &faulty);
}

static int forget_expired(struct forget *forget)
{
	struct kept *kept = &forget->kept;
	int64_t since = kept->now - rs_policy_state(kept->policy)->forget_after;
	struct kept_rows rows;
	int status = rs_kept_open(kept, RS_KEPT_STATE);

	if (status == 0)
		status = rs_kept_rows(kept, kept->state, NULL,
				      "with Dovecot 2.4 Redis forgets by itself; else forget users "
				      "by name",
				      &rows);
	if (status != 0)
		return status;
	for (size_t i = 0; i < rows.count && status == 0; i++) {
		const struct kept_row *row = &rows.rows[i];
		enum kind kind = kind_of(row);
		bool faulty = false;

		if ((kind == SEEN && !is_recent(row, since, &faulty)) ||
		    (kind == TOLD && !told_stays(&rows, row, since)))
			status = drop(forget, kept->state, row);
		else if (kind == SEEN || kind == TOLD)
			forget->stay++;
		forget->faulty += faulty;
	}
	if (status == 0)
		status = flush(forget, kept->state);
	rs_kept_rows_free(&rows);
	return status;
}

/* --- output --- */

static int print_json(const struct forget *forget)
{
	struct rs_jsonw *w = rs_jsonw_new(false);

	if (w == NULL)
		return rs_cli_no_memory();
	rs_jsonw_object(w, NULL);
	rs_jsonw_bool(w, "dry_run", forget->dry_run);
	for (size_t i = 0; i < KINDS; i++)
		rs_jsonw_int(w, kind_names[i], (int64_t)forget->counts[i]);
	if (forget->expired) {
		rs_jsonw_int(w, "kept", (int64_t)forget->stay);
		rs_jsonw_int(w, "faulty", (int64_t)forget->faulty);
	}
	rs_jsonw_end(w);
	return rs_cli_print_json(&w);
}

static int print_counts(const struct forget *forget)
{
	if (forget->json)
		return print_json(forget);
	printf("%s: seen %zu, told %zu", forget->dry_run ? "would be forgotten" : "forgotten",
	       forget->counts[SEEN], forget->counts[TOLD]);
	if (forget->all)
		printf(", exceptions of %zu user%s", forget->counts[EXCEPTIONS],
		       forget->counts[EXCEPTIONS] == 1 ? "" : "s");
	if (forget->counts[OTHER] > 0)
		printf(", other items %zu", forget->counts[OTHER]);
	if (forget->expired)
		printf("; kept: %zu", forget->stay);
	printf("\n");
	if (!forget->expired && forget->stay > 0)
		rs_cli_message(RS_LEVEL_NOTE,
			       "items of the user that relaysentry does not know, kept without "
			       "--all: %zu",
			       forget->stay);
	if (!forget->expired && !forget->dry_run && forget->counts[SEEN] > 0)
		rs_cli_message(
			RS_LEVEL_NOTE,
			"Dovecot's auth processes still have it in memory, and write it again "
			"when the user comes from there; \"doveadm reload\" before makes them "
			"forget");
	if (forget->faulty > 0)
		rs_cli_message(RS_LEVEL_WARNING,
			       "faulty records, kept because nobody knows how old they are: %zu",
			       forget->faulty);
	return 0;
}

int rs_cmd_forget(int argc, char **argv)
{
	struct forget forget = { 0 };
	struct kept *kept = &forget.kept;
	const struct rs_cli_target targets[] = {
		{ OPT_ALL, .given = &forget.all },
		{ OPT_EXPIRED, .given = &forget.expired },
		{ OPT_DRY_RUN, .given = &forget.dry_run },
		{ OPT_JSON, .given = &forget.json },
		{ 0 },
	};
	int status = rs_kept_begin(kept);

	if (status != 0 ||
	    rs_cli_options(&usage, argc, argv, targets, rs_kept_option, kept, &status) < 0)
		return status;
	if (forget.expired == (argc - optind == 1) || argc - optind > 1 ||
	    (forget.expired && forget.all))
		return rs_cli_usage_error(&usage, "name one user, or give --expired alone");
	status = rs_kept_load(kept);
	if (status == 0)
		status = forget.expired ? forget_expired(&forget)
					: forget_user(&forget, argv[optind]);
	if (status == 0)
		status = print_counts(&forget);
	rs_kept_end(kept);
	return status;
}

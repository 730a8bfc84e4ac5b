/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "cli.h"
#include "except.h"

#include <relaysentry/json.h>

#include <stdlib.h>
#include <string.h>

struct listing {
	struct except *except;
	struct rs_cli_table *table; /* NULL: JSON */
	size_t faulty;
};

void rs_except_json(struct rs_jsonw *w, const struct rs_exception *item, int64_t now)
{
	rs_jsonw_string(w, "relay", item->relay);
	rs_jsonw_int(w, "not_after", item->not_after);
	if (item->since != 0)
		rs_jsonw_int(w, "since", item->since);
	rs_jsonw_string(w, "reason", item->reason);
	rs_jsonw_string(w, "by", item->by);
	rs_jsonw_bool(w, "ended", item->not_after <= now);
}

static int list_json(const struct listing *listing, const char *user,
		     const struct rs_exception *item)
{
	struct rs_jsonw *w = rs_jsonw_new(false);

	if (w == NULL)
		return rs_cli_no_memory();
	rs_jsonw_object(w, NULL);
	rs_jsonw_string(w, "user", user);
	rs_except_json(w, item, listing->except->kept.now);
	rs_jsonw_end(w);
	return rs_cli_print_json(&w);
}

static void list_row(const struct listing *listing, const char *user,
		     const struct rs_exception *item)
{
	int64_t left = item->not_after - listing->except->kept.now;
	char until[RS_WHEN_LEN], age[RS_CLI_TIME_LEN];

	rs_cli_table_text(listing->table, user);
	rs_cli_table_cell(listing->table, "%s", item->relay);
	rs_cli_table_cell(listing->table, "%s", rs_when_format(item->not_after, until));
	rs_cli_table_cell(listing->table, "%s", left <= 0 ? "ended" : rs_cli_format_age(left, age));
	rs_cli_table_text(listing->table, item->by);
	rs_cli_table_text(listing->table, item->reason);
}

static int list_value(struct listing *listing, const char *user, const char *user_key,
		      const char *value)
{
	struct rs_exceptions *list;
	bool faulty;
	int status = rs_kept_parse(user_key, value, &list, &faulty);

	for (size_t i = 0; status == 0 && i < rs_exceptions_count(list); i++) {
		if (listing->table != NULL)
			list_row(listing, user, rs_exceptions_get(list, i));
		else
			status = list_json(listing, user, rs_exceptions_get(list, i));
	}
	rs_exceptions_free(&list);
	listing->faulty += faulty;
	return status;
}

static int list_all(struct listing *listing)
{
	struct kept *kept = &listing->except->kept;
	struct kept_rows rows;
	int status;

	status = rs_kept_rows(kept, kept->exceptions, NULL,
			      "name a user: relaysentry except --list USER", &rows);
	if (status != 0)
		return status;
	for (size_t i = 0; i < rows.count && status == 0; i++) {
		struct kept_user user;

		if (strcmp(rows.rows[i].item, RS_DICT_EXCEPTIONS) != 0)
			continue;
		if (rs_kept_row_user(&rows.rows[i], &user) == NULL)
			listing->faulty++;
		else
			status = list_value(listing, user.name, user.key, rows.rows[i].value);
	}
	rs_kept_rows_free(&rows);
	return status;
}

static int list_one(struct listing *listing, const struct kept_user *user)
{
	char key[RS_DICT_KEY_SIZE], *value;
	int status;

	(void)rs_dict_key(user->key, RS_DICT_EXCEPTIONS, NULL, key);
	status = rs_cli_dict_lookup(listing->except->kept.exceptions, key, &value);
	if (status == 0)
		status = list_value(listing, user->name, user->key, value);
	free(value);
	return status;
}

static int begin_table(struct listing *listing)
{
	static const char *const heading[] = { "USER", "RELAY", "UNTIL", "LEFT", "BY", "REASON" };

	listing->table = rs_cli_table_new(sizeof(heading) / sizeof(*heading));
	if (listing->table == NULL)
		return rs_cli_no_memory();
	for (size_t i = 0; i < sizeof(heading) / sizeof(*heading); i++)
		rs_cli_table_cell(listing->table, "%s", heading[i]);
	return 0;
}

int rs_except_list(struct except *except, const struct kept_user *user)
{
	struct listing listing = { .except = except };
	int status = except->json ? 0 : begin_table(&listing);

	if (status == 0)
		status = user != NULL ? list_one(&listing, user) : list_all(&listing);
	if (status == 0 && listing.table != NULL)
		status = rs_cli_table_print(&listing.table);
	rs_cli_table_free(&listing.table);
	if (listing.faulty > 0)
		rs_cli_message(RS_LEVEL_WARNING,
			       "%zu faulty value%s left out, which count%s as none", listing.faulty,
			       listing.faulty == 1 ? "" : "s", listing.faulty == 1 ? "s" : "");
	return status;
}

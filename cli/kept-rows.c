/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "cli.h"
#include "kept.h"

#include <stdlib.h>
#include <string.h>

struct collecting {
	struct kept_rows *rows;
	const char *user_key; /* NULL: of all users */
};

/* Others may keep what they like in the same dictionary. */
static bool is_wanted(const struct collecting *collecting, const char *key)
{
	const char *user_key, *item;
	size_t len;

	if (rs_dict_key_split(key, &user_key, &len, &item) < 0)
		return false;
	return collecting->user_key == NULL || (strlen(collecting->user_key) == len &&
						memcmp(collecting->user_key, user_key, len) == 0);
}

static int add_row(const char *key, const char *value, void *context)
{
	const struct collecting *collecting = context;
	struct kept_rows *rows = collecting->rows;
	struct kept_row *row;

	if (!is_wanted(collecting, key))
		return 0;
	if (rows->count == rows->room) {
		size_t room = rows->room == 0 ? 64 : 2 * rows->room;
		struct kept_row *more = reallocarray(rows->rows, room, sizeof(*more));

		if (more == NULL)
			return rs_cli_no_memory();
		rows->rows = more;
		rows->room = room;
	}
	row = &rows->rows[rows->count];
	row->key = strdup(key);
	row->value = strdup(value);
	if (row->key == NULL || row->value == NULL) {
		free(row->key);
		free(row->value);
		return rs_cli_no_memory();
	}
	(void)rs_dict_key_split(row->key, &row->user_key, &row->user_key_len, &row->item);
	rows->count++;
	return 0;
}

static int look_up(struct rs_cli_dict *dict, const char *item, const char *relay,
		   const struct collecting *collecting)
{
	char key[RS_DICT_KEY_SIZE], *value;
	int status;

	(void)rs_dict_key(collecting->user_key, item, relay, key);
	status = rs_cli_dict_lookup(dict, key, &value);
	if (status == 0 && value != NULL)
		status = add_row(key, value, (void *)collecting);
	free(value);
	return status;
}

static int look_all_up(struct kept *kept, struct rs_cli_dict *dict,
		       const struct collecting *collecting)
{
	int status = kept->db == NULL ? rs_kept_load_relays(kept) : 0;

	if (status != 0)
		return status;
	status = look_up(dict, RS_DICT_EXCEPTIONS, NULL, collecting);
	collecting->rows->looked_up = true;
	for (size_t i = 0; i < rs_relaydb_relay_count(kept->db) && status == 0; i++) {
		const char *id = rs_relaydb_relay(kept->db, i)->id;

		status = look_up(dict, RS_DICT_SEEN, id, collecting);
		if (status == 0)
			status = look_up(dict, RS_DICT_TOLD, id, collecting);
	}
	return status;
}

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct kept_row *)a)->key, ((const struct kept_row *)b)->key);
}

int rs_kept_rows(struct kept *kept, struct rs_cli_dict *dict, const char *user_key,
		 const char *advice, struct kept_rows *rows_r)
{
	struct collecting collecting = { .user_key = user_key };
	char prefix[RS_DICT_KEY_SIZE] = RS_DICT_PREFIX;
	int status;

	*rows_r = (struct kept_rows){ 0 };
	collecting.rows = rows_r;
	if (user_key != NULL)
		(void)rs_dict_key(user_key, "", NULL, prefix);
	status = rs_cli_dict_iterate(dict, prefix, add_row, &collecting);
	if (status == RS_CLI_DICT_NO_LIST && user_key != NULL) {
		status = look_all_up(kept, dict, &collecting);
	} else if (status == RS_CLI_DICT_NO_LIST) {
		rs_cli_message(RS_LEVEL_ERROR,
			       "the dictionary cannot list what it has, as Redis behind Dovecot "
			       "cannot; %s",
			       advice);
		status = EX_UNAVAILABLE;
	}
	if (status != 0)
		rs_kept_rows_free(rows_r);
	else if (rows_r->count > 1)
		qsort(rows_r->rows, rows_r->count, sizeof(*rows_r->rows), compare);
	return status;
}

void rs_kept_rows_free(struct kept_rows *rows)
{
	for (size_t i = 0; i < rows->count; i++) {
		free(rows->rows[i].key);
		free(rows->rows[i].value);
	}
	free(rows->rows);
	*rows = (struct kept_rows){ 0 };
}

const char *rs_kept_row_relay(const struct kept_row *row, const char *item)
{
	size_t len = strlen(item);

	return strncmp(row->item, item, len) == 0 && row->item[len] != '\0' ? row->item + len
									    : NULL;
}

int64_t rs_kept_told_at(const char *value)
{
	int64_t seconds = strncmp(value, "time=", 5) == 0 ? strtoll(value + 5, NULL, 10) : 0;

	return seconds > 0 && seconds <= RS_EXCEPTION_LATEST ? seconds : 0;
}

const char *rs_kept_row_user(const struct kept_row *row, struct kept_user *user_r)
{
	const char *name = rs_user_key_decode(row->user_key, row->user_key_len, user_r->name);

	if (name == NULL)
		return NULL;
	/* It fits, because it could be decoded. */
	memcpy(user_r->key, row->user_key, row->user_key_len);
	user_r->key[row->user_key_len] = '\0';
	return name;
}

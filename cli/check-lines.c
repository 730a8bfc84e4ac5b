/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "cli.h"
#include "check.h"

#include <relaysentry/json.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What was counted of one relay. */
struct row {
	const struct rs_relay *relay; /* NULL: no relay */
	size_t logins, user_count, user_room;
	size_t actions[RS_ACTION_DENY + 1];
	char **users; /* every login's, sorted and made unique at the end */
};

struct summary {
	struct row *rows; /* by the relay's index; the last one stands for no relay */
	size_t row_count;
	size_t lines, faulty;
	bool wants_exceptions; /* some login does */
	char *first_faulty;
	size_t first_faulty_line;
};

static int compare_users(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void unique_users(struct row *row)
{
	size_t kept = 0;

	if (row->user_count > 1)
		qsort(row->users, row->user_count, sizeof(*row->users), compare_users);
	for (size_t i = 0; i < row->user_count; i++) {
		if (kept > 0 && strcmp(row->users[kept - 1], row->users[i]) == 0)
			free(row->users[i]);
		else
			row->users[kept++] = row->users[i];
	}
	row->user_count = kept;
}

static int add_user(struct row *row, const char *user)
{
	if (row->user_count == row->user_room) {
		/* Most users come again and again: room is made only for new ones. */
		unique_users(row);
		if (row->user_count >= row->user_room / 2) {
			size_t room = row->user_room ? row->user_room * 2 : 64;
			char **users = realloc(row->users, room * sizeof(*users));

			if (users == NULL)
				return -1;
			row->users = users;
			row->user_room = room;
		}
	}
	row->users[row->user_count] = strdup(user);
	return row->users[row->user_count] != NULL ? (row->user_count++, 0) : -1;
}

/* The last word is the address, what stands before it the user. */
static bool split(char *line, char **user_r, struct rs_ip *ip_r)
{
	const char *blanks = " \t\r\n", *error;
	size_t len;
	char *address;

	line += strspn(line, blanks);
	len = strlen(line);
	while (len > 0 && strchr(blanks, line[len - 1]) != NULL)
		line[--len] = '\0';
	address = line + len;
	while (address > line && strchr(blanks, address[-1]) == NULL)
		address--;
	*user_r = NULL;
	if (address > line) {
		char *end = address;

		while (end > line && strchr(blanks, end[-1]) != NULL)
			end--;
		*end = '\0';
		*user_r = line;
	}
	return rs_check_address(address, ip_r, &error) == 0;
}

static int count_login(struct check *check, struct summary *summary, const char *user)
{
	const struct rs_match *match = rs_check_decide(check);
	struct row *row = &summary->rows[match != NULL ? match->covers->relay->index
						       : summary->row_count - 1];

	if (match != NULL)
		row->relay = match->covers->relay;
	row->logins++;
	if (check->policy != NULL) {
		row->actions[check->verdict->decided]++;
		summary->wants_exceptions =
			summary->wants_exceptions || check->verdict->wants_exceptions;
	}
	return user != NULL ? add_user(row, user) : 0;
}

static int read_lines(struct check *check, struct summary *summary, bool *denied_r)
{
	const char *given = check->login.user;
	char *line = NULL, *user;
	size_t room = 0, number = 0;
	ssize_t len;
	int status = 0;

	while (status == 0 && (len = getline(&line, &room, stdin)) > 0) {
		char *copy = NULL;
		bool ok = strlen(line) == (size_t)len;

		number++;
		line[strcspn(line, "\r\n")] = '\0';
		if (line[strspn(line, " \t")] == '\0' && ok)
			continue;
		summary->lines++;
		if (summary->faulty == 0)
			copy = strdup(line);
		if (ok && split(line, &user, &check->login.remote)) {
			check->login.user = user != NULL ? user : given;
			if (count_login(check, summary, check->login.user) < 0)
				status = rs_cli_no_memory();
			else if (check->policy != NULL && check->verdict->action == RS_ACTION_DENY)
				*denied_r = true;
		} else if (summary->faulty++ == 0) {
			summary->first_faulty = copy;
			summary->first_faulty_line = number;
			copy = NULL;
		}
		free(copy);
	}
	check->login.user = given;
	free(line);
	if (status == 0 && ferror(stdin)) {
		rs_cli_message(RS_LEVEL_ERROR, "cannot read standard input");
		status = EX_IOERR;
	}
	return status;
}

/* Most logins first, "no relay" last. */
static int compare_rows(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	if ((x->relay == NULL) != (y->relay == NULL))
		return x->relay == NULL ? 1 : -1;
	if (x->logins != y->logins)
		return x->logins > y->logins ? -1 : 1;
	return x->relay == NULL ? 0 : strcmp(x->relay->id, y->relay->id);
}

static int print_table(const struct check *check, const struct summary *summary)
{
	static const char *const heads[] = { "RELAY", "CLASS", "LOGINS", "USERS",
					     "ALLOW", "ALERT", "DENY" };
	size_t columns = check->policy != NULL ? 7 : 4;
	struct rs_cli_table *table = rs_cli_table_new(columns);

	if (table == NULL)
		return rs_cli_no_memory();
	for (size_t i = 0; i < columns; i++) {
		rs_cli_table_cell(table, "%s", heads[i]);
		if (i >= 2)
			rs_cli_table_align(table, i, RS_ALIGN_RIGHT);
	}
	for (size_t i = 0; i < summary->row_count; i++) {
		const struct row *row = &summary->rows[i];

		if (row->logins == 0)
			continue;
		rs_cli_table_cell(table, "%s", row->relay != NULL ? row->relay->id : "no relay");
		rs_cli_table_cell(table, "%s",
				  row->relay != NULL ? rs_class_name(row->relay->class_) : "-");
		rs_cli_table_cell(table, "%zu", row->logins);
		rs_cli_table_cell(table, "%zu", row->user_count);
		if (check->policy == NULL)
			continue;
		rs_cli_table_cell(table, "%zu", row->actions[RS_ACTION_ALLOW]);
		rs_cli_table_cell(table, "%zu", row->actions[RS_ACTION_ALERT]);
		rs_cli_table_cell(table, "%zu", row->actions[RS_ACTION_DENY]);
	}
	return rs_cli_table_print(&table);
}

static int print_json_row(const struct check *check, const struct row *row)
{
	struct rs_jsonw *w = rs_jsonw_new(false);

	if (w == NULL)
		return rs_cli_no_memory();
	rs_jsonw_object(w, NULL);
	rs_jsonw_string(w, "relay", row->relay != NULL ? row->relay->id : NULL);
	rs_jsonw_string(w, "class", row->relay != NULL ? rs_class_name(row->relay->class_) : NULL);
	rs_jsonw_int(w, "logins", (int64_t)row->logins);
	rs_jsonw_int(w, "users", (int64_t)row->user_count);
	for (int i = 0; check->policy != NULL && i <= RS_ACTION_DENY; i++) {
		if (i != RS_ACTION_TAG)
			rs_jsonw_int(w, rs_action_name((enum rs_action)i),
				     (int64_t)row->actions[i]);
	}
	rs_jsonw_end(w);
	return rs_cli_print_json(&w);
}

static int print_json(const struct check *check, const struct summary *summary)
{
	struct rs_jsonw *w;
	int status = 0;

	for (size_t i = 0; i < summary->row_count && status == 0; i++) {
		if (summary->rows[i].logins > 0)
			status = print_json_row(check, &summary->rows[i]);
	}
	if (status != 0)
		return status;
	w = rs_jsonw_new(false);
	if (w == NULL)
		return rs_cli_no_memory();
	rs_jsonw_object(w, NULL);
	rs_jsonw_int(w, "lines", (int64_t)summary->lines);
	rs_jsonw_int(w, "not_understood", (int64_t)summary->faulty);
	rs_jsonw_end(w);
	return rs_cli_print_json(&w);
}

static int print_summary(const struct check *check, struct summary *summary)
{
	char note[RS_CHECK_NOTE_SIZE];

	for (size_t i = 0; i < summary->row_count; i++)
		unique_users(&summary->rows[i]);
	qsort(summary->rows, summary->row_count, sizeof(*summary->rows), compare_rows);
	if (summary->faulty > 0)
		rs_cli_message(RS_LEVEL_WARNING,
			       "%zu of %zu lines not understood, the first is line %zu: \"%s\"; "
			       "write ADDRESS or USER ADDRESS",
			       summary->faulty, summary->lines, summary->first_faulty_line,
			       summary->first_faulty != NULL ? summary->first_faulty : "");
	if (summary->wants_exceptions)
		rs_cli_message(RS_LEVEL_NOTE, "%s", rs_check_not_looked_up(check, note));
	if (summary->lines == 0)
		rs_cli_message(RS_LEVEL_WARNING, "no line on standard input; see whether what "
						 "stands before | prints any");
	if (summary->faulty == summary->lines && summary->lines > 0)
		return EX_DATAERR;
	return check->json ? print_json(check, summary) : print_table(check, summary);
}

int rs_check_lines(struct check *check, bool *denied_r)
{
	struct summary summary = { .row_count = rs_relaydb_relay_count(check->db) + 1 };
	int status;

	summary.rows = calloc(summary.row_count, sizeof(*summary.rows));
	if (summary.rows == NULL)
		return rs_cli_no_memory();
	status = read_lines(check, &summary, denied_r);
	if (status == 0)
		status = print_summary(check, &summary);
	for (size_t i = 0; i < summary.row_count; i++) {
		for (size_t j = 0; j < summary.rows[i].user_count; j++)
			free(summary.rows[i].users[j]);
		free(summary.rows[i].users);
	}
	free(summary.rows);
	free(summary.first_faulty);
	return status;
}

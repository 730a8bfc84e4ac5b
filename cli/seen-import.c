/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "seen-import.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A clock, and a day without a zone, may be ahead of ours. */
#define AHEAD INT64_C(86400)
/* What the JSON of this command writes for bytes that are no UTF-8. */
#define NOT_UTF8 "\xef\xbf\xbd"

/* --- one line --- */

static void complain(struct seen_import *import, unsigned line, const char *text)
{
	rs_diags_add(import->diags, RS_LEVEL_ERROR, import->path, line, "%s", text);
}

/* "" when there is none. */
static const char *string_of(const struct rs_json *object, const char *key)
{
	const struct rs_json *value = rs_json_member(object, key);

	return value != NULL ? rs_json_string(value) : "";
}

static bool is_anonymized(const struct rs_json *object)
{
	const struct rs_json *value = rs_json_member(object, "anonymized");

	return value != NULL && rs_json_bool(value);
}

/* [a-z0-9][a-z0-9-]*, at most 63 bytes: an id, and part of a key. */
static bool is_relay(const char *id)
{
	size_t len = strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return len > 0 && len <= 63 && id[len] == '\0' && *id != '-';
}

static int read_time(struct seen_import *import, const struct rs_json *object, const char *key,
		     unsigned line, int64_t *time_r)
{
	const struct rs_json *value = rs_json_member(object, key);
	char text[128];
	int64_t time = 0;

	if (value != NULL && rs_json_type(value) == RS_JSON_INT)
		time = rs_json_int(value);
	else if (value == NULL || rs_json_type(value) != RS_JSON_STRING ||
		 rs_cli_parse_time(rs_json_string(value), &time) < 0)
		time = 0;
	if (time > 0 && time <= import->now + AHEAD) {
		*time_r = time;
		return 0;
	}
	snprintf(text, sizeof(text), "\"%s\" must be a time like \"2026-11-22T08:00:00Z\"%s", key,
		 time > 0 ? ", and not in the future" : ", or seconds since 1970");
	complain(import, line, text);
	return -1;
}

/* Returns 0 and record_r->seen; 1 when no login succeeded; -1 when something is wrong. */
static int read_seen(struct seen_import *import, const struct rs_json *object, unsigned line,
		     struct rs_seen *seen_r)
{
	const struct rs_json *count = rs_json_member(object, "count");

	*seen_r = (struct rs_seen){ 0 };
	if (count == NULL || rs_json_type(count) != RS_JSON_INT || rs_json_int(count) < 0) {
		complain(import, line, "\"count\" must be a number of logins");
		return -1;
	}
	if (rs_json_int(count) == 0)
		return 1;
	seen_r->count = (uint64_t)rs_json_int(count);
	if (read_time(import, object, "first", line, &seen_r->first) < 0 ||
	    read_time(import, object, "last", line, &seen_r->last) < 0)
		return -1;
	if (seen_r->first <= seen_r->last)
		return 0;
	complain(import, line, "\"first\" is later than \"last\"");
	return -1;
}

/* The key in the dictionary; NULL when something is wrong. */
static const char *read_key(struct seen_import *import, const struct rs_json *object, unsigned line,
			    char buf[RS_DICT_KEY_SIZE])
{
	const char *user = string_of(object, "user");
	const char *relay = string_of(object, "relay");
	char user_key[RS_USER_KEY_SIZE];

	if (rs_user_key(import->policy, user, user_key) == NULL)
		complain(import, line,
			 *user == '\0' ? "\"user\" must be a name"
				       : "\"user\" is too long for any policy");
	else if (!is_relay(relay))
		complain(import, line, "\"relay\" must be the id of a relay");
	else
		return rs_dict_key(user_key, RS_DICT_SEEN, relay, buf);
	return NULL;
}

static int add(struct seen_import *import, const char *key, const struct rs_seen *seen)
{
	if (import->count == import->room) {
		size_t room = import->room == 0 ? 256 : 2 * import->room;
		struct seen_record *more = reallocarray(import->records, room, sizeof(*more));

		if (more == NULL)
			return rs_cli_no_memory();
		import->records = more;
		import->room = room;
	}
	import->records[import->count].key = strdup(key);
	import->records[import->count].seen = *seen;
	return import->records[import->count].key != NULL ? (import->count++, 0)
							  : rs_cli_no_memory();
}

static int take_record(struct seen_import *import, const struct rs_json *object, unsigned line)
{
	char buf[RS_DICT_KEY_SIZE];
	const char *key = read_key(import, object, line, buf);
	struct rs_seen seen;
	int found = read_seen(import, object, line, &seen);

	import->pairs++;
	if (key == NULL || found < 0)
		return 0;
	if (found == 1)
		import->failed++;
	else if (strstr(string_of(object, "user"), NOT_UTF8) != NULL)
		import->unreadable++;
	else if (seen.last < import->oldest)
		import->old++;
	else
		return add(import, key, &seen);
	return 0;
}

/* Lines of audit say what they are; those of seen are all of one kind. */
static int take_object(struct seen_import *import, const struct rs_json *object, unsigned line)
{
	const struct rs_json *type = rs_json_member(object, "type");

	if (rs_json_type(object) != RS_JSON_OBJECT || (type == NULL && rs_json_count(object) == 0))
		complain(import, line,
			 "is no line of \"relaysentry audit --json\" or \"seen --json\"");
	else if (type == NULL || strcmp(rs_json_string(type), "pair") == 0)
		return take_record(import, object, line);
	else if (is_anonymized(object))
		complain(import, line,
			 "the report is anonymized: nobody is called like its users; make it "
			 "without --anonymize");
	return 0;
}

static int take_line(struct seen_import *import, const char *text, size_t len, unsigned line)
{
	struct rs_diags *diags = rs_diags_new();
	struct rs_json_doc *doc = NULL;
	int status = 0;

	if (diags != NULL)
		doc = rs_json_parse(import->path, text, len, NULL, diags);
	if (doc != NULL)
		status = take_object(import, rs_json_root(doc), line);
	else if (diags == NULL || rs_diags_memory_short(diags))
		status = rs_cli_no_memory();
	/* To the parser each line is the first one. */
	for (size_t i = 0; doc == NULL && status == 0 && i < rs_diags_kept(diags); i++)
		complain(import, line, rs_diags_get(diags, i)->text);
	rs_json_free(&doc);
	rs_diags_free(&diags);
	return status;
}

/* --- all lines --- */

static int read_lines(struct seen_import *import, FILE *in)
{
	char *text = NULL;
	size_t room = 0;
	unsigned line = 0;
	ssize_t len;
	int status = 0;

	errno = 0;
	while (status == 0 && (len = getline(&text, &room, in)) > 0) {
		line++;
		if (text[strspn(text, " \t\r\n")] != '\0' || strlen(text) < (size_t)len)
			status = take_line(import, text, (size_t)len, line);
		errno = 0;
	}
	if (status == 0 && !feof(in)) {
		rs_cli_message(RS_LEVEL_ERROR, "%s: cannot be read: %s", import->path,
			       strerror(errno));
		status = EX_NOINPUT;
	}
	free(text);
	return status;
}

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct seen_record *)a)->key, ((const struct seen_record *)b)->key);
}

/* One record of each key. That of two reports about the same time, or of two names of a user:
 * nobody knows whether these are the same logins. */
static void unite(struct seen_import *import)
{
	size_t kept = 0;

	if (import->count > 1)
		qsort(import->records, import->count, sizeof(*import->records), compare);
	for (size_t i = 0; i < import->count; i++) {
		struct seen_record *record = &import->records[i];

		if (kept > 0 && compare(&import->records[kept - 1], record) == 0) {
			(void)rs_seen_import_merge(&import->records[kept - 1].seen, &record->seen);
			free(record->key);
		} else {
			import->records[kept++] = *record;
		}
	}
	import->count = kept;
}

bool rs_seen_import_merge(struct rs_seen *seen, const struct rs_seen *from)
{
	char before[RS_SEEN_TEXT_SIZE], after[RS_SEEN_TEXT_SIZE];
	struct rs_seen merged = *from;
	uint64_t added = from->count > seen->count ? from->count - seen->count : 0;

	(void)rs_seen_format(seen, before);
	rs_seen_merge(&merged, added, seen);
	/* What is added came before the alerts, as far as one knows: nothing is to be told as
	 * having come since. */
	for (int i = 0; i < RS_ALERT_KINDS; i++)
		merged.alerts[i].count += merged.alerts[i].time != 0 ? added : 0;
	*seen = merged;
	return strcmp(before, rs_seen_format(seen, after)) != 0;
}

static int check(const struct seen_import *import)
{
	if (rs_diags_count(import->diags, RS_LEVEL_ERROR) > 0) {
		rs_cli_print_diags(import->diags);
		rs_cli_message(RS_LEVEL_NOTE, "nothing was imported");
		return EX_DATAERR;
	}
	if (import->pairs > 0)
		return 0;
	rs_cli_message(RS_LEVEL_ERROR,
		       "%s: has no user and relay; make it with \"relaysentry audit --json\"",
		       import->path);
	return EX_DATAERR;
}

int rs_seen_import_read(struct seen_import *import, const char *path)
{
	bool standard = strcmp(path, "-") == 0;
	FILE *in = standard ? stdin : fopen(path, "re");
	int status;

	import->path = standard ? "standard input" : path;
	if (in == NULL) {
		rs_cli_message(RS_LEVEL_ERROR, "%s: cannot be opened: %s", path, strerror(errno));
		return EX_NOINPUT;
	}
	import->diags = rs_diags_new();
	status = import->diags != NULL ? read_lines(import, in) : rs_cli_no_memory();
	if (!standard)
		fclose(in);
	if (status == 0)
		status = check(import);
	if (status == 0)
		unite(import);
	return status;
}

void rs_seen_import_free(struct seen_import *import)
{
	for (size_t i = 0; i < import->count; i++)
		free(import->records[i].key);
	free(import->records);
	rs_diags_free(&import->diags);
	import->records = NULL;
	import->count = import->room = 0;
}

/* SPDX-License-Identifier: MIT */
#include "utf8.h"

#include <relaysentry/catalogue.h>
#include <relaysentry/exceptions.h>
#include <relaysentry/json.h>

#include <stdlib.h>
#include <string.h>

#define ID_MAX 63U
#define ID_BYTES "abcdefghijklmnopqrstuvwxyz0123456789-"

struct rs_exceptions {
	struct rs_exception *items[RS_EXCEPTIONS_MAX];
	size_t count;
};

static bool is_relay(const char *text)
{
	enum rs_class class_;
	size_t len = strlen(text);

	if (text[0] == '@')
		return rs_class_parse(text + 1, &class_) == 0;
	return strcmp(text, "*") == 0 ||
	       (len >= 1 && len <= ID_MAX && text[0] != '-' && strspn(text, ID_BYTES) == len);
}

static bool is_text(const char *text)
{
	size_t len = strlen(text);

	if (len > RS_EXCEPTION_REASON_MAX)
		return false;
	for (size_t i = 0, step; i < len; i += step) {
		step = rs_utf8_char(text + i, len - i, NULL);
		if (step == 0)
			return false;
	}
	return true;
}

int rs_exception_check(const struct rs_exception *exception, const char **error_r)
{
	*error_r = "relay: write a relay's id, @class or *";
	if (!is_relay(exception->relay))
		return -1;
	*error_r = "not_after: write seconds since 1970, not behind the year 9999";
	if (exception->not_after < 0 || exception->not_after > RS_EXCEPTION_LATEST)
		return -1;
	*error_r = "since: write seconds since 1970, not behind the year 9999";
	if (exception->since < 0 || exception->since > RS_EXCEPTION_LATEST)
		return -1;
	*error_r = "reason: write at most 500 bytes of UTF-8";
	if (!is_text(exception->reason))
		return -1;
	*error_r = "by: write at most 500 bytes of UTF-8";
	return is_text(exception->by) ? 0 : -1;
}

/* Ids before classes before "*", then by name. */
static int compare(const char *a, const char *b)
{
	int rank_a = a[0] == '*' ? 2 : a[0] == '@', rank_b = b[0] == '*' ? 2 : b[0] == '@';

	return rank_a != rank_b ? rank_a - rank_b : strcmp(a, b);
}

/* Where the one for this relay is, or belongs. */
static size_t find(const struct rs_exceptions *exceptions, const char *relay, bool *found_r)
{
	size_t i = 0;
	int order = -1;

	while (i < exceptions->count && (order = compare(exceptions->items[i]->relay, relay)) < 0)
		i++;
	*found_r = i < exceptions->count && order == 0;
	return i;
}

/* One block with its texts. NULL when memory is short. */
static struct rs_exception *copy(const struct rs_exception *from)
{
	size_t relay = strlen(from->relay) + 1, reason = strlen(from->reason) + 1;
	size_t by = strlen(from->by) + 1;
	struct rs_exception *to = malloc(sizeof(*to) + relay + reason + by);
	char *text;

	if (to == NULL)
		return NULL;
	text = (char *)(to + 1);
	*to = *from;
	to->relay = memcpy(text, from->relay, relay);
	to->reason = memcpy(text + relay, from->reason, reason);
	to->by = memcpy(text + relay + reason, from->by, by);
	return to;
}

static void take_out(struct rs_exceptions *exceptions, size_t i)
{
	exceptions->count--;
	memmove(exceptions->items + i, exceptions->items + i + 1,
		(exceptions->count - i) * sizeof(*exceptions->items));
}

/* Puts it there, or in the place of the one that is there, which is returned. */
static struct rs_exception *put_in(struct rs_exceptions *exceptions, size_t i, bool replace,
				   struct rs_exception *exception)
{
	struct rs_exception *old = replace ? exceptions->items[i] : NULL;

	if (!replace)
		memmove(exceptions->items + i + 1, exceptions->items + i,
			(exceptions->count++ - i) * sizeof(*exceptions->items));
	exceptions->items[i] = exception;
	return old;
}

/* Whether the list as text can be read again: 0, or what rs_exceptions_put() returns. */
static int check_text(const struct rs_exceptions *exceptions)
{
	char *text = rs_exceptions_text(exceptions);
	int ret = text == NULL ? -1 : strlen(text) > RS_EXCEPTIONS_TEXT_MAX ? -2 : 0;

	free(text);
	return ret;
}

int rs_exceptions_put(struct rs_exceptions *exceptions, const struct rs_exception *exception)
{
	struct rs_exception *item, *old;
	const char *error;
	bool replace;
	size_t i = find(exceptions, exception->relay, &replace);
	int ret;

	if (rs_exception_check(exception, &error) < 0 ||
	    (!replace && exceptions->count == RS_EXCEPTIONS_MAX))
		return -2;
	item = copy(exception);
	if (item == NULL)
		return -1;
	old = put_in(exceptions, i, replace, item);
	ret = check_text(exceptions);
	if (ret == 0) {
		free(old);
		return 0;
	}
	free(item);
	if (replace)
		exceptions->items[i] = old;
	else
		take_out(exceptions, i);
	return ret;
}

size_t rs_exceptions_remove(struct rs_exceptions *exceptions, const char *relay, int64_t now)
{
	size_t removed = 0, i = exceptions->count;

	while (i-- > 0) {
		struct rs_exception *item = exceptions->items[i];

		if (relay != NULL ? strcmp(item->relay, relay) != 0 : item->not_after > now)
			continue;
		take_out(exceptions, i);
		free(item);
		removed++;
	}
	return removed;
}

struct rs_exceptions *rs_exceptions_new(void)
{
	return calloc(1, sizeof(struct rs_exceptions));
}

void rs_exceptions_free(struct rs_exceptions **exceptions)
{
	if (*exceptions == NULL)
		return;
	for (size_t i = 0; i < (*exceptions)->count; i++)
		free((*exceptions)->items[i]);
	free(*exceptions);
	*exceptions = NULL;
}

size_t rs_exceptions_count(const struct rs_exceptions *exceptions)
{
	return exceptions->count;
}

const struct rs_exception *rs_exceptions_get(const struct rs_exceptions *exceptions, size_t i)
{
	return exceptions->items[i];
}

char *rs_exceptions_text(const struct rs_exceptions *exceptions)
{
	struct rs_jsonw *w = rs_jsonw_new(false);
	const char *text;
	char *copied = NULL;

	if (w == NULL)
		return NULL;
	rs_jsonw_array(w, NULL);
	for (size_t i = 0; i < exceptions->count; i++) {
		const struct rs_exception *item = exceptions->items[i];

		rs_jsonw_object(w, NULL);
		rs_jsonw_string(w, "relay", item->relay);
		rs_jsonw_int(w, "not_after", item->not_after);
		if (item->since != 0)
			rs_jsonw_int(w, "since", item->since);
		if (item->reason[0] != '\0')
			rs_jsonw_string(w, "reason", item->reason);
		if (item->by[0] != '\0')
			rs_jsonw_string(w, "by", item->by);
		rs_jsonw_end(w);
	}
	rs_jsonw_end(w);
	text = rs_jsonw_text(w);
	if (text != NULL)
		copied = strdup(text);
	rs_jsonw_free(&w);
	return copied;
}

/* --- reading --- */

/* The member, when it has the right type; NULL when it is not there or faulty. */
static const struct rs_json *member(const struct rs_json *object, const char *key,
				    enum rs_json_type type, struct rs_diags *diags, bool *faulty)
{
	const struct rs_json *value = rs_json_member(object, key);

	if (value == NULL || rs_json_type(value) == type)
		return value;
	rs_json_complain(diags, RS_LEVEL_ERROR, value, "is %s; write %s",
			 rs_json_type_name(rs_json_type(value)),
			 type == RS_JSON_INT ? "a number of seconds" : "a string");
	*faulty = true;
	return NULL;
}

static void need(const struct rs_json *object, const char *key, struct rs_diags *diags,
		 bool *faulty)
{
	if (rs_json_member(object, key) != NULL)
		return;
	rs_json_complain(diags, RS_LEVEL_ERROR, object, "has no \"%s\"", key);
	*faulty = true;
}

/* false with an error. The texts lie in the document. */
static bool read_item(const struct rs_json *object, struct rs_exception *item,
		      struct rs_diags *diags)
{
	const struct rs_json *relay, *not_after, *since, *reason, *by;
	const char *error;
	bool faulty = false;

	if (rs_json_type(object) != RS_JSON_OBJECT) {
		rs_json_complain(diags, RS_LEVEL_ERROR, object, "is %s; write an object",
				 rs_json_type_name(rs_json_type(object)));
		return false;
	}
	need(object, "relay", diags, &faulty);
	need(object, "not_after", diags, &faulty);
	relay = member(object, "relay", RS_JSON_STRING, diags, &faulty);
	not_after = member(object, "not_after", RS_JSON_INT, diags, &faulty);
	since = member(object, "since", RS_JSON_INT, diags, &faulty);
	reason = member(object, "reason", RS_JSON_STRING, diags, &faulty);
	by = member(object, "by", RS_JSON_STRING, diags, &faulty);
	if (faulty)
		return false;
	*item = (struct rs_exception){
		.relay = rs_json_string(relay),
		.not_after = rs_json_int(not_after),
		.since = since != NULL ? rs_json_int(since) : 0,
		.reason = reason != NULL ? rs_json_string(reason) : "",
		.by = by != NULL ? rs_json_string(by) : "",
	};
	if (rs_exception_check(item, &error) == 0)
		return true;
	rs_json_complain(diags, RS_LEVEL_ERROR, object, "%s", error);
	return false;
}

/* Of two for the same relay, the one that ends last holds. Returns 0; -1 when memory is
 * short. */
static int keep(struct rs_exceptions *exceptions, const struct rs_exception *item)
{
	struct rs_exception *own;
	bool found;
	size_t i = find(exceptions, item->relay, &found);

	if (found && exceptions->items[i]->not_after >= item->not_after)
		return 0;
	own = copy(item);
	if (own == NULL)
		return -1;
	free(put_in(exceptions, i, found, own));
	return 0;
}

static int read_list(const struct rs_json *list, struct rs_exceptions *exceptions,
		     struct rs_diags *diags)
{
	size_t count = rs_json_count(list);
	struct rs_exception item;
	int ret = 0;

	if (rs_json_type(list) != RS_JSON_ARRAY || count > RS_EXCEPTIONS_MAX) {
		rs_json_complain(diags, RS_LEVEL_ERROR, list, "is no list of at most %u exceptions",
				 RS_EXCEPTIONS_MAX);
		return -1;
	}
	for (size_t i = 0; i < count; i++) {
		if (!read_item(rs_json_at(list, i), &item, diags)) {
			ret = -1;
		} else if (keep(exceptions, &item) < 0) {
			rs_diags_no_memory(diags, rs_json_name(list), 0);
			return -1;
		}
	}
	return ret;
}

struct rs_exceptions *rs_exceptions_parse(const char *name, const char *text, size_t len,
					  struct rs_diags *diags)
{
	const struct rs_json_options options = { .max_size = RS_EXCEPTIONS_TEXT_MAX };
	struct rs_json_doc *doc = rs_json_parse(name, text, len, &options, diags);
	struct rs_exceptions *exceptions;

	if (doc == NULL)
		return NULL;
	exceptions = rs_exceptions_new();
	if (exceptions == NULL)
		rs_diags_no_memory(diags, name, 0);
	else if (read_list(rs_json_root(doc), exceptions, diags) < 0)
		rs_exceptions_free(&exceptions);
	rs_json_free(&doc);
	return exceptions;
}

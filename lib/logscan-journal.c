/* SPDX-License-Identifier: MIT */
#include "logscan-internal.h"

#include <relaysentry/json.h>

/* What no line of a login is without. Most lines of a journal are about other things, and
 * reading JSON takes time. */
static bool may_tell(const char *line, const char *end)
{
	static const char *const words[] = {
		"-login: ", "relaysentry: action=", "mail-audit: ", "sasl_",
		": SASL ",  "authenticator failed", " A="
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (rs_find(line, end, words[i]) != NULL)
			return true;
	}
	/* A message that is no UTF-8 is an array of bytes. */
	return rs_find(line, end, "\"MESSAGE\":[") != NULL ||
	       rs_find(line, end, "\"MESSAGE\": [") != NULL ||
	       rs_find(line, end, "\"MESSAGE\" : [") != NULL;
}

/* Microseconds since 1970, as a text. */
static bool read_time(const char *text, int64_t *time_r)
{
	int64_t value = 0;

	if (*text == '\0' || strlen(text) > 18)
		return false;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return false;
		value = value * 10 + (*text - '0');
	}
	*time_r = value / 1000000;
	return true;
}

static bool read_text(struct rs_scanner *scanner, const struct rs_json *value,
		      struct rs_message *message)
{
	size_t len = rs_json_type(value) == RS_JSON_ARRAY ? rs_json_count(value)
							  : strlen(rs_json_string(value));
	char *text = rs_scanner_scratch(scanner, RS_SCRATCH_MESSAGE, len);

	if (text == NULL)
		return false;
	if (rs_json_type(value) == RS_JSON_ARRAY) {
		for (size_t i = 0; i < len; i++)
			text[i] = (char)rs_json_int(rs_json_at(value, i));
	} else {
		memcpy(text, rs_json_string(value), len);
	}
	message->text = text;
	message->end = text + len;
	return true;
}

static enum rs_scan read_object(struct rs_scanner *scanner, const struct rs_json *root,
				struct rs_message *message, struct rs_scan_entry *entry)
{
	const struct rs_json *text = rs_json_member(root, "MESSAGE");
	const struct rs_json *time = rs_json_member(root, "__REALTIME_TIMESTAMP");
	const struct rs_json *tag = rs_json_member(root, "SYSLOG_IDENTIFIER");
	char *copy;

	if (text == NULL || rs_json_type(text) == RS_JSON_NULL)
		return time != NULL ? RS_SCAN_NOTHING : RS_SCAN_JSON;
	if (time == NULL || rs_json_type(time) != RS_JSON_STRING ||
	    !read_time(rs_json_string(time), &entry->time))
		return RS_SCAN_NO_TIME;
	if (!read_text(scanner, text, message))
		return RS_SCAN_NOTHING;
	if (tag == NULL || rs_json_type(tag) != RS_JSON_STRING)
		return RS_SCAN_NOTHING;
	message->tag_len = strlen(rs_json_string(tag));
	copy = rs_scanner_scratch(scanner, RS_SCRATCH_TAG, message->tag_len);
	if (copy == NULL)
		return RS_SCAN_NOTHING;
	memcpy(copy, rs_json_string(tag), message->tag_len);
	message->tag = copy;
	return RS_SCAN_LOGIN;
}

enum rs_scan rs_scan_journal(struct rs_scanner *scanner, const char *line, size_t len,
			     struct rs_message *message_r, struct rs_scan_entry *entry)
{
	struct rs_json_options options = { .max_size = RS_SCAN_LINE_MAX };
	struct rs_diags *diags;
	struct rs_json_doc *doc;
	enum rs_scan scan = RS_SCAN_JSON;

	if (!may_tell(line, line + len))
		return RS_SCAN_NOTHING;
	diags = rs_diags_new();
	if (diags == NULL) {
		rs_scanner_fail(scanner);
		return RS_SCAN_NOTHING;
	}
	doc = rs_json_parse("journal", line, len, &options, diags);
	if (doc != NULL && rs_json_type(rs_json_root(doc)) == RS_JSON_OBJECT)
		scan = read_object(scanner, rs_json_root(doc), message_r, entry);
	if (doc == NULL && rs_diags_memory_short(diags))
		rs_scanner_fail(scanner);
	rs_json_free(&doc);
	rs_diags_free(&diags);
	return scan;
}

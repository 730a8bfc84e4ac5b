/* SPDX-License-Identifier: MIT */
#include <relaysentry/logline.h>

#include "utf8.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* A value or line that grows to a limit; what no longer fits is left out. */
struct out {
	char *text;
	size_t used, max; /* without the NUL */
	bool full;
};

/* All of it or nothing, and after nothing nothing more. */
static void put(struct out *out, const char *text, size_t len)
{
	if (out->full || len > out->max - out->used) {
		out->full = true;
		return;
	}
	memcpy(out->text + out->used, text, len);
	out->used += len;
	out->text[out->used] = '\0';
}

static void put_text(struct out *out, const char *text)
{
	put(out, text, strlen(text));
}

/* One character of n bytes, each written as \xNN. */
static void put_hex(struct out *out, const char *text, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	char hex[16];

	for (size_t i = 0; i < n; i++) {
		unsigned char byte = (unsigned char)text[i];

		hex[4 * i] = '\\';
		hex[4 * i + 1] = 'x';
		hex[4 * i + 2] = digits[byte >> 4];
		hex[4 * i + 3] = digits[byte & 15];
	}
	put(out, hex, 4 * n);
}

/* special: ASCII characters to escape besides those that are not printable. */
static void put_escaped(struct out *out, const char *value, const char *special)
{
	size_t len = strlen(value);

	while (len > 0 && !out->full) {
		uint32_t c = 0;
		size_t n = rs_utf8_char(value, len, &c);

		if (n == 0)
			put_hex(out, value, n = 1);
		else if (!rs_utf8_printable(c) || (n == 1 && strchr(special, *value) != NULL))
			put_hex(out, value, n);
		else
			put(out, value, n);
		value += n;
		len -= n;
	}
}

/* In a value, and in one of several values between commas. */
static const char special_value[] = " =\"\\";
static const char special_item[] = " =\"\\,";

const char *rs_log_escape(const char *value, char buf[RS_LOG_VALUE_MAX + 1])
{
	struct out out = { .text = buf, .max = RS_LOG_VALUE_MAX };

	if (value == NULL || *value == '\0')
		put_text(&out, "-");
	else if (strcmp(value, "-") == 0)
		put_hex(&out, value, 1);
	else
		put_escaped(&out, value, special_value);
	return buf;
}

static void put_pair(struct out *out, const char *key, const char *value)
{
	char escaped[RS_LOG_VALUE_MAX + 1];

	put_text(out, key);
	put_text(out, rs_log_escape(value, escaped));
}

static void put_tags(struct out *out, const struct rs_log_facts *facts)
{
	char joined[RS_LOG_VALUE_MAX + 1];
	struct out tags = { .text = joined, .max = RS_LOG_VALUE_MAX };

	for (size_t i = 0; i < facts->tag_count; i++) {
		if (i > 0)
			put_text(&tags, ",");
		put_escaped(&tags, facts->tags[i], special_item);
	}
	put_text(out, " tags=");
	put(out, joined, tags.used);
}

const char *rs_log_entry(const struct rs_verdict *verdict, const struct rs_report *report)
{
	/* Rules in testing report too, and no user entry speaks for them. */
	return verdict->rule != NULL && report->rule != NULL &&
			       strcmp(verdict->rule, report->rule) == 0
		       ? verdict->entry_source
		       : NULL;
}

void rs_log_facts_set(struct rs_log_facts *facts_r, const struct rs_login *login,
		      const struct rs_verdict *verdict, const struct rs_report *report)
{
	const struct rs_cover *cover = verdict->cover;

	*facts_r = (struct rs_log_facts){
		.action = rs_action_name(report->action),
		.enforced = report->enforced,
		.relay = cover == NULL ? NULL : cover->relay->id,
		.class_ = cover == NULL ? NULL : rs_class_name(cover->relay->class_),
		.network = cover == NULL ? NULL : cover->network,
		.rule = report->rule,
		.credential = login->credential,
		.verified = login->verified,
		.tags = verdict->tags,
		.tag_count = verdict->tag_count,
		.entry = rs_log_entry(verdict, report),
	};
}

size_t rs_log_line(const struct rs_log_facts *facts, char buf[RS_LOG_LINE_MAX])
{
	/* Twelve values of at most 255 bytes and their names: it always fits. */
	struct out out = { .text = buf, .max = RS_LOG_LINE_MAX - 1 };
	char number[32];

	put_pair(&out, "relaysentry: action=", facts->action);
	put_pair(&out, " enforced=", facts->enforced ? "yes" : "no");
	put_pair(&out, " relay=", facts->relay);
	put_pair(&out, " class=", facts->class_);
	put_pair(&out, " network=", facts->network);
	put_pair(&out, " rule=", facts->rule);
	put_pair(&out, " credential=", rs_credential_name(facts->credential));
	put_pair(&out, " verified=", facts->verified ? "yes" : "no");
	if (facts->tag_count > 0)
		put_tags(&out, facts);
	if (facts->entry != NULL)
		put_pair(&out, " entry=", facts->entry);
	if (facts->outcome != NULL)
		put_pair(&out, " outcome=", facts->outcome);
	if (facts->first_seen != NULL)
		put_pair(&out, " first_seen=", facts->first_seen);
	if (facts->repeated > 0) {
		snprintf(number, sizeof(number), "%" PRIu64, facts->repeated);
		put_pair(&out, " repeated=", number);
	}
	return out.used;
}

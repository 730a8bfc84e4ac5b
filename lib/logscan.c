/* SPDX-License-Identifier: MIT */
#include "logscan-format.h"
#include "logscan-internal.h"

#include <stdlib.h>

/* `Nov 25 09:12:`: what stays the same for a minute. */
#define MINUTE_LEN 13U
/* Of a host and a program. */
#define PREFIX_MAX 96U

struct rs_scanner {
	struct rs_logdate_context dates;
	/* The last date of RFC 3164, without its seconds, and when they began. */
	char minute[MINUTE_LEN];
	bool minute_known;
	int64_t minute_time;
	/* What stood between date and message, and the tag in it. */
	char prefix[PREFIX_MAX];
	size_t prefix_len, tag_at, tag_len;
	struct rs_log_format format;
	struct rs_log_census *census; /* while the format is being learned */
	char *scratch[RS_SCRATCH_COUNT];
	size_t scratch_size[RS_SCRATCH_COUNT];
	bool failed; /* memory was short */
};

struct rs_scanner *rs_scanner_new(const struct rs_logdate_context *dates)
{
	struct rs_scanner *scanner = calloc(1, sizeof(*scanner));

	if (scanner != NULL)
		scanner->dates = *dates;
	return scanner;
}

void rs_scanner_free(struct rs_scanner **_scanner)
{
	struct rs_scanner *scanner = *_scanner;

	*_scanner = NULL;
	if (scanner == NULL)
		return;
	for (size_t i = 0; i < RS_SCRATCH_COUNT; i++)
		free(scanner->scratch[i]);
	free(scanner);
}

void rs_scanner_dates(struct rs_scanner *scanner, const struct rs_logdate_context *dates)
{
	scanner->dates = *dates;
	scanner->minute_known = false;
}

const struct rs_logdate_context *rs_scanner_dates_now(const struct rs_scanner *scanner)
{
	return &scanner->dates;
}

const struct rs_log_format *rs_scanner_format(const struct rs_scanner *scanner)
{
	return &scanner->format;
}

void rs_scanner_forget(struct rs_scanner *scanner)
{
	memset(&scanner->format, 0, sizeof(scanner->format));
}

struct rs_log_census *rs_scanner_census(const struct rs_scanner *scanner)
{
	return scanner->census;
}

void rs_scanner_learn(struct rs_scanner *scanner, const char *text, size_t len)
{
	struct rs_log_census census = { .key_count = 0 };
	const struct rs_logdate_context dates = scanner->dates;
	const char *end = text + len;

	/* Lines are looked at as when they are read, so that nobody teaches whose lines are
	 * not read. */
	scanner->census = &census;
	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		const char *line_end = newline != NULL ? newline : end;
		struct rs_scan_entry entry;

		(void)rs_scan_line(scanner, text, (size_t)(line_end - text), &entry);
		text = newline != NULL ? newline + 1 : end;
	}
	scanner->census = NULL;
	rs_scanner_dates(scanner, &dates);
	rs_log_census_end(&census, &scanner->format);
}

char *rs_scanner_scratch(struct rs_scanner *scanner, enum rs_scratch which, size_t len)
{
	if (len + 1 > scanner->scratch_size[which]) {
		char *grown = realloc(scanner->scratch[which], len + 1);

		if (grown == NULL) {
			scanner->failed = true;
			return NULL;
		}
		scanner->scratch[which] = grown;
		scanner->scratch_size[which] = len + 1;
	}
	return scanner->scratch[which];
}

void rs_scanner_fail(struct rs_scanner *scanner)
{
	scanner->failed = true;
}

/* --- date --- */

/* The same as rs_logdate_parse(), which most lines need once in a minute. */
static size_t take_time(struct rs_scanner *scanner, const char *line, size_t len, int64_t *time_r)
{
	size_t used;

	if (scanner->minute_known && len > 15 && memcmp(line, scanner->minute, MINUTE_LEN) == 0) {
		unsigned tens = (unsigned char)line[13] - (unsigned)'0';
		unsigned ones = (unsigned char)line[14] - (unsigned)'0';

		if (tens < 6 && ones < 10 && line[15] == ' ') {
			*time_r = scanner->minute_time + tens * 10 + ones;
			return 15;
		}
	}
	used = rs_logdate_parse(&scanner->dates, line, len, time_r);
	scanner->minute_known = used == 15 && line[3] == ' ';
	if (scanner->minute_known) {
		int seconds = (line[13] - '0') * 10 + line[14] - '0';

		memcpy(scanner->minute, line, MINUTE_LEN);
		scanner->minute_time = *time_r - (seconds < 60 ? seconds : 59);
	}
	return used;
}

/* --- host and program --- */

/* `dovecot: `, `postfix/smtpd[123]: `. Returns what follows, NULL when it is no tag. */
static const char *take_tag(const char *text, const char *end, struct rs_message *message)
{
	const char *space = memchr(text, ' ', (size_t)(end - text)), *tag_end;

	if (space == NULL || space == text || space[-1] != ':')
		return NULL;
	tag_end = space - 1;
	if (tag_end > text && tag_end[-1] == ']') {
		tag_end = memchr(text, '[', (size_t)(tag_end - text));
		if (tag_end == NULL)
			return NULL;
	}
	message->tag = text;
	message->tag_len = (size_t)(tag_end - text);
	return space + 1;
}

/* `host dovecot[123]: `; not what a program writes to a file of its own, where its name, or
 * an id of Exim's, stands first. */
static const char *take_prefix(const char *text, const char *end, struct rs_message *message)
{
	const char *space = memchr(text, ' ', (size_t)(end - text)), *after;

	if (space == NULL || space == text || space[-1] == ':' ||
	    memchr(text, '(', (size_t)(space - text)) != NULL)
		return text;
	after = take_tag(space + 1, end, message);
	return after != NULL ? after : text;
}

/* Most lines have the prefix of the line before. */
static void find_message(struct rs_scanner *scanner, const char *text, const char *end,
			 struct rs_message *message)
{
	size_t len = scanner->prefix_len;

	message->end = end;
	if (len > 0 && rs_begins(text, end, scanner->prefix, len)) {
		message->tag = text + scanner->tag_at;
		message->tag_len = scanner->tag_len;
		message->text = text + len;
		return;
	}
	message->tag = NULL;
	message->text = take_prefix(text, end, message);
	len = (size_t)(message->text - text);
	scanner->prefix_len = len <= PREFIX_MAX ? len : 0;
	if (scanner->prefix_len > 0) {
		memcpy(scanner->prefix, text, len);
		scanner->tag_at = (size_t)(message->tag - text);
		scanner->tag_len = message->tag_len;
	}
}

/* RFC 5424, 6: `host app procid msgid [data] message`, behind the date. */
static bool find_message_5424(const char *text, const char *end, struct rs_message *message)
{
	message->end = end;
	for (int field = 0; field < 4; field++) {
		const char *space = memchr(text, ' ', (size_t)(end - text));

		if (space == NULL)
			return false;
		if (field == 1) {
			message->tag = text;
			message->tag_len = (size_t)(space - text);
		}
		text = space + 1;
	}
	if (text < end && *text == '-') {
		text++;
	} else {
		/* 6.3.3: within quotes, a backslash goes before what would end something. */
		bool quoted = false;

		while (text < end && (*text == '[' || quoted)) {
			for (text++; text < end && (quoted || *text != ']'); text++) {
				if (quoted && *text == '\\')
					text++;
				else if (*text == '"')
					quoted = !quoted;
			}
			text += text < end ? 1 : 0;
		}
	}
	if (text >= end || *text != ' ')
		return false;
	message->text = text + 1;
	/* rsyslog's own template leaves the blank of the other format there. */
	if (message->text < end && *message->text == ' ')
		message->text++;
	/* 6.4: a byte order mark says that it is UTF-8. */
	if (RS_BEGINS(message->text, end, "\xef\xbb\xbf"))
		message->text += 3;
	return true;
}

/* --- lines --- */

/* `message repeated 3 times: [ ... ]`, which rsyslog writes for lines that are the same.
 * Returns how often; 1 for others. */
static uint32_t take_repeated(struct rs_message *message)
{
	static const char begin[] = "message repeated ", middle[] = " times: [ ";
	const char *at = message->text + sizeof(begin) - 1;
	uint32_t count = 0;

	if (!RS_BEGINS(message->text, message->end, "message repeated "))
		return 1;
	for (int digits = 0; digits < 6 && at < message->end && *at >= '0' && *at <= '9'; digits++)
		count = count * 10 + (uint32_t)(*at++ - '0');
	if (count == 0 || !RS_BEGINS(at, message->end, " times: [ ") || message->end[-1] != ']')
		return 1;
	message->text = at + sizeof(middle) - 1;
	message->end--;
	return count;
}

static enum rs_scan scan_program(struct rs_scanner *scanner, const struct rs_message *message,
				 struct rs_scan_entry *entry)
{
	if (rs_begins(message->tag, message->tag + message->tag_len, "dovecot", 7))
		return rs_scan_dovecot(scanner, message, entry);
	if (message->tag_len >= 6 && memcmp(message->tag + message->tag_len - 6, "/smtpd", 6) == 0)
		return rs_scan_postfix(message, entry);
	if (rs_begins(message->tag, message->tag + message->tag_len, "exim", 4)) {
		/* syslog_timestamp: Exim puts its own date there, too. */
		struct rs_message own = *message;
		struct rs_logdate_context dates = { 0 };
		int64_t time;
		size_t used =
			rs_logdate_parse(&dates, own.text, (size_t)(own.end - own.text), &time);

		if (used > 0 && own.text + used < own.end)
			own.text += used + 1;
		return rs_scan_exim(scanner, &own, entry);
	}
	return RS_SCAN_NOTHING;
}

enum rs_scan rs_scan_message(struct rs_scanner *scanner, const struct rs_message *_message,
			     struct rs_scan_entry *entry)
{
	struct rs_message message = *_message;
	enum rs_scan scan;
	uint32_t count;

	if (message.text >= message.end)
		return RS_SCAN_NOTHING;
	if (message.tag == NULL) {
		scan = rs_scan_dovecot(scanner, &message, entry);
		return scan != RS_SCAN_NOTHING ? scan : rs_scan_exim(scanner, &message, entry);
	}
	count = take_repeated(&message);
	if (message.text >= message.end)
		return RS_SCAN_NOTHING;
	scan = scan_program(scanner, &message, entry);
	/* Lines of who was let in are never the same: they have a session, or a queue id. */
	if (count > 1 && scan == RS_SCAN_LOGIN && !entry->success)
		entry->attempts =
			count < UINT32_MAX / entry->attempts ? entry->attempts * count : UINT32_MAX;
	return scan;
}

/* A line without a date. */
static enum rs_scan undated(const char *line, const char *end)
{
	const char *login = rs_find(line, end, "-login: ");

	if (login == NULL || rs_find(login, end, "user=") == NULL)
		return RS_SCAN_NOTHING;
	return memchr(line, '\0', (size_t)(end - line)) != NULL ? RS_SCAN_BINARY : RS_SCAN_NO_TIME;
}

static enum rs_scan scan_text(struct rs_scanner *scanner, const char *line, size_t len,
			      struct rs_scan_entry *entry)
{
	struct rs_message message = { .tag = NULL };
	const char *end = line + len;
	bool rfc5424;
	size_t used = rs_log_priority(line, len, &rfc5424);

	line += used;
	used = take_time(scanner, line, len - used, &entry->time);
	if (used == 0)
		return undated(line, end);
	line += used;
	if (line == end || *line != ' ')
		return undated(line, end);
	line++;
	if (rfc5424) {
		if (!find_message_5424(line, end, &message))
			return undated(line, end);
	} else {
		find_message(scanner, line, end, &message);
	}
	return rs_scan_message(scanner, &message, entry);
}

int rs_scan_line(struct rs_scanner *scanner, const char *line, size_t len,
		 struct rs_scan_entry *entry_r)
{
	enum rs_scan scan;

	scanner->failed = false;
	entry_r->mechanism = RS_LOG_MECHANISM_NONE;
	entry_r->success = entry_r->tls = false;
	if (len > 0 && line[len - 1] == '\r')
		len--;
	if (len == 0)
		return RS_SCAN_NOTHING;
	if (len > RS_SCAN_LINE_MAX)
		return RS_SCAN_LONG;
	if (*line == '{') {
		struct rs_message message = { .tag = NULL };

		scan = rs_scan_journal(scanner, line, len, &message, entry_r);
		if (scan == RS_SCAN_LOGIN)
			scan = rs_scan_message(scanner, &message, entry_r);
	} else {
		scan = scan_text(scanner, line, len, entry_r);
	}
	return scanner->failed ? -1 : (int)scan;
}

/* SPDX-License-Identifier: MIT */
#include <relaysentry/syslogmsg.h>

#include "utf8.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* Bytes of a value. All that an alert has, with names and text, stays below
 * RS_SYSLOG_SIZE: 128 + 12 * 32 of values, 160 of names, 100 before, 160 of text. */
#define USER_MAX 128
#define VALUE_MAX 32
#define TEXT_MAX 160
#define HOST_MAX 64
/* No number of one's own is registered: this one is for examples (RFC 5612). */
#define SD_ID "relaysentry@32473"

static const char *const facilities[] = {
	"kern", "user", "mail", "daemon", "auth",     "syslog",
	"lpr",	"news", "uucp", "cron",	  "authpriv", "ftp",
};
#define FACILITY_LOCAL0 16

int rs_syslog_facility(const char *name)
{
	for (size_t i = 0; i < sizeof(facilities) / sizeof(*facilities); i++) {
		if (strcmp(name, facilities[i]) == 0)
			return (int)i;
	}
	if (strncmp(name, "local", 5) == 0 && name[5] >= '0' && name[5] <= '7' && name[6] == '\0')
		return FACILITY_LOCAL0 + (name[5] - '0');
	return -1;
}

struct out {
	char *text;
	size_t used;
};

static void put(struct out *out, const char *text, size_t len)
{
	if (len > RS_SYSLOG_SIZE - 1 - out->used)
		len = RS_SYSLOG_SIZE - 1 - out->used;
	memcpy(out->text + out->used, text, len);
	out->used += len;
	out->text[out->used] = '\0';
}

/* What is at most 63 bytes long. */
__attribute__((format(printf, 2, 3))) static void putf(struct out *out, const char *format, ...)
{
	char text[64] = "";
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	put(out, text, strlen(text));
}

/* At most max bytes of value, escaped; special: written with a backslash before. */
static void put_value(struct out *out, const char *value, size_t max, const char *special)
{
	size_t len = strlen(value), end = out->used + max;
	char piece[20];

	while (len > 0) {
		uint32_t c = 0;
		size_t n = rs_utf8_char(value, len, &c), size;

		if (n == 0 || !rs_utf8_printable(c)) {
			n = 1;
			size = (size_t)snprintf(piece, sizeof(piece), "%sx%02x",
						strchr(special, '\\') != NULL ? "\\\\" : "\\",
						(unsigned char)*value);
		} else {
			size = 0;
			if (n == 1 && strchr(special, *value) != NULL)
				piece[size++] = '\\';
			memcpy(piece + size, value, n);
			size += n;
		}
		if (out->used + size > end)
			return;
		put(out, piece, size);
		value += n;
		len -= n;
	}
}

/* RFC 5424, 6.3.3 */
static void put_param(struct out *out, const char *name, const char *value, size_t max)
{
	if (value == NULL || *value == '\0')
		return;
	put(out, " ", 1);
	put(out, name, strlen(name));
	put(out, "=\"", 2);
	put_value(out, value, max, "\"\\]");
	put(out, "\"", 1);
}

/* RFC 5424, 6.2.3: the nil value when the clock shows a year that is none. */
static void put_time(struct out *out, const struct rs_syslog_message *message)
{
	time_t seconds = (time_t)message->seconds;
	char text[32] = "";
	struct tm tm;

	if (gmtime_r(&seconds, &tm) == NULL || tm.tm_year > 9999 - 1900 || tm.tm_year < 70) {
		put(out, "-", 1);
		return;
	}
	(void)strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	putf(out, "%s.%06" PRIu32 "Z", text, message->microseconds % 1000000);
}

/* Printable ASCII without blanks. */
static void put_host(struct out *out, const char *host)
{
	size_t len = 0;

	while (len < HOST_MAX && host[len] > ' ' && host[len] <= '~')
		len++;
	if (len == 0 || (len < HOST_MAX && host[len] != '\0'))
		put(out, "-", 1);
	else
		put(out, host, len);
}

static void put_facts(struct out *out, const struct rs_syslog_message *message)
{
	const struct rs_log_facts *facts = message->facts;
	char number[24], tags[VALUE_MAX * 4] = "";

	put(out, "[" SD_ID, strlen("[" SD_ID));
	put_param(out, "user", message->user, USER_MAX);
	put_param(out, "remote", message->remote, 48);
	put_param(out, "relay", facts->relay, 64);
	put_param(out, "class", facts->class_, VALUE_MAX);
	put_param(out, "network", facts->network, 48);
	put_param(out, "action", facts->action, VALUE_MAX);
	put_param(out, "enforced", facts->enforced ? "yes" : "no", VALUE_MAX);
	put_param(out, "outcome", facts->outcome, VALUE_MAX);
	put_param(out, "rule", facts->rule, 64);
	put_param(out, "service", message->service, VALUE_MAX);
	put_param(out, "credential", rs_credential_name(facts->credential), VALUE_MAX);
	put_param(out, "verified", facts->verified ? "yes" : "no", VALUE_MAX);
	put_param(out, "first_seen", facts->first_seen, VALUE_MAX);
	if (facts->repeated > 0) {
		snprintf(number, sizeof(number), "%" PRIu64, facts->repeated);
		put_param(out, "repeated", number, VALUE_MAX);
	}
	for (size_t i = 0; i < facts->tag_count; i++) {
		size_t used = strlen(tags);

		snprintf(tags + used, sizeof(tags) - used, "%s%s", i > 0 ? "," : "",
			 facts->tags[i]);
	}
	put_param(out, "tags", tags, VALUE_MAX * 2);
	put(out, "]", 1);
}

size_t rs_syslog_format(const struct rs_syslog_message *message, char buf[RS_SYSLOG_SIZE])
{
	struct out out = { .text = buf };

	putf(&out, "<%d>1 ", message->facility * 8 + (int)message->severity);
	put_time(&out, message);
	put(&out, " ", 1);
	put_host(&out, message->host);
	putf(&out, " relaysentry %ld %s ", message->pid,
	     message->facts != NULL ? "alert" : "notice");
	if (message->facts != NULL)
		put_facts(&out, message);
	else
		put(&out, "-", 1);
	put(&out, " ", 1);
	put_value(&out, message->text, TEXT_MAX, "");
	return out.used;
}

/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "cli.h"
#include "notify.h"

#include <relaysentry/readfile.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TEMPLATE_MAX (64U * 1024)
/* What is shown of a name; users may be called anything. */
#define VALUE_MAX 200U

#define SUCCESS "success"
#define DENIED "denied"

struct notify_template {
	char *text; /* lines that end with LF */
};

enum value {
	VALUE_USER,
	VALUE_APP,
	VALUE_VENDOR,
	VALUE_RELAY,
	VALUE_TIME,
	VALUE_NETWORK,
	VALUE_IP,
	VALUE_SERVICE,
	VALUE_SERVER,
	VALUE_CONTACT,
	VALUE_COUNT
};
static const char *const names[VALUE_COUNT] = {
	"user", "app", "vendor", "relay", "time", "network", "ip", "service", "server", "contact",
};

/* The length of the character at p; 0 when it is not UTF-8 (RFC 3629). */
static size_t character(const unsigned char *p)
{
	static const unsigned char least[] = { 0, 0, 0xa0, 0x90 };
	size_t len = *p < 0x80 ? 1 : *p < 0xc2 ? 0 : *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : 4;

	if (*p > 0xf4)
		return 0;
	for (size_t i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	}
	/* Overlong forms, surrogates, what is beyond Unicode. */
	if (((*p == 0xe0 || *p == 0xf0) && p[1] < least[len - 1]) || (*p == 0xed && p[1] > 0x9f) ||
	    (*p == 0xf4 && p[1] > 0x8f))
		return 0;
	return len;
}

/* Controls, with which a value could begin lines, and those with which text is made to
 * run backwards. */
static bool is_control(const unsigned char *p)
{
	if (*p < 0x20 || *p == 0x7f)
		return true;
	if (*p == 0xc2)
		return p[1] < 0xa0;
	if (*p == 0xd8)
		return p[1] == 0x9c;
	if (*p != 0xe2)
		return false;
	if (p[1] == 0x80)
		return p[2] == 0x8e || p[2] == 0x8f || (p[2] >= 0xa8 && p[2] <= 0xae);
	return p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9;
}

static int find_name(const char *name, size_t len)
{
	for (int i = 0; i < VALUE_COUNT; i++) {
		if (strlen(names[i]) == len && memcmp(names[i], name, len) == 0)
			return i;
	}
	return -1;
}

/* Whether the line is for this end of a login; goes behind the mark that says so. */
static bool line_counts(const char **line, bool denied)
{
	static const char success[] = "{" SUCCESS "}", refused[] = "{" DENIED "}";

	if (strncmp(*line, success, sizeof(success) - 1) == 0) {
		*line += sizeof(success) - 1;
		return !denied;
	}
	if (strncmp(*line, refused, sizeof(refused) - 1) == 0) {
		*line += sizeof(refused) - 1;
		return denied;
	}
	return true;
}

/* --- loading --- */

static void complain(const char *path, unsigned line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static void complain(const char *path, unsigned line, const char *format, ...)
{
	struct rs_diags *diags = rs_diags_new();
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	rs_diags_add(diags, RS_LEVEL_ERROR, path, line, "%s", text);
	rs_cli_print_diags(diags);
	rs_diags_free(&diags);
}

/* Returns whether all placeholders of the line are known. */
static bool check_line(const char *path, unsigned number, const char *line, const char *end)
{
	bool ok = true;

	for (const char *p = line; p < end;) {
		size_t len = character((const unsigned char *)p);

		if (len == 0) {
			complain(path, number, "is not UTF-8; write the template in it");
			return false;
		}
		p += len;
	}
	(void)line_counts(&line, false);
	while ((line = memchr(line, '{', (size_t)(end - line))) != NULL) {
		size_t len = strcspn(++line, "{}\n");

		if (*line == '{') {
			line++;
		} else if (line[len] != '}' || find_name(line, len) < 0) {
			complain(path, number,
				 "unknown placeholder \"{%.*s\"; relaysentry(1) lists them, and "
				 "{{ stands for a brace",
				 (int)(len < 40 ? len : 40), line);
			ok = false;
		}
	}
	return ok;
}

/* The subject and a body must be left for either end of a login. */
static bool check_parts(const char *path, const char *text, bool denied)
{
	unsigned lines = 0;
	const char *end;

	for (; *text != '\0'; text = end + 1) {
		end = strchr(text, '\n');
		if (line_counts(&text, denied) && (text != end || lines == 0)) {
			if (text == end)
				break;
			lines++;
		}
	}
	if (lines >= 2)
		return true;
	complain(path, 0, "for a login that was %s it has no subject (the first line) and body",
		 denied ? "denied" : "let in");
	return false;
}

static bool check(const char *path, const char *text, size_t len)
{
	unsigned number = 1;
	const char *end;
	bool ok = true;

	if (strlen(text) != len) {
		complain(path, 0, "holds a NUL byte, and is no text");
		return false;
	}
	for (const char *line = text; *line != '\0'; line = end + 1) {
		end = strchr(line, '\n');
		ok = check_line(path, number++, line, end) && ok;
	}
	return ok && check_parts(path, text, false) && check_parts(path, text, true);
}

/* Lines of DOS become plain ones; the last one ends, too. */
static size_t normalise(char *text, size_t len)
{
	size_t used = 0;

	for (size_t i = 0; i < len; i++) {
		if (text[i] != '\r' || text[i + 1] != '\n')
			text[used++] = text[i];
	}
	if (used > 0 && text[used - 1] != '\n')
		text[used++] = '\n';
	text[used] = '\0';
	return used;
}

int rs_notify_template_load(const char *path, struct notify_template **template_r)
{
	struct notify_template *template = calloc(1, sizeof(*template));
	char *text = NULL, *longer;
	size_t len;
	int status;

	*template_r = NULL;
	if (template == NULL)
		return rs_cli_no_memory();
	status = rs_cli_read(path, TEMPLATE_MAX, &text, &len);
	if (status != 0)
		goto out;
	/* For the newline that may be missing. */
	longer = realloc(text, len + 2);
	if (longer == NULL) {
		status = rs_cli_no_memory();
		goto out;
	}
	text = longer;
	text[len] = '\0';
	status = check(path, text, normalise(text, len)) ? 0 : EX_DATAERR;
out:
	template->text = text;
	if (status == 0)
		*template_r = template;
	else
		rs_notify_template_free(&template);
	return status;
}

void rs_notify_template_free(struct notify_template **template)
{
	if (*template == NULL)
		return;
	free((*template)->text);
	free(*template);
	*template = NULL;
}

/* --- filling --- */

/* The value is valid UTF-8 (but a name given on the command line may be none). */
static void put_value(FILE *out, const char *value)
{
	const unsigned char *p = (const unsigned char *)value;

	for (size_t left = VALUE_MAX; *p != '\0' && left > 0; left--) {
		size_t len = character(p);

		if (len == 0 || is_control(p))
			(void)fputc('?', out);
		else
			(void)fwrite(p, 1, len, out);
		p += len > 0 ? len : 1;
	}
	if (*p != '\0')
		(void)fputs("...", out);
}

static void put_time(FILE *out, int64_t seconds)
{
	time_t time = (time_t)seconds;
	char text[64];
	struct tm tm;

	if (localtime_r(&time, &tm) != NULL &&
	    strftime(text, sizeof(text), "%Y-%m-%d %H:%M %Z", &tm) > 0)
		put_value(out, text);
}

static void put_placeholder(FILE *out, int name, const struct notify_values *values)
{
	const struct notify_login *login = values->login;
	const char *const texts[VALUE_COUNT] = {
		[VALUE_USER] = login->user,	   [VALUE_APP] = values->app,
		[VALUE_VENDOR] = values->vendor,   [VALUE_RELAY] = login->relay,
		[VALUE_NETWORK] = login->network,  [VALUE_IP] = login->ip,
		[VALUE_SERVICE] = login->service,  [VALUE_SERVER] = login->server,
		[VALUE_CONTACT] = values->contact,
	};

	if (name == VALUE_TIME)
		put_time(out, login->time);
	else
		put_value(out, texts[name]);
}

/* The line without its newline. */
static void fill_line(FILE *out, const char *line, const char *end,
		      const struct notify_values *values)
{
	while (line < end) {
		const char *brace = memchr(line, '{', (size_t)(end - line));
		size_t len = (size_t)((brace != NULL ? brace : end) - line);

		(void)fwrite(line, 1, len, out);
		if (brace == NULL)
			return;
		line = brace + 1;
		if (*line == '{') {
			(void)fputc('{', out);
			line++;
			continue;
		}
		len = strcspn(line, "}");
		put_placeholder(out, find_name(line, len), values);
		line += len + 1;
	}
}

/* Closes a memory stream. Returns its text, NULL when memory was short. */
static char *taken(FILE *out, char **text)
{
	bool failed = ferror(out) != 0;

	if (fclose(out) == 0 && !failed)
		return *text;
	free(*text);
	return NULL;
}

int rs_notify_template_fill(const struct notify_template *template,
			    const struct notify_values *values, char **subject_r, char **body_r)
{
	char *texts[2] = { NULL, NULL };
	size_t sizes[2];
	FILE *subject = open_memstream(&texts[0], &sizes[0]);
	FILE *body = open_memstream(&texts[1], &sizes[1]);
	unsigned lines = 0;
	const char *end;

	for (const char *line = template->text; *line != '\0' && subject && body; line = end + 1) {
		end = strchr(line, '\n');
		if (!line_counts(&line, values->login->denied))
			continue;
		/* One blank line between subject and body belongs to neither. */
		if (lines++ == 1 && line == end)
			continue;
		fill_line(lines == 1 ? subject : body, line, end, values);
		if (lines > 1)
			(void)fputc('\n', body);
	}
	*subject_r = subject != NULL ? taken(subject, &texts[0]) : NULL;
	*body_r = body != NULL ? taken(body, &texts[1]) : NULL;
	if (*subject_r != NULL && *body_r != NULL)
		return 0;
	free(*subject_r);
	free(*body_r);
	*subject_r = *body_r = NULL;
	return -1;
}

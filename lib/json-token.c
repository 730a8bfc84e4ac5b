/* SPDX-License-Identifier: MIT */
/* The tokens of JSON (RFC 8259). */
#include "json-scanner.h"
#include "ascii.h"
#include "utf8.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void scan_error(struct scan *s, unsigned line, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	s->errors++;
	rs_diags_add(s->diags, RS_LEVEL_ERROR, s->name, line, "%s", text);
}

int scan_no_memory(struct scan *s)
{
	s->errors++;
	rs_diags_no_memory(s->diags, s->name, s->line);
	return -1;
}

int scan_unexpected(struct scan *s, const char *wanted)
{
	const char *p = s->text + s->pos;
	size_t n = s->pos < s->len ? rs_utf8_char(p, s->len - s->pos, NULL) : 0;

	if (s->pos >= s->len)
		scan_error(s, s->line, "the text ends where %s is expected", wanted);
	else if (*p == '\0')
		scan_error(s, s->line, "a NUL byte where %s is expected", wanted);
	else if (n == 0)
		scan_error(s, s->line, "the byte \\x%02x, which is not UTF-8, where %s is expected",
			   (unsigned char)*p, wanted);
	else
		scan_error(s, s->line, "'%.*s' where %s is expected", (int)n, p, wanted);
	return -1;
}

/* Blanks out a comment from pos to end; what it holds must be text all the same. */
static void blank_comment(struct scan *s, size_t end)
{
	bool faulty = false;

	if (!s->comments)
		scan_error(s, s->line, "comments are not allowed in this file");
	while (s->pos < end) {
		char *p = s->text + s->pos;
		size_t n = rs_utf8_char(p, end - s->pos, NULL);

		if ((n == 0 || *p == '\0') && !faulty) {
			scan_error(s, s->line,
				   "the comment has a byte that is not UTF-8 text: \\x%02x",
				   (unsigned char)*p);
			faulty = true;
		}
		if (*p == '\n')
			s->line++;
		else
			memset(p, ' ', n == 0 ? 1 : n);
		s->pos += n == 0 ? 1 : n;
	}
}

static int scan_comment(struct scan *s)
{
	const char *p = s->text + s->pos, *end = NULL;

	if (p[1] == '/') {
		end = memchr(p, '\n', s->len - s->pos);
		blank_comment(s, end == NULL ? s->len : (size_t)(end - s->text));
		return 0;
	}
	if (p[1] != '*')
		return scan_unexpected(s, "a value or a comment");
	end = memmem(p + 2, s->len - s->pos - 2, "*/", 2);
	if (end == NULL) {
		scan_error(s, s->line, "the comment that begins here is not closed");
		return -1;
	}
	blank_comment(s, (size_t)(end - s->text) + 2);
	return 0;
}

int scan_space(struct scan *s)
{
	for (; s->pos < s->len; s->pos++) {
		switch (s->text[s->pos]) {
		case '\n':
			s->line++;
			break;
		case ' ':
		case '\t':
		case '\r':
			break;
		case '/':
			if (scan_comment(s) < 0)
				return -1;
			s->pos--;
			break;
		default:
			return 0;
		}
	}
	return 0;
}

/* The value of four hexadecimal digits, -1 when they are none. */
static int hex4(const char *p)
{
	int value = 0;

	for (int i = 0; i < 4; i++) {
		int digit;

		if (p[i] >= '0' && p[i] <= '9')
			digit = p[i] - '0';
		else if (p[i] >= 'a' && p[i] <= 'f')
			digit = p[i] - 'a' + 10;
		else if (p[i] >= 'A' && p[i] <= 'F')
			digit = p[i] - 'A' + 10;
		else
			return -1;
		value = value << 4 | digit;
	}
	return value;
}

static size_t put_utf8(char *to, uint32_t c)
{
	if (c < 0x80) {
		to[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		to[0] = (char)(0xc0 | c >> 6);
		to[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		to[0] = (char)(0xe0 | c >> 12);
		to[1] = (char)(0x80 | (c >> 6 & 0x3f));
		to[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	to[0] = (char)(0xf0 | c >> 18);
	to[1] = (char)(0x80 | (c >> 12 & 0x3f));
	to[2] = (char)(0x80 | (c >> 6 & 0x3f));
	to[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

/* Reads the escape at p, which begins with a backslash; the text ends with a
 * NUL, which no escape passes. Returns its length, 0 with *fault_r set when it
 * is none; *c_r is the character. */
static size_t read_escape(const char *p, uint32_t *c_r, const char **fault_r)
{
	static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
	const char *letter = p[1] == '\0' ? NULL : strchr(letters, p[1]);
	int high, low;

	if (letter != NULL) {
		*c_r = (unsigned char)meant[letter - letters];
		return 2;
	}
	high = p[1] == 'u' ? hex4(p + 2) : -1;
	*fault_r = NULL;
	if (p[1] != 'u')
		*fault_r = "an escape that JSON does not know; a backslash is written \\\\";
	else if (high < 0)
		*fault_r = "\\u without four hexadecimal digits";
	else if (high == 0)
		*fault_r = "\\u0000; NUL cannot be part of a string";
	else if (high >= 0xdc00 && high < 0xe000)
		*fault_r = "the second half of a surrogate pair without the first";
	if (*fault_r != NULL)
		return 0;
	*c_r = (uint32_t)high;
	if (high < 0xd800 || high >= 0xe000)
		return 6;
	low = p[6] == '\\' && p[7] == 'u' ? hex4(p + 8) : -1;
	if (low < 0xdc00 || low >= 0xe000) {
		*fault_r = "the first half of a surrogate pair without the second";
		return 0;
	}
	*c_r = 0x10000U + (((uint32_t)high - 0xd800U) << 10) + ((uint32_t)low - 0xdc00U);
	return 12;
}

/* What is wrong with the character at p that stands for itself, NULL when nothing. */
static const char *plain_fault(const char *p, size_t len, size_t *len_r)
{
	*len_r = rs_utf8_char(p, len, NULL);
	if (*len_r == 0) {
		*len_r = 1;
		return "a byte that is not UTF-8";
	}
	if (*p == '\0')
		return "a NUL byte";
	return (unsigned char)*p < 0x20 ? "a control byte; write it as \\u00.." : NULL;
}

/* Goes over the string whose opening quote is behind us. out, when not NULL,
 * takes the decoded string, which is never longer. The first fault in it is
 * told; the string goes on behind it. */
static int scan_string_body(struct scan *s, char *out, size_t *out_len_r)
{
	const char *told = NULL;
	size_t out_len = 0;

	for (;;) {
		const char *p = s->text + s->pos, *fault = NULL;
		uint32_t c;
		size_t n;

		if (s->pos >= s->len || *p == '\n') {
			scan_error(s, s->line, "a string is not closed on its line");
			return -1;
		}
		if (*p == '"')
			break;
		if (*p == '\\') {
			n = read_escape(p, &c, &fault);
			if (fault == NULL && out != NULL)
				out_len += put_utf8(out + out_len, c);
			/* An escaped quote does not end the string, whatever the fault. */
			n = n == 0 ? 1 : n;
		} else {
			fault = plain_fault(p, s->len - s->pos, &n);
			if (out != NULL)
				memcpy(out + out_len, p, n);
			out_len += n;
		}
		if (fault != NULL && told == NULL) {
			scan_error(s, s->line, "a string has %s", fault);
			told = fault;
		}
		s->pos += n;
	}
	s->pos++;
	*out_len_r = out_len;
	return 0;
}

int scan_string(struct scan *s, struct scan_key *key)
{
	size_t start = ++s->pos, len;
	char *out;

	if (scan_string_body(s, NULL, &len) < 0)
		return -1;
	if (key == NULL)
		return 0;
	key->text = s->text + start;
	key->len = s->pos - start - 1;
	if (memchr(key->text, '\\', key->len) == NULL || s->errors > 0)
		return 0;
	out = rs_arena_alloc(&s->decoded, key->len + 1);
	if (out == NULL) {
		return scan_no_memory(s);
	}
	s->pos = start;
	key->text = out;
	return scan_string_body(s, out, &key->len);
}

/* The length of the run of bytes up to white space, punctuation or a comment. */
static size_t word_length(const char *p, size_t len, const char *stop)
{
	size_t n = 0;

	while (n < len && p[n] != '\0' && (unsigned char)p[n] < 0x80 &&
	       strchr(stop, p[n]) == NULL &&
	       !(p[n] == '/' && n + 1 < len && (p[n + 1] == '/' || p[n + 1] == '*')))
		n++;
	return n;
}

static size_t digits(const char *p)
{
	return strspn(p, "0123456789");
}

/* NULL when the word is a number as RFC 8259, 6 has it, else what is wrong. */
static const char *check_number(const char *word, size_t len)
{
	const char *p = word + (*word == '-');
	size_t n = digits(p);
	bool integer = true;

	if (n > 1 && *p == '0')
		return "begins with a zero; leave it out";
	if (n == 0)
		return "is not JSON; strings take double quotes";
	p += n;
	if (*p == '.') {
		integer = false;
		n = digits(++p);
		p += n;
	}
	if (n > 0 && (*p == 'e' || *p == 'E')) {
		integer = false;
		p++;
		p += *p == '+' || *p == '-';
		n = digits(p);
		p += n;
	}
	if (n == 0 || p != word + len)
		return "is not a number; strings take double quotes";
	errno = 0;
	if (integer && (strtoll(word, NULL, 10), errno == ERANGE))
		return "is out of range: integers have 64 bits";
	return NULL;
}

static const char *check_word(const char *word, size_t len)
{
	static const char *const words[] = { "true", "false", "null" };
	static const char *const hints[] = {
		"is not JSON; did you mean \"true\" without quotes?",
		"is not JSON; did you mean \"false\" without quotes?",
		"is not JSON; did you mean \"null\" without quotes?",
	};

	if (*word == '-' || (*word >= '0' && *word <= '9'))
		return check_number(word, len);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strlen(words[i]) != len || !rs_same_fold(word, words[i], len))
			continue;
		return strncmp(word, words[i], len) == 0 ? NULL : hints[i];
	}
	return "is not JSON; strings take double quotes";
}

int scan_word(struct scan *s)
{
	const char *word = s->text + s->pos, *fault;
	size_t len = word_length(word, s->len - s->pos, " \t\r\n,[]{}\"");

	if (len == 0)
		return scan_unexpected(s, "a value");
	fault = check_word(word, len);
	if (fault != NULL)
		scan_error(s, s->line, "%.*s %s", len > 60 ? 60 : (int)len, word, fault);
	s->pos += len;
	return 0;
}

int scan_bad_key(struct scan *s, struct scan_key *key)
{
	const char *word = s->text + s->pos;
	size_t len = word_length(word, s->len - s->pos, " \t\r\n,[]{}\":");

	if (len == 0)
		return scan_unexpected(s, "a key in double quotes");
	scan_error(s, s->line, "%.*s is not JSON; keys take double quotes",
		   len > 60 ? 60 : (int)len, word);
	s->pos += len;
	key->text = word;
	key->len = len;
	return 0;
}

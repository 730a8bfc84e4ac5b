/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "cli.h"
#include "why.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY 86400
#define DAYS 14

static const char plain[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789@._+:,/-";

/* Whether a terminal shows the text as it is. */
static bool is_printable(const char *text)
{
	char *printable = rs_printable(text);
	bool same = printable != NULL && strcmp(printable, text) == 0;

	free(printable);
	return same;
}

/* As a word of a shell; of bytes that cannot be shown, in the form $'...' (POSIX, 2024). */
static void put_word(FILE *out, const char *text)
{
	if (text[strspn(text, plain)] == '\0') {
		(void)fputs(text, out);
	} else if (is_printable(text)) {
		(void)fputc('\'', out);
		for (; *text != '\0'; text++)
			(void)fputs(*text == '\'' ? "'\\''" : (char[]){ *text, '\0' }, out);
		(void)fputc('\'', out);
	} else {
		(void)fputs("$'", out);
		for (; *text != '\0'; text++) {
			if (strchr(plain, *text) != NULL)
				(void)fputc(*text, out);
			else
				/* Octal ends behind three digits; hexadecimal goes on. */
				(void)fprintf(out, "\\%03o", (unsigned)(unsigned char)*text);
		}
		(void)fputc('\'', out);
	}
}

static void put_option(FILE *out, const char *option, const char *value)
{
	if (value == NULL)
		return;
	(void)fprintf(out, " --%s=", option);
	put_word(out, value);
}

char *rs_why_command(const struct why *why, const char *relay)
{
	int64_t days = rs_policy_exceptions(why->kept.policy)->longest / DAY;
	bool dash = why->user.name[0] == '-';
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (out == NULL)
		return NULL;
	(void)fputs("relaysentry except ", out);
	if (!dash) {
		put_word(out, why->user.name);
		(void)fprintf(out, " %s ", relay);
	}
	(void)fprintf(out, "--until=+%" PRId64 "d --reason=TEXT", days < DAYS ? days : DAYS);
	/* So that it changes the dictionary that was asked here. */
	put_option(out, "policy", why->kept.policy_path);
	put_option(out, "base-dir", why->kept.base_dir);
	if (dash) {
		(void)fputs(" -- ", out);
		put_word(out, why->user.name);
		(void)fprintf(out, " %s", relay);
	}
	return rs_cli_memory_text(out, &text);
}

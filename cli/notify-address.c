/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "cli.h"
#include "notify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* RFC 5321, 4.5.3.1. */
#define LOCAL_MAX 64U
#define DOMAIN_MAX 253U
#define LABEL_MAX 63U

#define ALNUM "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
/* Fewer than RFC 5322 allows: % and ! are routes to some servers, | and / commands and
 * files, and the rest is more often an attack than a name. */
#define LOCAL_CHARS ALNUM "._+-=~'&#"

static bool local_valid(const char *local, size_t len)
{
	if (len == 0 || len > LOCAL_MAX || strspn(local, LOCAL_CHARS) < len)
		return false;
	/* A minus could be taken for an option. */
	if (local[0] == '.' || local[0] == '-' || local[len - 1] == '.')
		return false;
	for (size_t i = 1; i < len; i++) {
		if (local[i] == '.' && local[i - 1] == '.')
			return false;
	}
	return true;
}

static bool domain_valid(const char *domain)
{
	if (strlen(domain) > DOMAIN_MAX)
		return false;
	for (;;) {
		size_t len = strspn(domain, ALNUM "-");

		if (len == 0 || len > LABEL_MAX || domain[0] == '-' || domain[len - 1] == '-')
			return false;
		domain += len;
		if (*domain == '\0')
			return true;
		if (*domain++ != '.')
			return false;
	}
}

bool rs_notify_address_valid(const char *address)
{
	const char *at = strchr(address, '@');

	return at != NULL && local_valid(address, (size_t)(at - address)) && domain_valid(at + 1);
}

bool rs_notify_user_valid(const char *user)
{
	return strchr(user, '@') != NULL ? rs_notify_address_valid(user)
					 : local_valid(user, strlen(user));
}

/* What a placeholder stands for; len: of its name. NULL: there is none of this name. */
static const char *part(const char *name, size_t len, const char *user, size_t *part_len_r)
{
	const char *at = strrchr(user, '@');
	size_t local = at != NULL ? (size_t)(at - user) : strlen(user);

	*part_len_r = strlen(user);
	if (len == 4 && memcmp(name, "user", len) == 0)
		return user;
	if (len == 9 && memcmp(name, "localpart", len) == 0) {
		*part_len_r = local;
		return user;
	}
	if (len == 6 && memcmp(name, "domain", len) == 0) {
		*part_len_r -= at != NULL ? local + 1 : local;
		return at != NULL ? at + 1 : "";
	}
	return NULL;
}

/* out NULL: only looks whether all placeholders are known. */
static bool fill(FILE *out, const char *template, const char *user)
{
	while (*template != '\0') {
		size_t len = strcspn(template, "{"), part_len;
		const char *text;

		if (out != NULL)
			(void)fwrite(template, 1, len, out);
		template += len;
		if (*template == '\0')
			break;
		len = strcspn(++template, "}");
		text = part(template, len, user, &part_len);
		if (text == NULL || template[len] == '\0')
			return false;
		if (out != NULL)
			(void)fwrite(text, 1, part_len, out);
		template += len + 1;
	}
	return true;
}

bool rs_notify_address_template_valid(const char *template)
{
	return fill(NULL, template, "");
}

char *rs_notify_address(const char *template, const char *user)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (out == NULL)
		return NULL;
	(void)fill(out, template, user);
	if (ferror(out) != 0) {
		(void)fclose(out);
		free(text);
		return NULL;
	}
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

/* A header is one line. */
static bool has_no_controls(const char *text)
{
	for (; *text != '\0'; text++) {
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return false;
	}
	return true;
}

int rs_notify_sender_parse(const char *text, struct notify_sender *sender_r)
{
	const char *bracket = strchr(text, '<');
	size_t len = strlen(text), name_len = 0;
	char *copy = strdup(text);

	if (copy == NULL)
		return -2;
	sender_r->name = copy;
	sender_r->address = text;
	if (bracket != NULL && text[len - 1] == '>') {
		/* One allocation: the name, then the address. */
		name_len = (size_t)(bracket - text);
		copy[len - 1] = '\0';
		sender_r->address = copy + name_len + 1;
		while (name_len > 0 && copy[name_len - 1] == ' ')
			name_len--;
		if (name_len >= 2 && copy[0] == '"' && copy[name_len - 1] == '"') {
			memmove(copy, copy + 1, name_len - 2);
			name_len -= 2;
		}
	}
	copy[name_len] = '\0';
	if (rs_notify_address_valid(sender_r->address) && has_no_controls(copy))
		return 0;
	free(copy);
	sender_r->name = NULL;
	return -1;
}

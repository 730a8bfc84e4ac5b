/* SPDX-License-Identifier: MIT */
#include "policy-reader.h"
#include "strbuf.h"

#include <relaysentry/catalogue.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One condition being read. */
struct source {
	struct rs_policy_reader *reader;
	const struct rs_json *value;
	const char *where;
	struct rs_conds *conds;
};

static void read_relays(struct source *s)
{
	size_t count = rs_reader_count(s->value), kept = 0;
	uint32_t *numbers = rs_reader_alloc(s->reader, count * sizeof(*numbers));

	for (size_t i = 0; numbers != NULL && i < count; i++) {
		const struct rs_json *item = rs_reader_at(s->value, i);
		const char *text = rs_reader_string(s->reader, item);
		uint32_t number = text == NULL ? RS_NO_NUMBER
					       : rs_reader_relay(s->reader, item, text, s->where);

		if (number != RS_NO_NUMBER)
			numbers[kept++] = number;
	}
	s->conds->relays = numbers;
	s->conds->relay_count = kept;
}

/* The values' bits: 1 << place in words. */
static unsigned read_bits(struct source *s, const char *const *words, size_t count,
			  const char *what)
{
	unsigned bits = 0;

	for (size_t i = 0; i < rs_reader_count(s->value); i++) {
		int index =
			rs_reader_word(s->reader, rs_reader_at(s->value, i), words, count, what);

		if (index >= 0)
			bits |= 1U << index;
	}
	return bits;
}

static int compare_words(const void *a, const void *b)
{
	const struct rs_word *x = a, *y = b;

	if (x->len != y->len)
		return x->len < y->len ? -1 : 1;
	return memcmp(x->text, y->text, x->len);
}

static void sort_words(struct rs_words *words)
{
	size_t kept = 0;

	if (words->items == NULL)
		return;
	if (words->count > 1)
		qsort(words->items, words->count, sizeof(*words->items), compare_words);
	for (size_t i = 0; i < words->count; i++) {
		if (kept == 0 || compare_words(&words->items[kept - 1], &words->items[i]) != 0)
			words->items[kept++] = words->items[i];
	}
	words->count = kept;
}

/* Turns one item into a word; NULL with an error. */
typedef const char *word_function(struct rs_policy_reader *reader, const struct rs_json *item,
				  const char *text);

static void read_words(struct source *s, word_function *make, struct rs_words *words_r)
{
	size_t count = rs_reader_count(s->value);
	struct rs_word *items = rs_reader_alloc(s->reader, count * sizeof(*items));

	words_r->items = items;
	for (size_t i = 0; items != NULL && i < count; i++) {
		const struct rs_json *item = rs_reader_at(s->value, i);
		const char *text;

		if (rs_json_type(item) == RS_JSON_BOOL && s->conds->master != 0)
			continue;
		text = rs_reader_string(s->reader, item);
		if (text != NULL && (text = make(s->reader, item, text)) != NULL)
			items[words_r->count++] = (struct rs_word){ text, (uint32_t)strlen(text) };
	}
	sort_words(words_r);
}

static const char *make_lower(struct rs_policy_reader *reader, const char *text)
{
	size_t len = strlen(text);
	char *copy = rs_reader_alloc(reader, len + 1);

	for (size_t i = 0; copy != NULL && i < len; i++)
		copy[i] = rs_lower(text[i]);
	return copy;
}

/* A service or mechanism. Unknown ones are for lint: Dovecot may know more. */
static const char *make_word(struct rs_policy_reader *reader, const struct rs_json *item,
			     const char *text)
{
	size_t len = strlen(text);

	if (len == 0 || len > RS_POLICY_WORD_MAX ||
	    strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") !=
		    len) {
		rs_json_complain(reader->diags, RS_LEVEL_ERROR, item,
				 "\"%s\" is no name of a service or mechanism; write one like "
				 "imap, submission or PLAIN",
				 text);
		return NULL;
	}
	return make_lower(reader, text);
}

static const char *make_group(struct rs_policy_reader *reader, const struct rs_json *item,
			      const char *text)
{
	size_t len = strlen(text);
	const char *error = NULL;

	if (len == 0 || text[0] == ' ' || text[len - 1] == ' ')
		error = "is empty or has blanks at its ends, and no group is called so";
	else if (len > RS_POLICY_NAME_MAX)
		error = "is too long for a group";
	else if (strchr(text, ',') != NULL)
		error = "has a comma, which separates groups; write a list of strings";
	if (error == NULL)
		return make_lower(reader, text);
	rs_json_complain(reader->diags, RS_LEVEL_ERROR, item, "\"%s\" %s", text, error);
	return NULL;
}

static const char *make_master(struct rs_policy_reader *reader, const struct rs_json *item,
			       const char *text)
{
	if (text[0] != '*' && text[0] != '@')
		return rs_reader_user(reader, item, text);
	rs_json_complain(reader->diags, RS_LEVEL_ERROR, item,
			 "\"%s\" is no master user; write true for any of them, or a name", text);
	return NULL;
}

static void read_users(struct source *s)
{
	struct rs_words *users = &s->conds->users;

	read_words(s, rs_reader_user, users);
	s->conds->any_user = rs_words_have(users, "*", 1);
}

static void read_tls(struct source *s)
{
	for (size_t i = 0; i < rs_reader_count(s->value); i++) {
		const struct rs_json *item = rs_reader_at(s->value, i);
		bool tls = false;

		rs_reader_bool(s->reader, item, &tls);
		s->conds->tls |= tls ? 2U : 1U;
	}
}

static void read_master(struct source *s)
{
	unsigned bits = 0;

	for (size_t i = 0; i < rs_reader_count(s->value); i++) {
		const struct rs_json *item = rs_reader_at(s->value, i);

		if (rs_json_type(item) == RS_JSON_BOOL)
			bits |= rs_json_bool(item) ? RS_MASTER_ANY : RS_MASTER_NONE;
		else
			bits |= RS_MASTER_NAMED;
	}
	s->conds->master = bits;
	if ((bits & RS_MASTER_NAMED) != 0)
		read_words(s, make_master, &s->conds->masters);
}

/* Of several, the widest counts: a list is OR. */
static void read_when(struct source *s, bool before)
{
	int64_t *limit = before ? &s->conds->not_before : &s->conds->not_after;
	int64_t first, end;

	*limit = before ? INT64_MAX : INT64_MIN;
	for (size_t i = 0; i < rs_reader_count(s->value); i++) {
		if (!rs_reader_when(s->reader, rs_reader_at(s->value, i), &first, &end))
			continue;
		if (before && first < *limit)
			*limit = first;
		if (!before && end > *limit)
			*limit = end;
	}
}

static void read_classes(struct source *s)
{
	const char *names[RS_CLASS_COUNT];

	for (int i = 0; i < RS_CLASS_COUNT; i++)
		names[i] = rs_class_name((enum rs_class)i);
	s->conds->classes = read_bits(s, names, RS_CLASS_COUNT, "a class");
}

static void read_credentials(struct source *s)
{
	const char *names[RS_CREDENTIAL_COUNT];

	for (int i = 0; i < RS_CREDENTIAL_COUNT; i++)
		names[i] = rs_credential_name((enum rs_credential)i);
	s->conds->credentials = read_bits(s, names, RS_CREDENTIAL_COUNT, "a credential");
}

static void read_cond(struct source *s, enum rs_cond cond)
{
	struct rs_conds *conds = s->conds;

	switch (cond) {
	case RS_COND_RELAY:
		read_relays(s);
		break;
	case RS_COND_CLASS:
		read_classes(s);
		break;
	case RS_COND_NETWORK:
		rs_reader_networks(s->reader, s->value, false, &conds->networks);
		break;
	case RS_COND_VIA:
		rs_reader_networks(s->reader, s->value, false, &conds->vias);
		break;
	case RS_COND_USER:
		read_users(s);
		break;
	case RS_COND_GROUP:
		read_words(s, make_group, &conds->groups);
		break;
	case RS_COND_SERVICE:
		read_words(s, make_word, &conds->services);
		break;
	case RS_COND_MECHANISM:
		read_words(s, make_word, &conds->mechanisms);
		break;
	case RS_COND_CREDENTIAL:
		read_credentials(s);
		break;
	case RS_COND_TLS:
		read_tls(s);
		break;
	case RS_COND_MASTER:
		read_master(s);
		break;
	case RS_COND_NOT_BEFORE:
	case RS_COND_NOT_AFTER:
		read_when(s, cond == RS_COND_NOT_BEFORE);
		break;
	case RS_COND_COUNT:
		break;
	}
}

void rs_reader_conds(struct rs_policy_reader *reader, const struct rs_json *object,
		     const char *where, struct rs_conds *conds)
{
	const struct rs_json *min_tls = rs_json_member(object, "min_tls");
	const unsigned both = 1U << RS_COND_NOT_BEFORE | 1U << RS_COND_NOT_AFTER;

	for (int i = 0; i < RS_COND_COUNT; i++) {
		struct source s = { reader, rs_json_member(object, rs_cond_names[i]), where,
				    conds };

		if (s.value == NULL)
			continue;
		conds->present |= 1U << i;
		if (rs_reader_not_empty(reader, s.value))
			read_cond(&s, (enum rs_cond)i);
	}
	/* A rule that silently never matches would be taken for a safeguard. */
	if (min_tls != NULL)
		rs_json_complain(
			reader->diags, RS_LEVEL_ERROR, min_tls,
			"cannot be known: Dovecot 2.3 to 2.4.5 does not tell auth which version of "
			"TLS a login used; leave it out, and let Dovecot refuse older versions for "
			"everybody, with ssl_min_protocol = TLSv1.2 in dovecot.conf");
	if ((conds->present & both) == both && conds->not_after != INT64_MIN &&
	    conds->not_before >= conds->not_after)
		rs_json_complain(reader->diags, RS_LEVEL_ERROR, rs_json_member(object, "not_after"),
				 "lies before not_before, and no time is between them; swap them "
				 "or correct one");
}

/* SPDX-License-Identifier: MIT */
#include "logscan-format.h"

#include "ascii.h"
#include "logscan-internal.h"

/* How often a line is tried in another way. */
#define STEPS_MAX 512U

static const struct rs_log_key defaults[] = {
	{ "method", false, false }, { "rip", false, false },	{ "lip", false, false },
	{ "mpid", false, false },   { "session", true, false },
};
#define DEFAULT_COUNT (sizeof(defaults) / sizeof(*defaults))
enum { KEY_METHOD, KEY_RIP, KEY_SESSION = 4 };
/* TLS and secured have no key; one of them. */
#define SECURED_BIT (1U << (DEFAULT_COUNT + RS_LOG_KEYS_MAX))
_Static_assert(DEFAULT_COUNT + RS_LOG_KEYS_MAX < 31, "each has a bit");

struct split {
	const struct rs_log_format *format;
	const char *end;
	unsigned required; /* bits of keys that the line must have */
	unsigned steps, ways;
	bool swallows, found_swallows; /* some value has what looks like an element */
	struct rs_log_elements now, found;
};

static bool is_key(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

/* The key that stands there and ends at a "="; its number, -1 when it is not known. */
static int find_key(const struct rs_log_format *format, const char *text, const char *end,
		    const struct rs_log_key **key_r, const char **value_r)
{
	const char *at = text;
	size_t len;

	while (at < end && is_key(*at))
		at++;
	len = (size_t)(at - text);
	if (len == 0 || len > RS_LOG_KEY_MAX || at == end || *at != '=')
		return -1;
	*value_r = at + 1;
	for (size_t i = 0; i < DEFAULT_COUNT + format->key_count; i++) {
		*key_r = i < DEFAULT_COUNT ? &defaults[i] : &format->keys[i - DEFAULT_COUNT];
		if (strncmp((*key_r)->name, text, len) == 0 && (*key_r)->name[len] == '\0')
			return (int)i;
	}
	return -1;
}

/* Up to the comma of the next element, or the end; NULL when it has a bracket. */
static const char *plain_end(const char *text, const char *end)
{
	const char *comma = rs_find(text, end, ", ");

	if (comma == NULL)
		comma = end;
	return memchr(text, '<', (size_t)(comma - text)) == NULL &&
			       memchr(text, '>', (size_t)(comma - text)) == NULL
		       ? comma
		       : NULL;
}

/* Whether something like `, key=` stands there. */
static bool has_element(const char *text, const char *end)
{
	while ((text = rs_find(text, end, ", ")) != NULL) {
		const char *key = text + 2;

		for (text = key; text < end && is_key(*text);)
			text++;
		if (text > key && text < end && *text == '=')
			return true;
	}
	return false;
}

static void split_rest(struct split *split, const char *text, unsigned used);

/* A value in brackets may have any bytes: each bracket can be its end. */
static void split_brackets(struct split *split, const char *value, unsigned used)
{
	const bool before = split->swallows;
	const char *text = value;

	while (split->ways < 2 && (text = memchr(text, '>', (size_t)(split->end - text))) != NULL) {
		text++;
		if (text != split->end && *text != ',')
			continue;
		split->swallows = before || has_element(value, text);
		split_rest(split, text, used);
	}
	split->swallows = before;
}

/* Dovecot makes the session's id, or a proxy that it trusts: it has no commas or blanks. */
static void split_session(struct split *split, const char *text, unsigned used)
{
	while (text < split->end && strchr("<>, ", *text) == NULL)
		text++;
	if (text < split->end && *text == '>')
		split_rest(split, text + 1, used);
}

static void split_key(struct split *split, const char *text, unsigned used)
{
	const struct rs_log_elements before = split->now;
	const struct rs_log_key *key;
	const char *value, *next;
	int number = find_key(split->format, text, split->end, &key, &value);

	if (number < 0 || (used & 1U << number) != 0)
		return;
	used |= 1U << number;
	if (number == KEY_METHOD)
		split->now.method = value;
	if (number == KEY_RIP)
		split->now.rip = value;
	if (number == KEY_SESSION && value < split->end && *value == '<')
		split_session(split, value + 1, used);
	else if (key->brackets && value < split->end && *value == '<')
		split_brackets(split, value + 1, used);
	else if ((next = plain_end(value, split->end)) != NULL)
		split_rest(split, next, used);
	split->now = before;
}

/* All ways to read what stands behind an element. Nested as deep as there are keys. */
static void split_rest(struct split *split, const char *text, unsigned used)
{
	const struct rs_log_elements before = split->now;
	const char *next;

	if (++split->steps > STEPS_MAX)
		split->ways = 2;
	if (split->ways >= 2)
		return;
	if (text == split->end) {
		if (split->now.rip != NULL && (used & split->required) == split->required) {
			split->found = split->now;
			split->found_swallows = split->swallows;
			split->ways++;
		}
		return;
	}
	if (!RS_BEGINS(text, split->end, ", "))
		return;
	text += 2;
	if (RS_BEGINS(text, split->end, "TLS") || RS_BEGINS(text, split->end, "TSL") ||
	    RS_BEGINS(text, split->end, "secured")) {
		next = plain_end(text, split->end);
		if (next == NULL || (used & SECURED_BIT) != 0)
			return;
		split->now.tls = true;
		split_rest(split, next, used | SECURED_BIT);
		split->now = before;
		return;
	}
	split_key(split, text, used);
}

/* How many brackets before limit could end a name: the first one in *close_r. */
static unsigned count_closes(const char *name, const char *limit, const char *end,
			     const char **close_r)
{
	unsigned count = 0;

	*close_r = NULL;
	for (const char *at = name; (at = memchr(at, '>', (size_t)(limit - at))) != NULL;) {
		at++;
		if (at != end && *at != ',')
			continue;
		if (count++ == 0)
			*close_r = at - 1;
	}
	return count;
}

/* Nothing in the line looks like a second end, or a second address: whatever its elements
 * are, there is one way. An address that ends the line may have lost its end. */
static enum rs_scan split_simply(const char *name, const char *end,
				 struct rs_log_elements *elements)
{
	const char *rip, *close;
	unsigned rips = rs_find_all(name, end, ", rip=", &rip);
	unsigned closes;

	if (rips + (elements->rip != NULL) > 1 ||
	    (rip != NULL && memchr(rip + 6, ',', (size_t)(end - (rip + 6))) == NULL))
		return RS_SCAN_AMBIGUOUS;
	closes = count_closes(name, rip != NULL ? rip : end, end, &close);
	if (closes == 0)
		return memchr(name, '>', (size_t)(end - name)) == NULL ? RS_SCAN_CUT
								       : RS_SCAN_AMBIGUOUS;
	if (closes > 1)
		return RS_SCAN_AMBIGUOUS;
	elements->close = close;
	if (rip != NULL)
		elements->rip = rip + 6;
	if (elements->method == NULL) {
		elements->method = rs_find(close, end, ", method=");
		if (elements->method != NULL)
			elements->method += 9;
	}
	elements->tls = elements->tls || rs_find(close, end, ", TLS") != NULL ||
			rs_find(close, end, ", secured") != NULL;
	return RS_SCAN_LOGIN;
}

/* Tries each bracket before limit as the end of the name. */
static void split_all(struct split *split, const char *name, const char *limit, unsigned used)
{
	const char *inner = NULL; /* behind the first bracket, which may be the name's own */

	split->steps = 0;
	for (const char *at = name;
	     split->ways < 2 && (at = memchr(at, '>', (size_t)(limit - at))) != NULL;) {
		split->now.close = at++;
		split->swallows = inner != NULL && has_element(inner, split->now.close);
		inner = inner != NULL ? inner : at;
		split_rest(split, at, used);
	}
}

enum rs_scan rs_log_format_split(const struct rs_log_format *format, const char *name,
				 const char *end, struct rs_log_elements *elements)
{
	struct split split = { .format = format, .end = end, .now = *elements };
	unsigned used = (elements->rip != NULL ? 1U << KEY_RIP : 0) |
			(elements->method != NULL ? 1U << KEY_METHOD : 0) |
			(elements->session ? 1U << KEY_SESSION : 0) |
			(elements->tls ? SECURED_BIT : 0);
	const char *limit =
		end - name > RS_LOG_DOVECOT_USER_MAX ? name + RS_LOG_DOVECOT_USER_MAX + 1 : end;
	enum rs_scan scan = split_simply(name, end, elements);

	if (scan != RS_SCAN_AMBIGUOUS || !format->learned)
		return scan;
	/* Clients can send nothing that an element would show, and have it in their names; but
	 * not so where it shows the name. */
	for (int strict = 1; strict >= 0 && split.ways == 0; strict--) {
		split.required = format->session ? 1U << KEY_SESSION : 0;
		for (size_t i = 0; strict > 0 && i < format->key_count; i++)
			split.required |= format->keys[i].names ? 1U << (DEFAULT_COUNT + i) : 0;
		split_all(&split, name, limit, used);
	}
	/* The true way is not among those that were tried when some element is not known, or
	 * has a bracket: then the way that was found has taken it for a piece of a value. */
	if (split.ways != 1 || split.found_swallows)
		return RS_SCAN_AMBIGUOUS;
	*elements = split.found;
	return RS_SCAN_LOGIN;
}

/* --- learning --- */

/* What a domain may stand behind. */
static size_t local_len(const char *name, size_t len)
{
	const char *at = memchr(name, '@', len);

	return at != NULL ? (size_t)(at - name) : len;
}

/* Whether the value, in brackets, is the name of the line's user, too, whatever the domain. */
static bool is_name(const char *value, const char *end, const struct rs_log_span *user)
{
	size_t local = local_len(user->text, user->len), len;

	if (value == end || *value++ != '<')
		return false;
	len = (size_t)(rs_log_simple_name(value, end) - value);
	return value + len < end && value[len] == '>' && local_len(value, len) == local &&
	       rs_same_fold(value, user->text, local);
}

static void count_key(struct rs_log_census *census, const char *text, const char *value,
		      const char *end, const struct rs_log_span *user)
{
	size_t i = 0, len = (size_t)(value - 1 - text);

	while (i < census->key_count &&
	       (strncmp(census->keys[i].name, text, len) != 0 || census->keys[i].name[len] != '\0'))
		i++;
	if (i == RS_LOG_KEYS_MAX)
		return;
	if (i == census->key_count) {
		memset(&census->keys[i], 0, sizeof(census->keys[i]));
		memcpy(census->keys[i].name, text, len);
		census->counts[i] = census->names[i] = 0;
		census->key_count++;
	}
	if (value < end && *value == '<')
		census->keys[i].brackets = true;
	census->counts[i]++;
	census->names[i] += is_name(value, end, user);
}

/* Each element, whether a comma stands in a value or not: what is rare does not count. */
static void count_elements(struct rs_log_census *census, const char *text, const char *end,
			   const struct rs_log_span *user)
{
	const struct rs_log_format none = { .key_count = 0 };

	while (text < end) {
		const char *next = rs_find(text, end, ", "), *value = text;
		const struct rs_log_key *key;
		int number = find_key(&none, text, end, &key, &value);

		if (number == KEY_SESSION)
			census->sessions++;
		else if (number < 0 && value > text && !RS_BEGINS(text, end, "user="))
			count_key(census, text, value, end, user);
		text = next != NULL ? next + 2 : end;
	}
}

static bool is_simple(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       strchr("@._-", c) != NULL;
}

const char *rs_log_simple_name(const char *text, const char *end)
{
	while (text < end && *text != '\0' && is_simple(*text))
		text++;
	return text;
}

void rs_log_census_line(struct rs_log_census *census, const char *text, const char *end)
{
	const char *name = rs_find(text - 1, end, " user=<"), *close;
	struct rs_log_span user;

	if (name == NULL)
		return;
	name += 7;
	close = rs_log_simple_name(name, end);
	if (close == end || *close != '>')
		return;
	user = (struct rs_log_span){ name, (size_t)(close - name) };
	census->lines++;
	count_elements(census, text, end, &user);
}

void rs_log_census_end(const struct rs_log_census *census, struct rs_log_format *format)
{
	/* Too few to tell: one of them may be somebody's invention. */
	if (census->lines < 3)
		return;
	format->learned = true;
	format->session = 10 * census->sessions >= 9 * census->lines;
	format->key_count = 0;
	for (size_t i = 0; i < census->key_count; i++) {
		if (2 * census->counts[i] <= census->lines)
			continue;
		format->keys[format->key_count] = census->keys[i];
		format->keys[format->key_count++].names = 2 * census->names[i] > census->lines;
	}
}

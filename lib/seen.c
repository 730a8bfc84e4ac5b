/* SPDX-License-Identifier: MIT */
#include <relaysentry/seen.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The end of the year 9999: what is added to a time cannot overflow. */
#define TIME_MAX UINT64_C(253402300799)

const char *rs_alert_kind_name(enum rs_alert_kind kind)
{
	static const char *const names[RS_ALERT_KINDS] = {
		[RS_ALERT_ALERT] = "alert",
		[RS_ALERT_DENY] = "deny",
		[RS_ALERT_TESTING] = "testing",
	};

	return names[kind];
}

const char *rs_seen_format(const struct rs_seen *seen, char buf[RS_SEEN_TEXT_SIZE])
{
	int used = snprintf(buf, RS_SEEN_TEXT_SIZE,
			    "first=%" PRId64 " last=%" PRId64 " count=%" PRIu64, seen->first,
			    seen->last, seen->count);

	for (int i = 0; i < RS_ALERT_KINDS; i++)
		used += snprintf(buf + used, RS_SEEN_TEXT_SIZE - (size_t)used,
				 " %s=%" PRId64 ",%" PRIu64,
				 rs_alert_kind_name((enum rs_alert_kind)i), seen->alerts[i].time,
				 seen->alerts[i].count);
	return buf;
}

/* Reads digits, which are moved over. */
static int parse_number(const char **text, uint64_t max, uint64_t *number_r)
{
	uint64_t number = 0;

	if (**text < '0' || **text > '9')
		return -1;
	for (; **text >= '0' && **text <= '9'; ++*text) {
		unsigned digit = (unsigned)(**text - '0');

		if (number > (max - digit) / 10)
			return -1;
		number = number * 10 + digit;
	}
	*number_r = number;
	return 0;
}

static int parse_time(const char **text, int64_t *time_r)
{
	uint64_t number;

	if (parse_number(text, TIME_MAX, &number) < 0)
		return -1;
	*time_r = (int64_t)number;
	return 0;
}

static int parse_alert(const char **text, struct rs_seen *seen, enum rs_alert_kind kind)
{
	if (parse_time(text, &seen->alerts[kind].time) < 0 || **text != ',')
		return -1;
	++*text;
	return parse_number(text, UINT64_MAX, &seen->alerts[kind].count);
}

#define WORDS (3 + RS_ALERT_KINDS)
#define NEEDED 7U /* the first three */

/* The value of the word with this number. */
static int parse_value(const char **text, size_t word, struct rs_seen *seen)
{
	switch (word) {
	case 0:
		return parse_time(text, &seen->first);
	case 1:
		return parse_time(text, &seen->last);
	case 2:
		return parse_number(text, UINT64_MAX, &seen->count);
	default:
		return parse_alert(text, seen, (enum rs_alert_kind)(word - 3));
	}
}

static size_t find_word(const char *text, size_t len)
{
	static const char *const words[3] = { "first", "last", "count" };

	for (size_t i = 0; i < WORDS; i++) {
		const char *word =
			i < 3 ? words[i] : rs_alert_kind_name((enum rs_alert_kind)(i - 3));

		if (strlen(word) == len && memcmp(word, text, len) == 0)
			return i;
	}
	return WORDS;
}

int rs_seen_parse(const char *text, struct rs_seen *seen_r)
{
	struct rs_seen seen = { 0 };
	unsigned found = 0;

	while (*(text += strspn(text, " ")) != '\0') {
		size_t len = strcspn(text, " "), key = strcspn(text, " =");
		const char *end = text + len;
		size_t word = key < len ? find_word(text, key) : WORDS;

		if (word < WORDS) {
			text += key + 1;
			if ((found & 1U << word) != 0 || parse_value(&text, word, &seen) < 0 ||
			    text != end)
				return -1;
			found |= 1U << word;
		}
		text = end;
	}
	if ((found & NEEDED) != NEEDED)
		return -1;
	*seen_r = seen;
	return 0;
}

static uint64_t add(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

/* An alert of ours counted without what others stored: what came since then stays
 * the same number. */
static uint64_t shifted(uint64_t count, uint64_t from, uint64_t to)
{
	if (to >= from)
		return add(count, to - from);
	return count > from - to ? count - (from - to) : 0;
}

void rs_seen_merge(struct rs_seen *own, uint64_t added, const struct rs_seen *stored)
{
	uint64_t count;

	if (stored == NULL)
		return;
	count = add(stored->count, added);
	if (own->first == 0 || (stored->first != 0 && stored->first < own->first))
		own->first = stored->first;
	if (stored->last > own->last)
		own->last = stored->last;
	for (int i = 0; i < RS_ALERT_KINDS; i++) {
		if (own->alerts[i].time > stored->alerts[i].time)
			own->alerts[i].count = shifted(own->alerts[i].count, own->count, count);
		else
			own->alerts[i] = stored->alerts[i];
	}
	own->count = count;
}

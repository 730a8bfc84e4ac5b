/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "audit-feed.h"

#include <string.h>

/* A line of at most RS_SCAN_LINE_MAX bytes, and its newline. */
#define WINDOW ((size_t)RS_SCAN_LINE_MAX + 1)
/* Where the last date of many lines is looked for. */
#define TAIL_LEN 2048U

void rs_audit_feed_begin(struct audit_feed *feed, struct rs_audit *audit, uint32_t file,
			 uint64_t begin, uint64_t end)
{
	feed->audit = audit;
	feed->file = file;
	feed->end = end;
	/* Whether a line begins there is told by the byte before. */
	feed->skipping = begin > 0;
	feed->offset = begin > 0 ? begin - 1 : 0;
	feed->last.len = 0;
	feed->carried = 0;
	rs_audit_file(audit, file, feed->offset);
}

static void find_last(struct audit_feed *feed, const char *text, size_t len)
{
	struct audit_date date;

	if (len > TAIL_LEN) {
		const char *tail = text + len - TAIL_LEN;
		const char *newline = memchr(tail, '\n', TAIL_LEN);

		if (newline == NULL)
			return;
		len = (size_t)(text + len - (newline + 1));
		text = newline + 1;
	}
	rs_audit_date_last(&date, text, len);
	if (date.len > 0)
		feed->last = date;
}

static int give(struct audit_feed *feed, const char *text, size_t len)
{
	feed->offset += len;
	find_last(feed, text, len);
	return rs_audit_lines(feed->audit, text, len);
}

/* Nobody needs the rest of it, and it may be as long as the disk. */
static void give_long(struct audit_feed *feed, const char *text)
{
	rs_audit_long_line(feed->audit, text, WINDOW);
	feed->skipping = true;
	feed->carried = 0;
}

/* Returns what follows the line's end; NULL: all of it is of that line. */
static const char *skip(struct audit_feed *feed, const char *text, const char *end)
{
	const char *newline = memchr(text, '\n', (size_t)(end - text));
	const char *after = newline != NULL ? newline + 1 : end;

	feed->offset += (uint64_t)(after - text);
	if (newline == NULL)
		return NULL;
	feed->skipping = false;
	rs_audit_file(feed->audit, feed->file, feed->offset);
	return after;
}

/* Completes the line that was begun. Returns what follows what was taken; NULL when memory
 * is short. */
static const char *complete(struct audit_feed *feed, const char *text, const char *end)
{
	size_t room = WINDOW - feed->carried, len = (size_t)(end - text);
	const char *newline = memchr(text, '\n', len < room ? len : room);
	size_t taken = newline != NULL ? (size_t)(newline + 1 - text) : len < room ? len : room;

	memcpy(feed->carry + feed->carried, text, taken);
	feed->carried += taken;
	if (newline != NULL) {
		len = feed->carried;
		feed->carried = 0;
		return give(feed, feed->carry, len) < 0 ? NULL : text + taken;
	}
	if (feed->carried == WINDOW) {
		feed->offset += WINDOW;
		give_long(feed, feed->carry);
	}
	return text + taken;
}

/* Hands over lines that are whole. Returns as above. */
static const char *give_lines(struct audit_feed *feed, const char *text, const char *end)
{
	size_t len = (size_t)(end - text);
	const char *newline;

	len = len < WINDOW ? len : WINDOW;
	newline = memrchr(text, '\n', len);
	if (newline == NULL && len < WINDOW) {
		memcpy(feed->carry, text, len);
		feed->carried = len;
		return end;
	}
	if (newline == NULL) {
		feed->offset += WINDOW;
		give_long(feed, text);
		return text + WINDOW;
	}
	/* The last line of the part is that which has the last byte of it. */
	if (feed->end - feed->offset < (uint64_t)(newline + 1 - text)) {
		size_t own = (size_t)(feed->end - feed->offset);

		newline = memchr(text + own - 1, '\n', len - (own - 1));
	}
	return give(feed, text, (size_t)(newline + 1 - text)) < 0 ? NULL : newline + 1;
}

int rs_audit_feed_take(struct audit_feed *feed, const char *text, size_t len)
{
	const char *end = text + len;

	while (text != NULL && text < end) {
		if (feed->skipping) {
			text = skip(feed, text, end);
			if (text == NULL)
				return feed->offset >= feed->end;
		} else if (feed->offset >= feed->end) {
			return 1;
		} else if (feed->carried > 0) {
			text = complete(feed, text, end);
		} else {
			text = give_lines(feed, text, end);
		}
	}
	if (text == NULL)
		return -1;
	return feed->offset >= feed->end;
}

int rs_audit_feed_end(struct audit_feed *feed)
{
	size_t len = feed->carried;

	feed->carried = 0;
	if (feed->skipping || len == 0 || feed->offset >= feed->end)
		return 0;
	return give(feed, feed->carry, len);
}

/* SPDX-License-Identifier: MIT */
#ifndef RS_FEED_H
#define RS_FEED_H

/* The feed formats: a table of readers, and the selection they share.
 * A new format is a line in feed.c and a reader. */

#include "source-add.h"

#include <relaysentry/json.h>

#include <stdbool.h>
#include <stddef.h>

struct rs_feed_member {
	const char *name;
	enum rs_json_type type; /* STRING, INT or BOOL; what the feed's entries hold */
	bool fold;		/* strings: upper and lower case are the same */
};
#define RS_FEED_MEMBERS_MAX 4

struct rs_feed;

struct rs_feed_format {
	const char *name;
	/* Exactly one of these: the feed is one JSON document, or a text. */
	void (*read_json)(struct rs_feed *feed, const struct rs_json *root);
	void (*read_text)(struct rs_feed *feed, const char *text, size_t len);
	/* What can be selected by; ended by name NULL. */
	struct rs_feed_member members[RS_FEED_MEMBERS_MAX + 1];
};

/* One value that "select" asks for. */
struct rs_feed_value {
	size_t member;		      /* index into the format's members */
	const struct rs_json *wanted; /* a scalar of the member's type */
	bool found;		      /* some entry has it */
};

/* A feed while it is read. */
struct rs_feed {
	const struct rs_feed_format *format;
	struct rs_source source;
	struct rs_feed_value *values; /* grouped by member; none: all is selected */
	size_t value_count;
};

/* Resolves select (NULL: none) into feed->values, which the caller frees.
 * Returns 0; -1 with errors added when it does not fit the format. */
int rs_feed_select(struct rs_feed *feed, const struct rs_json *select);
/* A warning for each value that no entry has. */
void rs_feed_select_unused(const struct rs_feed *feed);

/* Whether an entry is selected, one member after the other: true when nothing
 * is asked of this member, or when the entry's value is among what is asked.
 * NULL values match nothing. */
bool rs_feed_match_json(struct rs_feed *feed, const char *member, const struct rs_json *value);
bool rs_feed_match_text(struct rs_feed *feed, const char *member, const char *text, size_t len);

/* The member of object with this key when it has the right type; else NULL,
 * with an error when it is there with another type, or is missing and required. */
const struct rs_json *rs_feed_member(struct rs_feed *feed, const struct rs_json *object,
				     const char *key, enum rs_json_type type, bool required);
/* Whether value is of the type; an error when not. */
bool rs_feed_expect(struct rs_feed *feed, const struct rs_json *value, enum rs_json_type type);

/* The readers. */
void rs_feed_read_aws(struct rs_feed *feed, const struct rs_json *root);
void rs_feed_read_azure(struct rs_feed *feed, const struct rs_json *root);
void rs_feed_read_office365(struct rs_feed *feed, const struct rs_json *root);
void rs_feed_read_google(struct rs_feed *feed, const struct rs_json *root);
void rs_feed_read_oracle(struct rs_feed *feed, const struct rs_json *root);
void rs_feed_read_fastly(struct rs_feed *feed, const struct rs_json *root);
void rs_feed_read_github(struct rs_feed *feed, const struct rs_json *root);
void rs_feed_read_geofeed(struct rs_feed *feed, const char *text, size_t len);
void rs_feed_read_list(struct rs_feed *feed, const char *text, size_t len);
void rs_feed_read_spamhaus(struct rs_feed *feed, const char *text, size_t len);

#endif

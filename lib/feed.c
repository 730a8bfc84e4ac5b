/* SPDX-License-Identifier: MIT */
#include "feed.h"

#include <relaysentry/readfile.h>

#include <stdlib.h>
#include <string.h>

static const struct rs_feed_format formats[] = {
	{ .name = "aws",
	  .read_json = rs_feed_read_aws,
	  .members = { { .name = "service", .type = RS_JSON_STRING },
		       { .name = "region", .type = RS_JSON_STRING } } },
	{ .name = "azure",
	  .read_json = rs_feed_read_azure,
	  .members = { { .name = "name", .type = RS_JSON_STRING },
		       { .name = "region", .type = RS_JSON_STRING },
		       { .name = "systemService", .type = RS_JSON_STRING } } },
	{ .name = "office365",
	  .read_json = rs_feed_read_office365,
	  .members = { { .name = "id", .type = RS_JSON_INT },
		       { .name = "serviceArea", .type = RS_JSON_STRING },
		       { .name = "category", .type = RS_JSON_STRING },
		       { .name = "required", .type = RS_JSON_BOOL } } },
	{ .name = "google",
	  .read_json = rs_feed_read_google,
	  .members = { { .name = "service", .type = RS_JSON_STRING },
		       { .name = "scope", .type = RS_JSON_STRING } } },
	{ .name = "oracle",
	  .read_json = rs_feed_read_oracle,
	  .members = { { .name = "region", .type = RS_JSON_STRING },
		       { .name = "tags", .type = RS_JSON_STRING } } },
	{ .name = "fastly", .read_json = rs_feed_read_fastly },
	{ .name = "github",
	  .read_json = rs_feed_read_github,
	  .members = { { .name = "key", .type = RS_JSON_STRING } } },
	{ .name = "geofeed",
	  .read_text = rs_feed_read_geofeed,
	  .members = { { .name = "country", .type = RS_JSON_STRING, .fold = true } } },
	{ .name = "list", .read_text = rs_feed_read_list },
	{ .name = "spamhaus", .read_text = rs_feed_read_spamhaus },
};
#define FORMATS (sizeof(formats) / sizeof(*formats))

const char *const rs_feed_formats[] = { "aws",	  "azure",    "office365", "google",
					"oracle", "fastly",   "github",	   "geofeed",
					"list",	  "spamhaus", NULL };
_Static_assert(sizeof(rs_feed_formats) / sizeof(*rs_feed_formats) == FORMATS + 1,
	       "each format is announced");

static const struct rs_feed_format *find_format(const char *name)
{
	size_t i;

	for (i = 0; i < FORMATS; i++) {
		if (strcmp(formats[i].name, name) == 0)
			return &formats[i];
	}
	return NULL;
}

/* Finds format and selection. Returns 0, -1 with errors added; feed->values is
 * to be freed in both cases. */
static int feed_open(struct rs_feed *feed, const char *format, const struct rs_json *select,
		     struct rs_diags *diags)
{
	*feed = (struct rs_feed){ .source = { .diags = diags } };
	feed->format = find_format(format);
	if (feed->format == NULL) {
		rs_diags_add(diags, RS_LEVEL_ERROR, NULL, 0, "\"%s\" is not a feed format", format);
		return -1;
	}
	return rs_feed_select(feed, select);
}

int rs_feed_check(const char *format, const struct rs_json *select, struct rs_diags *diags)
{
	struct rs_feed feed;
	int ret = feed_open(&feed, format, select, diags);

	free(feed.values);
	return ret;
}

/* Returns 0, -1 when the file could not be read at all, with errors added. */
static int read_document(struct rs_feed *feed, const char *path)
{
	struct rs_json_options options = { .max_size = RS_SOURCE_MAX_SIZE };
	struct rs_json_doc *doc = rs_json_read_file(path, &options, feed->source.diags);

	if (doc == NULL)
		return -1;
	feed->format->read_json(feed, rs_json_root(doc));
	rs_json_free(&doc);
	return 0;
}

static int read_text(struct rs_feed *feed, const char *path)
{
	char *text;
	size_t len;

	if (rs_readfile(path, RS_SOURCE_MAX_SIZE, &text, &len, NULL, feed->source.diags) != 0)
		return -1;
	feed->format->read_text(feed, text, len);
	free(text);
	return 0;
}

int rs_feed_read(const char *format, const char *path, const struct rs_json *select,
		 struct rs_nets *nets, struct rs_diags *diags)
{
	size_t before = nets->count;
	struct rs_feed feed;
	int ret = -1;

	if (feed_open(&feed, format, select, diags) != 0)
		goto out;
	feed.source.name = path;
	feed.source.nets = nets;
	if (feed.format->read_json != NULL ? read_document(&feed, path) != 0
					   : read_text(&feed, path) != 0)
		goto out;
	if (feed.source.failed)
		goto out;
	rs_feed_select_unused(&feed);
	if (nets->count == before)
		rs_diags_add(diags, RS_LEVEL_WARNING, path, 0,
			     "no network was found%s; is this the right file?",
			     feed.value_count > 0 ? " by \"select\"" : "");
	ret = 0;
out:
	free(feed.values);
	return ret;
}

int rs_list_read(const char *path, struct rs_nets *nets, struct rs_diags *diags)
{
	return rs_feed_read("list", path, NULL, nets, diags);
}

/* SPDX-License-Identifier: MIT */
/* One relay of a catalogue. */
#include "catalogue-internal.h"

#include "nearest.h"
#include "strbuf.h"

#include <relaysentry/source.h>

#include <stdlib.h>
#include <string.h>

#define ID_MAX 63U

static const char *const relay_keys[] = {
	"id",	      "name",	 "vendor",   "class",	  "stores_credentials",
	"networks",   "lists",	 "asns",     "feeds",	  "wide",
	"confidence", "expires", "evidence", "seen_apps", "comment",
	"disabled",   NULL
};
static const char *const feed_keys[] = { "format", "file", "select", "comment", NULL };

static const char *const class_names[RS_CLASS_COUNT] = { "mail-relay", "privacy-proxy", "cloud" };
static const char *const confidence_names[] = { "documented", "observed", "shared" };
static const char *const credential_names[] = { "password", "token", "none", "unknown" };
#define COUNT(array) (sizeof(array) / sizeof(*(array)))

const char *rs_class_name(enum rs_class class_)
{
	return class_names[class_];
}

const char *rs_confidence_name(enum rs_confidence confidence)
{
	return confidence_names[confidence];
}

int rs_class_parse(const char *name, enum rs_class *class_r)
{
	size_t i;

	for (i = 0; i < COUNT(class_names); i++) {
		if (strcmp(class_names[i], name) == 0) {
			*class_r = (enum rs_class)i;
			return 0;
		}
	}
	return -1;
}

static void complain_of_word(struct rs_catalogue_reader *reader, const struct rs_json *value,
			     const char *what, const char *const *words, size_t count)
{
	struct rs_strbuf all = { 0 };
	size_t i;

	for (i = 0; i < count; i++)
		rs_strbuf_addf(&all, "%s\"%s\"",
			       i == 0	       ? ""
			       : i + 1 < count ? ", "
					       : " or ",
			       words[i]);
	rs_catalogue_complain(reader, value, "\"%s\" is no %s; use %s", rs_json_string(value), what,
			      rs_strbuf_text(&all));
	rs_strbuf_free(&all);
}

/* Which of the words a value is. Returns -1 with an error when it is none, or
 * when value is NULL, without one. */
static int read_word(struct rs_catalogue_reader *reader, const struct rs_json *value,
		     const char *what, const char *const *words, size_t count)
{
	const char *text, *nearest;
	size_t i;

	if (value == NULL)
		return -1;
	text = rs_json_string(value);
	for (i = 0; i < count; i++) {
		if (strcmp(words[i], text) == 0)
			return (int)i;
	}
	nearest = rs_nearest(text, words, count);
	if (nearest != NULL)
		rs_catalogue_complain(reader, value, "\"%s\" is no %s; did you mean \"%s\"?", text,
				      what, nearest);
	else
		complain_of_word(reader, value, what, words, count);
	return -1;
}

static void read_id(struct rs_catalogue_reader *reader, const struct rs_json *object,
		    struct rs_relay_def *def)
{
	const struct rs_json *value = rs_catalogue_required(reader, object, "id", RS_JSON_STRING);
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-";

	def->id = value != NULL ? rs_json_string(value) : "";
	if (value == NULL)
		return;
	if (def->id[0] == '\0' || def->id[0] == '-' || def->id[strspn(def->id, letters)] != '\0')
		rs_catalogue_complain(reader, value,
				      "\"%s\" is no id; use a-z, 0-9 and -, beginning with a "
				      "letter or digit",
				      def->id);
	else if (strlen(def->id) > ID_MAX)
		rs_catalogue_complain(reader, value, "is longer than %u bytes; shorten it", ID_MAX);
}

static void read_texts(struct rs_catalogue_reader *reader, const struct rs_json *object,
		       struct rs_relay_def *def)
{
	const struct rs_json *value;
	int word;

	value = rs_catalogue_member(reader, object, "name", RS_JSON_STRING);
	def->name = value != NULL ? rs_catalogue_text(reader, value) : def->id;
	def->vendor = rs_catalogue_text(
		reader, rs_catalogue_member(reader, object, "vendor", RS_JSON_STRING));
	def->comment = "";
	value = rs_catalogue_member(reader, object, "comment", RS_JSON_STRING);
	if (value != NULL)
		def->comment = rs_json_string(value);
	def->stores_credentials = "";
	word = read_word(reader,
			 rs_catalogue_member(reader, object, "stores_credentials", RS_JSON_STRING),
			 "kind of credential", credential_names, COUNT(credential_names));
	if (word >= 0)
		def->stores_credentials = credential_names[word];
}

/* A relay that is switched off need not say what it is. */
static const struct rs_json *member_unless_disabled(struct rs_catalogue_reader *reader,
						    const struct rs_json *object,
						    const struct rs_relay_def *def, const char *key)
{
	if (def->disabled)
		return rs_catalogue_member(reader, object, key, RS_JSON_STRING);
	return rs_catalogue_required(reader, object, key, RS_JSON_STRING);
}

static void read_kind(struct rs_catalogue_reader *reader, const struct rs_json *object,
		      struct rs_relay_def *def)
{
	const struct rs_json *class_ = member_unless_disabled(reader, object, def, "class");
	const struct rs_json *confidence =
		member_unless_disabled(reader, object, def, "confidence");
	const struct rs_json *expires =
		rs_catalogue_member(reader, object, "expires", RS_JSON_STRING);
	int class_word = read_word(reader, class_, "class", class_names, RS_CLASS_COUNT);
	int confidence_word = read_word(reader, confidence, "confidence", confidence_names,
					COUNT(confidence_names));
	int64_t first;

	def->class_ = class_word >= 0 ? (enum rs_class)class_word : RS_CLASS_CLOUD;
	def->confidence =
		confidence_word >= 0 ? (enum rs_confidence)confidence_word : RS_CONFIDENCE_SHARED;
	def->expires = INT64_MAX;
	if (expires != NULL)
		(void)rs_catalogue_date(reader, expires, &first, &def->expires);
	if (class_word == RS_CLASS_MAIL_RELAY && confidence_word == RS_CONFIDENCE_SHARED)
		rs_catalogue_complain(reader, confidence,
				      "\"shared\" does not go with class \"mail-relay\", whose "
				      "ground is its own; use class \"cloud\"");
	if (class_word == RS_CLASS_PRIVACY_PROXY && def->stores_credentials[0] != '\0' &&
	    strcmp(def->stores_credentials, "none") != 0)
		rs_catalogue_complain(reader, rs_json_member(object, "stores_credentials"),
				      "a privacy-proxy never sees the password; use \"none\"");
}

static void read_lists(struct rs_catalogue_reader *reader, const struct rs_json *object,
		       struct rs_relay_def *def)
{
	const struct rs_json *array = rs_catalogue_member(reader, object, "lists", RS_JSON_ARRAY);
	size_t count = array != NULL ? rs_json_count(array) : 0, i;
	struct rs_list_source *lists = rs_catalogue_alloc(reader, count + 1, sizeof(*lists));

	if (lists == NULL)
		return;
	for (i = 0; i < count; i++) {
		const struct rs_json *value = rs_json_at(array, i);

		if (!rs_catalogue_expect(reader, value, RS_JSON_STRING))
			continue;
		lists[def->list_count++] =
			(struct rs_list_source){ .file = rs_catalogue_path(reader, value),
						 .line = rs_json_line(value) };
	}
	def->lists = lists;
}

static int compare_asns(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void read_asns(struct rs_catalogue_reader *reader, const struct rs_json *object,
		      struct rs_relay_def *def)
{
	const struct rs_json *array = rs_catalogue_member(reader, object, "asns", RS_JSON_ARRAY);
	size_t count = array != NULL ? rs_json_count(array) : 0, i;
	uint32_t *asns = rs_catalogue_alloc(reader, count + 1, sizeof(*asns));

	if (asns == NULL)
		return;
	for (i = 0; i < count; i++) {
		const struct rs_json *value = rs_json_at(array, i);
		int64_t asn = rs_json_int(value);

		if (rs_json_type(value) == RS_JSON_STRING) {
			rs_catalogue_complain(reader, value,
					      "must be a number; write 64496, not \"AS64496\"");
			continue;
		}
		if (!rs_catalogue_expect(reader, value, RS_JSON_INT))
			continue;
		if (asn < 1 || asn > UINT32_MAX) {
			rs_catalogue_complain(reader, value,
					      "%lld is no ASN; these go from 1 to 4294967295",
					      (long long)asn);
			continue;
		}
		asns[def->asn_count++] = (uint32_t)asn;
	}
	qsort(asns, def->asn_count, sizeof(*asns), compare_asns);
	for (i = 1; i < def->asn_count; i++) {
		if (asns[i] == asns[i - 1])
			rs_catalogue_complain(reader, array, "%u stands here twice; remove one",
					      asns[i]);
	}
	def->asns = asns;
}

static void read_feed(struct rs_catalogue_reader *reader, const struct rs_json *object,
		      struct rs_feed_source *feed)
{
	const struct rs_json *format, *file;
	size_t count = 0;
	int word;

	*feed = (struct rs_feed_source){ .format = "", .file = "", .line = rs_json_line(object) };
	if (!rs_catalogue_expect(reader, object, RS_JSON_OBJECT))
		return;
	(void)rs_json_check_keys(reader->diags, object, feed_keys);
	(void)rs_catalogue_member(reader, object, "comment", RS_JSON_STRING);
	while (rs_feed_formats[count] != NULL)
		count++;
	format = rs_catalogue_required(reader, object, "format", RS_JSON_STRING);
	word = read_word(reader, format, "feed format", rs_feed_formats, count);
	file = rs_catalogue_required(reader, object, "file", RS_JSON_STRING);
	if (file != NULL)
		feed->file = rs_catalogue_path(reader, file);
	feed->select = rs_json_member(object, "select");
	if (word < 0)
		return;
	feed->format = rs_feed_formats[word];
	(void)rs_feed_check(feed->format, feed->select, reader->diags);
}

static void read_feeds(struct rs_catalogue_reader *reader, const struct rs_json *object,
		       struct rs_relay_def *def)
{
	const struct rs_json *array = rs_catalogue_member(reader, object, "feeds", RS_JSON_ARRAY);
	size_t count = array != NULL ? rs_json_count(array) : 0, i;
	struct rs_feed_source *feeds = rs_catalogue_alloc(reader, count + 1, sizeof(*feeds));

	if (feeds == NULL)
		return;
	for (i = 0; i < count; i++)
		read_feed(reader, rs_json_at(array, i), &feeds[i]);
	def->feeds = feeds;
	def->feed_count = count;
}

static void read_apps(struct rs_catalogue_reader *reader, const struct rs_json *object,
		      struct rs_relay_def *def)
{
	const struct rs_json *array =
		rs_catalogue_member(reader, object, "seen_apps", RS_JSON_ARRAY);
	size_t count = array != NULL ? rs_json_count(array) : 0, i;
	const char **apps = rs_catalogue_alloc(reader, count + 1, sizeof(*apps));

	if (apps == NULL)
		return;
	for (i = 0; i < count; i++) {
		const struct rs_json *value = rs_json_at(array, i);

		if (rs_catalogue_expect(reader, value, RS_JSON_STRING))
			apps[def->seen_app_count++] = rs_catalogue_text(reader, value);
	}
	def->seen_apps = apps;
}

struct rs_relay_def *rs_catalogue_read_relay(struct rs_catalogue_reader *reader,
					     const struct rs_json *object)
{
	size_t before = rs_diags_count(reader->diags, RS_LEVEL_ERROR);
	const struct rs_json *disabled;
	struct rs_relay_def *def;

	if (!rs_catalogue_expect(reader, object, RS_JSON_OBJECT))
		return NULL;
	def = rs_catalogue_alloc(reader, 1, sizeof(*def));
	if (def == NULL)
		return NULL;
	def->file = reader->file;
	def->line = rs_json_line(object);
	(void)rs_json_check_keys(reader->diags, object, relay_keys);
	disabled = rs_catalogue_member(reader, object, "disabled", RS_JSON_BOOL);
	def->disabled = disabled != NULL && rs_json_bool(disabled);
	read_id(reader, object, def);
	read_texts(reader, object, def);
	read_kind(reader, object, def);
	rs_catalogue_read_networks(reader, object, def);
	read_lists(reader, object, def);
	read_asns(reader, object, def);
	read_feeds(reader, object, def);
	read_apps(reader, object, def);
	rs_catalogue_read_evidence(reader, object, def);
	rs_catalogue_check_evidence(reader, object, def);
	return rs_diags_count(reader->diags, RS_LEVEL_ERROR) == before ? def : NULL;
}

/* SPDX-License-Identifier: MIT */
/* The values that occur everywhere in a catalogue. */
#include "catalogue-internal.h"

#include "strbuf.h"
#include <relaysentry/when.h>

#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#define TEXT_MAX 255U

void rs_catalogue_complain(struct rs_catalogue_reader *reader, const struct rs_json *value,
			   const char *format, ...)
{
	struct rs_strbuf text = { 0 };
	va_list args;

	va_start(args, format);
	rs_strbuf_addv(&text, format, args);
	va_end(args);
	rs_json_complain(reader->diags, RS_LEVEL_ERROR, value, "%s", rs_strbuf_text(&text));
	rs_strbuf_free(&text);
}

void *rs_catalogue_alloc(struct rs_catalogue_reader *reader, size_t count, size_t size)
{
	void *memory = NULL;

	if (count <= SIZE_MAX / size)
		memory = rs_arena_alloc(reader->arena, count * size);
	if (memory == NULL)
		reader->out_of_memory = true;
	return memory;
}

bool rs_catalogue_expect(struct rs_catalogue_reader *reader, const struct rs_json *value,
			 enum rs_json_type type)
{
	if (rs_json_type(value) == type)
		return true;
	rs_catalogue_complain(reader, value, "must be %s, not %s", rs_json_type_name(type),
			      rs_json_type_name(rs_json_type(value)));
	return false;
}

const struct rs_json *rs_catalogue_member(struct rs_catalogue_reader *reader,
					  const struct rs_json *object, const char *key,
					  enum rs_json_type type)
{
	const struct rs_json *value = rs_json_member(object, key);

	return value != NULL && rs_catalogue_expect(reader, value, type) ? value : NULL;
}

const struct rs_json *rs_catalogue_required(struct rs_catalogue_reader *reader,
					    const struct rs_json *object, const char *key,
					    enum rs_json_type type)
{
	if (rs_json_member(object, key) == NULL) {
		rs_catalogue_complain(reader, object, "has no \"%s\"; add it", key);
		return NULL;
	}
	return rs_catalogue_member(reader, object, key, type);
}

const char *rs_catalogue_text(struct rs_catalogue_reader *reader, const struct rs_json *value)
{
	const char *text = value != NULL ? rs_json_string(value) : "", *copy, *p;

	if (value == NULL)
		return "";
	if (*text == '\0')
		rs_catalogue_complain(reader, value, "is empty; give a text or leave it out");
	if (strlen(text) > TEXT_MAX)
		rs_catalogue_complain(reader, value, "is longer than %u bytes; shorten it",
				      TEXT_MAX);
	for (p = text; *p != '\0'; p++) {
		if ((unsigned char)*p < 0x20 || *p == 0x7f) {
			rs_catalogue_complain(reader, value,
					      "holds a control character; remove it");
			break;
		}
	}
	copy = rs_arena_strdup(reader->arena, text);
	if (copy == NULL)
		reader->out_of_memory = true;
	return copy != NULL ? copy : "";
}

/* Whether text has the form YYYY-MM-DD. */
static bool looks_like_date(const char *text)
{
	static const char form[] = "dddd-dd-dd";
	size_t i;

	for (i = 0; i < sizeof(form) - 1; i++) {
		if (form[i] == '-' ? text[i] != '-' : text[i] < '0' || text[i] > '9')
			return false;
	}
	return text[i] == '\0';
}

bool rs_catalogue_date(struct rs_catalogue_reader *reader, const struct rs_json *value,
		       int64_t *first_r, int64_t *end_r)
{
	struct rs_zone utc = { .name = "UTC" };
	const char *text = rs_json_string(value), *error;

	if (looks_like_date(text) && rs_when_parse(text, &utc, first_r, end_r, &error) == 0)
		return true;
	rs_catalogue_complain(reader, value, "\"%s\" is no date; write YYYY-MM-DD", text);
	return false;
}

bool rs_catalogue_net(struct rs_catalogue_reader *reader, const struct rs_json *value,
		      struct rs_net *net_r)
{
	const char *text = rs_json_string(value), *error;
	char meant_text[RS_NET_STRLEN];
	bool host_bits = false;
	struct rs_net meant;

	if (!rs_catalogue_expect(reader, value, RS_JSON_STRING))
		return false;
	if (rs_net_parse(text, strlen(text), net_r, &meant, &host_bits, &error) == 0)
		return true;
	if (host_bits)
		rs_catalogue_complain(reader, value,
				      "\"%s\" has host bits set; did you mean \"%s\"?", text,
				      rs_net_format(&meant, meant_text));
	else if (error == rs_ip_no_memory)
		reader->out_of_memory = true;
	else
		rs_catalogue_complain(reader, value, "\"%s\" %s", text, error);
	return false;
}

const char *rs_catalogue_path(struct rs_catalogue_reader *reader, const struct rs_json *value)
{
	const char *name = rs_catalogue_text(reader, value);
	const char *slash = strrchr(reader->file, '/');
	size_t folder = slash != NULL ? (size_t)(slash - reader->file) + 1 : 0;
	char *path;

	if (name[0] == '/' || folder == 0)
		return name;
	path = rs_catalogue_alloc(reader, folder + strlen(name) + 1, 1);
	if (path == NULL)
		return "";
	memcpy(path, reader->file, folder);
	memcpy(path + folder, name, strlen(name) + 1);
	return path;
}

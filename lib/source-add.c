/* SPDX-License-Identifier: MIT */
#include "source-add.h"

#include "diag-internal.h"

#include <relaysentry/json.h>

#include <stdarg.h>
#include <string.h>

/* How much of a faulty text is quoted. */
#define QUOTED_MAX 60

void rs_source_fail(struct rs_source *source, unsigned line, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	rs_diags_addv(source->diags, RS_LEVEL_ERROR, source->name, line, format, args);
	va_end(args);
	source->failed = true;
}

void rs_source_no_memory(struct rs_source *source)
{
	if (!source->no_memory)
		rs_diags_no_memory(source->diags, source->name, 0);
	source->failed = source->no_memory = true;
}

static void add(struct rs_source *source, unsigned line, const struct rs_net *net)
{
	struct rs_nets *nets = source->nets;

	if (rs_nets_add(nets, net) != 0)
		rs_source_no_memory(source);
	else if (nets->with_lines)
		nets->lines[nets->count - 1] = line;
}

/* What a text turned out to be. */
struct reading {
	struct rs_net net;
	bool host_bits;
	const char *error; /* NULL: it is a network */
};

static struct reading read_net(const char *text, size_t len)
{
	struct reading reading = { .host_bits = false };
	struct rs_net meant;

	if (rs_net_parse(text, len, &reading.net, &meant, &reading.host_bits, &reading.error) == 0)
		reading.error = NULL;
	else if (reading.host_bits) {
		reading.net = meant;
		reading.error = NULL;
	}
	return reading;
}

void rs_source_add_text(struct rs_source *source, unsigned line, const char *text, size_t len)
{
	struct reading reading = read_net(text, len);
	int quoted = (int)(len < QUOTED_MAX ? len : QUOTED_MAX);
	char meant[RS_NET_STRLEN];

	if (reading.error == rs_ip_no_memory) {
		rs_source_no_memory(source);
		return;
	}
	if (reading.error != NULL) {
		rs_source_fail(source, line, "\"%.*s%s\" %s", quoted, text,
			       len > QUOTED_MAX ? "..." : "", reading.error);
		return;
	}
	if (reading.host_bits)
		rs_diags_add(source->diags, RS_LEVEL_WARNING, source->name, line,
			     "\"%.*s\" has host bits set; it is read as \"%s\"", quoted, text,
			     rs_net_format(&reading.net, meant));
	add(source, line, &reading.net);
}

void rs_source_add_json(struct rs_source *source, const struct rs_json *value)
{
	const char *text = rs_json_string(value);
	struct reading reading;
	char meant[RS_NET_STRLEN];

	if (rs_json_type(value) != RS_JSON_STRING) {
		rs_json_complain(source->diags, RS_LEVEL_ERROR, value,
				 "must be a network as a string, not %s",
				 rs_json_type_name(rs_json_type(value)));
		source->failed = true;
		return;
	}
	reading = read_net(text, strlen(text));
	if (reading.error == rs_ip_no_memory) {
		rs_source_no_memory(source);
		return;
	}
	if (reading.error != NULL) {
		rs_json_complain(source->diags, RS_LEVEL_ERROR, value, "\"%.*s%s\" %s", QUOTED_MAX,
				 text, strlen(text) > QUOTED_MAX ? "..." : "", reading.error);
		source->failed = true;
		return;
	}
	if (reading.host_bits)
		rs_json_complain(source->diags, RS_LEVEL_WARNING, value,
				 "\"%s\" has host bits set; it is read as \"%s\"", text,
				 rs_net_format(&reading.net, meant));
	add(source, rs_json_line(value), &reading.net);
}

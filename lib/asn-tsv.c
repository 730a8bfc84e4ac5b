/* SPDX-License-Identifier: MIT */
/* ASNs from an iptoasn table: first, last, asn, country and name, separated by tabs. */
#include "asn.h"

#include "lines.h"

#include <stdlib.h>
#include <string.h>

/* How much of a faulty row is quoted. */
#define QUOTED_MAX 60U

struct row {
	struct rs_ip first, last;
	uint32_t asn;
	const char *org; /* points into the text */
};

struct tsv {
	char *text;
	struct row *rows; /* sorted by first */
	size_t count, allocated;
};

enum { FIELD_FIRST, FIELD_LAST, FIELD_ASN, FIELD_COUNTRY, FIELD_NAME, FIELDS };

struct field {
	const char *text;
	size_t len;
};

/* Returns how many there are; the last one holds the rest of the line. */
static size_t split(const struct rs_lines *line, struct field fields[FIELDS])
{
	const char *text = line->text, *end = line->text + line->len;
	size_t count = 0;

	while (count < FIELDS) {
		const char *tab = memchr(text, '\t', (size_t)(end - text));
		bool last = tab == NULL || count == FIELDS - 1;

		fields[count].text = text;
		fields[count++].len = (size_t)((last ? end : tab) - text);
		if (last)
			break;
		text = tab + 1;
	}
	return count;
}

static int compare_ips(const struct rs_ip *a, const struct rs_ip *b)
{
	if (a->family != b->family)
		return a->family == AF_INET ? -1 : 1;
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

static int compare_rows(const void *a, const void *b)
{
	const struct row *row_a = a, *row_b = b;

	return compare_ips(&row_a->first, &row_b->first);
}

static bool add_row(struct tsv *tsv, const struct row *row)
{
	if (tsv->count == tsv->allocated) {
		size_t want = tsv->allocated > 0 ? tsv->allocated * 2 : 1024;
		struct row *grown = reallocarray(tsv->rows, want, sizeof(*grown));

		if (grown == NULL)
			return false;
		tsv->rows = grown;
		tsv->allocated = want;
	}
	tsv->rows[tsv->count++] = *row;
	return true;
}

/* Fills row from a line. Returns 1; 0 when it has nothing for us; -1 with
 * *error_r, which fits behind *about_r. */
static int read_row(struct tsv *tsv, const struct rs_lines *line, struct row *row,
		    struct field *about_r, const char **error_r)
{
	struct field fields[FIELDS];
	size_t count = split(line, fields);

	*about_r = (struct field){ line->text, line->len };
	*error_r = "is no row of first address, last address and ASN, separated by tabs";
	if (count <= FIELD_ASN)
		return -1;
	/* "0 ... Not routed" */
	if (fields[FIELD_ASN].len == 1 && fields[FIELD_ASN].text[0] == '0')
		return 0;
	if (!rs_asn_parse(fields[FIELD_ASN].text, fields[FIELD_ASN].len, &row->asn))
		return -1;
	*about_r = fields[FIELD_FIRST];
	if (rs_ip_parse(about_r->text, about_r->len, &row->first, error_r) != 0)
		return -1;
	*about_r = fields[FIELD_LAST];
	if (rs_ip_parse(about_r->text, about_r->len, &row->last, error_r) != 0)
		return -1;
	*about_r = (struct field){ line->text, line->len };
	*error_r = "does not go from a lower to a higher address of one family";
	if (row->first.family != row->last.family || compare_ips(&row->first, &row->last) > 0)
		return -1;
	row->org = "";
	if (count > FIELD_NAME) {
		/* What stood behind the line has been read already. */
		char *org = tsv->text + (fields[FIELD_NAME].text - tsv->text);

		org[fields[FIELD_NAME].len] = '\0';
		row->org = org;
	}
	return 1;
}

/* Returns false with errors added. */
static bool read_rows(struct tsv *tsv, const char *path, size_t len, struct rs_diags *diags)
{
	struct rs_lines lines;
	bool ok = true;

	rs_lines_init(&lines, tsv->text, len);
	while (rs_lines_next(&lines)) {
		const char *error;
		struct field about;
		struct row row;
		int ret;

		if (lines.len == 0 || lines.text[0] == '#')
			continue;
		ret = read_row(tsv, &lines, &row, &about, &error);
		if (ret == -1 && memchr(lines.text, '\t', lines.len) == NULL) {
			/* Of a wrong file not every line is worth an error. */
			rs_diags_add(diags, RS_LEVEL_ERROR, path, lines.line,
				     "is neither a MaxMind DB nor an iptoasn table");
			return false;
		}
		if (ret == -1 && error == rs_ip_no_memory) {
			rs_diags_no_memory(diags, path, 0);
			return false;
		}
		if (ret == -1) {
			rs_diags_add(diags, RS_LEVEL_ERROR, path, lines.line, "\"%.*s\" %s",
				     (int)(about.len < QUOTED_MAX ? about.len : QUOTED_MAX),
				     about.text, error);
			ok = false;
		} else if (ret == 1 && !add_row(tsv, &row)) {
			rs_diags_no_memory(diags, path, 0);
			return false;
		}
	}
	if (ok && tsv->count == 0)
		rs_diags_add(diags, RS_LEVEL_ERROR, path, 0, "holds no ASN; is it complete?");
	return ok && tsv->count > 0;
}

static void tsv_close(void *state)
{
	struct tsv *tsv = state;

	free(tsv->rows);
	free(tsv->text);
	free(tsv);
}

void *rs_asn_tsv_open(const char *path, char *text, size_t len, struct rs_diags *diags)
{
	struct tsv *tsv = calloc(1, sizeof(*tsv));
	size_t i;

	if (tsv == NULL) {
		free(text);
		rs_diags_no_memory(diags, path, 0);
		return NULL;
	}
	tsv->text = text;
	if (!read_rows(tsv, path, len, diags)) {
		tsv_close(tsv);
		return NULL;
	}
	/* Published tables are in order. */
	for (i = 1; i < tsv->count; i++) {
		if (compare_rows(&tsv->rows[i - 1], &tsv->rows[i]) > 0) {
			qsort(tsv->rows, tsv->count, sizeof(*tsv->rows), compare_rows);
			break;
		}
	}
	return tsv;
}

struct emitting {
	const struct row *row;
	rs_asn_emit *emit;
	void *context;
};

static int emit_net(const struct rs_net *net, void *context)
{
	const struct emitting *e = context;

	return e->emit(net, e->row->asn, e->row->org, e->context);
}

static int tsv_flatten(void *state, const uint32_t *asns, size_t count, rs_asn_emit *emit,
		       void *context, struct rs_diags *diags)
{
	const struct tsv *tsv = state;
	size_t i;

	(void)diags;
	for (i = 0; i < tsv->count; i++) {
		const struct row *row = &tsv->rows[i];
		struct emitting e = { .row = row, .emit = emit, .context = context };
		int ret = 0;

		if (rs_asn_wanted(asns, count, row->asn))
			ret = rs_range_to_nets(&row->first, &row->last, emit_net, &e);
		if (ret != 0)
			return ret;
	}
	return 0;
}

/* The last address of a network. */
static struct rs_ip net_last(const struct rs_net *net)
{
	unsigned bits = net->ip.family == AF_INET ? 32 : 128, bit;
	struct rs_ip last = net->ip;

	for (bit = net->prefix; bit < bits; bit++)
		last.bytes[bit >> 3] |= (uint8_t)(0x80U >> (bit & 7));
	return last;
}

/* Whether b is the address behind a. */
static bool follows(const struct rs_ip *a, const struct rs_ip *b)
{
	size_t i = a->family == AF_INET ? 4 : 16;
	struct rs_ip next = *a;

	while (i-- > 0 && ++next.bytes[i] == 0)
		;
	return compare_ips(&next, b) == 0;
}

static int tsv_lookup(void *state, const struct rs_net *net, uint32_t *asn_r, const char **org_r)
{
	const struct tsv *tsv = state;
	struct rs_ip last = net_last(net);
	size_t low = 0, high = tsv->count, i;

	/* The number of rows that begin at or before the network. */
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_ips(&tsv->rows[middle].first, &net->ip) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0 || compare_ips(&tsv->rows[low - 1].last, &net->ip) < 0 ||
	    tsv->rows[low - 1].last.family != net->ip.family)
		return 0;
	for (i = low - 1; compare_ips(&tsv->rows[i].last, &last) < 0; i++) {
		if (i + 1 == tsv->count || tsv->rows[i + 1].asn != tsv->rows[i].asn ||
		    !follows(&tsv->rows[i].last, &tsv->rows[i + 1].first))
			return 0;
	}
	*asn_r = tsv->rows[i].asn;
	*org_r = tsv->rows[i].org;
	return 1;
}

const struct rs_asn_kind rs_asn_tsv = { tsv_flatten, tsv_lookup, tsv_close };

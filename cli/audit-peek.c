/* SPDX-License-Identifier: MIT */
#include "relaysentry-config.h"
#include "audit-peek.h"
#include "audit-names.h"

#include <relaysentry/siphash.h>

#include <stdlib.h>
#include <string.h>

/* So much tells what it is, and has a date. */
#define PEEK_LEN (64U * 1024)
/* Where a program writes on behind a file that was made shorter, there is a hole, which
 * may be long. In what is compressed it is more likely a trap. */
#define HOLE_MAX (64U * 1024 * 1024)
/* So much of two files is compared. */
#define COPY_LEN 4096U

/* --- what it is --- */

/* "Journal File Format", Header Structure */
static bool is_journal(const struct audit_peek *peek)
{
	static const char magic[8] = "LPKSHHRH";

	return peek->len >= sizeof(magic) && memcmp(peek->text, magic, sizeof(magic)) == 0;
}

/* Logs hold what clients send, in which any byte may be; but not many of them. */
static bool is_binary(const struct audit_peek *peek)
{
	size_t strange = 0, nul = 0;

	for (size_t i = 0; i < peek->len; i++) {
		unsigned char c = (unsigned char)peek->text[i];

		nul += c == 0;
		strange += (c < 32 && c != 0 && (c < '\t' || c > '\r') && c != 27) || c == 127;
	}
	return strange > (peek->len - nul) / 20 || nul > peek->len / 4;
}

/* --- reading it --- */

static int read_begin(struct audit_peek *peek, struct audit_reader *reader)
{
	uint64_t hole = 0;
	const char *data;
	size_t len;
	int result = 1;

	while (peek->len < PEEK_LEN && (result = rs_audit_reader_next(reader, &data, &len)) > 0) {
		if (peek->len == 0) {
			size_t before = len;

			while (len > 0 && *data == '\0') {
				data++;
				len--;
			}
			hole += before - len;
			if (peek->compressed && hole > HOLE_MAX)
				break;
		}
		len = len < PEEK_LEN - peek->len ? len : PEEK_LEN - peek->len;
		memcpy(peek->text + peek->len, data, len);
		peek->len += len;
	}
	if (hole > 0 && peek->len == 0)
		peek->what = "it is not text";
	return result;
}

int rs_audit_peek(struct audit_peek *peek_r, struct audit_file *file)
{
	static const unsigned char key[16];
	struct rs_diags *diags = rs_diags_new();
	struct audit_reader *reader;

	*peek_r = (struct audit_peek){ .status = EX_OSERR };
	peek_r->text = calloc(1, PEEK_LEN);
	if (diags == NULL || peek_r->text == NULL) {
		rs_diags_free(&diags);
		rs_audit_peek_free(peek_r);
		(void)rs_cli_no_memory();
		return -1;
	}
	reader = rs_audit_reader_open(file, 0, diags, &peek_r->status);
	if (reader != NULL) {
		peek_r->compressed = rs_audit_reader_compressed(reader);
		/* What is corrupt behind its begin is told when all of it is read. */
		if (read_begin(peek_r, reader) >= 0 || peek_r->len > 0)
			rs_diags_clear(diags);
		else
			peek_r->status = EX_NOINPUT;
		rs_audit_reader_close(&reader);
	}
	/* The same for what is corrupt from the first byte on; the others can be read. */
	if (peek_r->status == EX_DATAERR) {
		peek_r->status = 0;
		peek_r->compressed = true;
	}
	if (peek_r->status != 0) {
		rs_cli_print_diags(diags);
		rs_diags_free(&diags);
		rs_audit_peek_free(peek_r);
		return -1;
	}
	rs_diags_free(&diags);
	if (is_journal(peek_r))
		peek_r->what = "it is a file of systemd's journal; "
			       "use: journalctl -o json | relaysentry audit -";
	else if (is_binary(peek_r))
		peek_r->what = "it is not text";
	file->begins =
		rs_siphash(key, peek_r->text, peek_r->len < COPY_LEN ? peek_r->len : COPY_LEN);
	return 0;
}

void rs_audit_peek_free(struct audit_peek *peek)
{
	free(peek->text);
	peek->text = NULL;
}

bool rs_audit_peek_copy(const struct audit_file *a, const struct audit_file *b)
{
	struct audit_name name_a, name_b;

	if (a->group != b->group || a->plain == b->plain || a->begins != b->begins)
		return false;
	rs_audit_name_read(&name_a, a->path);
	rs_audit_name_read(&name_b, b->path);
	return name_a.kept_len == name_b.kept_len && memcmp(a->path, b->path, name_a.kept_len) == 0;
}

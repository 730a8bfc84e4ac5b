/* SPDX-License-Identifier: MIT */
#include "strbuf.h"
#include "utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room for more bytes and a NUL. */
static bool reserve(struct rs_strbuf *buf, size_t more)
{
	size_t want;
	char *data;

	if (buf->failed)
		return false;
	if (buf->allocated > buf->used && more < buf->allocated - buf->used)
		return true;
	if (more > SIZE_MAX / 2 - 64 - buf->used) {
		buf->failed = true;
		return false;
	}
	want = (buf->used + more + 64) * 3 / 2;
	data = realloc(buf->data, want);
	if (data == NULL) {
		buf->failed = true;
		return false;
	}
	buf->data = data;
	buf->allocated = want;
	return true;
}

void rs_strbuf_add(struct rs_strbuf *buf, const void *data, size_t len)
{
	if (!reserve(buf, len))
		return;
	if (len > 0)
		memcpy(buf->data + buf->used, data, len);
	buf->used += len;
	buf->data[buf->used] = '\0';
}

void rs_strbuf_add_text(struct rs_strbuf *buf, const char *text)
{
	rs_strbuf_add(buf, text, strlen(text));
}

void rs_strbuf_addf(struct rs_strbuf *buf, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	rs_strbuf_addv(buf, format, args);
	va_end(args);
}

void rs_strbuf_addv(struct rs_strbuf *buf, const char *format, va_list args)
{
	va_list again;
	int len;

	va_copy(again, args);
	len = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (len < 0) {
		buf->failed = true;
		return;
	}
	if (!reserve(buf, (size_t)len))
		return;
	(void)vsnprintf(buf->data + buf->used, (size_t)len + 1, format, args);
	buf->used += (size_t)len;
}

void rs_strbuf_add_escaped(struct rs_strbuf *buf, const char *text, size_t len)
{
	static const char digits[] = "0123456789abcdef";

	while (len > 0) {
		uint32_t c = 0;
		size_t n = rs_utf8_char(text, len, &c);

		if (n > 0 && rs_utf8_printable(c)) {
			rs_strbuf_add(buf, text, n);
		} else {
			n = n == 0 ? 1 : n;
			for (size_t i = 0; i < n; i++) {
				unsigned char byte = (unsigned char)text[i];
				char hex[4] = { '\\', 'x', digits[byte >> 4], digits[byte & 15] };

				rs_strbuf_add(buf, hex, sizeof(hex));
			}
		}
		text += n;
		len -= n;
	}
}

const char *rs_strbuf_text(const struct rs_strbuf *buf)
{
	return buf->data == NULL ? "" : buf->data;
}

char *rs_strbuf_take(struct rs_strbuf *buf)
{
	char *data;

	if (!reserve(buf, 0)) {
		rs_strbuf_free(buf);
		return NULL;
	}
	data = buf->data;
	data[buf->used] = '\0';
	*buf = (struct rs_strbuf){ 0 };
	return data;
}

void rs_strbuf_clear(struct rs_strbuf *buf)
{
	buf->used = 0;
	buf->failed = false;
	if (buf->data != NULL)
		buf->data[0] = '\0';
}

void rs_strbuf_free(struct rs_strbuf *buf)
{
	free(buf->data);
	*buf = (struct rs_strbuf){ 0 };
}

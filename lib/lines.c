/* SPDX-License-Identifier: MIT */
#include "lines.h"

#include <string.h>

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

void rs_trim(const char **text, size_t *len)
{
	while (*len > 0 && is_blank((*text)[*len - 1]))
		(*len)--;
	while (*len > 0 && is_blank(**text)) {
		(*text)++;
		(*len)--;
	}
}

void rs_lines_init(struct rs_lines *lines, const char *text, size_t len)
{
	static const char bom[] = "\xef\xbb\xbf";
	size_t skip = len >= 3 && memcmp(text, bom, 3) == 0 ? 3 : 0;

	*lines = (struct rs_lines){ .next = text + skip, .end = text + len };
}

bool rs_lines_next(struct rs_lines *lines)
{
	const char *feed;

	if (lines->next == lines->end)
		return false;
	feed = memchr(lines->next, '\n', (size_t)(lines->end - lines->next));
	lines->text = lines->next;
	lines->len = (size_t)((feed != NULL ? feed : lines->end) - lines->next);
	lines->next = feed != NULL ? feed + 1 : lines->end;
	lines->line++;
	rs_trim(&lines->text, &lines->len);
	return true;
}

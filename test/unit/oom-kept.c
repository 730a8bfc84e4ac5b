/* SPDX-License-Identifier: MIT */
/* What is kept of users in a dict. */
#include "oom.h"

#include "oom-inject.h"
#include "unit.h"

#include <relaysentry/exceptions.h>

#include <stdlib.h>
#include <string.h>

static const char list_text[] =
	"[{\"relay\":\"mobile\",\"not_after\":1796000000,\"since\":1795000000,\"reason\":"
	"\"" OOM_LONG
	"\",\"by\":\"admin\"},{\"relay\":\"@cloud\",\"not_after\":1},{\"relay\":\"*\","
	"\"not_after\":2,\"x\":[]},{\"relay\":\"mobile\",\"not_after\":1797000000}]";

static int note_list(struct oom_run *run, const struct rs_exceptions *list)
{
	char *text = rs_exceptions_text(list);

	if (text == NULL)
		return -1;
	oom_note(run, "%s\n", text);
	free(text);
	return 0;
}

static int read_list(struct oom_run *run, const void *context)
{
	struct rs_exceptions *list =
		rs_exceptions_parse("list", list_text, strlen(list_text), run->diags);

	(void)context;
	if (list == NULL)
		return -1;
	for (size_t i = 0; i < rs_exceptions_count(list); i++) {
		const struct rs_exception *item = rs_exceptions_get(list, i);

		oom_note(run, "%s %lld %lld %s %s\n", item->relay, (long long)item->since,
			 (long long)item->not_after, item->reason, item->by);
	}
	rs_exceptions_free(&list);
	return 0;
}

/* What cannot be put leaves the list as it was. */
static int put(struct rs_exceptions *list, const struct rs_exception *item)
{
	char *before, *after;
	int ret;

	oom_pause();
	before = rs_exceptions_text(list);
	oom_resume();
	ret = rs_exceptions_put(list, item);
	oom_pause();
	after = rs_exceptions_text(list);
	oom_resume();
	if (ret == -2 || (ret < 0 && strcmp(before, after) != 0))
		abort();
	free(before);
	free(after);
	return ret;
}

static int change_list(struct oom_run *run, const void *context)
{
	static const struct rs_exception items[] = {
		{ "mobile", 1, 2, OOM_LONG, "" },
		{ "*", 1, 2, "", OOM_LONG },
		{ "mobile", 3, 4, "", "admin" },
	};
	struct rs_exceptions *list = rs_exceptions_new();
	int ret = -1;

	(void)context;
	if (list == NULL)
		return -1;
	for (size_t i = 0; i < RS_COUNT(items); i++) {
		if (put(list, &items[i]) < 0)
			goto out;
	}
	(void)rs_exceptions_remove(list, "*", 0);
	ret = note_list(run, list);
out:
	rs_exceptions_free(&list);
	return ret;
}

void oom_add_kept(void)
{
	oom_add("exceptions", read_list, NULL);
	oom_add("exceptions-change", change_list, NULL)->silent = true;
}

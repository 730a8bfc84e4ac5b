/* SPDX-License-Identifier: MIT */
/* A user's exceptions, as a database holds them. What is accepted is written
 * again, and that must be read as the same. */
#include "fuzz.h"

#include <relaysentry/exceptions.h>

#include <string.h>

static void check_list(const struct rs_exceptions *list)
{
	struct rs_exceptions *copy = rs_exceptions_new();
	const char *error;

	FUZZ_CHECK(copy != NULL && rs_exceptions_count(list) <= RS_EXCEPTIONS_MAX);
	for (size_t i = 0; i < rs_exceptions_count(list); i++) {
		const struct rs_exception *item = rs_exceptions_get(list, i);
		int ret;

		FUZZ_CHECK(rs_exception_check(item, &error) == 0);
		/* Only when it was written more tightly there is no room. */
		ret = rs_exceptions_put(copy, item);
		FUZZ_CHECK(ret == 0 || ret == -2);
		FUZZ_CHECK(ret != 0 ||
			   strcmp(rs_exceptions_get(copy, rs_exceptions_count(copy) - 1)->relay,
				  item->relay) == 0);
	}
	(void)rs_exceptions_remove(copy, NULL, 1700000000);
	for (size_t i = 0; i < rs_exceptions_count(copy); i++)
		FUZZ_CHECK(rs_exceptions_get(copy, i)->not_after > 1700000000);
	rs_exceptions_free(&copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rs_diags *diags = rs_diags_new();
	struct rs_exceptions *list = rs_exceptions_parse("fuzz", (const char *)data, size, diags);
	struct rs_exceptions *again;
	char *text, *text_again;

	FUZZ_CHECK((list == NULL) == (rs_diags_count(diags, RS_LEVEL_ERROR) > 0));
	if (list == NULL)
		goto out;
	check_list(list);
	text = rs_exceptions_text(list);
	FUZZ_CHECK(text != NULL && strchr(text, '\n') == NULL);
	if (strlen(text) <= RS_EXCEPTIONS_TEXT_MAX) {
		again = rs_exceptions_parse("again", text, strlen(text), diags);
		FUZZ_CHECK(again != NULL);
		text_again = rs_exceptions_text(again);
		FUZZ_CHECK(text_again != NULL && strcmp(text, text_again) == 0);
		free(text_again);
		rs_exceptions_free(&again);
	}
	free(text);
	rs_exceptions_free(&list);
out:
	rs_diags_free(&diags);
	return 0;
}

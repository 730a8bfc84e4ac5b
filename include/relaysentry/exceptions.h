/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_EXCEPTIONS_H
#define RELAYSENTRY_EXCEPTIONS_H

/* A user's exceptions, as they stand in a dict: a JSON list of
 * {"relay": id, "@class" or "*", "not_after": seconds, "since": seconds, "reason": text, "by":
 * text}. not_after is the first second, since 1970-01-01 UTC, at which it no longer holds. Only
 * relay and not_after must be there. Members that are not known are kept out. */

#include <relaysentry/diag.h>

#include <stddef.h>
#include <stdint.h>

#define RS_EXCEPTIONS_MAX 64U	      /* of one user */
#define RS_EXCEPTIONS_TEXT_MAX 16384U /* bytes of a list as text */
#define RS_EXCEPTION_REASON_MAX 500U  /* bytes; "by" as well */
/* The latest not_after: the end of the year 9999, which stands for no end. */
#define RS_EXCEPTION_LATEST INT64_C(253402300799)

struct rs_exception {
	const char *relay;	  /* an id, "@class" or "*" */
	int64_t since, not_after; /* since 0: not known */
	const char *reason, *by;  /* "" when not known */
};

/* In the order of their rank: ids, classes, "*"; one for each relay. */
struct rs_exceptions;

/* name stands for the text in diagnostics. Of two for the same relay the one that ends last
 * holds. Returns NULL with errors added, when any of the list is faulty. */
struct rs_exceptions *rs_exceptions_parse(const char *name, const char *text, size_t len,
					  struct rs_diags *diags);
void rs_exceptions_free(struct rs_exceptions **exceptions);
size_t rs_exceptions_count(const struct rs_exceptions *exceptions);
/* i in 0..count-1; dies with the next change of the list. */
const struct rs_exception *rs_exceptions_get(const struct rs_exceptions *exceptions, size_t i);

/* Whether a list can hold it: an id, a known class or "*", times from 1970 to 9999, texts of
 * UTF-8 that are not too long. Returns 0; -1 with *error_r a constant line. */
int rs_exception_check(const struct rs_exception *exception, const char **error_r);
/* An empty list; NULL when memory is short. */
struct rs_exceptions *rs_exceptions_new(void);
/* Adds a copy, in the place of one for the same relay. Returns 0; or the list is as it was:
 * -1 when memory is short; -2 when rs_exception_check() refuses it, or the list is full
 * (RS_EXCEPTIONS_MAX) or would be too long as text (RS_EXCEPTIONS_TEXT_MAX). */
int rs_exceptions_put(struct rs_exceptions *exceptions, const struct rs_exception *exception);
/* Takes the one for this relay away; with relay NULL all that do not hold at now. Returns how
 * many. */
size_t rs_exceptions_remove(struct rs_exceptions *exceptions, const char *relay, int64_t now);
/* The list as text, in one line, allocated with malloc(); NULL when memory is short. */
char *rs_exceptions_text(const struct rs_exceptions *exceptions);

#endif

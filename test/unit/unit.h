/* SPDX-License-Identifier: MIT */
#ifndef RELAYSENTRY_TEST_UNIT_H
#define RELAYSENTRY_TEST_UNIT_H

/* What the unit tests share. A module's tests lie in test-<module>.c, which
 * defines rs_suite_<module>() and has a line in suites.h:
 *
 *	static void test_mapped_is_ipv4(void)
 *	{
 *		for (size_t i = 0; i < RS_COUNT(cases); i++)
 *			RS_CHECK(cases[i].label, got == cases[i].want, "got %d", got);
 *	}
 *
 *	void rs_suite_ip(CU_pSuite suite)
 *	{
 *		CU_add_test(suite, "a mapped address is IPv4", test_mapped_is_ipv4);
 *	}
 */

#include <CUnit/CUnit.h>

#include <stdbool.h>
#include <stddef.h>

#define RS_SUITE(name) void rs_suite_##name(CU_pSuite suite);
#include "suites.h"
#undef RS_SUITE

#define RS_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Checks a condition and goes on. A failure prints the label of the case, the
 * condition and, when given, the formatted text. Yields the condition. */
#define RS_CHECK(label, condition, ...)                                                            \
	rs_unit_check(label, condition, #condition, __FILE__, __LINE__, " " __VA_ARGS__)
/* Two integers, two strings (which may be NULL) must be equal. */
#define RS_CHECK_INT(label, got, want)                                                             \
	rs_unit_check_int(label, (long long)(got), (long long)(want), #got, __FILE__, __LINE__)
#define RS_CHECK_STR(label, got, want) rs_unit_check_str(label, got, want, #got, __FILE__, __LINE__)

bool rs_unit_check(const char *label, bool ok, const char *condition, const char *file,
		   unsigned line, const char *format, ...) __attribute__((format(printf, 6, 7)));
bool rs_unit_check_int(const char *label, long long got, long long want, const char *what,
		       const char *file, unsigned line);
bool rs_unit_check_str(const char *label, const char *got, const char *want, const char *what,
		       const char *file, unsigned line);

/* A folder of this run and this suite, removed at the end of the run. */
const char *rs_unit_folder(void);
/* The path of name in that folder; lives until the end of the run. */
const char *rs_unit_path(const char *name);
/* Writes a file of that name there, mode 0644, and returns its path. name may
 * be in a subfolder, which is made. Ends the run when that fails. */
const char *rs_unit_write(const char *name, const void *data, size_t size);
/* The same for text. */
const char *rs_unit_write_text(const char *name, const char *text);
/* Reads a whole file; *data_r ends with a NUL that is not counted. Returns 0, -1. */
int rs_unit_read(const char *path, char **data_r, size_t *size_r);

/* The path of a file of real data (feeds/..., lists/..., mmdb/...) below the
 * folder RELAYSENTRY_DATA; lives until the end of the run. NULL when it is not
 * there: then one line says that label is skipped. */
const char *rs_unit_data(const char *label, const char *name);
/* How often it was not there. */
unsigned rs_unit_skipped(void);
/* The path of a file of the source tree, e.g. "relays/microsoft.json". */
const char *rs_unit_source(const char *name);

struct rs_diags;
/* All diagnostics as text, "error: file:line: text\n" each; lives until the next call. */
const char *rs_unit_diags(const struct rs_diags *diags);
/* Whether one of the diagnostics, written like this, contains text. */
bool rs_unit_diags_have(const struct rs_diags *diags, const char *text);

#endif

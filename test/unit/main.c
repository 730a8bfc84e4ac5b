/* SPDX-License-Identifier: MIT */
/* The unit tests of the library: unit-tests [suite]... */
#include "unit.h"

#include <CUnit/Basic.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	void (*add)(CU_pSuite suite);
} suites[] = {
#define RS_SUITE(name) { #name, rs_suite_##name },
#include "suites.h"
#undef RS_SUITE
};

static bool wanted(const char *name, char *const *names)
{
	if (names[0] == NULL)
		return true;
	for (; *names != NULL; names++) {
		if (strcmp(name, *names) == 0)
			return true;
	}
	return false;
}

static void usage(void)
{
	fputs("usage: unit-tests [suite]...; the suites are:", stderr);
	for (size_t i = 0; i < RS_COUNT(suites); i++)
		fprintf(stderr, " %s", suites[i].name);
	fputc('\n', stderr);
}

int main(int argc, char **argv)
{
	unsigned failed, run, tests_failed;

	(void)argc;
	if (CU_initialize_registry() != CUE_SUCCESS)
		return 2;
	for (size_t i = 0; i < RS_COUNT(suites); i++) {
		CU_pSuite suite;

		if (!wanted(suites[i].name, argv + 1))
			continue;
		suite = CU_add_suite(suites[i].name, NULL, NULL);
		if (suite == NULL)
			return 2;
		suites[i].add(suite);
	}
	if (CU_get_registry()->uiNumberOfTests == 0) {
		usage();
		CU_cleanup_registry();
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	CU_basic_set_mode(CU_BRM_VERBOSE);
	CU_basic_run_tests();
	failed = CU_get_number_of_failures() + CU_get_number_of_suites_failed() +
		 CU_get_number_of_tests_failed();
	run = CU_get_number_of_tests_run();
	tests_failed = CU_get_number_of_tests_failed();
	CU_cleanup_registry();
	/* As every test program does, for the sum over all. */
	printf("%u passed, %u failed, %u skipped\n", run - tests_failed, tests_failed,
	       rs_unit_skipped());
	return failed == 0 ? 0 : 1;
}

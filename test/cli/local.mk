# what is built, tested and shipped of test/cli/
TESTS += test/cli/cli.test
EXTRA_DIST += \
	test/cli/check.cases \
	test/cli/cli.test \
	test/cli/compile.cases \
	test/cli/except.cases \
	test/cli/general.cases \
	test/cli/kept.cases \
	test/cli/lint.cases \
	test/cli/notify.cases \
	test/cli/relays.cases \
	test/cli/status.cases

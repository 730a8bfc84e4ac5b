# what is built, tested and shipped of test/cli/
TESTS += test/cli/cli.test
EXTRA_DIST += \
	test/cli/audit.cases \
	test/cli/audit-logs.cases \
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

# What an audit reads: the files of the command behind a fake audit that keeps lines.
if HAVE_CUNIT
check_PROGRAMS += test/cli/audit-tests
TESTS += test/cli/audit-tests
endif
test_cli_audit_tests_CPPFLAGS = $(RS_CPPFLAGS) $(ARCHIVE_CFLAGS) -I$(top_srcdir) \
	-I$(top_srcdir)/test/cli -I$(top_srcdir)/test/unit \
	-DRS_UNIT_SRCDIR='"$(abs_top_srcdir)"'
test_cli_audit_tests_CFLAGS = $(RS_CFLAGS)
test_cli_audit_tests_LDADD = librelaysentry.la $(ARCHIVE_LIBS) $(PTHREAD_LIBS) -lcunit
test_cli_audit_tests_SOURCES = \
	cli/audit-date.c cli/audit-feed.c cli/audit-input.c cli/audit-names.c cli/audit-peek.c \
	cli/audit-progress.c cli/audit-run.c cli/audit-set.c cli/audit-years.c cli/common-time.c \
	test/unit/unit.c test/unit/unit.h \
	test/cli/fake-audit.c test/cli/fake-audit.h test/cli/log-files.c test/cli/log-files.h \
	test/cli/test-audit-feed.c test/cli/test-audit-input.c test/cli/test-audit-names.c \
	test/cli/test-audit-progress.c test/cli/test-audit-run.c \
	test/cli/test-audit-set.c test/cli/test-audit-years.c

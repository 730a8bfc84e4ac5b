# what is built, tested and shipped of test/audit/
#
# The page of a report, without a log and without the rest of the command.
html_sample_sources = test/audit/html-data.c test/audit/html-doubles.c test/audit/html-doubles.h \
	test/audit/html-sample.h cli/audit-example.c cli/audit-words.c cli/common-diag.c \
	cli/common-output.c
html_sample_cppflags = $(RS_CPPFLAGS) -I$(top_srcdir)/cli

check_PROGRAMS += test/audit/html-sample
test_audit_html_sample_CPPFLAGS = $(html_sample_cppflags)
test_audit_html_sample_CFLAGS = $(RS_CFLAGS)
test_audit_html_sample_LDADD = libaudithtml.la librelaysentry.la
test_audit_html_sample_SOURCES = test/audit/html-sample.c $(html_sample_sources)

check_PROGRAMS += test/audit/html-faults
TESTS += test/audit/html-faults
test_audit_html_faults_CPPFLAGS = $(html_sample_cppflags) -I$(top_srcdir)/test/unit
test_audit_html_faults_CFLAGS = $(RS_CFLAGS)
test_audit_html_faults_LDADD = libaudithtml.la librelaysentry.la
test_audit_html_faults_SOURCES = test/audit/html-faults.c test/unit/oom-inject.c \
	test/unit/oom-inject.h $(html_sample_sources)

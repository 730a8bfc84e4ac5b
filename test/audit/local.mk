# what is built, tested and shipped of test/audit/
#
# What real servers have written, and the programs that had them write it.
EXTRA_DIST += test/audit/golden
EXTRA_DIST += test/audit/collect.py test/audit/collect_badclients.py \
	test/audit/collect_dovecot.py test/audit/collect_exim.py test/audit/collect_postfix.py \
	test/audit/eximd.py test/audit/loggers.py test/audit/scenes.py test/audit/trail.py

# Random logs made from known logins.
TESTS += test/audit/property.test
EXTRA_DIST += test/audit/property.test test/audit/randomlog.py
test/audit/property.log: relaysentry$(EXEEXT)

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

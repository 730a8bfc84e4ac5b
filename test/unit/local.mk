# what is built, tested and shipped of test/unit/
if HAVE_CUNIT
check_PROGRAMS += test/unit/unit-tests
TESTS += test/unit/unit-tests
endif

# Who may include what, and what the library may call.
TESTS += test/unit/walls.test
EXTRA_DIST += test/unit/walls.test
test/unit/walls.log: librelaysentry.la

# RS_UNIT_SRCDIR: for files of the source tree that tests read.
test_unit_unit_tests_CPPFLAGS = $(RS_CPPFLAGS) -I$(top_srcdir)/lib -I$(top_srcdir)/test/unit \
	-DRS_UNIT_SRCDIR='"$(abs_top_srcdir)"'
test_unit_unit_tests_CFLAGS = $(RS_CFLAGS)
test_unit_unit_tests_LDADD = librelaysentry.la $(MAXMINDDB_LIBS) -lcunit
test_unit_unit_tests_SOURCES = test/unit/main.c test/unit/unit.c test/unit/unit.h test/unit/suites.h

# Addresses, JSON, diagnostics
test_unit_unit_tests_SOURCES += test/unit/test-diag.c test/unit/test-json.c \
	test/unit/test-jsonw.c
test_unit_unit_tests_SOURCES += test/unit/test-ip.c test/unit/test-ip-net.c test/unit/test-logline.c test/unit/test-logline-read.c test/unit/test-siphash.c \
	test/unit/test-text.c

# Large input, in all of the library
test_unit_unit_tests_SOURCES += test/unit/test-scale.c

# Short memory, in all of the library
if HAVE_CUNIT
check_PROGRAMS += test/unit/oom-tests
TESTS += test/unit/oom-tests
endif
test_unit_oom_tests_CPPFLAGS = $(test_unit_unit_tests_CPPFLAGS)
test_unit_oom_tests_CFLAGS = $(RS_CFLAGS)
test_unit_oom_tests_LDADD = $(test_unit_unit_tests_LDADD)
test_unit_oom_tests_SOURCES = test/unit/oom.c test/unit/oom-audit.c test/unit/oom.h test/unit/oom-cases.c \
	test/unit/oom-catalogue.c test/unit/oom-inject.c test/unit/oom-inject.h \
	test/unit/oom-kept.c \
	test/unit/oom-plain.c test/unit/oom-policy.c test/unit/oom-run.c \
	test/unit/oom-run.h test/unit/tiny-mmdb.c test/unit/tiny-mmdb.h test/unit/unit.c test/unit/unit.h

# Catalogue, lists, feeds, ASN databases
test_unit_unit_tests_SOURCES += test/unit/test-asn.c test/unit/test-catalogue.c \
	test/unit/test-catalogue-bundled.c \
	test/unit/test-feed.c test/unit/test-source.c test/unit/tiny-mmdb.c test/unit/tiny-mmdb.h

check_PROGRAMS += test/unit/read-source
test_unit_read_source_CPPFLAGS = $(RS_CPPFLAGS)
test_unit_read_source_CFLAGS = $(RS_CFLAGS)
test_unit_read_source_LDADD = librelaysentry.la
test_unit_read_source_SOURCES = test/unit/read-source.c
TESTS += test/unit/feeds.test
EXTRA_DIST += test/unit/feeds.test
test/unit/feeds.log: test/unit/read-source$(EXEEXT)

# Relay database: writer, reader, compilation
test_unit_unit_tests_SOURCES += test/unit/mmdb-fixture.c test/unit/mmdb-fixture.h \
	test/unit/test-compile.c test/unit/test-mmdbw.c test/unit/test-relaydb.c \
	test/unit/test-relaydb-frame.c test/unit/test-relaydb-meta.c \
	test/unit/test-relaydb-order.c test/unit/test-relaydb-refused.c
TESTS += test/unit/mmdb-readers.test
EXTRA_DIST += test/unit/mmdb-readers.test

# Policy and decision
test_unit_unit_tests_SOURCES += test/unit/decide-fixture.c test/unit/decide-fixture.h
test_unit_unit_tests_SOURCES += test/unit/decide-model.c test/unit/decide-model.h \
	test/unit/decide-reference.c
test_unit_unit_tests_SOURCES += test/unit/decide-rules.h test/unit/test-decide-entries.c \
	test/unit/test-decide-points.c \
	test/unit/test-decide-random.c test/unit/test-decide-rules.c
test_unit_unit_tests_SOURCES += test/unit/policy-texts.h test/unit/test-policy.c \
	test/unit/test-policy-kept.c test/unit/test-policy-lint.c

# What is kept in a dict
test_unit_unit_tests_SOURCES += test/unit/test-dict-uri.c test/unit/test-exceptions.c \
	test/unit/test-seen.c test/unit/test-syslogmsg.c \
	test/unit/test-userkey.c

# Logs
test_unit_unit_tests_SOURCES += test/unit/test-audit.c test/unit/test-logdate.c test/unit/test-logscan.c \
	test/unit/test-logscan-golden.c \
	test/unit/test-nettable.c

# Dovecot configuration
test_unit_unit_tests_SOURCES += test/unit/doveconf-texts.h test/unit/test-doveconf.c \
	test/unit/test-doveconf-input.c

# Dovecot's dict process
test_unit_unit_tests_SOURCES += test/unit/dict-talk.c test/unit/dict-talk.h \
	test/unit/test-dictproto.c test/unit/test-dictproto-limits.c

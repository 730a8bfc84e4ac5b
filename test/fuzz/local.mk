# what is built, tested and shipped of test/fuzz/

# The targets with an ordinary main, run on their seeds by make check.
check_PROGRAMS += \
	test/fuzz/replay-catalogue \
	test/fuzz/replay-dictproto \
	test/fuzz/replay-doveconf \
	test/fuzz/replay-exceptions \
	test/fuzz/replay-ip \
	test/fuzz/replay-json \
	test/fuzz/replay-logdate \
	test/fuzz/replay-logline \
	test/fuzz/replay-logname \
	test/fuzz/replay-logscan \
	test/fuzz/replay-policy \
	test/fuzz/replay-relaydb \
	test/fuzz/replay-seen \
	test/fuzz/replay-source
TESTS += test/fuzz/replay.test
test/fuzz/replay.log: \
	test/fuzz/replay-catalogue$(EXEEXT) \
	test/fuzz/replay-dictproto$(EXEEXT) \
	test/fuzz/replay-doveconf$(EXEEXT) \
	test/fuzz/replay-exceptions$(EXEEXT) \
	test/fuzz/replay-ip$(EXEEXT) \
	test/fuzz/replay-json$(EXEEXT) \
	test/fuzz/replay-logdate$(EXEEXT) \
	test/fuzz/replay-logline$(EXEEXT) \
	test/fuzz/replay-logname$(EXEEXT) \
	test/fuzz/replay-logscan$(EXEEXT) \
	test/fuzz/replay-policy$(EXEEXT) \
	test/fuzz/replay-relaydb$(EXEEXT) \
	test/fuzz/replay-seen$(EXEEXT) \
	test/fuzz/replay-source$(EXEEXT)

check_LTLIBRARIES += test/fuzz/libreplay.la
test_fuzz_libreplay_la_CPPFLAGS = $(RS_CPPFLAGS)
test_fuzz_libreplay_la_CFLAGS = $(RS_CFLAGS)
test_fuzz_libreplay_la_SOURCES = test/fuzz/fuzz.c test/fuzz/fuzz.h test/fuzz/replay.c

test_fuzz_replay_catalogue_SOURCES = test/fuzz/fuzz-catalogue.c
test_fuzz_replay_catalogue_CPPFLAGS = $(RS_CPPFLAGS) -I$(top_srcdir)/lib
test_fuzz_replay_catalogue_CFLAGS = $(RS_CFLAGS)
test_fuzz_replay_catalogue_LDADD = test/fuzz/libreplay.la librelaysentry.la
test_fuzz_replay_dictproto_SOURCES = test/fuzz/fuzz-dictproto.c
test_fuzz_replay_dictproto_CPPFLAGS = $(RS_CPPFLAGS) -I$(top_srcdir)/lib
test_fuzz_replay_dictproto_CFLAGS = $(RS_CFLAGS)
test_fuzz_replay_dictproto_LDADD = test/fuzz/libreplay.la librelaysentry.la
test_fuzz_replay_doveconf_SOURCES = test/fuzz/fuzz-doveconf.c
test_fuzz_replay_doveconf_CPPFLAGS = $(RS_CPPFLAGS) -I$(top_srcdir)/lib
test_fuzz_replay_doveconf_CFLAGS = $(RS_CFLAGS)
test_fuzz_replay_doveconf_LDADD = test/fuzz/libreplay.la librelaysentry.la
test_fuzz_replay_exceptions_SOURCES = test/fuzz/fuzz-exceptions.c
test_fuzz_replay_exceptions_CPPFLAGS = $(RS_CPPFLAGS) -I$(top_srcdir)/lib
test_fuzz_replay_exceptions_CFLAGS = $(RS_CFLAGS)
test_fuzz_replay_exceptions_LDADD = test/fuzz/libreplay.la librelaysentry.la
test_fuzz_replay_ip_SOURCES = test/fuzz/fuzz-ip.c
test_fuzz_replay_ip_CPPFLAGS = $(RS_CPPFLAGS) -I$(top_srcdir)/lib
test_fuzz_replay_ip_CFLAGS = $(RS_CFLAGS)
test_fuzz_replay_ip_LDADD = test/fuzz/libreplay.la librelaysentry.la
test_fuzz_replay_json_SOURCES = test/fuzz/fuzz-json.c
test_fuzz_replay_json_CPPFLAGS = $(RS_CPPFLAGS) -I$(top_srcdir)/lib
test_fuzz_replay_json_CFLAGS = $(RS_CFLAGS)
test_fuzz_replay_json_LDADD = test/fuzz/libreplay.la librelaysentry.la
test_fuzz_replay_logdate_SOURCES = test/fuzz/fuzz-logdate.c
test_fuzz_replay_logdate_CPPFLAGS = $(RS_CPPFLAGS) -I$(top_srcdir)/lib
test_fuzz_replay_logdate_CFLAGS = $(RS_CFLAGS)
test_fuzz_replay_logdate_LDADD = test/fuzz/libreplay.la librelaysentry.la
test_fuzz_replay_logline_SOURCES = test/fuzz/fuzz-logline.c
test_fuzz_replay_logline_CPPFLAGS = $(RS_CPPFLAGS) -I$(top_srcdir)/lib
test_fuzz_replay_logline_CFLAGS = $(RS_CFLAGS)
test_fuzz_replay_logline_LDADD = test/fuzz/libreplay.la librelaysentry.la
test_fuzz_replay_logname_SOURCES = test/fuzz/fuzz-logname.c
test_fuzz_replay_logname_CPPFLAGS = $(RS_CPPFLAGS) -I$(top_srcdir)/lib
test_fuzz_replay_logname_CFLAGS = $(RS_CFLAGS)
test_fuzz_replay_logname_LDADD = test/fuzz/libreplay.la librelaysentry.la
test_fuzz_replay_logscan_SOURCES = test/fuzz/fuzz-logscan.c
test_fuzz_replay_logscan_CPPFLAGS = $(RS_CPPFLAGS) -I$(top_srcdir)/lib
test_fuzz_replay_logscan_CFLAGS = $(RS_CFLAGS)
test_fuzz_replay_logscan_LDADD = test/fuzz/libreplay.la librelaysentry.la
test_fuzz_replay_policy_SOURCES = test/fuzz/fuzz-policy.c
test_fuzz_replay_policy_CPPFLAGS = $(RS_CPPFLAGS) -I$(top_srcdir)/lib
test_fuzz_replay_policy_CFLAGS = $(RS_CFLAGS)
test_fuzz_replay_policy_LDADD = test/fuzz/libreplay.la librelaysentry.la
test_fuzz_replay_relaydb_SOURCES = test/fuzz/fuzz-relaydb.c
test_fuzz_replay_relaydb_CPPFLAGS = $(RS_CPPFLAGS) -I$(top_srcdir)/lib
test_fuzz_replay_relaydb_CFLAGS = $(RS_CFLAGS)
test_fuzz_replay_relaydb_LDADD = test/fuzz/libreplay.la librelaysentry.la
test_fuzz_replay_seen_SOURCES = test/fuzz/fuzz-seen.c
test_fuzz_replay_seen_CPPFLAGS = $(RS_CPPFLAGS) -I$(top_srcdir)/lib
test_fuzz_replay_seen_CFLAGS = $(RS_CFLAGS)
test_fuzz_replay_seen_LDADD = test/fuzz/libreplay.la librelaysentry.la
test_fuzz_replay_source_SOURCES = test/fuzz/fuzz-source.c
test_fuzz_replay_source_CPPFLAGS = $(RS_CPPFLAGS) -I$(top_srcdir)/lib
test_fuzz_replay_source_CFLAGS = $(RS_CFLAGS)
test_fuzz_replay_source_LDADD = test/fuzz/libreplay.la librelaysentry.la

# The same with clang's libFuzzer, for FUZZ_SECONDS each.
FUZZ_SECONDS = 5
FUZZ_TARGETS =
fuzz_environment = \
	FUZZ_SRCDIR="$(abs_top_srcdir)" FUZZ_SOURCES="$(librelaysentry_la_SOURCES)" \
	FUZZ_CPPFLAGS='$(MAXMINDDB_CFLAGS) $(JSONC_CFLAGS)' \
	FUZZ_LIBS='$(MAXMINDDB_LIBS) $(JSONC_LIBS) $(CIDR_LIBS)' \
	FUZZ_SECONDS="$(FUZZ_SECONDS)" FUZZ_TARGETS="$(FUZZ_TARGETS)"
fuzz:
	@$(fuzz_environment) $(srcdir)/test/fuzz/fuzz.sh build
check-fuzz:
	@$(fuzz_environment) $(srcdir)/test/fuzz/fuzz.sh
clean-local: clean-local-fuzz
clean-local-fuzz:
	rm -rf test/fuzz/build
.PHONY: fuzz check-fuzz clean-local-fuzz

EXTRA_DIST += test/fuzz/fuzz.sh test/fuzz/replay.test test/fuzz/seeds

# what is built, tested and shipped of bench/
#
# make bench: prints times and ratios, nothing passes or fails. A further
# benchmark adds a target to BENCH_TARGETS.
BENCH_TARGETS =
bench: $(BENCH_TARGETS)
.PHONY: bench

# Library and command
BENCH_TARGETS += bench-lib
EXTRA_PROGRAMS += bench/bench-entries bench/bench-lookup bench/bench-nets bench/bench-run
bench_bench_entries_CPPFLAGS = $(RS_CPPFLAGS)
bench_bench_entries_CFLAGS = $(RS_CFLAGS)
bench_bench_entries_LDADD = librelaysentry.la
bench_bench_entries_SOURCES = bench/bench-data.c bench/bench-data.h bench/bench-entries.c
bench_bench_lookup_CPPFLAGS = $(RS_CPPFLAGS) $(MAXMINDDB_CFLAGS)
bench_bench_lookup_CFLAGS = $(RS_CFLAGS)
bench_bench_lookup_LDADD = librelaysentry.la $(MAXMINDDB_LIBS)
bench_bench_lookup_SOURCES = bench/bench-data.c bench/bench-data.h bench/bench-lookup.c
bench_bench_nets_CPPFLAGS = $(RS_CPPFLAGS)
bench_bench_nets_CFLAGS = $(RS_CFLAGS)
bench_bench_nets_LDADD = librelaysentry.la
bench_bench_nets_SOURCES = bench/bench-data.c bench/bench-data.h bench/bench-nets.c
bench_bench_run_CPPFLAGS = $(RS_CPPFLAGS)
bench_bench_run_CFLAGS = $(RS_CFLAGS)
bench_bench_run_LDADD = librelaysentry.la
bench_bench_run_SOURCES = bench/bench-data.c bench/bench-data.h bench/bench-run.c
EXTRA_DIST += bench/bench-compile bench/perl-writer
CLEANFILES += bench/bench-lookup$(EXEEXT) bench/bench-nets$(EXEEXT) bench/bench-run$(EXEEXT)
CLEANFILES += bench/bench-entries$(EXEEXT)
CLEANFILES += bench/lookup.mmdb
CLEANFILES += bench/entries-100.json bench/entries-100-users.json
CLEANFILES += bench/entries-100000.json bench/entries-100000-users.json

bench-lib: bench/bench-entries$(EXEEXT) bench/bench-lookup$(EXEEXT) bench/bench-nets$(EXEEXT) \
	bench/bench-run$(EXEEXT) relaysentry$(EXEEXT)
	bench/bench-lookup bench/lookup.mmdb
	bench/bench-entries bench
	srcdir=$(srcdir) $(srcdir)/bench/bench-compile
.PHONY: bench-lib bench-plugin bench-audit

# relaysentry audit
BENCH_TARGETS += bench-audit
EXTRA_PROGRAMS += bench/audit-log bench/audit-plain
bench_audit_log_CPPFLAGS = $(RS_CPPFLAGS)
bench_audit_log_CFLAGS = $(RS_CFLAGS)
bench_audit_log_LDADD = librelaysentry.la
bench_audit_log_SOURCES = bench/audit-log.c bench/bench-data.c bench/bench-data.h
bench_audit_plain_CPPFLAGS = $(RS_CPPFLAGS)
bench_audit_plain_CFLAGS = $(RS_CFLAGS)
bench_audit_plain_SOURCES = bench/audit-plain.c
EXTRA_DIST += bench/bench-audit.py
CLEANFILES += bench/audit-log$(EXEEXT) bench/audit-plain$(EXEEXT)

bench-audit: bench/audit-log$(EXEEXT) bench/audit-plain$(EXEEXT) bench/bench-nets$(EXEEXT) \
	bench/bench-run$(EXEEXT) relaysentry$(EXEEXT)
	RELAYSENTRY_BUILD=. $(PYTHON) $(srcdir)/bench/bench-audit.py
# A folder, of logs of half a gigabyte.
clean-local: clean-local-bench
clean-local-bench:
	rm -rf bench/audit
.PHONY: clean-local-bench

# The module in Dovecot's auth process
EXTRA_PROGRAMS += bench/authload
bench_authload_CPPFLAGS = $(RS_CPPFLAGS)
bench_authload_CFLAGS = $(RS_CFLAGS)
bench_authload_SOURCES = bench/authload.c
EXTRA_DIST += bench/bench-plugin.py bench/bench-state.py bench/noop-passdb.c
CLEANFILES += bench/authload$(EXEEXT) bench/libauthdb_noop.la
if BUILD_PLUGIN
BENCH_TARGETS += bench-plugin
EXTRA_LTLIBRARIES = bench/libauthdb_noop.la
bench_libauthdb_noop_la_CPPFLAGS = $(LIBDOVECOT_INCLUDE) -DHAVE_CONFIG_H
bench_libauthdb_noop_la_CFLAGS = $(RS_CFLAGS) -fvisibility=default
bench_libauthdb_noop_la_LDFLAGS = -module -avoid-version -shared -rpath $(abs_builddir)
bench_libauthdb_noop_la_SOURCES = bench/noop-passdb.c

bench-plugin: bench/authload$(EXEEXT) bench/libauthdb_noop.la relaysentry$(EXEEXT) \
	libauthdb_relaysentry.la
	RELAYSENTRY_BUILD=. $(PYTHON) $(srcdir)/bench/bench-plugin.py
	RELAYSENTRY_BUILD=. $(PYTHON) $(srcdir)/bench/bench-state.py
endif

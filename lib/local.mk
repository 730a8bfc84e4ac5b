noinst_LTLIBRARIES += librelaysentry.la
librelaysentry_la_CPPFLAGS = $(RS_CPPFLAGS) $(MAXMINDDB_CFLAGS) $(JSONC_CFLAGS)
librelaysentry_la_CFLAGS = $(RS_CFLAGS)
librelaysentry_la_LIBADD = $(MAXMINDDB_LIBS) $(JSONC_LIBS) $(CIDR_LIBS)
librelaysentry_la_SOURCES = \
	include/relaysentry/audit.h \
	include/relaysentry/catalogue.h \
	include/relaysentry/compile.h \
	include/relaysentry/decide.h \
	include/relaysentry/diag.h \
	include/relaysentry/dictproto.h \
	include/relaysentry/doveconf.h \
	include/relaysentry/exceptions.h \
	include/relaysentry/ip.h \
	include/relaysentry/json.h \
	include/relaysentry/logdate.h \
	include/relaysentry/logline.h \
	include/relaysentry/logscan.h \
	include/relaysentry/login.h \
	include/relaysentry/mmdbw.h \
	include/relaysentry/nettable.h \
	include/relaysentry/policy.h \
	include/relaysentry/readfile.h \
	include/relaysentry/relaydb.h \
	include/relaysentry/seen.h \
	include/relaysentry/siphash.h \
	include/relaysentry/source.h \
	include/relaysentry/syslogmsg.h \
	include/relaysentry/userkey.h \
	include/relaysentry/when.h

# Addresses, JSON, diagnostics
librelaysentry_la_SOURCES += lib/diag.c lib/diag-internal.h
librelaysentry_la_SOURCES += lib/json.c lib/json-internal.h lib/json-scan.c lib/json-scan.h
librelaysentry_la_SOURCES += lib/json-make.c lib/json-make.h
librelaysentry_la_SOURCES += lib/json-scanner.h lib/json-token.c lib/json-value.c lib/jsonw.c
librelaysentry_la_SOURCES += lib/logline.c lib/logline-read.c lib/readfile.c
librelaysentry_la_SOURCES += lib/siphash.c
librelaysentry_la_SOURCES += lib/ascii.h lib/strbuf.c lib/strbuf.h lib/utf8.h
librelaysentry_la_SOURCES += lib/ip.c lib/ip-net.c

# Catalogue, lists, feeds, ASN databases
librelaysentry_la_SOURCES += lib/asn-mmdb.c lib/asn-record.c lib/asn-record.h lib/asn-tsv.c \
	lib/asn.c lib/asn.h
librelaysentry_la_SOURCES += lib/catalogue-internal.h lib/catalogue-net.c lib/catalogue-read.c \
	lib/catalogue-relay.c lib/catalogue.c
librelaysentry_la_SOURCES += lib/feed-json.c lib/feed-select.c lib/feed-text.c lib/feed.c lib/feed.h
librelaysentry_la_SOURCES += lib/lines.c lib/lines.h lib/nets.c lib/source-add.c lib/source-add.h
librelaysentry_la_SOURCES += lib/sealed.c lib/sealed.h

# Relay database: writer, reader, compilation
librelaysentry_la_SOURCES += lib/compile-asn.c lib/compile-build.c lib/compile-internal.h \
	lib/compile-overlap.c lib/compile.c lib/publish.c
librelaysentry_la_SOURCES += lib/mmdbenc.c lib/mmdbenc.h
librelaysentry_la_SOURCES += lib/mmdbw-internal.h lib/mmdbw-record.c lib/mmdbw-tree.c lib/mmdbw.c
librelaysentry_la_SOURCES += lib/relaydb-cover.c lib/relaydb-internal.h lib/relaydb-load.c \
	lib/relaydb-meta.c lib/relaydb-network.c lib/relaydb-reader.h lib/relaydb-record.c \
	lib/relaydb-relay.c lib/relaydb-tree.c lib/relaydb-value.c lib/relaydb.c

# Policy and decision
librelaysentry_la_SOURCES += lib/arena.c lib/arena.h lib/nearest.c lib/nearest.h
librelaysentry_la_SOURCES += lib/strmap.c lib/strmap.h lib/when.c
librelaysentry_la_SOURCES += lib/login.c
librelaysentry_la_SOURCES += lib/policy.c lib/policy-cond.c lib/policy-entries.c lib/policy-facts.c
librelaysentry_la_SOURCES += lib/policy-internal.h lib/policy-kept.c lib/policy-lint.c lib/policy-names.c
librelaysentry_la_SOURCES += lib/policy-reader.h lib/policy-sentences.c
librelaysentry_la_SOURCES += lib/policy-root.c lib/policy-rule.c lib/policy-set.c lib/policy-value.c
librelaysentry_la_SOURCES += lib/decide.c lib/decide-cond.c lib/decide-entries.c
librelaysentry_la_SOURCES += lib/decide-explain.c lib/decide-internal.h

# What is kept in a dict
librelaysentry_la_SOURCES += lib/dict-uri.c lib/exceptions.c lib/seen.c lib/userkey.c
librelaysentry_la_SOURCES += lib/syslogmsg.c
# Dovecot's dict process
librelaysentry_la_SOURCES += lib/dictproto.c lib/dictproto-internal.h lib/dictproto-reply.c

# Logs, and what they tell
librelaysentry_la_SOURCES += lib/civil.h lib/logdate.c lib/nettable.c
librelaysentry_la_SOURCES += lib/logscan.c lib/logscan-dovecot.c lib/logscan-elements.c lib/logscan-format.c lib/logscan-format.h \
	lib/logscan-internal.h lib/logscan-journal.c lib/logscan-names.c lib/logscan-smtp.c
librelaysentry_la_SOURCES += lib/audit.c lib/audit-internal.h lib/audit-kept.c lib/audit-merge.c \
	lib/audit-policy.c lib/audit-result.c lib/audit-user.c \
	lib/hashset.c lib/hashset.h

# Dovecot configuration
librelaysentry_la_SOURCES += lib/doveconf.c lib/doveconf-model.c lib/doveconf-model.h
librelaysentry_la_SOURCES += lib/doveconf-others.c lib/doveconf-own.c lib/doveconf-rules.h
librelaysentry_la_SOURCES += lib/doveconf-tree.c lib/doveconf-tree.h

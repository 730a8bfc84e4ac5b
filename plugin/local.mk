# what is built, tested and shipped of plugin/
authmoduledir = $(moduledir)/auth
authmodule_LTLIBRARIES = libauthdb_relaysentry.la
libauthdb_relaysentry_la_CPPFLAGS = $(RS_CPPFLAGS) $(LIBDOVECOT_INCLUDE) -DHAVE_CONFIG_H $(DOVECOT_CAPS)
libauthdb_relaysentry_la_CFLAGS = $(RS_CFLAGS)
# Symbols of Dovecot are found in the auth process itself.
libauthdb_relaysentry_la_LDFLAGS = -module -avoid-version -shared $(HARDENING_LDFLAGS) \
	-export-symbols-regex '^authdb_relaysentry_(version|init|deinit)$$'
libauthdb_relaysentry_la_LIBADD = librelaysentry.la
libauthdb_relaysentry_la_SOURCES = \
	plugin/alert.c plugin/alert.h \
	plugin/args.c plugin/args.h \
	plugin/attempt.c plugin/attempt.h \
	plugin/authdb-relaysentry.c plugin/driver.h \
	plugin/compat.c plugin/compat.h \
	plugin/dictconn.c plugin/dictconn.h plugin/dictsocket.c plugin/dictsocket.h \
	plugin/engine.c plugin/engine.h \
	plugin/exceptions.c plugin/exceptions.h \
	plugin/facts.c plugin/facts.h \
	plugin/load.c plugin/load.h \
	plugin/inspection.h \
	plugin/lru.c plugin/lru.h \
	plugin/placement-first.c \
	plugin/placement-mechanisms.c \
	plugin/placement.c plugin/placement.h \
	plugin/reply.c plugin/reply.h \
	plugin/report.c plugin/report.h \
	plugin/state.c plugin/state.h plugin/state-internal.h \
	plugin/state-pair.c plugin/state-write.c \
	plugin/syslogsock.c plugin/syslogsock.h \
	plugin/watch.c plugin/watch.h
if DOVECOT_2_3
libauthdb_relaysentry_la_SOURCES += plugin/compat-2.3.c plugin/args-2.3.c
else
libauthdb_relaysentry_la_SOURCES += plugin/compat-2.4.c plugin/settings-2.4.c plugin/settings-2.4.h

# From 2.4 on, settings are known to doveconf by a module of their own.
settingsmoduledir = $(moduledir)/settings
settingsmodule_LTLIBRARIES = librelaysentry_settings.la
librelaysentry_settings_la_CPPFLAGS = $(libauthdb_relaysentry_la_CPPFLAGS)
# doveconf loads it, which a sanitizer's library would have to come first in.
librelaysentry_settings_la_CFLAGS = $(RS_CFLAGS) -fno-sanitize=all
librelaysentry_settings_la_LDFLAGS = -module -avoid-version -shared $(HARDENING_LDFLAGS) \
	-export-symbols-regex '^relaysentry_settings_(version|set_infos)$$'
librelaysentry_settings_la_SOURCES = \
	plugin/settings-module-2.4.c \
	plugin/settings-2.4.c plugin/settings-2.4.h
endif

TESTS += plugin/symbols.test
EXTRA_DIST += plugin/symbols.test

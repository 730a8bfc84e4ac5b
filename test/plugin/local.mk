# what is built, tested and shipped of test/plugin/
#
# What the plugin does with Dovecot's loop and without a Dovecot, against a dict
# process of the test's own.
if BUILD_PLUGIN
if HAVE_CUNIT
check_PROGRAMS += test/plugin/plugin-tests
TESTS += test/plugin/plugin-tests
endif
endif
test_plugin_plugin_tests_CPPFLAGS = $(RS_CPPFLAGS) $(LIBDOVECOT_INCLUDE) -DHAVE_CONFIG_H \
	$(DOVECOT_CAPS) -I$(top_srcdir) -I$(top_srcdir)/test/plugin -I$(top_srcdir)/test/unit \
	-DRS_UNIT_SRCDIR='"$(abs_top_srcdir)"'
test_plugin_plugin_tests_CFLAGS = $(RS_CFLAGS)
test_plugin_plugin_tests_LDFLAGS = $(HARDENING_LDFLAGS) $(RS_DOVECOT_RPATH)
test_plugin_plugin_tests_LDADD = librelaysentry.la $(LIBDOVECOT) $(MAXMINDDB_LIBS) -lcunit
test_plugin_plugin_tests_SOURCES = \
	plugin/dictconn.c plugin/dictsocket.c plugin/exceptions.c plugin/lru.c \
	plugin/state.c plugin/state-pair.c plugin/state-write.c \
	test/unit/unit.c test/unit/unit.h \
	test/plugin/fakedict.c test/plugin/fakedict.h test/plugin/loop.c test/plugin/loop.h \
	test/plugin/node.c test/plugin/node.h \
	test/plugin/test-dictconn.c test/plugin/test-exceptions.c test/plugin/test-lru.c \
	test/plugin/test-state.c test/plugin/test-state-nodes.c

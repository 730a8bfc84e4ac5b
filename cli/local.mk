# what is built, tested and shipped of cli/
bin_PROGRAMS += relaysentry
relaysentry_CPPFLAGS = $(RS_CPPFLAGS) $(ARCHIVE_CFLAGS)
relaysentry_CFLAGS = $(RS_CFLAGS)
relaysentry_LDADD = libaudithtml.la librelaysentry.la $(ARCHIVE_LIBS) $(PTHREAD_LIBS)
relaysentry_SOURCES = \
	cli/cli.h \
	cli/common-diag.c \
	cli/common-dict.c \
	cli/common-field.c \
	cli/common-input.c \
	cli/common-option.c \
	cli/common-output.c \
	cli/common-path.c \
	cli/common-table.c \
	cli/common-time.c \
	cli/dict-exchange.c \
	cli/dict-internal.h \
	cli/dict.h \
	cli/kept-rows.c \
	cli/kept.c \
	cli/kept.h \
	cli/main.c \
	cli/probe.c \
	cli/probe.h \
	cli/table-fit.c \
	cli/table-internal.h

# One line for each command, in the order of the alphabet
relaysentry_SOURCES += cli/cmd-audit.c cli/audit-addresses.c cli/audit-anonymize.c \
	cli/audit-build.h cli/audit-csv.c cli/audit-days.c cli/audit-example.c cli/audit-json.c cli/audit-load.c \
	cli/audit-report.c cli/audit-select.c cli/audit-sort.c cli/audit-tables.c \
	cli/audit-text.c cli/audit-text.h cli/audit-words.c
relaysentry_SOURCES += cli/audit-date.c cli/audit-date.h cli/audit-feed.c cli/audit-feed.h \
	cli/audit-input.c cli/audit-names.c cli/audit-names.h cli/audit-peek.c cli/audit-peek.h \
	cli/audit-progress.c cli/audit-run.c cli/audit-set.c cli/audit-years.c cli/audit-years.h \
	cli/audit.h
relaysentry_SOURCES += cli/check-exception.c cli/check-lines.c cli/check-mechanism.c \
	cli/check-print.c cli/check.h \
	cli/cmd-check.c
relaysentry_SOURCES += cli/cmd-compile.c
relaysentry_SOURCES += cli/cmd-except.c cli/except-change.c cli/except-list.c cli/except-log.c \
	cli/except-tell.c cli/except.h
relaysentry_SOURCES += cli/cmd-forget.c
relaysentry_SOURCES += cli/cmd-lint.c
relaysentry_SOURCES += cli/cmd-notify.c cli/notify.h cli/notify-address.c cli/notify-event.c \
	cli/notify-follow.c cli/notify-input.c cli/notify-mail.c cli/notify-print.c \
	cli/notify-run.c cli/notify-send.c cli/notify-tell.c cli/notify-template.c \
	cli/notify-told.c
relaysentry_SOURCES += cli/cmd-relays.c
relaysentry_SOURCES += cli/cmd-seen.c cli/seen-import.c cli/seen-import.h cli/seen-write.c \
	cli/seen.h
relaysentry_SOURCES += cli/cmd-status.c cli/status.c cli/status.h
relaysentry_SOURCES += cli/cmd-why.c cli/why-advice.c cli/why-find.c cli/why-json.c cli/why-log.c cli/why-print.c \
	cli/why.h

# The page of an audit, with the style and the script of report/ in it. Its tests link it
# without the rest of the command.
noinst_LTLIBRARIES += libaudithtml.la
libaudithtml_la_CPPFLAGS = $(RS_CPPFLAGS) -I$(top_srcdir)/cli
libaudithtml_la_CFLAGS = $(RS_CFLAGS)
libaudithtml_la_SOURCES = cli/audit.h cli/audit-html.c cli/audit-html.h cli/audit-html-chart.c \
	cli/audit-html-detail.c cli/audit-html-matrix.c cli/audit-html-svg.c \
	cli/audit-html-table.c cli/audit-html-text.c cli/audit-html-write.c
nodist_libaudithtml_la_SOURCES = cli/report-text.c
report_css = cli/report/report.css cli/report/media.css
report_js = cli/report/report.js
EXTRA_DIST += cli/report/embed.sed $(report_css) $(report_js)
CLEANFILES += cli/report-text.c
cli/report-text.c: cli/report/embed.sed $(report_css) $(report_js)
	@$(MKDIR_P) cli
	$(AM_V_GEN)embed() { \
		name=$$1; shift; \
		printf '\nconst char *const %s[] = {\n' "$$name" && \
		for file; do \
			$(SED) -f "$(srcdir)/cli/report/embed.sed" "$(srcdir)/$$file" || return 1; \
		done && printf '\tNULL\n};\n'; \
	}; \
	{ printf '/* Made by make of cli/report/. */\n#include "audit-html.h"\n' && \
		embed rs_report_css $(report_css) && embed rs_report_js $(report_js); \
	} > $@.new && mv $@.new $@

# Completion for bash
bashcompletiondir = $(datadir)/bash-completion/completions
EXTRA_DIST += cli/completion.bash
install-data-local: install-completion
install-completion:
	$(MKDIR_P) '$(DESTDIR)$(bashcompletiondir)'
	$(INSTALL_DATA) $(srcdir)/cli/completion.bash '$(DESTDIR)$(bashcompletiondir)/relaysentry'
uninstall-local: uninstall-completion
uninstall-completion:
	rm -f '$(DESTDIR)$(bashcompletiondir)/relaysentry'
.PHONY: install-completion uninstall-completion

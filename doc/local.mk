# what is built, tested and shipped of doc/
examplesdir = $(docdir)/examples
dist_examples_DATA = doc/examples/dovecot-2.3.conf doc/examples/dovecot-2.4.conf \
	doc/examples/policy.json
dist_doc_DATA = README.md doc/design.md doc/matrix.md doc/threats.md
dist_man_MANS += doc/relaysentry.1 doc/relaysentry-policy.5 doc/relaysentry-relays.5

# what is built, tested and shipped of doc/
examplesdir = $(docdir)/examples
dist_examples_DATA = doc/examples/dovecot-2.3.conf doc/examples/dovecot-2.4.conf \
	doc/examples/dict.sql \
	doc/examples/dict-postgresql-2.3.conf doc/examples/dict-postgresql-2.3.conf.ext \
	doc/examples/dict-postgresql-2.4.conf \
	doc/examples/dict-redis-2.3.conf doc/examples/dict-redis-2.4.conf \
	doc/examples/dict-sqlite-2.3.conf doc/examples/dict-sqlite-2.3.conf.ext \
	doc/examples/dict-sqlite-2.4.conf \
	doc/examples/policy.json doc/examples/relaysentry-notify.service doc/examples/sudoers
# Folders as in the tree, so that these lead to each other. What else README.md links
# to is in its own place (man pages), or comes with the source alone.
nobase_dist_doc_DATA = README.md doc/design.md doc/matrix.md doc/privacy.md doc/threats.md
dist_man_MANS += doc/relaysentry.1 doc/relaysentry-policy.5 doc/relaysentry-relays.5

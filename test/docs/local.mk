# Every block of code in the documents is run.
TESTS += test/docs/docs.test
EXTRA_DIST += test/docs/blocks.py test/docs/docs.test test/docs/private.py
EXTRA_DIST += test/docs/feeds/aws-ip-ranges.json test/docs/feeds/egress-ip-ranges.csv
AM_TESTS_ENVIRONMENT += \
	RELAYSENTRY_FOLDERS="$(sysconfdir)/relaysentry $(localstatedir)/lib/relaysentry $(datadir)/relaysentry"; \
	export RELAYSENTRY_FOLDERS;

# what is built, tested and shipped of doc/
examplesdir = $(docdir)/examples
dist_examples_DATA = doc/examples/dovecot-2.3.conf doc/examples/dovecot-2.4.conf \
	doc/examples/dict.sql \
	doc/examples/dict-postgresql-2.3.conf doc/examples/dict-postgresql-2.3.conf.ext \
	doc/examples/dict-postgresql-2.4.conf \
	doc/examples/dict-redis-2.3.conf doc/examples/dict-redis-2.4.conf \
	doc/examples/dict-sqlite-2.3.conf doc/examples/dict-sqlite-2.3.conf.ext \
	doc/examples/dict-sqlite-2.4.conf \
	doc/examples/exporters-2.3.conf doc/examples/exporters-2.4.conf \
	doc/examples/grafana-dashboard.json \
	doc/examples/prometheus-rules.yml doc/examples/prometheus-rules-test.yml \
	doc/examples/metrics-2.3.conf doc/examples/metrics-2.4.conf \
	doc/examples/policy.json doc/examples/relaysentry-forget.service \
	doc/examples/relaysentry-forget.timer doc/examples/relaysentry-notify.service \
	doc/examples/sudoers
crowdsecdir = $(examplesdir)/crowdsec
dist_crowdsec_DATA = doc/examples/crowdsec/relaysentry-logs.yaml \
	doc/examples/crowdsec/relaysentry-wrong-passwords.yaml
fail2bandir = $(examplesdir)/fail2ban
dist_fail2ban_SCRIPTS = doc/examples/fail2ban/relaysentry-ignoreip
fail2banfilterdir = $(fail2bandir)/filter.d
dist_fail2banfilter_DATA = doc/examples/fail2ban/filter.d/relaysentry.conf
fail2banjaildir = $(fail2bandir)/jail.d
dist_fail2banjail_DATA = doc/examples/fail2ban/jail.d/relaysentry.local
# Folders as in the tree, so that these lead to each other. What else README.md links
# to is in its own place (man pages), or comes with the source alone.
nobase_dist_doc_DATA = README.md doc/alerts.md doc/audit.md doc/design.md doc/matrix.md doc/privacy.md doc/threats.md
dist_man_MANS += doc/relaysentry.1 doc/relaysentry-policy.5 doc/relaysentry-relays.5

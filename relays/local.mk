# what is built, tested and shipped of relays/
relaysdir = $(datadir)/relaysentry/relays
dist_relays_DATA = \
	relays/amazon.json \
	relays/apple.json \
	relays/google.json \
	relays/linode.json \
	relays/mail-ru.json \
	relays/microsoft.json \
	relays/proton.json \
	relays/sugar-mail.json

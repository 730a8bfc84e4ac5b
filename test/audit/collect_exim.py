# SPDX-License-Identifier: MIT
"""The golden log of Exim, whose authenticators ask a private Dovecot."""

import re

import certs
import eximd
import matrix_clients
import sasl
import scenes
from collect_dovecot import PASSDB, neutral
from dovecot import Dovecot
from trail import Trail
from world import AWS, GMAIL, HOME, HOME_V6, OUTLOOK, OUTLOOK_V6

SENT = rb" <= "
FAILED = rb" authenticator failed for "
LOOKUPS = re.compile(rb" no host name found for ")
MORE = "log_selector = +incoming_port +incoming_interface +smtp_protocol_error +subject +pid\n"
NAMES = ("alice", "alice@example.org", "j\u00fcrg", "a b", 'a"b', "a\\b", "100%u", "a>b", "n" * 120)
HOSTILE = ("x S=300 id=y", "x) [52.125.138.1]: 535", "a\nb", b"a\xffb", "a\x7fb")
IMITATION = b'"x H=(a) [52.125.138.1] P=esmtpa A=dovecot_plain:bob"@example.org'


class Writer:
    def __init__(self, exim, authority, trail):
        self.exim, self.authority, self.trail = exim, authority, trail

    def deliver(self, user, address, mech="PLAIN", tls=False, sender=b"alice@example.org",
                subject=b"Hello", hostile=False):
        with matrix_clients.Smtp(self.exim.port, address) as client:
            if tls:
                client.starttls(self.authority.context())
            answer = client.exchange(sasl.mechanism(mech, user, scenes.PASSWORD))
            if not answer.ok:
                raise AssertionError(f"{user}: {answer}")
            text = b"Subject: %s\r\nMessage-Id: <1@app.example>\r\n\r\n." % subject
            for line in (b"MAIL FROM:<%s>" % sender, b"RCPT TO:<somebody@elsewhere.example>",
                         b"DATA", text):
                client.ask(line)
        self.trail.login(SENT, "smtp", mech, "success", address, user, hostile)

    def refuse(self, user, address, mech="PLAIN", hostile=False):
        with matrix_clients.Smtp(self.exim.port, address) as client:
            client.exchange(sasl.mechanism(mech, user, "wrong"))
        self.trail.login(FAILED, "smtp", mech, "failed", address, user, hostile)


def some(writer):
    for user, address, mech in (("bob", OUTLOOK_V6, "LOGIN"), ("carol", GMAIL, "CRAM-MD5"),
                                ("erin@example.org", HOME, "PLAIN")):
        writer.deliver(user, address, mech, tls=mech == "PLAIN")
        writer.refuse(user, address, mech)
    writer.deliver("alice", OUTLOOK, subject=b"A=dovecot_plain:bob")
    writer.deliver("alice", AWS, sender=IMITATION, hostile=True)
    writer.deliver("alice", AWS, sender=b"")


def odd(writer):
    for number, name in enumerate(NAMES):
        writer.deliver(name, (OUTLOOK, HOME_V6)[number % 2])
        if number % 3 == 1:
            writer.refuse(name, AWS)
    for name in HOSTILE:
        writer.deliver(name.lower(), AWS, hostile=True)
        writer.refuse(name.lower(), AWS, hostile=True)


def version(trail):
    found = re.search(rb"exim (\d+\.\d+)\S* daemon started", b"\n".join(trail.lines()))
    return found.group(1).decode()


def exim(into):
    """Exim's main log: with its default selectors, then with more."""
    eximd.known_user()
    with Dovecot(PASSDB, expected=["."]) as dovecot:
        authority = certs.Authority(dovecot.root / "ca")
        folder, socket = dovecot.root / "exim", dovecot.root / "run/auth-client"
        trail = Trail(folder / "mainlog")
        for more in ("", MORE):
            with eximd.Exim(folder, socket, authority, more) as server:
                writer = Writer(server, authority, trail)
                some(writer)
                if not more:
                    odd(writer)
        trail.write(into / f"exim-{version(trail)}.log", replace=neutral(dovecot), drop=LOOKUPS)


SAMPLES = {"exim": exim}

# SPDX-License-Identifier: MIT
"""SCRAM with channel binding, which is a password too."""

import contextlib
import itertools
import ssl

import binding
import dialect
import matrix_clients
import tlscert
from cases import Skip, case, equal, expect, instance
from world import HOME, OUTLOOK, PASSWORD, Sentry, rule

SERVICES = ("imap", "pop3", "submission")
MECHANISMS = tuple(binding.DIGESTS)
# Each has another type of binding.
VERSIONS = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)
DENY = rule("deny", "passwords", relay="outlook-mobile", credential="password")
OTHERS = rule("deny", "others", relay="outlook-mobile", not_={"credential": "password"})


class Bound(Sentry):
    def __init__(self):
        if dialect.release() == "2.3":
            raise Skip("Dovecot 2.3 has no channel binding")
        self.files = tlscert.Files()
        super().__init__([DENY], extra=tlscert.SETTINGS, names=self.files.names,
                         mechanisms="plain scram-sha-1 scram-sha-256 " +
                         " ".join(MECHANISMS).lower())

    def discard(self):
        super().discard()
        self.files.close()

    @contextlib.contextmanager
    def secured(self, service, remote, version):
        client = matrix_clients.CLIENTS[service](self.ports[service], remote)
        with client:
            yield tlscert.upgraded(client, binding.context(self.files, version, self.root))


@instance
def bound():
    return Bound()


def each():
    return itertools.product(SERVICES, MECHANISMS, VERSIONS)


def login(dovecot, service, mech, version, remote, password=PASSWORD):
    """One login. Returns whether it is let in."""
    with dovecot.secured(service, remote, version) as client:
        mechanism = binding.plus(mech, "alice", password, binding.of(client.sock))
        answer = client.exchange(mechanism)
        equal(client.works(), answer.ok, answer)
        return answer.ok


@case("credential: SCRAM with channel binding is a password", on=bound)
def _(dovecot):
    for service, mech, version in each():
        mark = dovecot.mark()
        expect(not login(dovecot, service, mech, version, OUTLOOK), service, mech, version)
        dovecot.report_of(mark, action="deny", rule="passwords", credential="password")
        expect(login(dovecot, service, mech, version, HOME), service, mech, version)
        expect(not login(dovecot, service, mech, version, HOME, "wrong"), service, mech, version)


@case("credential: SCRAM with channel binding is nothing else", on=bound)
def _(dovecot):
    dovecot.change_policy(rules=[OTHERS])
    for service, mech, version in each():
        expect(login(dovecot, service, mech, version, OUTLOOK), service, mech, version)
    equal(dovecot.reports(rule="others"), [])
    dovecot.change_policy(rules=[DENY])


@case("SCRAM with the channel binding of another connection lets in nobody", on=bound)
def _(dovecot):
    for service, mech, version in each():
        for remote in (HOME, OUTLOOK):
            with dovecot.secured(service, remote, version) as other:
                stolen = binding.of(other.sock)
            with dovecot.secured(service, remote, version) as client:
                answer = client.exchange(binding.plus(mech, "alice", PASSWORD, stolen))
                expect(not answer.ok and not client.works(), service, mech, version, remote)


@case("SCRAM with channel binding does not reach relaysentry without TLS", on=bound)
def _(dovecot):
    mark = dovecot.mark()
    for service, mech in itertools.product(SERVICES, MECHANISMS):
        with matrix_clients.CLIENTS[service](dovecot.ports[service], OUTLOOK) as client:
            made_up = (b"tls-exporter", bytes(32))
            answer = client.exchange(binding.plus(mech, "alice", PASSWORD, made_up))
            expect(not answer.ok and not client.works(), service, mech, answer)
    equal(dovecot.reports(mark), [])

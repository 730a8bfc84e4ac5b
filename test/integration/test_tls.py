# SPDX-License-Identifier: MIT
"""The condition tls: true and false as the login really was, and neither where
Dovecot's auth is not told. A rule that refuses logins without TLS."""

import socket
import ssl
import struct
import subprocess

import clients
import proxyline
import tlscert
from cases import case, equal, expect, instance
from dovecotconf import Ports
from world import HOME, OUTLOOK, PASSWORD, Sentry, command, rule

MECHANISMS = ("PLAIN", "SCRAM-SHA-256")
SERVICES = ("imap", "pop3", "submission")
# Shows in the log what is known of each login.
SHOW = [rule("alert", "with", tls=True, any_address=True),
        rule("alert", "without", tls=False, any_address=True),
        rule("alert", "unknown", any_address=True)]
DOWNGRADE = rule("deny", "no-plain-text", tls=False, any_address=True)
WRONG = {"imap": "a NO [AUTHENTICATIONFAILED] Authentication failed.",
         "pop3": "-ERR [AUTH] Authentication failed.",
         "submission": "535 5.7.8 Authentication failed."}
NO_ADDRESS = r"relaysentry: no address of the client"
LISTENERS = """
service imap-login {
  inet_listener imaps {
    port = {imaps}
    ssl = yes
    haproxy = yes
  }
}
service pop3-login {
  inet_listener pop3s {
    port = {pop3s}
    ssl = yes
    haproxy = yes
  }
}
service submission-login {
  inet_listener submissions {
    port = 0
  }
}
"""


class TlsSentry(Sentry):
    def __init__(self, rules, extra="", **others):
        self.files = tlscert.Files()
        self.more = Ports("imaps", "pop3s")
        super().__init__(rules, extra=tlscert.SETTINGS + LISTENERS + extra,
                         names={**self.files.names, **self.more.numbers}, **others)

    def discard(self):
        super().discard()
        self.more.close()
        self.files.close()

    def starttls(self, service, remote=HOME, version=None):
        return tlscert.upgraded(self.client(service, remote), self.files.context(version))

    def implicit(self, service, remote=HOME):
        return tlscert.implicit(clients.CLIENTS[service], self.more.numbers[service + "s"],
                                self.files.context(), remote)

    def shows(self, client, rule_name, mech="PLAIN"):
        """The client logs in, and the log says which rule of SHOW it was."""
        mark = self.mark()
        with client:
            answer = client.login("alice", PASSWORD, mech)
        expect(answer.ok, rule_name, mech, answer)
        self.report_of(mark, action="alert", rule=rule_name)


def tlv_header(remote, flags):
    """A PROXY header of version 2 that tells of TLS (type 0x20, PP2_TYPE_SSL)."""
    plain = proxyline.header(remote)
    start, addresses = plain[:14], plain[16:]
    addresses += struct.pack(">BHBI", 0x20, 5, flags, 0)
    return start + struct.pack(">H", len(addresses)) + addresses


def proxied(port, flags):
    """An IMAP client behind a load balancer that ends the TLS."""
    client = clients.Imap.__new__(clients.Imap)
    clients.Line.__init__(client, socket.create_connection(("127.0.0.1", port), clients.TIMEOUT))
    client.send(tlv_header(HOME, flags))
    client.greeting = client.read()
    return client


@instance
def showing():
    return TlsSentry(SHOW, extra="login_trusted_networks = 127.0.0.3\n", expected=[NO_ADDRESS])


@case("tls: a connection without is false", on=showing)
def _(dovecot):
    for service in SERVICES:
        for mech in MECHANISMS:
            dovecot.shows(dovecot.client(service, HOME), "without", mech)


@case("tls: STARTTLS and STLS are true", on=showing)
def _(dovecot):
    for service in SERVICES:
        for mech in MECHANISMS:
            dovecot.shows(dovecot.starttls(service), "with", mech)


@case("tls: imaps and pop3s are true", on=showing)
def _(dovecot):
    for service in ("imap", "pop3"):
        for mech in MECHANISMS:
            dovecot.shows(dovecot.implicit(service), "with", mech)


@case("tls: every version of TLS is true", on=showing)
def _(dovecot):
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        client = dovecot.starttls("imap", version=version)
        equal(client.sock.version(), version.name.replace("_", "."))
        dovecot.shows(client, "with")


@case("tls: a load balancer's word in the PROXY header counts", on=showing)
def _(dovecot):
    dovecot.shows(proxied(dovecot.ports["imap"], 1), "with")
    # The header tells of TLS that it is not there.
    dovecot.shows(proxied(dovecot.ports["imap"], 0), "without")
    dovecot.shows(dovecot.client("imap", HOME, version=1), "without")


@case("tls: what Dovecot calls secured without TLS is false", on=showing)
def _(dovecot):
    local = clients.Imap(dovecot.ports["imap_direct"])
    dovecot.shows(local, "without")
    trusted = clients.Imap(dovecot.ports["imap_direct"], peer="127.0.0.3")
    trusted.command(f'ID ("x-originating-ip" "{HOME}")')
    dovecot.shows(trusted, "without")


@case("tls: Postfix and Exim say only secured, which is neither", on=showing)
def _(dovecot):
    for extra, remote, want in ((("secured",), HOME, "unknown"), ((), HOME, "without"),
                                (("secured=tls",), HOME, "with"), ((), None, "unknown"),
                                (("secured",), None, "unknown"),
                                (("secured", "session=x"), HOME, "without")):
        for mech in MECHANISMS:
            mark = dovecot.mark()
            with dovecot.auth() as auth:
                expect(auth.login("alice", PASSWORD, mech, "smtp", remote, extra).ok, extra)
            dovecot.report_of(mark, rule=want)


# --- a rule that refuses logins without TLS ---


@instance
def refusing():
    return TlsSentry([DOWNGRADE], expected=[NO_ADDRESS])


@case("tls: a login without is refused from any address like a wrong password", on=refusing)
def _(dovecot):
    for service in SERVICES:
        for mech in MECHANISMS:
            mark = dovecot.mark()
            answer = dovecot.login(service, "alice", PASSWORD, mech, remote=HOME)
            equal((answer.ok, answer.text), (False, WRONG[service]), (service, mech))
            dovecot.report_of(mark, action="deny", enforced="yes", rule="no-plain-text",
                              relay="-")


@case("tls: the same user gets in with TLS", on=refusing)
def _(dovecot):
    for remote in (HOME, OUTLOOK):
        for service in SERVICES:
            for mech in MECHANISMS:
                with dovecot.starttls(service, remote) as client:
                    expect(client.login("alice", PASSWORD, mech).ok, service, mech)
        with dovecot.implicit("imap", remote) as client:
            expect(client.login("alice", PASSWORD).ok, remote)


@case("tls: after a refusal the session is not logged in", on=refusing)
def _(dovecot):
    with dovecot.client("imap", HOME) as client:
        expect(not client.login("alice", PASSWORD).ok)
        lines = client.command("SELECT INBOX")
        expect(not lines[-1].startswith("b OK"), lines)
        # The same connection, now with TLS.
        with tlscert.upgraded(client, dovecot.files.context()):
            expect(client.login("alice", PASSWORD).ok)


@case("tls: Postfix's users with TLS get in, those without are refused", on=refusing)
def _(dovecot):
    with dovecot.auth() as auth:
        for mech in MECHANISMS:
            expect(auth.login("alice", PASSWORD, mech, "smtp", HOME, ("secured",)).ok, mech)
            expect(not auth.login("alice", PASSWORD, mech, "smtp", HOME).ok, mech)


@case("tls: doveadm auth test without an address is not refused, with one it is", on=refusing)
def _(dovecot):
    for extra, refused in (((), False), (("-x", f"rip={HOME}"), True)):
        done = dovecot.doveadm("auth", "test", *extra, "alice", PASSWORD)
        equal(done.returncode != 0, refused, (extra, done.stdout, done.stderr))


@case("tls: check says of a login without TLS what Dovecot does", on=refusing)
def _(dovecot):
    for service, option, denied in (("imap", "--no-tls", 1), ("imap", "--tls", 0),
                                    ("smtp", "--no-tls", 1), ("smtp", None, 0)):
        args = [command(), "check", "--policy", dovecot.policy_path, "--user", "alice",
                "--service", service, HOME] + ([option] if option else [])
        done = subprocess.run(args, capture_output=True, text=True, timeout=60, check=False)
        equal(done.returncode, denied, (service, option, done.stdout))


@case("tls: in testing a login without TLS is let in and reported; mode none is silent")
def _():
    for mode, rule_mode, reported in (("testing", "enforce", True), ("enforce", "testing", True),
                                      ("enforce", "none", False), ("none", "enforce", False)):
        with TlsSentry([{**DOWNGRADE, "mode": rule_mode}], mode=mode) as dovecot:
            for service in SERVICES:
                mark = dovecot.mark()
                expect(dovecot.login(service, "alice", PASSWORD, remote=HOME).ok, service)
                with dovecot.starttls(service) as client:
                    expect(client.login("alice", PASSWORD).ok, service)
                lines = dovecot.reports(mark)
                equal([(item["action"], item["enforced"], item["rule"]) for item in lines],
                      [("deny", "no", "no-plain-text")] if reported else [], (mode, rule_mode))


@case("tls: exceptions: webmail on this host and in trusted networks without TLS")
def _():
    rules = [{**DOWNGRADE, "not": {"network": "127.0.0.1", "via": "127.0.0.3"}}]
    with TlsSentry(rules, extra="login_trusted_networks = 127.0.0.3\n") as dovecot:
        with clients.Imap(dovecot.ports["imap_direct"]) as local:
            expect(local.login("alice", PASSWORD).ok)
        with clients.Imap(dovecot.ports["imap_direct"], peer="127.0.0.3") as webmail:
            webmail.command(f'ID ("x-originating-ip" "{HOME}")')
            expect(webmail.login("alice", PASSWORD).ok)
        expect(not dovecot.login("imap", "alice", PASSWORD, remote=HOME).ok)


@case("tls: with ssl = required Dovecot refuses before any password is sent")
def _():
    with TlsSentry([DOWNGRADE], extra="ssl = required\ndisable_plaintext_auth = yes\n") as dovecot:
        mark = dovecot.mark()
        expect(not dovecot.login("imap", "alice", PASSWORD, remote=HOME).ok)
        equal(dovecot.reports(mark), [], "auth was not asked")
        with dovecot.starttls("imap") as client:
            expect(client.login("alice", PASSWORD).ok)


@case("min_tls: ssl_min_protocol refuses older versions for everybody")
def _():
    with TlsSentry(SHOW, extra="ssl_min_protocol = TLSv1.3\n") as dovecot:
        dovecot.shows(dovecot.starttls("imap", version=ssl.TLSVersion.TLSv1_3), "with")
        mark = dovecot.mark()
        try:
            dovecot.starttls("imap", version=ssl.TLSVersion.TLSv1_2)
        except ssl.SSLError:
            pass
        else:
            raise AssertionError("TLSv1.2 was taken")
        equal(dovecot.reports(mark), [])

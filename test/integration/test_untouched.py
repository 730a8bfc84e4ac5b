# SPDX-License-Identifier: MIT
"""What is no login is not touched, whatever the policy says: mail that arrives,
and what an administrator looks up."""

import clients
from cases import case, equal, expect, instance
from world import AWS, OUTLOOK, PASSWORD, Sentry, rule

# In first place nothing is verified, and no reason is told.
REPLY = {"after": {"message": "No"}, "first": {"reply": "generic"}}


def rules(place):
    """Who is not let in here is not let in anywhere."""
    return [rule("tag", "label", any_address=True, tag="seen"),
            rule("alert", "aws", relay="aws"),
            rule("deny", "everybody", any_address=True, **REPLY[place])]


# Once with a lookup of the user alone, once, as a proxy does it, of the passdb.
LMTP = """
protocols = imap lmtp
lmtp_proxy = %s
service lmtp {
  unix_listener lmtp-test {
    mode = 0666
  }
}
"""
MESSAGE = b"From: <carol@example.org>\r\nSubject: it arrived\r\n\r\nHello\r\n.\r\n"


class Lmtp(clients.Line):
    """RFC 2033."""

    def __init__(self, path):
        super().__init__(clients.connect(path))
        self.answer()

    def answer(self):
        while (line := self.read())[3:4] != " ":
            pass
        return line

    def command(self, text):
        self.send(text + b"\r\n")
        return self.answer()

    def deliver(self, recipient):
        self.command(b"LHLO client.example")
        self.command(b"MAIL FROM:<carol@example.org>")
        said = self.command(b"RCPT TO:<%s>" % recipient.encode())
        if not said.startswith("250"):
            return said
        self.command(b"DATA")
        self.send(MESSAGE)
        return self.answer()


def delivery(place, proxy, settings):
    with Sentry(rules(place), place, extra=LMTP % proxy, settings=settings) as dovecot:
        mark = dovecot.mark()
        lmtp = Lmtp(str(dovecot.root / "run" / "lmtp-test"))
        said = lmtp.deliver("alice")
        expect(said.startswith("250"), said)
        expect(lmtp.deliver("nobody@nowhere").startswith(("250", "550")), "an unknown user")
        lmtp.close()
        mails = list((dovecot.home / "alice" / "Maildir" / "new").iterdir())
        equal(len(mails), 1)
        text = mails[0].read_text()
        expect("it arrived" in text and "relaysentry" not in text, text)
        equal(dovecot.reports(mark), [])


for where in REPLY:
    for word in ("no", "yes"):
        case(f"LMTP delivery is not touched: {where}, lmtp_proxy = {word}")(
            lambda where=where, word=word: delivery(where, word, {"no_address": "deny"}))


def deciding(place):
    return Sentry([rule("alert", "aws", relay="aws"),
                   rule("deny", "outlook", relay="outlook-mobile", **REPLY[place])], place,
                  expected=["relaysentry: .*address"])


@instance
def after():
    return deciding("after")


@instance
def first():
    return deciding("first")


for _make in (after, first):
    @case(f"doveadm auth test without an address is let in, unless no_address says deny: "
          f"{_make.__name__}", on=_make)
    def _(dovecot):
        equal(dovecot.doveadm("auth", "test", "alice", PASSWORD).returncode, 0)
        dovecot.change_policy(no_address="deny")
        expect(dovecot.doveadm("auth", "test", "alice", PASSWORD).returncode != 0)
        dovecot.change_policy(no_address="allow")
        expect(dovecot.doveadm("auth", "test", "alice", "wrong").returncode != 0)

    @case(f"doveadm auth test with an address is decided, and never alerts: {_make.__name__}",
          on=_make)
    def _(dovecot):
        mark = dovecot.mark()
        done = dovecot.doveadm("auth", "test", "-x", f"rip={AWS}", "alice", PASSWORD)
        equal(done.returncode, 0, done.stderr)
        equal(dovecot.reports(mark), [])
        done = dovecot.doveadm("auth", "test", "-x", f"rip={OUTLOOK}", "alice", PASSWORD)
        expect(done.returncode != 0, done.stdout)
        dovecot.report_of(mark, action="deny", rule="outlook")
        # A login from there does alert.
        mark = dovecot.mark()
        expect(dovecot.login("imap", "alice", PASSWORD, remote=AWS).ok)
        dovecot.report_of(mark, action="alert", rule="aws")

# SPDX-License-Identifier: MIT
"""A real Postfix asks Dovecot who may send: what the condition tls sees of
logins with STARTTLS and without, from relays and from elsewhere.

Postfix tells auth that a connection with TLS is secured, and not by what; of
one without TLS it tells nothing."""

import certs
import matrix_clients
import postfixd
import sasl
from cases import case, equal, expect, instance
from fieldworld import leaked
from world import AWS, GMAIL, HOME, OUTLOOK, PASSWORD, Sentry, rule

MECHANISMS = ("PLAIN", "LOGIN", "SCRAM-SHA-256")
MESSAGE = "Not from this app"
FAILED = "535 5.7.8 Error: authentication failed: "
WRONG = FAILED + "(reason unavailable)"
SHOW = [rule("alert", "with", tls=True, any_address=True),
        rule("alert", "without", tls=False, any_address=True),
        rule("alert", "unknown", any_address=True)]
DOWNGRADE = rule("deny", "no-plain-text", tls=False, any_address=True, message=MESSAGE)


class PostfixSentry(postfixd.Beside, Sentry):
    """main_cf: text of it besides what every Postfix here has."""

    def __init__(self, rules, main_cf="", **others):
        super().__init__(rules, extra="auth_debug = yes\n", **others)
        try:
            self.authority = certs.Authority(self.root / "ca")
            self.postfix = postfixd.Postfix(self.root / "postfix", self.root / "run/auth-client",
                                            self.authority, main_cf)
        except BaseException:
            self.discard()
            raise

    def smtp(self, remote, tls):
        client = matrix_clients.Smtp(self.postfix.port, remote)
        if tls:
            client.starttls(self.authority.context())
        return client

    def send_as(self, remote, tls, mech="PLAIN", password=PASSWORD):
        """Logs in and tries to send: the Answer to the login. Who is not let in
        must not be able to send either."""
        with self.smtp(remote, tls) as client:
            answer = client.exchange(sasl.mechanism(mech, "alice", password))
            equal(client.works(), answer.ok, (remote, tls, mech, answer))
            return answer


@instance
def showing():
    return PostfixSentry(SHOW)


@case("Postfix: tls is neither true nor false with STARTTLS, and false without", on=showing)
def _(dovecot):
    for tls, want in ((True, "unknown"), (False, "without")):
        for remote in (HOME, OUTLOOK):
            for mech in MECHANISMS:
                mark = dovecot.mark()
                answer = dovecot.send_as(remote, tls, mech)
                expect(answer.ok, tls, remote, mech, answer)
                line = dovecot.report_of(mark, action="alert", rule=want)
                expect(remote in line["prefix"], line)


@case("Postfix: says secured with STARTTLS, without what by, and nothing without", on=showing)
def _(dovecot):
    for tls, want in ((True, ["secured"]), (False, [])):
        mark = dovecot.mark()
        expect(dovecot.send_as(OUTLOOK, tls).ok)
        request, = dovecot.wait_log(r"client in: AUTH\b", mark)
        words = request.split("\t")
        expect("service=smtp" in words and f"rip={OUTLOOK}" in words, words)
        equal([word for word in words if "secured" in word], want)
        equal([word for word in words if word.startswith("session=")], [], "a session id")


@case("Postfix: is not told the user's own policy, whatever becomes of the login")
def _():
    users = {"alice": "{PLAIN}secret::::::relaysentry_allow=outlook-mobile "
                      "relaysentry_deny=@mail-relay relaysentry_group=staff"}
    with PostfixSentry([rule("user-policy"), rule("deny", "staff", group="staff", service="smtp",
                                                  relay="aws")], users=users) as dovecot:
        mark = dovecot.mark()
        for remote, let_in in ((HOME, True), (OUTLOOK, True), (GMAIL, False), (AWS, False)):
            for mech in MECHANISMS:
                answer = dovecot.send_as(remote, True, mech)
                equal(answer.ok, let_in, (remote, mech))
                expect(not leaked(str(answer)), answer)
        equal(dovecot.send_as(OUTLOOK, True, password="wrong").text, WRONG)
        lines = dovecot.wait_log("client passdb out: (OK|FAIL)", mark, 4 * len(MECHANISMS) + 1)
        equal([line for line in lines if leaked(line)], [])


@instance
def refusing():
    return PostfixSentry([DOWNGRADE])


@case("Postfix: a rule against logins without TLS lets those with STARTTLS send", on=refusing)
def _(dovecot):
    for remote in (HOME, OUTLOOK):
        for mech in MECHANISMS:
            mark = dovecot.mark()
            answer = dovecot.send_as(remote, True, mech)
            expect(answer.ok, remote, mech, answer)
            equal(dovecot.reports(mark), [])


@case("Postfix: without TLS the rule refuses like a wrong password, a relay with its reason",
      on=refusing)
def _(dovecot):
    for remote, reply, relay in ((HOME, WRONG, "-"), (OUTLOOK, FAILED + MESSAGE, "outlook-mobile")):
        for mech in MECHANISMS:
            mark = dovecot.mark()
            answer = dovecot.send_as(remote, False, mech)
            told = reply if mech != "SCRAM-SHA-256" else WRONG
            equal((answer.ok, answer.text), (False, told), (remote, mech))
            dovecot.report_of(mark, action="deny", enforced="yes", rule="no-plain-text",
                              relay=relay)
        equal(dovecot.send_as(remote, False, password="wrong").text, WRONG)


@case("Postfix: who was refused without TLS gets in with STARTTLS, in the same session",
      on=refusing)
def _(dovecot):
    with dovecot.smtp(HOME, False) as client:
        expect(not client.exchange(sasl.mechanism("PLAIN", "alice", PASSWORD)).ok)
        client.starttls(dovecot.authority.context())
        expect(client.exchange(sasl.mechanism("PLAIN", "alice", PASSWORD)).ok)
        expect(client.works())


@case("Postfix: a relay with STARTTLS is hit by what says not without TLS, not by tls true")
def _():
    never = rule("deny", "never", relay="outlook-mobile", tls=True)
    may = rule("deny", "may-have-tls", relay="outlook-mobile", not_={"tls": False},
               message=MESSAGE)
    with PostfixSentry([never, may]) as dovecot:
        for mech in MECHANISMS:
            mark = dovecot.mark()
            expect(not dovecot.send_as(OUTLOOK, True, mech).ok, mech)
            dovecot.report_of(mark, action="deny", rule="may-have-tls")
            expect(dovecot.send_as(OUTLOOK, False, mech).ok, mech)
            expect(dovecot.send_as(HOME, True, mech).ok, mech)


@case("Postfix: with smtpd_tls_auth_only it takes no password without TLS, and asks nobody")
def _():
    with PostfixSentry([DOWNGRADE], "smtpd_tls_auth_only = yes\n") as dovecot:
        mark = dovecot.mark()
        for remote in (HOME, OUTLOOK):
            expect(not dovecot.send_as(remote, False).ok, remote)
        dovecot.settle_log()
        equal(dovecot.log(mark, r"client in: AUTH\b"), [])
        for remote in (HOME, OUTLOOK):
            expect(dovecot.send_as(remote, True).ok, remote)

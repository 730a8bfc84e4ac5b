# SPDX-License-Identifier: MIT
"""A primary passdb that is asked by auth workers: what they answer is decided
upon like any other answer, in the auth process."""

from cases import case, equal, expect, instance
from sqlworld import APP_USER, SqliteSentry
from world import HOME, OUTLOOK, PASSWORD, rule

MECHANISMS = ("PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256")
SERVICES = ("imap", "pop3", "submission")
MESSAGE = "Not this app"
RULES = [rule("allow", "own", credential="app-password"),
         rule("deny", "outlook", relay="outlook-mobile", message=MESSAGE)]
ASKED = "auth-worker.*query: SELECT"


@instance
def asked_by_workers():
    return SqliteSentry(RULES, worker=True, extra="auth_debug = yes\n")


def by_worker(dovecot, mark):
    """Fails unless a worker was asked after mark."""
    expect(dovecot.auth_processes(worker=True), "no auth worker")
    dovecot.wait_log(ASKED, mark)


@case("workers: a relay whose password a worker found right is denied, others get in",
      on=asked_by_workers)
def _(dovecot):
    for mech in MECHANISMS:
        for remote, want in ((OUTLOOK, False), (HOME, True), (OUTLOOK, False)):
            mark = dovecot.mark()
            with dovecot.auth() as auth:
                equal(auth.login("alice", PASSWORD, mech, remote=remote).ok, want, (mech, remote))
            by_worker(dovecot, mark)
            if not want:
                verified = "yes" if mech in ("PLAIN", "LOGIN") else "no"
                dovecot.report_of(mark, action="deny", rule="outlook", verified=verified)


@case("workers: every service tells the relay's user why, and lets others in", on=asked_by_workers)
def _(dovecot):
    for service in SERVICES:
        mark = dovecot.mark()
        answer = dovecot.login(service, "alice", PASSWORD, remote=OUTLOOK)
        expect(not answer.ok and MESSAGE in answer.text, service, answer)
        expect(dovecot.login(service, "alice", PASSWORD, remote=HOME).ok, service)
        by_worker(dovecot, mark)


@case("workers: who is unknown to them or has a wrong password is told nothing",
      on=asked_by_workers)
def _(dovecot):
    attempts = [(user, password, mech, remote) for mech in MECHANISMS
                for user, password in (("nobody", PASSWORD), ("alice", "wrong"), ("alice", ""))
                for remote in (OUTLOOK, HOME)]
    mark = dovecot.mark()
    with dovecot.auth() as auth:
        for attempt, reply in zip(attempts, auth.logins(attempts)):
            expect(not reply.ok and MESSAGE not in reply.raw, attempt, reply)
    by_worker(dovecot, mark)


@case("workers: what their query says of the credential counts", on=asked_by_workers)
def _(dovecot):
    with dovecot.auth() as auth:
        for mech in ("PLAIN", "LOGIN"):
            expect(auth.login(APP_USER, PASSWORD, mech, remote=OUTLOOK).ok, mech)
            expect(not auth.login(APP_USER, "wrong", mech, remote=OUTLOOK).ok, mech)


@case("workers: that stand behind relaysentry are not asked for whom it denies")
def _():
    rules = [rule("deny", "outlook", relay="outlook-mobile", reply="generic")]
    with SqliteSentry(rules, place="first", worker=True, extra="auth_debug = yes\n") as dovecot:
        mark = dovecot.mark()
        with dovecot.auth() as auth:
            for mech in MECHANISMS:
                expect(not auth.login("alice", PASSWORD, mech, remote=OUTLOOK).ok, mech)
            dovecot.settle_log()
            equal(dovecot.log(mark, ASKED), [])
            for mech in MECHANISMS:
                expect(auth.login("alice", PASSWORD, mech, remote=HOME).ok, mech)
        by_worker(dovecot, mark)

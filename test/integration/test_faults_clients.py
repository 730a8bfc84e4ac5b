# SPDX-License-Identifier: MIT
"""Clients that disappear in the middle of each mechanism."""

import itertools

import sasl
from cases import case, equal, expect, instance
from clients import Closed
from leaving import LEFT, WAYS, leave, rst, unharmed
from world import AWS, HOME, OUTLOOK, PASSWORD, Sentry, rule

RULES = [rule("deny", "outlook", relay="outlook-mobile", message="Not this app"),
         rule("deny", "aws", relay="aws", reply="generic")]
# How often the client answers until it is refused or let in.
ANSWERS = {"PLAIN": 0, "LOGIN": 2, "CRAM-MD5": 1, "SCRAM-SHA-1": 1, "SCRAM-SHA-256": 1}
MECHANISMS = tuple(ANSWERS)
SERVICES = ("imap", "pop3", "submission")
REMOTES = (OUTLOOK, AWS, HOME)


@instance
def left_alone():
    # Refused logins wait: clients also leave during the delay.
    return Sentry(RULES, failure_delay="1 secs", expected=LEFT)


def right(dovecot):
    """Logins are as if nobody had left."""
    for mech in MECHANISMS:
        expect(dovecot.login("imap", "alice", PASSWORD, mech, HOME).ok, mech)
        expect(not dovecot.login("imap", "alice", PASSWORD, mech, OUTLOOK).ok, mech)


for service in SERVICES:
    @case(f"faults: {service} clients that leave in the middle of each mechanism", on=left_alone)
    def _(dovecot, service=service):
        expect(dovecot.login(service, "alice", PASSWORD, remote=HOME).ok)
        with unharmed(dovecot):
            for mech, remote, way, password in itertools.product(
                    MECHANISMS, REMOTES, WAYS, (PASSWORD, "wrong")):
                leave(lambda: dovecot.client(service, remote),
                      lambda: sasl.mechanism(mech, "alice", password), ANSWERS[mech], way)
            right(dovecot)


def requests(auth, mech, count=3):
    """Requests of each address; returns what is needed to go on with them."""
    found = {}
    for _number in range(count):
        for remote in REMOTES:
            for password in (PASSWORD, "wrong"):
                mechanism = sasl.mechanism(mech, "alice", password)
                found[auth.begin(mechanism, remote=remote)] = mechanism
    return found


def abandon(dovecot, mech, answers):
    """A client of the auth socket that leaves after this many replies, in the
    middle of a line. Returns whether it left a request behind."""
    auth = dovecot.auth()
    pending = requests(auth, mech)
    for _answer in range(min(answers, len(pending))):
        reply = auth.reply()
        number = int(reply.raw.split("\t")[1])
        if reply.status == "CONT":
            auth.respond(number, pending[number], reply)
        else:
            del pending[number]
        if not pending:
            break
    auth.send(b"AUTH\t1000\tPLA")
    auth.close()
    return bool(pending)


@case("faults: clients of the auth socket that leave requests behind", on=left_alone)
def _(dovecot):
    with unharmed(dovecot):
        for mech in (*MECHANISMS, "EXTERNAL"):
            for answers in (0, 1, 7, 18):
                if not abandon(dovecot, mech, answers):
                    break
        right(dovecot)


@case("faults: requests that are cancelled in the middle of each mechanism", on=left_alone)
def _(dovecot):
    with dovecot.auth() as auth:
        for mech in MECHANISMS:
            pending = requests(auth, mech)
            auth.send(b"".join(b"CANCEL\t%d\n" % number for number in pending))
        # What was cancelled gets a late answer or none; all others get theirs.
        mechanism = sasl.mechanism("PLAIN", "alice", PASSWORD)
        last = auth.begin(mechanism, remote=HOME)
        while int((reply := auth.reply()).raw.split("\t")[1]) != last:
            pass
        expect(reply.ok, reply)


@case("faults: a client that leaves while its user is denied, and one that comes again",
      on=left_alone)
def _(dovecot):
    pid = dovecot.auth_pid()
    for service in SERVICES:
        for _round in range(10):
            for remote in REMOTES:
                client = dovecot.client(service, remote)
                client.start(sasl.mechanism("PLAIN", "alice", PASSWORD))
                rst(client.sock)
            try:
                expect(not dovecot.login(service, "alice", PASSWORD, remote=OUTLOOK).ok)
                expect(dovecot.login(service, "alice", PASSWORD, remote=HOME).ok)
            except Closed as closed:
                raise AssertionError(f"{service}: {closed}") from None
    equal(dovecot.auth_pid(), pid, "the auth process is the same")

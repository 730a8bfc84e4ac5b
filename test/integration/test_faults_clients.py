# SPDX-License-Identifier: MIT
"""Clients that disappear in the middle of each mechanism."""

import os
import socket
import struct

import sasl
from cases import case, equal, expect, instance
from clients import Closed
from world import AWS, HOME, OUTLOOK, PASSWORD, Sentry, rule

RULES = [rule("deny", "outlook", relay="outlook-mobile", message="Not this app"),
         rule("deny", "aws", relay="aws", reply="generic")]
# How often the client answers until it is refused or let in.
ANSWERS = {"PLAIN": 0, "LOGIN": 2, "CRAM-MD5": 1, "SCRAM-SHA-1": 1, "SCRAM-SHA-256": 1}
MECHANISMS = tuple(ANSWERS)
SERVICES = ("imap", "pop3", "submission")
# What Dovecot itself says of clients that leave.
LEFT = [r"auth client \d+ disconnected with \d+ pending requests",
        r"(imap|pop3|submission)\(alice\).*Connection reset by peer"]
REMOTES = (OUTLOOK, AWS, HOME)


@instance
def left_alone():
    # Refused logins wait: clients also leave during the delay.
    return Sentry(RULES, failure_delay="1 secs", expected=LEFT)


def fin(sock):
    sock.close()


def rst(sock):
    """Without a word: what was not read or sent yet is lost."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def leave(dovecot, service, mech, remote, leaving, password):
    """Leaves after each line in turn: in the middle of the next, or with the
    answer unread. No refusal is waited for."""
    for count in range(ANSWERS[mech] + 1):
        for half in (b"", b"YWxp"):
            client = dovecot.client(service, remote)
            mechanism = sasl.mechanism(mech, "alice", password)
            client.start(mechanism)
            for _answer in range(count):
                challenge = client.challenge(client.read())
                expect(challenge is not None, service, mech, remote, count)
                client.send(sasl.b64(mechanism.respond(challenge)).encode() + b"\r\n")
            client.send(half)
            leaving(client.sock)


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def settled(dovecot, pid, before):
    """Logins are right, by the same process, which kept no connection."""
    equal(dovecot.auth_pid(), pid, "the auth process is the same")
    for mech in MECHANISMS:
        expect(dovecot.login("imap", "alice", PASSWORD, mech, HOME).ok, mech)
        expect(not dovecot.login("imap", "alice", PASSWORD, mech, OUTLOOK).ok, mech)
    dovecot.settle_log()
    expect(descriptors(pid) <= before + 8, "descriptors", before, descriptors(pid))


for service in SERVICES:
    @case(f"faults: {service} clients that leave in the middle of each mechanism", on=left_alone)
    def _(dovecot, service=service):
        expect(dovecot.login(service, "alice", PASSWORD, remote=HOME).ok)
        pid = dovecot.auth_pid()
        before = descriptors(pid)
        for mech in MECHANISMS:
            for remote in REMOTES:
                for leaving in (fin, rst):
                    for password in (PASSWORD, "wrong"):
                        leave(dovecot, service, mech, remote, leaving, password)
        settled(dovecot, pid, before)


def requests(auth, mech, count=3):
    """Requests of each address; returns what is needed to go on with them."""
    found = {}
    for _number in range(count):
        for remote in REMOTES:
            for password in (PASSWORD, "wrong"):
                mechanism = sasl.mechanism(mech, "alice", password)
                found[auth.begin(mechanism, remote=remote)] = mechanism
    return found


@case("faults: clients of the auth socket that leave requests behind", on=left_alone)
def _(dovecot):
    pid = dovecot.auth_pid()
    before = descriptors(pid)
    for mech in (*MECHANISMS, "EXTERNAL"):
        for answers in (0, 1, 7, 18):
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
            if not pending:
                break
    settled(dovecot, pid, before)


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

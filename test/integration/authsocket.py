# SPDX-License-Identifier: MIT
"""A client of Dovecot's auth socket (auth-protocol.txt): what login processes,
Postfix and Exim speak. For requests that no mail client can make, and for
measuring."""

import os
import time
from dataclasses import dataclass, field

import clients
import sasl


def tab_escape(data):
    for plain, escaped in ((b"\1", b"\0011"), (b"\0", b"\0010"), (b"\t", b"\1t"),
                           (b"\r", b"\1r"), (b"\n", b"\1n")):
        data = data.replace(plain, escaped)
    return data


def tab_unescape(text):
    for plain, escaped in (("\n", "\1n"), ("\r", "\1r"), ("\t", "\1t"),
                           ("\0", "\0010"), ("\1", "\0011")):
        text = text.replace(escaped, plain)
    return text


@dataclass
class Reply:
    status: str  # "OK", "FAIL", "CONT"
    raw: str
    fields: dict = field(default_factory=dict)  # a field without a value: ""
    elapsed: float = 0.0

    @property
    def ok(self):
        return self.status == "OK"


def parse(line, elapsed=0.0):
    words = line.split("\t")
    fields = dict((tab_unescape(word).split("=", 1) + [""])[:2] for word in words[2:])
    return Reply(words[0], line, fields, elapsed)


class AuthSocket(clients.Line):
    """A connection to the auth-client socket at path."""

    def __init__(self, path):
        super().__init__(clients.connect(path))
        self.next_id = 1
        self.mechanisms = []
        self.server_pid = 0
        self.send(b"VERSION\t1\t1\nCPID\t%d\n" % os.getpid())
        while (line := self.read()) != "DONE":
            words = line.split("\t")
            if words[0] == "MECH":
                self.mechanisms.append(words[1])
            elif words[0] == "SPID":
                self.server_pid = int(words[1])

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()

    def begin(self, mechanism, service="imap", remote=None, extra=()):
        """Sends a request and does not wait; returns its id."""
        number, self.next_id = self.next_id, self.next_id + 1
        words = [b"AUTH", b"%d" % number, mechanism.name.encode(), b"service=" + service.encode()]
        if remote is not None:
            words += [b"lip=192.0.2.1", b"rip=" + remote.encode()]
        words += [tab_escape(sasl.octets(item)) for item in extra]
        if mechanism.initial is not None:
            words.append(b"resp=" + sasl.b64(mechanism.initial).encode())
        self.send(b"\t".join(words) + b"\n")
        return number

    def reply(self):
        """The next reply to any request."""
        return parse(self.read(), time.monotonic() - self.sent)

    def respond(self, number, mechanism, reply):
        """Answers the challenge in reply."""
        challenge = next(iter(reply.raw.split("\t")[2:]), "")
        answer = mechanism.respond(clients.MailClient.decode(challenge))
        self.send(b"CONT\t%d\t%s\n" % (number, sasl.b64(answer).encode()))

    def login(self, user, password, mech="PLAIN", service="imap", remote=None, extra=()):
        mechanism = sasl.mechanism(mech, user, password)
        number = self.begin(mechanism, service, remote, extra)
        while (reply := self.reply()).status == "CONT":
            self.respond(number, mechanism, reply)
        return reply

    def logins(self, attempts):
        """Many logins at a time: (user, password, mech, remote) each. Returns
        the replies in their order. Refused ones wait for their delay together."""
        waiting, replies = {}, {}
        for user, password, mech, remote in attempts:
            mechanism = sasl.mechanism(mech, user, password)
            waiting[self.begin(mechanism, remote=remote)] = mechanism
        order = list(waiting)
        while waiting:
            reply = self.reply()
            number = int(reply.raw.split("\t")[1])
            if reply.status == "CONT":
                self.respond(number, waiting[number], reply)
            else:
                replies[number] = reply
                del waiting[number]
        return [replies[number] for number in order]

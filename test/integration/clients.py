# SPDX-License-Identifier: MIT
"""Mail clients that log in and tell exactly what they saw.

Imap, Pop3 and Submission speak to a listener of Dovecot; login() returns an
Answer. remote is the address that the PROXY header reports; peer is the local
address the connection is made from.
"""

import base64
import socket
import time
from dataclasses import dataclass, field

import proxyline
import sasl

TIMEOUT = 40


def wait_port(port, process, seconds, why):
    """Until somebody listens on 127.0.0.1; fails with why() when process ended before."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(why()) from None
            time.sleep(0.02)


def connect(path):
    """The socket at path."""
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(TIMEOUT)
    sock.connect(path)
    return sock


class Closed(Exception):
    """The server closed the connection."""


@dataclass
class Answer:
    ok: bool
    lines: list = field(default_factory=list)  # all the server said, greeting left out
    elapsed: float = 0.0  # seconds from sending the last of the credential to the answer

    @property
    def text(self):
        """The final line; what a user is shown."""
        return self.lines[-1] if self.lines else ""


class Line:
    """A connection of lines."""

    def __init__(self, sock):
        self.sock, self.buffer = sock, b""
        self.sent = time.monotonic()

    def send(self, data):
        self.sent = time.monotonic()
        self.sock.sendall(data)

    def read(self):
        while b"\n" not in self.buffer:
            try:
                data = self.sock.recv(65536)
            except ConnectionResetError:
                data = b""
            if not data:
                raise Closed(self.buffer.decode("latin-1"))
            self.buffer += data
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line.rstrip(b"\r").decode("utf-8", "backslashreplace")

    def close(self):
        self.sock.close()


class MailClient(Line):
    """What the three protocols share."""

    service = ""
    auth = "AUTH"  # the command that begins a SASL exchange
    prompt = "+ "  # what stands before a challenge

    def __init__(self, port, remote="direct", peer=None, version=2):
        """remote "direct": no PROXY header is sent."""
        source = (peer, 0) if peer else None
        super().__init__(socket.create_connection(("127.0.0.1", port), TIMEOUT, source))
        if remote != "direct":
            self.send(proxyline.header(remote, version))
        self.greeting = self.read()
        self.hello()

    def hello(self):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()

    def start(self, mechanism):
        command = f"{self.auth} {mechanism.name}"
        if mechanism.initial is not None:
            command += " " + (sasl.b64(mechanism.initial) or "=")
        self.send(command.encode() + b"\r\n")

    def challenge(self, line):
        """The server's challenge; None when the line is no such."""
        if not line.startswith(self.prompt):
            return None
        return self.decode(line[len(self.prompt):])

    def authenticate(self, user, password, mech):
        """Does the SASL exchange; returns all lines from the server."""
        mechanism = sasl.mechanism(mech, user, password)
        lines = []
        self.start(mechanism)
        while True:
            line = self.read()
            challenge = self.challenge(line)
            lines.append(line)
            if challenge is None:
                return lines
            self.respond(mechanism.respond(challenge))

    def respond(self, data):
        self.send(sasl.b64(data).encode() + b"\r\n")

    def login(self, user, password, mech="PLAIN"):
        lines = []
        try:
            lines = self.authenticate(user, password, mech)
            elapsed = time.monotonic() - self.sent
            while not self.final(lines[-1]):
                lines.append(self.read())
        except Closed as closed:
            return Answer(False, lines + [f"(closed) {closed}"], time.monotonic() - self.sent)
        return Answer(self.success(lines[-1]), lines, elapsed)

    def final(self, line):
        return True

    @staticmethod
    def decode(text):
        return base64.b64decode(text)


class Imap(MailClient):
    service = "imap"
    auth = "a AUTHENTICATE"

    def final(self, line):
        return line.startswith("a ")

    def success(self, line):
        return line.startswith("a OK")

    def command_login(self, user, password):
        """The LOGIN command instead of AUTHENTICATE, with literals."""
        user, password = sasl.octets(user), sasl.octets(password)
        self.send(b"a LOGIN {%d+}\r\n%s {%d+}\r\n%s\r\n" % (
            len(user), user, len(password), password))
        lines = [self.read()]
        elapsed = time.monotonic() - self.sent
        while not self.final(lines[-1]):
            lines.append(self.read())
        return Answer(self.success(lines[-1]), lines, elapsed)

    def command(self, text):
        """Any further command; returns the lines of the answer."""
        self.send(b"b " + text.encode() + b"\r\n")
        lines = [self.read()]
        while not lines[-1].startswith("b "):
            lines.append(self.read())
        return lines


class Pop3(MailClient):
    service = "pop3"

    def success(self, line):
        return line.startswith("+OK")


class Submission(MailClient):
    service = "submission"
    prompt = "334 "

    def hello(self):
        self.send(b"EHLO client.example\r\n")
        while not self.read().startswith("250 "):
            pass

    def final(self, line):
        return line[3:4] == " "

    def success(self, line):
        return line.startswith("235")


CLIENTS = {client.service: client for client in (Imap, Pop3, Submission)}

# SPDX-License-Identifier: MIT
"""The clients of the matrix: each of the five services, with STARTTLS, any
SASL mechanism as an object, and a command after the login that works only
for who is logged in."""

import clients
import sasl

INITIAL_LIMIT = 400  # octets; what is longer is sent when the server asks for it


class Delayed:
    """A mechanism whose initial response is too long for the first line."""

    initial = None

    def __init__(self, mechanism):
        self.mechanism, self.name, self.begun = mechanism, mechanism.name, False

    def respond(self, challenge):
        if self.begun:
            return self.mechanism.respond(challenge)
        self.begun = True
        return self.mechanism.initial


def fitting(mechanism):
    if mechanism.initial is not None and len(mechanism.initial) > INITIAL_LIMIT:
        return Delayed(mechanism)
    return mechanism


class Client:
    """Mixed into the clients of clients.py."""

    def starttls(self, context):
        self.send(self.tls_command + b"\r\n")
        line = self.read()
        if not line.startswith(self.tls_answer):
            raise clients.Closed(f"no TLS: {line}")
        self.sock = context.wrap_socket(self.sock, server_hostname="127.0.0.1")
        self.secured()

    def secured(self):
        pass

    def exchange(self, mechanism):
        """Logs in; returns the Answer."""
        mechanism, lines = fitting(mechanism), []
        try:
            self.start(mechanism)
            while True:
                lines.append(self.read())
                challenge = self.challenge(lines[-1])
                if challenge is None:
                    break
                self.respond(mechanism.respond(challenge))
            while not self.final(lines[-1]):
                lines.append(self.read())
        except clients.Closed as closed:
            return clients.Answer(False, lines + [f"(closed) {closed}"])
        return clients.Answer(self.success(lines[-1]), lines)

    def ask(self, text):
        """One command; returns the first line of the answer, "" when the server hung up."""
        try:
            self.send(text + b"\r\n")
            return self.read()
        except (clients.Closed, ConnectionError):
            return ""

    def works(self):
        """Whether a command works that needs a login."""
        return self.ask(self.needs_login).startswith(self.works_answer)


class Imap(Client, clients.Imap):
    tls_command, tls_answer = b"t STARTTLS", "t OK"
    needs_login, works_answer = b"b STATUS INBOX (MESSAGES)", "* STATUS"


class Pop3(Client, clients.Pop3):
    tls_command, tls_answer = b"STLS", "+OK"
    needs_login, works_answer = b"STAT", "+OK"


class Submission(Client, clients.Submission):
    tls_command, tls_answer = b"STARTTLS", "220"
    needs_login, works_answer = b"MAIL FROM:<alice@example.org>", "250"

    def secured(self):
        self.hello()


class Smtp(Submission):
    """Postfix: anybody may say MAIL FROM, nobody may send without a login."""

    service = "smtp"
    needs_login = b"RCPT TO:<somebody@elsewhere.example>"

    def works(self):
        return self.ask(b"MAIL FROM:<alice@example.org>").startswith("250") and super().works()


class Sieve(Client, clients.MailClient):
    """ManageSieve (RFC 5804)."""

    service = "sieve"
    tls_command, tls_answer = b"STARTTLS", "OK"
    needs_login, works_answer = b"LISTSCRIPTS", "OK"

    def hello(self):
        # The greeting is a list of capabilities, whose first line was read.
        while not self.read().startswith("OK"):
            pass

    def secured(self):
        self.hello()

    def quoted(self, text):
        return b"{%d+}\r\n%s" % (len(text), text)

    def start(self, mechanism):
        command = b'AUTHENTICATE "%s"' % mechanism.name.encode()
        if mechanism.initial is not None:
            command += b" " + self.quoted(sasl.b64(mechanism.initial).encode())
        self.send(command + b"\r\n")

    def read(self):
        """A line, with the literal that it ends with in its place."""
        line = super().read()
        if line.endswith("}") and "{" in line:
            head, size = line[:-1].rsplit("{", 1)
            text = ""
            while len(text) < int(size):
                text += ("\r\n" if text else "") + super().read()
            tail = "" if len(text) == int(size) else text[int(size):]
            return f'{head}"{text[:int(size)]}"{tail}'
        return line

    def challenge(self, line):
        return self.decode(line[1:-1]) if line.startswith('"') else None

    def respond(self, data):
        self.send(self.quoted(sasl.b64(data).encode()) + b"\r\n")

    def success(self, line):
        return line.startswith("OK")


CLIENTS = {client.service: client for client in (Imap, Pop3, Submission, Smtp, Sieve)}

# SPDX-License-Identifier: MIT
"""Clients that leave in the middle of a login, and what must hold afterwards."""

import contextlib
import os
import pathlib
import socket
import struct
import time

from cases import equal, expect

# What Dovecot itself says of clients that leave.
LEFT = [r"auth client \d+ disconnected with \d+ pending requests",
        r"(imap|pop3|submission|managesieve)\(alice\).*Connection reset by peer"]
SERVICES = ("imap", "pop3", "submission", "managesieve")
SECONDS = 10
SPARE = 2  # what auth opens once


def fin(sock):
    sock.close()


def rst(sock):
    """Without a word: what was not read or sent yet is lost."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


WAYS = (fin, rst)


def leave(connect, begin, answers, leaving):
    """Leaves after each line in turn: in the middle of the next, or with the
    answer unread. connect and begin give a client and a mechanism, new each time.
    answers: how often the client answers until it is refused or let in. No
    refusal is waited for."""
    for count in range(answers + 1):
        for half in (b"", b"YWxp"):
            client, mechanism = connect(), begin()
            client.start(mechanism)
            for _answer in range(count):
                line = client.read()
                challenge = client.challenge(line)
                expect(challenge is not None, client.service, mechanism.name, count, line)
                client.respond(mechanism.respond(challenge))
            client.send(half)
            leaving(client.sock)


def service_processes(dovecot):
    """How many of logins and mail there are; each may be connected to auth while
    it lives."""
    found = 0
    for path in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            group = (path / "stat").read_text().rsplit(") ", 1)[1].split()[2]
            found += int(group) == dovecot.process.pid and \
                (path / "comm").read_text().startswith(SERVICES)
    return found


def descriptors(dovecot, pid):
    """The open files of auth, without those of living processes of services, of
    which Dovecot keeps as many as it likes."""
    return len(os.listdir(f"/proc/{pid}/fd")) - service_processes(dovecot)


@contextlib.contextmanager
def unharmed(dovecot):
    """Afterwards it is the same auth process, which kept no connection. Whether
    logins are right is for the block to see, at its end."""
    pid = dovecot.auth_pid()
    before = descriptors(dovecot, pid)
    yield
    equal(dovecot.auth_pid(), pid, "the auth process is the same")
    dovecot.settle_log()
    # Sessions that have just ended are still about to disconnect.
    deadline = time.monotonic() + SECONDS
    while (now := descriptors(dovecot, pid)) > before + SPARE:
        expect(time.monotonic() < deadline, "descriptors", before, now)
        time.sleep(0.05)

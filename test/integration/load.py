# SPDX-License-Identifier: MIT
"""Logins at a steady rate while something else happens to Dovecot.

    with Load(dovecot, {OUTLOOK: False, HOME: True}) as load:
        ...
        load.wants[AWS] = None  # unknown while it changes
        ...
        load.some()
    load.check()

Each request must get one final answer, and the wanted one. The connections are
those of login processes, which leave after some logins, and of an MTA, which
keeps its connection for good.
"""

import contextlib
import select
import threading
import time

import sasl
from authsocket import parse
from cases import equal, expect
from clients import Closed

RATE = 200  # logins a second
FEWEST = 20  # on a machine that has a lot else to do: below it, nothing was under load
SECONDS = 30  # until what must come has come
ATTEMPTS = [("secret", "PLAIN"), ("secret", "LOGIN"), ("secret", "PLAIN"), ("wrong", "PLAIN"),
            ("secret", "CRAM-MD5"), ("secret", "PLAIN"), ("secret", "SCRAM-SHA-256")]


class Load(threading.Thread):
    """wants: {remote: whether a right password gets in, None: either}.
    leaves_after: logins until a connection is replaced, None for never; one
    connection for each. may_lose: Dovecot alone loses logins here, too: they
    are counted, and what is answered must still be right."""

    def __init__(self, dovecot, wants, leaves_after=(None, None, 1, 1, 7, 50), may_lose=False):
        super().__init__(daemon=True)
        self.dovecot, self.wants, self.may_lose = dovecot, dict(wants), may_lose
        self.leaves_after = leaves_after
        self.stopping, self.wrong, self.sent, self.done, self.refused = False, [], 0, 0, 0
        self.lost = 0
        self.pids, self.began, self.seconds = set(), 0.0, 0.0
        self.leaving, self.renewed = [], 0
        self.lines = [self.connect() for _ in leaves_after]

    def connect(self):
        """During a reload the sockets are away for a moment: clients try again."""
        deadline = time.monotonic() + SECONDS
        while True:
            with contextlib.suppress(OSError, Closed):
                line = self.dovecot.auth()
                line.pending, line.begun, line.renewed = {}, 0, self.renewed
                self.pids.add(line.server_pid)
                return line
            expect(time.monotonic() < deadline, "auth does not take connections")
            self.refused += 1
            time.sleep(0.005)

    # --- the thread ---

    def run(self):
        self.began = time.monotonic()
        try:
            while not self.stopping:
                due = self.began + self.sent / RATE
                if time.monotonic() >= due:
                    self.send(self.sent % len(self.lines))
                self.receive(max(0.0, due - time.monotonic()))
            self.seconds = time.monotonic() - self.began
            self.drain()
        except Exception as error:
            self.wrong.append(f"the load ended: {error!r}")
        for line in self.lines + self.leaving:
            line.close()

    def send(self, number):
        line, limit = self.lines[number], self.leaves_after[number]
        if line.renewed != self.renewed or limit is not None and line.begun >= limit:
            # Refused logins are answered later; nobody waits for them here.
            self.leaving.append(line)
            line = self.lines[number] = self.connect()
        remotes = list(self.wants)
        remote = remotes[self.sent % len(remotes)]
        password, mech = ATTEMPTS[self.sent // len(remotes) % len(ATTEMPTS)]
        want = self.wants[remote] if password == "secret" else False
        mechanism = sasl.mechanism(mech, "alice", password)
        line.begun += 1
        self.sent += 1
        line.pending[line.next_id] = (mechanism, remote, password, want)
        try:
            line.begin(mechanism, remote=remote)
        except BrokenPipeError:
            self.closed(line)

    def receive(self, seconds):
        for line in [line for line in self.leaving if not line.pending]:
            self.leaving.remove(line)
            line.close()
        by_socket = {line.sock: line for line in self.lines + self.leaving}
        for sock in select.select(list(by_socket), [], [], seconds)[0]:
            line, data = by_socket[sock], b""
            with contextlib.suppress(ConnectionResetError):
                data = sock.recv(65536)
            if not data:
                self.closed(line)
                continue
            line.buffer += data
            while b"\n" in line.buffer:
                self.take(line, parse(line.read()))

    def lose(self, count, what):
        self.lost += count
        if count and not self.may_lose:
            self.wrong.append(what)

    def closed(self, line):
        self.lose(len(line.pending), f"closed before answers to {line.pending}")
        line.close()
        if line in self.leaving:
            self.leaving.remove(line)
        else:
            self.lines[self.lines.index(line)] = self.connect()

    def take(self, line, reply):
        number = int(reply.raw.split("\t")[1])
        if number not in line.pending:
            self.wrong.append(f"a second answer: {reply.raw}")
            return
        mechanism, remote, password, want = line.pending[number]
        if reply.status == "CONT":
            with contextlib.suppress(BrokenPipeError):  # receive() will see it closed
                line.respond(number, mechanism, reply)
            return
        del line.pending[number]
        if reply.fields.get("code") == "temp_fail" or "temp" in reply.fields:
            self.lose(1, f"a temporary failure: {reply.raw}")
            return
        self.done += 1
        now = self.wants[remote] if password == "secret" else False
        # What changed on the way may be decided either way.
        if want is not None and now == want and reply.ok != want:
            self.wrong.append((mechanism.name, remote, password, reply.raw))

    def drain(self):
        deadline = time.monotonic() + SECONDS
        while open_ := [line.pending for line in self.lines + self.leaving if line.pending]:
            if time.monotonic() > deadline:
                self.wrong.append(f"no answer to {open_}")
                return
            self.receive(0.05)

    # --- the test ---

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *exc):
        self.stopping = True
        self.join()

    def renew(self):
        """All clients leave the auth process of before a reload, as login processes
        do when Dovecot tells them to. It ends a process that is not left."""
        self.renewed += 1

    def some(self, count=20):
        """Waits for that many more answers to requests of now."""
        want, deadline = self.sent + count, time.monotonic() + SECONDS
        while self.done < want:
            expect(self.is_alive(), "the load has ended", self.wrong)
            expect(time.monotonic() < deadline, "no more answers", self.wrong)
            time.sleep(0.01)

    def check(self, what=""):
        equal(self.wrong[:3], [], what)
        equal(self.done + self.lost, self.sent, "answers to all requests")
        rate = self.done / max(self.seconds, 0.001)
        print(f"{what}: {self.done} logins in {self.seconds:.1f} seconds, {rate:.0f} a second, "
              f"{len(self.pids)} auth process(es), {self.refused} connection(s) tried again, "
              f"{self.lost} lost by Dovecot")
        # Where logins are lost, they are waited for.
        expect(rate > FEWEST or self.may_lose, what, "logins a second", rate)

# SPDX-License-Identifier: MIT
"""A dict process that does what a test wants: Dovecot's protocol on a socket, and
a table behind it.

    with fakedict.serving(path) as dict_:
        dict_.table[key] = value
        dict_.silent = True   # takes commands, and answers nothing
        dict_.delay = 0.3     # seconds before each answer
        dict_.failing = "no"  # answers this error
        dict_.refuse()        # closes its socket and all connections; and listen()
        dict_.commands        # as they came: (letter, words)
"""

import contextlib
import os
import pathlib
import socket
import threading
import time

import authsocket


class FakeDict:
    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.table, self.commands, self.hellos = {}, [], []
        self.silent, self.delay, self.failing = False, 0.0, None
        self.connections, self.listener = set(), None
        self.lock = threading.Lock()
        self.listen()

    def listen(self):
        self.path.unlink(missing_ok=True)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(self.path))
        os.chmod(self.path, 0o666)
        self.listener.listen(128)
        threading.Thread(target=self.accept, args=(self.listener,), daemon=True).start()

    def accept(self, listener):
        while True:
            try:
                sock = listener.accept()[0]
            except OSError:
                return
            with self.lock:
                self.connections.add(sock)
            threading.Thread(target=self.serve, args=(sock,), daemon=True).start()

    def serve(self, sock):
        answering = Answering(self, sock)
        with contextlib.suppress(OSError), sock.makefile("rb") as lines:
            for line in lines:
                answering.command(line.decode("utf-8", "surrogateescape").rstrip("\n"))
        with self.lock:
            self.connections.discard(sock)
        sock.close()

    def hang_up(self):
        with self.lock:
            for sock in self.connections:
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)

    def refuse(self):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.hang_up()

    def asked(self, key=None):
        """How often a key, or any, was looked up."""
        return sum(letter == "L" and key in (None, words[0]) for letter, words in self.commands)

    def wait_for(self, condition, what, seconds=20):
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError(f"the dict has not seen {what}: {self.commands[-20:]}")
            time.sleep(0.02)


class Answering:
    """One connection."""

    def __init__(self, dict_, sock):
        self.dict, self.sock = dict_, sock
        self.last, self.transactions = 0, {}

    def command(self, line):
        letter, words = line[0], [authsocket.tab_unescape(word) for word in line[1:].split("\t")]
        self.dict.commands.append((letter, words))
        if letter == "H":
            self.dict.hellos.append(words)
        elif letter == "B":
            self.transactions[words[0]] = {}
        elif letter in "SU":
            self.transactions[words[0]][words[1]] = words[2] if letter == "S" else None
        elif letter in "LC":
            self.last += 1
            self.answer(letter, words)

    def answer(self, letter, words):
        if self.dict.silent:
            return
        self.say(f"*{self.last}")
        time.sleep(self.dict.delay)
        if letter == "L" and self.dict.failing is not None:
            self.say(f"+{self.last}\tF{self.dict.failing}")
        elif letter == "L":
            value = self.dict.table.get(words[0])
            self.say(f"+{self.last}\t" + ("N" if value is None else "O" + self.escape(value)))
        elif self.dict.failing is not None:
            self.say(f"+{self.last}\tF{words[0]}\t{self.dict.failing}")
        else:
            for key, value in self.transactions.pop(words[0]).items():
                self.dict.table[key] = value
                if value is None:
                    del self.dict.table[key]
            self.say(f"+{self.last}\tO{words[0]}")

    @staticmethod
    def escape(value):
        return authsocket.tab_escape(value.encode()).decode()

    def say(self, text):
        # Who has asked may be gone; what he has sent counts all the same.
        with contextlib.suppress(OSError):
            self.sock.sendall(text.encode() + b"\n")


@contextlib.contextmanager
def serving(path):
    dict_ = FakeDict(path)
    try:
        yield dict_
    finally:
        dict_.refuse()

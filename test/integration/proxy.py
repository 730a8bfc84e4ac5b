# SPDX-License-Identifier: MIT
"""A way to a server that a test can make slow, stop and close.

    with Proxy(path_of_the_server's_socket) as way:
        ... 127.0.0.1:way.port ...
        way.delay = 2.0  # seconds, for each piece of what is said
        way.stop()       # connections are taken, and nothing goes through
        way.refuse()     # no connection is taken, and there is none any more
        way.go_on()      # as in the beginning
"""

import contextlib
import os
import pathlib
import socket
import threading
import time

from dovecotconf import Ports

PIECE = 65536


def connected(address):
    """address: a path, or (host, port)."""
    family = socket.AF_INET if isinstance(address, tuple) else socket.AF_UNIX
    sock = socket.socket(family)
    try:
        sock.connect(address if isinstance(address, tuple) else str(address))
    except OSError:
        sock.close()
        raise
    return sock


class Proxy:
    """path: where to listen; by default it is a port of 127.0.0.1."""

    def __init__(self, target, path=None):
        self.target, self.path = target, path
        self.ports = None if path else Ports("proxy")
        self.delay = 0.0
        self.taken = 0  # so many connections
        self.passing = threading.Event()
        self.passing.set()
        self.lock = threading.Lock()
        self.open = set()  # the sockets of all connections
        self.listener = None
        self.listen()

    @property
    def port(self):
        return self.ports.numbers["proxy"]

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()

    def listen(self):
        self.listener = sock = socket.socket(socket.AF_UNIX if self.path else socket.AF_INET)
        if self.path:
            pathlib.Path(self.path).unlink(missing_ok=True)
            sock.bind(str(self.path))
            os.chmod(self.path, 0o666)
        else:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind(("127.0.0.1", self.port))
        sock.listen(128)
        threading.Thread(target=self.take, args=(sock,), daemon=True).start()

    def take(self, listener):
        while True:
            try:
                client = listener.accept()[0]
            except OSError:
                return  # closed
            self.taken += 1
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        with client:
            try:
                server = connected(self.target)
            except OSError:
                return  # the client finds out
            with server:
                with self.lock:
                    self.open |= {client, server}
                back = threading.Thread(target=self.carry, args=(server, client), daemon=True)
                back.start()
                self.carry(client, server)
                back.join()
                with self.lock:
                    self.open -= {client, server}

    def carry(self, source, sink):
        with contextlib.suppress(OSError):
            while piece := source.recv(PIECE):
                self.passing.wait()
                time.sleep(self.delay)
                sink.sendall(piece)
        for sock in (source, sink):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def stop(self):
        self.passing.clear()

    def refuse(self):
        if self.listener is not None:
            # Closing alone does not wake the one who waits in accept().
            with contextlib.suppress(OSError):
                self.listener.shutdown(socket.SHUT_RDWR)
            self.listener.close()
            self.listener = None
        self.hang_up()

    def hang_up(self):
        """Ends the connections that there are."""
        with self.lock:
            for sock in self.open:
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)
        # Who waits to pass something on finds out.
        if not self.passing.is_set():
            self.passing.set()
            self.passing.clear()

    def go_on(self):
        self.delay = 0.0
        self.passing.set()
        if self.listener is None:
            self.listen()

    def close(self):
        self.refuse()
        self.passing.set()
        if self.ports:
            self.ports.close()

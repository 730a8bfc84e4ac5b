# SPDX-License-Identifier: MIT
"""The mail server behind Dovecot's submission service: it greets, knows EHLO
and QUIT, and takes no mail."""

import socketserver
import threading

REPLIES = {b"EHLO": b"250 relayhost.example\r\n", b"QUIT": b"221 2.0.0 Bye\r\n"}


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(b"220 relayhost.example\r\n")
        for line in self.rfile:
            verb = line.strip().upper()[:4]
            self.wfile.write(REPLIES.get(verb, b"250 2.0.0 OK\r\n"))
            if verb == b"QUIT":
                return


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request, client_address):
        pass  # Dovecot hung up


class RelayHost:
    def __init__(self):
        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

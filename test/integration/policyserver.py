# SPDX-License-Identifier: MIT
"""An auth policy server (auth_policy_server_url) that thinks about each request."""

import contextlib
import http.server
import json
import threading
import time
import urllib.parse


class Server(http.server.ThreadingHTTPServer):
    daemon_threads, block_on_close, request_queue_size = True, False, 128

    def __init__(self, seconds, refuse):
        super().__init__(("127.0.0.1", 0), Handler)
        # asked: the commands, as they came: "allow" before and after, "report".
        self.seconds, self.asked, self.refuse = seconds, [], refuse

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}/"

    def handle_error(self, request, client_address):
        pass  # Dovecot has left


class JsonHandler(http.server.BaseHTTPRequestHandler):
    """Answers with JSON, and is silent."""

    protocol_version = "HTTP/1.1"

    def answer(self, status, fields):
        body = json.dumps(fields).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


class Handler(JsonHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        self.server.asked += query.get("command", [])
        time.sleep(self.server.seconds)
        self.answer(200, {"status": -1 if self.server.refuse else 0, "msg": "as told"})


@contextlib.contextmanager
def serving(server):
    """An http.server.ThreadingHTTPServer, until the end of the block."""
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def policy_server(seconds, refuse=False):
    return serving(Server(seconds, refuse))

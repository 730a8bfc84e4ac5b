# SPDX-License-Identifier: MIT
"""A Dovecot with the examples of metrics and exporters as they are shipped, but for
their ports; what its endpoint shows; and who receives what it posts."""

import contextlib
import http.server
import json
import pathlib
import re
import socket
import threading
import time
import urllib.request

from cases import expect
from dovecotconf import Ports
from world import Sentry

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "doc" / "examples"
METRICS_PORT, POST_PORT = "9900", "9901"
SAMPLE = re.compile(r"(\w+)(?:\{(.*)\})? (\S+)")
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


def example(name, old_port, port):
    """{release: text} of the example for each release, with another port."""
    texts = {}
    for release in ("2.3", "2.4"):
        text = (EXAMPLES / f"{name}-{release}.conf").read_text()
        expect(old_port in text, name, release)
        texts[release] = text.replace(old_port, str(port))
    return texts


class MetricsSentry(Sentry):
    """post_port: where the exporter's receiver listens; None: no exporters."""

    def __init__(self, rules, post_port=None, **others):
        self.claimed_http = Ports("http")
        self.http_port = self.claimed_http.numbers["http"]
        extra = example("metrics", METRICS_PORT, self.http_port)
        if post_port is not None:
            for release, text in example("exporters", POST_PORT, post_port).items():
                extra[release] += text
        super().__init__(rules, extra=extra, **others)

    def discard(self):
        super().discard()
        self.claimed_http.close()

    def page(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.http_port}/metrics",
                                    timeout=30) as reply:
            return reply.read().decode()

    def samples(self):
        """[(name, labels, value)] of the endpoint."""
        found = []
        for line in self.page().splitlines():
            if not line.startswith("#"):
                name, labels, value = SAMPLE.fullmatch(line).groups()
                found.append((name, dict(LABEL.findall(labels or "")), float(value)))
        return found

    def count(self, name, **labels):
        return next((value for one, those, value in self.samples()
                     if one == name and those == labels), 0)

    def wait_count(self, want, name, **labels):
        """Events take a moment from auth to stats."""
        deadline = time.monotonic() + 20
        while (got := self.count(name, **labels)) != want:
            expect(time.monotonic() < deadline, name, labels, "got", got, "want", want,
                   self.page())
            time.sleep(0.1)


class Receiver:
    """Takes what is posted, each after so many seconds."""

    def __init__(self, delay=0, port=0):
        got = self.got = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                got.append((self.path, self.headers["Content-Type"], json.loads(body)))
                time.sleep(delay)
                with contextlib.suppress(OSError):
                    self.send_response(204)
                    self.end_headers()

            def log_message(self, *_arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads, self.server.block_on_close = True, False
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.close()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def wait(self, count):
        deadline = time.monotonic() + 20
        while len(self.got) < count:
            expect(time.monotonic() < deadline, self.got)
            time.sleep(0.05)
        return self.got


@contextlib.contextmanager
def silent_port():
    """A port that takes connections, and nothing else."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(1)
        yield listener.getsockname()[1]


def closed_port():
    """A port at which nobody listens; its claim, to be closed."""
    claimed = Ports("closed")
    return claimed, claimed.numbers["closed"]

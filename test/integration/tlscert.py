# SPDX-License-Identifier: MIT
"""A private certificate authority and a server certificate, and what a mail
client does to speak TLS.

    files = tlscert.Files()          # a folder of its own, close() removes it
    with Dovecot(extra=tlscert.SETTINGS, names=files.names, ...) as dovecot:
        client = tlscert.implicit(clients.Imap, port, files.context())
        client = tlscert.upgraded(dovecot.client("imap"), files.context())
"""

import pathlib
import shutil
import socket
import ssl
import subprocess
import tempfile

import clients
import proxyline

SETTINGS = """
ssl = yes
ssl_cert = <{certificate}
ssl_key = <{key}
"""
# How each protocol asks for TLS, and what the server answers when it is ready.
COMMANDS = {"imap": (b"s STARTTLS\r\n", "s OK"), "pop3": (b"STLS\r\n", "+OK"),
            "submission": (b"STARTTLS\r\n", "220")}
NAME = "mail.example.org"


def openssl(*args):
    subprocess.run(["openssl", *args], check=True, capture_output=True, timeout=60,
                   stdin=subprocess.DEVNULL)


class Files:
    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="rs-tls-", dir="/tmp"))
        self.folder.chmod(0o755)
        self.names = {"certificate": self.folder / "server.pem", "key": self.folder / "server.key"}
        self.authority = self.folder / "ca.pem"
        (self.folder / "server.ext").write_text(
            f"subjectAltName = DNS:{NAME}\n"
            "subjectKeyIdentifier = hash\nauthorityKeyIdentifier = keyid\n")
        new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        openssl("req", "-x509", *new_key, "-keyout", self.folder / "ca.key", "-out",
                self.authority, "-days", "2", "-subj", "/CN=relaysentry test CA",
                "-addext", "keyUsage = critical, keyCertSign, cRLSign")
        openssl("req", "-new", *new_key, "-keyout", self.names["key"], "-out",
                self.folder / "server.csr", "-subj", f"/CN={NAME}")
        openssl("x509", "-req", "-in", self.folder / "server.csr", "-CA", self.authority, "-CAkey",
                self.folder / "ca.key", "-CAcreateserial", "-extfile", self.folder / "server.ext",
                "-days", "2", "-out", self.names["certificate"])

    def context(self, version=None):
        """A client's, that trusts this authority; version: this one of TLS only."""
        context = ssl.create_default_context(cafile=self.authority)
        if version is not None:
            context.minimum_version = context.maximum_version = version
        return context

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)


def wrap(client, context):
    client.sock = context.wrap_socket(client.sock, server_hostname=NAME)


def upgraded(client, context):
    """The client after STARTTLS or STLS."""
    command, ready = COMMANDS[client.service]
    client.send(command)
    line = client.read()
    if not line.startswith(ready):
        raise AssertionError(f"{client.service}: no TLS: {line}")
    wrap(client, context)
    if client.service == "submission":
        client.hello()
    return client


def implicit(kind, port, context, remote=None):
    """A client that speaks TLS from the start, behind a PROXY header for remote."""
    client = kind.__new__(kind)
    clients.Line.__init__(client, socket.create_connection(("127.0.0.1", port), clients.TIMEOUT))
    if remote is not None:
        client.send(proxyline.header(remote))
    wrap(client, context)
    client.greeting = client.read()
    client.hello()
    return client

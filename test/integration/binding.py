# SPDX-License-Identifier: MIT
"""Channel binding from the client's side: what is the same at both ends of one
TLS connection only, so that a login cannot be passed on through another.

    context = binding.context(files, ssl.TLSVersion.TLSv1_3, folder)
    client = tlscert.upgraded(dovecot.client("imap"), context)
    mechanism = binding.plus("SCRAM-SHA-256-PLUS", user, password, binding.of(client.sock))
"""

import hashlib
import hmac
import os
import pathlib
import struct
import tempfile

import sasl

DIGESTS = {"SCRAM-SHA-1-PLUS": "sha1", "SCRAM-SHA-256-PLUS": "sha256"}


def context(files, version, folder):
    """That of tlscert.Files for one connection. Python gives no exported keys:
    OpenSSL writes the secret that they are made of into a file in the folder."""
    handle, path = tempfile.mkstemp(dir=folder)
    os.close(handle)
    made = files.context(version)
    made.keylog_filename = path
    return made


def expand(secret, digest, label, value, length):
    """HKDF-Expand-Label (RFC 8446, section 7.1), for no more than one digest."""
    label = b"tls13 " + label
    info = struct.pack(">HB", length, len(label)) + label + struct.pack(">B", len(value)) + value
    return hmac.digest(secret, info + b"\1", digest)[:length]


def exporter(secret, digest, label, length=32):
    """Exported keying material without a context (RFC 8446, section 7.5)."""
    nothing = hashlib.new(digest).digest()
    derived = expand(secret, digest, label, nothing, len(nothing))
    return expand(derived, digest, b"exporter", nothing, length)


def of(sock):
    """The type of channel binding and its data: tls-exporter (RFC 9266) from
    TLS 1.3 on, which has no tls-unique (RFC 5929)."""
    if sock.version() != "TLSv1.3":
        return b"tls-unique", sock.get_channel_binding("tls-unique")
    lines = pathlib.Path(sock.context.keylog_filename).read_text().splitlines()
    secret = next(line.split()[2] for line in lines if line.startswith("EXPORTER_SECRET "))
    digest = "sha384" if sock.cipher()[0].endswith("SHA384") else "sha256"
    return b"tls-exporter", exporter(bytes.fromhex(secret), digest, b"EXPORTER-Channel-Binding")


def plus(name, user, password, bound):
    return sasl.Scram(user, password, DIGESTS[name], name, bound)

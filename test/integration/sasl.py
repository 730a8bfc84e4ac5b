# SPDX-License-Identifier: MIT
"""SASL mechanisms from the client's side.

A mechanism has `name`, `initial` (the initial response, None when the server
speaks first) and `respond(challenge)`. User names and passwords may be str or
bytes; str is sent as UTF-8.
"""

import base64
import functools
import hashlib
import hmac
import os


DIGESTS = {"SCRAM-SHA-1": "sha1", "SCRAM-SHA-256": "sha256"}


def octets(value):
    return value if isinstance(value, bytes) else value.encode("utf-8", "surrogateescape")


def b64(data):
    return base64.b64encode(data).decode("ascii")


class Plain:
    name = "PLAIN"

    def __init__(self, user, password, authzid=""):
        self.initial = b"\0".join((octets(authzid), octets(user), octets(password)))

    def respond(self, challenge):
        return self.initial


class Login:
    name = "LOGIN"
    initial = None

    def __init__(self, user, password):
        self.answers = [octets(user), octets(password)]

    def respond(self, challenge):
        return self.answers.pop(0) if self.answers else b""


class CramMd5:
    name = "CRAM-MD5"
    initial = None

    def __init__(self, user, password):
        self.user, self.password = octets(user), octets(password)

    def respond(self, challenge):
        digest = hmac.new(self.password, challenge, hashlib.md5).hexdigest()
        return self.user + b" " + digest.encode()


@functools.lru_cache(100)
def salted(digest, password, salt, iterations):
    """Takes as long as thousands of other steps: what a server has stored is asked again."""
    return hashlib.pbkdf2_hmac(digest, password, salt, iterations)


def stored(scheme, password):
    """The keys as Dovecot stores them: iterations, salt, stored key, server key (RFC 5802)."""
    digest, salt, iterations = DIGESTS[scheme], os.urandom(16), 4096
    key = salted(digest, password.encode(), salt, iterations)
    stored_key = hashlib.new(digest, hmac.digest(key, b"Client Key", digest)).digest()
    server_key = hmac.digest(key, b"Server Key", digest)
    return f"{{{scheme}}}{iterations}," + ",".join(map(b64, (salt, stored_key, server_key)))


class Scram:
    """RFC 5802 and RFC 7677. bound: the type and the data of the channel binding,
    which a name that ends in -PLUS needs."""

    def __init__(self, user, password, digest, name, bound=None):
        self.name, self.digest, self.password = name, digest, octets(password)
        self.header = b"p=%s,," % bound[0] if bound else b"n,,"
        self.bound = bound[1] if bound else b""
        escaped = octets(user).replace(b"=", b"=3D").replace(b",", b"=2C")
        nonce = base64.b64encode(os.urandom(18))
        self.bare = b"n=" + escaped + b",r=" + nonce
        self.initial = self.header + self.bare
        self.finished = False

    def respond(self, challenge):
        if self.finished or challenge.startswith(b"v="):
            return b""
        self.finished = True
        items = dict(item.split(b"=", 1) for item in challenge.split(b","))
        password = salted(self.digest, self.password, base64.b64decode(items[b"s"]),
                          int(items[b"i"]))
        client_key = hmac.digest(password, b"Client Key", self.digest)
        stored_key = hashlib.new(self.digest, client_key).digest()
        final = b"c=%s,r=%s" % (base64.b64encode(self.header + self.bound), items[b"r"])
        signed = self.bare + b"," + challenge + b"," + final
        signature = hmac.digest(stored_key, signed, self.digest)
        proof = bytes(a ^ b for a, b in zip(client_key, signature))
        return final + b",p=" + base64.b64encode(proof)


class External:
    name = "EXTERNAL"

    def __init__(self, user, password=""):
        self.initial = octets(user)

    def respond(self, challenge):
        return self.initial


class XOauth2:
    name = "XOAUTH2"

    def __init__(self, user, token):
        self.initial = b"user=%s\1auth=Bearer %s\1\1" % (octets(user), octets(token))

    def respond(self, challenge):
        return b""


class OauthBearer(XOauth2):
    """OAUTHBEARER (RFC 7628)."""

    name = "OAUTHBEARER"

    def __init__(self, user, token):
        self.initial = b"n,a=%s,\1host=localhost\1port=143\1auth=Bearer %s\1\1" % (
            octets(user), octets(token))

    def respond(self, challenge):
        return b"\1"


MECHANISMS = {
    "PLAIN": Plain,
    "LOGIN": Login,
    "CRAM-MD5": CramMd5,
    "SCRAM-SHA-1": lambda user, password: Scram(user, password, "sha1", "SCRAM-SHA-1"),
    "SCRAM-SHA-256": lambda user, password: Scram(user, password, "sha256", "SCRAM-SHA-256"),
    "EXTERNAL": External,
    "XOAUTH2": XOauth2,
    "OAUTHBEARER": OauthBearer,
}


def mechanism(name, user, password):
    return MECHANISMS[name](user, password)

# SPDX-License-Identifier: MIT
"""Dovecot's auth cache answers for the primary passdb, and never for
relaysentry: a remembered password opens no door to a relay, and a denial is
not remembered for others. SQLite is the primary, for a passwd-file is not
cached."""

import contextlib

from cases import case, equal, expect, instance
from sqlworld import SqliteSentry
from world import HOME, OUTLOOK, PASSWORD, rule

PLAIN = ("PLAIN", "LOGIN")
MECHANISMS = (*PLAIN, "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256")
MESSAGE = "Not this app"
NEW_PASSWORD = "another"
CACHE = "auth_cache_size = 1M\nauth_cache_ttl = 1h\nauth_debug = yes\n"
HIT = "cache hit: "


def cached(place, **reply):
    return SqliteSentry([rule("deny", "outlook", relay="outlook-mobile", **reply)], place,
                        extra=CACHE)


@instance
def after():
    return cached("after", message=MESSAGE)


@instance
def first():
    return cached("first", reply="generic")


@contextlib.contextmanager
def empty(dovecot):
    """A connection to auth with nothing cached, and nothing left behind."""
    dovecot.set_password("alice", PASSWORD)
    dovecot.doveadm("auth", "cache", "flush", check=True)
    with dovecot.auth() as auth:
        yield auth
    dovecot.set_password("alice", PASSWORD)


def remembered(dovecot, auth, mech):
    """Fails unless the old password still works in the place of the new one,
    which only the cache can know."""
    mark = dovecot.mark()
    expect(auth.login("alice", PASSWORD, mech, remote=HOME).ok, mech, "not from the cache")
    dovecot.wait_log(HIT, mark)


def denied(dovecot, auth, mech, password=PASSWORD, said=""):
    mark = dovecot.mark()
    reply = auth.login("alice", password, mech, remote=OUTLOOK)
    expect(not reply.ok and said in reply.raw, mech, reply)
    dovecot.report_of(mark, action="deny", rule="outlook")
    return mark


@case("auth cache: a password that it remembers does not open for a relay", on=after)
def _(dovecot):
    for mech in MECHANISMS:
        with empty(dovecot) as auth:
            expect(auth.login("alice", PASSWORD, mech, remote=HOME).ok, mech)
            dovecot.set_password("alice", NEW_PASSWORD)
            remembered(dovecot, auth, mech)
            for _round in range(2):
                mark = denied(dovecot, auth, mech, said=MESSAGE if mech in PLAIN else "")
                expect(dovecot.log(mark, HIT), mech, "the relay's was not from the cache")
            remembered(dovecot, auth, mech)


@case("auth cache: what a relay's login left in it opens for others, without its denial", on=after)
def _(dovecot):
    for mech in MECHANISMS:
        with empty(dovecot) as auth:
            denied(dovecot, auth, mech)
            dovecot.set_password("alice", NEW_PASSWORD)
            remembered(dovecot, auth, mech)
            denied(dovecot, auth, mech)


@case("auth cache: it remembers a wrong password of a relay, and tells it nothing", on=after)
def _(dovecot):
    for mech in PLAIN:
        with empty(dovecot) as auth:
            for _round in range(3):
                reply = auth.login("alice", "wrong", mech, remote=OUTLOOK)
                expect(not reply.ok and MESSAGE not in reply.raw, mech, reply)
            denied(dovecot, auth, mech, said=MESSAGE)
            expect(auth.login("alice", PASSWORD, mech, remote=HOME).ok, mech)


@case("auth cache: without it the old password is refused, so it was the cache", on=after)
def _(dovecot):
    with empty(dovecot) as auth:
        expect(auth.login("alice", PASSWORD, remote=HOME).ok)
        dovecot.set_password("alice", NEW_PASSWORD)
        remembered(dovecot, auth, "PLAIN")
        dovecot.doveadm("auth", "cache", "flush", "alice", check=True)
        expect(not auth.login("alice", PASSWORD, remote=HOME).ok)
        denied(dovecot, auth, "PLAIN", NEW_PASSWORD, MESSAGE)


@case("auth cache: behind relaysentry it is not even asked for a relay", on=first)
def _(dovecot):
    for mech in MECHANISMS:
        with empty(dovecot) as auth:
            expect(auth.login("alice", PASSWORD, mech, remote=HOME).ok, mech)
            dovecot.set_password("alice", NEW_PASSWORD)
            remembered(dovecot, auth, mech)
            mark = denied(dovecot, auth, mech)
            equal(dovecot.log(mark, HIT), [], mech)
            remembered(dovecot, auth, mech)

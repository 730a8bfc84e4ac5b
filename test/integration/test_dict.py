# SPDX-License-Identifier: MIT
"""The dict "relaysentry" as the examples configure it, without relaysentry: what
Dovecot does with the keys and values that relaysentry has. And the harness of
those tests that take the dict away."""

import concurrent.futures
import grp
import json
import signal
import socket
import stat
import time

import dictservers
from cases import case, equal, expect, instance
from dictservers import DictFault, Keys
from dovecot import Dovecot
from proxy import Proxy, connected
from test_plain import PASSDB
from world import only

USERS = {"alice": "{PLAIN}secret"}
PREFIX = "shared/relaysentry/user/"
EXCEPTIONS = PREFIX + "alice/exceptions"
# As relaysentry writes them, and what it never writes but others may.
USER_KEYS = {
    "a domain": "alice@example.org",
    "percent-encoded bytes": "a%2Fb%20c%25%00%27%22",
    "a colon": "a:b@c:d",
    "UTF-8": "j\u00fcrgen@ex\u00e4mple.org",
    "dots": "..",
    "what SQL matches with": "a_b-c+d",
    "other signs": "a&d;e,f{g}[h](i)~!#$^`|<>=",
    "quotes": "o'neil''\"x\"",
    "a backslash": "a\\b\\",
    "signs of patterns": "%_*?",
    "3 kB": ("alice%2Fbob" * 400)[:3100]}
VALUES = {
    "seen": "first=1795000000 last=1795003600 count=17 alert=1795000000,12 deny=0,0 testing=0,0",
    "exceptions": json.dumps([{"relay": "@mail-relay", "not_after": 1796000000,
                               "reason": "it's \"so\" \\ \n\t %s {} $1 \u00fc\U0001f600"}]),
    "quotes": "'; DROP TABLE relaysentry; --\"\\'",
    "control bytes": "a\tb\nc\rd\x01e\x7f",
    "empty": "",
    "20 kB": "0123456789'\t\"\\\n" * 1250}


@instance
def sqlite():
    return Dovecot(PASSDB, users=USERS, beside=dictservers.Sqlite())


@instance
def postgresql():
    return Dovecot(PASSDB, users=USERS, beside=dictservers.Postgres())


@instance
def redis():
    return Dovecot(PASSDB, users=USERS, beside=dictservers.Redis(),
                   expected=[r"dict_iterate\(\) failed: Unsupported operation"])


def check_keeps(dovecot):
    keys = Keys(dovecot)
    key = PREFIX + "keeps/exceptions"
    equal(keys.get(key), None, "nothing yet")
    for value in ("[]", "[1]", "[1]", "[]"):
        keys.set(key, value)
        equal(keys.get(key), value)
    equal(keys.get(PREFIX + "keeps/seen:outlook-mobile"), None, "another item")
    equal(keys.get(PREFIX + "Keeps/exceptions"), None, "another user")
    for _again in range(2):
        keys.unset(key)
        equal(keys.get(key), None, "removed")


def check_strange(dovecot):
    keys = Keys(dovecot)
    wanted = {}
    for label, user in USER_KEYS.items():
        for item in ("exceptions", "seen:outlook-mobile"):
            wanted[f"{PREFIX}{user}/{item}"] = f"{label}: {item}"
    for label, value in VALUES.items():
        wanted[f"{PREFIX}values/{label}"] = value
    for key, value in wanted.items():
        keys.set(key, value)
    for key, value in wanted.items():
        equal(keys.get(key), value, key[:100])


def check_lists(dovecot):
    keys = Keys(dovecot)
    users = [PREFIX + user + "/" for user in
             ("list", "list2", "list%20", "li_t", "l", "list@example.org", "%")]
    for user in users:
        for item in ("exceptions", "seen:a", "seen:b"):
            keys.set(user + item, user + item)
    for user in users:
        want = {user + item: user + item for item in ("exceptions", "seen:a", "seen:b")}
        equal(keys.iterate(user), want, user)
    equal(keys.iterate(PREFIX + "nobody/"), {})
    listed = keys.iterate(PREFIX)
    for user in users:
        equal(listed[user + "seen:b"], user + "seen:b", "all users")


def check_expires(dovecot):
    """In SQL nothing expires: with Dovecot's expire_field the wrong keys are listed,
    and what deletes takes seconds for microseconds (2.4.1 to 2.4.5)."""
    only("2.4")
    keys = Keys(dovecot)
    short, renewed = PREFIX + "expires/short", PREFIX + "expires/renewed"
    keys.set(short, "1", expire=1)
    keys.set(renewed, "1", expire=1)
    keys.set(renewed, "2", expire=3600)
    time.sleep(2.1)
    equal(keys.get(short), None if dovecot.beside.kind == "redis" else "1")
    equal(keys.get(renewed), "2")


def check_socket(dovecot):
    status = dictservers.socket_of(dovecot).stat()
    equal((stat.S_IMODE(status.st_mode), status.st_uid, grp.getgrgid(status.st_gid).gr_name),
          (0o660, 0, "dovecot"))


for place in (sqlite, postgresql, redis):
    name = f"dict in {place.__name__}"
    case(f"{name}: keeps what doveadm sets, and replaces and removes it", on=place)(check_keeps)
    case(f"{name}: strange user keys and values come back unharmed", on=place)(check_strange)
    if place is not redis:
        case(f"{name}: the keys of one user and of all users are listed", on=place)(check_lists)
    case(f"{name}: its socket is open to Dovecot's own group", on=place)(check_socket)
case("dict in redis: what shall expire does", on=redis)(check_expires)
case("dict in sqlite: what shall expire is kept", on=sqlite)(check_expires)


@case("dict in redis: keys cannot be listed, and doveadm says so", on=redis)
def _(dovecot):
    Keys(dovecot).set(EXCEPTIONS, "[]")
    fails(lambda: Keys(dovecot).iterate(PREFIX), "Unsupported operation")


def fails(function, why=""):
    try:
        said = function()
    except DictFault as fault:
        expect(why in str(fault), fault)
    else:
        raise AssertionError(f"did not fail, but said {said!r}")


def works_again(keys):
    """Dovecot finds out that its connections are of before, one by one."""
    for _try in range(10):
        try:
            keys.set(EXCEPTIONS, "after")
            return equal(keys.get(EXCEPTIONS), "after")
        except DictFault as fault:
            last = fault
            time.sleep(0.3)
    raise AssertionError(last)


def starts_again(kind):
    with Dovecot(PASSDB, users=USERS, beside=kind()) as dovecot:
        keys = Keys(dovecot)
        keys.set(EXCEPTIONS, "before")
        dictservers.down(dovecot)
        dovecot.beside.server.kill()
        dovecot.beside.server.restart()
        works_again(keys)
        dovecot.beside.way.refuse()
        dovecot.beside.way.go_on()
        works_again(keys)


case("harness: a dict in PostgreSQL that was killed and started again works")(
    lambda: starts_again(dictservers.Postgres))
case("harness: a dict in Redis that was killed and started again works")(
    lambda: starts_again(dictservers.Redis))


@case("harness: a dict in Redis is slow, hangs, is refused and comes back as told")
def _():
    with Dovecot(PASSDB, users=USERS, beside=dictservers.Redis()) as dovecot:
        keys, way, server = Keys(dovecot), dovecot.beside.way, dovecot.beside.server
        keys.set(EXCEPTIONS, "[]")
        dictservers.down(dovecot)
        way.delay = 0.4
        begin = time.monotonic()
        equal(keys.get(EXCEPTIONS), "[]")
        expect(time.monotonic() - begin >= 0.8, "there and back")
        way.go_on()
        for leave, come_back in ((way.stop, way.go_on), (way.refuse, way.go_on),
                                 (server.stop, server.go_on)):
            leave()
            fails(lambda: keys.get(EXCEPTIONS), "Communication failure")
            come_back()
            works_again(keys)


@case("harness: a dict in SQLite that another one writes to fails, and works afterwards")
def _():
    with Dovecot(PASSDB, users=USERS, beside=dictservers.Sqlite()) as dovecot:
        keys = Keys(dovecot)
        keys.set(EXCEPTIONS, "before")
        dictservers.down(dovecot)
        with dovecot.beside.locked():
            fails(lambda: keys.set(EXCEPTIONS, "[]"), "database is locked")
        equal(keys.get(EXCEPTIONS), "before")
        works_again(keys)


def pids(dovecot):
    return {pid for pid, _words in dovecot.processes("dict")}


@case("harness: dict processes stop, go on and are killed as told")
def _():
    with Dovecot(PASSDB, users=USERS, beside=dictservers.Sqlite()) as dovecot:
        keys = Keys(dovecot)
        keys.set(EXCEPTIONS, "[]")
        before = pids(dovecot)
        expect(before, "no dict process")
        with concurrent.futures.ThreadPoolExecutor() as pool:
            dictservers.signal_dict(dovecot, signal.SIGSTOP)
            waiting = pool.submit(keys.get, EXCEPTIONS)
            time.sleep(0.5)
            expect(not waiting.done(), "a stopped process answers")
            dictservers.signal_dict(dovecot, signal.SIGCONT)
            equal(waiting.result(), "[]")
        dictservers.signal_dict(dovecot, signal.SIGKILL)
        dovecot.wait_log("killed with signal 9", count=len(before))
        equal(keys.get(EXCEPTIONS), "[]")
        expect(not before & pids(dovecot), "the same processes")


@case("harness: a proxy in front of a socket of Dovecot does as told")
def _():
    with Dovecot(PASSDB, users=USERS, beside=dictservers.Sqlite()) as dovecot:
        path = dovecot.root / "way"
        with Proxy(dictservers.socket_of(dovecot), path) as way, connected(path) as client:
            client.settimeout(10)
            # What Dovecot does not understand ends the connection.
            client.sendall(b"H99\t0\t0\t\trelaysentry\nL\n")
            equal(client.recv(100), b"")
            way.stop()
            with connected(path) as other:
                other.settimeout(0.3)
                other.sendall(b"H99\t0\t0\t\trelaysentry\nL\n")
                try:
                    raise AssertionError(f"went through: {other.recv(100)}")
                except socket.timeout:
                    pass
                way.refuse()
                other.settimeout(10)
                equal(other.recv(100), b"")
            try:
                connected(path)
                raise AssertionError("was not refused")
            except OSError:
                pass
            way.go_on()
            connected(path).close()

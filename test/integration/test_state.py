# SPDX-License-Identifier: MIT
"""What is remembered of users and relays, by all nodes and beyond a restart."""

import contextlib
import os
import pathlib
import shutil
import signal
import tempfile
import time

import dictservers
import fakedict
from cases import case, equal, expect
from world import AWS, OUTLOOK, PASSWORD, Sentry, rule

RULES = [rule("alert", "apps", relay="outlook-mobile"), rule("deny", "clouds", relay="aws")]
AWAY = [r"relaysentry: dict "]
KILLED = ["auth: Warning: Killed with signal 15"]


def settings(uri, **state):
    return {"alert": {"repeat_after": "1d"},
            "state": {"dict": uri, "write_interval": "1h", **state}}


def key(user, relay="outlook-mobile"):
    return f"shared/relaysentry/user/{user}/seen:{relay}"


def words(value):
    return dict(word.split("=") for word in value.split())


@contextlib.contextmanager
def shared_dict():
    """A dict outside of the folders of those that share it."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="rs-state-", dir="/tmp"))
    folder.chmod(0o755)
    try:
        with fakedict.serving(folder / "dict") as dict_:
            yield dict_
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def uri(dict_):
    return f"proxy:{dict_.path}:relaysentry"


def alerts(dovecot):
    """(action, first_seen) of each; None: nobody could say."""
    return [(r["action"], r.get("first_seen")) for r in dovecot.reports(0)]


def login(dovecot, user="alice", remote=OUTLOOK):
    return dovecot.login("imap", user, PASSWORD, remote=remote).ok


def auth_ends(dovecot):
    pid = dovecot.auth_pid()
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + 20
    while pathlib.Path(f"/proc/{pid}").exists():
        expect(time.monotonic() < deadline, "auth goes on")
        time.sleep(0.02)
    with contextlib.suppress(OSError):
        dovecot.auth_pid()


@case("state: of two nodes that share a dict, one alerts")
def _():
    with shared_dict() as dict_, Sentry(RULES, settings=settings(uri(dict_))) as one, \
            Sentry(RULES, settings=settings(uri(dict_))) as two:
        expect(login(one))
        dict_.wait_for(lambda: key("alice") in dict_.table, "the record")
        for _again in range(3):
            expect(login(two))
            expect(login(one))
        equal(login(two, remote=AWS), False)
        dict_.wait_for(lambda: key("alice", "aws") in dict_.table, "the record")
        equal(login(one, remote=AWS), False)
        equal(alerts(one), [("alert", "yes")])
        equal(alerts(two), [("deny", "yes")])
        two.stop()
        dict_.wait_for(lambda: words(dict_.table[key("alice")])["count"] >= "4", "both counts")


@case("state: auth that ends leaves what it knows, and the next one has it")
def _():
    with shared_dict() as dict_, \
            Sentry(RULES, settings=settings(uri(dict_)), expected=KILLED) as dovecot:
        expect(login(dovecot))
        dict_.wait_for(lambda: key("alice") in dict_.table, "the record")
        for _again in range(4):
            expect(login(dovecot))
        auth_ends(dovecot)
        dict_.wait_for(lambda: words(dict_.table[key("alice")])["count"] == "5", "all logins")
        expect(login(dovecot))
        equal(alerts(dovecot), [("alert", "yes")])


@case("state: without its dict the memory goes on, and is written when it is back")
def _():
    with shared_dict() as dict_, \
            Sentry(RULES, settings=settings(uri(dict_)), expected=AWAY) as dovecot:
        dict_.refuse()
        for _again in range(3):
            expect(login(dovecot))
            equal(login(dovecot, "bob", AWS), False)
        equal(sorted(alerts(dovecot)), [("alert", None), ("deny", None)])
        dict_.table[key("alice")] = "first=1000 last=1000 count=7"
        dict_.listen()
        dict_.wait_for(lambda: key("bob", "aws") in dict_.table, "the record")
        # What was stored is older than anything that is remembered.
        dict_.wait_for(lambda: words(dict_.table[key("alice")])["count"] == "3", "the record")
        dovecot.wait_log("relaysentry: dict .*is back")


@case("state: a dict that is silent holds no login, and an alert for two seconds")
def _():
    with shared_dict() as dict_, \
            Sentry(RULES, settings=settings(uri(dict_)), expected=AWAY) as dovecot:
        dict_.silent = True
        begin = time.monotonic()
        expect(login(dovecot))
        expect(time.monotonic() - begin < 1.5, "the login waited")
        dovecot.wait_log("relaysentry: action=alert", seconds=5)
        equal(alerts(dovecot), [("alert", None)])


for _name, _store in dictservers.STORES.items():
    @case(f"state: a record in {_name} is what the next auth process begins with")
    def _(store=_store):
        with Sentry(RULES, beside=store(), expected=KILLED,
                    settings=settings("proxy::relaysentry")) as dovecot:
            for _again in range(3):
                expect(login(dovecot, "alice@example.org"))
            keys = dictservers.Keys(dovecot)
            deadline = time.monotonic() + 20
            while keys.get(key("alice@example.org")) is None:
                expect(time.monotonic() < deadline, "nothing is written")
                time.sleep(0.2)
            expect(login(dovecot, "alice@example.org"))
            auth_ends(dovecot)
            expect(login(dovecot, "alice@example.org"))
            equal(alerts(dovecot), [("alert", "yes")])
            equal(words(keys.get(key("alice@example.org")))["count"], "4")


@case("state: an alert of a clock that was wrong does not make each login another")
def _():
    with shared_dict() as dict_:
        future = int(time.time()) + 365 * 86400
        for user, last in (("alice", future), ("bob", int(time.time()) + 60)):
            dict_.table[key(user)] = f"first=1 last={last} count=3 alert={last},3"
        with Sentry(RULES, settings=settings(uri(dict_), write_interval="1s")) as dovecot:
            for user in ("alice", "bob", "alice"):
                expect(login(dovecot, user))
            dict_.wait_for(lambda: " count=5 " in dict_.table[key("alice")], "the record")
            expect(int(words(dict_.table[key("alice")])["alert"].split(",")[0]) < future)
            expect(login(dovecot))
            time.sleep(0.5)
            # bob's is of a node whose clock is a minute ahead.
            equal(alerts(dovecot), [("alert", "no")])

# SPDX-License-Identifier: MIT
"""What happens once a minute. Time is what is tested here: these cases take more
than a minute, beside the others."""

import contextlib
import ctypes
import os
import time

from cases import case, equal, expect
from world import GMAIL, OUTLOOK, PASSWORD, Sentry, compile_database, rule

LIMIT = 20  # lines in testing, per relay and minute
MINUTE = 75  # seconds until what is due each minute must have come


@case("each minute: lines in testing that were left out are counted, and lines come again",
      slow=True)
def _():
    rules = [rule("deny", "outlook", relay="outlook-mobile"),
             rule("alert", "gmail", relay="gmail-external")]
    with Sentry(rules, mode="testing") as dovecot:
        with dovecot.auth() as auth:
            for _round in range(LIMIT + 30):
                expect(auth.login("alice", PASSWORD, remote=OUTLOOK).ok)
            for _round in range(LIMIT):
                expect(auth.login("alice", PASSWORD, remote=GMAIL).ok)
        equal(len(dovecot.reports(relay="outlook-mobile")), LIMIT)
        equal(len(dovecot.reports(relay="gmail-external")), LIMIT)
        equal(dovecot.log(0, "left_out="), [])
        lines = dovecot.wait_log("relaysentry: left_out=", seconds=MINUTE)
        equal(len(lines), 1, lines)
        expect("left_out=30 relay=outlook-mobile:" in lines[0], lines)
        mark = dovecot.mark()
        with dovecot.auth() as auth:
            expect(auth.login("alice", PASSWORD, remote=OUTLOOK).ok)
        dovecot.report_of(mark, relay="outlook-mobile", enforced="no")


@case("each minute: an error while nothing is loaded, and none afterwards", slow=True)
def _():
    with Sentry([], database=False, expected=["relaysentry"]) as dovecot:
        pattern = "Error: relaysentry: no relay database: logins are not checked .*relays.mmdb"
        with dovecot.auth():  # an idle auth process ends
            equal(len(dovecot.wait_log(pattern)), 1)
            mark = dovecot.mark()
            equal(len(dovecot.wait_log(pattern, mark, seconds=MINUTE)), 1)
            mark = dovecot.mark()
            compile_database(dovecot.database_path)
            dovecot.wait_log("relaysentry: loaded policy", mark)
        equal(dovecot.log(mark, "not checked"), [])


@case("each minute: a warning counts fields that name no credential; they are left out",
      slow=True)
def _():
    users = {"alice": "{PLAIN}secret::::::relaysentry_credential=aplication"}
    with Sentry([rule("alert", relay="outlook-mobile")], users=users,
                expected=["relaysentry_credential"]) as dovecot:
        with dovecot.auth() as auth:
            for _round in range(3):
                expect(auth.login("alice", PASSWORD, remote=OUTLOOK).ok)
        equal([r["credential"] for r in dovecot.reports()], ["password"] * 3)
        warnings = dovecot.wait_log("Warning: relaysentry: .*relaysentry_credential",
                                    seconds=MINUTE)
        equal(len(warnings), 1, warnings)
        expect(" 3 login" in warnings[0], warnings)
        # At the latest when it ends, the rest is told.
        mark = dovecot.mark()
        with dovecot.auth() as auth:
            expect(auth.login("alice", PASSWORD, remote=OUTLOOK).ok)
        dovecot.stop()
        lines = dovecot.log(mark, "relaysentry_credential")
        equal(len(lines), 1, lines)


def opened(path, seconds):
    """Whether somebody opens the file meanwhile."""
    libc = ctypes.CDLL(None, use_errno=True)
    watcher = libc.inotify_init1(os.O_NONBLOCK)
    try:
        libc.inotify_add_watch(watcher, os.fsencode(path), 0x20)
        time.sleep(seconds)
        with contextlib.suppress(BlockingIOError):
            return len(os.read(watcher, 65536)) > 0
        return False
    finally:
        os.close(watcher)


@case("each minute: what failed is not tried again when it takes long", slow=True)
def _():
    users = "".join(f', "user{i}": {{"deny": "aws"}}' for i in range(200000))
    with Sentry([rule("user-policy")], settings={"user_entries_file": "entries.json"},
                files={"entries.json": '{"alice": {"allow": "@clowd"}%s}' % users},
                expected=["relaysentry"]) as dovecot:
        with dovecot.auth() as auth:  # an idle auth process ends
            dovecot.wait_log("not checked", seconds=20)
            time.sleep(14)  # so new a file is read twice
            expect(not opened(dovecot.root / "entries.json", 60))
            expect(auth.login("alice", PASSWORD, remote=OUTLOOK).ok)

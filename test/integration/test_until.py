# SPDX-License-Identifier: MIT
"""Entries and rules that end while Dovecot runs: they hold until then, and not
afterwards, and nothing is loaded for it. Time is what is tested here."""

import json
import time
from datetime import datetime, timedelta, timezone

from cases import case, equal, expect
from world import AWS, GMAIL, OUTLOOK, PASSWORD, Sentry, rule

AWAY = 8  # seconds: Dovecot has started long before


def at(seconds, hours=0):
    """A time of RFC 3339, in a zone so many hours from UTC."""
    zone = timezone(timedelta(hours=hours))
    return datetime.fromtimestamp(seconds, zone).isoformat(timespec="seconds")


def watch(dovecot, end, logins):
    """Tries each of {(user, remote): (before, afterwards)}, whether the login is let
    in, until it was seen before the end and behind it. not_after includes its second."""
    mark, seen = dovecot.mark(), {key: set() for key in logins}
    deadline = time.monotonic() + 30
    with dovecot.auth() as auth:
        while any(len(times) < 2 for times in seen.values()):
            expect(time.monotonic() < deadline, seen)
            for (user, remote), (before, afterwards) in logins.items():
                begun = time.time()
                let_in = auth.login(user, PASSWORD, remote=remote).ok
                if time.time() < end:
                    equal(let_in, before, (user, remote, "before"))
                    seen[user, remote].add("before")
                elif begun >= end + 1:
                    equal(let_in, afterwards, (user, remote, "afterwards"))
                    seen[user, remote].add("afterwards")
            time.sleep(0.1)
    equal(dovecot.log(mark, "loaded policy"), [])


RULES = [rule("user-policy", "own", reply="reason")]


def ending(end):
    def entry(relay, hours=0):
        return {"relay": relay, "not_after": at(end, hours), "comment": "for a while"}
    return {
        "alice": {"allow": entry("outlook-mobile"), "deny": "*"},
        "bob": {"deny": [entry("outlook-mobile", 2)]},
        "carol": {"allow": [entry("@mail-relay", -5), "aws"], "deny": ["gmail-external", "*"]},
        "@example.org": {"allow": entry("*")},
        "*": {"deny": "outlook-mobile"},
    }


WANT = {("alice", OUTLOOK): (True, False), ("alice", GMAIL): (False, False),
        ("bob", OUTLOOK): (False, False), ("carol", OUTLOOK): (True, False),
        ("carol", GMAIL): (False, False), ("carol", AWS): (True, True),
        ("alice@example.org", OUTLOOK): (True, False),
        ("alice@example.org", GMAIL): (True, True), ("dave@example.net", OUTLOOK): (False, False)}


@case("entries that end: what stood behind them decides then, without a reload")
def _():
    end = int(time.time()) + AWAY
    with Sentry(RULES, settings={"user_entries": ending(end)}) as dovecot:
        watch(dovecot, end, WANT)


@case("entries that end: those of user_entries_file do, too")
def _():
    end = int(time.time()) + AWAY
    with Sentry(RULES, settings={"user_entries_file": "entries.json"},
                files={"entries.json": json.dumps(ending(end))}) as dovecot:
        watch(dovecot, end, WANT)


@case("rules that end, and rules that begin, without a reload")
def _():
    end = int(time.time()) + AWAY
    rules = [rule("deny", "until", relay="outlook-mobile", user="alice", not_after=at(end)),
             rule("deny", "since", relay="outlook-mobile", user="bob", not_before=at(end + 1))]
    with Sentry(rules) as dovecot:
        watch(dovecot, end, {("alice", OUTLOOK): (False, True), ("bob", OUTLOOK): (True, False)})


@case("entries that have ended, and those that end years later")
def _():
    now = time.time()
    entries = {"alice": {"deny": {"relay": "*", "not_after": at(now - 2)}},
               "bob": {"deny": {"relay": "*", "not_after": at(now - 10 * 365 * 86400)}},
               "carol": {"deny": {"relay": "*", "not_after": at(now + 30 * 365 * 86400)}}}
    with Sentry(RULES, settings={"user_entries": entries}) as dovecot:
        with dovecot.auth() as auth:
            got = [auth.login(user, PASSWORD, remote=OUTLOOK).ok for user in entries]
            equal(got, [True, True, False])

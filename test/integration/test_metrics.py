# SPDX-License-Identifier: MIT
"""The examples of metrics and exporters, used as they are: a real scrape, real posts."""

import contextlib
import json
import os
import re
import signal
import time

from cases import case, equal, expect, within
from metricsworld import MetricsSentry, Receiver, closed_port, silent_port
from test_outcome import ALWAYS
from world import AWS, GMAIL, HOME, OUTLOOK, PASSWORD, rule

RULES = [rule("deny", "told", relay="outlook-mobile", message="Not this app"),
         rule("alert", "reported", relay="gmail-external", notify=True),
         rule("tag", "clouds", tag="cloud", **{"class": "cloud"}),
         rule("alert", "anywhere", user="carol", any_address=True)]
ALERT = {"alert": {"repeat_after": "24h"}}
LOGINS, ALERTS = "dovecot_relaysentry_logins_total", "dovecot_relaysentry_alerts_total"
FIRST = "dovecot_relaysentry_first_alerts_total"
EXPORT_FAULT = "Failed to export event via HTTP POST"


@case("metrics: the endpoint shows logins by relay, class, outcome and action, and no user")
def _():
    with MetricsSentry(RULES, place=ALWAYS, settings=ALERT) as dovecot:
        # From no relay: reported by a rule, but not one of these.
        dovecot.login("imap", "carol", PASSWORD, remote=HOME)
        for remote, password in ((GMAIL, PASSWORD), (GMAIL, PASSWORD), (OUTLOOK, PASSWORD),
                                 (AWS, PASSWORD), (AWS, "wrong"), (HOME, PASSWORD)):
            dovecot.login("imap", "alice", password, remote=remote)
        for count, relay, class_, outcome, action in (
                (2, "gmail-external", "mail-relay", "success", "alert"),
                (1, "outlook-mobile", "mail-relay", "denied", "deny"),
                (1, "aws", "cloud", "failed", "none")):
            dovecot.wait_count(count, LOGINS, relay=relay, relay_class=class_, outcome=outcome,
                               action=action)
        for name in (ALERTS, FIRST):
            dovecot.wait_count(1, name, relay="gmail-external", action="alert")
            dovecot.wait_count(1, name, relay="outlook-mobile", action="deny")
        page = dovecot.page()
        # Each group is shown, too: only those with all labels add up.
        equal(sum(value for name, labels, value in dovecot.samples()
                  if name == LOGINS and "action" in labels), 5, page)
        equal(dovecot.count(LOGINS.replace("_total", "_count")), 5, page)
        expect("alice" not in page and GMAIL not in page, page)
        expect(f"# TYPE {LOGINS.removesuffix('_total')} counter" in page, page)


@case("exporters: an alert is posted once, as JSON with its fields, and is in the log")
def _():
    with Receiver() as receiver, \
            MetricsSentry(RULES, receiver.port, settings=ALERT) as dovecot:
        for _round in range(3):
            expect(dovecot.login("imap", "alice", PASSWORD, remote=GMAIL).ok)
        expect(not dovecot.login("imap", "bob", PASSWORD, remote=OUTLOOK).ok)
        expect(dovecot.login("imap", "alice", PASSWORD, remote=HOME).ok)
        posts = receiver.wait(2)
        logged = dovecot.wait_log(r"stats(\(.*\))?: Info: \{", count=2)
        equal([(path, kind) for path, kind, _body in posts],
              [("/relaysentry", "application/json")] * 2)
        event = next(body for _path, _kind, body in posts if body["fields"]["user"] == "alice")
        equal(event["event"], "relaysentry_login_finished")
        expect(event["hostname"], event)
        expect(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", event["start_time"]), event)
        want = {"user": "alice", "remote_ip": GMAIL, "relay": "gmail-external",
                "relay_class": "mail-relay", "network": "209.85.128.0/17", "action": "alert",
                "enforced": "yes", "rule": "reported", "credential": "password",
                "verified": "yes", "outcome": "success", "alert": "yes", "notify": "yes",
                "first_seen": "yes", "mechanism": "PLAIN"}
        equal({key: event["fields"].get(key) for key in want}, want, event)
        expect("session" in event["fields"], event)
        denied = next(body["fields"] for _path, _kind, body in posts if body is not event)
        equal((denied["user"], denied["outcome"], "notify" in denied), ("bob", "denied", False))
        equal(sorted(json.loads(line.split(": Info: ", 1)[1])["fields"]["user"]
                     for line in logged), ["alice", "bob"])
        equal(len(receiver.got), 2)


def no_login_waits(port, **others):
    users = {f"user{n}": "{PLAIN}secret" for n in range(60)}
    with MetricsSentry(RULES, port, settings=ALERT, users=users, expected=[EXPORT_FAULT],
                       **others) as dovecot, dovecot.auth() as auth:
        names = iter(users)

        def seconds():
            begin = time.monotonic()
            for _round in range(20):
                expect(auth.login(next(names), PASSWORD, remote=GMAIL).ok)
            return time.monotonic() - begin
        # Each of them would wait 2 seconds.
        within(2, seconds, "20 logins")
        dovecot.wait_log(EXPORT_FAULT)


@case("exporters: no login waits for a receiver that is not there")
def _():
    claimed, port = closed_port()
    with contextlib.closing(claimed):
        no_login_waits(port)


@case("exporters: no login waits for a receiver that says nothing")
def _():
    with silent_port() as port:
        no_login_waits(port)


@case("exporters: no login waits for a receiver that is slow")
def _():
    with Receiver(delay=4) as receiver:
        no_login_waits(receiver.port)
        expect(receiver.got)


@case("exporters: a receiver that comes back is given what is new; what it missed is lost")
def _():
    users = {f"user{n}": "{PLAIN}secret" for n in range(40)}
    with Receiver() as first:
        port = first.port
        with MetricsSentry(RULES, port, settings=ALERT, users=users,
                           expected=[EXPORT_FAULT]) as dovecot, dovecot.auth() as auth:
            names = iter(users)
            expect(auth.login(next(names), PASSWORD, remote=GMAIL).ok)
            first.wait(1)
            first.close()
            expect(auth.login(next(names), PASSWORD, remote=GMAIL).ok)
            dovecot.wait_log(EXPORT_FAULT)
            with Receiver(port=port) as second:
                expect(auth.login(next(names), PASSWORD, remote=GMAIL).ok)
                posts = second.wait(1)
                equal([body["fields"]["user"] for _path, _kind, body in posts], ["user2"])


@case("exporters: no login waits for statistics that have stopped, and nothing is lost")
def _():
    with Receiver() as receiver, MetricsSentry(
            RULES, receiver.port, settings=ALERT,
            users={f"user{n}": "{PLAIN}secret" for n in range(61)}) as dovecot, \
            dovecot.auth() as auth:
        expect(auth.login("user60", PASSWORD, remote=GMAIL).ok)
        receiver.wait(1)
        (pid, _words), = dovecot.processes("stats")
        os.kill(pid, signal.SIGSTOP)
        try:
            for number in range(60):
                within(1, lambda n=number: auth.login(f"user{n}", PASSWORD, remote=GMAIL).elapsed,
                       "seconds for a login")
        finally:
            os.kill(pid, signal.SIGCONT)
        dovecot.wait_count(61, ALERTS, relay="gmail-external", action="alert")
        receiver.wait(61)

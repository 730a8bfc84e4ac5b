# SPDX-License-Identifier: MIT
"""The modes none, testing and enforce, of the policy and of a rule."""

import os
import time

from cases import case, equal, expect, instance
from world import AWS, GMAIL, HOME, OUTLOOK, PASSWORD, Sentry, rule

MECHANISMS = ("PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256")
RULES = [rule("tag", "clouds", **{"class": "cloud"}, tag="cloud"),
         rule("alert", "gmail", relay="gmail-external"),
         rule("deny", "outlook", relay="outlook-mobile", message="Not this app")]


@instance
def testing():
    return Sentry(RULES, mode="testing")


@case("mode testing: nothing is refused, everything is reported with enforced=no", on=testing)
def _(dovecot):
    for service in ("imap", "pop3", "submission"):
        for mech in MECHANISMS:
            mark = dovecot.mark()
            expect(dovecot.login(service, "alice", PASSWORD, mech, remote=OUTLOOK).ok, mech)
            dovecot.report_of(mark, action="deny", enforced="no", rule="outlook")
            mark = dovecot.mark()
            expect(dovecot.login(service, "alice", PASSWORD, mech, remote=GMAIL).ok, mech)
            dovecot.report_of(mark, action="alert", enforced="no", rule="gmail")


@case("mode testing: a wrong password is still wrong", on=testing)
def _(dovecot):
    for mech in MECHANISMS:
        expect(not dovecot.login("imap", "alice", "wrong", mech, remote=OUTLOOK).ok, mech)


@case("mode testing: home addresses are not reported", on=testing)
def _(dovecot):
    mark = dovecot.mark()
    expect(dovecot.login("imap", "alice", PASSWORD, remote=HOME).ok)
    equal(dovecot.reports(mark), [])


@case("mode testing: files that are read again let no more lines through")
def _():
    with Sentry(RULES, mode="testing") as dovecot:
        for _round in range(3):
            with dovecot.auth() as auth:
                for _login in range(15):
                    expect(auth.login("alice", PASSWORD, remote=OUTLOOK).ok)
            dovecot.write_policy()
            os.utime(dovecot.database_path)
            time.sleep(1.5)  # they are looked at each second
        equal(len(dovecot.reports(relay="outlook-mobile")), 20)


@case("mode testing: lines are limited per relay, and what was left out is counted")
def _():
    with Sentry(RULES, mode="testing") as dovecot:
        with dovecot.auth() as auth:
            for _round in range(500):
                expect(auth.login("alice", PASSWORD, remote=OUTLOOK).ok)
            expect(auth.login("alice", PASSWORD, remote=GMAIL).ok)
        dovecot.wait_log("relay=gmail-external")
        shown = len(dovecot.reports(relay="outlook-mobile"))
        expect(0 < shown < 500, shown)
        # At the latest when it ends, the rest is told.
        dovecot.stop()
        lines = dovecot.log(0, "relaysentry: left_out=")
        equal(len(lines), 1, lines)
        expect(f"left_out={500 - shown} relay=outlook-mobile:" in lines[0], shown, lines)
        dovecot.judge()


@case("mode enforce: deny lines are not limited")
def _():
    with Sentry(RULES) as dovecot:
        with dovecot.auth() as auth:
            for _round in range(200):
                expect(not auth.login("alice", PASSWORD, remote=OUTLOOK).ok)
        equal(len(dovecot.reports(relay="outlook-mobile", enforced="yes")), 200)


@case("mode none: nothing is refused, tagged or reported")
def _():
    with Sentry(RULES, mode="none") as dovecot:
        with dovecot.auth() as auth:
            for mech in MECHANISMS:
                for remote in (OUTLOOK, GMAIL, AWS):
                    reply = auth.login("alice", PASSWORD, mech, remote=remote)
                    expect(reply.ok and "relaysentry" not in reply.raw, reply)
        equal(dovecot.reports(), [])


@instance
def rule_testing():
    return Sentry([rule("deny", "planned", relay="outlook-mobile", mode="testing"),
                   rule("tag", "label", relay="aws", mode="testing", tag="x"),
                   rule("alert", "all", **{"class": "mail-relay"})])


@case("a rule in testing reports and the rules go on", on=rule_testing)
def _(dovecot):
    for mech in MECHANISMS:
        mark = dovecot.mark()
        expect(dovecot.login("imap", "alice", PASSWORD, mech, remote=OUTLOOK).ok, mech)
        dovecot.wait_log("rule=all", mark)
        got = [(r["action"], r["enforced"], r["rule"]) for r in dovecot.reports(mark)]
        equal(got, [("deny", "no", "planned"), ("alert", "yes", "all")], mech)


@case("a tag in testing is reported and not set", on=rule_testing)
def _(dovecot):
    mark = dovecot.mark()
    with dovecot.auth() as auth:
        reply = auth.login("alice", PASSWORD, remote=AWS)
    expect(reply.ok and "relaysentry_tags" not in reply.raw, reply)
    dovecot.report_of(mark, action="tag", enforced="no", rule="label")

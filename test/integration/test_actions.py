# SPDX-License-Identifier: MIT
"""What each action does to a login, for every service, mechanism and address."""

from cases import case, equal, expect, instance
from world import (AWS, AZURE, GMAIL, HOME, HOME_V6, OUTLOOK, OUTLOOK_V6, PASSWORD, PRIVATE,
                   Sentry, rule)

SERVICES = ("imap", "pop3", "submission")
MECHANISMS = ("PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256")
MESSAGE = "This app stores your password in a cloud. See https://mail.example.org/apps"
REASONS = {"imap": "a NO [ALERT] " + MESSAGE, "pop3": "-ERR [AUTH] " + MESSAGE,
           "submission": "535 5.7.8 " + MESSAGE}
GENERIC = {"imap": "a NO [AUTHENTICATIONFAILED] Authentication failed.",
           "pop3": "-ERR [AUTH] Authentication failed.",
           "submission": "535 5.7.8 Authentication failed."}


@instance
def actions():
    return Sentry([
        rule("allow", "bob-may", user="bob"),
        rule("tag", "clouds", **{"class": "cloud"}, tag="cloud"),
        rule("alert", "gmail", relay="gmail-external"),
        rule("deny", "outlook", relay=["outlook-mobile", "outlook-new"], message=MESSAGE),
        rule("deny", "proxies", **{"class": "privacy-proxy"}),
    ])


@case("deny: the message is told in every service", on=actions)
def _(dovecot):
    for service in SERVICES:
        mark = dovecot.mark()
        answer = dovecot.login(service, "alice", PASSWORD, remote=OUTLOOK)
        equal((answer.ok, answer.text), (False, REASONS[service]), service)
        dovecot.report_of(mark, action="deny", enforced="yes", relay="outlook-mobile",
                          network="52.125.128.0/20", rule="outlook", credential="password",
                          verified="yes", **{"class": "mail-relay"})


@case("deny: holds for every mechanism of every service", on=actions)
def _(dovecot):
    attempts = [(service, "alice", PASSWORD, mech, OUTLOOK)
                for service in SERVICES for mech in MECHANISMS]
    mark = dovecot.mark()
    for attempt, answer in zip(attempts, dovecot.logins(attempts)):
        expect(not answer.ok, attempt, answer)
    equal(len(dovecot.reports(mark, action="deny", rule="outlook")), len(attempts))
    for service, user, password, mech, _remote in attempts:
        expect(dovecot.login(service, user, password, mech, remote=HOME).ok, service, mech)


@case("deny: a wrong password is refused as such and not reported", on=actions)
def _(dovecot):
    for service in SERVICES:
        mark = dovecot.mark()
        answer = dovecot.login(service, "alice", "wrong", remote=OUTLOOK)
        equal((answer.ok, answer.text), (False, GENERIC[service]), service)
        equal(dovecot.reports(mark), [], service)


@case("deny: new Outlook over IPv6", on=actions)
def _(dovecot):
    mark = dovecot.mark()
    equal(dovecot.login("imap", "alice", PASSWORD, remote=OUTLOOK_V6).text, REASONS["imap"])
    dovecot.report_of(mark, relay="outlook-new", network="2603:1030:40::/48")


@case("deny: a v4-mapped address is the IPv4 address", on=actions)
def _(dovecot):
    mark = dovecot.mark()
    answer = dovecot.login("imap", "alice", PASSWORD, remote="::ffff:" + OUTLOOK)
    equal(answer.text, REASONS["imap"])
    dovecot.report_of(mark, relay="outlook-mobile", network="52.125.128.0/20")


@case("deny: NAT64 and 6to4 addresses are those of the IPv4 address within", on=actions)
def _(dovecot):
    for remote in ("64:ff9b::347d:8a07", "2002:347d:8a07::1"):
        mark = dovecot.mark()
        equal(dovecot.login("imap", "alice", PASSWORD, remote=remote).text, REASONS["imap"])
        dovecot.report_of(mark, relay="outlook-mobile", network="52.125.128.0/20")


@case("deny without a message: generic text", on=actions)
def _(dovecot):
    for service in SERVICES:
        mark = dovecot.mark()
        answer = dovecot.login(service, "alice", PASSWORD, remote=PRIVATE)
        equal((answer.ok, answer.text), (False, GENERIC[service]), service)
        dovecot.report_of(mark, action="deny", enforced="yes", relay="icloud-private-relay",
                          rule="proxies")


@case("allow: ends the rules, and nothing is reported", on=actions)
def _(dovecot):
    mark = dovecot.mark()
    for service in SERVICES:
        for mech in MECHANISMS:
            expect(dovecot.login(service, "bob", PASSWORD, mech, remote=OUTLOOK).ok, mech)
    equal(dovecot.reports(mark), [])


@case("alert: lets in and reports", on=actions)
def _(dovecot):
    for service in SERVICES:
        for mech in MECHANISMS:
            mark = dovecot.mark()
            expect(dovecot.login(service, "alice", PASSWORD, mech, remote=GMAIL).ok, mech)
            dovecot.report_of(mark, action="alert", enforced="yes", relay="gmail-external",
                              rule="gmail", credential="password")


@case("tag: lets in without a report", on=actions)
def _(dovecot):
    mark = dovecot.mark()
    for remote in (AWS, AZURE):
        expect(dovecot.login("imap", "alice", PASSWORD, remote=remote).ok, remote)
    equal(dovecot.reports(mark), [])


@case("home addresses are let in and not reported", on=actions)
def _(dovecot):
    mark = dovecot.mark()
    for remote in (HOME, HOME_V6, "::ffff:" + HOME, "127.0.0.1", "::1"):
        for service in SERVICES:
            expect(dovecot.login(service, "alice", PASSWORD, remote=remote).ok, remote)
    equal(dovecot.reports(mark), [])


@case("the reports carry the prefix of the request", on=actions)
def _(dovecot):
    mark = dovecot.mark()
    dovecot.login("imap", "alice", PASSWORD, remote=OUTLOOK)
    prefix = dovecot.report_of(mark)["prefix"]
    expect("(alice,52.125.138.7" in prefix and "auth" in prefix, prefix)


@case("the relays of one client do not colour the next login", on=actions)
def _(dovecot):
    with dovecot.auth() as auth:
        for _round in range(3):
            expect(not auth.login("alice", PASSWORD, remote=OUTLOOK).ok)
            expect(auth.login("alice", PASSWORD, remote=HOME).ok)
            expect(auth.login("alice", PASSWORD, remote=GMAIL).ok)


# --- conditions that come from Dovecot ---

GROUPS = {"alice": "{PLAIN}secret::::::relaysentry_group=staff,teachers",
          "bob": "{PLAIN}secret::::::relaysentry_group=alumni",
          "carol": "{PLAIN}secret",
          "dave": "{PLAIN}secret::::::relaysentry_deny=@mail-relay",
          "erin": "{PLAIN}secret::::::relaysentry_allow=outlook-mobile relaysentry_deny=*",
          "frank": "{PLAIN}secret::::::relaysentry_allow=*",
          "grace@example.net": "{PLAIN}secret"}


@instance
def conditions():
    return Sentry([
        rule("allow", "webmail", via="127.0.0.9", any_address=True),
        rule("user-policy", "exceptions"),
        rule("deny", "staff", group="staff", message=MESSAGE),
        rule("deny", "no-sending", **{"class": "mail-relay"}, service=["smtp", "submission"],
             not_={"group": "alumni"}),
        rule("deny", "scram", mechanism=["SCRAM-SHA-256"], relay="gmail-external"),
        rule("deny", "around", relay="azure", covering=True, user="carol", service="pop3"),
    ], users=GROUPS, settings={"user_entries": {"@example.net": {"deny": ["*"]}}})


@case("group: comes from the passwd-file and is told to nobody", on=conditions)
def _(dovecot):
    equal(dovecot.login("imap", "alice", PASSWORD, remote=OUTLOOK).text, REASONS["imap"])
    expect(dovecot.login("imap", "bob", PASSWORD, remote=OUTLOOK).ok)
    expect(dovecot.login("imap", "carol", PASSWORD, remote=OUTLOOK).ok)
    with dovecot.auth() as auth:
        for user, remote in (("alice", HOME), ("bob", OUTLOOK), ("alice", OUTLOOK),
                             ("erin", OUTLOOK), ("dave", OUTLOOK), ("erin", AWS)):
            raw = auth.login(user, PASSWORD, remote=remote).raw
            for name in ("group", "allow", "deny", "credential"):
                expect(f"relaysentry_{name}" not in raw, raw)


@case("group: `not` spares its members", on=conditions)
def _(dovecot):
    expect(dovecot.login("submission", "bob", PASSWORD, remote=OUTLOOK).ok)
    expect(not dovecot.login("submission", "carol", PASSWORD, remote=OUTLOOK).ok)


@case("service: submission is told from imap and pop3", on=conditions)
def _(dovecot):
    expect(dovecot.login("imap", "carol", PASSWORD, remote=GMAIL).ok)
    expect(dovecot.login("pop3", "carol", PASSWORD, remote=GMAIL).ok)
    expect(not dovecot.login("submission", "carol", PASSWORD, remote=GMAIL).ok)
    with dovecot.auth() as auth:
        expect(not auth.login("carol", PASSWORD, service="smtp", remote=GMAIL).ok)
        expect(auth.login("carol", PASSWORD, service="sieve", remote=GMAIL).ok)


@case("user-policy: passdb fields refuse and allow", on=conditions)
def _(dovecot):
    for user, remote, want in (("dave", OUTLOOK, False), ("dave", GMAIL, False),
                               ("dave", AWS, True), ("dave", HOME, True),
                               ("erin", OUTLOOK, True), ("erin", AWS, False),
                               ("erin", HOME, True), ("frank", OUTLOOK, True)):
        equal(dovecot.login("imap", user, PASSWORD, remote=remote).ok, want, (user, remote))


@case("user-policy: user_entries of a domain", on=conditions)
def _(dovecot):
    mark = dovecot.mark()
    expect(not dovecot.login("imap", "grace@example.net", PASSWORD, remote=AWS).ok)
    line = dovecot.report_of(mark, action="deny", relay="aws", rule="exceptions")
    expect("example.net" in line["line"], line["line"])
    expect(dovecot.login("imap", "grace@example.net", PASSWORD, remote=HOME).ok)


@case("via: the peer that reported the client's address", on=conditions)
def _(dovecot):
    equal(dovecot.login("imap", "alice", PASSWORD, remote=OUTLOOK, peer="127.0.0.9").ok, True)
    equal(dovecot.login("imap", "alice", PASSWORD, remote=OUTLOOK, peer="127.0.0.8").ok, False)


@case("mechanism: a condition of its own", on=conditions)
def _(dovecot):
    expect(not dovecot.login("imap", "carol", PASSWORD, "SCRAM-SHA-256", remote=GMAIL).ok)
    expect(dovecot.login("imap", "carol", PASSWORD, "CRAM-MD5", remote=GMAIL).ok)


@case("covering: a relay around the one that is reported", on=conditions)
def _(dovecot):
    mark = dovecot.mark()
    expect(not dovecot.login("pop3", "carol", PASSWORD, remote=OUTLOOK).ok)
    dovecot.report_of(mark, rule="around", relay="outlook-mobile")
    expect(dovecot.login("pop3", "carol", PASSWORD, remote=GMAIL).ok)


@case("danger 6: no address: let in, and warned of once", on=conditions)
def _(dovecot):
    dovecot.expected.append("relaysentry: .*address")
    mark = dovecot.mark()
    with dovecot.auth() as auth:
        for mech in MECHANISMS:
            expect(auth.login("alice", PASSWORD, mech).ok, mech)
    warnings = dovecot.wait_log("Warning: relaysentry: .*address", mark)
    equal(len(warnings), 1, warnings)


@case("danger 6: no address: `no_address` deny refuses")
def _():
    with Sentry(settings={"no_address": "deny"}, expected=["relaysentry: .*address"]) as dovecot:
        with dovecot.auth() as auth:
            for remote, want in ((None, False), (HOME, True)):
                replies = auth.logins([("alice", PASSWORD, mech, remote) for mech in MECHANISMS])
                equal([reply.ok for reply in replies], [want] * len(MECHANISMS), remote)


@case("a proxied login: the backend verifies, so no reason is told")
def _():
    users = {"alice": "::::::proxy=y host=192.0.2.99 nopassword"}
    with Sentry([rule("deny", relay="outlook-mobile", message=MESSAGE)], users=users) as dovecot:
        mark = dovecot.mark()
        with dovecot.auth() as auth:
            reply = auth.login("alice", "whatever", remote=OUTLOOK)
        expect(not reply.ok and "reason" not in reply.fields, reply)
        dovecot.report_of(mark, action="deny", verified="no")


@case("own_networks are never a relay")
def _():
    with Sentry([rule("deny", relay="outlook-mobile")],
                settings={"own_networks": ["52.125.138.0/24"]}) as dovecot:
        expect(dovecot.login("imap", "alice", PASSWORD, remote=OUTLOOK).ok)
        expect(not dovecot.login("imap", "alice", PASSWORD, remote="52.125.139.7").ok)
        equal(len(dovecot.reports()), 1)


@case("credential: what the passdb says of the password counts, and is told to nobody")
def _():
    users = {"alice": "{PLAIN}secret::::::relaysentry_credential=app-password",
             "bob": "{PLAIN}secret"}
    rules = [rule("allow", "apps", credential="app-password"),
             rule("deny", relay="outlook-mobile")]
    with Sentry(rules, users=users) as dovecot:
        for mech in MECHANISMS:
            expect(dovecot.login("imap", "alice", PASSWORD, mech, remote=OUTLOOK).ok, mech)
            mark = dovecot.mark()
            expect(not dovecot.login("imap", "bob", PASSWORD, mech, remote=OUTLOOK).ok, mech)
            dovecot.report_of(mark, credential="password")
        with dovecot.auth() as auth:
            for remote in (OUTLOOK, HOME):
                raw = auth.login("alice", PASSWORD, remote=remote).raw
                expect("relaysentry_credential" not in raw, raw)

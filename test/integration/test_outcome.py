# SPDX-License-Identifier: MIT
"""A login is reported by how it ended, for every mechanism."""

import time

import sasl
from cases import case, equal, expect, instance
from leaving import LEFT
from policyserver import policy_server
from test_exceptions import excepting
from test_log import STATS, metrics
from world import (AFTER, AWS, FIRST, GMAIL, HOME, OUTLOOK, PASSWORD, PRIMARY_CONTINUES, Sentry,
                   rule)

RULES = [rule("deny", "told", relay="outlook-mobile", message="Not this app"),
         rule("deny", "hidden", relay="outlook-new", reply="generic"),
         rule("alert", "reported", relay="gmail-external"),
         rule("alert", "clouds", **{"class": "cloud"})]
OUTLOOK_NEW = "2603:1030:40::9"
# The verdict comes before the proof with all but the first two.
MECHANISMS = ("PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256")
ALWAYS = PRIMARY_CONTINUES + AFTER.replace("skip = unauthenticated", "skip = never")
METRIC = """
metric ended {
  filter = event=relaysentry_login_finished
  group_by = outcome relay action enforced
}
metric fields {
  filter = event=relaysentry_login_finished and relay_class=cloud and verified=yes and network="18.153.0.0/16" and credential=password and rule=clouds and user=alice
}
""" + STATS


@instance
def ending():
    return Sentry(RULES, extra=METRIC, expected=LEFT)


@instance
def asked_always():
    return Sentry(RULES, place=ALWAYS)


def lines(dovecot, mark, count):
    """(action, outcome, verified) of the lines after mark, when there are count of them."""
    dovecot.wait_log("relaysentry: action=", mark, count=count)
    return [(line["action"], line["outcome"], line["verified"])
            for line in dovecot.reports(mark)]


def one(dovecot, mech, password, remote):
    mark = dovecot.mark()
    with dovecot.auth() as auth:
        ok = auth.login("alice", password, mech, remote=remote).ok
    return ok, mark


for mechanism in MECHANISMS:
    PROVED = "yes" if mechanism in ("PLAIN", "LOGIN") else "no"

    @case(f"outcome: {mechanism}: success when it was let in", on=ending)
    def _(dovecot, mech=mechanism, proved=PROVED):
        ok, mark = one(dovecot, mech, PASSWORD, GMAIL)
        expect(ok)
        equal(lines(dovecot, mark, 1), [("alert", "success", proved)])

    @case(f"outcome: {mechanism}: denied after the proof, unproved before it", on=ending)
    def _(dovecot, mech=mechanism, proved=PROVED):
        for remote in (OUTLOOK, OUTLOOK_NEW):
            ok, mark = one(dovecot, mech, PASSWORD, remote)
            expect(not ok)
            equal(lines(dovecot, mark, 1),
                  [("deny", "denied" if proved == "yes" else "unproved", proved)], remote)

    @case(f"outcome: {mechanism}: a wrong password is a failed login, and of a cloud has a line",
          on=asked_always)
    def _(dovecot, mech=mechanism):
        for remote in (GMAIL, AWS):
            ok, mark = one(dovecot, mech, "wrong", remote)
            expect(not ok)
        equal(lines(dovecot, mark, 1), [("none", "failed", "no")])
        dovecot.settle_log()
        equal([line["relay"] for line in dovecot.reports(mark)], ["aws"])


@case("outcome: the event is counted by metrics, with its fields", on=ending)
def _(dovecot):
    before = metrics(dovecot)

    def grown(name):
        return int(metrics(dovecot).get(name, 0)) - int(before.get(name, 0))

    for _round in range(2):
        expect(dovecot.login("imap", "alice", PASSWORD, remote=AWS).ok)
    expect(not dovecot.login("imap", "alice", PASSWORD, remote=OUTLOOK).ok)
    expect(not dovecot.login("imap", "alice", "wrong", remote=OUTLOOK, mech="CRAM-MD5").ok)
    expect(dovecot.login("imap", "alice", PASSWORD, remote=HOME).ok)
    time.sleep(0.5)
    equal(grown("ended_success_aws_alert_yes"), 2, metrics(dovecot))
    equal(grown("ended_denied_outlook-mobile_deny_yes"), 1, metrics(dovecot))
    equal(grown("ended_unproved_outlook-mobile_deny_yes"), 1, metrics(dovecot))
    equal(grown("fields"), 2, metrics(dovecot))
    equal(grown("ended"), 4, "an ordinary login has no event")


@case("outcome: clients that leave in the middle are unproved, and nothing stays", on=ending)
def _(dovecot):
    mark = dovecot.mark()
    pid = dovecot.auth_pid()
    for mech in MECHANISMS[2:]:
        for _round in range(3):
            client = dovecot.auth()
            mechanism = sasl.mechanism(mech, "alice", PASSWORD)
            number = client.begin(mechanism, remote=GMAIL)
            reply = client.reply()
            # CRAM-MD5 asks the passdbs with the answer, SCRAM before its challenge.
            if mech.startswith("SCRAM"):
                expect(reply.status == "CONT", reply)
            else:
                client.respond(number, mechanism, reply)
            client.close()
    dovecot.wait_log("outcome=unproved", mark, count=6)
    equal({line["outcome"] for line in dovecot.reports(mark)} - {"success"}, {"unproved"})
    equal(dovecot.auth_pid(), pid, "the auth process is the same")


TWO = FIRST + PRIMARY_CONTINUES + AFTER
BEFORE = "before the primary passdb"


@case("outcome: two blocks of ours count a login once, as the second one saw it")
def _():
    with Sentry(RULES, place=TWO, extra=METRIC, expected=[BEFORE]) as dovecot, \
            dovecot.auth() as auth:
        for mech, proved in (("PLAIN", "yes"), ("SCRAM-SHA-256", "no")):
            mark, before = dovecot.mark(), int(metrics(dovecot).get("ended", 0))
            expect(auth.login("alice", PASSWORD, mech, remote=AWS).ok, mech)
            equal(lines(dovecot, mark, 1), [("alert", "success", proved)], mech)
            time.sleep(0.5)
            equal(int(metrics(dovecot).get("ended", 0)) - before, 1, mech)
            equal(len(dovecot.reports(mark)), 1, mech)


@case("outcome: two blocks of ours let go of a login whose client has left")
def _():
    with Sentry(RULES, place=TWO, expected=[*LEFT, BEFORE]) as dovecot:
        mark = dovecot.mark()
        client = dovecot.auth()
        client.begin(sasl.mechanism("SCRAM-SHA-256", "alice", PASSWORD), remote=GMAIL)
        equal(client.reply().status, "CONT")
        client.close()
        equal(lines(dovecot, mark, 1), [("alert", "unproved", "no")])


@case("outcome: a policy server's refusal after the proof is a denial, whatever it takes")
def _():
    settings = {word: "auth_policy_server_url = {url}\nauth_policy_hash_nonce = xyzzy\n" + more
                for word, more in (("2.3", "auth_policy_check_before_auth = no\n"),
                                   ("2.4", "auth_policy_check_before_auth = no\n"))}
    with policy_server(1, refuse=True) as server:
        extra = {word: text.format(url=server.url) for word, text in settings.items()}
        with Sentry(RULES, extra=extra) as dovecot, dovecot.auth() as auth:
            for mech, proved in (("PLAIN", "yes"), ("SCRAM-SHA-256", "no")):
                mark = dovecot.mark()
                expect(not auth.login("alice", PASSWORD, mech, remote=GMAIL).ok, mech)
                equal(lines(dovecot, mark, 1), [("alert", "denied", proved)], mech)


@case("outcome: a policy server that is only listened to says nothing about a wrong password")
def _():
    with policy_server(0, refuse=True) as server:
        extra = f"auth_policy_server_url = {server.url}\nauth_policy_hash_nonce = xyzzy\n" \
            "auth_policy_log_only = yes\nauth_policy_check_after_auth = no\n"
        with Sentry(RULES, extra=extra, place=ALWAYS, settings={"alert": {}},
                    expected=["in log-only mode"]) as dovecot, dovecot.auth() as auth:
            for mech in MECHANISMS:
                mark = dovecot.mark()
                expect(not auth.login("alice", "wrong", mech, remote=AWS).ok, mech)
                equal(lines(dovecot, mark, 1), [("none", "failed", "no")], mech)


@case("outcome: with a proxy it is the backend that verifies: unproved")
def _():
    proxied = "::::::proxy=y nopassword=y host=127.0.0.1 port=9"
    with Sentry([rule("alert", "all", any_address=True)], users={"alice": proxied}) as dovecot:
        with dovecot.auth() as auth:
            mark = dovecot.mark()
            expect(auth.login("alice", "whatever", remote=GMAIL).ok)
            equal(lines(dovecot, mark, 1), [("alert", "unproved", "no")])


@case("outcome: with nologin whoever proved a password is not let in: denied")
def _():
    users = {"alice": "{PLAIN}secret::::::nologin=y reason=closed"}
    with Sentry(RULES, users=users) as dovecot:
        for mech, proved in (("PLAIN", "yes"), ("SCRAM-SHA-256", "no")):
            mark = dovecot.mark()
            answer = dovecot.login("imap", "alice", PASSWORD, mech, remote=GMAIL)
            equal(answer.ok, False, answer.lines)
            equal(lines(dovecot, mark, 1), [("alert", "denied", proved)], mech)


@case("outcome: a client of a proxy that leaves while a dict is asked proves nothing")
def _():
    proxied = "::::::proxy=y nopassword=y host=127.0.0.1 port=9"
    rules = [rule("user-policy", "own"), rule("alert", "all", any_address=True)]
    with excepting(rules, users={"alice": proxied}, expected=LEFT) as dovecot:
        dovecot.dict.delay = 0.5
        mark = dovecot.mark()
        client = dovecot.auth()
        client.begin(sasl.mechanism("PLAIN", "alice", "whatever"), remote=GMAIL)
        dovecot.dict.wait_for(dovecot.dict.asked, "the question")
        client.close()
        equal(lines(dovecot, mark, 1), [("alert", "unproved", "no")])


@case("outcome: failed logins are summed up for each relay and minute", slow=True)
def _():
    with Sentry(RULES, place=ALWAYS) as dovecot, dovecot.auth() as auth:
        auth.logins([("alice", "wrong", mech, remote) for mech in ("PLAIN", "SCRAM-SHA-1")
                     for remote in (GMAIL, GMAIL, OUTLOOK, HOME)])
        dovecot.wait_log(r"relaysentry: failed=4 relay=gmail-external class=mail-relay",
                         seconds=75)
        # Before the proof it was refused: nobody knows whether it was right.
        dovecot.wait_log(r"relaysentry: failed=1 relay=outlook-mobile class=mail-relay")
        equal([line["outcome"] for line in dovecot.reports()], ["unproved"])

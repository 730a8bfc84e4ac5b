# SPDX-License-Identifier: MIT
"""Alerts: once for a user, a relay and a kind, when they are true, then with a count."""

import time

import dictservers
from cases import case, equal, expect
from test_exceptions import excepting
from test_log import STATS, metrics
from world import AWS, AZURE, GMAIL, OUTLOOK, PASSWORD, Sentry, rule

RULES = [rule("deny", "tried", relay="gmail-external", mode="testing"),
         rule("deny", "refused", relay="outlook-mobile", message="Not this app"),
         rule("alert", "seen", any_address=True)]
DICT = "proxy::relaysentry"


def settings(repeat="24h", state=None, **alert):
    return {"alert": {"repeat_after": repeat, **alert},
            **({"state": state} if state is not None else {})}


def told(dovecot, mark=0):
    """(rule, outcome, first_seen, repeated) of each line."""
    return [(line["rule"], line["outcome"], line.get("first_seen"), line.get("repeated"))
            for line in dovecot.reports(mark)]


def login(dovecot, times=1, user="alice", remote=AWS, password=PASSWORD, mech="PLAIN"):
    for _round in range(times):
        with dovecot.auth() as auth:
            auth.login(user, password, mech, remote=remote)


@case("alert: without `alert` in the policy each report is a line")
def _():
    with Sentry(RULES) as dovecot:
        login(dovecot, 3)
        equal(told(dovecot), [("seen", "success", None, None)] * 3)


@case("alert: once within repeat_after, then with the count")
def _():
    with Sentry(RULES, settings=settings("2s")) as dovecot, dovecot.auth() as auth:
        for _round in range(5):
            expect(auth.login("alice", PASSWORD, remote=AWS).ok)
        equal(told(dovecot), [("seen", "success", "yes", None)])
        time.sleep(2.5)
        for _round in range(2):
            expect(auth.login("alice", PASSWORD, remote=AWS).ok)
        equal(told(dovecot)[1:], [("seen", "success", "no", "4")])


@case("alert: each user, relay and kind has its own")
def _():
    with Sentry(RULES, settings=settings()) as dovecot, dovecot.auth() as auth:
        for _round in range(2):
            for user in ("alice", "bob"):
                for remote in (AWS, AZURE, GMAIL, OUTLOOK):
                    auth.login(user, PASSWORD, remote=remote)
        gmail = [("tried", "success", "yes", None), ("seen", "success", "yes", None)]
        want = [("seen", "success", "yes", None)] * 2 + gmail + [("refused", "denied", "yes", None)]
        equal(sorted(told(dovecot)), sorted(want * 2))


@case("alert: what nobody has proved is a line in the log, and no alert")
def _():
    extra = """
metric alerts {
  filter = event=relaysentry_login_finished and alert=yes
}
""" + STATS
    with Sentry(RULES, settings=settings(), extra=extra) as dovecot:
        login(dovecot, 2, remote=OUTLOOK, mech="SCRAM-SHA-256")
        equal(told(dovecot), [("refused", "unproved", None, None)] * 2)
        equal(metrics(dovecot).get("alerts", "0"), "0")
        login(dovecot, 2, remote=OUTLOOK)
        equal(told(dovecot)[2:], [("refused", "denied", "yes", None)])
        equal(metrics(dovecot).get("alerts"), "1")


@case("alert: the event says whether an alert was sent, and whether the user is to be told")
def _():
    extra = """
metric first {
  filter = event=relaysentry_login_finished and alert=yes and notify=yes and first_seen=yes
}
metric again {
  filter = event=relaysentry_login_finished and alert=no and first_seen=no
}
metric none {
  filter = event=relaysentry_login_finished and alert=yes and not notify=yes
}
""" + STATS
    rules = [rule("deny", "refused", relay="outlook-mobile", notify=True), *RULES[2:]]
    with Sentry(rules, settings=settings(), extra=extra) as dovecot:
        login(dovecot, 3, remote=OUTLOOK)
        login(dovecot, 2, remote=GMAIL)
        counts = metrics(dovecot)
        equal([counts.get(name) for name in ("first", "again", "none")], ["1", "3", "1"], counts)


@case("alert: until learn_until pairs are remembered and nobody is told")
def _():
    with Sentry(RULES, settings=settings(learn_until="2999-01-01")) as dovecot, \
            dovecot.auth() as auth:
        for _round in range(2):
            auth.login("alice", PASSWORD, remote=AWS)
        equal(told(dovecot), [])
        dovecot.change_policy(alert={"learn_until": "2020-01-01"})
        for user in ("alice", "bob"):
            auth.login(user, PASSWORD, remote=AWS)
        equal([line["prefix"].count("bob") for line in dovecot.reports()], [1])


@case("alert: what waits for the dict while alerts are taken away is told without them")
def _():
    with excepting(RULES[2:]) as dovecot:
        dovecot.change_policy(
            alert={}, state={"dict": f"proxy:{dovecot.dict.path}:relaysentry"})
        dovecot.dict.silent = True
        login(dovecot)
        equal(told(dovecot), [])
        del dovecot.policy["alert"], dovecot.policy["state"]
        dovecot.change_policy()
        dovecot.wait_log("rule=seen")
        equal(told(dovecot), [("seen", "success", None, None)])


@case("alert: a dict remembers beyond the end of auth")
def _():
    state = {"dict": DICT, "write_interval": "1s"}
    with Sentry(RULES, settings=settings(state=state), beside=dictservers.Sqlite()) as dovecot:
        login(dovecot, 2)
        dovecot.wait_log("rule=seen")
        equal(told(dovecot), [("seen", "success", "yes", None)])
        keys = dictservers.Keys(dovecot)
        seen = "shared/relaysentry/user/alice/seen:aws"
        for _try in range(50):
            if " count=2 " in (keys.get(seen) or ""):
                break
            time.sleep(0.2)
        expect(" count=2 " in keys.get(seen), keys.get(seen))
        dovecot.reload()
        mark = dovecot.mark()
        login(dovecot)
        dovecot.settle_log()
        equal(told(dovecot, mark), [])


def two_nodes(server):
    state = {"dict": DICT, "write_interval": "1s"}
    with Sentry(RULES, settings=settings(state=state), beside=server) as one:
        other = {**state, "dict": f"proxy:{dictservers.socket_of(one)}:relaysentry"}
        with Sentry(RULES, settings=settings(state=other)) as two:
            login(one)
            login(two)
            one.wait_log("rule=seen")
            equal(told(one), [("seen", "success", "yes", None)])
            # At most one of each within one interval.
            expect(len(told(two)) <= 1, told(two))
            time.sleep(2.5)
            marks = one.mark(), two.mark()
            for _round in range(2):
                login(one)
                login(two)
            equal(told(one, marks[0]) + told(two, marks[1]), [])
            # What one has told, the other does not tell again.
            login(one, user="bob")
            one.wait_log(r"bob.* rule=seen", marks[0])
            time.sleep(2.5)
            login(two, user="bob")
            equal(told(two, marks[1]), [])


for name, make in (("SQLite", dictservers.Sqlite), ("PostgreSQL", dictservers.Postgres),
                   ("Redis", dictservers.Redis)):
    case(f"alert: two nodes that share a dict on {name} tell once what is stored")(
        lambda make=make: two_nodes(make()))

# SPDX-License-Identifier: MIT
"""relaysentry audit of the log that a Dovecot has just written."""

import json
import os
import subprocess

from cases import case, equal, expect
from clients import Imap, Pop3
from world import AWS, GMAIL, HOME, OUTLOOK, OUTLOOK_V6, PASSWORD, Sentry, command, rule

RULES = [rule("deny", "no-clouds", relay="aws"), rule("alert", "rest", **{"class": "mail-relay"})]
# A name that looks like elements: its line is skipped and counted, and is nobody's.
IMITATION = "x>, method=PLAIN, rip=52.125.138.1, lip=1.1.1.1, session=<y"
# user, client, address, password right, let in
LOGINS = [
    ("alice", Imap, OUTLOOK, True, True),
    ("alice", Pop3, OUTLOOK, True, True),
    ("alice", Imap, OUTLOOK, False, False),
    ("alice", Imap, HOME, True, True),
    ("bob", Imap, OUTLOOK_V6, True, True),
    ("bob", Imap, AWS, True, False),
    ("alice@example.org", Imap, GMAIL, True, True),
    (IMITATION, Imap, AWS, False, False),
]


def audit(dovecot, *options):
    log = dovecot.root / "audited.log"
    log.write_text("".join(line + "\n" for line in dovecot.log(0)))
    done = subprocess.run([command(), "audit", "--database", dovecot.database_path, "--json",
                           "--addresses", *options, log], capture_output=True, text=True,
                          timeout=60, check=False, env=dict(os.environ, TZ="UTC"))
    equal((done.returncode, done.stderr), (0, ""), done.stdout)
    return [json.loads(line) for line in done.stdout.splitlines()]


def known():
    """(user, relay) -> let in, refused, where the log's name is certain."""
    relays = {OUTLOOK: "outlook-mobile", OUTLOOK_V6: "outlook-new", GMAIL: "gmail-external",
              AWS: "aws"}
    pairs = {}
    for user, _kind, address, _right, let_in in LOGINS:
        if address in relays and user != IMITATION:
            pair = pairs.setdefault((user.lower(), relays[address]), [0, 0])
            pair[0 if let_in else 1] += 1
    return pairs


@case("audit: what a Dovecot has logged of known logins is what is told")
def _():
    with Sentry(RULES) as dovecot:
        for user, kind, address, right, let_in in LOGINS:
            with kind(dovecot.ports[kind.__name__.lower()], address) as client:
                equal(client.login(user, PASSWORD if right else "wrong").ok, let_in, user)
        dovecot.settle_log()
        dovecot.wait_log(r"relaysentry: action=deny")
        lines = audit(dovecot)
        equal([(line["fault"], line["lines"]) for line in lines if line["type"] == "fault"],
              [("ambiguous", 1)])
        got = {(line["user"], line["relay"]): [line["count"], line["failed"]]
               for line in lines if line["type"] == "pair"}
        equal(got, known())
        pairs = {(line["user"], line["relay"]): line for line in lines if line["type"] == "pair"}
        equal([(item["address"], item["count"])
               for item in pairs["alice", "outlook-mobile"]["addresses"]], [(OUTLOOK, 2)])
        equal(pairs["alice", "outlook-mobile"]["services"], ["imap", "pop3"])
        equal(pairs["bob", "aws"]["denials"], 1)
        expect(pairs["alice", "outlook-mobile"]["alerts"] >= 1, pairs)
        summary = lines[0]
        equal((summary["count"], summary["users"], summary["relay_users"]), (5, 3, 3))


@case("audit: what the policy would have done to these logins is what it did")
def _():
    with Sentry(RULES) as dovecot:
        for user, kind, address, right, _let_in in LOGINS:
            with kind(dovecot.ports[kind.__name__.lower()], address) as client:
                client.login(user, PASSWORD if right else "wrong")
        dovecot.settle_log()
        rules = {line["rule"]: line
                 for line in audit(dovecot, "--policy", dovecot.policy_path)
                 if line["type"] == "rule"}
        equal((rules["rest"]["count"], rules["rest"]["users"]), (4, 3), rules)
        # What was refused is no login that was let in.
        equal(rules["no-clouds"]["count"], 0, rules)

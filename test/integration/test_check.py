# SPDX-License-Identifier: MIT
"""The command says of a login what the plugin does with it."""

import subprocess

from cases import case, equal
from world import (AWS, AZURE, GMAIL, HOME, OUTLOOK, OUTLOOK_V6, PASSWORD, PRIVATE, Sentry,
                   command, rule)

RULES = [
    rule("allow", "bob-by-pop3", user="bob", service="pop3"),
    rule("user-policy", "exceptions"),
    rule("deny", "scram", mechanism="SCRAM-SHA-256", relay="gmail-external"),
    rule("tag", "clouds", **{"class": "cloud"}, tag="cloud"),
    rule("deny", "planned", relay="aws", mode="testing"),
    rule("deny", "relays", **{"class": "mail-relay"}, not_={"user": "carol"}),
    rule("deny", "around", relay="azure", covering=True, service="submission"),
]
ENTRIES = {"alice": {"allow": ["gmail-external"]}, "@example.org": {"deny": ["*"]}}
REMOTES = (OUTLOOK, OUTLOOK_V6, GMAIL, AZURE, AWS, PRIVATE, HOME, "::ffff:" + OUTLOOK)


def checked(dovecot, service, user, mech, remote):
    """Whether check lets this login in."""
    done = subprocess.run([command(), "check", "--policy", dovecot.policy_path, "--user", user,
                           "--service", service, "--mechanism", mech, remote],
                          capture_output=True, text=True, timeout=60, check=False)
    if done.returncode not in (0, 1):
        raise AssertionError(f"check: status {done.returncode}: {done.stderr}")
    return done.returncode == 0


@case("check: lets in and refuses the same logins as the plugin")
def _():
    with Sentry(RULES, settings={"user_entries": ENTRIES}) as dovecot:
        attempts = [(service, user, PASSWORD, mech, remote)
                    for service in ("imap", "pop3", "submission")
                    for user in ("alice", "bob", "carol", "alice@example.org")
                    for mech in ("PLAIN", "SCRAM-SHA-256") for remote in REMOTES]
        answers = dovecot.logins(attempts)
        got = {a: answer.ok for a, answer in zip(attempts, answers)}
        want = {a: checked(dovecot, a[0], a[1], a[3], a[4]) for a in attempts}
        equal({a: ok for a, ok in got.items() if ok != want[a]}, {}, "other than check says")
        equal(set(got.values()), {True, False})

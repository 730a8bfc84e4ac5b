# SPDX-License-Identifier: MIT
"""The structured line: its format, and that nobody can forge it."""

import re

from cases import case, equal, expect, instance
from world import AWS, GMAIL, HOME, OUTLOOK, PASSWORD, AFTER, Sentry, rule

ANYBODY = """
passdb {
  driver = static
  args = password=secret
  result_success = continue-ok
}
""" + AFTER
NAMES = {
    "spaces": "al ice relay=forged action=allow",
    "quotes": "al\"ice'",
    "backslash": "al\\ice\\x41",
    "newline": "alice\n2026-11-22 08:00:00 auth: Info: relaysentry(bob): relaysentry: action=deny",
    "carriage return": "alice\rrelaysentry: action=deny",
    "tab": "alice\tcode=temp_fail",
    "percent": "al%uice%%s%n%{user}",
    "UTF-8": "älïce.日本",
    "invalid UTF-8": b"al\xff\xfe\xc0ice",
    "controls": "al\x01ice\x1b[31m",
    "separator U+2028": "al\u2028ice",
    "1 kB": "a" * 1024,
    "domain with spaces": "alice@exa mple.org rule=x",
}
LINE = re.compile(
    r"^\S+ \S+ auth(: Info: relaysentry\(.*\)|\(.*\): Info: relaysentry): relaysentry: "
    r"action=(allow|tag|alert|deny|none) "
    r"enforced=(yes|no) relay=(\S+) class=(\S+) network=(\S+) rule=(\S+) credential=(\S+) "
    r"verified=(yes|no)( \S+=\S+)*$")


@instance
def anybody():
    return Sentry([rule("tag", "label", relay="aws", tag="cloud"),
                   rule("allow", "named", user="al ice@example.org", relay="outlook-mobile"),
                   rule("user-policy", "entries"),
                   rule("deny", "outlook", relay="outlook-mobile"),
                   rule("alert", "rest", relay=["aws", "gmail-external"])],
                  place=ANYBODY, settings={"user_entries": {
                      "al ice = x": {"deny": ["gmail-external"]},
                      "@exa mple.net": {"deny": ["gmail-external"]}}})


def one_line(dovecot, name):
    """A denied login of this name leaves one line, with the facts as they are."""
    for mech in ("PLAIN", "LOGIN"):
        mark = dovecot.mark()
        with dovecot.auth() as auth:
            expect(not auth.login(name, PASSWORD, mech, remote=OUTLOOK).ok)
        line = dovecot.report_of(mark, action="deny", enforced="yes", relay="outlook-mobile",
                                 network="52.125.128.0/20", rule="outlook",
                                 credential="password", verified="yes")["line"]
        expect(LINE.match(line), line)
        for other in dovecot.log(mark):
            expect(re.match(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+ \S", other), other)
        with dovecot.auth() as auth:
            expect(auth.login(name, PASSWORD, mech, remote=HOME).ok, name)


for title, text in NAMES.items():
    case(f"log: one unforged line for a user name with {title}", on=anybody)(
        lambda dovecot, text=text: one_line(dovecot, text))


@case("log: strange user names are refused in every service", on=anybody)
def _(dovecot):
    for service in ("imap", "pop3", "submission"):
        for name in NAMES.values():
            expect(not dovecot.login(service, name, PASSWORD, remote=OUTLOOK).ok, service, name)


@case("log: tags follow, and an alert has the same format", on=anybody)
def _(dovecot):
    mark = dovecot.mark()
    with dovecot.auth() as auth:
        expect(auth.login("alice", PASSWORD, remote=AWS).ok)
    line = dovecot.report_of(mark, action="alert", tags="cloud", **{"class": "cloud"})["line"]
    expect(LINE.match(line), line)


@case("log: the entry that decided is escaped", on=anybody)
def _(dovecot):
    for name in ("al ice = x", "carol@exa mple.net"):
        mark = dovecot.mark()
        with dovecot.auth() as auth:
            expect(not auth.login(name, PASSWORD, remote=GMAIL).ok)
        line = dovecot.report_of(mark, action="deny", rule="entries")
        expect(LINE.match(line["line"]), line["line"])
        expect("\\x20" in line.get("entry", ""), line["line"])


@case("log: no password is ever logged")
def _():
    secret = "s3cr3t-Xyzzy"
    users = {"alice": "{PLAIN}" + secret}
    rules = [rule("deny", "outlook", relay="outlook-mobile", message="No"),
             rule("alert", "rest", any_address=True)]
    with Sentry(rules, users=users, extra="auth_debug = yes\nauth_verbose = yes\n") as dovecot:
        with dovecot.auth() as auth:
            for mech in ("PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256"):
                for password in (secret, secret + "-wrong"):
                    for remote in (OUTLOOK, HOME):
                        auth.login("alice", password, mech, remote=remote)
        dovecot.stop()
        expect(secret not in dovecot.log_path.read_text(), dovecot.log(0, secret))


STATS = """
service stats {
  unix_listener stats-reader {
    mode = 0666
  }
  unix_listener stats-writer {
    mode = 0666
  }
}
"""


def metrics(dovecot):
    """How often each metric was counted."""
    done = dovecot.doveadm("stats", "dump")
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    return {row[0]: row[2] for row in rows}


@case("log: events with the name relaysentry_verdict are counted by metrics")
def _():
    extra = """
metric relaysentry {
  filter = event=relaysentry_verdict
  group_by = action relay
}
""" + STATS
    with Sentry([rule("alert", "rest", relay="aws")], extra=extra) as dovecot:
        for _round in range(3):
            expect(dovecot.login("imap", "alice", PASSWORD, remote=AWS).ok)
        counts = metrics(dovecot)
        equal(counts.get("relaysentry_alert_aws"), "3", counts)


@case("log: line and event name the user entry behind its own rule only")
def _():
    extra = """
metric entry {
  filter = event=relaysentry_verdict and entry="passdb field relaysentry_deny"
  group_by = rule
}
""" + STATS
    rules = [rule("deny", "tried", relay="outlook-mobile", mode="testing"),
             rule("user-policy", "exceptions")]
    users = {"dave": "{PLAIN}secret::::::relaysentry_deny=@mail-relay"}
    with Sentry(rules, users=users, extra=extra) as dovecot:
        expect(not dovecot.login("imap", "dave", PASSWORD, remote=OUTLOOK).ok)
        exceptions, = dovecot.wait_log("rule=exceptions")
        tried, = dovecot.log(0, "rule=tried")
        expect(" entry=" not in tried, tried)
        expect(" entry=passdb\\x20field\\x20relaysentry_deny " in exceptions, exceptions)
        counts = metrics(dovecot)
        equal(counts.get("entry_exceptions"), "1", counts)
        expect("entry_tried" not in counts, counts)

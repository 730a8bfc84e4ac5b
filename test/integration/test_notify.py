# SPDX-License-Identifier: MIT
"""Mail to users: what Dovecot exports of logins, a dict that nodes share, and a real
Postfix that takes the mail and delivers it."""

import contextlib
import email
import email.policy
import os
import pathlib
import pwd
import signal
import subprocess
import time

import certs
import dictservers
import postfixd
from cases import case, equal, expect
from dovecot import die_with_parent
from test_log import ANYBODY
from world import AWS, GMAIL, OUTLOOK, PASSWORD, Sentry, command, rule

TEMPLATES = pathlib.Path(__file__).resolve().parents[2] / "templates"
RULES = [rule("deny", "told", relay="outlook-mobile", message="Not this app", notify=True),
         rule("alert", "reported", relay="gmail-external", notify=True),
         rule("alert", "clouds", **{"class": "cloud"})]
EXPORTER = {
    "2.3": """
event_exporter relaysentry {
  format = json
  format_args = time-%s
  transport = log
}
metric exported {
  exporter = relaysentry
  filter = event=relaysentry_login_finished
}
""",
    "2.4": """
event_exporter relaysentry {
  driver = log
  format = json
  time_format = %s
}
metric exported {
  exporter = relaysentry
  filter = event=relaysentry_login_finished
}
"""}
MAIN_CF = """
virtual_mailbox_domains = example.org, example.net
virtual_mailbox_base = {folder}
virtual_mailbox_maps = static:mailbox
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
"""
EVENT = r"stats(\(.*\))?: Info: \{"
SECONDS = 30
AGAIN = 2.1  # after that an alert is sent again


class NotifySentry(postfixd.Beside, Sentry):
    """A Dovecot that exports events into its log, and a Postfix with one mailbox for
    everybody."""

    def __init__(self, rules=None, time_format="rfc3339", settings=None, **others):
        settings = {"alert": {"repeat_after": "1s"}, **(settings or {})}
        super().__init__(
            RULES if rules is None else rules,
            extra={release: text % time_format for release, text in EXPORTER.items()},
            settings=settings, **others)
        try:
            owner = pwd.getpwnam("nobody")
            folder = self.root / "postfix"
            self.mailbox_path = folder / "mailboxes" / "mailbox"
            self.postfix = postfixd.Postfix(
                folder, self.root / "run/auth-client", certs.Authority(self.root / "ca"),
                MAIN_CF.format(folder=folder / "mailboxes", uid=owner.pw_uid, gid=owner.pw_gid))
            self.mailbox_path.parent.mkdir()
            os.chown(self.mailbox_path.parent, owner.pw_uid, owner.pw_gid)
        except BaseException:
            self.discard()
            raise

    def events(self, count):
        """A file with what the log says, when count events are in it."""
        self.wait_log(EVENT, count=count)
        path = self.root / "events"
        path.write_text("".join(line + "\n" for line in self.log()))
        return path

    def arguments(self, *more):
        return [command(), "notify", "--policy", self.policy_path, "--base-dir",
                self.root / "run", "--template", TEMPLATES / "en.txt", "--from",
                "Mail team <team@example.org>", "--address", "{localpart}@example.org", *more]

    def environment(self):
        return {**os.environ, "MAIL_CONFIG": str(self.postfix.folder), "TZ": "UTC"}

    def notify(self, *more):
        """Runs the command. Returns its first line of counts: {"told": 1, ...}."""
        done = subprocess.run(self.arguments(*more), capture_output=True, text=True, timeout=60,
                              env=self.environment(), check=False)
        counts = done.stdout.splitlines()[-2].split(", ") if done.stdout else []
        words = [item.split(" ", 1) for item in counts]
        return done, {name: int(number) for number, name in words if number != "0"}

    def mails(self, count):
        """The delivered messages, when there are count."""
        deadline = time.monotonic() + SECONDS
        while True:
            with contextlib.suppress(FileNotFoundError):
                parts = self.mailbox_path.read_bytes().split(b"\nFrom team@example.org ")
                mails = [email.message_from_bytes(part.split(b"\n", 1)[1],
                                                  policy=email.policy.default) for part in parts]
                if len(mails) == count:
                    return mails
            if time.monotonic() > deadline:
                raise AssertionError("no such mail: " + self.postfix.log())
            time.sleep(0.05)


@case("notify: of what Dovecot exports, who logs in from a relay gets one mail")
def _():
    for time_format in ("rfc3339", "unix"):
        with NotifySentry(time_format=time_format) as dovecot:
            before = int(time.time())
            for user in ("alice", "bob"):
                expect(dovecot.login("imap", user, PASSWORD, remote=GMAIL).ok)
            time.sleep(AGAIN)
            expect(dovecot.login("imap", "alice", PASSWORD, remote=GMAIL).ok)
            expect(not dovecot.login("pop3", "carol", PASSWORD, remote=OUTLOOK).ok)
            expect(dovecot.login("imap", "dave@example.net", PASSWORD, remote=AWS).ok)
            expect(not dovecot.login("imap", "alice", PASSWORD, "SCRAM-SHA-256", OUTLOOK).ok)
            events = dovecot.events(6)
            done, counts = dovecot.notify("--state", dovecot.root / "told", events)
            equal(done.returncode, 0, done.stderr)
            # Postfix delivers in an order of its own.
            first, second, third = sorted(dovecot.mails(3), key=lambda mail: mail["To"])
            equal([mail["To"] for mail in (first, second, third)],
                  ["alice@example.org", "bob@example.org", "carol@example.org"])
            equal(first["Return-Path"], "<team@example.org>")
            equal((str(first["From"]), first["Auto-Submitted"]),
                  ("Mail team <team@example.org>", "auto-generated"))
            equal(first["Subject"], "Your mailbox was opened by servers of Gmail-External")
            equal(third["Subject"], "Servers of Outlook-Mobile tried to open your mailbox")
            expect("209.85.128.0/17" in first.get_content(), first.get_content())
            expect("imap" in first.get_content() and "pop3" in third.get_content())
            stamp = int(first["Message-ID"].split(".")[1])
            expect(before <= stamp <= time.time(), time_format, stamp)
            done, counts = dovecot.notify("--state", dovecot.root / "told", events)
            equal(counts, {"known": 4}, done)


@case("notify: nodes that share the dict tell a user once, and again when it is forgotten")
def _():
    beside = dictservers.Sqlite()
    with NotifySentry(settings={"state": {"dict": "proxy::relaysentry"}},
                      beside=beside) as dovecot:
        keys = dictservers.Keys(dovecot)
        told = "shared/relaysentry/user/alice/told:gmail-external"
        expect(dovecot.login("imap", "alice", PASSWORD, remote=GMAIL).ok)
        events = dovecot.events(1)
        equal(dovecot.notify("--dry-run", events)[1], {"would be told": 1})
        equal(keys.get(told), None)
        equal(dovecot.notify(events)[1], {"told": 1})
        expect(keys.get(told).startswith("time="), keys.get(told))
        # Another node has other events, and the same dict.
        time.sleep(AGAIN)
        expect(dovecot.login("imap", "alice", PASSWORD, remote=GMAIL).ok)
        equal(dovecot.notify(dovecot.events(2))[1], {"known": 2})
        keys.unset(told)
        equal(dovecot.notify(events)[1], {"told": 1, "known": 1})
        equal(len(dovecot.mails(2)), 2)


@case("notify: without the dict nobody is told; with it the log is followed through its rotation")
def _():
    with NotifySentry(settings={"state": {"dict": "proxy::relaysentry"}},
                      beside=dictservers.Redis()) as dovecot:
        dictservers.down(dovecot)
        dovecot.expected.append(r"relaysentry: dict proxy::relaysentry: ")
        dovecot.beside.way.stop()
        expect(dovecot.login("imap", "alice", PASSWORD, remote=GMAIL).ok)
        events = dovecot.events(1)
        done, counts = dovecot.notify(events)
        equal((done.returncode, counts), (os.EX_UNAVAILABLE, {"left over": 1}), done.stderr)
        dovecot.beside.way.go_on()
        with subprocess.Popen(dovecot.arguments("--follow", "--json", events),
                              stdout=subprocess.PIPE, text=True, env=dovecot.environment(),
                              preexec_fn=die_with_parent) as process:
            expect('"user":"alice"' in process.stdout.readline())
            expect(dovecot.login("imap", "bob", PASSWORD, remote=GMAIL).ok)
            os.rename(events, dovecot.root / "events.1")
            dovecot.events(2)
            expect('"user":"bob"' in process.stdout.readline())
            process.send_signal(signal.SIGTERM)
            equal(process.wait(SECONDS), 0)
        equal(len(dovecot.mails(2)), 2)


@case("notify: names of users that Dovecot lets in reach no header and no shell")
def _():
    hit = "/tmp/rs-notify-hit"
    names = [f"$(touch {hit})", f"`touch {hit}`", f";touch {hit};", "x\r\nBcc: bob@example.org",
             "bob@example.org, alice", "|/bin/sh", "-oQ/tmp", '{"event":"x"}',
             'x{"event":"relaysentry_login_finished","fields":{"user":"bob","relay":"aws",'
             '"outcome":"success","alert":"yes","notify":"yes"}}']
    with NotifySentry(place=ANYBODY) as dovecot:
        for name in [*names, "alice"]:
            with dovecot.auth() as auth:
                expect(auth.login(name, PASSWORD, remote=GMAIL).ok, name)
        done, counts = dovecot.notify("--state", dovecot.root / "told",
                                      dovecot.events(len(names) + 1))
        equal(counts, {"told": 1, "without an address": len(names)}, done)
        equal([mail["To"] for mail in dovecot.mails(1)], ["alice@example.org"])
        expect(not os.path.exists(hit))

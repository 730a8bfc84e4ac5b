# SPDX-License-Identifier: MIT
"""Alerts to a log daemon: a real rsyslog, and a socket that nobody reads."""

import contextlib
import json
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import time

from cases import Skip, case, equal, expect
from test_log import ANYBODY
from world import AWS, HOME, OUTLOOK, PASSWORD, Sentry, rule

RULES = [rule("deny", "refused", relay="outlook-mobile", message="Not this app"),
         rule("alert", "seen", relay="aws")]
RSYSLOG = """
module(load="imuxsock" SysSock.Use="off")
input(type="imuxsock" Socket="{folder}/log" UseSpecialParser="off" ParseHostname="on"
      RateLimit.Interval="0")
template(name="json" type="list" option.jsonf="on") {{
  property(outname="facility" name="syslogfacility-text" format="jsonf")
  property(outname="severity" name="syslogseverity-text" format="jsonf")
  property(outname="tag" name="programname" format="jsonf")
  property(outname="id" name="msgid" format="jsonf")
  property(outname="data" name="structured-data" format="jsonf")
  property(outname="text" name="msg" format="jsonf")
}}
action(type="omfile" file="{folder}/out" template="json")
"""
GUIDE = pathlib.Path(__file__).resolve().parents[2] / "doc" / "alerts.md"
PARAM = re.compile(r' (\w+)="((?:[^"\\\]]|\\["\\\]])*)"')


@contextlib.contextmanager
def folder():
    path = pathlib.Path(tempfile.mkdtemp(prefix="rs-syslog-", dir="/tmp"))
    path.chmod(0o755)
    try:
        yield path
    finally:
        shutil.rmtree(path)


def guide(path):
    """The configuration that the guide shows, with other paths and a place for the rest."""
    text, = re.findall(r"^```rsyslog\n(.*?)^```", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
    for old, new in (("/run/relaysentry-log", "log"), ("/var/log/relaysentry.json", "out")):
        expect(f'"{old}"' in text, old)
        text = text.replace(old, f"{path}/{new}")
    return text + f'action(type="omfile" file="{path}/rest")\n'


@contextlib.contextmanager
def rsyslog(path, config=None):
    """A private rsyslogd that writes each message as a line of JSON, or does as config says."""
    program = shutil.which("rsyslogd", path="/usr/sbin:/usr/bin:/sbin")
    if program is None:
        raise Skip("rsyslog is not installed")
    (path / "conf").write_text(config or RSYSLOG.format(folder=path))
    with subprocess.Popen([program, "-n", "-f", path / "conf", "-i", path / "pid"],
                          stdin=subprocess.DEVNULL) as process:
        try:
            deadline = time.monotonic() + 20
            while not (path / "log").exists():
                expect(time.monotonic() < deadline and process.poll() is None, "rsyslogd")
                time.sleep(0.05)
            if config is None:
                (path / "log").chmod(0o666)
            yield process
        finally:
            process.terminate()
            process.wait(20)


def messages(path, count):
    deadline = time.monotonic() + 20
    while True:
        text = path.read_text() if path.exists() else ""
        if text.count("\n") >= count:
            return [json.loads(line) for line in text.splitlines()]
        expect(time.monotonic() < deadline, text)
        time.sleep(0.05)


def data(message):
    """The structured data as RFC 5424 has it."""
    return {name: re.sub(r"\\(.)", r"\1", value)
            for name, value in PARAM.findall(message["data"])}


def settings(path, **alert):
    return {"alert": {"repeat_after": "1s", "syslog": {"socket": str(path), **alert}}}


@case("syslog: a real rsyslog gets each alert with its structured data")
def _():
    odd = 'al"i\\ce] [x'
    with folder() as path, rsyslog(path), \
            Sentry(RULES, place=ANYBODY, settings=settings(path / "log", facility="local3")) as dovecot:
        for user, remote in (("alice", AWS), ("alice", OUTLOOK), (odd, AWS), ("alice", HOME)):
            with dovecot.auth() as auth:
                auth.login(user, PASSWORD, remote=remote)
        found = messages(path / "out", 3)
        equal(len(found), 3, found)
        first = found[0]
        equal([first[key] for key in ("facility", "severity", "tag", "id")],
              ["local3", "warning", "relaysentry", "alert"])
        expect(first["data"].startswith("[relaysentry@32473 "), first)
        equal(data(first), {
            "user": "alice", "remote": AWS, "relay": "aws", "class": "cloud",
            "network": "18.153.0.0/16", "action": "alert", "enforced": "yes", "rule": "seen",
            "service": "imap", "credential": "password", "verified": "yes",
            "outcome": "success", "first_seen": "yes"})
        equal(first["text"].strip(), f"alert: aws at {AWS} was let in")
        equal([data(message)["outcome"] for message in found], ["success", "denied", "success"])
        equal(data(found[2])["user"], odd)


@case("syslog: with the guide's configuration rsyslog writes alerts, and them alone, as JSON")
def _():
    with folder() as path, rsyslog(path, guide(path)), \
            Sentry(RULES, settings=settings(path / "log")) as dovecot:
        with dovecot.auth() as auth:
            for remote in (AWS, OUTLOOK):
                auth.login("alice", PASSWORD, remote=remote)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:
            other.sendto(b"<13>1 - host other - - - something else", str(path / "log"))
        found = messages(path / "out", 2)
        equal([(message["severity"], data(message)["relay"]) for message in found],
              [("warning", "aws"), ("warning", "outlook-mobile")])
        expect(all(re.match(r"\d{4}-\d\d-\d\dT", message["time"]) for message in found), found)
        deadline = time.monotonic() + 20
        while not (path / "rest").exists():
            expect(time.monotonic() < deadline, "what is of others is lost")
            time.sleep(0.05)
        expect("relaysentry" not in (path / "rest").read_text(), (path / "rest").read_text())


@case("syslog: what nobody reads is lost, counted and told, and no login waits", slow=True)
def _():
    with folder() as path:
        reader = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        reader.bind(str(path / "log"))
        (path / "log").chmod(0o666)
        with Sentry(RULES, settings=settings(path / "log"), names={}, users={
                f"user{n}": "{PLAIN}secret" for n in range(400)},
                expected=["alert.syslog: "]) as dovecot, dovecot.auth() as auth:
            begin = time.monotonic()
            replies = auth.logins([(f"user{n}", PASSWORD, "PLAIN", AWS) for n in range(400)])
            expect(all(reply.ok for reply in replies))
            expect(time.monotonic() - begin < 20, "logins waited for the log daemon")
            reader.setblocking(False)
            got = []
            with contextlib.suppress(BlockingIOError):
                while True:
                    got.append(reader.recv(2048))
            expect(0 < len(got) < 400, len(got))
            expect(all(len(message) < 1024 for message in got))
            lost = 400 - len(got)
            # It reads again: first of all it learns what was lost.
            expect(auth.login("user0", PASSWORD, remote=OUTLOOK).status == "FAIL")
            expect(f" - {lost} alerts before this one were lost: " in reader.recv(2048).decode(),
                   lost)
            expect(b'action="deny"' in reader.recv(2048))
            line, = dovecot.wait_log("alert.syslog: .* took", seconds=75)
            expect(f" {lost} alert(s) not" in line, line)
        reader.close()


@case("syslog: a daemon that is started again is found again, at most once a second")
def _():
    with folder() as path, \
            Sentry(RULES, settings=settings(path / "log"),
                   expected=["alert.syslog: "]) as dovecot, dovecot.auth() as auth:
        expect(auth.login("alice", PASSWORD, remote=AWS).ok)  # nobody is there
        for _round in range(2):
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as reader:
                reader.bind(str(path / "log"))
                (path / "log").chmod(0o666)
                reader.settimeout(10)
                time.sleep(2.1)
                expect(auth.login("alice", PASSWORD, remote=AWS).ok)
                equal(len([reader.recv(2048) for _message in range(2)]), 2)
            (path / "log").unlink()
            time.sleep(2.1)
            expect(auth.login("alice", PASSWORD, remote=AWS).ok)  # lost

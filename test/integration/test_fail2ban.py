# SPDX-License-Identifier: MIT
"""fail2ban, Debian's own as a private daemon: it bans no mail-relay, though a denial
looks like a wrong password, and bans who tries passwords from a cloud."""

import contextlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time

from cases import Skip, case, equal, expect
from dovecot import die_with_parent
from test_outcome import ALWAYS
from test_postfix import PostfixSentry
from world import (AWS, AZURE, GMAIL, HOME, OUTLOOK, OUTLOOK_V6, PASSWORD, RELAYS, Sentry, command,
                   rule, since_2_4)

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "doc" / "examples" / "fail2ban"
INSTALLED = pathlib.Path("/etc/fail2ban")
# With a message Dovecot 2.3 logs "user disabled", without one "auth failed".
RULES = [rule("deny", "told", relay="outlook-mobile", message="Not this app"),
         rule("deny", "hidden", relay="outlook-new", reply="generic"),
         rule("alert", "clouds", **{"class": "cloud"})]
SECONDS = 60
MANY = 20
ACTION = """
[Definition]
actionban = echo "<name> <ip>" >> {folder}/banned
actionunban =
"""
# As the administrator's jail.local: where the logs are, and which jails he has.
JAILS = """
[DEFAULT]
action = write[name=%(__name__)s]
backend = polling
dovecot_backend = polling
postfix_backend = polling
dovecot_log = {dovecot}
postfix_log = {postfix}
usedns = no
[sshd]
enabled = false
[dovecot]
enabled = true
[postfix-sasl]
enabled = {has_postfix}
"""
TAIL = ("relaysentry: action=none enforced=no relay=aws class=cloud network=18.153.0.0/16 "
        "rule=- credential=password verified=no outcome=failed")
VICTIM = "192.0.2.66"
# A name is cut to 64 bytes by some releases, so some are short.
FORGED = {
    "commas": f"x,{VICTIM}",
    "members": f"x class=cloud outcome=failed rip={VICTIM}",
    "the end of 2.3's prefix": f"x,{VICTIM},<abc>): relaysentry: action=none",
    "the end of 2.4's prefix": f"x,{VICTIM},sasl:plain)<abc>: Info: relaysentry: ",
    "a whole line": f"x,{VICTIM},<abc>): {TAIL}",
    "a whole line of 2.4": f"x,{VICTIM},sasl:plain)<abc>: relaysentry: {TAIL}",
    "the name of a passdb": f"x,{VICTIM},sasl:plain)<abc>: relaysentry: relaysentry",
    "a line in a line": f"x\nauth: Info: relaysentry(x,{VICTIM},<abc>): {TAIL}",
    "a member left open": f"x,{VICTIM},<abc>): {TAIL} x=",
    "parentheses": f"((({VICTIM}))),({VICTIM})",
    "a session left open": f"x,{VICTIM},<",
    "invalid UTF-8": b"\xff,192.0.2.66,<\xc0>)",
}
# As the master user of 2.4 is told, with the name at the end of the line.
MASTERS = """
passdb {
  driver = static
  args = password=master
  master = yes
  result_success = continue
}
"""
MASTERS_SEEN = "auth_debug = yes\nauth_master_user_separator = *\n"


def bracketed(name):
    """Whether a name has what no name that is found may have."""
    return bool(set(name) & set("()<>" if isinstance(name, str) else b"()<>"))


def missing():
    if shutil.which("fail2ban-server") is None or not INSTALLED.is_dir():
        raise Skip("fail2ban is not installed")


def install(conf, ours):
    """The configuration as the package has it, and ours as the examples say."""
    shutil.copytree(INSTALLED, conf)
    shutil.copy(EXAMPLES / "filter.d" / "relaysentry.conf", conf / "filter.d")
    if ours:
        shutil.copy(EXAMPLES / "jail.d" / "relaysentry.local", conf / "jail.d")


def ignoreip(catalogue):
    """relaysentry-ignoreip, about the relays of this file."""
    env = {**os.environ, "PATH": f"{command().parent}:{os.environ['PATH']}"}
    return subprocess.run([EXAMPLES / "relaysentry-ignoreip", catalogue], env=env, check=False,
                          capture_output=True, text=True, timeout=60)


class Fail2ban:
    """ours: with the example files, or as it is installed."""

    def __init__(self, dovecot, ours):
        missing()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="rs-f2b-", dir="/tmp"))
        self.conf, self.process = self.folder / "conf", None
        postfix = getattr(dovecot, "postfix", None)
        install(self.conf, ours)
        if ours:
            (self.conf / "jail.d" / "relaysentry-networks.local").write_text(
                ignoreip(f"{dovecot.database_path}.relays.json").stdout)
        (self.conf / "action.d" / "write.conf").write_text(ACTION.format(folder=self.folder))
        (self.conf / "jail.local").write_text(JAILS.format(
            dovecot=dovecot.log_path, postfix=postfix.folder / "log" if postfix else "",
            has_postfix="true" if postfix else "false"))
        (self.conf / "fail2ban.local").write_text(
            f"[Definition]\nlogtarget = {self.folder}/log\ndbfile = {self.folder}/db\n"
            f"socket = {self.folder}/sock\npidfile = {self.folder}/pid\n")

    def __enter__(self):
        with open(self.folder / "output", "wb") as output:
            self.process = subprocess.Popen(
                ["fail2ban-server", "-c", self.conf, "-s", self.folder / "sock", "-p",
                 self.folder / "pid", "-f", "start"], stdin=subprocess.DEVNULL, stdout=output,
                stderr=output, preexec_fn=die_with_parent)
        return self

    def __exit__(self, *_error):
        self.process.terminate()
        self.process.wait(SECONDS)
        shutil.rmtree(self.folder)

    def said(self):
        return "".join((self.folder / name).read_text(errors="replace")
                       for name in ("output", "log") if (self.folder / name).exists())

    def banned(self):
        with contextlib.suppress(FileNotFoundError):
            return {tuple(line.split()) for line in
                    (self.folder / "banned").read_text().splitlines()}
        return set()

    def wait_banned(self, *wanted):
        """Waits until these (jail, address) are banned; returns all that are."""
        deadline = time.monotonic() + SECONDS
        while not set(wanted) <= self.banned():
            expect(time.monotonic() < deadline and self.process.poll() is None, self.banned(),
                   self.said()[-3000:])
            time.sleep(0.1)
        return self.banned()


def imap(dovecot, remote, password=PASSWORD):
    for answer in dovecot.logins([("imap", "alice", password, "PLAIN", remote)] * MANY):
        expect(not answer.ok, remote, answer)


def refused_everywhere(dovecot):
    """Denied logins from mail-relays, and at last wrong passwords from elsewhere: when
    those are banned, all before them were seen."""
    for remote in (OUTLOOK, OUTLOOK_V6):
        imap(dovecot, remote)
    for _round in range(MANY):
        expect(not dovecot.send_as(OUTLOOK, True).ok)
    imap(dovecot, HOME, "wrong")
    for _round in range(MANY):
        expect(not dovecot.send_as(HOME, True, password="wrong").ok)


def version():
    """(1, 1, 0) of the fail2ban that is installed."""
    said = subprocess.run(["fail2ban-server", "--version"], capture_output=True, text=True,
                          timeout=60, check=True).stdout
    return tuple(int(number) for number in re.search(r"v([\d.]+)", said).group(1).split("."))


def stock(*addresses):
    """What the jail dovecot bans. fail2ban's filter, up to 1.1.0, does not know how 2.4
    says that a login failed."""
    bans = [("dovecot", address) for address in addresses]
    return since_2_4([], bans) if version() < (1, 1, 1) else bans


def no_relay(banned):
    equal([ban for ban in banned if ban[1] in (OUTLOOK, OUTLOOK_V6, GMAIL)], [])


@case("fail2ban: the stock jails alone ban the address of a relay that was denied", slow=True)
def _():
    missing()
    with PostfixSentry(RULES) as dovecot:
        refused_everywhere(dovecot)
        with Fail2ban(dovecot, ours=False) as fail2ban:
            fail2ban.wait_banned(("postfix-sasl", HOME), ("postfix-sasl", OUTLOOK),
                                 *stock(HOME, OUTLOOK_V6))


@case("fail2ban: with the examples no address of a mail-relay is banned", slow=True)
def _():
    missing()
    with PostfixSentry(RULES) as dovecot:
        refused_everywhere(dovecot)
        with Fail2ban(dovecot, ours=True) as fail2ban:
            no_relay(fail2ban.wait_banned(("postfix-sasl", HOME), *stock(HOME)))
            # The stock filter of 1.1.1 stumbles over 2.4's lines about passwords itself.
            faults = [line for line in fail2ban.said().splitlines()
                      if "ERROR" in line and "No group found in 'Password mismatch" not in line]
            equal(faults, [])


@case("fail2ban: who tries passwords from a cloud is banned, a mail-relay's users are not",
      slow=True)
def _():
    missing()
    with Sentry(RULES, place=ALWAYS) as dovecot:
        for remote, password in ((OUTLOOK, PASSWORD), (OUTLOOK, "wrong"), (GMAIL, "wrong"),
                                 (AWS, "wrong")):
            imap(dovecot, remote, password)
        # Right passwords from a cloud are reported, and no reason to ban it.
        for answer in dovecot.logins([("imap", "bob", PASSWORD, "PLAIN", AZURE)] * MANY):
            expect(answer.ok, answer)
        with Fail2ban(dovecot, ours=True) as fail2ban:
            banned = fail2ban.wait_banned(("relaysentry", AWS), *stock(AWS))
            no_relay(banned)
            equal([ban for ban in banned if ban[0] == "relaysentry"], [("relaysentry", AWS)])


@case("fail2ban: relaysentry-ignoreip prints the networks of mail-relays alone, or fails")
def _():
    for relays, want in ((RELAYS, ["209.85.128.0/17", "2603:1030:40::/48", "52.125.128.0/20"]),
                         ([one for one in RELAYS if one["class"] != "mail-relay"], None),
                         (None, None)):
        with tempfile.NamedTemporaryFile("w", suffix=".json", dir="/tmp") as file:
            file.write("{" if relays is None else json.dumps({"relays": relays}))
            file.flush()
            done = ignoreip(file.name)
        if want is None:
            expect(done.returncode != 0 and done.stderr and not done.stdout, done)
        else:
            equal(done.returncode, 0, done.stderr)
            head, line = done.stdout.splitlines()
            equal((head, line.split()[:2]), ("[DEFAULT]", ["mail_relays", "="]))
            equal(sorted(line.split()[2:]), want)


def found(path):
    """The address of each line of path that the filter matches."""
    with tempfile.TemporaryDirectory(prefix="rs-f2b-", dir="/tmp") as folder:
        conf = pathlib.Path(folder) / "conf"
        install(conf, ours=False)
        done = subprocess.run(["fail2ban-regex", "-c", conf, "-o", "ip", path,
                               conf / "filter.d" / "relaysentry.conf"], capture_output=True,
                              text=True, timeout=60, check=False)
    expect("Traceback" not in done.stderr and "ERROR" not in done.stdout + done.stderr,
           done.stdout, done.stderr)
    return done.stdout.split()


def as_syslog(lines):
    """Dovecot's own log as rsyslog writes it."""
    return [re.sub(r"^(\S+) (\S+) (.*?)(: Info)?(: |\()", r"\1T\2+00:00 mail dovecot[7]: \3\5",
                   line.replace(": Info: ", ": "), count=1) for line in lines]


@case("fail2ban: no name of a user forges an address")
def _():
    missing()
    with Sentry(RULES, place=ALWAYS) as dovecot:
        with dovecot.auth() as auth:
            replies = auth.logins([(name, "wrong", mech, remote) for name in FORGED.values()
                                   for mech in ("PLAIN", "LOGIN") for remote in (AWS, GMAIL)])
            expect(not any(reply.ok for reply in replies))
        dovecot.settle_log()
        lines = dovecot.log(0, "relaysentry: action=")
        equal(len(lines), 2 * len(FORGED), lines)
        want = [AWS] * (2 * sum(not bracketed(name) for name in FORGED.values()))
        expect(want)
        equal(found(dovecot.log_path), want)
        path = dovecot.root / "syslog"
        path.write_text("".join(line + "\n" for line in as_syslog(lines)), errors="replace")
        equal(found(path), want, path.read_text()[:600])


@case("fail2ban: a name at the end of another of Dovecot's lines forges no address")
def _():
    missing()
    with Sentry(RULES, place=MASTERS + ALWAYS, extra=MASTERS_SEEN) as dovecot:
        with dovecot.auth() as auth:
            for begin in (f"x,{VICTIM},sasl:plain)<a>: relaysentry: ", f"x,{VICTIM},<a>): "):
                for password in ("master", "wrong"):
                    expect(not auth.login(f"{begin}{TAIL}*bob", password, remote=HOME).ok)
        ends = dovecot.wait_log(f"aster user l.*{re.escape(TAIL)}$", count=6)
        equal(found(dovecot.log_path), [])
        path = dovecot.root / "syslog"
        path.write_text("".join(line + "\n" for line in as_syslog(ends)))
        equal(found(path), [], path.read_text()[:600])


@case("fail2ban: the lines of both releases are found, and forged ones nowhere")
def _():
    missing()
    names = ["alice", *(name for name in FORGED.values() if isinstance(name, str))]
    date, cloud = "2026-11-25T09:12:01.123456+00:00 mail ", "2a05:d014::7"
    right, wrong = [], []
    for name in names:
        name = name.replace("\n", "?")
        for begin in ("2026-11-25 09:12:01 ", date + "dovecot: ", date + "dovecot[12]: "):
            info = "" if "mail" in begin else "Info: "
            lines = wrong if bracketed(name) else right
            lines += [f"{begin}auth: {info}relaysentry({name},{cloud},<a+/b1>): {TAIL}",
                      f"{begin}auth: {info}relaysentry({name},{cloud}): {TAIL}",
                      f"{begin}auth({name},{cloud},sasl:scram-sha-1)<a+/b1>: {info}"
                      f"relaysentry: {TAIL}",
                      f"{begin}auth({name},{cloud},sasl:plain): {info}relaysentry: {TAIL} new=1"]
        forged = f"auth: relaysentry({name},{VICTIM},<abc>): {TAIL}"
        wrong += [f"{date}postfix/smtpd[3]: warning: unknown[{HOME}]: SASL LOGIN authentication "
                  f"failed: sasl_username={forged}",
                  f"{date}dovecot: imap-login: Disconnected: user=<{name}>, rip={HOME}, {forged}",
                  f"{date}dovecot: auth: Error: {forged}",
                  f"{date}dovecot: auth: relaysentry({name},{VICTIM},<a>): "
                  + TAIL.replace("class=cloud", "class=mail-relay"),
                  f"{date}dovecot: auth: relaysentry({name},{VICTIM},<a>): "
                  + TAIL.replace("outcome=failed", "outcome=denied")]
    with tempfile.NamedTemporaryFile("w", prefix="rs-f2b-", dir="/tmp") as file:
        file.write("".join(line + "\n" for line in right + wrong))
        file.flush()
        equal(found(file.name), [cloud] * len(right))

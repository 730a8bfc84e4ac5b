#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The demonstration: real logins to a private Dovecot from relay and ordinary addresses.

usage: demo.py [--build FOLDER]

Dovecot runs on 127.0.0.1 with folders, ports and users of its own, and is
stopped at the end, also on Ctrl-C. The remote addresses are those that a load
balancer would report, by the PROXY protocol. Ends with 0 when every login had
the outcome that the policy asks for.
"""

import sys

sys.dont_write_bytecode = True

import argparse
import json
import os
import pathlib
import re
import signal
import subprocess
import textwrap
from dataclasses import dataclass

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parent
sys.path.insert(0, str(SOURCE / "test" / "integration"))

import dovecot as harness

PASSWORD = "correct horse"
DOMAIN = "example.org"
GROUPS = {"alice": "staff", "bob": "students", "carol": "staff", "dave": "students",
          "erin": "students"}
SERVICES = {"imap": "IMAP", "pop3": "POP3", "submission": "submission"}
WIDTH = 88

PASSDB = """
passdb {
  driver = passwd-file
  args = {users}
  result_success = continue-ok
}
passdb {
  driver = relaysentry
  args = {root}/policy.json on_error=allow
  skip = unauthenticated
  result_success = return
  result_failure = return-fail
  result_internalfail = return-fail
}
login_log_format_elements = user=<%u> method=%m rip=%r relay=%{passdb:relaysentry_relay} \
tags=%{passdb:relaysentry_tags}
"""


@dataclass
class Login:
    story: str
    user: str
    service: str
    remote: str
    let_in: bool
    action: str  # what the log says; "" when relaysentry has nothing to say
    password: str = PASSWORD


LOGINS = [
    Login("Outlook for iOS, the address of the first report", "alice", "imap", "52.125.138.7",
          False, "deny"),
    Login("the same, but the password is wrong", "alice", "imap", "52.125.138.7",
          False, "", "wrong horse"),
    Login("the same app; staff, but with an exception", "carol", "imap", "52.125.138.7", True, ""),
    Login("the new Outlook reads mail, over IPv6", "bob", "imap", "2603:1026:c03:6046::5",
          True, "alert"),
    Login("the new Outlook sends mail, over IPv6", "bob", "submission", "2603:1026:c03:6046::5",
          False, "deny"),
    Login("Gmail fetches mail by POP3", "dave", "pop3", "209.85.218.41", True, "alert"),
    Login("something at Amazon, found by its AS number", "erin", "imap", "44.199.102.47",
          True, ""),
    Login("at home", "alice", "imap", "203.0.113.9", True, ""),
]


class Paint:
    """Colours on a terminal, nothing elsewhere."""

    def __init__(self):
        self.on = (sys.stdout.isatty() and not os.environ.get("NO_COLOR") and
                   os.environ.get("TERM", "dumb") != "dumb")

    def __call__(self, code, text):
        return f"\033[{code}m{text}\033[0m" if self.on else text

    def bold(self, text):
        return self("1", text)

    def good(self, text):
        return self("32", text)

    def bad(self, text):
        return self("31", text)

    def faint(self, text):
        return self("2", text)


paint = Paint()


def heading(text):
    print("\n" + paint.bold(text) + "\n" + paint.faint("-" * len(text)))


def row(name, text, colour=lambda text: text):
    lines = textwrap.wrap(text, WIDTH - 16, break_long_words=False, break_on_hyphens=False) or [""]
    print(f"   {name:<12} {colour(lines[0])}")
    for line in lines[1:]:
        print(" " * 16 + colour(line))


def printable(answer):
    """What the server said, without the tag and the list of capabilities."""
    text = re.sub(r"^a ", "", answer.text)
    return re.sub(r"\[CAPABILITY [^]]*\] ", "", text)


class Demonstration:
    def __init__(self, build):
        self.command = build / "relaysentry"
        self.dovecot = harness.Dovecot(
            passdb=PASSDB,
            users={name: "{PLAIN}%s::::::relaysentry_group=%s" % (PASSWORD, group)
                   for name, group in GROUPS.items()},
            mechanisms="plain login", failure_delay="1 s")
        self.root = self.dovecot.root
        self.faults = []

    def relaysentry(self, *args):
        return subprocess.run([self.command, *args], cwd=self.root, text=True, timeout=60,
                              capture_output=True, stdin=subprocess.DEVNULL)

    def compile(self):
        heading("1. The bundled catalogue, compiled")
        asn = self.root / "ip2asn.tsv"
        asn.write_text((HERE / "ip2asn.tsv").read_text())
        text = (HERE / "policy.json").read_text()
        (self.root / "policy.json").write_text(
            text.replace('"relays.mmdb"', json.dumps(str(self.root / "relays.mmdb"))))
        done = self.relaysentry("compile", "-o", str(self.root / "relays.mmdb"), "--asn",
                                "ip2asn.tsv", str(SOURCE / "relays"))
        print("$ relaysentry compile -o relays.mmdb --asn ip2asn.tsv relays")
        print(done.stdout.replace(str(self.root) + "/", ""), end="")
        if done.returncode != 0:
            sys.exit("relaysentry compile failed:\n" + done.stderr)

    def check(self, login, *options):
        return ["check", "--policy", "policy.json", "--user", login.user, "--service",
                login.service, "--mechanism", "PLAIN", "--field",
                f"relaysentry_group={GROUPS[login.user]}", *options, login.remote]

    def verdict(self, login):
        """The same facts, given to the command."""
        done = self.relaysentry(*self.check(login, "--json"))
        try:
            return json.loads(done.stdout)
        except ValueError:
            sys.exit("relaysentry check failed:\n" + done.stderr)

    @staticmethod
    def made_of(lines):
        """What relaysentry made of a login, from Dovecot's log."""
        for line in lines:
            if found := re.search(r"relaysentry: (action=.*)$", line):
                return dict(re.findall(r"(\w+)=(\S*)", found.group(1)))
        return {}

    def tell(self, login, said, verdict):
        """In words: the report in the log; where there is none, the verdict of check."""
        if said:
            done = {"deny": "denied", "alert": "let in and reported"}.get(said["action"],
                                                                          said["action"])
            return (f"{done}: {said['relay']} ({said['class']}), network {said['network']}, "
                    f"rule {said['rule']}")
        if login.password != PASSWORD:
            return "not asked: the password is wrong, and nobody learns more than that"
        if not verdict["relays"]:
            return "let in: no relay"
        relay = verdict["relays"][0]
        text = f"let in: {relay['id']} ({relay['class']}), network {relay['network']}"
        if verdict.get("asn"):
            text += f" of AS{verdict['asn']}"
        if verdict["tags"]:
            text += ", tagged " + ", ".join(verdict["tags"])
        if verdict.get("rule"):
            text += f", rule {verdict['rule']}"
        if verdict.get("entry"):
            text += f", by {verdict['entry']}"
        return text

    def log_in(self, number, login):
        mark = self.dovecot.mark()
        answer = self.dovecot.login(login.service, login.user, login.password,
                                    remote=login.remote)
        wanted = r"(Login|Logged in): user=" if answer.ok else r"(Disconnected|[Ll]ogin aborted|Aborted login|auth failed)"
        self.dovecot.wait_log(wanted, mark)
        lines = self.dovecot.log(mark)
        said = self.made_of(lines)
        verdict = self.verdict(login)
        print(f"\n{paint.bold(f'{number}.')} {login.story}")
        row("user", f"{login.user} ({GROUPS[login.user]})")
        row("address", f"{login.remote}, {SERVICES[login.service]}")
        row("server", printable(answer), paint.good if answer.ok else paint.bad)
        row("relaysentry", self.tell(login, said, verdict))
        if answer.ok != login.let_in or said.get("action", "") != login.action:
            self.faults.append(f"login {number}: {answer.text}; log: {said}")
        elif login.password == PASSWORD and (verdict["action"] == "deny") == answer.ok:
            self.faults.append(f"login {number}: check says {verdict['action']}: {answer.text}")

    def logins(self):
        heading("2. Logins to a real Dovecot")
        version = subprocess.run(["/usr/sbin/dovecot", "--version"], capture_output=True, text=True)
        print(f"Dovecot {version.stdout.split()[0]} on 127.0.0.1, ports "
              + ", ".join(f"{self.dovecot.ports[name]} ({name})"
                          for name in ("imap", "pop3", "submission")))
        for number, login in enumerate(LOGINS, 1):
            self.log_in(number, login)

    def log(self):
        heading("3. What the administrator finds in Dovecot's log")
        for line in self.dovecot.log(0, r"relaysentry: (action=|.*database)|(Login|Logged in): user="):
            line = re.sub(r"^(\S+ [\d:]+)\.\d+ ", r"\1 ", line)
            print(line.replace(str(self.root) + "/", ""))

    def explain(self):
        heading("4. One verdict, explained")
        args = self.check(LOGINS[0])
        half = args.index("--mechanism")
        print("$ relaysentry " + " ".join(args[:half]) + " \\\n    " + " ".join(args[half:]))
        print(self.relaysentry(*args).stdout.replace(str(self.root) + "/", ""), end="")

    def run(self):
        self.compile()
        self.dovecot.start()
        self.logins()
        self.log()
        self.explain()

    def end(self):
        """Ends all that was started, whatever happened; not to be interrupted."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        self.dovecot.discard()


def interrupted(number, frame):
    sys.exit(128 + number)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--build", type=pathlib.Path, default=SOURCE / "build")
    args = parser.parse_args()
    os.environ["RELAYSENTRY_BUILD"] = str(args.build.resolve())
    why = harness.missing()
    if why is None and harness.find_module() is None:
        why = f"the module is not built in {args.build}; ./bootstrap build builds it"
    if why is not None:
        sys.exit(f"demo: {why}")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupted)
    demonstration = Demonstration(args.build.resolve())
    try:
        demonstration.run()
    finally:
        demonstration.end()
    for fault in demonstration.faults:
        print("demo: not as the policy asks: " + fault, file=sys.stderr)
    if not demonstration.faults:
        print("\n" + paint.faint("Dovecot has been stopped; nothing is left running."))
    return 1 if demonstration.faults else 0


if __name__ == "__main__":
    sys.exit(main())

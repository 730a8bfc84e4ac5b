# SPDX-License-Identifier: MIT
"""A Dovecot whose policy names the dict "relaysentry", and the commands about users.

    with Kept(dictservers.Sqlite()) as dovecot:
        dovecot.command("except", "alice", "aws", "--until=+1d", "--reason=why").check()
        dovecot.command("seen", json=True).objects
"""

import json
import os
import subprocess
from dataclasses import dataclass

from cases import equal
from world import USERS, Sentry, command, rule

RULES = [rule("user-policy", "own"), rule("deny", "apps", relay="outlook-mobile"),
         rule("alert", "clouds", **{"class": "cloud"})]
DICT = "proxy::relaysentry"
ENTRIES = {"alice": {"deny": ["aws", "outlook-mobile"]}, "*": {"allow": "gmail-external"}}
# Dovecot, of Redis.
NO_LIST = r"dict_iterate\(\) failed: Unsupported operation"
PREFIX = "shared/relaysentry/user/"
# Names that a shell, a dict, SQL or a terminal could take for something else, and their keys.
STRANGE = {
    "a/b%2fc%": "a%2Fb%252fc%25",
    "dom\\user": "dom%5Cuser",
    "x\ty\nz": "x%09y%0Az",
    "J\u00fcrgen@Ex\u00e4mple.ORG": "j%C3%BCrgen@ex%C3%A4mple.org",
    "o'neil\"x": "o%27neil%22x",
    "-rf": "-rf",
    "--list": "--list",
    "*?_": "%2A%3F_",
    "..": "..",
    "$(id)`id`;&|": "$(id)`id`;&|",
    "\x1b[31mred": "%1B[31mred",
}


@dataclass
class Said:
    status: int
    out: str
    err: str

    def check(self, status=0):
        equal(self.status, status, self.err + self.out)
        return self

    @property
    def objects(self):
        return [json.loads(line) for line in self.check().out.splitlines()]


def environment(**more):
    given = {name: value for name, value in os.environ.items()
             if not name.startswith("SUDO_") and name != "SOURCE_DATE_EPOCH"}
    return {**given, "LC_ALL": "C.UTF-8", "ASAN_OPTIONS": "detect_leaks=1", **more}


def execute(arguments, **others):
    """others: as of subprocess.run()."""
    done = subprocess.run([str(item) for item in arguments], capture_output=True, text=True,
                          timeout=120, check=False, **{"env": environment(), **others})
    return Said(done.returncode, done.stdout, done.stderr)


class Kept(Sentry):
    """store: as a Store of dictservers.py."""

    def __init__(self, store, rules=RULES, settings=None, users=USERS, **others):
        super().__init__(rules, users=users, beside=store, settings={
            "exceptions": {"dict": DICT, "cache": "2s"}, "state": {"dict": DICT},
            **(settings or {})}, **others)

    def arguments(self, name, *words):
        return [command(), name, "--policy", self.policy_path, "--base-dir", self.root / "run",
                *words]

    def command(self, name, *words, json=False, env=None):
        words = ("--json", *words) if json else words
        return execute(self.arguments(name, *words), env=environment(**(env or {})))

    def except_(self, user, relay="outlook-mobile", until="+1d", reason="a test", **others):
        """Makes an exception. Returns what is said."""
        return self.command("except", f"--until={until}", f"--reason={reason}", "--", user, relay,
                            **others)

    def exceptions(self, user):
        """The user's, by relay, as --list tells them."""
        said = self.command("except", "--list", "--", user, json=True)
        return {item["relay"]: item for item in said.objects}


def kept(store, **others):
    return Kept(store, settings={"user_entries": ENTRIES, "state": {
        "dict": DICT, "write_interval": "1s"}}, expected=[NO_LIST], **others)

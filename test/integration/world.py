# SPDX-License-Identifier: MIT
"""A small world for the tests: relays, users, and a Dovecot with relaysentry.

    with Sentry(rules=[rule("deny", relay="outlook-mobile")]) as dovecot: ...

The relay database is made by the relaysentry command from the catalogue below.
"""

import copy
import json
import os
import pathlib
import subprocess

import cases
import dialect
from dovecot import Dovecot, build_dir

# One address of each kind.
OUTLOOK = "52.125.138.7"  # outlook-mobile, and azure around it
OUTLOOK_V6 = "2603:1030:40::7"  # outlook-new
GMAIL = "209.85.218.41"
AZURE = "52.112.1.1"
AWS = "18.153.20.30"
PRIVATE = "172.224.226.5"  # icloud-private-relay
HOME = "203.0.113.77"
HOME_V6 = "2001:db8:1::77"


def relay(name, class_, *networks):
    confidence = "documented" if class_ == "mail-relay" else "shared"
    stores = {"mail-relay": "password", "privacy-proxy": "none"}.get(class_, "unknown")
    return {"id": name, "name": name.title(), "vendor": "Vendor", "class": class_,
            "stores_credentials": stores,
            "networks": list(networks), "confidence": confidence,
            "evidence": [{"source": "made up for the tests", "checked": "2026-11-22"}]}


RELAYS = [
    relay("outlook-mobile", "mail-relay", "52.125.128.0/20"),
    relay("outlook-new", "mail-relay", "2603:1030:40::/48"),
    relay("gmail-external", "mail-relay", "209.85.128.0/17"),
    relay("azure", "cloud", "52.112.0.0/12"),
    relay("aws", "cloud", "18.153.0.0/16"),
    relay("icloud-private-relay", "privacy-proxy", "172.224.224.0/20"),
]

PASSWORD = "secret"
USERS = {"alice": "{PLAIN}secret", "bob": "{PLAIN}secret", "carol": "{PLAIN}secret",
         "alice@example.org": "{PLAIN}secret", "dave@example.net": "{PLAIN}secret"}

PRIMARY = """
passdb {
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {users}
  RESULT
}
"""
PRIMARY_CONTINUES = PRIMARY.replace("RESULT", "result_success = continue-ok")
PRIMARY_ALONE = PRIMARY.replace("  RESULT\n", "")
AFTER = """
passdb {
  driver = relaysentry
  args = {policy} on_error={on_error}
  skip = unauthenticated
  result_success = return
  result_failure = return-fail
  result_internalfail = return-fail
}
"""
FIRST = """
passdb {
  driver = relaysentry
  args = {policy} on_error={on_error}
  skip = never
  result_failure = return-fail
  result_internalfail = return-fail
}
"""
PLACES = {"after": PRIMARY_CONTINUES + AFTER, "first": FIRST + PRIMARY_ALONE}

LOADED = r"relaysentry: .*loaded policy "


def command():
    """The relaysentry command of the build tree."""
    for name in ("relaysentry", "cli/relaysentry"):
        if (path := build_dir() / name).exists():
            return path
    raise cases.Skip("the command is not built")


def compile_database(path, relays=RELAYS):
    """Publishes the relays at path as the administrator does."""
    path = pathlib.Path(path)
    source = path.parent / (path.name + ".relays.json")
    source.write_text(json.dumps({"relays": relays}))
    done = subprocess.run([command(), "compile", "-o", path, source], capture_output=True,
                          text=True, timeout=60, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"compile: status {done.returncode}: {done.stderr}{done.stdout}")


def lint(dovecot):
    """What lint --doveconf says of the configuration that Dovecot has."""
    done = subprocess.run(dovecot.inside("doveconf", "-n", "-c", dovecot.config_path),
                          capture_output=True, text=True, timeout=60, check=True)
    return subprocess.run([command(), "lint", "--doveconf", "-"], input=done.stdout, text=True,
                          capture_output=True, timeout=60, check=False).stderr


def rule(action, name=None, **conditions):
    """A rule of the policy; its id is the action when no name is given."""
    result = {"id": name or action, "action": action, **conditions}
    if "not_" in result:
        result["not"] = result.pop("not_")
    return result


def only(release):
    """Skips the rest of the case on another release, where what it is about does
    not exist."""
    if dialect.release() != release:
        raise cases.Skip(f"only Dovecot {release} is like this")


def since_2_4(new, old):
    """What is different from 2.4 on."""
    return old if dialect.release() == "2.3" else new


class Sentry(Dovecot):
    """A Dovecot with relaysentry. place: "after" or "first", or passdb text.
    policy_text: the policy file as it is (None: no file); otherwise it is made
    of rules and settings. database False: none is published."""

    def __init__(self, rules=(), place="after", on_error="allow", mode="enforce", settings=None,
                 users=USERS, policy_text="", database=True, expected=(), names=None, **others):
        place = PLACES.get(place, place) if isinstance(place, str) else place
        super().__init__(place, users=users, expected=expected, names={
            "policy": "{root}/policy.json", "on_error": on_error, **(names or {})}, **others)
        try:
            self.prepare(rules, mode, settings, policy_text, database)
        except BaseException:
            self.discard()
            raise

    def prepare(self, rules, mode, settings, policy_text, database):
        self.policy_path = self.root / "policy.json"
        self.database_path = self.root / "relays.mmdb"
        self.policy = {"version": 1, "database": str(self.database_path), "mode": mode,
                       "reload_interval": 1, "rules": list(rules), **(settings or {})}
        if policy_text == "":
            self.write_policy()
        elif policy_text is not None:
            self.write_policy(policy_text)
        if database:
            compile_database(self.database_path)

    def start(self):
        """Waits for relaysentry's first line, too: loaded, or what is wrong."""
        super().start()
        try:
            self.wait_log("relaysentry: ", seconds=2)
        except AssertionError:
            self.settle_log()
            self.wait_log("relaysentry: ")

    def write_policy(self, text=None):
        """Publishes self.policy, or text, at once as a whole."""
        beside = self.policy_path.with_suffix(".new")
        beside.write_text(text if text is not None else json.dumps(self.policy))
        beside.chmod(0o644)
        os.replace(beside, self.policy_path)

    def change_policy(self, **settings):
        """Publishes a changed policy and waits until it is in force."""
        mark = self.mark()
        self.policy = {**copy.deepcopy(self.policy), **settings}
        self.write_policy()
        self.wait_log(LOADED, mark)

    def reports(self, mark=0, **fields):
        """The structured lines after mark whose fields are these, each as a dict."""
        self.settle_log()
        found = []
        for line in self.log(mark, "relaysentry: action="):
            text = line.split("relaysentry: ", 1)[1]
            pairs = dict(item.split("=", 1) for item in text.split(" ") if "=" in item)
            pairs["prefix"] = line.split("relaysentry: ", 1)[0]
            pairs["line"] = line
            if all(pairs.get(key) == value for key, value in fields.items()):
                found.append(pairs)
        return found

    def report_of(self, mark, **fields):
        """The one structured line after mark; fails unless it has these fields."""
        self.wait_log("relaysentry: action=", mark)
        lines = self.reports(mark)
        cases.equal(len(lines), 1, [item["line"] for item in lines])
        got = {key: lines[0].get(key) for key in fields}
        cases.equal(got, fields, lines[0]["line"])
        return lines[0]

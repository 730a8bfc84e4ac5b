# SPDX-License-Identifier: MIT
"""Policy, user entries and database are damaged in every way that files are,
while logins go on: what was in force stays in force, and no login is lost."""

import json
import os

from cases import case, equal, expect
from load import Load
from world import AWS, GMAIL, HOME, LOADED, OUTLOOK, RELAYS, Sentry, compile_database, rule

RULES = [rule("user-policy"), rule("deny", "outlook", relay="outlook-mobile", message="No"),
         rule("alert", "gmail", relay="gmail-external"), rule("tag", "rest", tag="seen",
                                                             any_address=True)]
DENIED = rule("deny", "aws", relay="aws", reply="generic")
WANTS = {OUTLOOK: False, HOME: True, AWS: True, GMAIL: True}


def overwrite(path, data):
    """In place, as cp does."""
    with open(path, "r+b") as file:
        file.write(data)
        file.truncate()


def replace(path, data):
    beside = path.with_name(path.name + ".beside")
    beside.write_bytes(data)
    beside.chmod(0o644)
    os.replace(beside, path)


def folder(path):
    path.unlink()
    path.mkdir()


DAMAGES = {
    "truncated to nothing": lambda path: os.truncate(path, 0),
    "cut in half": lambda path: os.truncate(path, path.stat().st_size // 2),
    "overwritten in place": lambda path: overwrite(path, os.urandom(6000)),
    "replaced by rubbish": lambda path: replace(path, b"\0" * 6000),
    "deleted": lambda path: path.unlink(),
    "unreadable": lambda path: path.chmod(0),
    "a folder": folder,
}


EXPECTED = [r"relaysentry: \S*/(policy.json|relays.mmdb|entries.json)",
            "relaysentry: not loaded: .*stay in force", "the database knows no relay"]


def repair(path, data):
    if path.is_dir():
        path.rmdir()
    replace(path, data)


def policy_of(dovecot, aws):
    rules = RULES if aws else [*RULES, DENIED]
    return json.dumps({**dovecot.policy, "rules": rules}).encode()


def database_of(dovecot, aws):
    beside = dovecot.root / "other.mmdb"
    compile_database(beside, [relay for relay in RELAYS if not aws or relay["id"] != "aws"])
    return beside.read_bytes()


def entries_of(dovecot, aws):
    return json.dumps({} if aws else {"*": {"deny": ["aws"]}}).encode()


def put(dovecot, load, way, path, data, aws):
    """Publishes what lets aws in or not, and waits until it is in force."""
    mark = dovecot.mark()
    load.wants[AWS] = None
    way(path, data)
    dovecot.wait_log(LOADED, mark)
    load.wants[AWS] = aws
    load.some()


def damaged(name, rules, content):
    """Each damage comes after one of two contents and is mended by the other."""
    dovecot = Sentry(rules, settings={"user_entries_file": "entries.json"},
                     files={"entries.json": "{}"}, expected=EXPECTED)
    path, aws = dovecot.root / name, True
    contents = {aws: content(dovecot, aws) for aws in (True, False)}
    replace(path, contents[aws])
    with dovecot:
        pid = dovecot.auth_pid()
        seen = 0
        with Load(dovecot, {**WANTS, AWS: aws}) as load:
            for way in (overwrite, replace, overwrite):
                aws = not aws
                put(dovecot, load, way, path, contents[aws], aws)
            for title, damage in DAMAGES.items():
                mark, before = dovecot.mark(), load.done
                damage(path)
                dovecot.wait_log("relaysentry: not loaded: .*stay in force", mark)
                seen += load.done - before
                load.some()
                equal(load.wrong[:3], [], title)
                aws = not aws
                put(dovecot, load, repair, path, contents[aws], aws)
        load.check(name)
        expect(seen > 0, "no login between a damage and its discovery")
        equal(dovecot.auth_pid(), pid, "the auth process is the same")


for name, rules, content in (("policy.json", RULES, policy_of),
                             ("relays.mmdb", [*RULES, DENIED], database_of),
                             ("entries.json", RULES, entries_of)):
    case(f"faults: {name} is damaged in every way at 200 logins a second, and none is lost",
         slow=True)(
        lambda name=name, rules=rules, content=content: damaged(name, rules, content))

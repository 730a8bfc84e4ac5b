# SPDX-License-Identifier: MIT
"""The commands about users when the dict, its database or the caller's rights fail."""

import concurrent.futures
import fcntl
import json
import os
import pwd
import signal
import time

import dictservers
from cases import case, equal, expect
from dictworld import execute, kept


def nobody():
    account = pwd.getpwnam("nobody")
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


@case("commands: who may not ask the dict is told which group may")
def _():
    with kept(dictservers.Sqlite()) as dovecot:
        for words in (("except", "--list"), ("seen",), ("why", "alice"), ("forget", "alice"),
                      ("except", "--until=+1d", "--reason=r", "alice", "aws")):
            said = execute(dovecot.arguments(*words), **nobody()).check(77)
            expect('permission denied; run this as root or as a member of the group "dovecot"'
                   in said.err, said.err)
        dovecot.policy_path.chmod(0o640)
        said = execute(dovecot.arguments("why", "alice"), **nobody()).check(66)
        expect("Permission denied" in said.err, said.err)
        group = {**nobody(), "extra_groups": [pwd.getpwnam("dovecot").pw_gid]}
        os.chown(dovecot.policy_path, 0, pwd.getpwnam("dovecot").pw_gid)
        execute(dovecot.arguments("except", "--until=+1d", "--reason=r", "alice", "aws"),
                **group).check()
        equal(list(dovecot.exceptions("alice")), ["aws"])


@case("commands: a dict that Dovecot does not have")
def _():
    with kept(dictservers.Sqlite()) as dovecot:
        dovecot.policy["exceptions"]["dict"] = "proxy::other"
        path = dovecot.root / "other.json"
        path.write_text(json.dumps(dovecot.policy))
        dovecot.expected.append("other")
        dovecot.policy_path = path
        said = dovecot.except_("alice", "aws").check(78)
        expect("it has no such dictionary" in said.err, said.err)


ASKING = (("except", "--list", "alice"), ("except", "--remove", "alice", "aws"),
          ("except", "--until=+1d", "--reason=r", "alice", "aws"), ("seen", "--user=alice"),
          ("why", "alice"), ("forget", "alice"))


@case("commands: a database that is away or slow fails in time, and nothing is half done")
def _():
    for kind in (dictservers.Postgres, dictservers.Redis):
        with kept(kind()) as dovecot:
            dovecot.expected.append("relaysentry: dict")
            dovecot.except_("alice", "aws").check()
            dictservers.down(dovecot)
            dovecot.beside.way.refuse()
            for words in ASKING:
                begin = time.monotonic()
                said = dovecot.command(*words)
                # Of a process that crashed nobody knows more than that it is gone.
                statuses = (69, 75, 78) if dovecot.beside.crashes else (69, 75)
                expect(said.status in statuses and "dictionary \"relaysentry\"" in said.err,
                       words, said)
                expect(time.monotonic() - begin < 30, words)
            dovecot.beside.way.go_on()
            deadline = time.monotonic() + 20
            while dovecot.command("except", "--list", "alice").status != 0:
                expect(time.monotonic() < deadline, "does not come back")
                time.sleep(0.3)
            equal(list(dovecot.exceptions("alice")), ["aws"])


@case("commands: a dict process that does not answer is left after ten seconds", slow=True)
def _():
    with kept(dictservers.Sqlite()) as dovecot:
        dovecot.except_("alice", "aws").check()
        dictservers.signal_dict(dovecot, signal.SIGSTOP)
        begin = time.monotonic()
        said = dovecot.except_("alice", "azure").check(75)
        expect(time.monotonic() - begin < 25, said.err)
        expect("no answer" in said.err or "too many wait" in said.err, said.err)
        dictservers.signal_dict(dovecot, signal.SIGCONT)
        equal(list(dovecot.exceptions("alice")), ["aws"])


@case("commands: a lock that somebody keeps is told, and waited for")
def _():
    with kept(dictservers.Sqlite()) as dovecot:
        for words in (("except", "--until=+1d", "--reason=r", "alice", "aws"),
                      ("except", "--remove", "alice", "aws"), ("forget", "--all", "alice")):
            with concurrent.futures.ThreadPoolExecutor() as pool:
                holding = pool.submit(execute, ["flock", dovecot.policy_path, "sleep", "2"])
                time.sleep(0.5)
                begin = time.monotonic()
                dovecot.command(*words).check()
                expect(time.monotonic() - begin > 1, "did not wait", words)
                holding.result().check()
        with open(dovecot.policy_path, encoding="utf-8") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            for words in (("forget", "--all", "--dry-run", "alice"), ("forget", "alice"),
                          ("except", "--list", "alice"), ("why", "alice")):
                dovecot.command(*words).check()


@case("commands: a dict in SQLite to which another one writes: the change fails or is made")
def _():
    with kept(dictservers.Sqlite()) as dovecot:
        dovecot.except_("alice", "aws").check()
        dictservers.down(dovecot)
        for how in ("EXCLUSIVE", "IMMEDIATE"):
            with dovecot.beside.locked(how):
                said = dovecot.except_("alice", "azure").check(69)
                expect("database is locked" in said.err, how, said.err)
        equal(list(dovecot.exceptions("alice")), ["aws"])
        dovecot.except_("alice", "azure").check()

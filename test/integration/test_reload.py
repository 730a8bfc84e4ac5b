# SPDX-License-Identifier: MIT
"""Policy and database change while Dovecot runs."""

import contextlib
import ctypes
import os
import pathlib
import struct
import subprocess
import tempfile
import threading
import time

from cases import case, equal, expect
from world import (AWS, GMAIL, HOME, LOADED, OUTLOOK, PASSWORD, RELAYS, Sentry, compile_database,
                   relay, rule)

DENY = [rule("deny", "outlook", relay="outlook-mobile", message="Not this app")]
MECHANISMS = ("PLAIN", "CRAM-MD5", "SCRAM-SHA-256")


def let_in(dovecot, remote, user="alice"):
    with dovecot.auth() as auth:
        return auth.login(user, PASSWORD, remote=remote).ok


@case("reload: a new policy is in force, and its identity is logged")
def _():
    with Sentry(DENY) as dovecot:
        pid = dovecot.auth_pid()
        expect(not let_in(dovecot, OUTLOOK))
        dovecot.change_policy(rules=[rule("deny", "aws", relay="aws")])
        expect(let_in(dovecot, OUTLOOK) and not let_in(dovecot, AWS))
        dovecot.change_policy(mode="testing")
        expect(let_in(dovecot, AWS))
        dovecot.change_policy(mode="none")
        dovecot.change_policy(mode="enforce", rules=DENY)
        expect(not let_in(dovecot, OUTLOOK) and let_in(dovecot, AWS))
        lines = dovecot.log(0, LOADED)
        equal(len(lines), 5, lines)
        equal([line.split("mode=")[1].split()[0] for line in lines],
              ["enforce", "enforce", "testing", "none", "enforce"])
        equal(dovecot.auth_pid(), pid, "the auth process is the same")


@case("reload: a new database is in force, and its identity is logged")
def _():
    with Sentry(DENY) as dovecot:
        expect(not let_in(dovecot, OUTLOOK))
        mark = dovecot.mark()
        compile_database(dovecot.database_path, [relay("outlook-mobile", "mail-relay",
                                                       "198.51.100.0/24")])
        dovecot.wait_log(LOADED + ".*relays=1", mark)
        expect(let_in(dovecot, OUTLOOK) and not let_in(dovecot, "198.51.100.9"))


@case("reload: the file of user entries is watched too")
def _():
    with Sentry([rule("user-policy")], settings={"user_entries_file": "entries.json"},
                files={"entries.json": '{"alice": {"deny": ["aws"]}}'}) as dovecot:
        expect(not let_in(dovecot, AWS) and let_in(dovecot, AWS, "bob"))
        mark = dovecot.mark()
        path = dovecot.root / "entries.json"
        path.with_suffix(".new").write_text('{"bob": {"deny": ["aws"]}}')
        os.replace(path.with_suffix(".new"), path)
        dovecot.wait_log(LOADED, mark)
        expect(let_in(dovecot, AWS) and not let_in(dovecot, AWS, "bob"))


@case("reload: a file of the same size and an older time is seen by its inode")
def _():
    with Sentry(DENY) as dovecot:
        expect(not let_in(dovecot, OUTLOOK))
        before = dovecot.policy_path.stat()
        text = dovecot.policy_path.read_text().replace('"deny"', '"tag" ', 1)
        text = text.replace('"message": "Not this app"', '"tag": "label-label-abc"', 1)
        mark = dovecot.mark()
        beside = dovecot.root / "beside"
        beside.write_text(text.ljust(before.st_size))
        os.utime(beside, ns=(0, before.st_mtime_ns - 10**9))
        equal(beside.stat().st_size, before.st_size)
        os.replace(beside, dovecot.policy_path)
        dovecot.wait_log(LOADED, mark)
        expect(let_in(dovecot, OUTLOOK))


@contextlib.contextmanager
def coarse_times(folder):
    """Where two writes in a row leave the same time. Newer kernels make the
    times of their other filesystems finer when somebody looks at them."""
    mounted = subprocess.run(["mount", "-t", "ramfs", "ramfs", folder], capture_output=True,
                             check=False).returncode == 0
    folder.chmod(0o755)
    try:
        yield
    finally:
        if mounted:
            subprocess.run(["umount", "-l", folder], check=True)


def rewrite_behind_reader(path, before, after):
    """In place: before, again and again, until somebody has read it, then after
    at once, which has the same size. So the last two writes are mostly of the same
    time, and the reader came between them."""
    libc = ctypes.CDLL(None, use_errno=True)
    closed, nonblock, events = 0x10, os.O_NONBLOCK, b""
    watcher = libc.inotify_init1(nonblock)
    file = os.open(path, os.O_WRONLY)
    try:
        libc.inotify_add_watch(watcher, os.fsencode(path), closed)
        deadline = time.monotonic() + 30
        while not events and time.monotonic() < deadline:
            os.pwrite(file, before, 0)
            with contextlib.suppress(BlockingIOError):
                events = os.read(watcher, 4096)
        os.pwrite(file, after, 0)
    finally:
        os.close(file)
        os.close(watcher)
    equal(struct.unpack_from("iI", events)[1], closed)


@case("reload: a file that is written again while it is read is read again")
def _():
    # Dovecot may see what is mounted before its start alone.
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rs-")))
        folder.chmod(0o755)
        stack.enter_context(coarse_times(folder))
        with Sentry(DENY) as dovecot:
            entries = folder / "entries.json"
            denied, allowed = (b'{"alice": {"%s": ["aws"]}}'.replace(b"%s", word)
                               for word in (b"deny", b"allow"))
            denied = denied.ljust(len(allowed))
            entries.write_bytes(allowed)
            dovecot.change_policy(rules=[rule("user-policy")], user_entries_file=str(entries))
            for text, back, want in ((denied, allowed, False), (allowed, denied, True)) * 2:
                rewrite_behind_reader(entries, back, text)
                deadline = time.monotonic() + 15
                while let_in(dovecot, AWS) != want:
                    expect(time.monotonic() < deadline, "not in force", text)
                    time.sleep(0.2)
            dovecot.stop()


FAULTS = {"no JSON": "{", "unknown key": '{"version": 1, "rulez": []}', "empty": "",
          "a NUL": '{"version": 1}\0'}


@case("reload: a faulty policy is told once, and the last good one stays in force")
def _():
    with Sentry(DENY, expected=["relaysentry"]) as dovecot:
        for title, text in FAULTS.items():
            mark = dovecot.mark()
            dovecot.write_policy(text)
            dovecot.wait_log("Error: relaysentry: .*policy.json", mark)
            dovecot.wait_log("Error: relaysentry: not loaded: .*stay in force", mark)
            time.sleep(2.2)  # two more looks at the file
            equal(len(dovecot.log(mark, "stay in force")), 1, title)
            expect(not let_in(dovecot, OUTLOOK), title)
            expect(let_in(dovecot, HOME), title)
        dovecot.change_policy(rules=[])
        expect(let_in(dovecot, OUTLOOK))


@case("reload: a faulty database is told once, and the last good one stays in force")
def _():
    with Sentry(DENY, expected=["relaysentry"]) as dovecot:
        good = dovecot.database_path.read_bytes()
        damages = {"truncated": good[:len(good) // 2], "empty": b"", "no database": b"x" * 5000,
                   "without metadata": good[:good.rindex(b"\xab\xcd\xefMaxMind.com")],
                   "tree destroyed": b"\xff" * 200 + good[200:]}
        for title, data in damages.items():
            mark = dovecot.mark()
            beside = dovecot.root / "beside"
            beside.write_bytes(data)
            os.replace(beside, dovecot.database_path)
            dovecot.wait_log("Error: relaysentry: .*relays.mmdb", mark)
            dovecot.wait_log("Error: relaysentry: not loaded: .*stay in force", mark)
            time.sleep(2.2)
            equal(len(dovecot.log(mark, "stay in force")), 1, title)
            expect(not let_in(dovecot, OUTLOOK), title)
        mark = dovecot.mark()
        compile_database(dovecot.database_path)
        dovecot.wait_log(LOADED, mark)
        expect(not let_in(dovecot, OUTLOOK))


@case("reload: a removed policy or database leaves the last good one in force")
def _():
    with Sentry(DENY, expected=["relaysentry"]) as dovecot:
        mark = dovecot.mark()
        dovecot.database_path.unlink()
        dovecot.wait_log("stay in force", mark)
        expect(not let_in(dovecot, OUTLOOK))
        mark = dovecot.mark()
        dovecot.policy_path.unlink()
        dovecot.wait_log("Error: relaysentry: .*policy.json", mark)
        expect(not let_in(dovecot, OUTLOOK))


class Load:
    """Logins without end, from a relay and from home, in the background."""

    def __init__(self, dovecot, count=3):
        self.dovecot, self.stopping, self.wrong, self.done = dovecot, False, [], 0
        self.threads = [threading.Thread(target=self.run, args=(i,)) for i in range(count)]

    def run(self, number):
        mech = MECHANISMS[number % len(MECHANISMS)]
        with self.dovecot.auth() as auth:
            while not self.stopping:
                for remote, want in ((GMAIL, True), (HOME, True)):
                    try:
                        reply = auth.login("alice", PASSWORD, mech, remote=remote)
                    except Exception as error:
                        self.wrong.append((mech, remote, error))
                        return
                    if reply.ok != want:
                        self.wrong.append((mech, remote, reply))
                self.done += 1
                time.sleep(0.002)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *exc):
        self.stopping = True
        for thread in self.threads:
            thread.join()


def overwrite(path, data):
    """In place, as cp and an editor do."""
    with open(path, "r+b") as file:
        file.write(data)


@case("reload: truncating and overwriting the files in place under load kills nothing")
def _():
    rules = [rule("alert", "gmail", relay="gmail-external"), *DENY]
    with Sentry(rules, expected=["relaysentry"]) as dovecot:
        pid = dovecot.auth_pid()
        good = dovecot.database_path.read_bytes()
        policy = dovecot.policy_path.read_bytes()
        with Load(dovecot) as load:
            for damage in (lambda p: os.truncate(p, 0), lambda p: overwrite(p, b"\0" * 4096),
                           lambda p: os.truncate(p, 100), lambda p: overwrite(p, os.urandom(9000))):
                for path, back in ((dovecot.database_path, good), (dovecot.policy_path, policy)):
                    mark = dovecot.mark()
                    damage(path)
                    dovecot.wait_log("stay in force", mark)
                    expect(not let_in(dovecot, OUTLOOK), path)
                    beside = dovecot.root / "beside"
                    beside.write_bytes(back)
                    os.replace(beside, path)
                    dovecot.wait_log(LOADED, mark)
        equal(load.wrong, [])
        expect(load.done > 50, load.done)
        equal(dovecot.auth_pid(), pid, "the auth process is the same")


@case("reload: publishing again and again under load loses no login")
def _():
    rules = [rule("alert", "gmail", relay="gmail-external"), *DENY]
    with Sentry(rules) as dovecot:
        with Load(dovecot) as load:
            for number in range(4):
                mark = dovecot.mark()
                compile_database(dovecot.database_path, RELAYS[:3 + number % 3])
                dovecot.wait_log(LOADED, mark)
                expect(not let_in(dovecot, OUTLOOK))
        equal(load.wrong, [])


@case("reload: doveadm reload takes policy and database along")
def _():
    with Sentry(DENY) as dovecot:
        expect(not let_in(dovecot, OUTLOOK))
        dovecot.policy["rules"] = []
        dovecot.write_policy()
        dovecot.reload()
        expect(let_in(dovecot, OUTLOOK))


def memory_files(dovecot):
    """Sealed copies that the auth process holds."""
    folder, count = f"/proc/{dovecot.auth_pid()}/fd", 0
    for name in os.listdir(folder):
        with contextlib.suppress(FileNotFoundError):  # a client has left
            count += "memfd:" in os.readlink(f"{folder}/{name}")
    return count


@case("reload: nothing of the old files is kept")
def _():
    with Sentry(DENY) as dovecot:
        files, kept = memory_files(dovecot), None
        for number in range(4):
            mark = dovecot.mark()
            compile_database(dovecot.database_path, RELAYS[:3 + number % 3])
            dovecot.wait_log(LOADED, mark)
            kept = memory_files(dovecot)
        expect(kept <= files, files, kept)

# SPDX-License-Identifier: MIT
"""Commands that remove much from a dict, and are interrupted: what is gone is gone as a
whole, told where it must be, and another run does the rest."""

import os
import random
import signal
import sqlite3
import subprocess
import time

import dictservers
from cases import Skip, case, equal, expect
from devlog import DevLog
from dictworld import environment, kept

BATCH = 100  # rows that go together
USERS = 5000
RELAYS = 3 * BATCH
SEEN = "first={0} last={0} count=3 alert=0,0 deny=0,0 testing=0,0"
SIGNALS = (signal.SIGINT, signal.SIGTERM)


def fill(store, rows):
    """rows: (user, item, value) each."""
    with sqlite3.connect(store.path) as database:
        database.execute("DELETE FROM relaysentry")
        database.executemany("INSERT INTO relaysentry VALUES (?, ?, ?)", rows)


def items(store):
    with sqlite3.connect(store.path) as database:
        return [item for item, in database.execute("SELECT item FROM relaysentry")]


def default_signals():
    """A shell that runs this behind may have SIGINT ignored."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_DFL)


def start(arguments):
    return subprocess.Popen([str(item) for item in arguments], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True, env=environment(),
                            preexec_fn=default_signals)


@case("commands: forget --expired, interrupted, leaves whole users to the next run")
def _():
    now = int(time.time())
    old = [(f"old{n}", "seen:aws", SEEN.format(1000)) for n in range(USERS)]
    new = [(f"new{n}", "seen:aws", SEEN.format(now)) for n in range(7)]
    with kept(dictservers.Sqlite()) as dovecot:
        store = dovecot.beside
        for number in SIGNALS:
            fill(store, old + new)
            before = os.stat(store.path).st_mtime_ns
            running = start(dovecot.arguments("forget", "--expired"))
            deadline = time.monotonic() + 20
            # A look into the database would hold up who writes.
            while os.stat(store.path).st_mtime_ns == before:
                expect(running.poll() is None and time.monotonic() < deadline, running.poll())
            running.send_signal(number)
            said = running.communicate(timeout=30)
            equal((running.returncode, *said), (-number, "", ""), "ends at once, and says nothing")
            # What was on its way to the dict may still come.
            time.sleep(0.5)
            left = len(items(store)) - len(new)
            expect(0 < left < USERS and left % BATCH == 0, left)
            done = dovecot.command("forget", "--expired", json=True).objects[0]
            equal((done["seen"], done["kept"]), (left, len(new)))
            equal(len(items(store)), len(new))


@case("commands: forget --all, interrupted, has taken exceptions with a line in the log, or not")
def _():
    exceptions = '[{"relay":"aws","not_after":%d,"since":1,"reason":"r","by":"b"}]' % (
        int(time.time()) + 1000)
    rows = [("alice", f"seen:relay-{n}", SEEN.format(1000)) for n in range(RELAYS)]
    rows.append(("alice", "exceptions", exceptions))
    chance = random.Random(1)
    ends = set()
    with kept(dictservers.Sqlite()) as dovecot, DevLog() as log:
        store, arguments = dovecot.beside, dovecot.arguments("forget", "--all", "alice")
        fill(store, rows)
        begin = time.monotonic()
        log.run(arguments).check()
        equal((items(store), len(log.lines())), ([], 1))
        longest = time.monotonic() - begin
        for number in SIGNALS * 15:
            fill(store, rows)
            said = log.run(["env", "--default-signal=INT", "timeout", "--preserve-status",
                            f"--signal={number.name}", f"{chance.uniform(0.005, longest):.3f}",
                            *arguments])
            expect(said.status in (0, 128 + number), number, said)
            time.sleep(0.3)
            found, lines = items(store), log.lines()
            gone = "exceptions" not in found
            equal(len(lines), int(gone), (number, lines))
            expect(all("exception=removed" in line and "done=yes" in line for line in lines), lines)
            left = len(found) - (not gone)
            expect(left % BATCH == 0 and not (gone and left), left)
            # It may have been about to end.
            expect(gone if said.out else said.status != 0 and said.err == "", said)
            ends.add(left)
    if len(ends) == 1:
        raise Skip("no signal came in the middle of it: the machine is busy")

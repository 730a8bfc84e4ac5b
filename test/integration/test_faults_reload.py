# SPDX-License-Identifier: MIT
"""doveadm reload while logins go on, without and with auth workers."""

import time

from cases import case, equal, expect
from clients import Closed
from dialect import release, version
from load import SECONDS, Load
from world import (AFTER, AWS, GMAIL, HOME, OUTLOOK, PASSWORD, PRIMARY_CONTINUES, Sentry, rule)

RULES = [rule("deny", "outlook", relay="outlook-mobile", message="Not this app"),
         rule("deny", "aws", relay="aws", reply="generic"),
         rule("alert", "gmail", relay="gmail-external")]
WANTS = {OUTLOOK: False, HOME: True, AWS: False, GMAIL: True}
RELOADS = 4
# passwd is looked up by a worker, and does not know the user.
WORKERS = ("passdb {\n  driver = passwd\n  result_success = continue-ok\n}\n" +
           PRIMARY_CONTINUES + AFTER)
# Requests that wait for a worker when Dovecot is reloaded are lost without
# relaysentry, too.
LOST = ["auth-worker: ", "[Aa]uth worker", r"service\(auth-worker\)",
        "auth client .* pending requests", "Sent SIG(TERM|KILL) to",
        "aren't dying after reload",
        r"(auth|stats|auth-worker)(\(\d+\))?: Warning: Killed with signal 15",
        r"leak: \S+ \((auth-|connection)|Raw backtrace(:| for leaks)",
        r"Event \S+ leaked \(parent=\S+: (auth(-[a-z]+)*|connection)\.c"]
LOST = [f"^(?!.*relaysentry).*(?:{pattern})" for pattern in LOST]
# Ends of auth processes that are Dovecot's own. On a busy machine those that wait for
# their workers are killed; and 2.4.5 panics where a refused login waits for the delay
# of an internal failure, as the loss of its worker is one; these releases do not.
KILLED = [r"service\(auth\): child \d+ killed with signal 9 *$"]
PANICS = [r"auth: Panic: file sasl-server\.c: .*sinst->requests == 0",
          r"service\(auth\): child \d+ killed with signal 6 \(core "]
NO_PANIC = ("2.3.19.1", "2.3.21.1", "2.4.1")
# Dovecot's word for a busy machine, whose workers are behind; the logins wait, no more.
BEHIND = [r"auth-worker: Auth request was queued for \d+ seconds, \d+ left in queue"]
# With few workers, 2.4 drops connections to them, and what was asked there.
MORE_WORKERS = {"2.3": "", "2.4": "service auth-worker {\n  process_limit = 30\n}\n"}


def reload(dovecot):
    """Waits for the auth process of the new configuration."""
    before = dovecot.auth_pid()
    done = dovecot.doveadm("reload")
    equal(done.returncode, 0, done.stderr)
    deadline = time.monotonic() + SECONDS
    while True:
        try:
            if dovecot.auth_pid() != before:
                return
        except (OSError, Closed):
            pass  # the sockets are away for a moment
        expect(time.monotonic() < deadline, "no new auth process")
        time.sleep(0.02)


def all_right(dovecot):
    for remote, want in WANTS.items():
        answer = dovecot.login("imap", "alice", PASSWORD, remote=remote)
        equal(answer.ok, want, answer)


def reloaded(title, place, may_lose):
    with Sentry(RULES, place=place, extra=MORE_WORKERS,
                expected=LOST if may_lose else []) as dovecot:
        if may_lose:
            dovecot.crashes += KILLED + (PANICS if version() not in NO_PANIC else [])
        with Load(dovecot, WANTS, may_lose=may_lose) as load:
            for _round in range(RELOADS):
                load.some(100)
                reload(dovecot)
                load.some(20)
                load.renew()
                load.some(100)
                equal(load.wrong[:3], [], title)
        load.check(title)
        ended = dovecot.log(0, PANICS[1])
        expect(len(ended) <= len(dovecot.log(0, PANICS[0])), "ended by another signal 6", ended)
        expect(len(load.pids) > RELOADS, "auth processes", load.pids)
        all_right(dovecot)


case("faults: doveadm reload at 200 logins a second loses none")(
    lambda: reloaded("reload", "after", may_lose=False))
case("faults: doveadm reload at 200 logins a second lets no relay in by auth workers")(
    lambda: reloaded("reload with workers", WORKERS, may_lose=True))


@case("faults: another policy at 200 logins a second by auth workers lets no relay in")
def _():
    # 2.4 drops connections to workers on a busy machine, and what was asked there.
    drops = release() == "2.4"
    with Sentry(RULES, place=WORKERS, extra=MORE_WORKERS,
                expected=LOST if drops else BEHIND) as dovecot:
        pid = dovecot.auth_pid()
        with Load(dovecot, WANTS, may_lose=drops) as load:
            for aws in (True, False, True, False):
                load.some()
                load.wants[AWS] = None
                dovecot.change_policy(rules=[r for r in RULES if not aws or r["id"] != "aws"])
                load.wants[AWS] = aws
                load.some(100)
            expect(dovecot.auth_processes(worker=True), "no auth worker")
        load.check("policies with workers")
        all_right(dovecot)
        equal(dovecot.auth_pid(), pid, "the auth process is the same")

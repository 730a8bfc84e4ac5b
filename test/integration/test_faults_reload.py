# SPDX-License-Identifier: MIT
"""doveadm reload while logins go on, without and with auth workers."""

import time

from cases import case, equal, expect
from clients import Closed
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


def reloaded(title, place):
    with Sentry(RULES, place=place) as dovecot:
        with Load(dovecot, WANTS) as load:
            for _round in range(RELOADS):
                load.some(100)
                reload(dovecot)
                load.some(20)
                load.renew()
                load.some(100)
                for remote, want in WANTS.items():
                    answer = dovecot.login("imap", "alice", PASSWORD, remote=remote)
                    equal(answer.ok, want, answer)
                equal(load.wrong[:3], [], title)
            workers = dovecot.auth_processes(worker=True)
        load.check(title)
        expect(len(load.pids) > RELOADS, "auth processes", load.pids)
        equal(bool(workers), place == WORKERS, "auth workers")


case("faults: doveadm reload at 200 logins a second loses none")(
    lambda: reloaded("reload", "after"))
case("faults: doveadm reload at 200 logins a second loses none of those by auth workers")(
    lambda: reloaded("reload with workers", WORKERS))

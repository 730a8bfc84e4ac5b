# SPDX-License-Identifier: MIT
"""Clients that disappear in the middle of a login with a token, a ticket or a
certificate; and those with a password that test_faults_clients.py has not: of
ManageSieve, and in first place."""

import concurrent.futures
import functools
import itertools

import dialect
import kdc
import matrix_cells as m
import matrix_clients
import matrix_run
from cases import Skip, case, equal, instance
from leaving import LEFT, WAYS, leave, unharmed
from matrix_config import World

SERVICES = ("imap", "pop3", "submission", "sieve")
# How often the client answers when its first line brings the initial response.
ANSWERS = {"OAUTHBEARER": 0, "XOAUTH2": 0, "EXTERNAL": 0, "GSSAPI": 2,
           "PLAIN": 0, "LOGIN": 1, "CRAM-MD5": 0, "SCRAM-SHA-256": 1}
# With the first line, when it is not too long, and when the server asks for it.
INITIAL = (matrix_clients.fitting, matrix_clients.Delayed)
THREADS = 16  # who is refused waits


class Leaving(World):
    """One relay, and no cell that is measured."""

    def __init__(self, placement):
        self.placement = placement
        # Refused logins wait: clients also leave during the delay.
        super().__init__([], placement, kerberos=not kdc.missing(), failure_delay="1 secs",
                         expected=LEFT)

    def equip(self, kerberos):
        super().equip(kerberos)
        if self.kdc:
            # One ticket of each user is enough for all logins, and saves time.
            self.kdc.credential = functools.cache(self.kdc.credential)


@instance
def left_after():
    return Leaving("after")


@instance
def left_first():
    return Leaving("first")


def services(mech, make):
    return SERVICES[3:] if mech in m.PASSWORDS and make is left_after else SERVICES


def logins(service, mech):
    """A right login and one that is refused everywhere: the cell, and what is wrong
    with the token or the password. A ticket and a certificate are another user's."""
    cell = m.Cell(service, mech, m.ORDINARY, "after")
    if mech in m.TOKENS or mech in m.PASSWORDS:
        return (cell, ""), (cell, "x")
    return (cell, ""), (m.Cell(service, mech, m.AUTHZID, "after"), "")


def at_once(function, tasks):
    """function(*task) for each task; returns the results in their order."""
    with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(lambda task: function(*task), tasks))


def leave_all(world, mech, where):
    relayed, home = world.addresses(0)

    def left(service, faulty, remote, way, form):
        cell, wrong = logins(service, mech)[faulty]

        def begin():
            return form(matrix_run.mechanism(world, cell, wrong))
        answers = ANSWERS[mech] + (begin().initial is None)
        # In first place a relay is refused before a challenge needs its user's keys.
        if mech == "SCRAM-SHA-256" and remote == relayed and world.placement == "first":
            answers = 0
        # A refused token is answered with a challenge, where the process survives it.
        if mech in m.TOKENS and (faulty or remote == relayed):
            answers += not m.kills_login(cell, dialect.version())
        leave(lambda: matrix_run.connected(world, cell, remote), begin, answers, way)

    forms = INITIAL if mech in m.TOKENS or mech in ("EXTERNAL", "PLAIN") else INITIAL[:1]
    at_once(left, itertools.product(where, (False, True), (relayed, home), WAYS, forms))


def right(world, mech, where):
    """Logins are as if nobody had left."""
    relayed, home = world.addresses(0)
    tasks = [(service, faulty, remote) for service in where
             for faulty, remote in ((False, home), (False, relayed), (True, home))]

    def attempt(service, faulty, remote):
        cell, wrong = logins(service, mech)[faulty]
        return matrix_run.outcome(world, cell, remote, wrong)

    for task, (got, text) in zip(tasks, at_once(attempt, tasks)):
        want = "let in" if task[1:] == (False, home) else "denied"
        equal(got, want, f"{mech} {task}: {text}")


def declare(mech, make):
    @case(f"faults: {make.__name__}: clients that leave in the middle of {mech}", on=make)
    def _(world):
        if mech == "GSSAPI" and world.kdc is None:
            raise Skip(kdc.missing())
        with unharmed(world):
            leave_all(world, mech, services(mech, make))
            right(world, mech, services(mech, make))


for _make in (left_after, left_first):
    for _mech in ANSWERS:
        declare(_mech, _make)

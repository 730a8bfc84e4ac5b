# SPDX-License-Identifier: MIT
"""The memory of the auth process after 100,000 logins."""

import os
import re
import time

import sasl
from cases import Skip, case, equal, expect
from dovecot import find_module
from world import AWS, AZURE, GMAIL, HOME, LOADED, OUTLOOK, PASSWORD, Sentry, rule

RULES = [rule("deny", "outlook", relay="outlook-mobile", message="Not this app"),
         rule("deny", "aws", relay="aws", reply="generic"),
         rule("alert", "gmail", relay="gmail-external"),
         rule("tag", "clouds", tag="cloud", **{"class": "cloud"})]
BATCH, IN_FLIGHT = 250, 1000  # what the sockets hold: nobody waits for the other to read
WARM_UP, LOGINS = 20_000, 100_000
# 10 octets a login would be 1000 KiB: the smallest that can leak is 24.
LIMIT_KIB = 512
# Password and address of each login of ten, and whether it gets in.
MIX = [(PASSWORD, OUTLOOK, False), (PASSWORD, AWS, False), (PASSWORD, GMAIL, True),
       ("wrong", HOME, False), (PASSWORD, AZURE, True), (PASSWORD, AZURE, True),
       (PASSWORD, HOME, True), (PASSWORD, HOME, True), (PASSWORD, HOME, True),
       (PASSWORD, HOME, True)]
LOOKUPS = [("alice", PASSWORD, mech, remote) for mech in ("CRAM-MD5", "SCRAM-SHA-256", "LOGIN")
           for remote in (OUTLOOK, HOME)]


def private_kib(pid):
    with open(f"/proc/{pid}/smaps_rollup") as file:
        return int(re.search(r"Private_Dirty:\s+(\d+) kB", file.read())[1])


class Stream:
    """PLAIN requests as raw lines. Refused ones are answered twice a second:
    many others go on meanwhile."""

    def __init__(self, auth):
        self.auth, self.open = auth, 0

    def send_batch(self):
        auth, lines = self.auth, []
        for number in range(auth.next_id, auth.next_id + BATCH):
            password, remote, _in = MIX[number % len(MIX)]
            response = sasl.b64(sasl.Plain("alice", password).initial)
            lines.append(f"AUTH\t{number}\tPLAIN\tservice=imap\tsession=s{number}\t"
                         f"lip=192.0.2.1\trip={remote}\tresp={response}\n")
        auth.next_id += BATCH
        auth.send("".join(lines).encode())
        self.open += BATCH

    def receive(self, until):
        """Reads answers until no more than these are missing."""
        while self.open > until:
            words = self.auth.read().split("\t", 2)
            equal(words[0] == "OK", MIX[int(words[1]) % len(MIX)][2], words)
            self.open -= 1

    def logins(self, other, count, each):
        """count logins, and a few beside them by the other mechanisms."""
        for number in range(count // BATCH):
            self.receive(IN_FLIGHT - BATCH)
            self.send_batch()
            each(number)
            if number % 20 == 0:
                replies = other.logins(LOOKUPS)
                equal([reply.ok for reply in replies], [False, True] * 3)
        self.receive(0)


def flat(title, each):
    if b"libasan" in find_module().read_bytes():
        raise Skip("sanitizers keep what was freed")
    with Sentry(RULES, failure_delay="0") as dovecot:
        with dovecot.auth() as auth, dovecot.auth() as other:
            pid, stream = auth.server_pid, Stream(auth)
            stream.logins(other, WARM_UP, lambda number: each(dovecot, number))
            before, begin = private_kib(pid), time.monotonic()
            stream.logins(other, LOGINS, lambda number: each(dovecot, number))
            seconds, after = time.monotonic() - begin, private_kib(pid)
            print(f"{title}: {LOGINS / seconds:.0f} logins a second; private memory of auth "
                  f"{before} KiB after {WARM_UP} logins, {after} KiB {LOGINS} later; "
                  f"{len(dovecot.log(0, LOADED))} load(s)")
            expect(after - before < LIMIT_KIB, f"grew by {after - before} KiB", title)
            equal(dovecot.auth_pid(), pid, "the auth process is the same")


def reload_sometimes(dovecot, number):
    """Another policy each 40 batches; the process looks once a second."""
    if number % 40 == 0:
        dovecot.policy["rules"] = [*RULES, rule("tag", f"tag-{number}", tag=f"tag-{number}")]
        dovecot.write_policy()
        os.utime(dovecot.database_path)


case("faults: after 100,000 logins the auth process is not larger", busy=True)(
    lambda: flat("one policy", lambda dovecot, number: None))
case("faults: after 100,000 logins with many reloads the auth process is not larger", busy=True)(
    lambda: flat("many policies", reload_sometimes))

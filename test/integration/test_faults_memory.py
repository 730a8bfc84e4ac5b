# SPDX-License-Identifier: MIT
"""The memory of the auth process after 100,000 logins."""

import os
import re
import time

import sasl
from cases import Skip, case, equal, expect
from dovecot import find_module
from world import AWS, AZURE, GMAIL, HOME, LOADED, OUTLOOK, PASSWORD, USERS, Sentry, rule

# In first place nothing is verified, and no reason is told.
REPLY = {"after": {"message": "Not this app"}, "first": {"reply": "generic"}}
RULES = [rule("deny", "aws", relay="aws", reply="generic"),
         rule("alert", "gmail", relay="gmail-external"),
         rule("tag", "clouds", tag="cloud", **{"class": "cloud"})]
BATCH, IN_FLIGHT = 250, 1000  # what the sockets hold: nobody waits for the other to read
# The smallest that can leak is 32 octets: with 32,000 lookups, 1000 KiB; room that
# was made before takes some of it up.
LIMIT_KIB, TRIES = 400, 3
# Password and address of each login of ten, and whether it gets in.
MIX = [(PASSWORD, OUTLOOK, False), (PASSWORD, AWS, False), (PASSWORD, GMAIL, True),
       ("wrong", HOME, False), (PASSWORD, AZURE, True), (PASSWORD, AZURE, True),
       (PASSWORD, HOME, True), (PASSWORD, HOME, True), (PASSWORD, HOME, True),
       (PASSWORD, HOME, True)]
# User, mechanism, address of the other logins, and whether it gets in: few are
# refused, as what waits for its answer makes room in which a leak is not seen.
WANTS = {OUTLOOK: False, AWS: False, GMAIL: True, AZURE: True, HOME: True}
LOOKUPS = [(user, mech, remote, WANTS[remote])
           for user, mech in (("alice", "CRAM-MD5"), ("derived", "SCRAM-SHA-256"))
           for remote in (OUTLOOK, AWS, *4 * [GMAIL], *4 * [AZURE], *10 * [HOME])]
LOOKUPS += [("alice", "LOGIN", remote, WANTS[remote]) for remote in (OUTLOOK, *9 * [HOME])]


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

    def logins(self, count, each):
        for number in range(count // BATCH):
            self.receive(IN_FLIGHT - BATCH)
            self.send_batch()
            each(number)
        self.receive(0)

    def receive(self, until):
        """Reads answers until no more than these are missing."""
        while self.open > until:
            words = self.auth.read().split("\t", 2)
            equal(words[0] == "OK", MIX[int(words[1]) % len(MIX)][2], words)
            self.open -= 1


class Lookups:
    """Logins by mechanisms that answer a challenge, many at a time."""

    def __init__(self, auth):
        self.auth, self.open = auth, {}

    def logins(self, count, _each):
        for number in range(count):
            self.receive(BATCH)
            user, mech, remote, want = LOOKUPS[number % len(LOOKUPS)]
            mechanism = sasl.mechanism(mech, user, PASSWORD)
            self.open[self.auth.begin(mechanism, remote=remote)] = mechanism, want
        self.receive(0)

    def receive(self, until):
        """Goes on until no more than these have no answer."""
        while len(self.open) > until:
            reply = self.auth.reply()
            number = int(reply.raw.split("\t")[1])
            mechanism, want = self.open[number]
            if reply.status == "CONT":
                self.auth.respond(number, mechanism, reply)
            else:
                equal(reply.ok, want, (mechanism.name, reply.raw))
                del self.open[number]


def flat(title, stream_of, warm_up, count, place="after", each=lambda dovecot, number: None):
    if b"libasan" in find_module().read_bytes():
        raise Skip("sanitizers keep what was freed")
    first = rule("deny", "outlook", relay="outlook-mobile", **REPLY[place])
    # Keys that are stored: Dovecot would derive them for each login.
    users = {**USERS, "derived": sasl.stored("SCRAM-SHA-256", PASSWORD)}
    with Sentry([first, *RULES], place, users=users) as dovecot, dovecot.auth() as auth:
        pid, stream = auth.server_pid, stream_of(auth)

        def size_after(amount):
            stream.logins(amount, lambda number: each(dovecot, number))
            return private_kib(pid)

        sizes, begin = [size_after(warm_up)], time.monotonic()
        # More logins than ever before may wait at the same time, once: what leaks
        # grows again.
        while len(sizes) < 2 or sizes[-1] - sizes[-2] >= LIMIT_KIB:
            expect(len(sizes) <= TRIES, title, "grew each time, KiB:", sizes)
            sizes.append(size_after(count))
        total = count * (len(sizes) - 1)
        print(f"{title}: {total / (time.monotonic() - begin):.0f} logins a second; private "
              f"memory of auth, KiB: {sizes}; {len(dovecot.log(0, LOADED))} load(s)")
        equal(dovecot.auth_pid(), pid, "the auth process is the same")


def reload_sometimes(dovecot, number):
    """Another policy each 40 batches; the process looks once a second."""
    if number % 40 == 0:
        rules = [item for item in dovecot.policy["rules"] if not item["id"].startswith("tag-")]
        dovecot.policy["rules"] = [*rules, rule("tag", f"tag-{number}", tag=f"tag-{number}")]
        dovecot.write_policy()
        os.utime(dovecot.database_path)


case("faults: after 100,000 logins the auth process is not larger", slow=True)(
    lambda: flat("one policy", Stream, 20_000, 100_000))
case("faults: after 60,000 logins with many reloads the auth process is not larger", slow=True)(
    lambda: flat("many policies", Stream, 20_000, 60_000, each=reload_sometimes))
for _place in REPLY:
    case(f"faults: after 40,000 logins with a lookup the auth process is not larger: {_place}",
         slow=True)(
        lambda place=_place: flat(f"lookups, {place}", Lookups, 10_000, 40_000, place))

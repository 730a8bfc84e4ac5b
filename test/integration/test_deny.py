# SPDX-License-Identifier: MIT
"""How a denial is told: reason or generic, how soon, and who pays for it."""

import random
import selectors
import statistics
import threading
import time

import sasl
from cases import case, equal, expect, instance, within
from world import AWS, GMAIL, HOME, OUTLOOK, PASSWORD, PRIVATE, Sentry, rule

SERVICES = ("imap", "pop3", "submission")
MECHANISMS = ("PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256")
DELAY = 2  # seconds, Dovecot's default
RULES = [rule("deny", "told", relay="outlook-mobile", message="Not this app"),
         rule("deny", "silent", relay=["gmail-external", "aws"], reply="generic"),
         rule("deny", "proxies", **{"class": "privacy-proxy"}, reply="reason",
              message="Switch it off")]


def slow(place="after", rules=tuple(RULES), **others):
    return Sentry(rules, place=place, failure_delay=f"{DELAY} secs", penalty=True, **others)


@instance
def punishing():
    return slow()


@case("penalty: a wrong password slows its address down (so the next cases can fail)",
      on=punishing)
def _(dovecot):
    with dovecot.auth() as auth:
        expect(not auth.login("alice", "wrong", remote="203.0.113.200").ok)
        expect(auth.login("alice", PASSWORD, remote="203.0.113.200").elapsed > 1)


@case("reason: told at once", on=punishing)
def _(dovecot):
    def told(service):
        answer = dovecot.login(service, "alice", PASSWORD, remote=OUTLOOK)
        expect("Not this app" in answer.text, answer)
        return answer.elapsed

    for service in SERVICES:
        within(0.9, lambda service=service: told(service), service)
        answer = dovecot.login(service, "alice", PASSWORD, remote=PRIVATE)
        expect("Switch it off" in answer.text, answer)


def allowed_after_denied(dovecot, remote, mech):
    """Many denied logins at once, then an allowed one of the same address: how
    long that takes. It ends a penalty, if there was one."""
    with dovecot.auth() as auth:
        for _round in range(20):
            auth.begin(sasl.mechanism("PLAIN", "alice", PASSWORD), remote=remote)
        for _round in range(20):
            expect(auth.reply().status == "FAIL")
        expect(not auth.login("alice", PASSWORD, mech, remote=remote).ok)
        reply = auth.login("bob", PASSWORD, mech, remote=remote)
        expect(reply.ok, reply)
        return reply.elapsed


@case("penalty: a denied user does not slow down an allowed user of the same address")
def _():
    with slow(rules=[rule("allow", "bob", user="bob"), *RULES]) as dovecot:
        threads = [threading.Thread(target=lambda a=a: results.append(attempt(*a)))
                   for a in ((OUTLOOK, "PLAIN"), (GMAIL, "PLAIN"), (AWS, "CRAM-MD5"),
                             (PRIVATE, "SCRAM-SHA-256"))]
        results = []

        def attempt(*args):
            try:
                return within(0.9, lambda: allowed_after_denied(dovecot, *args), *args)
            except Exception as error:
                return error

        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        equal(results, [None] * len(threads))


@case("danger 14: before the proof a denial is delayed, whoever the user and the password",
      on=punishing)
def _(dovecot):
    attempts = [(user, password, mech, f"52.125.13{row}.{column}")
                for row, mech in enumerate(("CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256"))
                for column, (user, password) in enumerate((("alice", PASSWORD), ("alice", "wrong"),
                                                           ("nobody", PASSWORD)))]
    with dovecot.auth() as auth:
        for attempt, reply in zip(attempts, auth.logins(attempts)):
            expect(not reply.ok, attempt, reply)
            expect(not {"nodelay", "reason", "code"} & set(reply.fields), attempt, reply)
            expect(reply.elapsed > 0.9, attempt, reply.elapsed)


# --- generic equals a wrong password ---

def address(number):
    """A fresh address of AWS, so that no penalty of another login plays a part."""
    return f"18.153.{number // 250}.{number % 250 + 1}"


class Sample:
    """Logins of two kinds in random order, through many connections at a time."""

    def __init__(self, dovecot, mech, kinds, count, seed):
        self.dovecot, self.mech = dovecot, mech
        self.plan = [kind for kind in kinds for _ in range(count)]
        self.chance = random.Random(seed)
        self.chance.shuffle(self.plan)
        self.seen = {kind: [] for kind in kinds}  # (transcript, seconds)
        self.selector = selectors.DefaultSelector()

    def run(self, first_address, span):
        waiting = []
        starts = sorted(self.chance.uniform(0, span) for _ in self.plan)
        begin = time.monotonic()
        for number, (start, kind) in enumerate(zip(starts, self.plan)):
            self.collect(waiting, until=begin + start)
            waiting.append(self.start(kind, address(first_address + number)))
        self.collect(waiting, until=time.monotonic() + 60)
        expect(not waiting, "logins without an answer", len(waiting))
        return self.seen

    def start(self, kind, remote):
        auth = self.dovecot.auth()
        mechanism = sasl.mechanism(self.mech, *kind)
        begin = time.monotonic()
        auth.begin(mechanism, remote=remote)
        entry = {"auth": auth, "kind": kind, "mechanism": mechanism, "begin": begin,
                 "steps": []}
        self.selector.register(auth.sock, selectors.EVENT_READ, entry)
        return entry

    def collect(self, waiting, until):
        while waiting or time.monotonic() < until:
            rest = until - time.monotonic()
            if rest <= 0:
                return
            for key, _ in self.selector.select(rest):
                self.step(key.data, waiting)
            if not waiting and until - time.monotonic() > 5:
                return

    def step(self, entry, waiting):
        auth = entry["auth"]
        reply = auth.reply()
        if reply.status == "CONT":
            entry["steps"].append("CONT")
            challenge = sasl.base64.b64decode(reply.raw.split("\t")[2])
            answer = entry["mechanism"].respond(challenge)
            auth.send(b"CONT\t1\t%s\n" % sasl.b64(answer).encode())
            return
        seconds = time.monotonic() - entry["begin"]
        transcript = (*entry["steps"], reply.status, *reply.raw.split("\t")[2:])
        self.seen[entry["kind"]].append((transcript, seconds))
        self.selector.unregister(auth.sock)
        auth.close()
        waiting.remove(entry)


def distance(a, b):
    """Kolmogorov and Smirnov: the largest gap between two distributions."""
    points = sorted(a + b)
    return max(abs(sum(x <= p for x in a) / len(a) - sum(x <= p for x in b) / len(b))
               for p in points)


def indistinguishable(seen, right, wrong):
    texts = {kind: {transcript for transcript, _ in rows} for kind, rows in seen.items()}
    equal(texts[right], texts[wrong], "what the client sees")
    times = {kind: [seconds for _, seconds in rows] for kind, rows in seen.items()}
    # Dovecot counts whole seconds: of two, one passes at least.
    soonest = min(times[right] + times[wrong])
    expect(soonest > 0.9 * (DELAY - 1), "not delayed", soonest)
    count = len(times[right])
    # The two samples differ by more than this once in 100,000 runs.
    limit = 2.47 * (2 / count) ** 0.5
    gap = distance(times[right], times[wrong])
    medians = [round(statistics.median(times[kind]), 3) for kind in (right, wrong)]
    expect(gap < limit, f"gap {gap:.2f} over {limit:.2f}; medians {medians}")


@instance
def generic_after():
    return slow(rules=[rule("deny", "silent", relay="aws")])


@instance
def generic_first():
    return slow(rules=[rule("deny", "silent", relay="aws")], place="first")


def equal_in_time_and_text(dovecot, number, mech):
    right, wrong = ("alice", PASSWORD), ("alice", "wrong")
    sample = Sample(dovecot, mech, (right, wrong), 60, f"{mech} {number}")
    indistinguishable(sample.run(number * 200, 3), right, wrong)


for place_number, make in enumerate((generic_after, generic_first)):
    for mech_number, name in enumerate(MECHANISMS):
        case(f"generic: time and text equal those of a wrong password: {make.__name__}, {name}",
             on=make)(lambda dovecot, name=name, number=mech_number:
                      equal_in_time_and_text(dovecot, number, name))


@case("generic: a client of each service sees the same as for a wrong password",
      on=generic_after)
def _(dovecot):
    attempts = [(service, "alice", password, "PLAIN", address(2000 + 2 * i + j))
                for i, service in enumerate(SERVICES)
                for j, password in enumerate((PASSWORD, "wrong"))]
    answers = dovecot.logins(attempts)
    for service, right, wrong in zip(SERVICES, answers[::2], answers[1::2]):
        equal(right.lines, wrong.lines, service)
        expect(abs(right.elapsed - wrong.elapsed) < DELAY, right.elapsed, wrong.elapsed)


@case("generic: clients that go away while a denial waits harm nothing")
def _():
    with slow(expected=["auth client 0 disconnected with . pending requests"]) as dovecot:
        pid = dovecot.auth_pid()
        for number in range(40):
            auth = dovecot.auth()
            auth.begin(sasl.mechanism("PLAIN", "alice", PASSWORD), remote=address(number))
            if number % 2:
                auth.begin(sasl.mechanism("SCRAM-SHA-1", "alice", PASSWORD), remote=OUTLOOK)
            auth.close()
        for service in SERVICES:
            client = dovecot.client(service, remote=GMAIL)
            client.start(sasl.mechanism("PLAIN", "alice", PASSWORD))
            client.close()
        dovecot.wait_log("relaysentry: action=deny", count=40 + len(SERVICES))
        with dovecot.auth() as auth:
            expect(not auth.login("alice", PASSWORD, remote=AWS).ok)
        equal(dovecot.auth_pid(), pid)


@case("generic: a reload while denials wait harms nothing")
def _():
    with slow() as dovecot:
        with dovecot.auth() as auth:
            for number in range(20):
                auth.begin(sasl.mechanism("PLAIN", "alice", PASSWORD), remote=address(number))
            dovecot.wait_log("relaysentry: action=deny", count=20)
            dovecot.reload()
            with dovecot.auth() as new:
                expect(new.login("alice", PASSWORD, remote=HOME).ok)
            replies = [auth.reply() for _ in range(20)]
            equal({reply.status for reply in replies}, {"FAIL"})


@case("generic: stopping while denials wait harms nothing")
def _():
    with slow() as dovecot:
        auth = dovecot.auth()
        for number in range(20):
            auth.begin(sasl.mechanism("PLAIN", "alice", PASSWORD), remote=address(number))
        dovecot.wait_log("relaysentry: action=deny", count=20)
        dovecot.expected.append("auth client 0 disconnected with . pending requests")
        dovecot.stop()
        auth.close()


@case("deny: the fields of the passdb do not reach a refused client")
def _():
    users = {"alice": "{PLAIN}secret::::::userdb_quota=1 proxy_secret=xyzzy"}
    with Sentry(RULES, users=users) as dovecot:
        with dovecot.auth() as auth:
            for remote in (OUTLOOK, AWS):
                raw = auth.login("alice", PASSWORD, remote=remote).raw
                expect("xyzzy" not in raw and "quota" not in raw, raw)

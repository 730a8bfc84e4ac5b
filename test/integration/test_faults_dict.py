# SPDX-License-Identifier: MIT
"""A dict that hangs, fails or is not there while logins wait for exceptions: each
login waits no longer than the policy says, and nobody else waits at all. Meant for
the address sanitizer, too."""

import concurrent.futures
import contextlib
import os
import signal
import socket
import time

import clients
import dictservers
import fakedict
import sasl
from cases import case, equal, expect, within
from leaving import LEFT, rst, unharmed
from test_exceptions import MECHANISMS, RULES, excepting, exception, key, policy
from world import AWS, AZURE, HOME, OUTLOOK, PASSWORD, PLACES, Sentry, rule

TOLD = r"Warning: relaysentry: dict .*until it is back"
BACK = r"Info: relaysentry: dict .*is back"
AWAY = [r"relaysentry: dict "]
# Dovecot's own delay of a refusal: it looks at its queue each half a second.
QUEUE = 0.6
QUICK = 0.4


def elapsed(dovecot, user, remote, password=PASSWORD):
    with dovecot.auth() as auth:
        return auth.login(user, password, remote=remote).elapsed


def told(dovecot):
    dovecot.settle_log()
    return len(dovecot.log(0, TOLD))


@case("faults: a dict that is silent holds a login for its time, and no other")
def _():
    with excepting(expected=AWAY) as dovecot:
        dovecot.dict.silent = True
        with dovecot.auth() as waiting:
            waiting.begin(sasl.mechanism("PLAIN", "alice", PASSWORD), remote=OUTLOOK)
            dovecot.dict.wait_for(dovecot.dict.asked, "a lookup")
            for user, remote in (("alice", HOME), ("bob", AZURE)):
                within(QUICK, lambda: elapsed(dovecot, user, remote), user, remote)
            reply = waiting.reply()
        equal(reply.status, "FAIL", reply.raw)
        expect(1.9 <= reply.elapsed < 5, reply.elapsed)
        within(1.9, lambda: elapsed(dovecot, "carol", OUTLOOK), "the next one does not wait")
        expect(told(dovecot) == 1, dovecot.log(0, TOLD))
        dovecot.dict.silent = False
        dovecot.dict.table[key("bob")] = exception()
        deadline = time.monotonic() + 20
        while not dovecot.login("imap", "bob", PASSWORD, remote=OUTLOOK).ok:
            expect(time.monotonic() < deadline, "never back")
            time.sleep(0.2)
        dovecot.wait_log(BACK)
        equal(told(dovecot), 1, "told once")


@case("faults: a right and a wrong password wait as long for a silent dict")
def _():
    attempts = [("alice", PASSWORD, "PLAIN"), ("bob", "wrong", "PLAIN"),
                ("nobody", "wrong", "PLAIN"), ("alice", PASSWORD, "SCRAM-SHA-256"),
                ("nobody", "wrong", "SCRAM-SHA-256"), ("nobody", "wrong", "CRAM-MD5")]

    def seconds(dovecot, attempt):
        with dovecot.auth() as auth:
            begin = time.monotonic()
            equal(auth.login(*attempt, remote=AWS).ok, False, attempt)
            return time.monotonic() - begin

    # Where relaysentry is asked about a wrong password at all.
    place = PLACES["after"].replace("skip = unauthenticated", "skip = never")
    with excepting(place=place, expected=AWAY) as dovecot:
        dovecot.dict.silent = True
        with concurrent.futures.ThreadPoolExecutor(len(attempts)) as pool:
            took = list(pool.map(lambda attempt: seconds(dovecot, attempt), attempts))
        expect(min(took) >= 1.9 and max(took) < 6, took)


def refused(dovecot):
    dovecot.dict.refuse()


def hanging_up(dovecot):
    """Takes connections and closes them."""
    dovecot.dict.refuse()
    listener = socket.socket(socket.AF_UNIX)
    dovecot.dict.path.unlink()
    listener.bind(str(dovecot.dict.path))
    dovecot.dict.path.chmod(0o666)
    listener.listen(0)
    return listener


def full(dovecot):
    """Nobody takes connections, and no more may wait."""
    listener = hanging_up(dovecot)
    waiting = []
    while True:
        sock = socket.socket(socket.AF_UNIX)
        sock.setblocking(False)
        waiting.append(sock)
        try:
            sock.connect(str(dovecot.dict.path))
        except BlockingIOError:
            return [listener, *waiting]


def missing(dovecot):
    dovecot.dict.refuse()
    dovecot.dict.path.unlink()


def forbidden(dovecot):
    dovecot.dict.path.chmod(0o600)


WAYS = {"refused": (refused, "Connection refused"),
        "full": (full, "Resource temporarily unavailable"),
        "missing": (missing, "No such file or directory"),
        "forbidden": (forbidden, "Permission denied")}


def declare(name, take_away, why):
    @case(f"faults: a dict whose socket is {name} delays nobody")
    def _():
        with excepting(expected=AWAY) as dovecot:
            kept = take_away(dovecot)
            for user, remote in (("alice", OUTLOOK), ("alice", HOME), ("bob", AWS),
                                 ("bob", AZURE), ("carol", OUTLOOK)):
                within(QUEUE + QUICK, lambda: elapsed(dovecot, user, remote), user, remote)
            line = dovecot.wait_log(TOLD)[0]
            expect(why in line, line)
            equal(told(dovecot), 1)
            del kept


for _name, (_way, _why) in WAYS.items():
    declare(_name, _way, _why)


@case("faults: a dict that fails each time is told of once, and holds nobody")
def _():
    with excepting(expected=AWAY) as dovecot:
        dovecot.dict.failing = "no database\there"
        for _again in range(5):
            within(QUEUE + QUICK, lambda: elapsed(dovecot, "alice", OUTLOOK))
        dovecot.settle_log()
        lines = dovecot.log(0, TOLD)
        expect(len(lines) == 1 and "no database" in lines[0], lines)
        expect(dovecot.dict.asked() >= 5, "it is asked each time")


@case("faults: a dict that hangs up in the middle of a lookup lets the login go on")
def _():
    with excepting(expected=AWAY) as dovecot:
        dovecot.dict.silent = True
        with dovecot.auth() as auth:
            auth.begin(sasl.mechanism("PLAIN", "alice", PASSWORD), remote=OUTLOOK)
            dovecot.dict.wait_for(dovecot.dict.asked, "a lookup")
            dovecot.dict.hang_up()
            reply = auth.reply()
        expect(reply.elapsed < 1.9, reply.elapsed)
        equal(told(dovecot), 1)


@case("faults: clients that leave while a lookup waits harm nothing")
def _():
    with excepting(expected=AWAY + LEFT, settings={"cache": "1s"}) as dovecot:
        dovecot.dict.table[key("alice")] = exception()
        dovecot.login("imap", "alice", PASSWORD, remote=OUTLOOK)
        with unharmed(dovecot):
            for _again in range(3):
                time.sleep(1.1)
                dovecot.dict.delay = 0.7
                leave_waiting(dovecot)
                time.sleep(1)
                dovecot.dict.delay = 0
            time.sleep(1.1)
            for mech in MECHANISMS:
                for user, want in (("alice", True), ("bob", False)):
                    answer = dovecot.login("imap", user, PASSWORD, mech, remote=OUTLOOK)
                    equal(answer.ok, want, (mech, user, answer.lines))


def leave_waiting(dovecot):
    for user in ("alice", "bob"):
        for mech in MECHANISMS:
            for service in ("imap", "pop3", "submission"):
                client = dovecot.client(service, OUTLOOK)
                client.start(sasl.mechanism(mech, user, PASSWORD))
                rst(client.sock)
            gone = dovecot.auth()
            gone.begin(sasl.mechanism(mech, user, PASSWORD), remote=OUTLOOK)
            gone.close()
    # Told that nobody waits any more, and what nobody has asked for.
    with dovecot.auth() as auth:
        for line in (b"CANCEL\t%d\n", b"CONT\t%d\tYQ==\n"):
            number = auth.begin(sasl.mechanism("PLAIN", "bob", PASSWORD), remote=OUTLOOK)
            auth.send(line % number)
        reply = auth.reply()
        equal(reply.status, "FAIL", reply.raw)


@case("faults: logins that wait for the dict survive a reload of Dovecot")
def _():
    with excepting(expected=AWAY) as dovecot:
        dovecot.dict.table[key("alice")] = exception()
        dovecot.dict.delay = 3
        with dovecot.auth() as auth:
            numbers = [auth.begin(sasl.mechanism("PLAIN", user, PASSWORD), remote=OUTLOOK)
                       for user in ("bob", "alice")]
            dovecot.dict.wait_for(dovecot.dict.asked, "a lookup")
            dovecot.change_policy(**policy(dovecot.dict.path, timeout="20s"))
            dovecot.reload()
            replies = {}
            for _number in numbers:
                reply = auth.reply()
                replies[int(reply.raw.split("\t")[1])] = reply.ok
        # The old time counts: the dict was too slow for it.
        equal(replies, {numbers[0]: False, numbers[1]: False})


@case("faults: a policy without the dict answers who waits for it, as it says itself")
def _():
    with excepting(settings={"timeout": "30s"}) as dovecot:
        dovecot.dict.silent = True
        with dovecot.auth() as auth:
            number = auth.begin(sasl.mechanism("PLAIN", "alice", PASSWORD), remote=OUTLOOK)
            dovecot.dict.wait_for(dovecot.dict.asked, "a lookup")
            dovecot.policy.pop("exceptions")
            # What it reports is told by the new one, too.
            dovecot.change_policy(alert={"repeat_after": "1h"},
                                  rules=[rule("user-policy", "own"), rule("alert")])
            reply = auth.reply()
        expect(reply.ok and reply.elapsed < 20, number, reply)
        dovecot.report_of(0, action="alert", first_seen="yes")


@case("faults: a policy with another dict looks there for who waits")
def _():
    with excepting(settings={"timeout": "30s"}) as dovecot, \
            fakedict.serving(dovecot.root / "other") as other, dovecot.auth() as auth:
        dovecot.dict.silent = True
        other.table[key("alice")] = exception()
        names = {}
        for user in ("alice", "bob"):
            names[auth.begin(sasl.mechanism("PLAIN", user, PASSWORD), remote=OUTLOOK)] = user
        dovecot.dict.wait_for(lambda: dovecot.dict.asked() >= 2, "lookups")
        dovecot.change_policy(**policy(other.path, timeout="30s"))
        replies = [auth.reply() for _user in names]
        equal({names[int(reply.raw.split("\t")[1])]: reply.ok for reply in replies},
              {"alice": True, "bob": False})


def ending(end):
    """Who is denied unless an exception is found is neither let in nor refused."""
    with excepting(settings={"timeout": "30s"}, expected=AWAY + LEFT) as dovecot:
        dovecot.dict.silent = True
        replies, waiting = {}, {}
        with dovecot.auth() as auth, contextlib.ExitStack() as stack:
            for user, password in (("alice", PASSWORD), ("bob", PASSWORD), ("carol", "wrong")):
                for mech in ("PLAIN", "SCRAM-SHA-256"):
                    number = auth.begin(sasl.mechanism(mech, user, password), remote=OUTLOOK)
                    waiting[number] = (user, mech)
                client = stack.enter_context(dovecot.client("imap", OUTLOOK))
                client.start(sasl.mechanism("PLAIN", user, password))
            dovecot.dict.wait_for(lambda: dovecot.dict.asked() >= 3, "lookups")
            end(dovecot)
            with contextlib.suppress(clients.Closed):
                while True:
                    reply = auth.reply()
                    number = int(reply.raw.split("\t")[1])
                    replies[waiting[number]] = (reply.status, reply.fields.get("code"))
        # This one was never judged.
        equal(replies.pop(("carol", "PLAIN")), ("FAIL", None))
        equal(replies, {key: ("FAIL", "temp_fail") for key in replies})
        equal(len(replies), len(waiting) - 1, "each is told")


@case("faults: logins that wait for the dict when auth ends are told to try again")
def _():
    def end(dovecot):
        dovecot.expected.append("auth: Warning: Killed with signal 15")
        os.kill(dovecot.auth_pid(), signal.SIGTERM)
    ending(end)


@case("faults: logins that wait for the dict when Dovecot stops let nobody in")
def _():
    with excepting(settings={"timeout": "30s"}, expected=AWAY + LEFT) as dovecot:
        dovecot.dict.silent = True
        with contextlib.ExitStack() as stack:
            for user in ("alice", "bob", "carol"):
                client = stack.enter_context(dovecot.client("imap", OUTLOOK))
                client.start(sasl.mechanism("PLAIN", user, PASSWORD))
            dovecot.dict.wait_for(lambda: dovecot.dict.asked() >= 3, "lookups")
            dovecot.stop()
        equal(dovecot.log(0, "Login: user="), [])


# --- Dovecot's own dict process ---

def with_store(store, **settings):
    return Sentry(RULES, beside=store, expected=AWAY + dictservers.DOWN, settings={
        "exceptions": {"dict": "proxy::relaysentry", "timeout": "1s", "cache": "1s", **settings}})


def lets_in(dovecot, user, want, seconds=30):
    """In the end."""
    deadline = time.monotonic() + seconds
    while dovecot.login("imap", user, PASSWORD, remote=OUTLOOK).ok != want:
        expect(time.monotonic() < deadline, user, want)
        time.sleep(0.3)


def at_last(function):
    """Dovecot finds out bit by bit that a server is another one now."""
    for _attempt in range(50):
        with contextlib.suppress(dictservers.DictFault):
            return function()
        time.sleep(0.1)
    return function()


def away_and_back(dovecot, take_away, bring_back):
    keys = dictservers.Keys(dovecot)
    lets_in(dovecot, "alice", False)
    keys.set(key("alice"), exception())
    lets_in(dovecot, "alice", True)
    take_away(dovecot)
    time.sleep(1.1)
    slow = [elapsed(dovecot, user, OUTLOOK) for user in ("alice", "bob", "carol")]
    expect(max(slow) < 1 + QUEUE + 1, slow)
    within(QUICK, lambda: elapsed(dovecot, "alice", HOME), "others do not wait")
    bring_back(dovecot)
    lets_in(dovecot, "alice", True)
    lets_in(dovecot, "bob", False)
    at_last(lambda: keys.unset(key("alice")))
    lets_in(dovecot, "alice", False)
    equal(told(dovecot), 1, dovecot.log(0, TOLD))
    dovecot.wait_log(BACK)


def forgetful(dovecot):
    """Redis keeps nothing."""
    dovecot.beside.server.restart()
    at_last(lambda: dictservers.Keys(dovecot).set(key("alice"), exception()))


STORES = {"Redis": (dictservers.Redis, forgetful),
          "PostgreSQL": (dictservers.Postgres, lambda d: d.beside.server.restart())}
for _name, (_store, _restart) in STORES.items():
    @case(f"faults: exceptions in {_name} that hangs, and is back", slow=True)
    def _(store=_store):
        with with_store(store()) as dovecot:
            away_and_back(dovecot, lambda d: d.beside.server.stop(),
                          lambda d: d.beside.server.go_on())

    @case(f"faults: exceptions in {_name} that ends, and is back", slow=True)
    def _(store=_store, restart=_restart):
        with with_store(store()) as dovecot:
            # Dovecot's own, of 2.3.19.1 and 2.3.21.1, when PostgreSQL goes away.
            for fault in (r"service\(dict\).*killed with signal (6|11)",
                          r"dict\(\d+\): Panic: file connection\.c.*\(connection_list_deinit\)"):
                dovecot.crashes.append(fault)
                dovecot.expected.append(fault)
            away_and_back(dovecot, lambda d: d.beside.server.kill(), restart)


@case("faults: exceptions in SQLite, with Dovecot's dict process stopped and continued", slow=True)
def _():
    with with_store(dictservers.Sqlite()) as dovecot:
        away_and_back(dovecot, lambda d: dictservers.signal_dict(d, signal.SIGSTOP),
                      lambda d: dictservers.signal_dict(d, signal.SIGCONT))


@case("faults: exceptions in SQLite, with Dovecot's dict process killed", slow=True)
def _():
    with with_store(dictservers.Sqlite()) as dovecot:
        keys = dictservers.Keys(dovecot)
        keys.set(key("alice"), exception())
        lets_in(dovecot, "alice", True)
        dictservers.signal_dict(dovecot, signal.SIGKILL)
        lets_in(dovecot, "alice", True)

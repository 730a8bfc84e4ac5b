# SPDX-License-Identifier: MIT
"""The commands about users, against what Dovecot's dicts keep in SQLite, PostgreSQL
and Redis."""

import concurrent.futures
import json
import os
import pathlib
import time

import dictservers
from cases import case, equal, expect, instance
from dictworld import PREFIX, RULES, STRANGE, environment, execute, kept
from world import (AWS, AZURE, GMAIL, HOME, OUTLOOK, PASSWORD, RELAYS, command, compile_database,
                   relay, rule)

DAY = 86400
MANY = [f"extra-{number}" for number in range(20)]
ADDRESSES = [f"198.51.100.{number}/32" for number in range(20)]


@instance
def sqlite():
    return kept(dictservers.Sqlite())


@instance
def postgresql():
    return kept(dictservers.Postgres())


@instance
def redis():
    return kept(dictservers.Redis())


def seen(first, last, count=3, deny=0):
    return f"first={first} last={last} count={count} alert=0,0 deny={deny},1 testing=0,0"


def key(user, item):
    return f"{PREFIX}{user}/{item}"


# --- what the dicts keep ---


def check_strange(dovecot):
    keys = dictservers.Keys(dovecot)
    for user, user_key in STRANGE.items():
        said = dovecot.except_(user, "aws", reason=f"of {user!r}").check()
        expect("\x1b" not in said.out and "\t" not in said.out, said.out)
        stored = json.loads(keys.get(key(user_key, "exceptions")))
        equal([(item["relay"], item["reason"]) for item in stored], [("aws", f"of {user!r}")])
        equal(list(dovecot.exceptions(user)), ["aws"], user)
        keys.set(key(user_key, "seen:aws"), seen(1, 2))
        records = dovecot.command("seen", f"--user={user}", json=True).objects
        equal([(item["relay"], item["count"]) for item in records], [("aws", 3)], user)
        equal(dovecot.command("why", "--", user, json=True).objects[0]["exceptions"][0]["relay"],
              "aws")
    if dovecot.beside.lists:
        said = dovecot.command("except", "--list").check()
        expect("\x1b" not in said.out and "\\x1b[31mred" in said.out, said.out)
        equal(len(said.out.splitlines()), len(STRANGE) + 1, said.out)
    for user, user_key in STRANGE.items():
        dovecot.command("except", "--remove", "--", user, "aws").check()
        equal(keys.get(key(user_key, "exceptions")), None, user)
        equal(dovecot.exceptions(user), {}, user)
        dovecot.command("forget", "--", user).check()
        equal(keys.get(key(user_key, "seen:aws")), None, user)


def check_removed(dovecot):
    for target in ("aws", "@cloud", "*"):
        dovecot.except_("carol", target).check()
    dovecot.command("except", "--remove", "carol", "@cloud").check()
    equal(list(dovecot.exceptions("carol")), ["aws", "*"])
    said = dovecot.command("except", "--remove", "carol", "@cloud").check(1)
    expect("carol has no exception for @cloud" in said.err, said.err)
    dovecot.command("except", "--remove", "carol", "*").check()
    dovecot.command("except", "--remove", "carol", "aws").check()
    equal(dictservers.Keys(dovecot).get(key("carol", "exceptions")), None)


def check_ends(dovecot):
    keys = dictservers.Keys(dovecot)
    now = int(time.time())
    keys.set(key("dora", "exceptions"), json.dumps(
        [{"relay": "aws", "not_after": now - 1, "by": "me"},
         {"relay": "azure", "not_after": now + 100}]))
    equal({name: item["ended"] for name, item in dovecot.exceptions("dora").items()},
          {"aws": True, "azure": False})
    expect("ended" in dovecot.command("except", "--list", "dora").check().out)
    said = dovecot.except_("dora", "@cloud", json=True).objects[0]
    equal((said["result"], said["user"], said["in_force_within"]), ("added", "dora", 2))
    equal(list(dovecot.exceptions("dora")), ["azure", "@cloud"])
    said = dovecot.except_("dora", "azure", until="+2d", json=True).objects[0]
    equal((said["result"], said["was_not_after"]), ("replaced", now + 100))
    expect(abs(said["not_after"] - now - 2 * DAY) < 60, said)


def check_faulty(dovecot):
    keys = dictservers.Keys(dovecot)
    for text in ("nonsense", "[{\"relay\":1}]", "{}", ""):
        keys.set(key("erin", "exceptions"), text)
        keys.set(key("erin", "seen:aws"), "first=x" if text else "")
        expect("faulty value" in dovecot.command("except", "--list", "erin").check().err)
        expect("faulty records" in dovecot.command("seen", "--user=erin").check().err)
        dovecot.command("why", "erin").check()
        said = dovecot.command("except", "--remove", "erin", "aws").check(1)
        expect("count as absent" in said.err, said.err)
        said = dovecot.except_("erin", "aws").check()
        expect("count as absent" in said.err, said.err)
        equal(list(dovecot.exceptions("erin")), ["aws"])
    full = [{"relay": f"r{number}", "not_after": int(time.time()) + 1000} for number in range(64)]
    keys.set(key("erin", "exceptions"), json.dumps(full))
    said = dovecot.except_("erin", "aws").check(65)
    expect("at most 64" in said.err, said.err)
    equal(len(dovecot.exceptions("erin")), 64)
    dovecot.command("forget", "--all", "erin").check()


def check_order(dovecot):
    """check --dict tells of the sources what the plugin makes of them."""
    def entry(address, user="alice"):
        said = dovecot.command("check", f"--user={user}", "--dict", address, json=True)
        equal(said.err, "")
        item = json.loads(said.out)
        return item["action"], item["entry"]

    equal(entry(AWS), ("deny", "user_entries alice"))
    dovecot.except_("alice", "*").check()
    equal(entry(AWS), ("allow", "exception *"))
    dovecot.except_("alice", "@cloud").check()
    dovecot.except_("alice", "aws").check()
    equal(entry(AWS), ("allow", "exception aws"))
    equal(entry(AZURE), ("allow", "exception @cloud"))
    equal(entry(GMAIL), ("allow", "exception *"))
    equal(entry(HOME)[1], None)
    equal(entry(AWS, "bob"), ("alert", None))
    lines = f"alice {AWS}\nbob {OUTLOOK}\nalice {OUTLOOK}\nalice {GMAIL}\n{OUTLOOK}\n"
    done = execute(dovecot.arguments("check", "--dict", "--json", "-"), input=lines)
    rows = {item.get("relay"): item for item in map(json.loads, done.out.splitlines())}
    equal((done.status, done.err, rows["outlook-mobile"]["deny"]), (1, "", 2), done.out)
    dovecot.command("forget", "--all", "alice").check()
    equal(entry(AWS), ("deny", "user_entries alice"))


def check_login(dovecot):
    """What a command does, the next login but one within the cache's lifetime knows."""
    def let_in():
        return dovecot.login("imap", "bob", PASSWORD, remote=OUTLOOK).ok

    def within(want):
        deadline = time.monotonic() + 10
        while let_in() != want:
            expect(time.monotonic() < deadline, "not in force")
            time.sleep(0.3)

    equal(let_in(), False)
    dovecot.except_("bob", "outlook-mobile").check()
    begin = time.monotonic()
    within(True)
    expect(time.monotonic() - begin < 6, "the cache's lifetime is 2 s")
    dovecot.command("except", "--remove", "bob", "outlook-mobile").check()
    within(False)


def check_seen(dovecot):
    for remote in (OUTLOOK, OUTLOOK, AWS):
        dovecot.login("imap", "carol", PASSWORD, remote=remote)
    deadline = time.monotonic() + 20
    while True:
        records = dovecot.command("seen", "--user=carol", json=True).objects
        found = {item["relay"]: item["count"] for item in records}
        if found == {"outlook-mobile": 2, "aws": 1}:
            break
        expect(time.monotonic() < deadline, records)
        time.sleep(0.2)
    relays = dovecot.command("why", "carol", json=True).objects[0]["relays"]
    relays = [item for item in relays if "seen" in item]
    equal([(item["id"], item["decided"], item["seen"]["count"]) for item in relays],
          [("aws", "alert", 1), ("outlook-mobile", "deny", 2)])
    line = relays[1]["command"]
    equal(line, "relaysentry except carol outlook-mobile --until=+14d --reason=TEXT "
          f"--policy={dovecot.policy_path} --base-dir={dovecot.root}/run")
    # As somebody pastes it.
    path = f"{pathlib.Path(command()).parent}:{os.environ['PATH']}"
    execute(["sh", "-c", line], env=environment(PATH=path)).check()
    relays = dovecot.command("why", "carol", json=True).objects[0]["relays"]
    equal([item["entry"] for item in relays if item["id"] == "outlook-mobile"],
          ["exception outlook-mobile"])
    dovecot.command("forget", "--all", "carol").check()


def check_forget(dovecot):
    keys = dictservers.Keys(dovecot)
    for item in ("seen:aws", "seen:outlook-mobile", "told:aws"):
        keys.set(key("gina", item), seen(1, 2))
    keys.set(key("gina2", "seen:aws"), seen(1, 2))
    keys.set(key("gina", "future"), "of a later release")
    dovecot.except_("gina", "aws").check()
    counts = {"dry_run": True, "seen": 2, "told": 1, "exceptions": 0, "other": 0}
    equal(dovecot.command("forget", "--dry-run", "gina", json=True).objects, [counts])
    equal(dovecot.command("forget", "gina", json=True).objects, [{**counts, "dry_run": False}])
    equal(dovecot.command("seen", "--user=gina", json=True).objects, [])
    equal(keys.get(key("gina", "told:aws")), None)
    equal(list(dovecot.exceptions("gina")), ["aws"], "an administrator's act")
    equal(keys.get(key("gina", "future")), "of a later release")
    listed = int(dovecot.beside.lists)  # else it is not found
    equal("kept without --all: 1" in dovecot.command("forget", "gina").check().err, bool(listed))
    said = dovecot.command("forget", "--all", "gina", json=True).objects
    equal((said[0]["seen"], said[0]["exceptions"], said[0]["other"]), (0, 1, listed))
    equal(dovecot.exceptions("gina"), {})
    equal(keys.get(key("gina2", "seen:aws")), seen(1, 2), "another user")


def check_parallel(dovecot):
    """Twenty commands at a time, of which each adds one or removes one."""
    dictservers.Keys(dovecot).set(key("many", "exceptions"), json.dumps(
        [{"relay": f"gone-{n}", "not_after": int(time.time()) + DAY} for n in range(5)]))
    words = [("except", "--until=+1d", f"--reason={name}", "many", name) for name in MANY[:15]]
    words += [("except", "--remove", "many", f"gone-{n}") for n in range(5)]
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        said = list(pool.map(lambda item: dovecot.command(*item), words))
    equal([item.status for item in said], [0] * 20, [item.err for item in said])
    found = dovecot.exceptions("many")
    equal({name: item["reason"] for name, item in found.items()}, {n: n for n in MANY[:15]})


def check_nodes(dovecot):
    """Two nodes have two locks: each looks again whether its change is still there."""
    other = dovecot.root / "other.json"
    other.write_text(dovecot.policy_path.read_text())

    def make(number):
        arguments = dovecot.arguments("except", "--until=+1d", "--reason=r", f"pair-{number // 2}",
                                      MANY[number % 2])
        arguments[3] = (dovecot.policy_path, other)[number % 2]
        return execute(arguments)

    for pair in range(0, 12, 2):
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            said = list(pool.map(make, (pair, pair + 1)))
        equal([item.status for item in said], [0, 0], [item.err for item in said])
        equal(list(dovecot.exceptions(f"pair-{pair // 2}")), MANY[:2])


def more_relays(dovecot):
    extra = [relay(name, "cloud", address) for name, address in zip(MANY, ADDRESSES)]
    compile_database(dovecot.database_path, RELAYS + extra)


def with_more_relays(check):
    def function(dovecot):
        more_relays(dovecot)
        check(dovecot)
    return function


for place in (sqlite, postgresql, redis):
    name = f"commands, {place.__name__}"
    case(f"{name}: strange names are users of their own", on=place)(check_strange)
    case(f"{name}: exceptions are removed one by one", on=place)(check_removed)
    case(f"{name}: ended exceptions are marked, and dropped by the next change",
         on=place)(check_ends)
    case(f"{name}: what is faulty is told, and ends nothing", on=place)(check_faulty)
    case(f"{name}: check explains exceptions, which come first", on=place)(check_order)
    case(f"{name}: an exception counts for logins, and its removal", on=place)(check_login)
    case(f"{name}: what logins left is seen, and why helps", on=place)(check_seen)
    case(f"{name}: a user is forgotten, exceptions only when asked", on=place)(check_forget)
    case(f"{name}: twenty at the same time lose nothing", on=place)(
        with_more_relays(check_parallel))
    case(f"{name}: of two nodes, neither loses the other's", on=place)(
        with_more_relays(check_nodes))


# --- all users ---


def check_all(dovecot):
    keys, now = dictservers.Keys(dovecot), int(time.time())
    keys.set(key("anna", "seen:aws"), seen(now - 50, now - 20, deny=now - 30))
    keys.set(key("berta", "seen:azure"), seen(now - 90, now - 10))
    keys.set(key("berta", "seen:aws"), seen(now - 90, now - 300 * DAY))
    keys.set(key("berta", "unknown"), "of another program")

    def users(*words):
        records = dovecot.command("seen", *words, json=True).objects
        return [(item["user"], item["relay"]) for item in records
                if item["user"] in ("anna", "berta")]

    equal(users(), [("berta", "azure"), ("anna", "aws"), ("berta", "aws")], "the last first")
    equal(users("--relay=aws"), [("anna", "aws"), ("berta", "aws")])
    equal(users("--relay=nothing"), [])
    equal(users(f"--since=@{now - 15}"), [("berta", "azure")])
    equal(users("--since=7d"), [("berta", "azure"), ("anna", "aws")])
    said = dovecot.command("seen", "--user=ANNA").check()
    equal(said.out.split()[:6], ["USER", "RELAY", "LOGINS", "FIRST", "LAST", "REPORTED"])
    expect("deny 2" in said.out, said.out)


def check_expired(dovecot):
    keys, now = dictservers.Keys(dovecot), int(time.time())
    old, new = now - 181 * DAY, now - 179 * DAY
    records = {"seen:old": seen(old, old), "seen:new": seen(old, new), "seen:bad": "nonsense",
               "told:old": f"time={old}", "told:new": f"time={old}", "told:fresh": f"time={new}",
               "told:gone": f"time={old}", "told:bad": "yes"}
    for item, value in records.items():
        keys.set(key("hans", item), value)
    keys.set(key("hans", "exceptions"), json.dumps([{"relay": "aws", "not_after": 1}]))
    for number in range(250):
        keys.set(key(f"crowd-{number}", "seen:old"), seen(old, old))
    before = keys.iterate(PREFIX)
    counts = dovecot.command("forget", "--expired", "--dry-run", json=True).objects[0]
    expect(counts["seen"] >= 251 and counts["dry_run"], counts)
    equal(keys.iterate(PREFIX), before, "a dry run")
    said = dovecot.command("forget", "--expired", json=True).objects[0]
    equal({**said, "dry_run": True}, counts)
    left = {item for item in keys.iterate(PREFIX + "hans/")}
    # That he was told stays while he comes from there, and when it is not long ago; of
    # "bad" nobody knows how old the record is.
    equal(left, {key("hans", item) for item in (
        "seen:new", "seen:bad", "told:new", "told:fresh", "told:bad", "exceptions")})
    expect(not any("crowd-" in item for item in keys.iterate(PREFIX)))


for place in (sqlite, postgresql):
    name = f"commands, {place.__name__}"
    case(f"{name}: seen tells who came last first, and chooses", on=place)(check_all)
    case(f"{name}: what has expired is forgotten, and nothing else", on=place)(check_expired)


@case("commands, redis: all users cannot be listed, which is said", on=redis)
def _(dovecot):
    for words, advice in ((("seen",), "--user"), (("except", "--list"), "except --list USER"),
                          (("forget", "--expired"), "Redis forgets by itself")):
        said = dovecot.command(*words).check(69)
        expect("cannot list" in said.err and advice in said.err, said.err)


EFFECTS = {
    "denied before": ([rule("deny", "first", relay="aws"), *RULES], "is denied all the same"),
    "only to send mail": ([rule("deny", "sending", relay="aws", service="smtp"), *RULES],
                          "to smtp is denied all the same"),
    "nobody asks": ([rule("deny", "only", relay="aws")], "no rule has the action user-policy"),
    "let in anyway": ([rule("allow", "all", relay="aws"), *RULES], "are let in also without it"),
    "as it should be": (RULES, "")}


@case("commands: an exception that changes nothing is made with a warning")
def _():
    with kept(dictservers.Sqlite()) as dovecot:
        for label, (rules, want) in EFFECTS.items():
            dovecot.change_policy(rules=rules)
            said = dovecot.except_("alice", "aws").check()
            expect(want in said.err if want else not said.err, label, said.err)
            # For azure alone it does something, where the rules ask.
            said = dovecot.except_("alice", "@cloud").check()
            expect(want in said.err or label == "let in anyway", label, said.err)
        dovecot.change_policy(mode="none")
        expect("mode is none" in dovecot.except_("alice", "aws").check().err)


@case("commands: a day ends in the policy's time zone")
def _():
    with kept(dictservers.Sqlite()) as dovecot:
        dovecot.change_policy(timezone="America/New_York")
        env = {"SOURCE_DATE_EPOCH": "1795334400"}  # 2026-11-22T08:00:00Z
        for more in ({}, {"SUDO_USER": "root", "SUDO_UID": "0"}):
            said = dovecot.except_("alice", "aws", until="2026-12-24", json=True,
                                   env={**env, **more}).objects[0]
            equal(said["not_after"], 1798174800, "2026-12-25T05:00:00Z")


def counted(dovecot, user):
    return [item["count"] for item in dovecot.command("seen", f"--user={user}", json=True).objects]


@case("commands: who is forgotten after a reload comes back as a stranger, else as known")
def _():
    with kept(dictservers.Sqlite()) as dovecot:
        def login(want):
            expect(dovecot.login("imap", "bob", PASSWORD, remote=AWS).ok)
            deadline = time.monotonic() + 20
            while counted(dovecot, "bob") != [want]:
                expect(time.monotonic() < deadline, counted(dovecot, "bob"), want)
                time.sleep(0.1)

        login(1)
        login(2)
        said = dovecot.command("forget", "bob").check()
        expect("doveadm reload" in said.err, said.err)
        login(3)
        dovecot.reload()
        dovecot.command("forget", "bob").check()
        login(1)

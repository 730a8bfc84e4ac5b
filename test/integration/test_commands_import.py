# SPDX-License-Identifier: MIT
"""relaysentry seen --import: what logs told is known to logins, in SQLite, PostgreSQL and
Redis."""

import json
import time

import dictservers
from cases import case, equal, expect, instance
from dictworld import PREFIX, STRANGE, execute, kept
from world import AWS, PASSWORD, command

DAY = 86400


@instance
def sqlite():
    return kept(dictservers.Sqlite())


@instance
def postgresql():
    return kept(dictservers.Postgres())


@instance
def redis():
    return kept(dictservers.Redis())


def key(user, relay):
    return f"{PREFIX}{user}/seen:{relay}"


def stamp(seconds, form="%Y-%m-%dT%H:%M:%SZ"):
    return time.strftime(form, time.gmtime(seconds))


def line(user, relay, first, last, count, **others):
    return json.dumps({"type": "pair", "user": user, "relay": relay, "first": stamp(first),
                       "last": stamp(last), "count": count, "failed": 0, **others}) + "\n"


def take(dovecot, lines, *words):
    """Imports the lines. Returns (new, changed, unchanged)."""
    path = dovecot.root / "report.jsonl"
    path.write_text("".join(lines))
    said = dovecot.command("seen", f"--import={path}", *words, json=True).objects[0]
    return said["new"], said["changed"], said["unchanged"]


def check_audit(dovecot):
    """A log becomes a report, and the report what is known."""
    now = int(time.time())
    log = dovecot.root / "old.log"
    log.write_text("".join(
        f"{stamp(at)} mail dovecot: {text}, lip=192.0.2.1, TLS, session=<x{at}>\n"
        for at, text in (
            (now - 9 * DAY, f"imap-login: Login: user=<Anna>, method=PLAIN, rip={AWS}"),
            (now - 3 * DAY, f"pop3-login: Login: user=<anna>, method=PLAIN, rip={AWS}"),
            (now - 2 * DAY, "imap-login: Disconnected: Connection closed (auth failed, 1 attempts "
             f"in 2 secs): user=<berta>, method=PLAIN, rip={AWS}"))))
    report = execute([command(), "audit", "--database", dovecot.database_path, "--json", log])
    report.check()
    equal(take(dovecot, report.out, "--dry-run"), (1, 0, 0))
    keys = dictservers.Keys(dovecot)
    equal(keys.get(key("anna", "aws")), None, "a dry run")
    equal(take(dovecot, report.out), (1, 0, 0))
    equal(keys.get(key("anna", "aws")), f"first={now - 9 * DAY} last={now - 3 * DAY} count=2 "
          "alert=0,0 deny=0,0 testing=0,0")
    equal(keys.get(key("berta", "aws")), None, "no login of hers succeeded")
    equal(take(dovecot, report.out), (0, 0, 1), "again")
    said = execute([command(), "audit", "--database", dovecot.database_path, "--json",
                    "--anonymize", log]).check()
    (dovecot.root / "hidden.jsonl").write_text(said.out)
    said = dovecot.command("seen", f"--import={dovecot.root}/hidden.jsonl").check(65)
    expect("anonymized" in said.err, said.err)


def check_merge(dovecot):
    """The earliest first, the latest last, the larger count; alerts stay alerts."""
    now, keys = int(time.time()), dictservers.Keys(dovecot)
    stored = (f"first={now - 500} last={now - 100} count=7 alert={now - 100},5 deny=0,0 "
              "testing=0,0")
    keys.set(key("clara", "aws"), stored)
    equal(take(dovecot, line("clara", "aws", now - 300, now - 200, 7)), (0, 0, 1))
    equal(keys.get(key("clara", "aws")), stored)
    lines = [line("clara", "aws", now - 900, now - 300, 10), line("clara", "aws", now - 800,
                                                                 now - 50, 3)]
    equal(take(dovecot, lines), (0, 1, 0))
    # Two came since the alert, as before: what logs have of old is not reported as repeated.
    equal(keys.get(key("clara", "aws")), f"first={now - 900} last={now - 50} count=10 "
          f"alert={now - 100},8 deny=0,0 testing=0,0")
    keys.set(key("clara", "azure"), "nonsense")
    path = dovecot.root / "report.jsonl"
    path.write_text(line("clara", "azure", now - 9, now - 8, 1))
    said = dovecot.command("seen", f"--import={path}").check()
    expect("new 1" in said.out and "replaced: 1" in said.err, said.out, said.err)
    equal(keys.get(key("clara", "azure")).split()[2], "count=1")


def check_names(dovecot):
    """Each user is who logs in with that name; what is too old or unreadable is left out."""
    now, keys = int(time.time()), dictservers.Keys(dovecot)
    lines = [line(user, "aws", now - 20, now - 10, 4) for user in STRANGE]
    lines += [line("dora", "aws", now - 400 * DAY, now - 200 * DAY, 1),
              line("em\ufffdil", "aws", now - 20, now - 10, 1),
              '{"type":"later","user":3}\n', "\n"]
    path = dovecot.root / "names.jsonl"
    path.write_text("".join(lines))
    said = dovecot.command("seen", f"--import={path}").check()
    expect(f"new {len(STRANGE)}," in said.out, said.out)
    expect("forget_after" in said.err and "no UTF-8" in said.err, said.err)
    for user, user_key in STRANGE.items():
        expect("count=4" in keys.get(key(user_key, "aws")), user)
    equal(keys.get(key("dora", "aws")), None)


def check_login(dovecot):
    """Who was imported is no stranger."""
    now = int(time.time())
    take(dovecot, line("bob", "aws", now - 30 * DAY, now - DAY, 41))
    expect(dovecot.login("imap", "bob", PASSWORD, remote=AWS).ok)
    deadline = time.monotonic() + 20
    while True:
        found = dovecot.command("seen", "--user=bob", json=True).objects
        if found and found[0]["count"] == 42:
            break
        expect(time.monotonic() < deadline, found)
        time.sleep(0.2)
    equal(found[0]["first"], now - 30 * DAY)
    expect(found[0]["last"] >= now, found)


def check_many(dovecot):
    """More than one transaction holds, and what seen prints is taken as well."""
    now = int(time.time())
    lines = [line(f"crowd-{number}", "aws", now - 90, now - 80, 1 + number)
             for number in range(250)]
    equal(take(dovecot, lines), (250, 0, 0))
    if dovecot.beside.lists:
        records = dovecot.command("seen", json=True).check().out
        equal(take(dovecot, records), (0, 0, len(records.splitlines())))
    said = dovecot.command("seen", "--user=crowd-249", json=True).objects[0]
    equal((said["count"], said["first"], said["last"]), (250, now - 90, now - 80))


for place in (sqlite, postgresql, redis):
    name = f"import, {place.__name__}"
    case(f"{name}: what a log tells is known", on=place)(check_audit)
    case(f"{name}: nothing is counted twice, and no alert is forgotten", on=place)(check_merge)
    case(f"{name}: names are users, whatever they are made of", on=place)(check_names)
    case(f"{name}: a login goes on from it", on=place)(check_login)
    case(f"{name}: many at once, and what seen printed", on=place)(check_many)


@case("import: a dict that fails is told, with how far it came")
def _():
    now = int(time.time())
    with kept(dictservers.Sqlite()) as dovecot:
        path = dovecot.root / "report.jsonl"
        path.write_text("".join(line(f"user-{number}", "aws", now - 20, now - 10, 1)
                                for number in range(150)))
        dictservers.down(dovecot)
        with dovecot.beside.locked("IMMEDIATE"):
            said = dovecot.command("seen", f"--import={path}").check(69)
        expect("written before that: 0 of 150 records" in said.err, said.err)
        equal(dovecot.command("seen", json=True).objects, [])
        said = dovecot.command("seen", f"--import={path}", json=True).objects[0]
        equal(said["new"], 150)

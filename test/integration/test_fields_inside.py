# SPDX-License-Identifier: MIT
"""What passdbs say to relaysentry stays inside the auth process: neither mail
clients nor login and mail processes nor an administrator's lookups are told it."""

import fieldworld
from cases import case, equal, expect, instance
from fieldworld import READ, Account, FieldSentry, leaked
from world import AFTER, AWS, FIRST, GMAIL, HOME, OUTLOOK, PASSWORD, PRIMARY_CONTINUES
from world import Sentry, rule

RULES = [rule("user-policy", "own", reply="reason"),
         rule("deny", "staff", group="staff", relay="gmail-external", reply="reason")]
PREFETCH = "userdb {\n  driver = prefetch\n}\n" + Sentry.static_userdb()
OUT = r"(passdb|userdb) out: "
ALICE = Account("outlook-mobile", "*", "staff,secret-project")


def alice_and(**more):
    """Her line in a passwd-file, with other fields behind."""
    return fieldworld.PasswdFile.line(Account(ALICE.allow, ALICE.deny, ALICE.group, more))


def silent(dovecot, mark, *texts):
    """Fails when a process was told the fields, in the log of what auth sent since
    mark, or one of the texts has them."""
    dovecot.settle_log()
    lines = dovecot.log(mark, OUT)
    for text in (*lines, *texts):
        expect(not leaked(text) and "secret-project" not in text, text)
    return lines


def debugging(backend, accounts, **others):
    return FieldSentry(backend, accounts, RULES, extra="auth_debug = yes\n", **others)


@instance
def in_file():
    dovecot = debugging(fieldworld.PasswdFile, {}, userdb=PREFETCH)
    dovecot.write_users({"alice": alice_and(
        userdb_uid="nobody", userdb_gid="nogroup", userdb_home=f"{dovecot.home}/of-passdb")})
    return dovecot


@instance
def in_sql():
    return debugging(fieldworld.Sqlite, {"alice": ALICE})


@instance
def in_ldap():
    return debugging(fieldworld.Ldap, {"alice": ALICE})


for make in (in_file, in_sql, in_ldap):
    @case(f"fields: mail clients, login and mail processes are not told: {make.__name__}", on=make)
    def _(dovecot):
        for service in ("imap", "pop3", "submission"):
            for remote, let_in in ((OUTLOOK, True), (HOME, True), (GMAIL, False)):
                mark = dovecot.mark()
                answer = dovecot.login(service, "alice", PASSWORD, remote=remote)
                equal(answer.ok, let_in, (service, remote))
                lines = silent(dovecot, mark, str(answer))
                # Who is let in, is looked up for the mail process, too.
                expect(len(lines) >= 1 + let_in, lines)
        mark = dovecot.mark()
        answers = dovecot.logins([("imap", "alice", "wrong", mech, remote)
                                  for remote in (OUTLOOK, HOME, GMAIL)
                                  for mech in ("PLAIN", "CRAM-MD5", "SCRAM-SHA-256")])
        equal([answer.ok for answer in answers], [False] * len(answers))
        silent(dovecot, mark, *map(str, answers))

    @case(f"fields: doveadm is not told: {make.__name__}", on=make)
    def _(dovecot):
        dovecot.expected.append("relaysentry: .*address")
        mark = dovecot.mark()
        for words in (("test", "alice", PASSWORD), ("test", "alice", "wrong"), ("lookup", "alice"),
                      ("login", "alice", PASSWORD), ("lookup", "-f", "relaysentry_allow", "alice"),
                      *(("test", "-x", f"rip={remote}", "alice", PASSWORD)
                        for remote in (OUTLOOK, GMAIL, HOME))):
            done = dovecot.doveadm("auth", *words)
            silent(dovecot, mark, done.stdout, done.stderr)
            refused = "wrong" in words or f"rip={GMAIL}" in words
            equal(done.returncode != 0, refused, (words, done.stdout, done.stderr))
        done = dovecot.doveadm("user", "alice")
        equal(done.returncode, 0, done.stderr)
        silent(dovecot, mark, done.stdout)


@case("fields: who is proxied has none of them in the reply")
def _():
    users = {"alice": alice_and(proxy="y", host="192.0.2.99")}
    with Sentry(RULES, users=users, extra="auth_debug = yes\n") as dovecot:
        mark = dovecot.mark()
        with dovecot.auth() as auth:
            for remote, let_in in ((OUTLOOK, True), (GMAIL, False)):
                reply = auth.login("alice", PASSWORD, remote=remote)
                equal((reply.ok, "host" in reply.fields), (let_in, let_in), reply)
                silent(dovecot, mark, reply.raw)


@case("fields: are taken away where nothing is decided, too")
def _():
    nothing = {"mode none": {"mode": "none"}, "no policy": {"policy_text": None},
               "no database": {"database": False}, "a faulty policy": {"policy_text": "{"}}
    for label, others in nothing.items():
        with debugging(fieldworld.PasswdFile, {"alice": ALICE}, expected=["relaysentry"],
                       **others) as dovecot:
            mark = dovecot.mark()
            with dovecot.auth() as auth:
                for mech in fieldworld.PasswdFile.mechanisms:
                    reply = auth.login("alice", PASSWORD, mech, remote=GMAIL)
                    expect(reply.ok, label, reply)
                    expect(silent(dovecot, mark, reply.raw), label)


@case("fields: between two blocks of relaysentry they are known to the second alone")
def _():
    users = {"alice": alice_and(), "bob": "{PLAIN}secret"}
    with Sentry(RULES, FIRST + PRIMARY_CONTINUES + AFTER, users=users,
                expected=["relaysentry: before the primary"]) as dovecot:
        with dovecot.auth() as auth:
            for user, remote, want in (("alice", OUTLOOK, True), ("alice", GMAIL, False),
                                       ("alice", AWS, False), ("bob", GMAIL, True)):
                reply = auth.login(user, PASSWORD, remote=remote)
                equal((reply.ok, leaked(reply.raw)), (want, []), (user, remote, reply))


# --- the auth cache ---

CACHE = "auth_cache_size = 1M\nauth_cache_ttl = 1h\nauth_debug = yes\n"
HIT = "cache hit: "


@case("fields: those that the auth cache remembers decide, and stay inside")
def _():
    accounts = {"alice": Account("outlook-mobile", "*", "secret-project"), "bob": Account()}
    with FieldSentry(fieldworld.Sqlite, accounts, RULES, extra=CACHE) as dovecot:
        with dovecot.auth() as auth:
            expect(auth.login("alice", PASSWORD, remote=HOME).ok)
            dovecot.database.run("UPDATE users SET relay_deny = NULL, relay_allow = '*' "
                                 "WHERE name = 'alice';")
            for mech in fieldworld.Sqlite.mechanisms:
                for _round in range(2):
                    for remote, want in ((OUTLOOK, True), (GMAIL, False), (HOME, True)):
                        mark = dovecot.mark()
                        reply = auth.login("alice", PASSWORD, mech, remote=remote)
                        equal(reply.ok, want, (mech, remote, reply))
                        silent(dovecot, mark, reply.raw)
                        expect(dovecot.log(mark, HIT), mech, remote, "not from the cache")
                    expect(auth.login("bob", PASSWORD, mech, remote=GMAIL).ok, mech)
            dovecot.doveadm("auth", "cache", "flush", "alice", check=True)
            expect(auth.login("alice", PASSWORD, remote=GMAIL).ok, "what is new")


# --- master users ---

MASTERS = """
auth_master_user_separator = *
auth_debug = yes
passdb {
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {root}/masters
  master = yes
  result_success = continue
}
"""


def mastered(**of_master):
    line = fieldworld.PasswdFile.line(Account(**of_master)).replace(PASSWORD, "master")
    return Sentry(RULES, PRIMARY_CONTINUES + AFTER, extra=MASTERS, users={
        "alice": alice_and(), "bob": "{PLAIN}secret"},
        files={"masters": f"admin:{line}\n"})


def check_masters(dovecot, want):
    with dovecot.auth() as auth:
        for (user, remote), let_in in want.items():
            mark = dovecot.mark()
            reply = auth.login(f"{user}*admin", "master", remote=remote)
            equal(reply.ok, let_in, (user, remote, reply))
            silent(dovecot, mark, reply.raw)
            reply = auth.login(f"{user}*admin", "wrong", remote=remote)
            expect(not reply.ok, reply)
            silent(dovecot, mark, reply.raw)


@case("fields: of a master login those of the user decide")
def _():
    with mastered() as dovecot:
        check_masters(dovecot, {("alice", OUTLOOK): True, ("alice", GMAIL): False,
                                ("alice", HOME): True, ("bob", OUTLOOK): True,
                                ("bob", GMAIL): True})


@case("fields: those of the master passdb count where the user has none of that name")
def _():
    with mastered(allow="aws", deny="gmail-external") as dovecot:
        check_masters(dovecot, {("alice", OUTLOOK): True, ("alice", AWS): False,
                                ("bob", AWS): True, ("bob", GMAIL): False})
        with dovecot.auth() as auth:
            expect(auth.login("bob", PASSWORD, remote=GMAIL).ok)


# --- first place ---

@case("fields: behind first place they reach login processes, and no mail client")
def _():
    users = {"alice": alice_and()}
    with Sentry([rule("alert", relay="outlook-mobile")], "first", users=users) as dovecot:
        with dovecot.auth() as auth:
            equal(leaked(auth.login("alice", PASSWORD, remote=OUTLOOK).raw), list(READ[:3]))
        for service in ("imap", "pop3", "submission"):
            answer = dovecot.login(service, "alice", PASSWORD, remote=OUTLOOK)
            expect(answer.ok and not leaked(str(answer)), service, answer)

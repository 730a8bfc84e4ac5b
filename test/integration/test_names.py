# SPDX-License-Identifier: MIT
"""Users whose names hold what is special elsewhere: in paths, in SQL, in LDAP, in
Dovecot's variables and in its lines. Each has an own policy, and gets no other's."""

import fieldworld
from cases import case, equal, expect
from fieldworld import Account, FieldSentry
from world import GMAIL, OUTLOOK, PASSWORD, rule

RULES = [rule("user-policy", "own", reply="reason")]
ODD = ("/", "%", "%u", "%%", "%{user}", "?", "(", ")", "=", ",", ";", "$", "+", "#", "<", "|",
       "&", "..", "//", "\u00fc", "\u00df", "\u65e5\u672c", "\U0001f40e")
# Dovecot looks for these in a passwd-file with a backslash before them.
QUOTES = ("'", '"', "\\", "\\\\")
# These the policy does not take, and a passwd-file and LDAP have no place for them.
CONTROLS = ("\t", "\n", "\r", "\1", "\x7f")
DOMAIN = "@example.org"


def names(*odd):
    """Two of each that differ in the last letter."""
    return [f"x{text}{end}{DOMAIN}" for text in ("", *odd) for end in "ab"]


def fields(backend, found):
    """Each is denied what the next one is allowed."""
    accounts = {name: Account(("gmail-external", "outlook-mobile")[number % 2], "*")
                for number, name in enumerate(found)}
    return FieldSentry(backend, accounts, RULES)


def entries(backend, found):
    own = {name: {"allow": ("gmail-external", "outlook-mobile")[number % 2], "deny": "*"}
           for number, name in enumerate(found)}
    return FieldSentry(backend, {name: Account() for name in found}, RULES,
                       settings={"user_entries": own})


def check(dovecot, found, mechanisms):
    """That each is let in as fields() and entries() say."""
    attempts = [(name, PASSWORD, mech, remote) for mech in mechanisms if "SCRAM" not in mech
                for name in found for remote in (GMAIL, OUTLOOK)]
    want = [allowed for mech in mechanisms if "SCRAM" not in mech
            for number in range(len(found)) for allowed in (number % 2 == 0, number % 2 == 1)]
    with dovecot.auth() as auth:
        # So few at a time that Dovecot has enough auth workers.
        replies = [reply for begin in range(0, len(attempts), 16)
                   for reply in auth.logins(attempts[begin:begin + 16])]
    wrong = [(attempt, reply.raw) for attempt, reply, let_in in zip(attempts, replies, want)
             if reply.ok != let_in or reply.fields["user"] != attempt[0]]
    equal(wrong, [])


def odd_names(backend, make):
    found = names(*ODD) if backend is fieldworld.PasswdFile else names(*ODD, *QUOTES, ":")
    if make is fields:
        found += names("*", "x*")[2:]
        if issubclass(backend, fieldworld.Sql):
            found += names(*CONTROLS)[2:]
    with make(backend, found) as dovecot:
        check(dovecot, found, backend.mechanisms)


for kind in fieldworld.BACKENDS:
    for source in (fields, entries):
        case(f"{kind.__name__}: users with odd names get their own {source.__name__}")(
            lambda kind=kind, source=source: odd_names(kind, source))


# Dovecot's own default.
CHARS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ01234567890.-_@"


@case("names that auth_username_chars does not have are refused, whatever the fields say")
def _():
    found = names(*(text for text in ODD + QUOTES if set(text) - set(CHARS)), *CONTROLS)[2:]
    accounts = {name: Account("*") for name in [*found, *names()]}
    with FieldSentry(fieldworld.Sqlite, accounts, RULES,
                     extra=f"auth_username_chars = {CHARS}\n") as dovecot:
        with dovecot.auth() as auth:
            replies = auth.logins([(name, PASSWORD, "PLAIN", OUTLOOK) for name in found])
            equal([reply for reply in replies if reply.ok], [])
            for name in names():
                expect(auth.login(name, PASSWORD, remote=OUTLOOK).ok, name)


@case("names with quotes that a passwd-file does not give are refused, and are nobody else's")
def _():
    found = names(*QUOTES)[2:]
    with FieldSentry(fieldworld.PasswdFile, {name: Account("*") for name in names()},
                     RULES) as dovecot:
        with dovecot.auth() as auth:
            replies = auth.logins([(name, PASSWORD, mech, OUTLOOK) for name in found
                                   for mech in fieldworld.PasswdFile.mechanisms])
            equal([reply for reply in replies if reply.ok], [])

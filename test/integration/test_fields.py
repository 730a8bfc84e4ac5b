# SPDX-License-Identifier: MIT
"""The user's own policy in passdb fields, from each kind of passdb: what decides,
before what, and that only relaysentry sees it."""

import time
from dataclasses import dataclass, field

import fieldworld
from cases import case, equal, expect
from fieldworld import Account, FieldSentry, leaked
from world import AWS, GMAIL, HOME, OUTLOOK, PASSWORD, PRIVATE, lint, only, rule, since_2_4

REMOTES = (OUTLOOK, GMAIL, AWS, PRIVATE)
RULES = [rule("user-policy", "own", reply="reason", message="You chose so"),
         rule("deny", "staff", group="staff", relay="gmail-external"),
         rule("alert", "rest", relay=["outlook-mobile", "gmail-external", "aws",
                                      "icloud-private-relay"])]
UNKNOWN = ",".join(f"app-{number}" for number in range(250))


@dataclass
class Row:
    """want: what becomes of logins from REMOTES: "allow" and "deny" by a passdb
    field, "entry" denied by the user's entry, "staff" by the rule, "rest": let in
    by the last rule."""
    label: str
    want: str
    allow: str = None
    deny: str = None
    group: str = None
    entries: dict = field(default_factory=dict)


ROWS = [
    Row("no field: the rules decide", "rest rest rest rest"),
    Row("a relay that is allowed, and no other", "allow rest rest rest", "outlook-mobile"),
    Row("a relay that is denied, and no other", "deny rest rest rest", None, "outlook-mobile"),
    Row("several relays", "allow deny deny allow", "outlook-mobile,icloud-private-relay",
        "aws,gmail-external"),
    Row("a relay that is allowed and denied", "deny rest rest rest", "outlook-mobile",
        "outlook-mobile"),
    Row("a class that is allowed and denied", "rest rest deny rest", "@cloud", "@cloud"),
    Row("everything allowed and denied", "deny deny deny deny", "*", "*"),
    Row("an id is before its class", "allow deny rest rest", "outlook-mobile", "@mail-relay"),
    Row("an id is before its class, also where it is denied", "deny allow rest rest",
        "@mail-relay", "outlook-mobile"),
    Row("a class is before *", "allow allow deny deny", "@mail-relay", "*"),
    Row("a class is before *, also where it is denied", "allow allow deny allow", "*", "@cloud"),
    Row("an id is before *", "allow deny deny deny", "outlook-mobile", "*"),
    Row("blanks and too many commas", "allow deny allow deny", " outlook-mobile , ,aws,,",
        ", @mail-relay ,@privacy-proxy  "),
    Row("upper case", "allow rest deny rest", "OUTLOOK-Mobile", "@Cloud"),
    Row("ids that no relay has", "rest rest rest rest", "outlook,outlook-mobile2,mail-relay,**",
        "@nothing,@,@@cloud,cloud,outlook mobile,gmail-external;aws"),
    Row("ids that no relay has beside one that is", "allow rest rest rest",
        "nothing,outlook-mobile", "@nothing"),
    Row("an empty list", "rest rest rest rest", "", ""),
    Row("nothing but commas", "rest rest rest rest", ",", ", ,"),
    Row("long lists", "allow rest deny rest", UNKNOWN + ",outlook-mobile", UNKNOWN + ",aws",
        UNKNOWN),
    Row("a group", "rest staff rest rest", group="staff"),
    Row("one of the groups, whatever its case, between blanks", "rest staff rest rest",
        group="teachers, STAFF ,"),
    Row("other groups, some of which contain the name", "rest rest rest rest",
        group="staff2,the staff,sta,ff"),
    Row("what the user allows is before what the group is denied", "rest allow rest rest",
        "gmail-external", group="staff"),
    Row("user_entries, without a field", "entry rest rest rest",
        entries={"deny": "outlook-mobile"}),
    Row("a field is before user_entries", "allow rest rest rest", "outlook-mobile",
        entries={"deny": "outlook-mobile"}),
    Row("even a field that says * is before them", "allow allow allow allow", "*",
        entries={"deny": ["outlook-mobile", "@cloud"]}),
    Row("a field with nothing about the relay leaves it to them", "entry entry deny allow",
        "icloud-private-relay", "aws", entries={"deny": "@mail-relay"}),
]
NAMES = [f"user{number}@example.org" for number in range(len(ROWS))]


def outcome(dovecot, auth, name, remote, mech="PLAIN"):
    """What became of a login, in the words of Row.want."""
    mark = dovecot.mark()
    reply = auth.login(name, PASSWORD, mech, remote=remote)
    equal(leaked(reply.raw), [], reply.raw)
    if reply.ok and mech != "PLAIN":
        time.sleep(0.5)  # what was let in before its proof is reported when it has ended
    lines = dovecot.reports(mark)
    if reply.ok:
        return lines[0]["rule"] if lines else "allow"
    line, = lines
    equal((line["action"], line["enforced"]), ("deny", "yes"), line["line"])
    if line["rule"] != "own":
        return line["rule"]
    return {"passdb\\x20field\\x20relaysentry_deny": "deny",
            f"user_entries\\x20{name}": "entry"}[line["entry"]]


def rows(backend):
    accounts = {name: Account(row.allow, row.deny, row.group) for name, row in zip(NAMES, ROWS)}
    entries = {name: row.entries for name, row in zip(NAMES, ROWS) if row.entries}
    with FieldSentry(backend, accounts, RULES, settings={"user_entries": entries}) as dovecot:
        with dovecot.auth() as auth:
            for name, row in zip(NAMES, ROWS):
                got = [outcome(dovecot, auth, name, remote) for remote in REMOTES]
                equal(" ".join(got), row.want, row.label)
                expect(auth.login(name, PASSWORD, remote=HOME).ok, row.label)


USERS = {"alice": Account(allow="outlook-mobile", deny="*", group="students"),
         "bob": Account(deny="outlook-mobile", group="staff"),
         "carol": Account()}
WANT = {"alice": ["allow", "deny"], "bob": ["deny", "staff"], "carol": ["rest", "rest"]}


def mechanisms(backend):
    """Each mechanism, one after the other by one connection, and by all services."""
    with FieldSentry(backend, USERS, RULES) as dovecot:
        with dovecot.auth() as auth:
            for mech in backend.mechanisms:
                for name, want in WANT.items():
                    equal([outcome(dovecot, auth, name, remote, mech)
                           for remote in (OUTLOOK, GMAIL)], want, (mech, name))
            wrong = [(name, "wrong", mech, remote) for mech in backend.mechanisms
                     for name in WANT for remote in (OUTLOOK, GMAIL, HOME)]
            for attempt, reply in zip(wrong, auth.logins(wrong)):
                expect(not reply.ok and not leaked(reply.raw), attempt, reply)
        attempts = [(service, name, PASSWORD, "PLAIN", remote) for name in WANT
                    for service in ("imap", "pop3", "submission") for remote in (OUTLOOK, GMAIL)]
        want = [word in ("allow", "rest") for words in WANT.values() for word in 3 * words]
        equal([answer.ok for answer in dovecot.logins(attempts)], want, attempts)


def endless(backend):
    """In all three fields more than any list needs. Dovecot 2.4 itself does not
    survive 16 KiB in a field of a passwd-file."""
    count = since_2_4(1000, 10000) if backend is fieldworld.PasswdFile else 10000
    long = "".join(f"app-{number}," for number in range(count))
    accounts = {"alice": Account(long + "outlook-mobile", long + "*", long + "staff"),
                "bob": Account(group="staff")}
    with FieldSentry(backend, accounts, RULES) as dovecot:
        with dovecot.auth() as auth:
            equal([outcome(dovecot, auth, name, remote) for name in accounts
                   for remote in (OUTLOOK, GMAIL)], ["allow", "deny", "rest", "staff"])


for kind in fieldworld.BACKENDS:
    case(f"{kind.__name__}: each row of fields decides as it says")(lambda kind=kind: rows(kind))
    case(f"{kind.__name__}: three users' fields, by each mechanism and service")(
        lambda kind=kind: mechanisms(kind))
    if kind is not fieldworld.Sqlite:
        case(f"{kind.__name__}: lists of thousands of relays")(lambda kind=kind: endless(kind))


@case("Sqlite: over 8 KiB for a user, an auth worker of Dovecot 2.3 fails")
def _():
    only("2.3")
    accounts = {"alice": Account("app," * 2500), "bob": Account(group="staff")}
    with FieldSentry(fieldworld.Sqlite, accounts, RULES,
                     expected=["Auth worker sent us more than 8192 bytes",
                               "Aborted PASSV request"]) as dovecot:
        with dovecot.auth() as auth:
            for remote in (OUTLOOK, HOME):
                reply = auth.login("alice", PASSWORD, remote=remote)
                expect(not reply.ok and "temp" in reply.raw, reply)
            equal(outcome(dovecot, auth, "bob", GMAIL), "staff")


@case("LDAP: of an attribute with several values, Dovecot 2.4 hands on all, 2.3 one")
def _():
    several = {"dora": Account(allow=["aws", "outlook-mobile"], deny="*"),
               "emil": Account(group=["staff", "students"])}
    warned = since_2_4([], ["Multiple values found for 'relaysentry_"])
    with FieldSentry(fieldworld.Ldap, several, RULES, expected=warned) as dovecot:
        with dovecot.auth() as auth:
            got = [outcome(dovecot, auth, "dora", remote) for remote in (OUTLOOK, AWS)]
            equal(got.count("allow"), since_2_4(2, 1), got)
            got = outcome(dovecot, auth, "emil", GMAIL)
            expect(got in since_2_4(["staff"], ["staff", "rest"]), got)


@case("LDAP: names that it takes for the same are one to rules when it returns them")
def _():
    accounts = {"alice": Account(), "bob": Account()}
    with FieldSentry(fieldworld.Ldap, accounts, RULES, settings={
            "user_entries": {"alice": {"deny": "outlook-mobile"}}}) as dovecot:
        with dovecot.auth() as auth:
            for name in ("alice", "ALICE", "alice ", " Alice"):
                expect(auth.login(name, PASSWORD, remote=HOME).ok, name)
                reply = auth.login(name, PASSWORD, remote=OUTLOOK)
                equal((reply.ok, reply.fields["user"]), (False, "alice"), name)
            expect(auth.login("bob", PASSWORD, remote=OUTLOOK).ok)


@case("LDAP: without `default`, an attribute that is missing takes all fields away")
def _():
    only("2.4")
    for backend, let_in in ((fieldworld.Ldap, False), (fieldworld.LdapBind, True)):
        class Careless(backend):
            def configure(self):
                found = super().configure()
                found["place"]["2.4"] = found["place"]["2.4"].replace("| default ", "")
                return found
        with FieldSentry(Careless, {"alice": Account(deny="outlook-mobile", group="staff")}, RULES,
                         expected=["No such attribute"]) as dovecot:
            with dovecot.auth() as auth:
                equal(auth.login("alice", PASSWORD, remote=OUTLOOK).ok, let_in, backend.__name__)
            found = lint(dovecot)
            equal([name for name in ("allow", "deny", "group")
                   if f"no default for relaysentry_{name}:" not in found], [], found)
        with FieldSentry(backend, {}, RULES) as dovecot:
            equal(lint(dovecot), "")

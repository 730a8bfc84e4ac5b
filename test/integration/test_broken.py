# SPDX-License-Identifier: MIT
"""Policy and database that are missing or broken when Dovecot starts."""

import os
import pathlib
import time

from cases import Skip, case, equal, expect
from dovecot import find_module
from world import AWS, HOME, LOADED, OUTLOOK, PASSWORD, Sentry, compile_database, only, rule

RULES = [rule("deny", "outlook", relay="outlook-mobile", message="Not this app")]
ON_ERROR = ("allow", "deny", "tempfail")
MODES = ("testing", "none")  # enforce: the cases of each fault
FOREIGN = 12345  # nobody here has this number
MECHANISMS = ("PLAIN", "CRAM-MD5", "SCRAM-SHA-256")


def elsewhere(path):
    """The file by a symbolic link."""
    real = path.with_name("real-" + path.name)
    os.rename(path, real)
    path.symlink_to(real)


def fifo(path):
    path.unlink()
    os.mkfifo(path, 0o644)


def folder(path):
    path.unlink()
    path.mkdir()


def foreign(path):
    """Another user's, who keeps it for himself."""
    os.chown(path, FOREIGN, FOREIGN)
    path.chmod(0o640)


def damage(path, change):
    path.write_bytes(change(path.read_bytes()))


DATABASE_FAULTS = {
    "missing": lambda p: p.unlink(),
    "empty": lambda p: os.truncate(p, 0),
    "truncated": lambda p: os.truncate(p, p.stat().st_size // 2),
    "corrupt": lambda p: damage(p, lambda data: b"\xff" * 500 + data[500:]),
    "another kind of file": lambda p: p.write_text("relays\n"),
    "unreadable for Dovecot": lambda p: p.chmod(0o600),
    "of a wrong owner": foreign,
    "writable by all": lambda p: p.chmod(0o666),
    "writable by its group": lambda p: p.chmod(0o664),
    "a symbolic link": elsewhere,
    "a FIFO": fifo,
    "a folder": folder,
}
POLICY_FAULTS = {
    "missing": lambda p: p.unlink(),
    "empty": lambda p: os.truncate(p, 0),
    "no JSON": lambda p: p.write_text("{"),
    "of an unknown key": lambda p: damage(p, lambda data: data.replace(b'"rules"', b'"rulez"')),
    "unreadable for Dovecot": lambda p: p.chmod(0o600),
    "of a wrong owner": foreign,
    "writable by all": lambda p: p.chmod(0o666),
    "a FIFO": fifo,
    "a folder": folder,
}


def outcome(reply):
    if reply.ok:
        return "in"
    return "tempfail" if reply.fields.get("code") == "temp_fail" else "refused"


def outcomes(dovecot, want, remote):
    """Logins that are right get what is wanted, all others are refused."""
    with dovecot.auth() as auth:
        replies = auth.logins([("alice", PASSWORD, mech, remote) for mech in MECHANISMS])
        equal([outcome(reply) for reply in replies], [want] * len(MECHANISMS), remote)
        replies = auth.logins([(user, password, mech, remote) for mech in MECHANISMS
                               for user, password in (("alice", "wrong"), ("nobody", PASSWORD))])
        expect(not any(reply.ok for reply in replies), replies)


def broken(file, fault, on_error, mode):
    """Dovecot starts with one of the files broken; what becomes of logins."""
    dovecot = Sentry(RULES, on_error=on_error, mode=mode, expected=["relaysentry"])
    path = getattr(dovecot, file)
    fault(path)
    with dovecot:
        if mode == "none":
            # Nothing is checked anyway: only the fault itself is told.
            line = dovecot.wait_log(f"Error: relaysentry: .*{path.name}")[0]
        else:
            what = "no policy" if file == "policy_path" else "no relay database"
            line = dovecot.wait_log(f"Error: relaysentry: {what}: logins are not checked")[0]
        expect(path.name in line, line)
        want = {"allow": "in", "deny": "refused", "tempfail": "tempfail"}[on_error]
        if file == "database_path" and mode != "enforce":
            want = "in"
        outcomes(dovecot, want, OUTLOOK)
        outcomes(dovecot, want, HOME)
        equal(dovecot.doveadm("user", "alice").returncode, 0, "doveadm user")
        equal(dovecot.log(0, LOADED), [])


# What on_error says hangs on the file alone, not on what is wrong with it: each fault
# with one of the words in turn, and the missing file with all of them.
def fault_cases(file, faults, title):
    for number, (what, change) in enumerate(faults.items()):
        words = ON_ERROR if what == "missing" else [ON_ERROR[number % len(ON_ERROR)]]
        case(title.format(what))(
            lambda change=change, words=words: [broken(file, change, word, "enforce")
                                                for word in words])


fault_cases("database_path", DATABASE_FAULTS,
            "broken: a database that is {}: on_error decides, in mode enforce")
fault_cases("policy_path", POLICY_FAULTS, "broken: a policy that is {}: on_error decides")

for name in MODES:
    case(f"policy point 11: without a database each on_error in mode {name}")(
        lambda name=name: [broken("database_path", DATABASE_FAULTS["missing"], word, name)
                           for word in ON_ERROR])


@case("broken: in first place each on_error, and nobody gets in who would not have")
def _():
    for word, want in (("allow", "in"), ("deny", "refused"), ("tempfail", "tempfail")):
        with Sentry(RULES[:0], place="first", on_error=word, database=False,
                    expected=["relaysentry"]) as dovecot:
            outcomes(dovecot, want, HOME)


@case("broken: what comes later is loaded, and logins are then checked")
def _():
    with Sentry(RULES, database=False, expected=["relaysentry"]) as dovecot:
        with dovecot.auth() as auth:
            expect(auth.login("alice", PASSWORD, remote=OUTLOOK).ok)
            mark = dovecot.mark()
            compile_database(dovecot.database_path)
            dovecot.wait_log(LOADED, mark)
            expect(not auth.login("alice", PASSWORD, remote=OUTLOOK).ok)


@case("broken: where memory is short, the line says which setting limits it")
def _():
    if b"libasan" in find_module().read_bytes():
        raise Skip("sanitizers need more memory than any limit")
    with Sentry([rule("user-policy")], settings={"user_entries_file": "entries.json"},
                files={"entries.json": '{"alice": {"deny": "aws"}}'}, expected=["relaysentry"],
                extra="service auth {\n  vsz_limit = 96 M\n}\n") as dovecot:
        with dovecot.auth() as auth:
            mark = dovecot.mark()
            (dovecot.root / "entries.json").write_text(
                "{" + ",".join(f'"user{i}": {{"deny": "aws"}}' for i in range(300000)) + "}")
            dovecot.wait_log("Error: relaysentry: .*memory is short; raise vsz_limit", mark)
            dovecot.wait_log("stay in force", mark)
            expect(not auth.login("alice", PASSWORD, remote=AWS).ok)
            expect(auth.login("alice", PASSWORD, remote=HOME).ok)


@case("broken: tempfail is a temporary failure to the clients of each service")
def _():
    with Sentry(RULES, on_error="tempfail", database=False, expected=["relaysentry"]) as dovecot:
        for service, text in (("imap", "a NO [UNAVAILABLE]"), ("pop3", "-ERR [SYS/TEMP]"),
                              ("submission", "454 4.7.0")):
            answer = dovecot.login(service, "alice", PASSWORD, remote=HOME)
            expect(answer.text.startswith(text), answer)


@case("broken: tempfail is answered as late as other failures")
def _():
    only("2.3")
    with Sentry(RULES, on_error="tempfail", database=False, failure_delay="2 secs",
                expected=["relaysentry"]) as dovecot:
        with dovecot.auth() as auth:
            for mech in MECHANISMS:
                begin = time.monotonic()
                reply = auth.login("alice", PASSWORD, mech, remote=HOME)
                took = time.monotonic() - begin
                equal(outcome(reply), "tempfail", mech)
                expect(took > 0.5, mech, "answered after seconds", took)


@case("broken: the corrupt databases that are known crash nothing")
def _():
    data = os.environ.get("RELAYSENTRY_DATA")
    files = sorted(pathlib.Path(data).glob("mmdb/bad/**/*.mmdb")) if data else []
    if not files:
        raise Skip("RELAYSENTRY_DATA names no folder with mmdb/bad")
    with Sentry(RULES, database=False, expected=["relaysentry"]) as dovecot:
        pid = dovecot.auth_pid()
        for path in files:
            mark = dovecot.mark()
            beside = dovecot.root / "beside"
            beside.write_bytes(path.read_bytes())
            os.replace(beside, dovecot.database_path)
            dovecot.wait_log("relays.mmdb", mark)
            with dovecot.auth() as auth:
                expect(auth.login("alice", PASSWORD, remote=HOME).ok, path.name)
        equal(dovecot.auth_pid(), pid, "the auth process is the same")

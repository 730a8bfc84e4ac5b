# SPDX-License-Identifier: MIT
"""The harness itself, with a Dovecot without relaysentry."""

import os
import signal

from cases import case, equal, expect, instance
from dovecot import Dovecot, LogFault

PASSDB = """
passdb {
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {users}
}
"""
MECHANISMS = ("PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256")


@instance
def plain():
    return Dovecot(PASSDB, users={"alice": "{PLAIN}secret"})


@case("harness: every service and mechanism logs in", on=plain)
def _(dovecot):
    for service in ("imap", "pop3", "submission"):
        for mech in MECHANISMS:
            answer = dovecot.login(service, "alice", "secret", mech, remote="52.125.138.7")
            expect(answer.ok, service, mech, answer)


@case("harness: a wrong password is refused with the text of each service", on=plain)
def _(dovecot):
    for service, text in (("imap", "a NO [AUTHENTICATIONFAILED] Authentication failed."),
                          ("pop3", "-ERR [AUTH] Authentication failed."),
                          ("submission", "535 5.7.8 Authentication failed.")):
        answer = dovecot.login(service, "alice", "wrong", remote="52.125.138.7")
        equal((answer.ok, answer.text), (False, text), service)


@case("harness: the PROXY header sets the remote address", on=plain)
def _(dovecot):
    for remote in ("52.125.138.7", "2001:db8::7", "::ffff:52.125.138.7"):
        for version in (1, 2):
            mark = dovecot.mark()
            expect(dovecot.login("imap", "alice", "secret", remote=remote, version=version).ok)
            dovecot.wait_log(f"(Login|Logged in): user=<alice>.* rip={remote}, ", mark)


@case("harness: an error in the log is a failure")
def _():
    # Without the password file every login is an error.
    dovecot = Dovecot(PASSDB)
    dovecot.users_path.unlink()
    try:
        with dovecot:
            expect(not dovecot.login("imap", "alice", "secret").ok)
    except LogFault as fault:
        expect("Error: " in str(fault), fault)
    else:
        raise AssertionError("an error in the log went by unseen")


@case("harness: a killed auth process is a failure")
def _():
    try:
        with Dovecot(PASSDB, users={"alice": "{PLAIN}secret"}) as dovecot:
            os.kill(dovecot.auth_pid(), signal.SIGKILL)
            dovecot.wait_log("killed with signal 9")
    except LogFault as fault:
        expect("killed with signal 9" in str(fault), fault)
    else:
        raise AssertionError("a crash went by unseen")

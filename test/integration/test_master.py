# SPDX-License-Identifier: MIT
"""Master users where the users' passdb cannot do more than verify a password."""

from cases import case, equal, expect
from dovecot import Dovecot
from world import AFTER, HOME, OUTLOOK, PASSWORD, PRIMARY_ALONE, USERS, Sentry, lint, rule

MESSAGE = "Not this app"
RULES = [rule("deny", "outlook", relay="outlook-mobile", message=MESSAGE)]
# Like PAM, it is given the password and says yes or no.
PLAIN_ONLY = """
passdb {
  driver = imap
  args = host=127.0.0.1 port=PORT
  result_success = continue-ok
  SKIP
}
"""
MASTERS = """
passdb {
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {root}/masters
  master = yes
  result_success = RESULT
}
"""


def place(backend, result, skip=""):
    users = PLAIN_ONLY.replace("PORT", str(backend.ports["imap_direct"])).replace("SKIP", skip)
    return users + AFTER + MASTERS.replace("RESULT", result)


def sentry(backend, *words, expected=()):
    return Sentry(RULES, place=place(backend, *words), mechanisms="plain login",
                  extra="auth_master_user_separator = *\n",
                  expected=[*expected, r"imap.*: Authentication failed"],
                  files={"masters": "admin:{PLAIN}master\n"})


@case("danger 3: a master user is checked where the passdb only verifies passwords")
def _():
    with Dovecot(PRIMARY_ALONE, users=USERS) as backend:
        with sentry(backend, "continue-ok", "skip = authenticated") as dovecot:
            equal(lint(dovecot), "")
            for user, password in (("alice*admin", "master"), ("alice", PASSWORD)):
                expect(dovecot.login("imap", user, password, remote=HOME).ok, user)
                answer = dovecot.login("imap", user, password, remote=OUTLOOK)
                expect(not answer.ok and MESSAGE in answer.text, user, answer)
                for remote in (HOME, OUTLOOK):
                    answer = dovecot.login("imap", user, "wrong", remote=remote)
                    expect(not answer.ok and MESSAGE not in answer.text, user, answer)


@case("danger 3: start and lint name the passdb that would refuse master users")
def _():
    with Dovecot(PRIMARY_ALONE, users=USERS) as backend:
        for result in ("continue", "return-ok"):
            with sentry(backend, result, expected=["relaysentry"]) as dovecot:
                line = dovecot.wait_log("relaysentry: .*continue-ok, and skip = authenticated")[0]
                equal("Warning" in line, result == "continue", line)
                expect("continue-ok, and in passdb imap: skip = authenticated" in lint(dovecot))
                got = dovecot.login("imap", "alice*admin", "master", remote=HOME).ok
                equal(got, result == "return-ok", result)

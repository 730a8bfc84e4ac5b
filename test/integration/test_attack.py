# SPDX-License-Identifier: MIT
"""What somebody tries who wants to know more than a denial tells."""

from cases import case, equal, expect, instance, within
from dovecot import Dovecot
from world import (AFTER, AWS, GMAIL, HOME, LOADED, OUTLOOK, PASSWORD, PRIMARY_CONTINUES,
                   Sentry, rule)

NEVER = PRIMARY_CONTINUES + AFTER.replace("skip = unauthenticated", "skip = never")
RULES = [rule("deny", "silent", relay="aws", reply="generic"),
         rule("deny", "told", relay="outlook-mobile", message="Not this app"),
         rule("alert", "seen", relay="gmail-external")]


@instance
def asked_always():
    return Sentry(RULES, place=NEVER, failure_delay="2 secs", penalty=True)


def seconds_of_the_next(dovecot, remote, user, password, mech):
    """How long an attempt takes after one of this kind from the same address."""
    with dovecot.auth() as auth:
        expect(not auth.login(user, password, mech, remote=remote).ok)
        reply = auth.login("bob", "other", "PLAIN", remote=remote)
        expect(not reply.ok)
        return reply.elapsed


@case("skip = never: the penalty does not tell a refused password from a wrong one",
      on=asked_always)
def _(dovecot):
    kinds = (("alice", PASSWORD), ("alice", "wrong"), ("nobody", "wrong"))
    for number, (mech, (user, password)) in enumerate(
            (mech, kind) for mech in ("PLAIN", "CRAM-MD5") for kind in kinds):
        fresh = (f"18.153.9.{10 * number + i}" for i in range(10))
        within(3.5, lambda: seconds_of_the_next(dovecot, next(fresh), user, password, mech),
               mech, user, password)


@case("skip = never: where a denial tells its reason, a wrong password raises the penalty",
      on=asked_always)
def _(dovecot):
    for remote in ("52.125.138.90", "209.85.218.90", "203.0.113.90"):
        took = seconds_of_the_next(dovecot, remote, "alice", "wrong", "PLAIN")
        expect(took > 3.5, remote, took)


@case("skip = never: a wrong password is no denial and no alert", on=asked_always)
def _(dovecot):
    mark = dovecot.mark()
    with dovecot.auth() as auth:
        replies = auth.logins([(user, "wrong", "PLAIN", remote) for user in ("alice", "nobody")
                               for remote in (AWS, OUTLOOK, GMAIL)])
        expect(not any(reply.ok for reply in replies))
        dovecot.wait_log("outcome=", mark, count=2)
        equal([(line["action"], line["relay"], line["rule"], line["outcome"])
               for line in dovecot.reports(mark)], [("none", "aws", "-", "failed")] * 2)
        mark = dovecot.mark()
        expect(not auth.login("alice", PASSWORD, remote=AWS).ok)
    dovecot.report_of(mark, action="deny", verified="yes", outcome="denied")


@case("reload: what a retry after a fault loads says how often the files are looked at")
def _():
    with Sentry([rule("user-policy")], settings={"user_entries_file": "entries.json"},
                expected=["entries.json"]) as dovecot:
        with dovecot.auth() as auth:  # an idle auth process ends
            (dovecot.root / "entries.json").write_text("{}")
            dovecot.wait_log(LOADED, seconds=80)
            mark = dovecot.mark()
            dovecot.policy["rules"] = [rule("deny", relay="aws")]
            dovecot.write_policy()
            dovecot.wait_log(LOADED, mark, seconds=5)
            expect(not auth.login("alice", PASSWORD, remote=AWS).ok)


@case("skip = never: on_error does not tell a right password from a wrong one")
def _():
    for on_error in ("deny", "tempfail"):
        with Sentry(place=NEVER, on_error=on_error, policy_text=None,
                    expected=["relaysentry"]) as dovecot:
            with dovecot.auth() as auth:
                right, wrong = auth.logins([("alice", password, "PLAIN", AWS)
                                            for password in (PASSWORD, "wrong")])
            equal(right.raw.split("\t")[2:], wrong.raw.split("\t")[2:], on_error)
            expect(not right.ok, on_error)


NO_LOOKUP = """
passdb {
  driver = imap
  args = host=127.0.0.1 port=9
  result_success = continue-ok
}
"""


@case("skip = never: a passdb that cannot look users up does not make them unknown")
def _():
    seen = []
    for place in (NO_LOOKUP, NO_LOOKUP + NEVER.replace(PRIMARY_CONTINUES, "")):
        with Dovecot(place, mechanisms="plain", expected=["."],
                     names={"policy": "{root}/policy.json", "on_error": "allow"}) as dovecot:
            done = dovecot.doveadm("user", "alice")
            seen.append(done.returncode)
    equal(seen[1], seen[0], "status of doveadm user without and with relaysentry")


NO_FILE = """
passdb {
  driver = passwd-file
  args = {root}/not-there
  result_success = continue-ok
}
"""


@case("generic: a passdb that fails before the primary does not make denials look otherwise")
def _():
    with Sentry([rule("deny", relay="aws", reply="generic")],
                place=NO_FILE + PRIMARY_CONTINUES + AFTER, expected=["not-there"]) as dovecot:
        with dovecot.auth() as auth:
            for mech in ("CRAM-MD5", "SCRAM-SHA-256"):
                expect(auth.login("alice", PASSWORD, mech, remote=HOME).ok, mech)
                wrong, denied, both = (
                    auth.login("alice", password, mech, remote=remote).raw.split("\t")[2:]
                    for password, remote in (("wrong", HOME), (PASSWORD, AWS), ("wrong", AWS)))
                equal((denied, both), (wrong, wrong), mech)


BEHIND = NEVER + "passdb {\n  driver = static\n  args = password=other\n}\n"


@case("start: a rule about a group is an error when a passdb behind relaysentry lets users in")
def _():
    with Sentry([rule("deny", "staff-only", group="staff", relay="aws")], place=BEHIND,
                expected=["group is not known"]) as dovecot:
        dovecot.wait_log("Error: relaysentry: .*group is not known: rules .*staff-only")
    with Sentry([rule("deny", relay="aws")], place=BEHIND) as dovecot:
        with dovecot.auth() as auth:
            for password in (PASSWORD, "other"):
                expect(not auth.login("alice", password, remote=AWS).ok, password)

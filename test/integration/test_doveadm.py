# SPDX-License-Identifier: MIT
"""doveadm: lookups that are no login pass, tests of a login are logins."""

from cases import case, equal, expect, instance
from world import HOME, OUTLOOK, PASSWORD, Sentry, rule

# In first place nothing is verified, and no reason is told.
REPLY = {"after": {"message": "Not this app"}, "first": {"reply": "generic"}}


def closed(place):
    return Sentry([rule("tag", "label", any_address=True, tag="seen"),
                   rule("deny", "everybody", any_address=True, **REPLY[place])], place, extra="""
service auth {
  unix_listener login/login {
    mode = 0666
  }
}
""", settings={"no_address": "deny"}, expected=["relaysentry: .*address"])


@instance
def closed_after():
    return closed("after")


@instance
def closed_first():
    return closed("first")


for _make in (closed_after, closed_first):
    @case(f"danger 5: doveadm user passes, without tag and report: {_make.__name__}", on=_make)
    def _(dovecot):
        mark = dovecot.mark()
        done = dovecot.doveadm("user", "alice")
        equal(done.returncode, 0, done.stderr)
        expect(f"{dovecot.home}/alice" in done.stdout and "relaysentry" not in done.stdout,
               done.stdout)
        done = dovecot.doveadm("user", "nobody@nowhere")
        expect("relaysentry" not in done.stdout, done.stdout)
        equal(dovecot.reports(mark), [])

    @case(f"danger 5: doveadm auth lookup passes, without tag and report: {_make.__name__}",
          on=_make)
    def _(dovecot):
        mark = dovecot.mark()
        done = dovecot.doveadm("auth", "lookup", "-x", f"rip={OUTLOOK}", "alice")
        equal(done.returncode, 0, done.stdout + done.stderr)
        expect("relaysentry" not in done.stdout, done.stdout)
        equal(dovecot.reports(mark), [])

    @case(f"doveadm auth test is a login and is refused, with a reason where it is proven: "
          f"{_make.__name__}", on=_make)
    def _(dovecot, told=_make is closed_after):
        mark = dovecot.mark()
        done = dovecot.doveadm("auth", "test", "-x", f"rip={OUTLOOK}", "alice", PASSWORD)
        expect(done.returncode != 0, done.stdout)
        equal("Not this app" in done.stdout + done.stderr, told, (done.stdout, done.stderr))
        dovecot.report_of(mark, action="deny", rule="everybody", relay="outlook-mobile")


for _place, _reply in REPLY.items():
    @case(f"doveadm auth test lets in who is let in: {_place}")
    def _(place=_place, reply=_reply):
        with Sentry([rule("deny", relay="outlook-mobile", **reply)], place) as dovecot:
            done = dovecot.doveadm("auth", "test", "-x", f"rip={HOME}", "alice", PASSWORD)
            equal(done.returncode, 0, done.stdout + done.stderr)
            done = dovecot.doveadm("auth", "test", "-x", f"rip={HOME}", "alice", "wrong")
            expect(done.returncode != 0, done.stdout)
            done = dovecot.doveadm("auth", "test", "-x", f"rip={OUTLOOK}", "alice", PASSWORD)
            expect(done.returncode != 0, done.stdout)

    @case(f"danger 5: lookups pass also while nothing is loaded and on_error refuses: {_place}")
    def _(place=_place):
        for word in ("deny", "tempfail"):
            with Sentry(place=place, policy_text=None, database=False, on_error=word,
                        expected=["relaysentry"]) as dovecot:
                equal(dovecot.doveadm("user", "alice").returncode, 0, word)
                done = dovecot.doveadm("auth", "lookup", "alice")
                equal(done.returncode, 0, done.stdout + done.stderr)

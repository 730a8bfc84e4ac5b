# SPDX-License-Identifier: MIT
"""doveadm: lookups that are no login pass, tests of a login are logins."""

from cases import case, equal, expect, instance
from world import HOME, OUTLOOK, PASSWORD, Sentry, rule

RULES = [rule("tag", "label", any_address=True, tag="seen"),
         rule("deny", "everybody", any_address=True, message="No")]


@instance
def closed():
    return Sentry(RULES, extra="""
service auth {
  unix_listener login/login {
    mode = 0666
  }
}
""", settings={"no_address": "deny"}, expected=["relaysentry: .*address"])


@case("danger 5: doveadm user passes, without tag and report", on=closed)
def _(dovecot):
    mark = dovecot.mark()
    done = dovecot.doveadm("user", "alice")
    equal(done.returncode, 0, done.stderr)
    expect(f"{dovecot.home}/alice" in done.stdout and "relaysentry" not in done.stdout, done.stdout)
    done = dovecot.doveadm("user", "nobody@nowhere")
    expect("relaysentry" not in done.stdout, done.stdout)
    equal(dovecot.reports(mark), [])


@case("danger 5: doveadm auth lookup passes, without tag and report", on=closed)
def _(dovecot):
    mark = dovecot.mark()
    done = dovecot.doveadm("auth", "lookup", "-x", f"rip={OUTLOOK}", "alice")
    equal(done.returncode, 0, done.stdout + done.stderr)
    expect("relaysentry" not in done.stdout, done.stdout)
    equal(dovecot.reports(mark), [])


@case("doveadm auth test is a login and is refused with the reason", on=closed)
def _(dovecot):
    mark = dovecot.mark()
    done = dovecot.doveadm("auth", "test", "-x", f"rip={OUTLOOK}", "alice", PASSWORD)
    expect(done.returncode != 0, done.stdout)
    expect("No" in done.stdout + done.stderr, done.stdout, done.stderr)
    dovecot.report_of(mark, action="deny", rule="everybody", relay="outlook-mobile")


@case("doveadm auth test lets in who is let in")
def _():
    with Sentry([rule("deny", relay="outlook-mobile")]) as dovecot:
        done = dovecot.doveadm("auth", "test", "-x", f"rip={HOME}", "alice", PASSWORD)
        equal(done.returncode, 0, done.stdout + done.stderr)
        done = dovecot.doveadm("auth", "test", "-x", f"rip={OUTLOOK}", "alice", PASSWORD)
        expect(done.returncode != 0, done.stdout)


@case("danger 5: lookups pass also while nothing is loaded and on_error refuses")
def _():
    for word in ("deny", "tempfail"):
        with Sentry(policy_text=None, database=False, on_error=word,
                    expected=["relaysentry"]) as dovecot:
            equal(dovecot.doveadm("user", "alice").returncode, 0, word)
            done = dovecot.doveadm("auth", "lookup", "alice")
            equal(done.returncode, 0, done.stdout + done.stderr)

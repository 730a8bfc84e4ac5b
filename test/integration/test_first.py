# SPDX-License-Identifier: MIT
"""relaysentry before the primary passdb: it decides before anybody verified."""

from cases import case, equal, expect, instance
from world import AWS, GMAIL, HOME, HOME_V6, OUTLOOK, OUTLOOK_V6, PASSWORD, Sentry, rule

SERVICES = ("imap", "pop3", "submission")
MECHANISMS = ("PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256")
GENERIC = {"imap": "a NO [AUTHENTICATIONFAILED] Authentication failed.",
           "pop3": "-ERR [AUTH] Authentication failed.",
           "submission": "535 5.7.8 Authentication failed."}
RULES = [rule("tag", "clouds", **{"class": "cloud"}, tag="cloud"),
         rule("alert", "gmail", relay="gmail-external"),
         rule("deny", "outlook", relay=["outlook-mobile", "outlook-new"])]


@instance
def first():
    return Sentry(RULES, place="first")


@case("first place: a denied relay is refused in every service and mechanism", on=first)
def _(dovecot):
    attempts = [(service, "alice", PASSWORD, mech, OUTLOOK)
                for service in SERVICES for mech in MECHANISMS]
    mark = dovecot.mark()
    for attempt, answer in zip(attempts, dovecot.logins(attempts)):
        equal((answer.ok, answer.text), (False, GENERIC[attempt[0]]), attempt)
    equal(len(dovecot.reports(mark, action="deny", rule="outlook", verified="no")),
          len(attempts))


@case("first place: a wrong password gets the same answer as a denial", on=first)
def _(dovecot):
    attempts = [(service, "alice", "wrong", mech, OUTLOOK)
                for service in SERVICES for mech in MECHANISMS]
    for attempt, answer in zip(attempts, dovecot.logins(attempts)):
        equal((answer.ok, answer.text), (False, GENERIC[attempt[0]]), attempt)


@case("first place: everybody else logs in through the primary passdb", on=first)
def _(dovecot):
    for service in SERVICES:
        for mech in MECHANISMS:
            for remote in (HOME, HOME_V6, AWS, GMAIL):
                expect(dovecot.login(service, "alice", PASSWORD, mech, remote=remote).ok,
                       service, mech, remote)


@case("first place: the primary passdb still refuses wrong passwords and unknown users", on=first)
def _(dovecot):
    attempts = [(user, password, mech, remote) for mech in MECHANISMS
                for remote in (HOME, AWS, GMAIL, OUTLOOK, OUTLOOK_V6, None)
                for user, password in (("alice", "wrong"), ("nobody", PASSWORD))]
    with dovecot.auth() as auth:
        for attempt, reply in zip(attempts, auth.logins(attempts)):
            expect(not reply.ok, attempt, reply)
    dovecot.expected.append("relaysentry: .*address")


@case("first place: a tag outlives the primary passdb", on=first)
def _(dovecot):
    with dovecot.auth() as auth:
        for mech in MECHANISMS:
            reply = auth.login("alice", PASSWORD, mech, remote=AWS)
            equal(reply.fields.get("relaysentry_tags"), "cloud", reply)


@case("first place: mode testing refuses nothing")
def _():
    with Sentry(RULES, place="first", mode="testing") as dovecot:
        with dovecot.auth() as auth:
            for mech in MECHANISMS:
                mark = dovecot.mark()
                expect(auth.login("alice", PASSWORD, mech, remote=OUTLOOK).ok, mech)
                dovecot.report_of(mark, action="deny", enforced="no")
                expect(not auth.login("alice", "wrong", mech, remote=OUTLOOK).ok, mech)


@case("danger 15, 17: first place: rules that need what only later passdbs know are errors")
def _():
    rules = [rule("deny", "by-group", group="staff", relay="aws"),
             rule("user-policy", "by-entry"),
             rule("deny", "by-user", user="alice", relay="gmail-external"),
             rule("deny", "by-other-user", relay="gmail-external", **{"not": {"user": "bob"}}),
             rule("deny", "with-reason", relay="outlook-mobile", message="No")]
    with Sentry(rules, place="first", expected=["relaysentry"]) as dovecot:
        errors = dovecot.wait_log("Error: .*relaysentry")
        text = "\n".join(errors)
        for name in ("by-group", "by-entry", "by-user", "by-other-user", "with-reason"):
            expect(name in text, name, text)
        with dovecot.auth() as auth:
            expect(auth.login("alice", PASSWORD, remote=HOME).ok)


MASTER = """
passdb {
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {root}/masters
  master = yes
  result_success = continue
}
"""


@case("danger 4: in first place a continuing master passdb does not let unknown users in")
def _():
    place = MASTER + "passdb {\n driver = relaysentry\n args = {policy}\n skip = never\n" \
        "  result_failure = return-fail\n  result_internalfail = return-fail\n}\n" + \
        "passdb {\n driver = passwd-file\n args = scheme=PLAIN username_format=%u {users}\n}\n"
    with Sentry(RULES, place=place, extra="auth_master_user_separator = *\n",
                files={"masters": "admin:{PLAIN}master\n"}) as dovecot:
        with dovecot.auth() as auth:
            for mech in ("PLAIN", "LOGIN"):
                replies = auth.logins([("alice*admin", "master", mech, HOME),
                                       ("nobody*admin", "master", mech, HOME),
                                       ("alice*admin", "wrong", mech, HOME),
                                       ("alice*admin", "master", mech, OUTLOOK)])
                equal([reply.ok for reply in replies], [True, False, False, False], mech)

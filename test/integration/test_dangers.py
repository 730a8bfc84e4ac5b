# SPDX-License-Identifier: MIT
"""What is known to go wrong in auth plugins, each with a test of its own."""

from cases import case, equal, expect
from world import (AFTER, AWS, GMAIL, HOME, OUTLOOK, PASSWORD, PRIMARY_ALONE, PRIMARY_CONTINUES,
                   Sentry, only, rule, since_2_4)

MECHANISMS = ("PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256")
LOOKUPS = ("CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256")
RULES = [rule("tag", "clouds", **{"class": "cloud"}, tag="cloud"),
         rule("alert", "gmail", relay="gmail-external"),
         rule("deny", "outlook", relay="outlook-mobile", message="Not this app")]
NEVER = AFTER.replace("skip = unauthenticated", "skip = never")
DEFAULT = "passdb {\n  driver = relaysentry\n  args = {policy}\n}\n"
PLACES = {
    "after": PRIMARY_CONTINUES + AFTER,
    "after with skip = never": PRIMARY_CONTINUES + NEVER,
    "after with Dovecot's defaults": PRIMARY_CONTINUES + DEFAULT,
    "after a primary that does not continue": PRIMARY_ALONE + DEFAULT,
    "first": DEFAULT + PRIMARY_ALONE,
    "first with return": NEVER + PRIMARY_ALONE,
    "alone": DEFAULT,
    "alone with skip = never": NEVER,
}


def unknown_users(label, place):
    # A bad placement is an error at the start; here it only must not harm.
    with Sentry(RULES, place=place, expected=["relaysentry"]) as dovecot:
        pid = dovecot.auth_pid()
        attempts = [(user, password, mech, remote) for mech in MECHANISMS
                    for remote in (None, HOME, AWS, GMAIL, OUTLOOK)
                    for user, password in (("nobody", PASSWORD), ("alice", "wrong"),
                                           ("nobody@example.org", PASSWORD),
                                           ("x" * 500, PASSWORD))]
        with dovecot.auth() as auth:
            for attempt, reply in zip(attempts, auth.logins(attempts)):
                expect(not reply.ok, label, attempt, reply)
        equal(dovecot.auth_pid(), pid, "the auth process is the same")


@case("every placement that asks relaysentry refuses whom it denies")
def _():
    for label in ("after", "after with skip = never", "after with Dovecot's defaults", "first",
                  "first with return"):
        with Sentry(RULES, place=PLACES[label], expected=["relaysentry"]) as dovecot:
            with dovecot.auth() as auth:
                for remote, want in ((OUTLOOK, False), (HOME, True), (AWS, True), (GMAIL, True)):
                    replies = auth.logins([("alice", PASSWORD, mech, remote)
                                           for mech in MECHANISMS])
                    equal([reply.ok for reply in replies], [want] * len(MECHANISMS),
                          (label, remote))


for title, text in PLACES.items():
    case(f"danger 1: unknown users and wrong passwords neither crash nor get in: {title}")(
        lambda title=title, text=text: unknown_users(title, text))


@case("danger 1: unknown users over the network with SCRAM do not crash the auth process")
def _():
    with Sentry(RULES) as dovecot:
        pid = dovecot.auth_pid()
        attempts = [(service, "nobody", "x", mech, remote) for mech in LOOKUPS
                    for service in ("imap", "pop3", "submission") for remote in (HOME, OUTLOOK)]
        for attempt, answer in zip(attempts, dovecot.logins(attempts)):
            expect(not answer.ok, attempt, answer)
        equal(dovecot.auth_pid(), pid)


MASTERS = """
passdb {
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {root}/masters
  master = yes
  MASTER_RESULT
}
"""
SEPARATOR = "auth_master_user_separator = *\n"


def master(result, rules=tuple(RULES), **others):
    return Sentry(rules, place=PRIMARY_CONTINUES + AFTER + MASTERS.replace("MASTER_RESULT", result),
                  extra=SEPARATOR, files={"masters": "admin:{PLAIN}master\n"}, **others)


@case("danger 3: a master login is checked like the user's own")
def _():
    with master("result_success = continue") as dovecot:
        for service in ("imap", "pop3", "submission"):
            for mech in ("PLAIN", "LOGIN"):
                expect(dovecot.login(service, "alice*admin", "master", mech, remote=HOME).ok)
                mark = dovecot.mark()
                answer = dovecot.login(service, "alice*admin", "master", mech, remote=OUTLOOK)
                expect(not answer.ok, answer)
                dovecot.report_of(mark, action="deny", rule="outlook")
                answer = dovecot.login(service, "alice*admin", "wrong", mech, remote=HOME)
                expect(not answer.ok, answer)


BEHIND = """
passdb {
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {root}/others
}
"""


@case("danger 3: a master user gets into the mail of a user whose passdb stands behind relaysentry")
def _():
    place = PRIMARY_CONTINUES + NEVER + BEHIND + MASTERS
    with Sentry(RULES, place=place.replace("MASTER_RESULT", "result_success = continue"),
                extra=SEPARATOR, expected=["no reason is told"],
                files={"masters": "admin:{PLAIN}master\n",
                       "others": "zoe:{PLAIN}other\n"}) as dovecot:
        with dovecot.auth() as auth:
            for user, password, want in (("zoe", "other", True), ("alice*admin", "master", True),
                                         ("zoe*admin", "master", True),
                                         ("zoe*admin", "wrong", False),
                                         ("nobody*admin", "master", False)):
                equal(auth.login(user, password, remote=HOME).ok, want, (user, password))
                expect(not auth.login(user, password, remote=OUTLOOK).ok, user, password)


@case("danger 3: a master passdb that goes around the check is an error at the start")
def _():
    with master("", expected=["relaysentry"]) as dovecot:
        lines = dovecot.wait_log("Error: .*relaysentry.*master")
        expect("continue" in "\n".join(lines), lines)


@case("danger 3: the condition `master` and the target user decide for master logins")
def _():
    rules = [rule("allow", "admins", master=True), rule("deny", relay="outlook-mobile")]
    with master("result_success = continue", rules) as dovecot:
        expect(dovecot.login("imap", "alice*admin", "master", remote=OUTLOOK).ok)
        expect(not dovecot.login("imap", "alice", PASSWORD, remote=OUTLOOK).ok)
        dovecot.change_policy(rules=[rule("deny", user="alice", relay="outlook-mobile")])
        expect(not dovecot.login("imap", "alice*admin", "master", remote=OUTLOOK).ok)
        expect(dovecot.login("imap", "bob*admin", "master", remote=OUTLOOK).ok)
        dovecot.change_policy(rules=[rule("deny", user="admin", relay="outlook-mobile")])
        expect(dovecot.login("imap", "alice*admin", "master", remote=OUTLOOK).ok)


@case("danger 3: a generic denial does not tell that the master's password was right")
def _():
    rules = [rule("deny", relay="outlook-mobile", reply="generic")]
    with master("result_success = continue", rules) as dovecot:
        for service in ("imap", "pop3", "submission"):
            right = dovecot.login(service, "alice*admin", "master", remote=OUTLOOK)
            wrong = dovecot.login(service, "alice*admin", "wrong", remote=OUTLOOK)
            equal(right.lines, wrong.lines, service)
        with dovecot.auth() as auth:
            # The names in the reply are for the log of the login process only.
            right = auth.login("alice*admin", "master", remote=OUTLOOK).fields
            equal(set(right) - {"user", "original_user"}, set(), right)


XOAUTH2 = "plain xoauth2"


@case("danger 11: a password sent as a bearer token is a password")
def _():
    rules = [rule("allow", "tokens", credential="token"), rule("deny", relay="outlook-mobile")]
    # That this is a risk is said at the start.
    only("2.3")
    with Sentry(rules, mechanisms=XOAUTH2, expected=["XOAUTH2.*tokens for pass"]) as dovecot:
        mark = dovecot.mark()
        with dovecot.auth() as auth:
            expect(not auth.login("alice", PASSWORD, "XOAUTH2", remote=OUTLOOK).ok)
        dovecot.report_of(mark, action="deny", credential="password")
        with dovecot.auth() as auth:
            expect(auth.login("alice", PASSWORD, "XOAUTH2", remote=HOME).ok)


@case("danger 12: nothing is told before the credential is proved")
def _():
    with Sentry(RULES) as dovecot:
        for service in ("imap", "pop3", "submission"):
            attempts = [(service, user, password, mech, OUTLOOK) for mech in LOOKUPS
                        for user, password in (("alice", PASSWORD), ("alice", "wrong"),
                                               ("nobody", PASSWORD))]
            texts = {answer.text for answer in dovecot.logins(attempts)}
            equal(len(texts), 1, texts)
            expect("Not this app" not in str(texts), texts)
        expect(all(r["verified"] == "no" for r in dovecot.reports()), dovecot.reports())


@case("danger 13: a failing override_fields does not let in who is denied")
def _():
    faulty = AFTER.replace("  skip =", "  override_fields = x=%{unknown}\n  skip =")
    with Sentry(RULES, place=PRIMARY_CONTINUES + faulty,
                expected=["Failed to expand override_fields"]) as dovecot:
        with dovecot.auth() as auth:
            for mech in MECHANISMS:
                reply = auth.login("alice", PASSWORD, mech, remote=OUTLOOK)
                expect(not reply.ok, mech, reply)
                # 2.4 leaves the fields of a block to its driver: here nothing fails.
                told = mech in ("PLAIN", "LOGIN") and since_2_4(True, False)
                equal("reason" in reply.fields, told, mech)


@case("danger 16: auth workers read neither policy nor database")
def _():
    blocking = "passdb {\n  driver = passwd\n" + since_2_4("  use_worker = yes\n", "") + \
        "  result_success = continue-ok\n}\n"
    with Sentry(RULES, place=blocking + PRIMARY_CONTINUES + AFTER) as dovecot:
        with dovecot.auth() as auth:
            expect(auth.login("alice", PASSWORD, remote=HOME).ok)
            expect(not auth.login("alice", PASSWORD, remote=OUTLOOK).ok)
        workers = dovecot.auth_processes(worker=True)
        expect(workers, "no auth-worker was started")
        for pid in workers:
            with open(f"/proc/{pid}/maps") as maps:
                text = maps.read()
            expect("libauthdb_relaysentry" in text, "the worker has not loaded the module")
            expect("memfd" not in text, "the worker has mapped a database")
        equal(len(dovecot.log(0, "loaded policy")), 1)
        dovecot.change_policy(mode="testing")
        with dovecot.auth() as auth:
            expect(auth.login("alice", PASSWORD, remote=OUTLOOK).ok)
        equal(len(dovecot.log(0, "loaded policy")), 2)
        equal(dovecot.log(0, "auth-worker.*relaysentry"), [])


@case("danger 17: a user name that the primary passdb changes is the one that counts")
def _():
    users = {"alias": "{PLAIN}secret::::::user=alice", "alice": "{PLAIN}secret"}
    with Sentry([rule("deny", user="alice", relay="outlook-mobile")], users=users) as dovecot:
        expect(not dovecot.login("imap", "alias", PASSWORD, remote=OUTLOOK).ok)
        expect(dovecot.login("imap", "alias", PASSWORD, remote=HOME).ok)


@case("danger 17: names are compared in lower case and after translation")
def _():
    with Sentry([rule("deny", user="alice", relay="outlook-mobile")],
                extra='auth_username_format = %Lu\nauth_username_translation = "#@"\n') as dovecot:
        expect(not dovecot.login("imap", "ALICE", PASSWORD, remote=OUTLOOK).ok)
        dovecot.change_policy(rules=[rule("deny", user="@example.org", relay="outlook-mobile")])
        expect(not dovecot.login("imap", "Alice#Example.org", PASSWORD, remote=OUTLOOK).ok)
        expect(dovecot.login("imap", "alice", PASSWORD, remote=OUTLOOK).ok)


@case("EXTERNAL with a client certificate is credential certificate")
def _():
    rules = [rule("allow", "certificates", credential="certificate"),
             rule("deny", relay="outlook-mobile")]
    users = {"alice": "::::::nopassword"}
    with Sentry(rules, users=users, extra="auth_ssl_username_from_cert = yes\n") as dovecot:
        with dovecot.auth() as auth:
            certificate = ["secured", "cert_username=alice"]
            reply = auth.login("", "", "EXTERNAL", remote=OUTLOOK,
                               extra=[*certificate, "valid-client-cert"])
            expect(reply.ok, reply)
            reply = auth.login("", "", "EXTERNAL", remote=OUTLOOK, extra=certificate)
            expect(not reply.ok, reply)

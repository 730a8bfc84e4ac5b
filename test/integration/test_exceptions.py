# SPDX-License-Identifier: MIT
"""Exceptions from the dict: who gets in by one, how long, and what is asked."""

import contextlib
import json
import time

import fakedict
from cases import case, equal, expect, instance
from world import AFTER, AWS, HOME, OUTLOOK, PASSWORD, Sentry, rule

RULES = [rule("user-policy", "own"), rule("deny", "apps", relay="outlook-mobile"),
         rule("deny", "clouds", relay="aws", reply="generic")]
MECHANISMS = ("PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256")
# Of a passwd-file, Dovecot looks up a name with backslashes put in.
ANYBODY = "passdb {\n  driver = static\n  args = password=secret\n" \
    "  result_success = continue-ok\n}\n" + AFTER
# Whose name a dict, SQL, a pattern or a line could take for something else.
STRANGE = {
    "percent and slash": ("a/b%2fc%", "a%2Fb%252fc%25"),
    "quotes": ("o'neil\"x", "o%27neil%22x"),
    "patterns": ("*?_", "%2A%3F_"),
    "a blank and a tab": ("x y\tz", "x%20y%09z"),
    "UTF-8": ("J\u00fcrgen@Ex\u00e4mple.ORG", "j%C3%BCrgen@ex%C3%A4mple.org"),
    "backslash": ("dom\\user", "dom%5Cuser"),
    "dots": ("..", ".."),
}


def key(user_key):
    return f"shared/relaysentry/user/{user_key}/exceptions"


def exception(relay="outlook-mobile", seconds=3600):
    return json.dumps([{"relay": relay, "not_after": int(time.time()) + seconds}])


def policy(path, **settings):
    return {"exceptions": {"dict": f"proxy:{path}:relaysentry", "timeout": "2s", "cache": "1m",
                           **settings}}


class Excepting(Sentry):
    """With a dict of the test's own, as self.dict."""

    def __init__(self, rules=RULES, settings=None, **others):
        super().__init__(rules, **others)
        try:
            self.dict = fakedict.FakeDict(self.root / "dict")
            self.policy.update(policy(self.dict.path, **(settings or {})))
            self.write_policy()
        except BaseException:
            self.discard()
            raise

    def discard(self):
        super().discard()
        if hasattr(self, "dict"):
            self.dict.refuse()


@contextlib.contextmanager
def excepting(*args, **others):
    with Excepting(*args, **others) as dovecot:
        yield dovecot


@instance
def mechanisms():
    users = {f"{mech.lower()}-{kind}": "{PLAIN}secret"
             for mech in MECHANISMS for kind in ("no", "yes", "wrong")}
    return Excepting(users=users)


for _mech in MECHANISMS:
    @case(f"exceptions: one lets in by {_mech}, and only its user", on=mechanisms)
    def _(dovecot, mech=_mech):
        for kind in ("yes", "wrong"):
            dovecot.dict.table[key(f"{mech.lower()}-{kind}")] = exception()
        for service in ("imap", "submission"):
            for kind, want in (("no", False), ("yes", True), ("wrong", False)):
                password = "wrong" if kind == "wrong" else PASSWORD
                answer = dovecot.login(service, f"{mech.lower()}-{kind}", password, mech,
                                       remote=OUTLOOK)
                equal(answer.ok, want, (service, kind, answer.lines))


@instance
def strange():
    return Excepting(place=ANYBODY)


for _label in STRANGE:
    @case(f"exceptions: a user's name with {_label} is a key of its own", on=strange)
    def _(dovecot, label=_label):
        user, user_key = STRANGE[label]
        dovecot.dict.table[key(user_key)] = exception()
        with dovecot.auth() as auth:
            reply = auth.login(user, PASSWORD, remote=OUTLOOK)
            expect(reply.ok, reply.raw, dovecot.dict.commands)
        expect(dovecot.dict.asked(key(user_key)) == 1, dovecot.dict.commands)


@case("exceptions: strange names without one are denied all the same", on=strange)
def _(dovecot):
    dovecot.dict.table.clear()
    with dovecot.auth() as auth:
        for user, _user_key in STRANGE.values():
            equal(auth.login(user, PASSWORD, remote=AWS).ok, False, user)


@case("exceptions: one counts from the next look on, and ends in its second")
def _():
    with excepting(settings={"cache": "2s"}) as dovecot:
        answer = dovecot.login("imap", "alice", PASSWORD, remote=OUTLOOK)
        equal(answer.ok, False, answer.lines)
        dovecot.dict.table[key("alice")] = exception(seconds=6)
        end = time.time() + 6
        time.sleep(2.1)
        equal(dovecot.login("imap", "alice", PASSWORD, remote=OUTLOOK).ok, True, "a new look")
        dovecot.change_policy(**policy(dovecot.dict.path, cache="1h"))
        time.sleep(max(0, end - 2.5 - time.time()))
        dovecot.login("imap", "alice", PASSWORD, remote=OUTLOOK)
        asked = dovecot.dict.asked()
        time.sleep(max(0, end + 1.1 - time.time()))
        equal(dovecot.login("imap", "alice", PASSWORD, remote=OUTLOOK).ok, False, "it has ended")
        equal(dovecot.dict.asked(), asked, "and the dict was not asked")


@case("exceptions: the dict is asked only about logins that a user-policy rule decides")
def _():
    with excepting() as dovecot:
        for remote in (HOME, OUTLOOK, OUTLOOK):
            dovecot.login("imap", "alice", PASSWORD, remote=remote)
        dovecot.doveadm("user", "bob")
        dovecot.doveadm("auth", "lookup", "bob")
        equal([words[0] for letter, words in dovecot.dict.commands if letter == "L"],
              [key("alice")])
        dovecot.change_policy(mode="none")
        dovecot.login("imap", "bob", PASSWORD, remote=OUTLOOK)
        equal(dovecot.dict.asked(), 1, "mode none")


@case("exceptions: many logins of a user at a time ask once")
def _():
    with excepting() as dovecot:
        dovecot.dict.delay = 0.5
        dovecot.dict.table[key("alice")] = exception()
        with dovecot.auth() as auth:
            replies = auth.logins([("alice", PASSWORD, mech, OUTLOOK)
                                   for mech in MECHANISMS for _again in range(10)])
        equal([reply.ok for reply in replies], [True] * 40)
        equal(dovecot.dict.asked(), 1)


@case("exceptions: a faulty one counts as absent, and its key is named once")
def _():
    with excepting(settings={"cache": "1s"}, expected=[r"relaysentry: dict "]) as dovecot:
        dovecot.dict.table[key("alice")] = "[{\"relay\": 5}]"
        dovecot.dict.table[key("bob")] = exception()
        for _again in range(2):
            equal(dovecot.login("imap", "alice", PASSWORD, remote=OUTLOOK).ok, False)
            time.sleep(1.1)
        equal(dovecot.login("imap", "bob", PASSWORD, remote=OUTLOOK).ok, True)
        dovecot.settle_log()
        equal(len(dovecot.log(0, r"Warning: relaysentry: dict .*user/alice/exceptions")), 1)


@case("exceptions: in first place, too, one lets in whose password is right")
def _():
    with excepting(place="first", expected=["before the primary passdb"]) as dovecot:
        dovecot.dict.table[key("alice")] = exception()
        for mech in MECHANISMS:
            for user, password, want in (("alice", PASSWORD, True), ("alice", "wrong", False),
                                         ("bob", PASSWORD, False)):
                answer = dovecot.login("imap", user, password, mech, remote=OUTLOOK)
                equal(answer.ok, want, (mech, user, answer.lines))

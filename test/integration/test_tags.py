# SPDX-License-Identifier: MIT
"""Tags: where they show, and that they lock nobody out."""

from cases import case, equal, expect, instance
from world import AWS, HOME, OUTLOOK, PASSWORD, Sentry, only, rule, since_2_4

MECHANISMS = ("PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256")
RULES = [rule("tag", "clouds", **{"class": "cloud"}, tag="cloud"),
         rule("tag", "relays", **{"class": "mail-relay"}, tag="stored")]
POSTLOGIN = """
login_log_format_elements = user=<%u> rip=%r relay=<%{passdb:relaysentry_relay}>
service imap {
  executable = imap postlogin
}
service postlogin {
  executable = script-login {root}/postlogin.sh
  user = nobody
  unix_listener postlogin {
    mode = 0666
  }
}
"""
SCRIPT = '#!/bin/sh\nenv > "%s/env.$USER"\nexec "$@"\n'
PREFETCH = "userdb {\n  driver = prefetch\n}\n" + \
    "userdb {\n  driver = static\n  args = uid=nobody gid=nogroup home={root}/home/%u\n}\n"


# What auth's reply says of a login from AWS.
OF_AWS = {"relaysentry_relay": "aws", "relaysentry_class": "cloud", "relaysentry_tags": "cloud"}


def labels(reply):
    return {name: value for name, value in reply.fields.items() if name.startswith("relaysentry")}


class Tagged(Sentry):
    """Keeps what the post-login script saw."""

    def __init__(self, **others):
        super().__init__(RULES, extra=POSTLOGIN, **others)
        script = self.root / "postlogin.sh"
        script.write_text(SCRIPT % self.home)
        script.chmod(0o755)

    def environment(self, user, remote, mech="PLAIN"):
        path = self.home / f"env.{user}"
        path.unlink(missing_ok=True)
        answer = self.login("imap", user, PASSWORD, mech, remote=remote)
        expect(answer.ok, user, remote, mech, answer)
        return dict(line.split("=", 1) for line in path.read_text().splitlines() if "=" in line)


@instance
def static():
    return Tagged()


@case("tag: the login line shows the relay", on=static)
def _(dovecot):
    for remote, relay in ((AWS, "aws"), (OUTLOOK, "outlook-mobile"), (HOME, "")):
        mark = dovecot.mark()
        expect(dovecot.login("imap", "alice", PASSWORD, remote=remote).ok)
        # 2.4 leaves an element out when it has nothing to show.
        shown = since_2_4("", "relay=<>") if relay == "" else f"relay=<{relay}>"
        dovecot.wait_log(f"(Login|Logged in): user=<alice>, rip={remote}, {shown}$", mark)


@case("tag: the reply of auth carries relay, class and tags", on=static)
def _(dovecot):
    with dovecot.auth() as auth:
        for mech in MECHANISMS:
            equal(labels(auth.login("alice", PASSWORD, mech, remote=AWS)), OF_AWS, mech)
            raw = auth.login("alice", PASSWORD, mech, remote=HOME).raw
            expect("relaysentry" not in raw, raw)


@case("tag: the post-login environment knows the relay", on=static)
def _(dovecot):
    for mech in MECHANISMS:
        env = dovecot.environment("alice", AWS, mech)
        equal(env.get("RELAYSENTRY_RELAY"), "aws", mech)
        equal(env.get("HOME"), f"{dovecot.home}/alice", mech)
    env = dovecot.environment("alice", HOME)
    expect("RELAYSENTRY_RELAY" not in env, env)


@instance
def prefetch():
    return Tagged(userdb=PREFETCH)


@case("tag: prefetch and static userdb: a tagged user logs in and gets his home", on=prefetch)
def _(dovecot):
    for mech in MECHANISMS:
        for remote in (AWS, OUTLOOK, HOME):
            env = dovecot.environment("alice", remote, mech)
            equal(env.get("HOME"), f"{dovecot.home}/alice", (mech, remote))
        for service in ("pop3", "submission"):
            expect(dovecot.login(service, "alice", PASSWORD, mech, remote=AWS).ok, service, mech)


FULL = "{PLAIN}secret::::::userdb_uid=nobody userdb_gid=nogroup userdb_home=%s/of-passdb"


@case("tag: userdb fields of the primary passdb stay, and prefetch answers with them")
def _():
    with Tagged(userdb=PREFETCH) as dovecot:
        dovecot.write_users({"alice": FULL % dovecot.home})
        with dovecot.auth() as auth:
            auth.login("alice", PASSWORD)  # the file is read again
        for mech in MECHANISMS:
            env = dovecot.environment("alice", AWS, mech)
            equal(env.get("HOME"), f"{dovecot.home}/of-passdb", mech)
            equal(env.get("RELAYSENTRY_RELAY"), "aws", mech)
        dovecot.expected.append("relaysentry: .*address")


@case("tag: first place with prefetch and static userdb: a tagged user gets his home")
def _():
    with Tagged(userdb=PREFETCH, place="first") as dovecot:
        for mech in MECHANISMS:
            for remote in (AWS, HOME):
                env = dovecot.environment("alice", remote, mech)
                equal(env.get("HOME"), f"{dovecot.home}/alice", (mech, remote))


DEFAULTS = """
userdb {
  driver = passwd-file
  args = {root}/some
  default_fields = mail=maildir:{root}/wrong relaysentry_test=wrong
}
userdb {
  driver = static
  args = uid=nobody gid=nogroup home={root}/home/%u
}
"""


@case("tag: default fields of a userdb that does not know the user are not his")
def _():
    only("2.3")  # 2.4 takes them with the user
    with Tagged(userdb=DEFAULTS, files={"some": "zoe:::::::\n"}) as dovecot:
        for mech in MECHANISMS:
            found = {}
            for remote in (HOME, AWS):
                found[remote] = dovecot.environment("alice", remote, mech)
                equal(found[remote].get("RELAYSENTRY_TEST"), None, (mech, remote))
            equal(found[AWS].get("MAIL"), found[HOME].get("MAIL"), mech)
            equal(found[AWS].get("RELAYSENTRY_RELAY"), "aws", mech)


@case("tag: the fields that relaysentry sets cannot be forged by the passdb")
def _():
    users = {"alice": "{PLAIN}secret::::::relaysentry_relay=forged relaysentry_tags=forged "
                      "relaysentry_class=forged"}
    with Sentry(RULES, users=users) as dovecot:
        with dovecot.auth() as auth:
            reply = auth.login("alice", PASSWORD, remote=AWS)
            equal(reply.fields.get("relaysentry_relay"), "aws")
            equal(reply.fields.get("relaysentry_tags"), "cloud")


@case("tag: in mode testing the labels of a login are set as in mode enforce")
def _():
    # One rule is in testing itself, in a policy that is not.
    rules = [rule("tag", "tried", relay="aws", tag="tried", mode="testing"), *RULES]
    for mode in ("enforce", "testing"):
        with Sentry(rules, mode=mode) as dovecot:
            with dovecot.auth() as auth:
                for mech in MECHANISMS:
                    reply = auth.login("alice", PASSWORD, mech, remote=AWS)
                    expect(reply.ok, mode, mech, reply)
                    equal(labels(reply), OF_AWS, (mode, mech))
                    equal(labels(auth.login("alice", PASSWORD, mech, remote=HOME)), {}, mech)

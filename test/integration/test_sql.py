# SPDX-License-Identifier: MIT
"""The condition credential with app passwords in SQL: a relay gets in with an
app password or a token and not with the main password. The queries are those of
relaysentry-policy(5), against a real SQLite, PostgreSQL and MariaDB."""

import hashlib

import jwt
import sqlservers
from cases import case, equal, expect, instance
from sqlworld import DatabaseSentry
from world import HOME, OUTLOOK, PASSWORD, rule

MESSAGE = "Use an app password"
RULES = [rule("allow", "own", credential=["app-password", "token"]),
         rule("deny", "main", relay="outlook-mobile", message=MESSAGE)]
TOKEN_MECHANISMS = ("XOAUTH2", "OAUTHBEARER")
APPS = ("Wq3-first-app", "Wq3-second-app")
SCHEMA = """
CREATE TABLE users (name VARCHAR(255) PRIMARY KEY, password VARCHAR(255) NOT NULL);
CREATE TABLE app_passwords (name VARCHAR(255) NOT NULL, secret CHAR(64) NOT NULL,
                            PRIMARY KEY (name, secret));
""" + "".join(
    f"INSERT INTO users VALUES ('{name}', '{{PLAIN}}{PASSWORD}');" for name in ("alice", "bob")
) + "".join(
    f"INSERT INTO app_passwords VALUES ('alice', '{hashlib.sha256(app.encode()).hexdigest()}');"
    for app in APPS)
APP_QUERY = """SELECT %s AS password, \\
  'app-password' AS relaysentry_credential FROM app_passwords \\
  WHERE name = '%s' AND secret = '%s'"""
MAIN_QUERY = "SELECT password FROM users WHERE name = '%s'"
OLD = """
passdb {
  driver = sql
  args = {root}/apps.conf
  mechanisms = plain login
  result_success = continue-ok
}
passdb {
  driver = sql
  args = {root}/main.conf
  skip = authenticated
  result_success = continue-ok
}
passdb {
  driver = relaysentry
  args = {policy} on_error=allow
  skip = unauthenticated
  result_success = return
  result_failure = return-fail
  result_internalfail = return-fail
}
"""
NEW = """
CONNECT
passdb apps {
  driver = sql
  mechanisms_filter = plain login
  result_success = continue-ok
  passdb_sql_query = APPS
}
passdb main {
  driver = sql
  skip = authenticated
  result_success = continue-ok
  passdb_sql_query = MAIN
}
passdb relaysentry {
  relaysentry_policy_file = {policy}
  skip = unauthenticated
  result_success = return
  result_failure = return-fail
  result_internalfail = return-fail
}
"""
# Before the others. In 2.4 the mechanism itself verifies the token.
TOKENS = """
passdb {
  driver = oauth2
  args = {root}/oauth2.conf
  mechanisms = xoauth2 oauthbearer
  result_success = continue-ok
}
"""
MAIN_WITHOUT_TOKENS = "main.conf\n  mechanisms = plain login"


class SqlSentry(DatabaseSentry):
    """more: settings; main: the query for the main password, %s is the user.
    tokens: whether bearer tokens are verified, too."""

    def __init__(self, kind, more="", main=MAIN_QUERY, rules=tuple(RULES), tokens=False):
        others = {"mechanisms": "plain login xoauth2 oauthbearer"} if tokens else {}
        super().__init__(kind, SCHEMA,
                         lambda database: self.configure(database, more, main, tokens),
                         rules, place="", **others)

    @staticmethod
    def configure(database, more, main, tokens):
        password = database.joined("'{SHA256.HEX}'", "secret")
        files = {
            "apps.conf": database.old + "password_query = " +
            APP_QUERY % (password, "%u", "%{sha256:password}") + "\n",
            "main.conf": database.old + "password_query = " + main % "%u" + "\n"}
        new = NEW.replace("CONNECT", database.new).replace("MAIN", main % "%{user}")
        new = new.replace("APPS", APP_QUERY % (password, "%{user}",
                                               "%{password | sha256 | hexlify}"))
        old = more + OLD
        if tokens:
            old = TOKENS + old.replace("main.conf", MAIN_WITHOUT_TOKENS)
            new = jwt.CONFIG_24 + new
        return {"files": files, "extra": {"2.3": old, "2.4": more + new}}

    def prepare(self, *others):
        super().prepare(*others)
        jwt.write_keys(self.root / "keys")
        (self.root / "oauth2.conf").write_text(self.fill(jwt.CONFIG_23))


@instance
def sqlite():
    return SqlSentry(sqlservers.Sqlite)


@instance
def postgres():
    return SqlSentry(sqlservers.Postgres)


@instance
def mariadb():
    return SqlSentry(sqlservers.MariaDb)


@instance
def with_tokens():
    return SqlSentry(sqlservers.Sqlite, tokens=True)


@instance
def remembering():
    return SqlSentry(sqlservers.Sqlite, "auth_cache_size = 1M\nauth_debug = yes\n")


def check_relay(dovecot):
    for service in ("imap", "pop3", "submission"):
        for app in APPS:
            for mech in ("PLAIN", "LOGIN"):
                expect(dovecot.login(service, "alice", app, mech, remote=OUTLOOK).ok, service, app)
        mark = dovecot.mark()
        answer = dovecot.login(service, "alice", PASSWORD, remote=OUTLOOK)
        expect(not answer.ok and MESSAGE in answer.text, service, answer)
        dovecot.report_of(mark, rule="main", credential="password", verified="yes")


def check_home(dovecot):
    for password in (*APPS, PASSWORD):
        expect(dovecot.login("imap", "alice", password, remote=HOME).ok, password)
    expect(dovecot.login("imap", "bob", PASSWORD, remote=HOME).ok)


def check_wrong(dovecot):
    quoted, escaped = "' OR '1'='1", "\\' OR 1=1 -- "
    for user, password in (("bob", APPS[0]), ("alice", "wrong"), ("alice", ""), ("alice", quoted),
                           (quoted, PASSWORD), (escaped, PASSWORD), (escaped, APPS[0]),
                           ("alice", hashlib.sha256(APPS[0].encode()).hexdigest())):
        for remote in (OUTLOOK, HOME):
            answer = dovecot.login("imap", user, password, remote=remote)
            expect(not answer.ok and MESSAGE not in answer.text, user, password, answer)


def check_reply(dovecot):
    with dovecot.auth() as auth:
        for password in (*APPS, PASSWORD):
            raw = auth.login("alice", password, remote=HOME).raw
            expect("relaysentry" not in raw and "app-password" not in raw, raw)
    equal(dovecot.log(0, "|".join((*APPS, "SHA256.HEX"))), [])


for place in (sqlite, postgres, mariadb):
    name = place.__name__
    case(f"{name}: a relay gets in with an app password, not with the main one", on=place)(
        check_relay)
    case(f"{name}: at home every password of the user works", on=place)(check_home)
    case(f"{name}: another's app password, a wrong one and quotes are refused", on=place)(
        check_wrong)
    case(f"{name}: what the query says of the credential stays inside", on=place)(check_reply)
case("tokens and sqlite: a relay gets in with an app password, not with the main one",
     on=with_tokens)(check_relay)
case("tokens and sqlite: at home every password of the user works", on=with_tokens)(check_home)


@case("tokens and sqlite: a relay gets in with a token", on=with_tokens)
def _(dovecot):
    for service in ("imap", "pop3", "submission"):
        for mech in TOKEN_MECHANISMS:
            for remote in (OUTLOOK, HOME):
                answer = dovecot.login(service, "alice", jwt.token("alice"), mech, remote)
                expect(answer.ok, service, mech, remote, answer)


@case("tokens and sqlite: a faulty token, and a password for a token, let in nobody",
      on=with_tokens)
def _(dovecot):
    faulty = (jwt.token("alice") + "x", jwt.token("alice", key=b"another"),
              jwt.token("alice", lifetime=-600), jwt.token("bob"), PASSWORD, APPS[0])
    attempts = [("alice", token, mech, remote) for token in faulty for mech in TOKEN_MECHANISMS
                for remote in (OUTLOOK, HOME)]
    with dovecot.auth() as auth:
        replies = auth.logins(attempts)
    equal([attempt for attempt, reply in zip(attempts, replies) if reply.ok], [])


@case("sqlite: no other password counts as the app password that the auth cache remembers",
      on=remembering)
def _(dovecot):
    hits = dovecot.mark()
    for before in (*APPS, PASSWORD, "wrong"):
        for _round in range(2):
            # What is remembered, and whether it was right, differs each time.
            with dovecot.auth() as auth:
                equal(auth.login("alice", before, remote=HOME).ok, before != "wrong", before)
                reply = auth.login("alice", PASSWORD, remote=OUTLOOK)
                expect(not reply.ok and MESSAGE in reply.raw, before, reply)
                reply = auth.login("alice", "wrong", remote=OUTLOOK)
                expect(not reply.ok and MESSAGE not in reply.raw, before, reply)
                for app in APPS:
                    expect(auth.login("alice", app, remote=OUTLOOK).ok, before, app)
    with dovecot.auth() as auth:
        expect(not auth.login("bob", APPS[0], remote=OUTLOOK).ok)
    expect(dovecot.log(hits, "cache hit: "), "nothing was remembered")


@case("mariadb: names that it takes for the same are one to rules when the query returns it")
def _():
    rules = [rule("deny", user="alice", relay="outlook-mobile")]
    returning = MAIN_QUERY.replace("password", "password, name AS user")
    with SqlSentry(sqlservers.MariaDb, main=returning, rules=rules) as dovecot:
        with dovecot.auth() as auth:
            for user in ("alice", "ALICE", "alice ", "alic\u00e9", "alice"):
                expect(auth.login(user, PASSWORD, remote=HOME).ok, user)
                reply = auth.login(user, PASSWORD, remote=OUTLOOK)
                equal((reply.ok, reply.fields["user"]), (False, "alice"), user)
            expect(auth.login("bob", PASSWORD, remote=OUTLOOK).ok)

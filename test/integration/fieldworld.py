# SPDX-License-Identifier: MIT
"""Users whose own policy stands in passdb fields, in each kind of passdb: a
passwd-file, SQLite, PostgreSQL, and LDAP with its two ways to verify a password."""

from dataclasses import dataclass, field

import dialect
import ldapserver
import sqlservers
from sqlworld import DatabaseSentry
from world import AFTER, PASSWORD, PRIMARY_CONTINUES

READ = ("allow", "deny", "group", "credential")


@dataclass
class Account:
    """The values of the fields; None: not set. For LDAP also lists."""
    allow: str = None
    deny: str = None
    group: str = None
    more: dict = field(default_factory=dict)  # of a passwd-file: other fields


def following(primary_23, primary_24):
    """Both texts with relaysentry behind."""
    return {"2.3": primary_23 + AFTER, "2.4": primary_24 + dialect.blocks(AFTER)}


class PasswdFile:
    """Its fields are separated by blanks, so those in a value are tabs."""

    mechanisms = ("PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256")

    def __init__(self, folder, accounts):
        self.users = {name: self.line(account) for name, account in accounts.items()}

    @staticmethod
    def line(account):
        fields = {f"relaysentry_{name}": getattr(account, name) for name in READ[:3]}
        words = [f"{name}={value}" for name, value in {**fields, **account.more}.items()
                 if value is not None]
        # Dovecot expands variables in them.
        text = " ".join(word.replace(" ", "\t").replace("%", "%%") for word in words)
        return f"{{PLAIN}}{PASSWORD}::::::{text}"

    def configure(self):
        return {"place": PRIMARY_CONTINUES + AFTER, "users": self.users}

    def close(self):
        pass


SCHEMA = """CREATE TABLE users (name TEXT PRIMARY KEY, password TEXT NOT NULL,
                    relay_allow TEXT, relay_deny TEXT, relay_group TEXT);
"""
QUERY = """SELECT password, relay_allow AS relaysentry_allow, \\
  relay_deny AS relaysentry_deny, relay_group AS relaysentry_group \\
  FROM users WHERE name = '%s'"""
SQL_23 = """
passdb {
  driver = sql
  args = {root}/users.conf
  result_success = continue-ok
}
"""
SQL_24 = """
CONNECT
passdb users {
  driver = sql
  default_password_scheme = PLAIN
  result_success = continue-ok
  passdb_sql_query = QUERY
}
""".replace("QUERY", QUERY % "%{user}")


def quoted(value):
    return "NULL" if value is None else "'" + value.replace("'", "''") + "'"


class Sql:
    """Mixed into a database of sqlservers."""

    mechanisms = PasswdFile.mechanisms

    def __init__(self, folder, accounts):
        super().__init__(folder, SCHEMA + "".join(
            "INSERT INTO users VALUES (" + ", ".join(map(quoted, (
                name, PASSWORD, account.allow, account.deny, account.group))) + ");\n"
            for name, account in accounts.items()))

    def configure(self):
        config = (self.old + "default_pass_scheme = PLAIN\n"
                  f"password_query = {QUERY % '%u'}\n")
        return {"place": following(SQL_23, SQL_24.replace("CONNECT", self.new)),
                "files": {"users.conf": config}}


class Sqlite(Sql, sqlservers.Sqlite):
    pass


class Postgres(Sql, sqlservers.Postgres):
    pass


# uid=user: LDAP finds names that differ in case and in blanks.
LDAP_CONF = """
uris = {uri}
base = {base}
dn = {admin}
dnpass = {password}
default_pass_scheme = PLAIN
pass_filter = (uid=%u)
pass_attrs = uid=user, PASSWORD relaysentryAllow=relaysentry_allow, \\
  relaysentryDeny=relaysentry_deny, relaysentryGroup=relaysentry_group
"""
LDAP_23 = """
passdb {
  driver = ldap
  args = {root}/ldap.conf
  result_success = continue-ok
}
"""
LDAP_24 = """
ldap_uris = {uri}
ldap_base = {base}
ldap_auth_dn = {admin}
ldap_auth_dn_password = {password}
passdb ldap {{
  default_password_scheme = PLAIN
  passdb_ldap_filter = (uid=%{{user}})
  BIND
  result_success = continue-ok
  fields {{
    user = %{{ldap:uid}}
    PASSWORD
    relaysentry_allow = %{{ldap_multi:relaysentryAllow | default | list}}
    relaysentry_deny = %{{ldap_multi:relaysentryDeny | default | list}}
    relaysentry_group = %{{ldap_multi:relaysentryGroup | default | list}}
  }}
}}
"""


class Ldap(ldapserver.Slapd):
    """Dovecot reads the password and verifies it. No value is empty."""

    mechanisms = PasswdFile.mechanisms
    bind = {"PASSWORD": "userPassword=password,"}, {
        "PASSWORD": "password = %{ldap:userPassword}", "BIND": ""}

    def __init__(self, folder, accounts):
        super().__init__(folder, [
            {"objectClass": ["account", "simpleSecurityObject", "relaysentryUser"], "uid": name,
             "userPassword": PASSWORD, "relaysentryAllow": account.allow or None,
             "relaysentryDeny": account.deny or None, "relaysentryGroup": account.group or None}
            for name, account in accounts.items()])

    def configure(self):
        texts = [text.format(uri=self.uri, base=ldapserver.BASE, admin=ldapserver.ADMIN,
                             password=ldapserver.ADMIN_PASSWORD) for text in (LDAP_CONF, LDAP_24)]
        for number, words in enumerate(self.bind):
            for word, text in words.items():
                texts[number] = texts[number].replace(word, text)
        return {"place": following(LDAP_23, texts[1]), "files": {"ldap.conf": texts[0]}}


class LdapBind(Ldap):
    """LDAP verifies the password: Dovecot has it only of PLAIN and LOGIN."""

    mechanisms = ("PLAIN", "LOGIN")
    bind = {"PASSWORD": ""}, {"PASSWORD": "", "BIND": "passdb_ldap_bind = yes"}

    def configure(self):
        found = super().configure()
        found["files"]["ldap.conf"] += "auth_bind = yes\n"
        return found


BACKENDS = (PasswdFile, Sqlite, Postgres, Ldap, LdapBind)


class FieldSentry(DatabaseSentry):
    """backend: one of BACKENDS; accounts: {name: Account}."""

    def __init__(self, backend, accounts, rules, **others):
        super().__init__(backend, accounts, backend.configure, rules, **others)


def leaked(text):
    """The names of the fields that are for relaysentry alone, in a text."""
    return [name for name in READ if f"relaysentry_{name}" in text.lower()]

# SPDX-License-Identifier: MIT
"""The Dovecots of the matrix: their configuration and users.

A World is a Dovecot with relaysentry and all that its logins need: Postfix,
a KDC, a second Dovecot to which logins are proxied."""

import sqlite3

import certs
import dialect
import jwt
import kdc
import matrix_cells as m
import postfixd
from dovecot import Dovecot
from dovecotconf import Ports
from world import AFTER, AWS, FIRST, PASSWORD, Sentry, compile_database, relay, rule

MESSAGE = "Not from this app"
PROXIED = {service: f"px-{service}" for service in m.SERVICES if service != "smtp"}
# In the passwd-file of passwords, of tokens and of certificates alike.
KNOWN = ("alice", "alias", *PROXIED.values())
PRINCIPALS = ("alice", "alias", "second", "nobody1", "admin", *PROXIED.values())

# The two releases' words: where 2.4 says more than dialect.py translates, all of
# the text is given.
SERVICES = """
protocols = imap pop3 submission sieve lmtp
service managesieve-login {
  inet_listener sieve {
    port = {sieve}
    haproxy = yes
  }
  service_count = 0
}
service managesieve {
  service_count = 100
}
"""
TLS = {"2.3": """
ssl = yes
ssl_cert = <{server}
ssl_key = <{key}
ssl_ca = <{ca}
ssl_verify_client_cert = yes
ssl_require_crl = no
auth_ssl_username_from_cert = yes
""", "2.4": """
ssl = yes
ssl_server_cert_file = {server}
ssl_server_key_file = {key}
ssl_server_ca_file = {ca}
ssl_server_request_client_cert = yes
ssl_server_require_crl = no
auth_ssl_username_from_cert = yes
"""}
KERBEROS = {"2.3": """
auth_krb5_keytab = {keytab}
auth_gssapi_hostname = "$ALL"
import_environment = TZ CORE_OUTOFMEM CORE_ERROR KRB5_CONFIG={krb5} KRB5RCACHENAME=none:
""", "2.4": """
auth_krb5_keytab = {keytab}
auth_gssapi_hostname = "$ALL"
import_environment {
  KRB5_CONFIG = {krb5}
  KRB5RCACHENAME = none:
}
"""}
TOKENS = {"2.3": "", "2.4": jwt.CONFIG_24}
DATABASE = {"2.3": "", "2.4": "sql_driver = sqlite\nsqlite_path = {root}/users.sqlite\n"}
CACHE = "auth_cache_size = 10M\nauth_cache_ttl = 1h\nauth_debug = yes\n"
MASTER = "auth_master_user_separator = *\n"


# Where a login process dies, it must not take other clients with it.
ALONE = """
service submission-login {
  service_count = 1
}
service managesieve-login {
  service_count = 1
}
"""
DEATHS = [r"(submission|managesieve)-login: Fatal: .*killed with signal 11"]


def dying():
    """Whether some login kills its process in this release."""
    return any(m.kills_login(cell, dialect.version()) for cell in m.all_cells())


def extra(kerberos, cache, master):
    """What does not concern passdbs, in the words of this release."""
    release = dialect.release()
    services = SERVICES + (ALONE if dying() else "")
    parts = [{"2.3": services, "2.4": dialect.blocks(services)}, TLS, TOKENS]
    parts += [KERBEROS] if kerberos else []
    parts += [CACHE, DATABASE] if cache else []
    parts += [MASTER] if master else []
    text = "".join(part if isinstance(part, str) else part[release] for part in parts)
    return {release: text}


FILE = """
passdb {
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {root}/FILE
  FILTER
  RESULT
}
"""
OAUTH2 = """
passdb {
  driver = oauth2
  args = {root}/FILE
  mechanisms = oauthbearer xoauth2
  RESULT
}
"""
MASTERS = """
passdb {
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {root}/masters
  master = yes
  result_success = continue
}
"""
SQL = """
passdb {
  driver = sql
  args = {root}/FILE
  FILTER
  RESULT
}
"""
SQL_CONFIG = """
driver = sqlite
connect = {root}/users.sqlite
default_pass_scheme = PLAIN
password_query = SELECT name AS user, %s FROM users WHERE name = '%%u'
"""
FIELDS = {"users.sql": "password",
          "external.sql": "NULL AS password, 'y' AS nopassword"}
SQL_24 = """
passdb FILE {
  driver = sql
  default_password_scheme = PLAIN
  passdb_sql_query = SELECT name AS user, FIELDS FROM users WHERE name = '%{user}'
  FILTER
  RESULT
}
"""
# It takes the word of who proxies for the address of the client.
BACKEND = """
login_trusted_networks = 127.0.0.0/8
service pop3-login {
  inet_listener direct {
    port = {pop3_direct}
  }
}
service submission-login {
  inet_listener direct {
    port = {submission_direct}
  }
}
service managesieve-login {
  inet_listener direct {
    port = {sieve_direct}
  }
}
"""


def block(text, name, mechanisms="", result="", skip=""):
    word = "mechanisms_filter" if text is SQL_24 else "mechanisms"
    lines = [f"{word} = {mechanisms}" if mechanisms else "", f"skip = {skip}" if skip else ""]
    return text.replace("FILE", name).replace("FILTER", "\n  ".join(filter(None, lines))).replace(
        "RESULT", result)


def primaries(result, kerberos, filtered):
    """The passdbs that verify. result: of each that may end the login."""
    words = "plain login cram-md5 scram-sha-256" + (" gssapi" if kerberos else "")
    tokens = "oauthbearer xoauth2"
    filters = words if filtered else ""
    text = block(FILE, "users", filters, result) + block(FILE, "second", filters, result)
    text += block(FILE, "external", "external", result)
    text += block(FILE, "external2", "external", result)
    if dialect.release() != "2.3":
        # The mechanism has verified the token, the passdbs are asked for the user.
        return text + block(FILE, "tokens", tokens, result) + \
            block(FILE, "external2", tokens, result)
    for name in ("other.conf", "oauth2.conf"):
        text += block(OAUTH2, name, "", result)
    if result:
        # What is known of the token's user besides the token.
        text += block(FILE, "tokens", tokens, result, "unauthenticated")
    return text


def passdbs(placement, kerberos=False, master=False, filtered=True):
    if placement == "after":
        ours = never(AFTER) if kerberos else AFTER
        text = primaries("result_success = continue-ok", kerberos, filtered) + ours
    else:
        text = FIRST + primaries("", kerberos, filtered)
        if dialect.release() == "2.3":
            # The passdb that adds to what the oauth2 passdb found is the last one.
            text = text.replace("  args = {root}/oauth2.conf\n", "  args = {root}/oauth2.conf\n"
                                "  result_success = continue-ok\n")
            text += block(FILE, "tokens", "oauthbearer xoauth2", "", "unauthenticated")
    return text + (MASTERS if master else "")


def cached(placement, *_):
    """The same with passdbs that Dovecot caches, which a passwd-file is not."""
    result = "result_success = continue-ok" if placement == "after" else ""
    words = "plain login cram-md5 scram-sha-256 gssapi"
    if dialect.release() == "2.3":
        text = block(SQL, "users.sql", words, result) + \
            block(SQL, "external.sql", "external", result) + \
            block(OAUTH2, "oauth2.conf", "", result)
        return text + never(AFTER) if placement == "after" else FIRST + text
    text = block(SQL_24, "passwords", words, result).replace("FIELDS", FIELDS["users.sql"]) + \
        block(SQL_24, "others", "external oauthbearer xoauth2", result).replace(
            "FIELDS", FIELDS["external.sql"])
    ours = dialect.blocks(never(AFTER) if placement == "after" else FIRST)
    return {"2.4": text + ours if placement == "after" else ours + text}


def never(text):
    return text.replace("skip = unauthenticated", "skip = never")


def fields(user, ports):
    """What the passdb says about the user besides the password."""
    if user == "alias":
        return "user=renamed"
    for service, name in PROXIED.items():
        if user == name:
            return f"proxy=y host=127.0.0.1 port={ports[service]} pass={PASSWORD}"
    return ""


def user_files(ports):
    """The passwd-files, by name."""
    def lines(users, password, extra=""):
        return "".join(f"{user}:{password}::::::{fields(user, ports)} {extra}\n" for user in users)
    return {
        "second": lines(["second"], "{PLAIN}" + PASSWORD),
        "external": lines(KNOWN, "", "nopassword=y"),
        "external2": lines(["second"], "", "nopassword=y"),
        "tokens": lines(KNOWN, "", "nopassword=y"),
        "masters": "admin:{PLAIN}master\ncertadm:::::::nopassword=y\n",
        "oauth2.conf": jwt.CONFIG_23, "other.conf": jwt.CONFIG_23.replace("idp.", "other-idp."),
        **{name: SQL_CONFIG % text for name, text in FIELDS.items()},
    }


class Backend(Dovecot):
    """Where logins are proxied to: it lets in everybody."""

    def __init__(self):
        self.more = Ports("sieve", "pop3_direct", "submission_direct", "sieve_direct")
        super().__init__("passdb {\n  driver = static\n  args = nopassword=y\n}\n",
                         extra=SERVICES + BACKEND, names=self.more.numbers)

    def direct(self):
        return {"imap": self.ports["imap_direct"],
                **{service: self.more.numbers[f"{service}_direct"]
                   for service in ("pop3", "submission", "sieve")}}

    def discard(self):
        self.more.close()
        super().discard()


class World(Sentry):
    """cells: those that are measured here; number i has relay-i for itself.
    kerberos, cache, master: what the cells need."""

    def __init__(self, cells, placement, kerberos=False, cache=False, master=False, filtered=True,
                 place=None, **others):
        self.cells = list(cells)
        self.backend = Backend() if any(c.kind == m.PROXIED for c in self.cells) else None
        self.more = Ports("sieve")
        self.kdc = self.postfix = None
        ports = self.backend.direct() if self.backend else dict.fromkeys(PROXIED, 1)
        users = {user: f"{{PLAIN}}{PASSWORD}::::::{fields(user, ports)}" for user in KNOWN}
        folder = "{root}"
        super().__init__(
            self.rules(placement), users=users, files=user_files(ports),
            extra=extra(kerberos, cache, master),
            place=place or (cached if cache else passdbs)(placement, kerberos, master, filtered),
            mechanisms=" ".join(x.lower() for x in m.MECHANISMS if kerberos or x != "GSSAPI"),
            names={**self.more.numbers, "server": f"{folder}/ca/localhost.pem",
                   "key": f"{folder}/ca/key.pem", "ca": f"{folder}/ca/ca.pem",
                   "keytab": f"{folder}/kdc/keytab", "krb5": f"{folder}/kdc/krb5.conf"}, **others)
        if dying():
            self.crashes = DEATHS
            self.expected.append("auth client [0-9]+ disconnected with 1 pending requests")
        try:
            self.equip(kerberos)
        except BaseException:
            self.discard()
            raise

    @staticmethod
    def rules(placement):
        # In first place nothing is verified, and a reason is told to nobody.
        reply = {"message": MESSAGE} if placement == "after" else {"reply": "generic"}
        return [rule("deny", "relays", **{"class": "mail-relay"}, **reply)]

    def prepare(self, rules, mode, settings, policy_text, database):
        super().prepare(rules, mode, settings, policy_text, False)
        compile_database(self.database_path, [
            relay(f"relay-{n}", "mail-relay", f"52.{n // 250}.{n % 250}.0/24")
            for n in range(len(self.cells) or 1)] + [relay("cloud", "cloud", AWS + "/32")])

    @staticmethod
    def addresses(n):
        """The address of relay-n, and one that is of no relay."""
        return f"52.{n // 250}.{n % 250}.7", f"203.{n // 250}.{n % 250}.9"

    def equip(self, kerberos):
        self.authority = certs.Authority(self.root / "ca")
        for user in (*KNOWN, "second", "certadm"):
            self.authority.issue(user)
        jwt.write_keys(self.root / "keys")
        with sqlite3.connect(self.root / "users.sqlite") as database:
            database.execute("CREATE TABLE users (name TEXT, password TEXT)")
            database.execute("INSERT INTO users VALUES (?, ?)", ("alice", PASSWORD))
        for name in ("oauth2.conf", "other.conf", "users.sql", "external.sql"):
            path = self.root / name
            path.write_text(self.fill(path.read_text()))
        if kerberos:
            self.kdc = kdc.Kdc(self.root / "kdc", PRINCIPALS)
            self.kdc.start()
        if any(c.service == "smtp" for c in self.cells):
            self.postfix = postfixd.Postfix(self.root / "postfix", self.root / "run/auth-client",
                                            self.authority)

    def port(self, service):
        if service == "smtp":
            return self.postfix.port
        return {**self.ports, **self.more.numbers}[service]

    def start(self):
        if self.backend:
            self.backend.start()
        super().start()
        if self.postfix:
            self.postfix.start()

    def stop(self):
        if self.postfix:
            self.postfix.close()
        super().stop()
        if self.backend:
            self.backend.stop()

    def faults(self):
        return super().faults() + (self.postfix.faults() if self.postfix else []) + \
            (self.backend.faults() if self.backend else [])

    def discard(self):
        for part in (self.postfix, self.kdc, self.more):
            if part is not None:
                part.close()
        if self.backend:
            self.backend.discard()
        super().discard()

# SPDX-License-Identifier: MIT
"""The dict "relaysentry" of a private Dovecot, in a private SQLite, PostgreSQL or
Redis, configured by the examples of the documents:

    with Sentry(rules, beside=dictservers.Redis()) as dovecot:
        keys = dictservers.Keys(dovecot)
        keys.set("shared/relaysentry/user/alice/exceptions", "[]")
        dictservers.down(dovecot)
        dovecot.beside.way.stop()     # a Proxy; see proxy.py
        dovecot.beside.server.kill()  # see sqlservers.Server; and restart()

Dovecot's own process, between it and who asks:

    dictservers.signal_dict(dovecot, signal.SIGSTOP)
    with Proxy(dictservers.socket_of(dovecot), path) as way: ...
"""

import contextlib
import json
import os
import pathlib
import pwd
import shutil
import signal
import sqlite3
import tempfile

import dialect
import sqlservers
from cases import Skip
from proxy import Proxy

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "doc" / "examples"
MAP_FILE = "/etc/dovecot/relaysentry-dict.conf.ext"
SQLITE_FILE = "/var/lib/relaysentry/dict/dict.sqlite"
# doveadm of 2.4 has no URIs: it knows a dict by the block that names one.
CLIENT_24 = "mail_attribute {\n  dict proxy {\n    name = relaysentry\n  }\n}\n"
# What Dovecot says of a server that is not there; some of it in lines of their own.
DOWN = [r"dict(\(\d+\))?: (Error|Warning): "]


def example(name, changes):
    """The text of an example; changes: {text that stands there once: another}."""
    text = (EXAMPLES / name).read_text()
    lines = [line for line in text.split("\n") if not line.startswith("#")]
    text = "\n".join(lines)
    for old, new in changes.items():
        if text.count(old) != 1:
            raise RuntimeError(f"{name} does not have {old!r} once")
        text = text.replace(old, str(new))
    return text


def schema():
    return (EXAMPLES / "dict.sql").read_text()


class Store:
    """What is behind the dict. kind: the word of its examples. config: what
    Dovecot's configuration says of it."""

    kind = ""
    lists = True  # whether its keys can be listed
    crashes = ()  # of Dovecot, when the server is not there

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="rs-dict-", dir="/tmp"))
        self.folder.chmod(0o755)
        self.server = self.way = None
        try:
            self.prepare()
            self.config = {release: self.configured(release) for release in ("2.3", "2.4")}
        except BaseException:
            self.close()
            raise

    def configured(self, release):
        """changes() are those in the file of the release that says where the
        server is: of 2.3 often another one than that which names the dict."""
        name, changes = f"dict-{self.kind}-{release}.conf", self.changes(release)
        beside = EXAMPLES / (name + ".ext")
        if beside.exists():
            path = self.folder / "relaysentry-dict.conf.ext"
            path.write_text(example(beside.name, changes))
            changes = {MAP_FILE: path}
        return example(name, changes) + (CLIENT_24 if release == "2.4" else "")

    def close(self):
        if self.way is not None:
            self.way.close()
        if self.server is not None:
            self.server.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class Sqlite(Store):
    kind = "sqlite"

    def prepare(self):
        # Where the file is, others come and go.
        account = pwd.getpwnam("dovecot")
        folder = self.folder / "dict"
        folder.mkdir()
        self.path = sqlservers.Sqlite(folder, schema()).path
        for path in (folder, self.path):
            os.chown(path, account.pw_uid, account.pw_gid)

    def changes(self, _release):
        return {SQLITE_FILE: self.path}

    @contextlib.contextmanager
    def locked(self, how="EXCLUSIVE"):
        """Somebody else writes, and does not come to an end; IMMEDIATE: others may
        read meanwhile."""
        connection = sqlite3.connect(self.path, isolation_level=None)
        try:
            connection.execute(f"BEGIN {how}")
            yield
            connection.execute("ROLLBACK")
        finally:
            connection.close()


class Postgres(Store):
    kind = "postgresql"
    # 2.3.19.1 and 2.3.21.1 do, with each request.
    crashes = (r"service\(dict\): child \d+ killed with signal (6|11)",
               r"dict\(\d+\): Panic: file connection\.c.*\(connection_list_deinit\)")

    def prepare(self):
        folder = self.folder / "server"
        folder.mkdir()
        self.server = sqlservers.Postgres(
            folder, "CREATE ROLE dovecot LOGIN;\n"
            "CREATE DATABASE mail OWNER dovecot ENCODING 'UTF8' TEMPLATE template0;\n"
            "\\connect mail dovecot\n" + schema())
        self.way = Proxy(folder / ".s.PGSQL.5432")

    def changes(self, release):
        text = {"2.3": "port=%s", "2.4": "port = %s"}[release]
        return {text % 5432: text % self.way.port}


class RedisServer(sqlservers.Server):
    name = "Redis"

    def __init__(self, folder):
        program = shutil.which("redis-server", path="/usr/sbin:/usr/bin")
        if program is None:
            raise Skip("Redis is not installed")
        self.socket = folder / "socket"
        super().__init__(
            folder, pwd.getpwnam("nobody"), None,
            [program, "--port", "0", "--unixsocket", self.socket, "--save", "",
             "--appendonly", "no", "--dir", folder],
            ["redis-cli", "-e", "-s", self.socket])
        try:
            self.wait()
        except BaseException:
            self.close()
            raise

    def ask(self):
        return self.run("", "PING")


class Redis(Store):
    kind = "redis"
    lists = False

    def prepare(self):
        folder = self.folder / "server"
        folder.mkdir()
        self.server = RedisServer(folder)
        self.way = Proxy(self.server.socket)

    def changes(self, release):
        text = {"2.3": "port=%s", "2.4": "redis_port = %s"}[release]
        return {text % 6379: text % self.way.port}


STORES = {"sqlite": Sqlite, "postgresql": Postgres, "redis": Redis}


class DictFault(Exception):
    """doveadm could not do it; says why."""


class Keys:
    """The dict of a Dovecot as doveadm sees it."""

    NOT_FOUND = 68  # EX_NOHOST, which is doveadm's word for it

    def __init__(self, dovecot):
        self.dovecot = dovecot
        self.name = "proxy::relaysentry" if dialect.release() == "2.3" else "mail_attribute"

    def run(self, command, *args):
        """Returns what is printed, None when there is no such key."""
        done = self.dovecot.doveadm("-f", "json", "dict", command, *args)
        if done.returncode == self.NOT_FOUND:
            return None
        if done.returncode != 0 or "Error: " in done.stderr:
            raise DictFault(f"dict {command} {args}: status {done.returncode}: {done.stderr}")
        return json.loads(done.stdout) if done.stdout.strip() else []

    def get(self, key):
        rows = self.run("get", "--", self.name, key)
        return None if rows is None else rows[0]["value"]

    def set(self, key, value, expire=0):
        """expire: in seconds; only 2.4 can be told."""
        self.run("set", *(["-e", str(expire)] if expire else []), "--", self.name, key, value)

    def unset(self, key):
        self.run("unset", "--", self.name, key)

    def iterate(self, prefix):
        """{key: value} of all below prefix, at any depth."""
        return {row["key"]: row["value"] for row in self.run("iter", "-R", "--", self.name, prefix)}


def socket_of(dovecot):
    return dovecot.root / "run" / "dict"


def down(dovecot):
    """Before its server goes away: what Dovecot says of that is no fault."""
    dovecot.expected += DOWN
    dovecot.crashes += dovecot.beside.crashes


def signal_dict(dovecot, number):
    """To all of Dovecot's dict processes that there are; that one is killed, is no
    fault. A stopped one that is busy leaves new clients to another one."""
    if number == signal.SIGKILL:
        dovecot.crashes.append(r"service\(dict\).*killed with signal 9")
    for pid, _words in dovecot.processes("dict"):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)

# SPDX-License-Identifier: MIT
"""Private SQL databases for the passdbs of a test: SQLite, PostgreSQL and
MariaDB, each in a folder of its own and reached through that folder alone.

Each has `old` and `new`, how Dovecot 2.3 and 2.4 connect to it, and
`joined(a, b)`, how it writes two texts one behind the other."""

import contextlib
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import time

from cases import Skip, expect
from dovecot import MODULE_DIR, die_with_parent

WAIT = 0.1
ATTEMPTS = 300


def need_driver(name, product):
    """Dovecot's part, which Debian has in a package of its own."""
    if not list(MODULE_DIR.glob(f"**/*driver_{name}.so")):
        raise Skip(f"Dovecot's driver for {product} is not installed")


class Database:
    @staticmethod
    def joined(first, second):
        return f"{first} || {second}"

    def close(self):
        pass


class Sqlite(Database):
    def __init__(self, folder, schema):
        need_driver("sqlite", "SQLite")
        self.path = folder / "users.sqlite"
        self.run(schema)
        self.path.chmod(0o644)
        self.old = f"driver = sqlite\nconnect = {self.path}\n"
        self.new = f"sql_driver = sqlite\nsqlite_path = {self.path}\n"

    def run(self, text):
        subprocess.run(["sqlite3", self.path], input=text, text=True, check=True, timeout=60)


class Server(Database):
    """A server's program, run by another user than root as it wants."""

    name = ""
    end = signal.SIGTERM

    def __init__(self, folder, account, prepare, serve, client):
        os.chown(folder, account.pw_uid, account.pw_gid)
        self.user = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": [],
                     "cwd": folder, "env": {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}}
        self.folder, self.serve, self.client = folder, serve, client
        if prepare:
            done = subprocess.run(prepare, capture_output=True, text=True, check=False,
                                  timeout=120, stdin=subprocess.DEVNULL, **self.user)
            expect(done.returncode == 0, self.name, done.stderr or done.stdout)
        self.start()

    def start(self):
        with open(self.folder / "log", "ab") as output:
            self.process = subprocess.Popen(
                self.serve, stdout=output, stderr=output, stdin=subprocess.DEVNULL,
                preexec_fn=die_with_parent, **self.user)

    def fill(self, text):
        """Runs the text when the server answers; a server that never does is ended."""
        try:
            self.wait()
            done = self.run(text)
            expect(done.returncode == 0, self.name, done.stderr)
        except BaseException:
            self.close()
            raise

    def wait(self):
        for _attempt in range(ATTEMPTS):
            done = self.ask()
            if done.returncode == 0:
                return
            expect(self.process.poll() is None, self.name, "ended", done.stderr)
            time.sleep(WAIT)
        raise AssertionError(done.stderr)

    def ask(self):
        """What it answers as soon as it can answer anything."""
        return self.run("SELECT 1;")

    def run(self, text, *args):
        return subprocess.run([*self.client, *args], input=text, capture_output=True, text=True,
                              check=False, timeout=60, **self.user)

    def close(self):
        self.signal(signal.SIGCONT)
        self.process.send_signal(self.end)
        self.process.wait(60)

    # --- what may happen to it ---

    def signal(self, number):
        """To all its processes."""
        if self.process.poll() is not None:
            return
        for pid in (self.process.pid, *children(self.process.pid)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def stop(self):
        """It answers nobody until go_on(), and keeps its connections."""
        self.signal(signal.SIGSTOP)

    def go_on(self):
        self.signal(signal.SIGCONT)

    def kill(self):
        self.signal(signal.SIGKILL)
        self.process.wait(60)

    def restart(self):
        """After kill(), or in its stead."""
        if self.process.poll() is None:
            self.close()
        self.start()
        self.wait()


def children(pid):
    """The pids of its child processes."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if int((path / "stat").read_text().rsplit(") ", 1)[1].split()[1]) == pid:
                found.append(int(path.name))
    return found


def postgres_program(name):
    """Debian keeps those of the server out of the PATH."""
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    if not found:
        raise Skip("PostgreSQL is not installed")
    return found[-1]


class Postgres(Server):
    name = "PostgreSQL"
    end = signal.SIGINT  # a fast shutdown: it waits for no client

    def __init__(self, folder, schema):
        need_driver("pgsql", self.name)
        data = folder / "data"
        super().__init__(
            folder, pwd.getpwnam("postgres"),
            [postgres_program("initdb"), "-D", data, "-A", "trust", "-U", "postgres", "-N"],
            [postgres_program("postgres"), "-D", data, "-k", folder, "-c", "listen_addresses=",
             "-c", "unix_socket_permissions=0777"],
            [postgres_program("psql"), "-h", folder, "-U", "postgres", "-q",
             "-v", "ON_ERROR_STOP=1", "postgres"])
        self.fill(schema)
        self.old = f"driver = pgsql\nconnect = host={folder} dbname=postgres user=postgres\n"
        self.new = (f"sql_driver = pgsql\npgsql {folder} {{\n  parameters {{\n"
                    "    user = postgres\n    dbname = postgres\n  }\n}\n")


def mariadb_program(name):
    found = shutil.which(name, path="/usr/sbin:/usr/bin")
    if found is None:
        raise Skip("MariaDB is not installed")
    return found


class MariaDb(Server):
    """No account of the system is its own: the packages that hold only the
    programs make none."""

    name = "MariaDB"

    def __init__(self, folder, schema):
        need_driver("mysql", self.name)
        data, socket = folder / "data", folder / "socket"
        super().__init__(
            folder, pwd.getpwnam("nobody"),
            [mariadb_program("mariadb-install-db"), "--no-defaults", f"--datadir={data}",
             "--auth-root-authentication-method=normal", "--skip-test-db"],
            [mariadb_program("mariadbd"), "--no-defaults", f"--datadir={data}",
             f"--socket={socket}", f"--pid-file={folder}/pid", "--skip-networking"],
            [mariadb_program("mariadb"), "--no-defaults", f"--socket={socket}", "--user=root"])
        self.fill("CREATE DATABASE mail;\nCREATE USER dovecot@localhost IDENTIFIED BY 'sql';\n"
                  "GRANT SELECT ON mail.* TO dovecot@localhost;\nUSE mail;\n" + schema)
        self.old = (f"driver = mysql\nconnect = host={socket} dbname=mail user=dovecot "
                    "password=sql\n")
        self.new = (f"sql_driver = mysql\nmysql {socket} {{\n  user = dovecot\n"
                    "  password = sql\n  dbname = mail\n}\n")

    @staticmethod
    def joined(first, second):
        return f"CONCAT({first}, {second})"

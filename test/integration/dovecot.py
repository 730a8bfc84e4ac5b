# SPDX-License-Identifier: MIT
"""A private Dovecot: own configuration, folders, ports and logs; the module
from the build tree. Nothing of an installed Dovecot is touched.

    with Dovecot(passdb=..., userdb=..., users={...}) as dovecot:
        answer = dovecot.login("imap", "alice", "secret", remote="52.125.138.7")

On leaving, the instance is stopped and its log is judged: a crash, or an error
or warning that was not expected, raises LogFault.
"""

import concurrent.futures
import contextlib
import ctypes
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import authsocket
import clients
import dialect
import relayhost
from dovecotconf import CONFIG, Ports
from logbook import SETTLING, Logbook, LogFault

LIBEXEC = pathlib.Path("/usr/lib/dovecot")
# Compiled into Dovecot; see private() and inside().
DOVECONF = pathlib.Path("/usr/bin/doveconf")
MODULE_DIR = LIBEXEC / "modules"
MODULE = "libauthdb_relaysentry.so"
SETTINGS_MODULE = "librelaysentry_settings.so"
START_SECONDS = 30
STOP_SECONDS = 20
GRACE_SECONDS = 1.5
PR_SET_PDEATHSIG = 1


def build_dir():
    return pathlib.Path(os.environ.get("RELAYSENTRY_BUILD", ".")).resolve()


def find_module():
    """The module of the build tree, None when it is not built."""
    path = build_dir() / "plugin" / ".libs" / MODULE
    found = [path] if path.exists() else sorted(build_dir().glob(f"**/.libs/{MODULE}"))
    return found[0] if found else None


def missing():
    """Why no private Dovecot can be run here; None when it can."""
    if not (LIBEXEC / "auth").exists() or shutil.which("dovecot", path="/usr/sbin") is None:
        return "Dovecot is not installed"
    if os.getuid() != 0:
        return "Dovecot needs root to switch users"
    return None


def die_with_parent():
    """In the child: end when this program is killed."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Dovecot(Logbook):
    """passdb, userdb and extra are configuration text in the words of Dovecot 2.3
    (see dialect.py), or {"2.3": text, "2.4": text}; {root}, {users} and the names
    in `names` are replaced. users: {name: line} of the
    passwd-file, the line without the name ("{PLAIN}secret" or more fields).
    beside: what Dovecot needs to run, as a Store of dictservers.py: its text `config`
    is added, and it is closed with this instance.
    expected: regular expressions of errors and warnings that may be logged."""

    def __init__(self, passdb="", userdb=None, extra="", users=None, files=None, names=None,
                 mechanisms="plain login cram-md5 scram-sha-1 scram-sha-256 external",
                 failure_delay="0", penalty=False, expected=(), module=None, beside=None):
        self.beside = beside
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="rs-", dir="/tmp"))
        self.root.chmod(0o755)
        self.config_path = self.root / "dovecot.conf"
        self.users_path = self.root / "users"
        self.output_path = self.root / "output"
        super().__init__(self.root / "dovecot.log", expected)
        self.module = module or find_module()
        self.process = None
        self.relay_host = relayhost.RelayHost()
        self.claimed = Ports("imap", "pop3", "submission", "imap_direct")
        self.ports = ports = self.claimed.numbers
        for folder in ("run", "state"):
            (self.root / folder).mkdir()
        self.home = self.root / "home"
        self.home.mkdir()
        os.chown(self.home, 65534, 65534)
        self.write_users(users or {})
        for name, text in (files or {}).items():
            (self.root / name).write_text(text)
        # In this order: the text of a name may hold {root}.
        self.names = {**(names or {}), "root": self.root, "users": self.users_path}
        if userdb is None:
            userdb = self.static_userdb()
        settings = CONFIG.format(
            root=self.root, mechanisms=mechanisms, failure_delay=failure_delay,
            relay_port=self.relay_host.port, auth=self.private_auth(),
            penalty_mode="0600" if penalty else "0", **ports)
        given = (passdb, userdb, extra, beside.config if beside else "")
        texts = [text for text in given if not isinstance(text, dict)]
        own = [text[dialect.release()] for text in given if isinstance(text, dict)]
        self.config_path.write_text(
            dialect.native(settings + self.private_config() + self.fill("\n".join(texts)) + "\n") +
            self.fill("\n".join(own)))

    def fill(self, text):
        for name, value in self.names.items():
            text = text.replace("{%s}" % name, str(value))
        return text

    @staticmethod
    def static_userdb():
        return "userdb {\n  driver = static\n  args = uid=nobody gid=nogroup home={root}/home/%u\n}"

    def write_users(self, users):
        text = "".join(f"{name}:{line}\n" for name, line in users.items())
        self.users_path.write_text(text)
        self.users_path.chmod(0o644)

    def private_auth(self):
        """Dovecot's auth program, which loads the module of the build tree. From
        2.4 on the programs that read the configuration load a module too."""
        if self.module is None:
            return LIBEXEC / "auth"
        if dialect.release() != "2.3":
            for program in (LIBEXEC / "config", DOVECONF):
                self.private(program, "settings", SETTINGS_MODULE)
        return self.preloaded(self.private(LIBEXEC / "auth", "auth", MODULE))

    def private(self, program, kind, module):
        """A copy of the program as it is, but for the folder that it loads modules
        from, which is compiled in. It needs neither mounts nor files in the
        system's folder, so that the tests also run in a container, in a chroot,
        and beside an installed relaysentry."""
        own = os.fsencode(self.private_modules(kind, module))
        content = program.read_bytes()
        old = os.fsencode(MODULE_DIR / kind) + b"\0"
        if content.count(old) != 1 or len(own) >= len(old):
            raise RuntimeError(f"{program}: does not name {MODULE_DIR}/{kind} once")
        path = self.root / program.name
        path.write_bytes(content.replace(old, own.ljust(len(old), b"\0")))
        path.chmod(0o755)
        return path

    def private_modules(self, kind, name):
        """A folder of Dovecot's modules and ours; returns its path."""
        folder = self.root / {"auth": "mod"}.get(kind, kind)
        if not folder.exists():
            folder.mkdir()
            for path in sorted((MODULE_DIR / kind).glob("*.so")):
                if path.name != name:
                    (folder / path.name).symlink_to(path)
            (folder / name).symlink_to(self.module.with_name(name))
        return folder

    def private_config(self):
        """The service that tells a reloaded configuration."""
        if self.module is None or dialect.release() == "2.3":
            return ""
        return f"service config {{\n  executable = {self.root}/config\n}}\n"

    def inside(self, program, *args):
        """The command that runs a program of Dovecot with this instance's modules.
        From 2.4 on a program gets its configuration from doveconf, whose path is
        compiled in; the private doveconf hands it over first, as that one would."""
        if self.module is None or dialect.release() == "2.3":
            return (program, *args)
        doveconf = self.root / DOVECONF.name
        if program == DOVECONF.name:
            return (doveconf, *args)
        return (doveconf, "-C", "-c", self.config_path, "-F", shutil.which(program), *args)

    def preloaded(self, path):
        """A module built with sanitizers needs their library from the start. That
        of the settings is built without."""
        library = self.module and re.search(rb"libasan\.so\.\d+", self.module.read_bytes())
        if not library:
            return path
        script = path.with_name(path.name + "-preloaded")
        script.write_text(
            f"#!/bin/sh\nexec env LD_PRELOAD={os.fsdecode(library.group())} "
            f"ASAN_OPTIONS=detect_leaks=0 {path} \"$@\"\n")
        script.chmod(0o755)
        return script

    # --- life ---

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.discard()
            raise
        return self

    def __exit__(self, kind, value, trace):
        try:
            self.stop()
            if kind is None:
                self.judge()
        finally:
            if kind is not None:
                print(f"# log of {self.root}:\n" + self.tail(60))
            self.discard()

    def start(self):
        with open(self.output_path, "wb") as output:
            self.process = subprocess.Popen(
                self.inside("/usr/sbin/dovecot", "-F", "-c", self.config_path),
                stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                start_new_session=True, preexec_fn=die_with_parent)
        deadline = time.monotonic() + START_SECONDS
        while True:
            if self.process.poll() is not None:
                raise RuntimeError("Dovecot did not start: " + self.output_path.read_text() +
                                   self.tail(20))
            try:
                # The auth process starts with its first client.
                self.auth().close()
                return
            except (OSError, clients.Closed):
                if time.monotonic() > deadline:
                    raise RuntimeError("Dovecot is not ready: " + self.tail(20)) from None
                time.sleep(0.02)

    def mark(self):
        """The place in the log from which later lines are new."""
        self.settle_log()
        return self.size()

    def settle_log(self):
        """Waits until all that auth has said so far is in the log: auth writes
        one more line. Without it, Dovecot's log process may even keep back
        lines that it read together with the handshake of auth."""
        if self.process is None:
            return
        mark = self.size()
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(clients.TIMEOUT)
            sock.connect(str(self.root / "run" / "auth-client"))
            sock.sendall(b"VERSION\t1\t1\nCPID\t0\n")
            while sock.recv(4096):
                pass
        self.wait_log(SETTLING, mark)

    def stop(self):
        """Stops this instance and waits until all its processes are gone."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            raise LogFault("Dovecot did not stop when told to") from None
        # Dovecot's processes outlive it while they have clients; some for ever.
        for number in (signal.SIGTERM, signal.SIGKILL):
            deadline = time.monotonic() + GRACE_SECONDS
            while self.alive() and time.monotonic() < deadline:
                time.sleep(0.02)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)
        self.process = None

    def alive(self):
        """Whether a process of this instance runs. Those that have ended and
        wait for init to notice do not count."""
        try:
            os.killpg(self.process.pid, 0)
        except ProcessLookupError:
            return False
        for path in pathlib.Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                state, _, group = (path / "stat").read_text().rsplit(") ", 1)[1].split()[:3]
                if int(group) == self.process.pid and state not in "ZX":
                    return True
        return False

    def discard(self):
        with contextlib.suppress(LogFault):
            self.stop()
        self.relay_host.close()
        self.claimed.close()
        if self.beside:
            self.beside.close()
        if os.environ.get("RELAYSENTRY_KEEP"):
            print(f"# kept: {self.root}")
            return
        shutil.rmtree(self.root, ignore_errors=True)

    def reload(self):
        """SIGHUP, and waits until an auth process of the new configuration answers."""
        before = self.auth_pid()
        mark = self.mark()
        self.process.send_signal(signal.SIGHUP)
        self.wait_log(r"SIGHUP received", mark)
        deadline = time.monotonic() + START_SECONDS
        while True:
            # The sockets are away for a moment.
            with contextlib.suppress(OSError, clients.Closed):
                if self.auth_pid() != before:
                    return
            if time.monotonic() > deadline:
                raise AssertionError("no new auth process after SIGHUP")
            time.sleep(0.02)

    # --- what it does ---

    def auth(self):
        return authsocket.AuthSocket(str(self.root / "run" / "auth-client"))

    def auth_pid(self):
        """The pid of the auth process that answers new connections."""
        with self.auth() as auth:
            return auth.server_pid

    def client(self, service, remote="127.0.0.1", peer=None, version=2):
        return clients.CLIENTS[service](self.ports[service], remote, peer, version)

    def login(self, service, user, password, mech="PLAIN", remote="127.0.0.1", peer=None,
              version=2):
        """One login from the address remote; returns the Answer."""
        with self.client(service, remote, peer, version) as client:
            return client.login(user, password, mech)

    def logins(self, attempts):
        """Many logins at a time: the arguments of login() each. Returns the
        Answers in their order."""
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            return list(pool.map(lambda arguments: self.login(*arguments), attempts))

    def doveadm(self, *args, check=False):
        return subprocess.run(self.inside("doveadm", "-c", self.config_path, *args), timeout=60,
                              text=True, capture_output=True, check=check,
                              stdin=subprocess.DEVNULL)

    def auth_processes(self, worker=False):
        """The pids of this instance's auth (or auth-worker) processes."""
        return [pid for pid, words in self.processes("auth") if (b"-w" in words) == worker]

    def processes(self, name):
        """(pid, command line) of this instance's processes of this name."""
        found = []
        for path in pathlib.Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                words = (path / "cmdline").read_bytes().split(b"\0")
                group = (path / "stat").read_text().rsplit(") ", 1)[1].split()[2]
                ours = int(group) == self.process.pid
                if ours and (path / "comm").read_text() == name + "\n":
                    found.append((int(path.name), words))
        return found

# SPDX-License-Identifier: MIT
"""An installed relaysentry for the commands of the documents, seen by them alone.

The command looks in the folders it was built for (/etc/relaysentry and so on).
A mount namespace puts private folders there; the system's own stay untouched.
"""

import pathlib
import re
import shutil
import subprocess
import tempfile

MAIL_LOG = """\
Nov 22 09:12:01 mail dovecot: auth: relaysentry(alice@example.org,52.125.138.7,<a1>): \
relaysentry: action=deny enforced=no relay=outlook-mobile class=mail-relay \
network=52.125.128.0/20 rule=staff credential=password verified=yes
Nov 22 09:12:01 mail dovecot: imap-login: Login: user=<alice@example.org>, method=PLAIN, \
rip=52.125.138.7, lip=192.0.2.1, mpid=4711, TLS, session=<a1>
Nov 22 09:12:09 mail dovecot: imap-login: Logged in: user=<bob@example.org>, method=PLAIN, \
rip=203.0.113.9, lip=192.0.2.1, mpid=4712, TLS, session=<a2>
Nov 22 09:12:31 mail dovecot: pop3-login: Login: user=<carol@example.org>, method=PLAIN, \
rip=209.85.218.41, lip=192.0.2.1, mpid=4713, TLS, session=<a3>
"""
ASN_TABLE = """\
3.208.0.0\t3.255.255.255\t14618\tUS\tAMAZON-AES
209.85.128.0\t209.85.255.255\t15169\tUS\tGOOGLE
"""


# Where Dovecot's doveconf (from 2.4 on) learns which settings modules have.
SETTINGS = pathlib.Path("/usr/lib/dovecot/modules/settings")
SETTINGS_MODULE = "librelaysentry_settings.so"


def dovecot_release():
    """"2.4" of the Dovecot that is installed; "" when there is none."""
    try:
        done = subprocess.run(["/usr/sbin/dovecot", "--version"], capture_output=True, text=True)
    except FileNotFoundError:
        return ""
    return ".".join(done.stdout.split(".")[:2])


def dovecot_header():
    """What a configuration of 2.4 begins with."""
    done = subprocess.run(["/usr/sbin/dovecot", "--version"], capture_output=True, text=True)
    version = re.match(r"[\d.]+", done.stdout).group()
    return f"dovecot_config_version = {version}\ndovecot_storage_version = {version}\n"


# What no command of a document reads.
SECRET = shutil.ignore_patterns("shadow*", "gshadow*", "private", "ssh", "sudoers*")


class Unusable(Exception):
    """No private folders can be had here; says why."""


def usable():
    done = subprocess.run(["unshare", "--mount", "true"], capture_output=True, text=True)
    if done.returncode != 0:
        raise Unusable("no private mount namespace (root is needed): " + done.stderr.strip())


class Private:
    def __init__(self, build, source, folders):
        """folders: {"sysconfdir": ..., "statedir": ..., "datadir": ...} of the build."""
        self.build, self.source = build, source
        self.folders = {key: pathlib.Path(value) for key, value in folders.items()}
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="rs-docs-", dir="/tmp"))
        self.root.chmod(0o755)
        self.work = self.root / "work"
        self.work.mkdir()
        self.mounts = []
        self.own = {key: self.shadow(path) for key, path in self.folders.items()}
        logs = self.root / "log"
        logs.mkdir()
        (logs / "mail.log").write_text(MAIL_LOG)
        self.mounts.append((logs, "/var/log"))
        self.add_settings_module()
        # sh -c: the mounts, and then the text of the block.
        self.prologue = "".join(f"mount --bind '{a}' '{b}'\n" for a, b in self.mounts)

    def add_settings_module(self):
        module = next(self.build.glob(f"**/.libs/{SETTINGS_MODULE}"), None)
        if module is not None and SETTINGS.is_dir():
            shutil.copytree(SETTINGS, self.root / "settings", symlinks=True)
            shutil.copy(module, self.root / "settings" / SETTINGS_MODULE)
            self.mounts.append((self.root / "settings", SETTINGS))

    def renew(self):
        """The folders as they are right after the installation."""
        for folder in (self.work, *self.own.values()):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
        for key, folder in self.own.items():
            self.fill(key, folder)
        (self.work / "ip2asn-combined.tsv").write_text(ASN_TABLE)

    def shadow(self, path):
        """A private folder for path; what it hides beside it is copied when it is /etc."""
        there = path
        while not there.is_dir():
            there = there.parent
        private = self.root / ("at" + str(there).replace("/", "_"))
        if not private.exists():
            # Nobody looks in before each file has its own mode. Secrets are not needed.
            private.mkdir(mode=0o700)
            if str(there) == "/etc":
                shutil.copytree(there, private, symlinks=True, ignore_dangling_symlinks=True,
                                dirs_exist_ok=True, ignore=SECRET)
            else:
                private.chmod(0o755)
            self.mounts.append((private, there))
        own = private / path.relative_to(there)
        own.mkdir(parents=True, exist_ok=True)
        return own

    def fill(self, key, folder):
        examples = self.source / "doc" / "examples"
        if key == "sysconfdir":
            (folder / "relays.d").mkdir(exist_ok=True)
            shutil.copy(examples / "policy.json", folder / "policy.json")
            dovecot = folder.parent / "dovecot"
            if folder.parent.name == "at_etc" and dovecot.is_dir():
                header = dovecot_header() if dovecot_release() == "2.4" else ""
                text = (examples / f"dovecot-{dovecot_release()}.conf").read_text()
                (dovecot / "dovecot.conf").write_text(header + text)
        elif key == "datadir":
            shutil.copytree(self.source / "templates", folder / "templates")
            shutil.copytree(self.source / "relays", folder / "relays",
                            ignore=shutil.ignore_patterns("*.mk"), dirs_exist_ok=True)

    def compile(self):
        """As the administrator does once: the bundled catalogue."""
        return self.run("relaysentry compile --asn ip2asn-combined.tsv")

    def run(self, text):
        env = {"PATH": f"{self.build}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
               "HOME": str(self.work), "LC_ALL": "C.UTF-8", "TERM": "dumb", "NO_COLOR": "1"}
        return subprocess.run(["unshare", "--mount", "sh", "-c", "set -eu\n" + self.prologue + text],
                              cwd=self.work, env=env, text=True, capture_output=True, timeout=120,
                              stdin=subprocess.DEVNULL)

    def remove(self):
        shutil.rmtree(self.root, ignore_errors=True)

# SPDX-License-Identifier: MIT
"""Real log daemons whose /dev/log is that of this process alone: collect.py runs
in a mount namespace of its own, with a folder of its own as /dev."""

import contextlib
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time

import devlog
from dovecot import die_with_parent

FOLDER = "RELAYSENTRY_DEV"
HOST = "mx"
TEMPLATES = {"rsyslog": "RSYSLOG_TraditionalFileFormat", "rfc3339": "RSYSLOG_FileFormat",
             "rfc5424": "RSYSLOG_SyslogProtocol23Format"}
RSYSLOG = 'global(localHostname="%s")\nmodule(load="imuxsock")\n' % HOST
ACTION = 'action(type="omfile" file="{path}" template="{template}")\n'


def enter(arguments):
    """Runs this program again, with a /dev of its own; returns its status, or
    None when this is it."""
    if FOLDER in os.environ:
        return None
    folder = tempfile.mkdtemp(prefix="rs-dev-", dir="/tmp")
    os.chmod(folder, 0o755)
    try:
        return subprocess.run(
            ["unshare", "--mount", "--propagation", "private", "sh", "-c",
             "mount -t tmpfs tmpfs /run && " + devlog.INSIDE.lstrip(), "sh", folder, "--",
             *arguments], env={**os.environ, FOLDER: folder}, check=False).returncode
    finally:
        shutil.rmtree(folder)


def neutral():
    """Replaces what a journal tells of this machine."""
    names = {"/etc/machine-id": b"1" * 32, "/proc/sys/kernel/random/boot_id": b"2" * 32}
    found = [(pathlib.Path(path).read_text().strip().replace("-", "").encode(), value)
             for path, value in names.items()]
    host = socket.gethostname().encode()
    # In JSON and in a line of text.
    return found + [(b'"%s"' % host, b'"%s"' % HOST.encode()),
                    (b" %s " % host, b" %s " % HOST.encode())]


@contextlib.contextmanager
def daemon(command, listens):
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, preexec_fn=die_with_parent) as process:
        try:
            deadline = time.monotonic() + 20
            while not listens.exists():
                if time.monotonic() > deadline or process.poll() is not None:
                    raise RuntimeError(f"{command[0]} does not run")
                time.sleep(0.05)
            yield
        finally:
            process.terminate()
            process.wait(20)
            listens.unlink(missing_ok=True)


@contextlib.contextmanager
def rsyslog():
    """rsyslogd; gives {name of the format: path of the file}. Its other settings are
    the defaults."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="rs-log-", dir="/tmp"))
    paths = {name: folder / name for name in TEMPLATES}
    (folder / "conf").write_text(RSYSLOG + "".join(
        ACTION.format(path=paths[name], template=TEMPLATES[name]) for name in TEMPLATES))
    try:
        with daemon(["/usr/sbin/rsyslogd", "-n", "-f", folder / "conf", "-i", folder / "pid"],
                    pathlib.Path("/dev/log")):
            yield paths
    finally:
        shutil.rmtree(folder)


def settled(paths):
    """{name: the lines}, when all files have the same messages."""
    deadline = time.monotonic() + 20
    while True:
        found = {name: path.read_bytes().split(b"\n")[:-1] for name, path in paths.items()}
        if len({len(lines) for lines in found.values()}) == 1:
            return found
        if time.monotonic() > deadline:
            raise RuntimeError("rsyslogd does not write all of its files")
        time.sleep(0.05)


@contextlib.contextmanager
def journal():
    """systemd-journald; gives a function that returns its lines in a format of
    journalctl."""
    place = pathlib.Path("/run/systemd/journal")
    place.mkdir(parents=True)
    pathlib.Path("/run/log/journal").mkdir(parents=True)
    pathlib.Path("/dev/log").symlink_to(place / "dev-log")

    def show(form):
        time.sleep(1)
        done = subprocess.run(["journalctl", "-D", "/run/log/journal", "--facility=mail", "-a",
                               "-o", form], capture_output=True, check=True, timeout=60)
        return done.stdout.split(b"\n")[:-1]

    try:
        with daemon(["/lib/systemd/systemd-journald"], place / "dev-log"):
            yield show
    finally:
        pathlib.Path("/dev/log").unlink()
        shutil.rmtree("/run/systemd/journal")
        shutil.rmtree("/run/log")

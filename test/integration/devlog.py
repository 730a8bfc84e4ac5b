# SPDX-License-Identifier: MIT
"""Commands whose /dev/log is the test's, and other files too: in a mount namespace of
their own, so that nothing of the system is touched.

    with DevLog() as log:
        log.run([command(), ...], files={"/etc/sudoers": path})
        log.lines()
"""

import contextlib
import os
import pathlib
import queue
import shutil
import socket
import subprocess
import tempfile
import threading

import dictworld
from cases import Skip

END = b"end"
DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
# $1: the folder; then pairs of files, up to --; then the command.
INSIDE = """
folder=$1
shift
for device in %s; do
	: >"$folder/$device" && mount --bind "/dev/$device" "$folder/$device" || exit 99
done
mount --rbind "$folder" /dev || exit 99
while [ "$1" != -- ]; do
	mount --bind "$1" "$2" || exit 99
	shift 2
done
shift
exec "$@"
""" % " ".join(DEVICES)


class DevLog:
    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="rs-dev-", dir="/tmp"))
        self.folder.chmod(0o755)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(self.folder / "log"))
        (self.folder / "log").chmod(0o666)
        self.found = queue.SimpleQueue()
        # Who writes to syslog waits when its queue is full.
        threading.Thread(target=self.read, daemon=True).start()
        done = self.execute(["true"], {})
        if done.status != 0:
            self.close()
            raise Skip("no mount namespace can be made here: " + done.err.strip())

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()

    def close(self):
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def execute(self, arguments, files, **others):
        if shutil.which("unshare") is None:
            raise Skip("unshare is not installed")
        pairs = [str(word) for pair in files.items() for word in reversed(pair)]
        return dictworld.execute(
            ["unshare", "--mount", "--propagation", "private", "sh", "-c", INSIDE, "sh",
             self.folder, *pairs, "--", *arguments], stdin=subprocess.DEVNULL, **others)

    def run(self, arguments, files=None, **others):
        """files: {path: the file that is there instead}."""
        return self.execute(arguments, files or {}, **others)

    def read(self):
        with contextlib.suppress(OSError):
            while message := self.socket.recv(65536):
                self.found.put(os.fsdecode(message))

    def lines(self):
        """What came since the last time."""
        # What was sent before is read before this.
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as last:
            last.sendto(END, str(self.folder / "log"))
        return list(iter(lambda: self.found.get(timeout=20), os.fsdecode(END)))

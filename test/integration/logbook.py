# SPDX-License-Identifier: MIT
"""Dovecot's log: reading it while it grows, and judging it."""

import re
import time

CRASH = re.compile(r"Panic:|assertion failed|killed with signal|segfault|core dumped|"
                   r"Sanitizer|runtime error:|Out of memory")
FAULT = re.compile(r"(Fatal|Error|Warning): ")
SETTLING = "Authentication client said it's PID 0"  # what settle_log() makes auth say
HARMLESS = re.compile(r"Warning: Time moved (forwards?|backwards?)|Warning: SIGHUP received|" +
                      SETTLING)
# From here on Dovecot's processes complain about each other's end.
STOPPED = re.compile(r"master: Warning: Killed with signal 15")
# But not these: only then Dovecot tells what was not given back, by the file alone.
OURS = re.compile(r"relaysentry|leak.*\b(dictconn|engine|exceptions|lru|state|report|load|watch|placement)(-\w+)?\.c")


class LogFault(AssertionError):
    """The log holds what must not be there."""


class Logbook:
    """expected: regular expressions of errors and warnings that may be there.
    crashes, from outside: of crashes that are Dovecot's own."""

    def __init__(self, path, expected):
        self.log_path, self.expected, self.crashes = path, list(expected), []

    def size(self):
        """How much was written so far."""
        return self.log_path.stat().st_size if self.log_path.exists() else 0

    def log(self, mark=0, pattern=""):
        """The complete lines after mark that match pattern."""
        if not self.log_path.exists():
            return []
        with open(self.log_path, "rb") as file:
            file.seek(mark)
            data = file.read()
        text = data[:data.rfind(b"\n") + 1].decode("utf-8", "backslashreplace")
        search = re.compile(pattern, re.MULTILINE).search
        # Most looks find nothing: at once for all lines.
        return [line for line in text.split("\n")[:-1] if search(line)] if search(text) else []

    def tail(self, count):
        return "\n".join(self.log()[-count:])

    def wait_log(self, pattern, mark=0, count=1, seconds=30):
        """Waits until count lines match, and returns them."""
        deadline = time.monotonic() + seconds
        while len(found := self.log(mark, pattern)) < count:
            if time.monotonic() > deadline:
                raise AssertionError(f"the log does not say {pattern!r} ({count} times) but:\n" +
                                     "\n".join(self.log(mark)[-20:]))
            time.sleep(0.02)
        return found

    def faults(self):
        """Lines of the log that must not be there."""
        found, stopped = [], False
        for line in self.log():
            if STOPPED.search(line):
                stopped = True
            elif CRASH.search(line):
                if not any(re.search(pattern, line) for pattern in self.crashes):
                    found.append(line)
            elif FAULT.search(line) and not HARMLESS.search(line):
                known = any(re.search(pattern, line) for pattern in self.expected)
                if not known and (not stopped or OURS.search(line)):
                    found.append(line)
        return found

    def judge(self):
        if found := self.faults():
            raise LogFault("the log says:\n" + "\n".join(found))

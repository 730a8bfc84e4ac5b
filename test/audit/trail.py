# SPDX-License-Identifier: MIT
"""A log that grows, and what is known of the logins in it because they were
made here: written as a golden file and its `.truth` beside it.

A line of .truth is a login that the log holds, in the log's order, with tabs between:
time (UTC), service, mechanism, success or failed, address, user. The user is whole
where the log has cut it. `# hostile: ` stands before those whose name or sender
imitates the rest of the line, or has bytes that a log does not show.
Times without a zone are of the zone that collect.py sets."""

import datetime
import json
import re
import time

SECONDS = 20
# What the tests' own harness makes Dovecot say.
NOISE = re.compile(rb"Authentication client said it's PID 0|Time moved")
MONTH = re.compile(r"[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d")


def when(line):
    """The UTC second at which a line says that it was written; without a zone it
    is the local time of this process."""
    text = line.decode("utf-8", "replace")
    if text.startswith("{"):
        return epoch(int(json.loads(text)["__REALTIME_TIMESTAMP"]) / 1e6)
    if MONTH.match(text):
        year = time.localtime().tm_year
        return epoch(time.mktime(time.strptime(f"{year} {text[:15]}", "%Y %b %d %H:%M:%S")))
    words = text.split(" ")
    if re.match(r"\d{4}-\d\d-\d\d$", words[0]):  # Dovecot's file, with log_timestamp of ours
        return epoch(datetime.datetime.fromisoformat(" ".join(words[:2])).timestamp())
    word = words[1] if text.startswith("<") else words[0]
    return epoch(datetime.datetime.fromisoformat(word).timestamp())


def epoch(seconds):
    utc = datetime.datetime.fromtimestamp(int(seconds), datetime.timezone.utc)
    return utc.strftime("%Y-%m-%dT%H:%M:%SZ")


def shown(user):
    """A name as the truth has it: bytes that no line of text can hold as \\xNN."""
    text = user.decode("utf-8", "surrogateescape") if isinstance(user, bytes) else user
    return re.sub(r"[\x00-\x1f\x7f\udc80-\udcff]", lambda m: "\\x%02x" % (ord(m[0]) & 0xff), text)


class Trail:
    def __init__(self, path):
        self.path, self.seen, self.records = path, 0, []

    def lines(self):
        data = self.path.read_bytes() if self.path.exists() else b""
        return data.split(b"\n")[:-1]

    def wait(self, pattern):
        """The number of the next line that matches."""
        deadline = time.monotonic() + SECONDS
        while True:
            lines = self.lines()
            for number in range(self.seen, len(lines)):
                if re.search(pattern, lines[number]):
                    self.seen = number + 1
                    return number
            if time.monotonic() > deadline:
                raise AssertionError(f"no line with {pattern} but {lines[self.seen:]}")
            time.sleep(0.02)

    def login(self, pattern, service, mechanism, outcome, address, user, hostile=False):
        """A login was made; waits for its line."""
        fields = (service, mechanism, outcome, address, shown(user))
        self.records.append((self.wait(pattern), fields, hostile))

    def write(self, path, lines=None, replace=(), drop=NOISE):
        """lines: of the same messages in another format. replace: pairs of bytes."""
        lines = self.lines() if lines is None else lines
        kept = [line for line in lines if not NOISE.search(line) and not drop.search(line)]
        text = b"".join(line + b"\n" for line in kept)
        for old, new in replace:
            text = text.replace(old, new)
        path.write_bytes(text)
        truth = []
        for number, fields, hostile in self.records:
            record = "\t".join((when(lines[number]), *fields))
            truth.append(("# hostile: " if hostile else "") + record + "\n")
        path.with_name(path.name + ".truth").write_text("".join(truth))

# SPDX-License-Identifier: MIT
"""Random logins, and the logs that servers would write about them."""

import bz2
import datetime
import gzip
import json
import lzma
import os
import random

RELAYS = {
    "outlook": ("mail-relay", ["52.125.128.0/20", "2a01:111:f400::/48"]),
    "mail-ru": ("mail-relay", ["217.69.128.0/20"]),
    "aws": ("cloud", ["18.153.0.0/16"]),
}
INSIDE = {
    "outlook": ["52.125.138.7", "52.125.130.99", "2a01:111:f400::7"],
    "mail-ru": ["217.69.138.1"],
    "aws": ["18.153.20.30", "18.153.255.255"],
}
ELSEWHERE = ["192.0.2.55", "203.0.113.9", "2001:db8::9", "52.125.127.255", "52.125.144.0",
             "18.152.255.255", "2a01:111:f401::1"]
# As Dovecot, Postfix and Exim show them all in the same way, in lower case.
NAMES = ["alice", "bob@example.org", "o'brien@example.org", "jürg@exämple.org", "a b", "100%u",
         'quote"d', "a+b@example.org", "x" * 60, "back\\slash"]
SERVICES = {"imap": "imap-login", "pop3": "pop3-login", "submission": "submission-login",
            "sieve": "managesieve-login"}


class Login:
    """One line of a log, and what it tells."""

    def __init__(self, rng, time):
        self.time = time
        self.user = rng.choice(NAMES + [f"user{rng.randrange(40)}@example.net"] * 3)
        self.relay = rng.choice([None, None, *RELAYS])
        self.address = rng.choice(INSIDE[self.relay] if self.relay else ELSEWHERE)
        self.success = rng.random() < 0.7
        self.attempts = 1 if self.success else rng.choice([1, 1, 2, 17])
        self.mechanism = rng.choice(["PLAIN", "LOGIN", "SCRAM-SHA-256", "XOAUTH2"])
        self.service = rng.choice(list(SERVICES) + ["smtp"])
        self.session = "".join(rng.choice("abcXYZ019+/") for _ in range(16))
        self.tls = rng.random() < 0.8
        if self.service == "smtp":
            self.attempts = 1

    def elements(self):
        mpid = "mpid=123, " if self.success else ""
        tls = "TLS, " if self.tls else ""
        return (f"user=<{self.user}>, method={self.mechanism}, rip={self.address}, "
                f"lip=192.0.2.1, {mpid}{tls}session=<{self.session}>")

    def dovecot(self, rng, own_file):
        level = "Info: " if own_file else ""
        if self.success:
            what = rng.choice([
                "Login", "Logged in", f"proxy({self.user}): started proxying to 192.0.2.9:143",
                f"proxy({self.user},192.0.2.9:143): Started proxying to <192.0.2.9> (0.1 secs)",
                f"proxy({self.user},192.0.2.9:143): Started proxying to remote host (0.1 secs)"])
        else:
            reason = f"(auth failed, {self.attempts} attempts in 9 secs)"
            what = rng.choice([
                f"Disconnected {reason}", f"Aborted login {reason}",
                f"Disconnected: Connection closed {reason}",
                "Disconnected: Connection closed: read(size=1026) failed: Connection reset "
                f"by peer {reason}",
                f"Disconnected: Aborted login by logging out {reason}",
                f"Login aborted: Connection closed {reason} (auth_failed)"])
        return f"{SERVICES[self.service]}: {level}{what}: {self.elements()}"

    def postfix(self):
        if self.success:
            return ("postfix/smtpd[9]", f"8D248A72236: client=unknown[{self.address}], "
                    f"sasl_method={self.mechanism}, sasl_username={self.user}")
        return ("postfix/submission/smtpd[7]",
                f"warning: unknown[{self.address}]: SASL {self.mechanism} authentication failed: "
                f"(reason unavailable), sasl_username={self.user}")


NOISE = [("dovecot", "imap(alice)<7><x>: Disconnected: Logged out in=1 out=2"),
         ("dovecot", "imap-login: Disconnected: Connection closed (no auth attempts in 0 secs): "
                     "user=<>, rip=52.125.138.7, lip=192.0.2.1, session=<x>"),
         ("dovecot", "imap-login: proxy(alice,192.0.2.9:143): Disconnected by client (0s idle, "
                     "in=0, out=0): user=<alice>, method=PLAIN, rip=52.125.138.7, session=<x>"),
         ("postfix/cleanup[7]", "8D248A72236: message-id=<a@b>"),
         ("sshd[7]", "Accepted password for alice from 52.125.138.7 port 4 ssh2"),
         ("dovecot", "auth: passwd-file(alice,52.125.138.7,<x>): Password mismatch")]


def utc(time):
    return datetime.datetime.fromtimestamp(time, datetime.timezone.utc)


def rfc3164(time, tag, text):
    return f"{utc(time):%b %e %H:%M:%S} mx {tag}: {text}"


def rfc3339(time, tag, text):
    zone = datetime.timezone(datetime.timedelta(hours=2))
    return f"{utc(time).astimezone(zone):%Y-%m-%dT%H:%M:%S}.123456+02:00 mx {tag}: {text}"


def rfc5424(time, tag, text):
    name, _, pid = tag.partition("[")
    return f"<22>1 {utc(time):%Y-%m-%dT%H:%M:%S}.1Z mx {name} {pid.rstrip(']') or '-'} - -  {text}"


def short_iso(time, tag, text):
    return f"{utc(time):%Y-%m-%dT%H:%M:%S}+0000 mx {tag}: {text}"


def journal(time, tag, text):
    return json.dumps({"MESSAGE": text, "SYSLOG_IDENTIFIER": tag.partition("[")[0],
                       "__REALTIME_TIMESTAMP": f"{time * 1000000 + 123456}"},
                      ensure_ascii=len(text) % 2 == 0)


FORMS = {"rfc3164": rfc3164, "rfc3339": rfc3339, "rfc5424": rfc5424, "short-iso": short_iso,
         "journal": journal, "own": None}


def lines_of(rng, form, logins):
    """The logins as lines, with others between them."""
    for login in logins:
        while rng.random() < 0.3:
            tag, text = rng.choice(NOISE)
            if form == "own":
                if tag == "dovecot":
                    process, _, rest = text.partition(": ")
                    yield f"{utc(login.time):%b %d %H:%M:%S} {process}: Info: {rest}"
            else:
                yield FORMS[form](login.time, tag, text)
        if form == "own":
            yield f"{utc(login.time):%b %d %H:%M:%S} {login.dovecot(rng, True)}"
        elif login.service == "smtp":
            yield FORMS[form](login.time, *login.postfix())
        else:
            yield FORMS[form](login.time, "dovecot", login.dovecot(rng, False))


def write_zst(path, data):
    # Python 3.11 has no zstd of its own.
    import subprocess
    subprocess.run(["zstd", "-q", "-o", path], input=data, check=True)


WRITERS = {"": lambda path, data: path.write_bytes(data),
           ".gz": lambda path, data: path.write_bytes(gzip.compress(data)),
           ".xz": lambda path, data: path.write_bytes(lzma.compress(data)),
           ".bz2": lambda path, data: path.write_bytes(bz2.compress(data)),
           ".zst": write_zst}


def write_set(rng, folder, name, form, logins, packers):
    """A rotated set: the newest file has no number. Returns the paths."""
    parts = rng.choice([1, 2, 4])
    paths = []
    for part in range(parts):
        chosen = logins[len(logins) * part // parts:len(logins) * (part + 1) // parts]
        if not chosen:
            continue
        number = parts - 1 - part
        end = rng.choice(packers) if number > 0 else ""
        path = folder / (f"{name}.{number}{end}" if number > 0 else name)
        text = "\n".join(lines_of(rng, form, chosen)) + rng.choice(["\n", ""])
        WRITERS[end](path, text.encode())
        os.utime(path, (chosen[-1].time + 5, chosen[-1].time + 5))
        paths.append(path)
    return paths


def make(seed, folder, packers):
    """Random logs below the folder. Returns the logins and the paths."""
    rng = random.Random(seed)
    logins, paths = [], []
    for i in range(rng.choice([1, 2, 3])):
        form = rng.choice(list(FORMS))
        # Up to five months lie between two lines, so that years turn.
        time = rng.randrange(1600000000, 1700000000)
        some = []
        for _ in range(rng.choice([1, 7, 60, 400])):
            time += rng.choice([0, 1, 60, 86400, rng.randrange(150 * 86400)
                                if rng.random() < 0.05 else 5])
            login = Login(rng, time)
            if form == "own" and login.service == "smtp":
                login.service = "imap"
            some.append(login)
        paths += write_set(rng, folder, f"mail-{i}.log", form, some, packers)
        logins += some
    rng.shuffle(paths)
    return logins, paths

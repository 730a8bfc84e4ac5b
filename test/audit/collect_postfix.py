# SPDX-License-Identifier: MIT
"""The golden logs of Postfix, which asks a private Dovecot, and of a journal that
both write to."""

import os
import pathlib
import re
import tempfile

import certs
import loggers
import matrix_clients
import postfixd
import sasl
import scenes
from collect_dovecot import PASSDB, SYSLOG, neutral
from dovecot import Dovecot
from dovecotconf import Ports
from trail import Trail
from world import AWS, GMAIL, HOME, HOME_V6, OUTLOOK, OUTLOOK_V6

SENT = rb"/smtpd\[\d+\]: .*sasl_username="
FAILED = rb"/smtpd\[\d+\]: warning: .*SASL .* authentication failed"
# What the hosts of a mail filter may say (Postfix's XFORWARD_README).
XFORWARD = b"XFORWARD NAME=app.example ADDR=52.125.138.9 PORT=4000 PROTO=ESMTP\r\n"
MORE = {
    "submission": "smtpd_sasl_auth_enable=yes",
    "smtps": "smtpd_client_port_logging=yes",
    "filter": "smtpd_authorized_xforward_hosts=0.0.0.0/0",
}
CONNECTIONS = re.compile(rb"lost connection after|removed \(canceled\)|"
                         rb"smtpd\[\d+\]: (dis)?connect from")
HOSTILE = ("x, sasl_username=alice", "x, orig_client=a[52.125.138.1]", "a\nb", b"a\xffb", "a\x7fb")
NAMES = ("alice", "alice@example.org", "j\u00fcrg", "a b", 'a"b', "100%u", "a,b", "a>b", "n" * 120)


class Mail:
    """Postfix with a Dovecot beside it. syslog: both write there, not to files."""

    def __init__(self, syslog):
        self.dovecot = Dovecot(PASSDB, extra=SYSLOG if syslog else "", expected=["."])
        self.authority = certs.Authority(self.dovecot.root / "ca")
        self.more = Ports(*MORE)
        self.postfix = postfixd.Postfix(
            self.dovecot.root / "postfix", self.dovecot.root / "run/auth-client", self.authority,
            f"import_environment = MAIL_CONFIG {{ TZ={os.environ['TZ']} }}\n")
        if syslog:
            main = self.postfix.folder / "main.cf"
            main.write_text(re.sub(r"maillog_file\b.*", "maillog_file =", main.read_text()))
        with open(self.postfix.folder / "master.cf", "a", encoding="ascii") as file:
            for name, port in self.more.numbers.items():
                file.write(f"127.0.0.1:{port} inet n - n - 50 smtpd\n"
                           f"  -o syslog_name=postfix/{name}\n  -o {MORE[name]}\n")
        self.ports = {"smtp": self.postfix.port, **self.more.numbers}

    def __enter__(self):
        self.dovecot.__enter__()
        self.postfix.start()
        return self

    def __exit__(self, *exc):
        self.postfix.close()
        self.more.close()
        self.dovecot.__exit__(*exc)

    def deliver(self, trail, user, address, mech="PLAIN", port="smtp", tls=False, before=b"",
                envelope=b"", messages=1):
        """Logs in and begins messages, of which each is a line."""
        with matrix_clients.Smtp(self.ports[port], address) as client:
            if tls:
                client.starttls(self.authority.context())
            answer = client.exchange(sasl.mechanism(mech, user, scenes.PASSWORD))
            if not answer.ok:
                raise AssertionError(f"{user}: {answer}")
            if before:
                client.ask(before)
            for _ in range(messages):
                client.ask(b"MAIL FROM:<alice@example.org>" + envelope)
                client.ask(b"RCPT TO:<somebody@elsewhere.example>")
                trail.login(SENT, "smtp", mech, "success", address, low(user), user in HOSTILE)
                client.ask(b"RSET")

    def refuse(self, trail, user, address, mech="PLAIN", port="smtp"):
        with matrix_clients.Smtp(self.ports[port], address) as client:
            client.exchange(sasl.mechanism(mech, user, "wrong"))
        trail.login(FAILED, "smtp", mech, "failed", address, low(user), user in HOSTILE)


def low(user):
    return user.lower()


def logins(mail, trail):
    for number, name in enumerate(NAMES):
        mail.deliver(trail, name, (OUTLOOK, HOME_V6)[number % 2])
    for user, address, mech in (("bob", OUTLOOK_V6, "LOGIN"), ("carol", GMAIL, "CRAM-MD5"),
                                ("dave", AWS, "SCRAM-SHA-256"), ("erin", HOME, "PLAIN")):
        mail.deliver(trail, user, address, mech, tls=user == "erin")
        mail.refuse(trail, user, address, mech)
    for port in MORE:
        mail.deliver(trail, "alice", OUTLOOK, port=port)
        mail.deliver(trail, "alice", HOME_V6, port=port)
        mail.refuse(trail, "alice", OUTLOOK, port=port)
    mail.deliver(trail, "alice", GMAIL, messages=3)
    mail.deliver(trail, "frank", AWS, port="filter", before=XFORWARD.rstrip())
    mail.deliver(trail, "frank", AWS, envelope=b" AUTH=bob@example.org")
    mail.deliver(trail, "frank", AWS, envelope=b" AUTH=x+2C+20sasl_username+3Dbob")
    for name in HOSTILE:
        mail.deliver(trail, name, AWS)
        mail.refuse(trail, name, AWS)


def version():
    text = postfixd.postconf("mail_version")
    return re.match(r"\d+\.\d+", text).group()


def postfix(into):
    """Postfix's own log file."""
    with Mail(False) as mail:
        trail = Trail(mail.postfix.folder / "log")
        logins(mail, trail)
        trail.write(into / f"postfix-{version()}.log", replace=neutral(mail.dovecot),
                    drop=CONNECTIONS)


def journal(into):
    """systemd-journald's, as journalctl shows it."""
    with loggers.journal() as show:
        with Mail(True) as mail, tempfile.TemporaryDirectory() as folder:
            trail = JournalTrail(pathlib.Path(folder) / "log", show)
            scene = scenes.Scene(mail.dovecot, trail)
            scenes.everywhere(scene, ("imap", "submission"))
            scenes.names(scene, scenes.NAMES[2:8], scenes.HOSTILE)
            for name, address in (("alice", OUTLOOK), ("bob", HOME_V6)):
                mail.deliver(trail, name, address, port="submission")
                mail.refuse(trail, name, address)
            replace = neutral(mail.dovecot) + loggers.neutral()
            trail.write(into / "journal.json", show("json"), replace)
            trail.write(into / "journal-short-iso.log", show("short-iso"), replace)


class JournalTrail(Trail):
    def __init__(self, path, show):
        super().__init__(path)
        self.show = show

    def lines(self):
        return self.show("short-iso")


SAMPLES = {"postfix": postfix, "journal": journal}

# SPDX-License-Identifier: MIT
"""The golden logs of Dovecot: private instances as the integration tests run them."""

import contextlib

import dialect
import loggers
import scenes
import tlscert
from dovecot import Dovecot
from dovecotconf import Ports
from matrix_config import SERVICES
from trail import Trail
from world import PRIMARY_ALONE, Sentry, rule

PASSDB = """
passdb {
  driver = static
  args = password=secret
}
"""
LISTENERS = """
service imap-login {
  inet_listener imaps {
    port = {imaps}
    ssl = yes
    haproxy = yes
  }
}
service pop3-login {
  inet_listener pop3s {
    port = 0
  }
}
service submission-login {
  inet_listener submissions {
    port = 0
  }
}
log_timestamp = "%b %d %H:%M:%S "
"""
SYSLOG = """
log_path = syslog
instance_name = dovecot
"""
CUSTOM = """
log_timestamp = "%Y-%m-%d %H:%M:%S.%{usecs} "
login_log_format_elements = """ + " ".join((
    "rip=%r", "rport=%{remote_port}", "user=<%u>", "orig=<%{original_user}>", "method=%m",
    "relay=%{passdb:relaysentry_relay}", "%c", "session=<%{session}>")) + "\n"
PROXIED = ("alice", "alice@example.org", "j\u00fcrg", "a b", "a>b")
RULES = [rule("tag", "cloud", **{"class": "cloud", "tag": "cloud"}),
         rule("deny", "no-sending", relay="outlook-mobile", service=["submission"],
              message="This app stores your password"),
         rule("deny", "generic", relay="gmail-external", reply="generic"),
         rule("alert", "seen", **{"class": "mail-relay"})]
ALL = ("imap", "pop3", "submission", "sieve")


def neutral(dovecot):
    """Replaces what is this machine's own."""
    return [(str(dovecot.root).encode(), b"/srv/mail")]


class World:
    """kind(...) of dovecot.py or world.py with TLS and ManageSieve."""

    def __init__(self, kind, *args, extra="", names=None, **others):
        self.files, self.more = tlscert.Files(), Ports("imaps", "sieve")
        settings = tlscert.SETTINGS + LISTENERS + SERVICES.replace(" lmtp", "") + extra
        self.dovecot = kind(*args, extra=settings, expected=["."], names={
            **self.files.names, **self.more.numbers, **(names or {})}, **others)

    def __enter__(self):
        self.dovecot.__enter__()
        return self

    def __exit__(self, *exc):
        self.dovecot.__exit__(*exc)
        self.more.close()
        self.files.close()

    def scene(self, path=None):
        """path: of a log daemon's file, which has all the messages."""
        self.dovecot.log_path = path or self.dovecot.log_path
        trail = Trail(self.dovecot.log_path)
        return scenes.Scene(self.dovecot, trail, self.more.numbers)


@contextlib.contextmanager
def closed_port():
    """The number of a port at which nobody listens."""
    ports = Ports("closed")
    yield ports.numbers["closed"]
    ports.close()


def target(into, name):
    return into / f"dovecot-{dialect.release()}-{name}.log"


def file(into):
    """log_path is a file, and log_timestamp as Dovecot has it without a setting."""
    with World(Dovecot, PASSDB) as world:
        scene = world.scene()
        scenes.everywhere(scene, ALL)
        scenes.encrypted(scene, world.files)
        scenes.unfinished(scene)
        scene.trail.write(target(into, "file"), replace=neutral(world.dovecot))


def names(into):
    """The same with names that look like something else."""
    with World(Dovecot, PASSDB) as world:
        scene = world.scene()
        scenes.names(scene)
        scene.trail.write(target(into, "names"), replace=neutral(world.dovecot))


def syslog(into):
    """What rsyslog writes in its three formats, of the same messages."""
    with loggers.rsyslog() as paths, World(Dovecot, PASSDB, extra=SYSLOG) as world:
        scene = world.scene(paths["rsyslog"])
        scenes.everywhere(scene, ("imap", "submission"))
        scenes.encrypted(scene, world.files)
        scenes.names(scene, scenes.NAMES[2:8], scenes.HOSTILE[:5])
        scenes.unfinished(scene)
        for name, lines in loggers.settled(paths).items():
            scene.trail.write(target(into, name), lines, neutral(world.dovecot))


def custom(into):
    """Elements in another order, with a field of the passdb; the time in full."""
    users = {name: "{PLAIN}secret" for name in ("alice", "bob@example.org", "a>b", "a, b")}
    with World(Sentry, RULES[-1:], users=users, extra=CUSTOM) as world:
        scene = world.scene()
        scenes.everywhere(scene, ("imap", "pop3"), mechanisms=())
        scenes.names(scene, tuple(users), scenes.HOSTILE[:5], proved=0)
        scene.trail.write(target(into, "custom"), replace=neutral(world.dovecot))


def proxy(into):
    """A proxy: one line for a login, one when its session ends."""
    with Dovecot(PASSDB, expected=["."]) as backend, closed_port() as closed:
        port = backend.ports["imap_direct"]
        fields = "{PLAIN}secret::::::proxy=y host=127.0.0.1 port=%d %s"
        users = {name: fields % (port, "") for name in PROXIED}
        users["bob"] = fields % (port, "destuser=robert")
        users["carol"] = fields % (port, "pass=other")
        users["dave"] = fields % (closed, "")
        with World(Dovecot, PRIMARY_ALONE, users=users) as world:
            scene = world.scene()
            scenes.proxied(scene, PROXIED)
            scene.trail.write(target(into, "proxy"), replace=neutral(world.dovecot))


def relaysentry(into):
    """relaysentry's own lines, before those of Dovecot."""
    users = {name: "{PLAIN}secret" for name in scenes.NAMES[1:3] + ("bob",)}
    with World(Sentry, RULES, users=users) as world:
        scene = world.scene()
        scenes.judged(scene, scenes.NAMES[1:3])
        world.dovecot.change_policy(mode="testing")
        scenes.judged(scene, ("bob",))
        scene.trail.write(into / f"relaysentry-{dialect.release()}.log",
                          replace=neutral(world.dovecot))


SAMPLES = {"file": file, "names": names, "syslog": syslog, "custom": custom, "proxy": proxy,
           "relaysentry": relaysentry}

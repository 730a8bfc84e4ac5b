# SPDX-License-Identifier: MIT
"""The logins that the golden logs hold. Each is made by a client whose name,
address and outcome are known, and told to the Trail."""

import socket

import clients
import matrix_clients
import tlscert
from world import AWS, GMAIL, HOME, HOME_V6, OUTLOOK, OUTLOOK_V6

PASSWORD = "secret"
LINE = rb"-login(\[\d+\])?: .*user=<"
LINE_END = rb"-login(\[\d+\])?: (Info: )?(Disconnected|Login aborted)\b.*user=<"
STARTED = rb"-login: .*Started proxying"
ENDED = rb"-login: .*Disconnected by client"
NAMES = ("alice", "alice@example.org", "j\u00fcrg@ex\u00e4mple.org", "o'brien", "a b", 'a"b',
         "a\\b", "100%u", "a,b", "a, b", "a>b", "a=b", "<a>", "n" * 80, "n" * 81, "\u00fc" * 45)
HOSTILE = ("x>, method=PLAIN, rip=52.125.138.1, lip=1.1.1.1, session=<y",
           "x>, rip=52.125.138.1, lip=192.0.2.1, TLS",
           "x>: user=<alice>, rip=52.125.138.1", "x>, method=PLAIN, rip=52.125.138.1, lip=", "a\nb",
           b"a\xff\xfe", "a\tb", "a\x7fb")


class Scene:
    """A private Dovecot, and the trail of its log. ports: of other listeners."""

    def __init__(self, dovecot, trail, ports=None):
        self.dovecot, self.trail = dovecot, trail
        self.ports = {**dovecot.ports, **(ports or {})}

    def client(self, service, address):
        kind = matrix_clients.CLIENTS[service]
        return kind(self.ports[service], address)

    def login(self, service, user, address=HOME, mech="PLAIN", password=PASSWORD, seen=None,
              client=None, hostile=False, pattern=LINE, judged=False):
        """seen: the name that Dovecot makes of user. judged: more than the password
        decides."""
        with client or self.client(service, address) as connected:
            answer = connected.login(user, password, mech)
        outcome = "success" if answer.ok else "failed"
        if answer.ok != (password == PASSWORD) and not judged:
            raise AssertionError(f"{service} {user}: {answer}")
        self.trail.login(pattern, service, mech, outcome, address,
                         user if seen is None else seen, hostile)

    def wrong(self, service, user, address=HOME, **others):
        self.login(service, user, address, password="wrong", **others)

    def nothing(self, service, address, data=b""):
        """A connection without a login, which sends data."""
        with self.client(service, address) as client:
            if data:
                client.send(data)
                client.read()
        self.trail.wait(LINE)


def everywhere(scene, services, mechanisms=("CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256")):
    """Each service, from both families, with each mechanism."""
    for service in services:
        scene.login(service, "alice", OUTLOOK)
        scene.login(service, "bob@example.org", OUTLOOK_V6, mech="LOGIN")
        scene.wrong(service, "carol", AWS)
    for mech in mechanisms:
        scene.login("imap", "dave", GMAIL, mech=mech)
        scene.wrong("imap", "dave", HOME_V6, mech=mech)
    scene.login("imap", "Bob@Example.ORG", HOME, seen="bob@example.org")


def names(scene, odd=NAMES, hostile=HOSTILE, proved=3):
    """proved: so many of the hostile ones have a password, too."""
    for number, name in enumerate(odd):
        scene.login("imap" if number % 2 else "pop3", name, (OUTLOOK, HOME_V6)[number % 2])
        if number % 3 == 0:
            scene.wrong("imap", name, GMAIL)
    for name in hostile:
        scene.wrong("imap", name, AWS, seen=name.lower(), hostile=True)
    for name in hostile[:proved]:
        scene.login("imap", name.lower(), AWS, hostile=True)


def unfinished(scene):
    """Connections that end without a login, or after failed ones."""
    scene.nothing("imap", HOME)
    scene.nothing("pop3", HOME_V6, b"QUIT\r\n")
    scene.nothing("submission", GMAIL, b"QUIT\r\n")
    scene.nothing("imap", AWS, b"a AUTHENTICATE PLAIN\r\n")
    scene.nothing("imap", AWS, b"a AUTHENTICATE PLAIN,\r\n")
    scene.nothing("sieve", AWS, b'AUTHENTICATE "X, RIP=1.2.3.4, rip=1.2.3.4"\r\n')
    with scene.client("imap", OUTLOOK) as client:
        client.login("alice", "wrong")
        client.login("bob", "wrong")
    scene.trail.login(LINE, "imap", "PLAIN", "failed", OUTLOOK, "bob")
    with scene.client("imap", OUTLOOK) as client:
        client.login("alice", "wrong")
        client.login("bob", PASSWORD)
    scene.trail.login(LINE, "imap", "PLAIN", "success", OUTLOOK, "bob")


def encrypted(scene, files):
    """STARTTLS, TLS from the start, and none at the port for it."""
    for service in ("imap", "pop3", "submission"):
        client = tlscert.upgraded(scene.client(service, OUTLOOK), files.context())
        scene.login(service, "alice", OUTLOOK, client=client)
    client = tlscert.implicit(clients.Imap, scene.ports["imaps"], files.context(), HOME_V6)
    scene.wrong("imap", "alice", HOME_V6, client=client)
    with socket.create_connection(("127.0.0.1", scene.ports["imaps"]), 20) as sock:
        sock.sendall(clients.proxyline.header(HOME) + b"a LOGIN alice secret\r\n")
        while sock.recv(1000):
            pass
    scene.trail.wait(LINE)


def proxied(scene, users):
    for number, name in enumerate(users + ("bob",)):
        scene.login("imap", name, (OUTLOOK, HOME_V6)[number % 2], pattern=STARTED)
        scene.trail.wait(ENDED)
    scene.wrong("imap", "alice", AWS)
    # The backend says no, or is away.
    for name in ("carol", "dave"):
        scene.login("imap", name, AWS, pattern=LINE_END, judged=True)


def judged(scene, users):
    """Logins of which some are refused by a rule, though the password is right."""
    for user in users:
        for service in ("imap", "submission"):
            for address in (HOME, OUTLOOK, OUTLOOK_V6, GMAIL, AWS):
                scene.login(service, user, address, judged=True)
        scene.wrong("imap", user, OUTLOOK)

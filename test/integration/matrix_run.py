# SPDX-License-Identifier: MIT
"""Measures the cells of a World and writes a row for each."""

import concurrent.futures
import contextlib
import functools
import json
import os
import re
import subprocess
import time

import dialect
import gssclient
import jwt
import kdc
import matrix_cells as m
import matrix_clients
import matrix_config
import sasl
from world import PASSWORD, command

THREADS = 8
# What a client is told for a wrong password, and for a reason.
GENERIC = {"imap": "a NO [AUTHENTICATIONFAILED] Authentication failed.",
           "pop3": "-ERR [AUTH] Authentication failed.",
           "submission": "535 5.7.8 Authentication failed.",
           "sieve": 'NO "Authentication failed."',
           "smtp": "535 5.7.8 Error: authentication failed: (reason unavailable)"}
REASON = {"imap": "a NO [ALERT] %s", "pop3": "-ERR [AUTH] %s", "submission": "535 5.7.8 %s",
          "sieve": 'NO "%s"', "smtp": "535 5.7.8 Error: authentication failed: %s"}


class AuthzidScram(sasl.Scram):
    """SCRAM with an authzid, which stands in front of the first message."""

    def __init__(self, user, password, authzid):
        super().__init__(user, password, "sha256", "SCRAM-SHA-256")
        self.header = b"n,a=" + authzid.encode() + b","
        self.initial = self.header + self.bare


def user_of(cell):
    """Who logs in, and the name under which relaysentry has to see it."""
    if cell.kind == m.SECOND:
        return "second", "second"
    if cell.kind == m.CHANGED:
        # In first place the passdb that changes the name was not asked yet.
        return "alias", "renamed" if cell.placement == "after" else "alias"
    if cell.kind == m.PROXIED:
        return (matrix_config.PROXIED[cell.service],) * 2
    if cell.kind == m.UNKNOWN:
        return "nobody1", "nobody1"
    return "alice", "alice"


def master_password(cell):
    """What proves a master user. Where the user's own passdb ends the login, in
    first place, a mechanism that looks up the password takes that of the user."""
    looked_up = cell.mechanism in ("CRAM-MD5", "SCRAM-SHA-256")
    return PASSWORD if looked_up and cell.placement == "first" else "master"


def mechanism(world, cell, wrong=""):
    """The client's side of the login, new for each attempt. wrong: what is put
    behind the password, so that it is another one."""
    user, name = user_of(cell)[0], cell.mechanism
    authzid = cell.kind == m.AUTHZID
    if name == "GSSAPI":
        ticket = world.kdc.credential("admin" if authzid else user)
        return gssclient.Gssapi(user, ticket, kdc.SERVICE)
    if name == "EXTERNAL":
        return sasl.External(user if authzid else "")
    if name in m.TOKENS:
        token = (PASSWORD if cell.kind == m.BEARER else token_of(user)) + wrong
        return sasl.mechanism(name, user, token)
    if authzid:
        return sasl.Plain("admin", master_password(cell) + wrong, user) if name == "PLAIN" else \
            AuthzidScram("admin", master_password(cell) + wrong, user)
    if cell.kind == m.MASTER:
        return sasl.mechanism(name, f"{user}*admin", master_password(cell) + wrong)
    return sasl.mechanism(name, user, PASSWORD + wrong)


@functools.cache
def token_of(user):
    """The same each time: the auth cache knows a token by its text."""
    return jwt.token(user)


def certificate(cell):
    """Whose certificate the client shows."""
    return "certadm" if cell.kind == m.AUTHZID else user_of(cell)[0]


def connected(world, cell, remote):
    """A client that may begin the login."""
    client = matrix_clients.CLIENTS[cell.service](world.port(cell.service), remote)
    if cell.mechanism == "EXTERNAL":
        client.starttls(world.authority.context(certificate(cell)))
    return client


def attempt(world, cell, remote, wrong=""):
    """One login. Returns whether it is let in, by the answer and by a command
    after it, and what the client was told."""
    client = connected(world, cell, remote)
    try:
        answer = client.exchange(mechanism(world, cell, wrong))
        works = client.works()
    finally:
        client.close()
    if answer.ok != works:
        return f"answer and session differ: {answer.text!r}, works {works}", answer.text
    return "let in" if answer.ok else "denied", answer.text


def let_in(world, cell, remote):
    """"let in", or what happened instead and what the client was told."""
    got, text = guarded(attempt, world, cell, remote)
    return got if got == "let in" else f"{got}: {text}"


def guarded(function, world, cell, *args):
    """An exception is what happened to the cell."""
    try:
        return function(world, cell, *args)
    except Exception as error:
        return f"{type(error).__name__}: {error}", ""


def outcome(world, cell, remote, wrong=""):
    """The same, where a login process that dies of a refusal, as it does in some
    release, has denied."""
    got, text = guarded(attempt, world, cell, remote, wrong)
    ended = got.startswith("BrokenPipe") or "Reset" in got
    return "denied" if ended and m.kills_login(cell, dialect.version()) else got, text


def each(function, world, numbers):
    """Runs function(n) for all numbers, many at a time. Returns {n: result}. A login
    process that dies of one login would take others with it: those come alone."""
    alone = [n for n in numbers if m.kills_login(world.cells[n], dialect.version())]
    others = [n for n in numbers if n not in alone]
    with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
        results = dict(zip(others, pool.map(function, others)))
    return {**results, **{n: function(n) for n in alone}}


def enforcing(world, n):
    """The attempts in mode enforce: the relay's outcome and what it was told, the
    outcome from an ordinary address, and what a wrong password is told there."""
    cell, (relayed, home) = world.cells[n], world.addresses(n)
    if cell.kind == m.CACHED or m.may_be_refused(cell):
        first, text = guarded(attempt, world, cell, home)
        if first != "let in":
            return "-", text, first, ""
    got, text = guarded(attempt, world, cell, relayed)
    generic = GENERIC[cell.service]
    if cell.mechanism in m.PASSWORDS or m.kills_login(cell, dialect.version()):
        refused, generic = outcome(world, cell, home, "x")
        if refused != "denied":
            got += f", a wrong password: {refused}"
    return got, text, let_in(world, cell, home), generic


def told(cell, line, generic):
    """What the client has to be told; line: relaysentry's report; generic: what
    it is told for a wrong password."""
    if m.kills_login(cell, dialect.version()):
        return generic
    if cell.placement == "after" and line["verified"] == "yes":
        text = REASON[cell.service] % matrix_config.MESSAGE
        # Dovecot's word for a master user who may not be this user.
        master = cell.kind in (m.MASTER, m.AUTHZID)
        return text.replace("[ALERT]", "[AUTHORIZATIONFAILED]") if master else text
    return generic


def judge(world, n, enforced, testing, lines):
    """The row of a cell. lines: relaysentry's reports about its addresses."""
    cell, (got, text, home, generic) = world.cells[n], enforced
    user = user_of(cell)[1]
    denials = [line for line in lines if line["enforced"] == "yes"]
    reports = [line for line in lines if line["enforced"] == "no"]
    row = {"verdict": got, "ordinary": home, "testing": testing, "text": text,
           "why": m.kills_login(cell, dialect.version()) or ""}
    if got == "-" and home == "denied":
        row.update(verdict="not applicable", ordinary="", testing="", text="",
                   why=m.may_be_refused(cell))
        return row
    if len(denials) != 1:
        row["verdict"] += f", {len(denials)} reports of a denial"
    elif got == "denied" and text != told(cell, denials[0], generic):
        row["verdict"] = f"denied with {text!r}, not {told(cell, denials[0], generic)!r}"
    elif user not in denials[0]["prefix"]:
        row["verdict"] += f", seen as another user: {denials[0]['prefix']}"
    elif denials[0]["verified"] != m.verified(cell, dialect.release() == "2.3"):
        row["verdict"] += f", verified={denials[0]['verified']}"
    if cell.kind == m.CACHED and not cache_hit(world, n):
        row["verdict"] += ", not from the cache"
    if cell.kind == m.PROXIED:
        row["testing"] += not_proxied(world, n)
    if testing == "let in":
        row["testing"] += ", logged" if len(reports) == 1 else f", {len(reports)} reports"
    return row


def cache_hit(world, n):
    return world.log(0, rf"{re.escape(world.addresses(n)[0])}\b.*cache hit")


def not_proxied(world, n):
    """What is wrong when not just the two logins that were let in, from the ordinary
    address and in mode testing from the relay, went on to the backend."""
    logins = rf"(Login|Logged in): user=<{user_of(world.cells[n])[0]}>.* rip=%s,"
    patterns = [logins % re.escape(ip) for ip in world.addresses(n)]
    with contextlib.suppress(AssertionError):
        for pattern in patterns:
            world.backend.wait_log(pattern, seconds=5)  # it is logged behind the answer
    found = [len(world.backend.log(0, pattern)) for pattern in patterns]
    return "" if found == [1, 1] else f", logins of the backend: {found}"


def write(cell, row):
    path = os.environ.get("RELAYSENTRY_MATRIX")
    if path:
        with open(path, "a", encoding="utf-8") as output:
            output.write(json.dumps({"dovecot": dialect.version(), **vars(cell), **row}) + "\n")


def good(row):
    return row["verdict"] == "not applicable" or (row["verdict"], row["ordinary"], row["testing"]) \
        == ("denied", "let in", "let in, logged")


def measure(world):
    """All cells of the world. Returns what is wrong, a line each."""
    numbers, wrong = range(len(world.cells)), []
    enforced = each(lambda n: enforcing(world, n), world, numbers)
    world.change_policy(mode="testing")
    open_ = [n for n in numbers if enforced[n][0] != "-"]
    testing = each(lambda n: let_in(world, world.cells[n], world.addresses(n)[0]), world, open_)
    # What was let in before its proof is reported when it has ended.
    time.sleep(1)
    reports = world.reports()
    for n in numbers:
        mine = re.compile("|".join(rf"\b{re.escape(ip)}\b" for ip in world.addresses(n)))
        lines = [line for line in reports if mine.search(line["prefix"])]
        row = judge(world, n, enforced[n], testing.get(n, ""), lines)
        write(world.cells[n], row)
        if not good(row):
            wrong.append(f"{world.cells[n]}: {row}")
    return wrong


def lint(world):
    """What relaysentry lint says about the configuration, without place and level."""
    settings = subprocess.run(world.inside("doveconf", "-n", "-c", world.config_path),
                              capture_output=True, timeout=60, check=True).stdout
    done = subprocess.run([command(), "lint", "--json", "--doveconf", "-"], input=settings,
                          capture_output=True, timeout=60, check=False)
    found = [json.loads(line) for line in done.stdout.decode().splitlines()]
    return [item["text"] for item in found if "text" in item] if found else []

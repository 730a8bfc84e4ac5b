# SPDX-License-Identifier: MIT
"""on_error=tempfail while there is no database: a temporary failure for every
mechanism, also for a credential that Dovecot's auth cache knows."""

import functools

import dialect
import kdc
import matrix_cells as m
import matrix_config as config
import matrix_run
import sasl
from cases import case, equal, instance
from matrix_config import World
from world import HOME, OUTLOOK, PASSWORD, Sentry

SERVICES = ("imap", "pop3", "submission", "sieve")
PLACEMENTS = ("after", "first")
TEMPORARY = "Temporary authentication failure"  # what Dovecot tells to clients
NOTHING = ["Error: relaysentry: no relay database: logins are not checked",
           "Error: relaysentry: .*there is no relay database"]


def cells(placement):
    """Once each mechanism, and once each way to log in as a master user."""
    return [cell for cell in m.all_cells()
            if cell.placement == placement and cell.service in SERVICES and
            cell.kind in (m.ORDINARY, m.MASTER, m.AUTHZID) and
            (cell.mechanism != "GSSAPI" or not kdc.missing()) and
            not m.why_not(cell, dialect.release() == "2.3")]


def with_masters(text):
    """The passdbs that Dovecot caches, and a master passdb behind them."""
    if isinstance(text, str):
        return text + config.MASTERS
    return {release: words + dialect.blocks(config.MASTERS) for release, words in text.items()}


class Failing(World):
    """All of the matrix but the database."""

    def __init__(self, placement):
        super().__init__(cells(placement), placement, kerberos=not kdc.missing(), cache=True,
                         master=True, place=with_masters(config.cached(placement)),
                         on_error="tempfail", expected=NOTHING)

    def prepare(self, rules, mode, settings, policy_text, database):
        Sentry.prepare(self, rules, mode, settings, policy_text, False)

    def equip(self, kerberos):
        super().equip(kerberos)
        if self.kdc:
            # One ticket of each user is enough for all logins, and saves time.
            self.kdc.credential = functools.cache(self.kdc.credential)


@instance
def after():
    return Failing("after")


@instance
def first():
    return Failing("first")


def right_ones(world):
    """The cells whose login is let in when relaysentry works."""
    return [n for n, cell in enumerate(world.cells) if not m.may_be_refused(cell)]


def temporary(world, n, remote):
    """What is wrong with a login that is right."""
    cell = world.cells[n]
    got, text = matrix_run.outcome(world, cell, remote)
    if got == "denied" and (TEMPORARY in text or m.kills_login(cell, dialect.version())):
        return None
    return f"{cell}, {remote}: {got}: {text}"


def round_of(world, which):
    """which: 0 from the relays, 1 from ordinary addresses."""
    found = matrix_run.each(lambda n: temporary(world, n, world.addresses(n)[which]), world,
                            right_ones(world))
    equal([wrong for wrong in found.values() if wrong], [])


for _make in (after, first):
    @case(f"tempfail: {_make.__name__}: each right login, of a relay or not, fails for a while",
          on=_make)
    def _(world):
        for which in (1, 0):
            round_of(world, which)

    @case(f"tempfail: {_make.__name__}: what is not right is not let in either", on=_make)
    def _(world):
        for which in (0, 1):
            found = matrix_run.each(lambda n, which=which: matrix_run.outcome(
                world, world.cells[n], world.addresses(n)[which], "x"), world,
                range(len(world.cells)))
            equal({got for got, _text in found.values()}, {"denied"}, found)


@case("tempfail: a credential that the auth cache knows lets nobody in", on=after)
def _(world):
    round_of(world, 1)  # where no other case has left it there
    round_of(world, 0)
    world.settle_log()
    ordinary = [n for n in right_ones(world) if world.cells[n].kind == m.ORDINARY]
    equal([str(world.cells[n]) for n in ordinary if not matrix_run.cache_hit(world, n)], [],
          "not from the cache")


# --- while the answer waits ---

LOOKUPS = ("PLAIN", "CRAM-MD5", "SCRAM-SHA-256")
COUNT = 20
TAKEN = "relaysentry.*: Finished passdb lookup"  # before the delay


def slow(placement, **others):
    """Answers late, and says which requests it has got."""
    expected = [*NOTHING, *others.pop("expected", ())]
    return Sentry(place=placement, on_error="tempfail", database=False, expected=expected,
                  failure_delay="2 secs", extra="auth_debug = yes\n", **others)


def waiting(dovecot, auth, count=COUNT):
    """That many right logins, none of which is answered yet."""
    mark = dovecot.mark()
    for number in range(count):
        auth.begin(sasl.mechanism("PLAIN", "alice", PASSWORD), remote=(HOME, OUTLOOK)[number % 2])
    dovecot.wait_log(TAKEN, mark, count)


def leave(placement):
    with slow(placement, expected=[r"auth client \d+ disconnected with . pending requests"]) \
            as dovecot:
        pid = dovecot.auth_pid()
        for number in range(40):
            auth = dovecot.auth()
            auth.begin(sasl.mechanism(LOOKUPS[number % 3], "alice", PASSWORD), remote=HOME)
            if number % 2:
                waiting(dovecot, auth, 1)
            auth.close()
        for service in ("imap", "pop3", "submission"):
            client = dovecot.client(service, remote=OUTLOOK)
            client.start(sasl.mechanism("PLAIN", "alice", PASSWORD))
            client.close()
        with dovecot.auth() as auth:
            for remote in (HOME, OUTLOOK):
                equal(auth.login("alice", PASSWORD, remote=remote).fields.get("code"), "temp_fail")
        equal(dovecot.auth_pid(), pid, "the auth process is the same")


def reload(placement):
    with slow(placement) as dovecot:
        with dovecot.auth() as auth:
            waiting(dovecot, auth)
            dovecot.reload()
            with dovecot.auth() as new:
                equal(new.login("alice", PASSWORD, remote=HOME).fields.get("code"), "temp_fail")
            replies = [auth.reply() for _ in range(COUNT)]
            equal({(reply.status, reply.fields.get("code")) for reply in replies},
                  {("FAIL", "temp_fail")})


def stop(placement):
    with slow(placement) as dovecot:
        auth = dovecot.auth()
        waiting(dovecot, auth)
        dovecot.expected.append(r"auth client \d+ disconnected with \d+ pending requests")
        dovecot.stop()
        auth.close()


for _placement in PLACEMENTS:
    case(f"tempfail: {_placement}: clients that go away while the answer waits harm nothing")(
        lambda place=_placement: leave(place))
    case(f"tempfail: {_placement}: a reload while answers wait harms nothing")(
        lambda place=_placement: reload(place))
    case(f"tempfail: {_placement}: stopping while answers wait harms nothing")(
        lambda place=_placement: stop(place))

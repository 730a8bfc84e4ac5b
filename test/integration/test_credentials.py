# SPDX-License-Identifier: MIT
"""The condition credential with what really proved the login: a password, a
verified token, a client certificate, a Kerberos ticket."""

import dialect
import kdc
import matrix_cells as m
import matrix_run
from cases import Skip, case, equal, expect, instance
from matrix_config import World
from world import AWS, only, rule

PROOFS = {"password": m.PASSWORDS, "token": m.TOKENS, "certificate": ("EXTERNAL",),
          "kerberos": ("GSSAPI",)}
RELAYS = {"class": "mail-relay"}


@instance
def every():
    if kdc.missing():
        raise Skip(kdc.missing())
    return World([], "after", kerberos=True)


def attempt(world, mech, remote, kind=m.ORDINARY, wrong=""):
    return matrix_run.guarded(matrix_run.attempt, world, m.Cell("imap", mech, kind, "after"),
                              remote, wrong)[0]


def deny(world, credential):
    """Only logins with this credential are denied; the report says which it was."""
    relayed, home = world.addresses(0)
    world.change_policy(rules=[rule("deny", credential=credential, **RELAYS)])
    for proof, mechanisms in PROOFS.items():
        for mech in mechanisms:
            mark = world.mark()
            want = "denied" if proof == credential else "let in"
            equal(attempt(world, mech, relayed), want, mech)
            seen = [(line["action"], line["credential"]) for line in world.reports(mark)]
            equal(seen, [("deny", credential)] if want == "denied" else [], mech)
            equal(attempt(world, mech, home), "let in", mech)


def allow(world, credential):
    """Only logins with this credential are let in from a relay."""
    relayed = world.addresses(0)[0]
    world.change_policy(rules=[rule("allow", credential=credential, **RELAYS),
                               rule("deny", **RELAYS)])
    for proof, mechanisms in PROOFS.items():
        for mech in mechanisms:
            want = "let in" if proof == credential else "denied"
            equal(attempt(world, mech, relayed), want, mech)


def declare(credential):
    mechanisms = ", ".join(PROOFS[credential])
    case(f"credential: a rule denies {credential} and no other: {mechanisms}", on=every)(
        lambda world: deny(world, credential))
    case(f"credential: a rule lets in {credential} and no other: {mechanisms}", on=every)(
        lambda world: allow(world, credential))


for _credential in PROOFS:
    declare(_credential)


@case("danger 11: Dovecot 2.4 takes no password for a token, from any address")
def _():
    only("2.4")
    with World([], "after", filtered=False) as world:
        for mech in m.TOKENS:
            for remote in world.addresses(0):
                equal(attempt(world, mech, remote, m.BEARER), "denied", mech)
        # The mechanism refuses it, and asks no passdb.
        equal(world.reports(), [])
        for mech in m.TOKENS:
            expect(attempt(world, mech, world.addresses(0)[1]) == "let in", mech)


# Whether it is verified when the verdict comes, and how a refusal ends.
ENDS = {**{mech: ("yes", "denied") for mech in ("PLAIN", "LOGIN", *m.TOKENS, "EXTERNAL")},
        **{mech: ("no", "unproved") for mech in ("CRAM-MD5", "SCRAM-SHA-256")},
        "GSSAPI": ("no", "denied")}


def ends(world, mech, remote, want, lines, wrong=""):
    """The login ends as it should, and lines are what is reported of it."""
    mark = world.mark()
    equal(attempt(world, mech, remote, wrong=wrong), want, mech)
    if lines:
        world.wait_log("relaysentry: action=", mark)
    equal([(line["action"], line["outcome"], line["verified"])
           for line in world.reports(mark)], lines, mech)


@case("outcome: success, denied and unproved, with every mechanism", on=every)
def _(world):
    relayed = world.addresses(0)[0]
    for action, want in (("alert", "let in"), ("deny", "denied")):
        world.change_policy(rules=[rule(action, **RELAYS)])
        for mech, (verified, refused) in ENDS.items():
            outcome = "success" if action == "alert" else refused
            ends(world, mech, relayed, want, [(action, outcome, verified)])


@case("outcome: failed, with every mechanism that asks about a wrong credential", on=every)
def _(world):
    world.change_policy(rules=[rule("alert", any_address=True)])
    for mech in (*m.PASSWORDS, *m.TOKENS):
        # 2.4 verifies tokens itself, before it asks.
        asked = mech in m.PASSWORDS or dialect.release() == "2.3"
        ends(world, mech, AWS, "denied", [("none", "failed", "no")] if asked else [], "x")

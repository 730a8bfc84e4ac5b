# SPDX-License-Identifier: MIT
"""Configurations with an open door: a relay login goes through it, and lint says
where it is, and names no other."""

import dialect
import kdc
import matrix_cells as m
import matrix_config as config
import matrix_run
from cases import Skip, case, equal

BEHIND = config.block(config.FILE, "second", "plain login cram-md5 scram-sha-256",
                      "result_success = continue-ok")


def changed(text, old, new):
    """text with its one old replaced; fails when that is not there."""
    equal(text.count(old), 1, f"how often {old!r} stands in the configuration")
    return text.replace(old, new)


def without_skip_never():
    return changed(config.passdbs("after", kerberos=True), "skip = never", "skip = unauthenticated")


def with_master_that_returns():
    return changed(config.passdbs("after", master=True), "result_success = continue\n", "")


def with_passdb_behind():
    return changed(config.passdbs("after"), BEHIND, "") + changed(
        BEHIND, "  result_success = continue-ok\n", "")


def with_tokens_that_end():
    # The users of tokens, of whom nobody1 is none.
    return changed(config.passdbs("after", kerberos=True),
                   "{root}/tokens\n", "{root}/tokens\n  result_failure = return\n")


# A label: the passdbs, what the World needs, mechanism and kind of the login, what lint
# says, and the releases that have the door.
DOORS = {
    "a ticket of an unknown user, and skip = unauthenticated": (
        without_skip_never, {"kerberos": True}, "GSSAPI", m.UNKNOWN,
        "Kerberos logins (GSSAPI) of users whom the passdbs before do not find skip passdb "
        "relaysentry and succeed", ("2.3", "2.4")),
    "a master passdb that ends the login": (
        with_master_that_returns, {"master": True}, "PLAIN", m.MASTER,
        "master passdb passwd-file", ("2.3", "2.4")),
    "a passdb behind relaysentry": (
        with_passdb_behind, {}, "PLAIN", m.SECOND, "comes after relaysentry", ("2.3", "2.4")),
    "a token of a user whom the primary must know": (
        with_tokens_that_end, {"kerberos": True}, "OAUTHBEARER", m.UNKNOWN,
        "token logins (OAUTHBEARER, XOAUTH2) of users whom it does not know end here",
        ("2.4",)),
}


def door(label):
    place, needs, mechanism, kind, said, releases = DOORS[label]
    if dialect.release() not in releases:
        raise Skip(f"Dovecot {dialect.release()} has no such door")
    if needs.get("kerberos") and kdc.missing():
        raise Skip(kdc.missing())
    cell = m.Cell("imap", mechanism, kind, "after")
    # relaysentry says so too, at its start.
    with config.World([cell], "after", **needs, place=place(),
                      expected=["Error: relaysentry: "]) as world:
        found = matrix_run.lint(world)
        relayed, home = world.addresses(0)
        got = [matrix_run.let_in(world, cell, remote) for remote in (relayed, home)]
        reports = world.reports()
    equal(got, ["let in", "let in"], "from a relay and from an ordinary address")
    equal(reports, [], "relaysentry was asked")
    equal([said in text for text in found], [True], found)


def declare(label):
    @case(f"matrix: an open door is open, and lint finds just that: {label}")
    def _():
        door(label)


for _label in DOORS:
    declare(_label)

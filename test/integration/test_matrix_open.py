# SPDX-License-Identifier: MIT
"""Configurations with an open door: a relay login goes through it, and
relaysentry says at its start, and lint, where it is, and name no other."""

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


# A label: the passdbs, what the World needs, mechanism and kind of the login, what
# relaysentry says at its start, what lint says, and the releases that have the door.
DOORS = {
    "a ticket of an unknown user, and skip = unauthenticated": (
        without_skip_never, {"kerberos": True}, "GSSAPI", m.UNKNOWN,
        "auth_mechanisms has GSSAPI, .* may be skipped for them; write skip = never",
        "Kerberos logins (GSSAPI) of users whom the passdbs before do not find skip passdb "
        "relaysentry and succeed", ("2.3", "2.4")),
    "a master passdb that ends the login": (
        with_master_that_returns, {"master": True}, "PLAIN", m.MASTER,
        "passdb .*passwd-file.* lets master users in without asking relaysentry",
        "master passdb passwd-file", ("2.3", "2.4")),
    "a passdb behind relaysentry": (
        with_passdb_behind, {}, "PLAIN", m.SECOND,
        "passdb .*passwd-file.* stands behind relaysentry: whom it lets in is not checked",
        "comes after relaysentry", ("2.3", "2.4")),
    "a token of a user whom the primary must know": (
        with_tokens_that_end, {"kerberos": True}, "OAUTHBEARER", m.UNKNOWN,
        "auth_mechanisms has OAUTHBEARER, and .* lets in whom it does not know",
        "token logins (OAUTHBEARER, XOAUTH2) of users whom it does not know end here",
        ("2.4",)),
}

# What it says besides of the same passdb.
ALSO = {
    "a token of a user whom the primary must know": [
        "auth_mechanisms has (XOAUTH2|GSSAPI), and .* lets in whom it does not know",
        "passdb .*passwd-file.* lets in who was verified before it"],
}


def door(label):
    place, needs, mechanism, kind, complaint, said, releases = DOORS[label]
    if dialect.release() not in releases:
        raise Skip(f"Dovecot {dialect.release()} has no such door")
    if needs.get("kerberos") and kdc.missing():
        raise Skip(kdc.missing())
    cell = m.Cell("imap", mechanism, kind, "after")
    said_at_start = [f"Error: relaysentry: {text}" for text in (complaint, *ALSO.get(label, ()))]
    with config.World([cell], "after", **needs, place=place(), expected=said_at_start) as world:
        for text in said_at_start:
            world.wait_log(text)
        found = matrix_run.lint(world)
        relayed, home = world.addresses(0)
        got = [matrix_run.let_in(world, cell, remote) for remote in (relayed, home)]
        reports = world.reports()
    equal(got, ["let in", "let in"], "from a relay and from an ordinary address")
    equal(reports, [], "relaysentry was asked")
    equal([said in text for text in found], [True], found)


def declare(label):
    @case(f"matrix: an open door is open, and relaysentry and lint name just that: {label}")
    def _():
        door(label)


for _label in DOORS:
    declare(_label)

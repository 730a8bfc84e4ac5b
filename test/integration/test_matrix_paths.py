# SPDX-License-Identifier: MIT
"""The matrix: every login path, with real clients, in both placements."""

import dialect
import kdc
import matrix_cells as m
import matrix_run
import postfixd
from cases import Skip, case, equal
from matrix_config import World

ALONE = (m.ORDINARY, m.SECOND, m.CHANGED, m.PROXIED, m.UNKNOWN)


def lookups(cell):
    """Whether no passdb need verify the login: relaysentry must skip nobody then."""
    return cell.mechanism == "GSSAPI" or cell.kind == m.UNKNOWN


GROUPS = {
    # A label: what the World needs, and which cells are measured in it.
    "passwords, tokens and certificates": ({}, lambda c: c.kind in ALONE and not lookups(c)),
    "Kerberos, and unknown users": ({"kerberos": True}, lambda c: c.kind in ALONE and lookups(c)),
    "the auth cache": ({"kerberos": True, "cache": True}, lambda c: c.kind == m.CACHED),
    "master users": ({"kerberos": True, "master": True},
                     lambda c: c.kind in (m.MASTER, m.AUTHZID)),
    "the main password as token": ({"filtered": False}, lambda c: c.kind == m.BEARER),
}
# The one group whose configuration is open, and where: Dovecot 2.3 gives a token
# to a passwd-file as a password. In first place lint says nothing of it, as
# relaysentry is asked before.
OPEN = "the main password as token"
TAKES_TOKENS = "passdb passwd-file takes a bearer token (OAUTHBEARER, XOAUTH2) for a password"


def group(label, placement):
    needs, belongs = GROUPS[label]
    why = postfixd.missing() or (kdc.missing() if needs.get("kerberos") else None)
    if why:
        raise Skip(why)
    cells = []
    for cell in m.all_cells():
        if cell.placement != placement or not belongs(cell):
            continue
        why = m.why_not(cell, dialect.release() == "2.3")
        if why:
            matrix_run.write(cell, {"verdict": "not applicable", "ordinary": "", "testing": "",
                                    "text": "", "why": why})
        else:
            cells.append(cell)
    if not cells:
        raise Skip("there is no such login in this release")
    expected = ["takes its tokens for passwords"] if label == OPEN else []
    with World(cells, placement, **needs, expected=expected) as world:
        found = matrix_run.lint(world)
        wrong = matrix_run.measure(world)
    equal(wrong, [], f"{len(cells)} cells")
    wanted = 2 * [TAKES_TOKENS] if label == OPEN and placement == "after" else []
    equal([text.split(":")[0] for text in found], wanted, "lint")


def declare(label, placement):
    @case(f"matrix: {placement}: {label}: each relay login is denied, others are let in",
          slow=True)
    def _():
        group(label, placement)


for _label in GROUPS:
    for _placement in m.PLACEMENTS:
        declare(_label, _placement)

# SPDX-License-Identifier: MIT
"""Users whose stored password is a hash: what their passdb found is not what the
mechanism of the login wants."""

import dialect
import kdc
import matrix_cells as m
import matrix_run
import sasl
from cases import Skip, case, equal
from matrix_config import World
from world import PASSWORD, rule

MECHANISMS = ("PLAIN", "SCRAM-SHA-256", *m.TOKENS, "GSSAPI")


class Hashed(World):
    """alice's password is stored as a hash of that scheme, for all mechanisms."""

    def __init__(self, cells, scheme):
        super().__init__(cells, "after", kerberos=True)
        # In 2.3 the passdb of tokens has verified them itself, and this one only adds.
        for name in ("users",) if dialect.release() == "2.3" else ("users", "tokens"):
            (self.root / name).write_text(f"alice:{sasl.stored(scheme, PASSWORD)}\n")

    @staticmethod
    def rules(placement):
        return [rule("deny", "relays", reply="generic", **{"class": "mail-relay"})]


def hashed(scheme):
    if kdc.missing():
        raise Skip(kdc.missing())
    names = [name for name in MECHANISMS if name == scheme or name not in sasl.DIGESTS]
    cells = [m.Cell("imap", name, m.ORDINARY, "after") for name in names]
    with Hashed(cells, scheme) as world:
        for n, cell in enumerate(cells):
            relayed, home = world.addresses(n)
            equal(matrix_run.attempt(world, cell, relayed), ("denied", matrix_run.GENERIC["imap"]),
                  cell)
            equal(matrix_run.let_in(world, cell, home), "let in", cell)
        equal(len(world.reports()), len(cells), "reports")


for _scheme in sasl.DIGESTS:
    case(f"a user with a password stored as {_scheme} is refused and let in by each mechanism")(
        lambda scheme=_scheme: hashed(scheme))

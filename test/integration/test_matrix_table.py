# SPDX-License-Identifier: MIT
"""The table of the matrix, made of rows that no Dovecot wrote."""

import json
import pathlib
import subprocess
import tempfile

import matrix_cells as m
from cases import case, equal, expect

TOOL = pathlib.Path(__file__).resolve().parent / "matrix-table"
CELL = m.Cell("imap", "PLAIN", m.ORDINARY, "after")


def row(cell, release="2.4.1", **others):
    why = m.why_not(cell, release.startswith("2.3"))
    found = {"dovecot": release, **vars(cell), "verdict": "denied", "ordinary": "let in",
             "testing": "let in, logged", "text": "", "why": ""}
    if why:
        found.update(verdict="not applicable", ordinary="", testing="", why=why)
    return {**found, **others}


def made(rows):
    """The status, the table, and what was said, for these rows."""
    with tempfile.TemporaryDirectory() as name:
        path, output = pathlib.Path(name) / "rows", pathlib.Path(name) / "matrix.md"
        path.write_text("".join(json.dumps(item) + "\n" for item in rows))
        done = subprocess.run([TOOL, path, "-o", output], capture_output=True, text=True,
                              timeout=60, stdin=subprocess.DEVNULL)
        return done.returncode, output.read_text(), done.stderr


def changed(**others):
    """All cells are good but one."""
    return [row(cell, **(others if cell == CELL else {})) for cell in m.all_cells()]


@case("matrix-table: a matrix without an opening is a table, with the reasons below")
def _():
    rows = [row(cell, release) for release in ("2.4.1", "2.3.19.1") for cell in m.all_cells()]
    status, text, said = made(rows)
    equal((status, said), (0, ""))
    expect(text.index("## Dovecot 2.3.19.1") < text.index("## Dovecot 2.4.1"), "order")
    expect("| ordinary | IMAP | denied |" in text, text)
    for why in {item["why"] for item in rows if item["why"]}:
        expect(why[1:] in text.split("## Reasons")[1], why)


OPENINGS = [("a relay that was let in", {"verdict": "let in"}),
            ("a denial that was not reported", {"verdict": "denied, 0 reports of a denial"}),
            ("an ordinary login that was refused", {"ordinary": "denied"}),
            ("testing that refused", {"testing": "denied"}),
            ("testing that was silent", {"testing": "let in, 0 reports"}),
            ("a reason that is missing", {"verdict": "not applicable"})]
for title, fields in OPENINGS:
    @case(f"matrix-table: {title} fails, and is named")
    def _(fields=fields):
        status, text, said = made(changed(**fields))
        equal(status, 1, said)
        equal(len(said.splitlines()), 1, said)
        expect(f"2.4.1: {CELL}" in said, said)
        expect("**" in text.split("## Dovecot 2.4.1")[1] or "reason" in str(fields) or
               fields.get("verdict") == "not applicable", text)


@case("matrix-table: a cell that was not measured, or twice, fails")
def _():
    rows = changed()
    status, text, said = made([item for item in rows if item != row(CELL)])
    expect(status == 1 and f"{CELL}: was not measured" in said, said)
    expect("**not measured**" in text, "the table says so")
    status, _, said = made(rows + [row(CELL)])
    expect(status == 1 and f"{CELL}: measured twice" in said, said)


@case("matrix-table: no rows, and rubbish, fail")
def _():
    status, _, said = made([])
    expect(status == 1 and "no row" in said, said)
    status, _, said = made([*changed(), {"dovecot": "2.4.1"}, ["x"]])
    expect(status == 1 and said.count("is no row") == 2, said)

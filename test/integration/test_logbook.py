# SPDX-License-Identifier: MIT
"""What the log of a private Dovecot is judged by, with logs that no Dovecot wrote."""

import pathlib
import tempfile

from cases import case, equal
from logbook import Logbook

STOP = "master: Warning: Killed with signal 15 (by pid=1 uid=0 code=kill)"
# A line, and whether it is a fault before and after Dovecot was stopped.
LINES = [
    ("auth: Error: read(auth-worker) failed: EOF", True, False),
    ("auth: Error: relaysentry: no relay database", True, True),
    ("auth: Warning: Timeout leak: 0x7f0000001000 (../plugin/engine.c:59)", True, True),
    ("auth: Warning: Event 0x55d0 leaked (parent=(nil)): ../plugin/report.c:60", True, True),
    ("auth: Warning: Timeout leak: 0x7f0000001000 (auth-request-handler.c:59)", True, False),
    ("auth: Panic: file auth-request.c: line 1 (x): assertion failed: (y)", True, True),
    ("auth: Info: relaysentry: loaded policy", False, False),
]


def faults(*lines):
    with tempfile.TemporaryDirectory() as name:
        path = pathlib.Path(name) / "log"
        path.write_text("".join(line + "\n" for line in lines))
        return Logbook(path, []).faults()


@case("log: a fault is found, and behind Dovecot's end one that is ours")
def _():
    for line, running, stopped in LINES:
        equal(faults(line, STOP), [line] if running else [], line)
        equal(faults(STOP, line), [line] if stopped else [], f"stopped: {line}")

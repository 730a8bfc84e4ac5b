# SPDX-License-Identifier: MIT
"""The units of the examples are what systemd takes."""

import pathlib
import shutil
import subprocess
import tempfile

from cases import Skip, case, equal
from world import command

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "doc" / "examples"


@case("units: systemd-analyze verify finds no fault in those of the examples")
def _():
    verify = shutil.which("systemd-analyze")
    if verify is None:
        raise Skip("systemd-analyze is not installed (on Debian: apt-get install systemd)")
    with tempfile.TemporaryDirectory(prefix="rs-") as name:
        units = []
        for path in sorted(EXAMPLES.glob("*.service")) + sorted(EXAMPLES.glob("*.timer")):
            units.append(pathlib.Path(name) / path.name)
            units[-1].write_text(path.read_text().replace("/usr/bin/relaysentry", str(command())))
        equal(len(units), 3)
        for unit in units:
            done = subprocess.run([verify, "verify", "--man=no", str(unit)], capture_output=True,
                                  text=True, check=False)
            faults = [line for line in done.stderr.splitlines() if "relaysentry-" in line]
            equal((done.returncode, faults), (0, []), unit.name)

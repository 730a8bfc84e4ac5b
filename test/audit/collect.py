#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes the golden logs again: collect.py FOLDER NAME...

Runs private instances of the real programs, as the integration tests do, with
logins that are known, and writes what they log and what is true of it. Needs root,
and a build folder in RELAYSENTRY_BUILD."""

import os
import pathlib
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "integration")]
# A zone that is not UTC and needs no file, so that local times show as such.
os.environ["TZ"] = "CET-1CEST,M3.5.0,M10.5.0/3"
time.tzset()

import collect_badclients  # noqa: E402
import collect_dovecot  # noqa: E402
import collect_exim  # noqa: E402
import collect_postfix  # noqa: E402
import loggers  # noqa: E402

SAMPLES = {**collect_dovecot.SAMPLES, **collect_postfix.SAMPLES,
           **collect_exim.SAMPLES, **collect_badclients.SAMPLES}


def main(into, *names):
    for name in names or SAMPLES:
        print(f"{name}: {SAMPLES[name].__doc__.splitlines()[0]}", flush=True)
        SAMPLES[name](pathlib.Path(into))


if __name__ == "__main__":
    status = loggers.enter([sys.executable, *sys.argv])
    sys.exit(main(*sys.argv[1:]) if status is None else status)

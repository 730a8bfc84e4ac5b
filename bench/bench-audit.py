#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How fast relaysentry audit reads a month of logs, beside others that search in them.

usage: bench-audit.py [--lines N] [--inside PERCENT] [--users PERCENT]
                      [--repetitions N] [--json]

Writes a log of a Dovecot and 10,000 networks, below bench/audit/ of the build folder,
and then has each program read it: relaysentry with one and with two threads, grepcidr
(Debian's package) with the same networks, ripgrep for "rip=" alone, a line of mawk that
counts each address and knows no network, and audit-plain, which looks at addresses alone.
What several of them count is the same, or the run fails.

grepcidr compares an IPv6 address with one network after the other. So a further row has
it search for the IPv4 networks alone, where it is at its best.

In each repetition all run once, each time in another order. Times are those of the clock;
medians are printed, and ratios are medians of what they are within a repetition. Machines
are shared and noisy, so look at the ratios. Nothing passes or fails by its time.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import time

NETWORKS = 10000
PARTS = 8
PACKERS = {"gz": "gzip", "zst": "zstd"}
# What takes longer, what is quicker, and what the ratio of their times is to be.
COMPARED = [("grepcidr", "audit, 1 thread", "4.5, better 10"),
            ("grepcidr, IPv4 alone", "audit, 1 thread", ""),
            ("mawk, no networks", "audit, 1 thread", ""),
            ("plain", "audit, 1 thread", ""),
            ("audit, 1 thread", "rg -c rip=", ""),
            ("audit, 1 thread", "audit, 2 threads", "1.7"),
            *((f"audit of {PARTS} .{end}, 1 thread", f"audit of {PARTS} .{end}, 2 threads", "")
              for end in PACKERS),
            *((f"audit of {PARTS} .{end}, 1 thread", f"{name} -dc alone", "")
              for end, name in PACKERS.items())]
GOAL_MB = 64
MAWK = r"""
(i = index($0, " rip=")) {
    address = substr($0, i + 5, 46)
    count[substr(address, 1, index(address, ",") - 1)]++
}
END {
    for (address in count)
        sum += count[address]
    print sum
}
"""


class Program:
    """A command, how to read what it counts, and how its runs went."""

    def __init__(self, name, command, counts):
        self.name = name
        self.command = [str(word) for word in command]
        self.counts = counts
        self.wall, self.cpu = [], []

    def run(self):
        """What it counts."""
        begin = time.monotonic()
        with subprocess.Popen(self.command, stdout=subprocess.PIPE,
                              env={**os.environ, "TZ": "UTC", "LC_ALL": "C"}) as process:
            output = process.stdout.read()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        self.wall.append(time.monotonic() - begin)
        self.cpu.append(usage.ru_utime + usage.ru_stime)
        if process.returncode != 0:
            sys.exit(f"bench-audit: {self.name}: exit status {process.returncode}")
        return self.counts(output)

    def memory(self, build):
        """The most that a run takes, in MB. What this script starts counts for no less than
        the script itself; bench-run is small."""
        line = subprocess.run([build / "bench/bench-run", "", "1", *self.command], check=True,
                              stdout=subprocess.PIPE, text=True).stdout
        return float(line.split()[-2])

    def row(self, size):
        wall = statistics.median(self.wall)
        return {"program": self.name, "seconds": round(wall, 3),
                "cpu_seconds": round(statistics.median(self.cpu), 3),
                "mb_per_second": round(size / wall / 1e6)}


def of_json(output):
    for line in output.splitlines():
        row = json.loads(line)
        if row["type"] == "summary":
            return {"addresses": row["count"] + row["failed"],
                    "hits": row["relay_count"] + row["relay_failed"]}
    return sys.exit("bench-audit: relaysentry audit --json has no summary")


def of_audit(output):
    """What the lines "Logins" and "From relays" say: let in, and failed."""
    counts = {name: sum(int(number) for number in re.findall(r"(\d+) (?:of|\(|more)", line))
              for name, line in re.findall(r"^(Logins|From relays) +(.*)$", output.decode(), re.M)}
    return {"addresses": counts["Logins"], "hits": counts["From relays"]}


def number(name):
    return lambda output: {name: int(output)}


def of_plain(output):
    return json.loads(output)


def nothing(_output):
    return {}


def audits(build, folder, files, kind=""):
    return [Program(f"audit{kind}, {threads} thread{'s' if threads > 1 else ''}",
                    [build / "relaysentry", "audit", "--top=10", f"--threads={threads}",
                     f"--database={folder}/relays.mmdb", *files], of_audit)
            for threads in (1, 2)]


def long(build, folder, log):
    """The same with a line for each user and relay."""
    return Program("audit, 1 thread, --json",
                   [build / "relaysentry", "audit", "--json", "--threads=1",
                    f"--database={folder}/relays.mmdb", log], of_json)


def peers(build, folder, log):
    """Other programs for the same log; what is not installed is named and left out."""
    wanted = [Program("grepcidr", ["grepcidr", "-c", "-f", folder / "nets.txt", log],
                      number("hits")),
              Program("grepcidr, IPv4 alone", ["grepcidr", "-c", "-f", folder / "nets4.txt", log],
                      number("hits of IPv4")),
              Program("rg -c rip=", ["rg", "-c", "rip=", log], number("addresses")),
              Program("mawk, no networks", ["mawk", MAWK, log], number("addresses")),
              Program("plain", [build / "bench/audit-plain", folder / "nets.txt", log], of_plain)]
    missing = sorted({program.command[0] for program in wanted
                      if not shutil.which(program.command[0])})
    for name in missing:
        print(f"skipped: {name} (on Debian: apt-get install "
              f"{'ripgrep' if name == 'rg' else name})", flush=True)
    return [program for program in wanted if program.command[0] not in missing]


def write(build, folder, args):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    bench = build / "bench"
    subprocess.run([bench / "bench-nets", str(NETWORKS), folder], check=True)
    nets = "".join(path.read_text() for path in sorted(folder.glob("relay-*.txt")))
    (folder / "nets.txt").write_text(nets)
    (folder / "nets4.txt").write_text("".join(net for net in nets.splitlines(True)
                                              if ":" not in net))
    subprocess.run([build / "relaysentry", "compile", "-o", folder / "relays.mmdb",
                    folder / "relays.json"], check=True, stdout=subprocess.DEVNULL)
    subprocess.run([bench / "audit-log", folder / "nets.txt", folder / "mail.log",
                    str(args.lines), str(args.inside), str(args.users)], check=True)


def write_parts(folder, log, lines):
    """The log as rotated files, the oldest one with the highest number."""
    written = log.stat().st_mtime
    with log.open("rb") as f:
        for part in range(PARTS):
            path = folder / f"mail.log.{PARTS - part}"
            with path.open("wb") as out:
                for _line in range(lines * part // PARTS, lines * (part + 1) // PARTS):
                    out.write(f.readline())
            os.utime(path, (written, written))
            yield path


def pack(folder, log, lines):
    """The packed parts of each kind. A packer keeps the time of what it packs."""
    parts = list(write_parts(folder, log, lines))
    packers = {end: name for end, name in PACKERS.items() if shutil.which(name)}
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for name in packers.values():
            list(pool.map(lambda part, name=name:
                          subprocess.run([name, "-q", "-k", part], check=True), parts))
    for part in parts:
        part.unlink()
    return {end: [f"{part}.{end}" for part in parts] for end in packers}


def packed_programs(build, folder, packed):
    for end, files in packed.items():
        yield from audits(build, folder, files, f" of {PARTS} .{end}")
        name = PACKERS[end]
        yield Program(f"{name} -dc alone",
                      ["sh", "-c", f'exec {name} -dc "$@" >/dev/null', name, *files], nothing)


def measure(programs, repetitions):
    """Runs all in turns, and holds what they count against each other."""
    counted = {}
    for repetition in range(repetitions):
        turn = repetition % len(programs)
        for program in programs[turn:] + programs[:turn]:
            for name, count in program.run().items():
                known, by = counted.setdefault(name, (count, program.name))
                if known != count:
                    sys.exit(f"bench-audit: {name}: {count} by {program.name}, {known} by {by}")
    return {name: count for name, (count, _by) in counted.items()}


def ratio(slow, fast):
    return round(statistics.median(a / b for a, b in zip(slow, fast)), 2)


def report(build, programs, log, counted):
    """All figures; those of programs that are missing are left out."""
    size = log.stat().st_size
    times = {program.name: program for program in programs}
    return {"log": {"mb": round(size / 1e6), "bytes_per_line": round(size / counted["lines"]),
                    **counted},
            "programs": [program.row(size) for program in programs],
            "ratios": [{"slower": slow, "faster": fast, "goal": goal,
                        "ratio": ratio(times[slow].wall, times[fast].wall),
                        "cpu_ratio": ratio(times[slow].cpu, times[fast].cpu)}
                       for slow, fast, goal in COMPARED if slow in times and fast in times],
            "audit_mb": max(program.memory(build) for program in programs
                            if program.name.startswith("audit")),
            "audit_mb_goal": GOAL_MB}


def show(result, args):
    print(f"\n{args.lines} lines, {result['log']['mb']} MB, {args.inside} % of logins from "
          f"{NETWORKS} networks, {args.users} % of users with an app; "
          f"{args.repetitions} repetitions, medians\n")
    print(f"{'':28}{'s':>8}{'s CPU':>8}{'MB/s':>8}")
    for row in result["programs"]:
        print(f"{row['program']:28}{row['seconds']:8.2f}{row['cpu_seconds']:8.2f}"
              f"{row['mb_per_second']:8}")
    print(f"\n{'':56}{'ratio':>8}{'of CPU':>8}")
    for row in result["ratios"]:
        print(f"{row['slower'] + ' / ' + row['faster']:56}{row['ratio']:8.2f}"
              f"{row['cpu_ratio']:8.2f}"
              f"{'   goal ' + row['goal'] if row['goal'] else ''}")
    print(f"{'largest memory of audit, MB':56}{result['audit_mb']:8.1f}{'':8}   goal {GOAL_MB}")
    print("\nall count the same: " + ", ".join(
        f"{count} {name}" for name, count in result["log"].items()
        if name not in ("mb", "bytes_per_line")))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--lines", type=int, default=3000000)
    parser.add_argument("--inside", type=int, default=10, help="percent of the logins that are "
                        "from the networks (default 10)")
    parser.add_argument("--users", type=int, default=20, help="percent of the users who have "
                        "an app of a relay (default 20)")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    build = pathlib.Path(os.environ.get("RELAYSENTRY_BUILD", ".")).absolute()
    folder = build / "bench/audit"
    log = folder / "mail.log"
    write(build, folder, args)
    packed = pack(folder, log, args.lines)
    programs = [*audits(build, folder, [log]), long(build, folder, log),
                *peers(build, folder, log), *packed_programs(build, folder, packed)]
    result = report(build, programs, log, measure(programs, args.repetitions))
    if args.json:
        print(json.dumps(result, indent=2))
    else:
        show(result, args)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What alerts and state cost a Dovecot auth process, and what a dict that fails does.

usage: bench-state.py [--repetitions N] [--requests N] [--json]

First: 1000 users, 30 % of their logins from a relay, with alerts and state in a dict
on Redis, compared with no relaysentry at all; CPU time of the auth process for each
request, and the median of the time to the answer with one request under way.

Then: one process logs in from ordinary addresses, while another one logs in from
a relay, at most 1000 times a second, and has its exceptions looked up. What is
compared is the throughput of the first with Redis stopped, slow (2 s) and refusing,
each between two measurements with Redis as it should be.

Machines are shared and noisy, so look at the differences and ratios only.
"""

import argparse
import base64
import contextlib
import importlib
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "test" / "integration"))
sys.path.insert(0, str(HERE))

import dictservers
import dovecot
from cases import Skip

plugin = importlib.import_module("bench-plugin")

USERS = 1000
DICT = "proxy::relaysentry"
# Three of ten.
MIXED = [plugin.RELAY[0], plugin.HOME[0], plugin.HOME[1], plugin.HOME[2], plugin.RELAY[1],
         plugin.HOME[3], plugin.HOME[0], plugin.RELAY[2], plugin.HOME[1], plugin.HOME[2]]
ALERTS = {"alert": {"repeat_after": "24h"}, "state": {"dict": DICT}}
FAULTS = ("as it should be", "stopped", "slow", "refusing")
EXCEPTIONS = {**ALERTS, "exceptions": {"dict": DICT, "cache": "1s"}}


def response(number):
    return base64.b64encode(f"\0user{number}\0secret".encode()).decode()


RESPONSES = ",".join(response(number) for number in range(USERS))


class Node(dovecot.Dovecot):
    """A private Dovecot for the load."""

    def __init__(self, passdb, beside=None):
        super().__init__(passdb=passdb, mechanisms="plain", expected=[".*"], beside=beside,
                         users={f"user{n}": "{PLAIN}secret::::::" for n in range(USERS)})

    def load(self, build, requests, in_flight, addresses):
        return subprocess.Popen(
            [build / "bench" / "authload", self.root / "run" / "auth-client", RESPONSES,
             str(requests), str(in_flight), *addresses], stdout=subprocess.PIPE, text=True)

    def measure(self, *args):
        process = self.load(*args)
        output, _ = process.communicate()
        result = json.loads(output)
        if process.returncode != 0 or result["failed"] > 0:
            sys.exit(f"{output}{self.tail(10)}")
        return result


def policy(build, folder, name, settings):
    args = plugin.relaysentry(build, folder, name, plugin.RULES)
    path = folder / f"{name}.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **settings}))
    return plugin.CHAIN % ("relaysentry", args)


def cost(build, folder, args):
    """Rows of what it costs, over a Dovecot without relaysentry."""
    nodes = {"alone": Node(plugin.ALONE),
             "no alerts": Node(policy(build, folder, "plain", {})),
             "alerts": Node(policy(build, folder, "alerts", {"alert": {}})),
             "alerts and state": Node(policy(build, folder, "state", ALERTS),
                                      beside=dictservers.Redis())}
    cpu, late = ({name: [] for name in nodes} for _kind in range(2))
    with contextlib.ExitStack() as stack:
        for node in nodes.values():
            stack.callback(node.discard)
        for node in nodes.values():
            node.start()
            node.measure(build, 3 * USERS, 64, MIXED)
        for _repetition in range(args.repetitions):
            for name, node in nodes.items():
                cpu[name].append(node.measure(build, args.requests, 64, MIXED)["cpu_ns"]
                                 / args.requests / 1000)
                late[name].append(node.measure(build, args.requests // 5, 1, MIXED)["median_ns"]
                                  / 1000)
    return [{"setup": name, "cpu_us": round(statistics.median(cpu[name]), 2),
             "over_alone_us": round(statistics.median(
                 a - b for a, b in zip(cpu[name], cpu["alone"])), 2),
             "median_us": round(statistics.median(late[name]), 1),
             "latency": round(statistics.median(
                 a / b for a, b in zip(late[name], late["alone"])), 3)} for name in nodes]


def ordinary(node, build, requests):
    """Requests a second from ordinary addresses, while 1000 others come from a relay."""
    others = node.load(build, 10 ** 6, "64/1000", plugin.RELAY)
    try:
        time.sleep(0.3)
        return requests / (node.measure(build, requests, 64, plugin.HOME)["wall_ns"] / 1e9)
    finally:
        others.kill()
        others.communicate()


@contextlib.contextmanager
def undone(way):
    try:
        yield
    finally:
        way.go_on()
        way.delay = 0


def fail(way, name):
    if name == "stopped":
        way.stop()
    elif name == "slow":
        way.delay = 2
    elif name == "refusing":
        way.refuse()


def faults(build, folder, args):
    """Rows of the ordinary throughput with each fault of Redis, each one between two
    measurements without. The first row has none: what differs there is noise."""
    rates, ratios = ({name: [] for name in FAULTS} for _kind in range(2))
    redis = dictservers.Redis()
    requests = 2 * args.requests
    with Node(policy(build, folder, "exceptions", EXCEPTIONS), beside=redis) as node:
        for _repetition in range(args.repetitions):
            before = ordinary(node, build, requests)
            for name in FAULTS:
                with undone(redis.way):
                    fail(redis.way, name)
                    rates[name].append(ordinary(node, build, requests))
                time.sleep(1.5)
                after = ordinary(node, build, requests)
                ratios[name].append(rates[name][-1] / ((before + after) / 2))
                before = after
    return [{"redis": name, "requests_per_second": round(statistics.median(rates[name])),
             "ratio": round(statistics.median(ratios[name]), 3)} for name in FAULTS]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--repetitions", type=int, default=9)
    parser.add_argument("--requests", type=int, default=30000)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    if why := dovecot.missing():
        print(f"bench-state: skipped: {why}")
        return
    build = dovecot.build_dir()
    with tempfile.TemporaryDirectory(prefix="rs-bench-", dir="/tmp") as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        try:
            rows = {"cost": cost(build, folder, args), "faults": faults(build, folder, args)}
        except Skip as why:
            print(f"bench-state: skipped: {why}")
            return
    if args.json:
        print(json.dumps(rows, indent=2))
        return
    print(f"30 % of logins from a relay, {USERS} users; {args.repetitions} paired repetitions of "
          f"{args.requests}; medians\n")
    print(f"{'':24}{'us CPU':>8}{'over alone':>12}{'us answer':>11}{'to alone':>10}")
    for row in rows["cost"]:
        print(f"{row['setup']:24}{row['cpu_us']:8.2f}{row['over_alone_us']:12.2f}"
              f"{row['median_us']:11.1f}{row['latency']:10.3f}")
    print("\nOrdinary logins, while others wait for exceptions in Redis\n")
    print(f"{'Redis':24}{'a second':>10}{'ratio':>8}")
    for row in rows["faults"]:
        print(f"{row['redis']:24}{row['requests_per_second']:10}{row['ratio']:8.3f}")


if __name__ == "__main__":
    main()

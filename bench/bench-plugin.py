#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What relaysentry costs a Dovecot auth process.

usage: bench-plugin.py [--repetitions N] [--requests N] [--json]

Several private Dovecots run side by side, alike but for their last passdb. In
each repetition every one gets the same requests through its auth socket, one
after the other; what is compared is the CPU time of the auth process and the
time until all were answered, in pairs of one repetition, with none of a further
passdb ("alone") and with one that does nothing ("noop"): what that one costs is
Dovecot's part, the rest is relaysentry's. Medians are printed: machines are
shared and noisy, so look at the differences and ratios only.
"""

import argparse
import base64
import json
import os
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "test" / "integration"))

import dovecot

PRIMARY = """
passdb {
  driver = passwd-file
  args = scheme=PLAIN {users}
  %s
}
"""
ALONE = PRIMARY % ""
CHAIN = PRIMARY % "result_success = continue-ok" + """
passdb {
  driver = %s
  args = %s
  skip = unauthenticated
  result_success = return
  result_failure = return-fail
  result_internalfail = return-fail
}
"""
# The simplest check of the same kind, as an administrator would write it.
LUA = """
local networks = { "52%.125%.1[234]%d%.", "52%.127%.9[67]%.", "40%.9[6-9]%.", "209%.85%." }
function auth_password_verify(request, password)
  local address = request.remote_ip
  for _, network in ipairs(networks) do
    if address:find("^" .. network) then
      return dovecot.auth.PASSDB_RESULT_USER_DISABLED, "no"
    end
  end
  return dovecot.auth.PASSDB_RESULT_OK, {}
end
"""
RULES = [
    {"id": "webmail", "via": ["192.0.2.10"], "action": "allow"},
    {"id": "tokens", "credential": ["token", "certificate", "kerberos"], "action": "allow"},
    {"id": "exceptions", "action": "user-policy"},
    {"id": "staff", "relay": "vendor", "group": "staff", "action": "deny"},
    {"id": "no-sending", "class": "mail-relay", "service": ["smtp", "submission"],
     "action": "deny"},
    {"id": "stored-passwords", "class": "mail-relay", "action": "alert"},
]
HOME = ["198.51.100.7", "203.0.113.9", "2001:db8::7", "198.51.100.200"]
RELAY = ["10.0.0.1", "10.200.7.1", "10.77.66.55", "10.1.2.3"]


def catalogue(folder):
    """A cloud and a mail-relay of 10,000 networks together."""
    rand = random.Random(1)
    cloud = sorted({f"{rand.randrange(11, 198)}.{rand.randrange(256)}.{rand.randrange(256)}.0/24"
                    for _ in range(10000)})
    (folder / "cloud.txt").write_text("\n".join(cloud) + "\n")
    evidence = [{"source": "made for the bench", "checked": "2026-01-01"}]
    (folder / "relays.json").write_text(json.dumps({"relays": [
        {"id": "cloud", "name": "Cloud", "class": "cloud", "lists": ["cloud.txt"],
         "confidence": "documented", "evidence": evidence},
        {"id": "vendor", "name": "Vendor", "class": "mail-relay", "wide": True,
         "networks": ["10.0.0.0/8"], "confidence": "documented", "evidence": evidence}]}))
    return folder / "relays.json"


def relaysentry(build, folder, name, rules):
    """A policy file; its database is compiled by the command that was built."""
    database = folder / "relays.mmdb"
    if not database.exists():
        subprocess.run([build / "relaysentry", "compile", "-o", database, catalogue(folder)],
                       check=True, stdout=subprocess.DEVNULL)
    policy = folder / f"{name}.json"
    policy.write_text(json.dumps({"version": 1, "database": str(database), "mode": "enforce",
                                  "rules": rules}))
    policy.chmod(0o644)
    return f"{policy} on_error=allow"


def setups(build, folder):
    """(name, passdbs, addresses of the clients) of each Dovecot."""
    (folder / "check.lua").write_text(LUA)
    chain = lambda driver, args: CHAIN % (driver, args)
    quiet = relaysentry(build, folder, "quiet", RULES)
    tag = relaysentry(build, folder, "tag", RULES[:-1] + [
        {"id": "tag", "class": "mail-relay", "action": "tag", "tag": "stored"}])
    compared = [
        ("alone", ALONE, HOME),
        ("one more passdb that does nothing", chain("noop", ""), HOME),
        ("relaysentry, ordinary address", chain("relaysentry", quiet), HOME),
        ("relaysentry, relay, tagged", chain("relaysentry", tag), RELAY),
        ("relaysentry, relay, line logged", chain("relaysentry", quiet), RELAY),
    ]
    if (dovecot.LIBEXEC / "modules" / "auth" / "libauthdb_lua.so").exists():
        compared.append(("Lua, ordinary address",
                         chain("lua", f"file={folder}/check.lua blocking=no"), HOME))
    else:
        print("skipped: Lua (on Debian: apt-get install dovecot-auth-lua)", file=sys.stderr)
    return compared


class Run:
    """One private Dovecot and what was measured of it."""

    def __init__(self, build, name, passdb, addresses):
        self.name, self.addresses = name, addresses
        self.load = build / "bench" / "authload"
        self.dovecot = dovecot.Dovecot(passdb=passdb, users={"alice": "{PLAIN}secret::::::"},
                                       mechanisms="plain", expected=[".*"])
        noop = next(build.glob("**/.libs/libauthdb_noop.so"))
        (self.dovecot.root / "mod" / noop.name).symlink_to(noop.resolve())
        self.cpu, self.wall = [], []

    def measure(self, requests, keep=True):
        response = base64.b64encode(b"\0alice\0secret").decode()
        done = subprocess.run(
            [self.load, self.dovecot.root / "run" / "auth-client", response, str(requests), "64",
             *self.addresses], capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{self.name}: {done.stderr}{self.dovecot.tail(10)}")
        result = json.loads(done.stdout)
        if result["ok"] != requests:
            sys.exit(f"{self.name}: {result['failed']} of {requests} logins failed")
        if keep:
            self.cpu.append(result["cpu_ns"] / requests / 1000)
            self.wall.append(result["wall_ns"] / requests / 1000)


def spread(values):
    """Median, and half of the distance between the quartiles."""
    low, middle, high = statistics.quantiles(values, n=4)
    return middle, (high - low) / 2


def throughput(run, base):
    return round(statistics.median(b / a for a, b in zip(run.wall, base.wall)), 3)


def report(runs, base, noop):
    rows = []
    for run in runs:
        extra, noise = spread([a - b for a, b in zip(run.cpu, base.cpu)])
        own, _ = spread([a - b for a, b in zip(run.cpu, noop.cpu)])
        rows.append({"setup": run.name, "cpu_us": round(statistics.median(run.cpu), 2),
                     "extra_us": round(extra, 2), "noise_us": round(noise, 2),
                     "over_noop_us": round(own, 2),
                     "throughput": throughput(run, base),
                     "noop_throughput": throughput(run, noop)})
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--repetitions", type=int, default=15)
    parser.add_argument("--requests", type=int, default=30000)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    if why := dovecot.missing():
        print(f"bench-plugin: skipped: {why}")
        return
    build = dovecot.build_dir()
    runs = []
    with tempfile.TemporaryDirectory(prefix="rs-bench-", dir="/tmp") as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        try:
            for setup in setups(build, folder):
                runs.append(Run(build, *setup))
                runs[-1].dovecot.start()
            for run in runs:
                run.measure(args.requests, keep=False)
            for number in range(args.repetitions):
                turn = runs[number % len(runs):] + runs[:number % len(runs)]
                for run in turn:
                    run.measure(args.requests)
        finally:
            for run in runs:
                run.dovecot.discard()
    rows = report(runs, runs[0], runs[1])
    if args.json:
        print(json.dumps(rows, indent=2))
        return
    print(f"Auth requests through Dovecot's auth socket: PLAIN, passwd-file, "
          f"{args.repetitions} paired repetitions of {args.requests}; medians\n")
    print(f"{'':36}{'us CPU':>8}{'over':>8}{'':7}{'over':>8}{'throughput to':>20}")
    print(f"{'passdbs':36}{'':8}{'alone':>8}{'+-':>7}{'noop':>8}{'alone':>12}{'noop':>8}")
    for row in rows:
        print(f"{row['setup']:36}{row['cpu_us']:8.2f}{row['extra_us']:8.2f}{row['noise_us']:7.2f}"
              f"{row['over_noop_us']:8.2f}{row['throughput']:12.3f}"
              f"{row['noop_throughput']:8.3f}")


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: MIT
"""The examples for CrowdSec: Debian's own reads a log with them, and tells what it
decides to a local API that only listens."""

import contextlib
import datetime
import http.server
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

from cases import Skip, case, equal, expect
from policyserver import JsonHandler, serving
from test_fail2ban import FORGED, MANY, TAIL, as_syslog
from test_outcome import ALWAYS
from world import (AWS, AZURE, GMAIL, HOME, OUTLOOK, OUTLOOK_V6, PASSWORD, Sentry, command,
                   only, rule)

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "doc" / "examples" / "crowdsec"
GUIDE = EXAMPLES.parents[1] / "alerts.md"
# Where the package has them; another root is for trying a package that is unpacked.
ROOT = pathlib.Path(os.environ.get("RELAYSENTRY_CROWDSEC", "/"))
HUB = ROOT / "usr/share/crowdsec/hub"
CONFIG = """
common: {{daemonize: false, log_media: stdout, log_level: info, working_dir: {folder}}}
config_paths:
  config_dir: {folder}/
  data_dir: {folder}/data/
  simulation_path: {folder}/simulation.yaml
  hub_dir: {folder}/hub/
  index_path: {folder}/hub/.index.json
  notification_dir: {folder}/notifications/
  plugin_dir: {folder}/plugins/
crowdsec_service: {{parser_routines: 1}}
db_config: {{type: sqlite, db_path: {folder}/data/db}}
prometheus: {{enabled: false}}
api:
  client: {{credentials_path: {folder}/credentials.yaml}}
"""
RULES = [rule("deny", "told", relay="outlook-mobile", message="Not this app"),
         rule("deny", "hidden", relay="outlook-new", reply="generic"),
         rule("alert", "clouds", **{"class": "cloud"})]


@contextlib.contextmanager
def local_api():
    """(port, alerts): takes every login, and keeps the alerts it is sent."""
    alerts = []
    expire = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)

    class Handler(JsonHandler):
        def do_POST(self):
            given = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or "null")
            if self.path.endswith("/watchers/login"):
                self.answer(200, {"code": 200, "token": "a.b.c",
                                  "expire": expire.strftime("%Y-%m-%dT%H:%M:%SZ")})
            else:
                alerts.extend(given)
                self.answer(201, [str(number) for number in range(len(given))])

        def do_GET(self):
            self.answer(200, {})

    with serving(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as server:
        yield server.server_address[1], alerts


def install(folder, port):
    """The package's parsers of syslog and of dates, and ours."""
    for place in ("parsers/s00-raw", "parsers/s01-parse", "parsers/s02-enrich", "scenarios",
                  "data"):
        (folder / place).mkdir(parents=True)
    shutil.copytree(ROOT / "etc/crowdsec/patterns", folder / "patterns")
    shutil.copy(ROOT / "etc/crowdsec/simulation.yaml", folder)
    shutil.copytree(HUB, folder / "hub")
    for name in ("s00-raw/crowdsecurity/syslog-logs.yaml",
                 "s02-enrich/crowdsecurity/dateparse-enrich.yaml"):
        shutil.copy(HUB / "parsers" / name, folder / "parsers" / name.split("/", 1)[0])
    shutil.copy(EXAMPLES / "relaysentry-logs.yaml", folder / "parsers" / "s01-parse")
    shutil.copy(EXAMPLES / "relaysentry-wrong-passwords.yaml", folder / "scenarios")
    (folder / "config.yaml").write_text(CONFIG.format(folder=folder))
    (folder / "credentials.yaml").write_text(json.dumps(
        {"url": f"http://127.0.0.1:{port}/", "login": "test", "password": "test"}))


def install_stock(folder):
    """What the hub has for Dovecot."""
    shutil.copy(HUB / "parsers/s01-parse/crowdsecurity/dovecot-logs.yaml",
                folder / "parsers" / "s01-parse")
    shutil.copy(HUB / "scenarios/crowdsecurity/dovecot-spam.yaml", folder / "scenarios")


def install_whitelist(folder, catalogue):
    """As the guide writes it."""
    text, = re.findall(r"^```sh\n(ids=.*?)^```", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
    text = text.replace("relaysentry relays", f"relaysentry relays {catalogue}")
    env = {**os.environ, "PATH": f"{command().parent}:{os.environ['PATH']}"}
    subprocess.run(["sh", "-euc", text], env=env, timeout=60, check=True,
                   cwd=folder / "parsers" / "s02-enrich")


def decided(lines, *more):
    """{(scenario, address)} of the alerts about these lines of syslog. more: functions that
    install more."""
    program = shutil.which("crowdsec", path=f"{ROOT}/usr/bin")
    if program is None or not HUB.is_dir():
        raise Skip("CrowdSec is not installed")
    with local_api() as (port, alerts), \
            tempfile.TemporaryDirectory(prefix="rs-crowdsec-", dir="/tmp") as name:
        folder = pathlib.Path(name)
        install(folder, port)
        for install_more in more:
            install_more(folder)
        (folder / "syslog").write_text("".join(line + "\n" for line in lines), errors="replace")
        done = subprocess.run([program, "-c", folder / "config.yaml", "-dsn",
                               f"file://{folder}/syslog", "-type", "syslog", "-no-api"],
                              capture_output=True, text=True, timeout=120, check=False)
        equal(done.returncode, 0, (done.stdout + done.stderr)[-2000:])
        return {(alert["scenario"], alert["source"]["ip"]) for alert in alerts}


@case("CrowdSec: who tries passwords from a cloud is told, a mail-relay's users are not")
def _():
    with Sentry(RULES, place=ALWAYS) as dovecot, dovecot.auth() as auth:
        auth.logins([("alice", password, "PLAIN", remote) for remote, password in (
            (OUTLOOK, PASSWORD), (GMAIL, "wrong"), (AWS, "wrong"), (AZURE, PASSWORD))
            for _round in range(MANY)])
        auth.logins([(name, "wrong", "PLAIN", AWS) for name in FORGED.values()
                     for _round in range(MANY)])
        dovecot.settle_log()
        lines = dovecot.log(0, "relaysentry: action=")
    expect(len(lines) > 2 * MANY, lines)
    equal(decided(as_syslog(lines)), {("relaysentry/wrong-passwords", AWS)})


@case("CrowdSec: the lines of both releases are found, and forged ones nowhere")
def _():
    date, cloud, other = "2026-11-25T09:12:01.123456+00:00 mail ", "2a05:d014::7", "198.51.100.9"
    lines = []
    names = ["alice", *(name for name in FORGED.values() if isinstance(name, str))]
    for name in (name.replace("\n", "?") for name in names for _round in range(MANY)):
        forged = f"auth: relaysentry({name},192.0.2.66,<abc>): {TAIL}"
        lines += [f"{date}dovecot: auth: relaysentry({name},{cloud},<a+/b1>): {TAIL}",
                  f"{date}dovecot[7]: auth({name},{other},sasl:scram-sha-1)<a+/b1>: relaysentry: "
                  + TAIL + " new=1",
                  f"{date}postfix/smtpd[3]: warning: unknown[{AWS}]: sasl_username={forged}",
                  f"{date}dovecot: imap-login: Disconnected: user=<{name}>, rip={AWS}, {forged}",
                  # Dovecot ends such a line with the name of the user.
                  f"{date}dovecot: auth(bob,{AWS},sasl:plain,master)<a>: Debug: Master user "
                  f"lookup for login: x,192.0.2.66,sasl:plain)<a>: relaysentry: {TAIL}"]
    equal(decided(lines), {("relaysentry/wrong-passwords", cloud),
                           ("relaysentry/wrong-passwords", other)})


@case("CrowdSec: what the hub has bans a mail-relay, and with the guide's whitelist does not")
def _():
    only("2.3")  # the hub of Debian's package does not know how 2.4 says it
    stock = "crowdsecurity/dovecot-spam"
    with Sentry(RULES) as dovecot:
        dovecot.logins([("imap", "alice", password, "PLAIN", remote)
                        for remote, password in ((OUTLOOK_V6, PASSWORD), (HOME, "wrong"))
                        for _round in range(MANY)])
        dovecot.settle_log()
        lines = as_syslog(dovecot.wait_log("imap-login: .*auth failed", count=2 * MANY))
        catalogue = f"{dovecot.database_path}.relays.json"
        equal(decided(lines, install_stock), {(stock, OUTLOOK_V6), (stock, HOME)})
        equal(decided(lines, install_stock,
                      lambda folder: install_whitelist(folder, catalogue)), {(stock, HOME)})

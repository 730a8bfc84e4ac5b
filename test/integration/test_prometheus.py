# SPDX-License-Identifier: MIT
"""The examples of rules and of a dashboard: Prometheus' own tool takes them, and what
they ask for is what Dovecot's endpoint and relaysentry show."""

import contextlib
import json
import pathlib
import re
import shutil
import subprocess
import tempfile
import time
import urllib.parse
import urllib.request

from cases import Skip, case, equal, expect
from dovecot import die_with_parent
from dovecotconf import Ports
from metricsworld import EXAMPLES, LABEL, SAMPLE, MetricsSentry
from test_metrics import ALERT, ALERTS, FIRST, LOGINS, RULES
from test_outcome import ALWAYS
from world import AWS, GMAIL, OUTLOOK, PASSWORD, command

RULES_FILE = EXAMPLES / "prometheus-rules.yml"
DASHBOARD = EXAMPLES / "grafana-dashboard.json"
# What Grafana puts in place of its variables.
VARIABLES = {"$__rate_interval": "5m", "$instance": ".*"}
SELECTOR = re.compile(r"\b((?:dovecot|relaysentry)_\w+)(?:\{([^}]*)\})?")
MATCHER = re.compile(r'(\w+)\s*(?:=~|!~|!=|=)\s*"')
GROUPING = re.compile(r"\bby \(([^)]*)\)")
# Put by Prometheus itself.
SCRAPED = {"instance"}


def promtool(*args):
    if shutil.which("promtool") is None:
        raise Skip("Prometheus is not installed")
    done = subprocess.run(["promtool", *args], capture_output=True, text=True, timeout=120,
                          check=False)
    equal(done.returncode, 0, done.stdout + done.stderr)
    return done.stdout


def panels():
    """[(title, expression)] of the dashboard."""
    found = []
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        for target in panel["targets"]:
            text = target["expr"]
            for name, value in VARIABLES.items():
                text = text.replace(name, value)
            expect("$" not in text, "an unknown variable", text)
            found.append((panel["title"], text))
    return found


def rules():
    """[(name, expression)] of the rules. Of YAML only what the example has is understood."""
    found = []
    for block in re.split(r"^ {6}- alert: ", RULES_FILE.read_text(), flags=re.MULTILINE)[1:]:
        name = block.split("\n", 1)[0]
        text = re.search(r"^ {8}expr: (?:\|\n((?: {10}.*\n)+)|(.*)\n)", block, re.MULTILINE)
        found.append((name, text.group(1) or text.group(2)))
    return found


@case("Prometheus: promtool takes the rules, and they alert as their tests say")
def _():
    promtool("check", "rules", str(RULES_FILE))
    promtool("test", "rules", str(EXAMPLES / "prometheus-rules-test.yml"))


@case("Prometheus: every rule has a test")
def _():
    tested = (EXAMPLES / "prometheus-rules-test.yml").read_text()
    equal([name for name, _text in rules() if f"alertname: {name}\n" not in tested], [])
    equal(len(rules()), RULES_FILE.read_text().count("- alert: "))


@case("Prometheus: promtool takes each expression of the dashboard")
def _():
    expect(panels())
    # JSON is YAML.
    groups = {"groups": [{"name": "dashboard", "rules": [
        {"record": f"panel:{number}", "expr": text}
        for number, (_title, text) in enumerate(panels())]}]}
    with tempfile.NamedTemporaryFile("w", suffix=".yml", dir="/tmp") as file:
        json.dump(groups, file)
        file.flush()
        expect(f"{len(panels())} rules found" in promtool("check", "rules", file.name))


def status(dovecot):
    """{name: its labels} of relaysentry status --prometheus."""
    source = f"{dovecot.database_path}.relays.json"
    done = subprocess.run([command(), "status", "--prometheus", "--policy", dovecot.policy_path,
                           source], capture_output=True, text=True, timeout=60, check=True)
    rows = [SAMPLE.fullmatch(line).groups() for line in done.stdout.splitlines()
            if not line.startswith("#")]
    return {name: set(dict(LABEL.findall(labels or ""))) for name, labels, _value in rows}


@case("Prometheus: rules and dashboard name metrics and labels that are really shown")
def _():
    with MetricsSentry(RULES, place=ALWAYS, settings=ALERT) as dovecot:
        for remote, password in ((GMAIL, PASSWORD), (OUTLOOK, PASSWORD), (AWS, "wrong")):
            dovecot.login("imap", "alice", password, remote=remote)
        dovecot.wait_count(1, LOGINS, relay="aws", relay_class="cloud", outcome="failed",
                           action="none")
        for name in (ALERTS, FIRST):
            dovecot.wait_count(1, name, relay="outlook-mobile", action="deny")
        shown = status(dovecot)
        for name, labels, _value in dovecot.samples():
            shown.setdefault(name, set()).update(labels)
    for place, text in panels() + rules():
        used = SELECTOR.findall(text)
        expect(used, place, "asks for nothing", text)
        known = set(SCRAPED)
        for name, matchers in used:
            expect(name in shown, place, name, "is not shown", sorted(shown))
            known |= shown[name]
            equal(set(MATCHER.findall(matchers)) - shown[name] - SCRAPED, set(), (place, name))
        for labels in GROUPING.findall(text):
            equal(set(re.split(r", *", labels)) - known, set(), (place, text))


@case("Prometheus: where Dovecot shows sums of groups, rules and dashboard add up the rest")
def _():
    for place, text in panels() + rules():
        for name, matchers in SELECTOR.findall(text):
            # The count of all has no groups.
            if name.startswith("dovecot_") and not name.endswith("_count"):
                expect(re.search(r'\baction(!=""|=")', matchers), place, text)


CONFIG = """
global:
  scrape_interval: 1s
  evaluation_interval: 1s
rule_files:
  - {rules}
scrape_configs:
  - job_name: dovecot
    static_configs:
      - targets: ["127.0.0.1:{port}"]
"""


class Prometheus:
    """A private server that asks the endpoint each second."""

    def __init__(self, http_port):
        if shutil.which("prometheus") is None:
            raise Skip("Prometheus is not installed")
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="rs-prom-", dir="/tmp"))
        self.claimed = Ports("web")
        self.url = f"http://127.0.0.1:{self.claimed.numbers['web']}"
        (self.folder / "conf.yml").write_text(CONFIG.format(rules=RULES_FILE, port=http_port))

    def __enter__(self):
        with open(self.folder / "output", "wb") as output:
            self.process = subprocess.Popen(
                ["prometheus", f"--config.file={self.folder}/conf.yml",
                 f"--storage.tsdb.path={self.folder}/data",
                 "--web.listen-address=" + self.url.removeprefix("http://")],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                preexec_fn=die_with_parent)
        return self

    def __exit__(self, *_error):
        self.process.terminate()
        self.process.wait(60)
        self.claimed.close()
        shutil.rmtree(self.folder)

    def query(self, text):
        """[(labels, value)]"""
        words = urllib.parse.urlencode({"query": text})
        with urllib.request.urlopen(f"{self.url}/api/v1/query?{words}", timeout=30) as reply:
            data = json.load(reply)["data"]["result"]
        return [(item["metric"], float(item["value"][1])) for item in data]

    def wait(self, text, holds):
        """Asks until the answer holds, and returns it."""
        deadline, got = time.monotonic() + 60, None
        while True:
            with contextlib.suppress(OSError):
                if holds(got := self.query(text)):
                    return got
            expect(time.monotonic() < deadline, text, got,
                   (self.folder / "output").read_text()[-2000:])
            time.sleep(0.2)


@case("Prometheus: a real one takes what the endpoint shows, counts each login once, alerts",
      slow=True)
def _():
    with MetricsSentry(RULES, place=ALWAYS, settings=ALERT) as dovecot, \
            Prometheus(dovecot.http_port) as prometheus:
        prometheus.wait("up", lambda got: [value for _labels, value in got] == [1])
        for remote in (GMAIL, OUTLOOK, AWS, AWS):
            dovecot.login("imap", "alice", PASSWORD, remote=remote)
        prometheus.wait(f'sum({LOGINS}{{action!=""}})', lambda got: got and got[0][1] == 4)
        # Told although the counter was never seen before.
        prometheus.wait('ALERTS{alertname="RelaysentryNewUser",alertstate="firing"}',
                        lambda got: {labels["relay"] for labels, _value in got} ==
                        {"gmail-external", "outlook-mobile"})
        dovecot.login("imap", "bob", PASSWORD, remote=OUTLOOK)
        dovecot.login("imap", "bob", "wrong", remote=AWS)
        for title, text in panels():
            if "dovecot_" in text:
                prometheus.wait(text, bool)
            else:
                equal(prometheus.query(text), [], title)

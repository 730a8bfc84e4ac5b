# SPDX-License-Identifier: MIT
"""Who made which exception: what is told to syslog, and who comes by sudo."""

import concurrent.futures
import os
import pathlib
import pwd
import re
import shutil
import signal

import dictservers
import fakedict
from cases import Skip, case, equal, expect
from devlog import DevLog
from dictworld import Kept, environment, execute
from world import command

SUDOERS = pathlib.Path(__file__).resolve().parents[2] / "doc" / "examples" / "sudoers"
# authpriv (10) * 8 + notice (5)
LINE = re.compile(r"<85>.*? relaysentry\[\d+\]: (.*)")


def fields(line):
    found = LINE.fullmatch(line)
    expect(found, line)
    return dict(word.split("=", 1) for word in found.group(1).split(" "))


@case("commands log: who made, replaced and removed an exception, and why")
def _():
    with Kept(dictservers.Sqlite()) as dovecot, DevLog() as log:
        def change(*words, **more):
            log.run(dovecot.arguments("except", *words), env=environment(**more)).check()
            lines = log.lines()
            equal(len(lines), 1, lines)
            return fields(lines[0])

        new = ("--until=2026-12-24T18:00:00Z", "--reason=a new phone", "alice", "outlook-mobile")
        env = {"SOURCE_DATE_EPOCH": "1795334400"}
        got = change(*new, "--by=ticket 4711", **env)
        equal(got, {"exception": "added", "done": "yes", "user": "alice",
                    "relay": "outlook-mobile", "not_after": "2026-12-24T18:00:01Z",
                    "by": "ticket\\x204711", "uid": "root", "sudo_user": "-",
                    "reason": "a\\x20new\\x20phone"})
        equal(change(*new, **env)["exception"], "replaced")
        got = change("--remove", "alice", "outlook-mobile", **env)
        equal((got["exception"], got["not_after"]), ("removed", "2026-12-24T18:00:01Z"))
        log.run(dovecot.arguments("except", "--list")).check()
        log.run(dovecot.arguments("except", "--remove", "alice", "aws")).check(1)
        equal(log.lines(), [], "nothing was changed")
        dovecot.except_("alice", "aws").check()
        log.run(dovecot.arguments("forget", "--all", "alice")).check()
        got = fields(log.lines()[0])
        equal((got["exception"], got["relay"], got["reason"]),
              ("removed", "aws", "forget\\x20--all"))


@case("commands log: nobody forges a line or a field")
def _():
    forged = "x\n<85>relaysentry[1]: exception=removed user=\"root\" by=root"
    with Kept(dictservers.Sqlite()) as dovecot, DevLog() as log:
        reason = "r=\"x\" by=root \u2028\u202e\\n " + "y" * 400
        log.run(dovecot.arguments("except", "--until=+1d", f"--reason={reason}",
                                  "--by=me user=root", "--", forged, "aws")).check()
        lines = log.lines()
        equal(len(lines), 1, lines)
        expect("\n" not in lines[0] and len(lines[0]) < 2048, lines)
        got = fields(lines[0])
        equal(list(got), ["exception", "done", "user", "relay", "not_after", "by", "uid",
                          "sudo_user", "reason"])
        equal((got["exception"], got["by"]), ("added", "me\\x20user\\x3droot"))


@case("commands log: a change of which nobody knows whether it was made is logged as such")
def _():
    with Kept(dictservers.Sqlite()) as dovecot, DevLog() as log:
        dictservers.down(dovecot)
        with dovecot.beside.locked("IMMEDIATE"):
            log.run(dovecot.arguments("except", "--until=+1d", "--reason=r", "alice",
                                      "aws")).check(69)
        got = fields(log.lines()[0])
        equal((got["exception"], got["done"]), ("added", "unknown"))


# Not those that a shell or nohup ignores for what it runs: SIGINT, SIGQUIT, SIGHUP.
ENDING = (signal.SIGALRM, signal.SIGPROF, signal.SIGTERM,
          signal.SIGUSR1, signal.SIGUSR2, signal.SIGVTALRM, signal.SIGXCPU, signal.SIGRTMIN)


@case("commands log: no signal keeps a change out of the log")
def _():
    with Kept(dictservers.Sqlite()) as dovecot, DevLog() as log, \
            fakedict.serving(dovecot.root / "fake") as dict_, \
            concurrent.futures.ThreadPoolExecutor() as pool:
        dict_.delay = 0.3
        dovecot.change_policy(exceptions={"dict": f"proxy:{dovecot.root}/fake:relaysentry"})
        pid = dovecot.root / "pid"
        for name in ENDING:
            dict_.table.clear()
            running = pool.submit(log.run, ["sh", "-c", f'echo $$ >{pid}; exec "$@"', "sh",
                                            *dovecot.arguments("except", "--until=+1d",
                                                               "--reason=r", "alice", "aws")])
            dict_.wait_for(lambda: dict_.table, "a change")
            os.kill(int(pid.read_text()), name)
            equal(running.result().status, -name, name)
            lines = log.lines()
            equal((len(lines), len(dict_.table)), (1, 1), (name, lines))
            equal(fields(lines[0])["done"], "yes")


class Helpdesk:
    """Somebody who may run sudo by the example, where the policy and the socket of the
    Dovecot are those that the command takes by itself."""

    def __init__(self, dovecot, log):
        self.sudo, self.account = shutil.which("sudo"), pwd.getpwnam("nobody")
        default = re.search(r"^policy: *(/etc/.*)$", execute([command(), "--version"]).out, re.M)
        if self.sudo is None or default is None:
            raise Skip("sudo is not installed, or the policy is not in /etc")
        self.log, self.program = log, dovecot.root / "bin" / "relaysentry"
        self.program.parent.mkdir()
        shutil.copy(command(), self.program)
        etc = dovecot.root / "etc"
        shutil.copytree("/etc", etc, symlinks=True)
        text = SUDOERS.read_text().replace("/usr/bin/relaysentry", str(self.program))
        self.write(etc / "sudoers", text.replace("%helpdesk", self.account.pw_name), 0)
        self.policy = etc / default.group(1).removeprefix("/etc/")
        self.write(self.policy, dovecot.policy_path.read_text(), pwd.getpwnam("dovecot").pw_gid)
        (dovecot.root / "own-run" / "dovecot").mkdir(parents=True)
        self.files = {"/etc": etc, "/run": dovecot.root / "own-run",
                      "/run/dovecot": dovecot.root / "run"}

    @staticmethod
    def write(path, text, group):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o440)
        os.chown(path, 0, group)

    def ask(self, *words, user="dovecot"):
        return self.log.run(
            ["setpriv", f"--reuid={self.account.pw_uid}", f"--regid={self.account.pw_gid}",
             "--clear-groups", self.sudo, "-n", "-u", user, self.program, *words], self.files)


@case("commands log: the helpdesk makes exceptions by the example of sudoers, and no more")
def _():
    with Kept(dictservers.Sqlite()) as dovecot, DevLog() as log:
        helpdesk = Helpdesk(dovecot, log)
        new = ("except", "--until=+1d", "--reason=new phone", "alice")
        helpdesk.ask(*new, "aws").check()
        helpdesk.ask(*new, "azure", "--by=root").check()
        found = dovecot.exceptions("alice")
        equal({name: item["by"] for name, item in found.items()},
              {"aws": "nobody", "azure": "root via nobody"})
        lines = [fields(line) for line in log.lines() if " exception=" in line]
        lines = [line for line in lines if "exception" in line]
        equal([(line["by"], line["uid"], line["sudo_user"]) for line in lines],
              [("nobody", "dovecot", "nobody"), ("root\\x20via\\x20nobody", "dovecot", "nobody")])
        expect("alice" in helpdesk.ask("why", "alice").check().out)
        helpdesk.policy.write_text("SECRET\n")
        said = helpdesk.ask("why", "alice").check(65)
        expect("is faulty" in said.err and "SECRET" not in said.err, said.err)


@case("commands log: who comes by sudo reads no file and speaks to no socket by it")
def _():
    with Kept(dictservers.Sqlite()) as dovecot, DevLog() as log:
        helpdesk, secret = Helpdesk(dovecot, log), dovecot.root / "secret"
        secret.write_text("SECRET\n")
        for word in (f"--policy={secret}", f"-p{secret}", f"--pol={secret}",
                     f"--base-dir={dovecot.root}"):
            for form in (("except", word, "--list"), ("except", "--list", word),
                         ("why", word, "alice")):
                said = helpdesk.ask(*form).check(64)
                expect("not for who comes by sudo" in said.err and "SECRET" not in said.err, said)
        for words in (("status",), ("compile", "-o", "/tmp/x"), ("seen",), ("forget", "alice"),
                      ("check", "--policy", secret, "192.0.2.1"), ("except",)):
            said = helpdesk.ask(*words)
            expect(said.status == 1 and "sudo:" in said.err, words, said)
        for user in ("root", "nobody"):
            expect(helpdesk.ask("except", "--list", user=user).status == 1)

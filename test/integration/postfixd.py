# SPDX-License-Identifier: MIT
"""A private Postfix: smtpd on 127.0.0.1 that asks a private Dovecot who may
send. The PROXY header tells it the client's address."""

import os
import pathlib
import pwd
import shutil
import subprocess

import clients
from cases import Skip
from dovecot import die_with_parent
from dovecotconf import Ports

SECONDS = 20

MAIN_CF = """
compatibility_level = 3.6
config_directory = {folder}
queue_directory = {folder}/spool
data_directory = {folder}/data
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
myhostname = mail.example
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = all
mynetworks =
alias_maps =
local_recipient_maps =
default_transport = discard:
relay_transport = discard:
smtpd_upstream_proxy_protocol = haproxy
smtpd_upstream_proxy_timeout = 20s
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = {socket}
smtpd_sasl_security_options = noanonymous
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_recipient_restrictions =
smtpd_client_restrictions =
smtpd_delay_reject = yes
smtpd_error_sleep_time = 0
smtpd_client_connection_count_limit = 0
smtpd_peername_lookup = no
smtpd_tls_security_level = may
smtpd_tls_cert_file = {certificate}
smtpd_tls_key_file = {key}
smtpd_tls_CAfile = {ca}
smtpd_tls_ask_ccert = yes
smtpd_tls_session_cache_database =
tls_random_source = dev:/dev/urandom
"""

MASTER_CF = """
127.0.0.1:{port} inet n - n - 50 smtpd
discard unix - - n - - discard
rewrite unix - - n - - trivial-rewrite
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
anvil unix - - n - 1 anvil
tlsmgr unix - - n 1000? 1 tlsmgr
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
postlog unix-dgram n - n - 1 postlogd
pickup unix n - n 60 1 pickup
virtual unix - n n - - virtual
"""


def postconf(name):
    return subprocess.run(["/usr/sbin/postconf", "-d", "-h", name], capture_output=True, text=True,
                          timeout=60, check=True).stdout.strip()


def missing():
    """Why no Postfix can be run here; None when it can."""
    if shutil.which("postconf", path="/usr/sbin") is None:
        return "Postfix is not installed"
    return None


class Postfix:
    """auth_socket: Dovecot's; authority: of certs.py; more: text for main.cf."""

    def __init__(self, folder, auth_socket, authority, more=""):
        self.folder = pathlib.Path(folder)
        self.claimed = Ports("smtp")
        self.port = self.claimed.numbers["smtp"]
        self.process = None
        owner = pwd.getpwnam("postfix")
        self.folder.mkdir(mode=0o755)
        for name, user in (("spool", 0), ("data", owner.pw_uid), ("spool/pid", 0),
                           *((f"spool/{name}", owner.pw_uid) for name in (
                               "private", "public", "maildrop", "hold", "incoming", "active",
                               "deferred", "defer", "bounce", "corrupt", "flush", "trace",
                               "saved"))):
            path = self.folder / name
            path.mkdir(mode=0o755)
            os.chown(path, user, owner.pw_gid if user else 0)
        (self.folder / "main.cf").write_text(MAIN_CF.format(
            folder=self.folder, socket=auth_socket, certificate=authority.server,
            key=authority.key, ca=authority.ca) + more)
        (self.folder / "master.cf").write_text(MASTER_CF.format(port=self.port))

    def start(self):
        master = pathlib.Path(postconf("daemon_directory")) / "master"
        with open(self.folder / "output", "wb") as output:
            self.process = subprocess.Popen(
                [master, "-c", self.folder, "-d"], stdin=subprocess.DEVNULL, stdout=output,
                stderr=output, env={"PATH": os.environ.get("PATH", "/usr/sbin:/usr/bin"),
                                    "MAIL_CONFIG": str(self.folder)},
                start_new_session=True, preexec_fn=die_with_parent)
        clients.wait_port(self.port, self.process, SECONDS, lambda: "Postfix: " + self.log())

    def log(self):
        """What it has said."""
        paths = (self.folder / "output", self.folder / "log")
        return "".join(path.read_text(errors="replace") for path in paths if path.exists())

    def faults(self):
        return [line for line in self.log().splitlines()
                if any(word in line for word in (" fatal: ", " panic: ", "killed by signal"))]

    def close(self):
        if self.process is not None:
            self.process.terminate()
            self.process.wait(SECONDS)
            self.process = None
        self.claimed.close()


class Beside:
    """For a Dovecot with a Postfix beside it, and before it among the bases: starts,
    stops and judges self.postfix, which the class makes behind this __init__."""

    postfix = None

    def __init__(self, *args, **others):
        if missing():
            raise Skip(missing())
        super().__init__(*args, **others)

    def start(self):
        super().start()
        self.postfix.start()

    def stop(self):
        if self.postfix:
            self.postfix.close()
        super().stop()

    def faults(self):
        return super().faults() + self.postfix.faults()

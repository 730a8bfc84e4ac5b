# SPDX-License-Identifier: MIT
"""A private Exim that asks a private Dovecot who may send. Its binary is named by
RELAYSENTRY_EXIM: an installed Exim and an installed Postfix exclude each other."""

import os
import pathlib
import subprocess

import clients
from cases import Skip
from dovecot import die_with_parent
from dovecotconf import Ports

USER = "Debian-exim"
CONFIG = """
exim_user = mail
exim_group = mail
exim_path = {program}
timezone = {zone}
spool_directory = {folder}/spool
log_file_path = {folder}/%slog
pid_file_path = {folder}/pid
primary_hostname = mx.example
local_interfaces = <; 127.0.0.1
daemon_smtp_ports = {port}
hosts_proxy = *
host_lookup =
rfc1413_hosts =
keep_environment =
queue_only
auth_advertise_hosts = *
smtp_accept_max = 0
tls_advertise_hosts = *
tls_certificate = {certificate}
tls_privatekey = {key}
acl_smtp_rcpt = accept
acl_smtp_data = accept
{more}
begin authenticators
"""
AUTHENTICATOR = """
dovecot_{name}:
  driver = dovecot
  public_name = {mechanism}
  server_socket = {socket}
  server_set_id = $auth1
"""
MECHANISMS = ("PLAIN", "LOGIN", "CRAM-MD5")


def program():
    path = os.environ.get("RELAYSENTRY_EXIM", "/usr/sbin/exim4")
    if not pathlib.Path(path).exists():
        raise Skip("Exim is not there")
    return path


def known_user():
    """Debian's Exim does not run where its user is unknown; in a mount namespace of
    our own, there it is."""
    for kind, entry in (("passwd", f"{USER}:x:65533:65533::/nonexistent:/usr/sbin/nologin\n"),
                        ("group", f"{USER}:x:65533:\n")):
        text = pathlib.Path(f"/etc/{kind}").read_text()
        if f"{USER}:" not in text:
            own = pathlib.Path(f"/run/{kind}")
            own.write_text(text + entry)
            subprocess.run(["mount", "--bind", own, f"/etc/{kind}"], check=True)


class Exim:
    """more: text of the main configuration. Two of them may write to one folder,
    one after the other."""

    def __init__(self, folder, socket, authority, more=""):
        self.folder, self.claimed = folder, Ports("smtp")
        self.port = self.claimed.numbers["smtp"]
        folder.mkdir(exist_ok=True)
        (folder / "spool").mkdir(exist_ok=True)
        for path in (folder, folder / "spool"):
            os.chown(path, 8, 8)
        config = folder / "conf"
        config.write_text(CONFIG.format(
            folder=folder, program=program(), zone=os.environ.get("TZ", "UTC"), port=self.port,
            certificate=authority.server, key=authority.key, more=more) +
            "".join(AUTHENTICATOR.format(name=mechanism.lower().replace("-", "_"), socket=socket,
                                         mechanism=mechanism) for mechanism in MECHANISMS))

    def __enter__(self):
        self.process = subprocess.Popen([program(), "-C", self.folder / "conf", "-bdf"],
                                        stdin=subprocess.DEVNULL, start_new_session=True,
                                        preexec_fn=die_with_parent)
        clients.wait_port(self.port, self.process, 20, lambda: "Exim does not run")
        return self

    def __exit__(self, *exc):
        self.process.terminate()
        self.process.wait(20)
        self.claimed.close()

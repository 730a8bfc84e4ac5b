# SPDX-License-Identifier: MIT
"""A private Kerberos: an MIT KDC on 127.0.0.1 with a database of its own."""

import os
import pathlib
import shutil
import subprocess

import clients
import gssclient
from dovecot import die_with_parent
from dovecotconf import Ports

REALM = "RELAYSENTRY.TEST"
SERVICE = f"imap/localhost@{REALM}"
PASSWORD = "kerberos-secret"
SECONDS = 20

KRB5_CONF = """
[libdefaults]
  default_realm = {realm}
  dns_lookup_realm = false
  dns_lookup_kdc = false
  dns_canonicalize_hostname = false
  rdns = false
  udp_preference_limit = 1
  dns_uri_lookup = false
[realms]
  {realm} = {{
    kdc = 127.0.0.1:{port}
  }}
"""

KDC_CONF = """
[kdcdefaults]
  kdc_listen = 127.0.0.1:{port}
  kdc_tcp_listen = 127.0.0.1:{port}
[realms]
  {realm} = {{
    database_name = {folder}/principal
    key_stash_file = {folder}/stash
    acl_file = {folder}/acl
    supported_enctypes = aes256-cts-hmac-sha1-96:normal
    kdc_listen = 127.0.0.1:{port}
    kdc_tcp_listen = 127.0.0.1:{port}
  }}
[logging]
  kdc = FILE:{folder}/kdc.log
"""


def program(name):
    return shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin")


def missing():
    """Why no KDC can be run here; None when it can."""
    for name in ("krb5kdc", "kdb5_util", "kadmin.local"):
        if program(name) is None:
            return f"{name} (krb5-kdc, krb5-admin-server) is not installed"
    return gssclient.missing()


class Kdc:
    """Runs from start() to close(); users: the principals, all with PASSWORD."""

    def __init__(self, folder, users):
        self.folder, self.users = pathlib.Path(folder), users
        self.folder.mkdir(mode=0o755)
        self.claimed = Ports("kdc")
        self.port = self.claimed.numbers["kdc"]
        self.config, self.keytab = self.folder / "krb5.conf", self.folder / "keytab"
        self.process = None
        for path, text in ((self.config, KRB5_CONF), (self.folder / "kdc.conf", KDC_CONF)):
            path.write_text(text.format(realm=REALM, port=self.port, folder=self.folder))

    @property
    def environment(self):
        """What programs need that use this Kerberos."""
        return {"KRB5_CONFIG": str(self.config), "KRB5_KDC_PROFILE": str(self.folder / "kdc.conf"),
                "KRB5RCACHENAME": "none:"}

    def run(self, name, *args, text=""):
        done = subprocess.run([program(name), *args], input=text, capture_output=True, text=True,
                              env={**os.environ, **self.environment}, timeout=60, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{name}: {done.stderr}{done.stdout}")

    def start(self):
        self.run("kdb5_util", "create", "-s", "-r", REALM, "-P", "master")
        commands = [f"addprinc -pw {PASSWORD} {user}@{REALM}" for user in self.users]
        commands += [f"addprinc -randkey {SERVICE}", f"ktadd -k {self.keytab} {SERVICE}"]
        self.run("kadmin.local", "-r", REALM, text="\n".join(commands) + "\n")
        self.keytab.chmod(0o644)
        with open(self.folder / "output", "wb") as output:
            self.process = subprocess.Popen(
                [program("krb5kdc"), "-n", "-r", REALM], stdin=subprocess.DEVNULL, stdout=output,
                stderr=output, env={**os.environ, **self.environment},
                preexec_fn=die_with_parent)
        clients.wait_port(self.port, self.process, SECONDS,
                          lambda: "krb5kdc: " + (self.folder / "output").read_text())

    def credential(self, user):
        """A ticket for the user. The Kerberos library reads its configuration
        where the environment of this process says."""
        os.environ.update(self.environment)
        gssapi = gssclient.gssapi
        name = gssapi.Name(f"{user}@{REALM}", gssapi.NameType.kerberos_principal)
        found = gssapi.raw.acquire_cred_with_password(name, PASSWORD.encode(), usage="initiate")
        return gssapi.Credentials(found.creds)

    def close(self):
        if self.process is not None:
            self.process.terminate()
            self.process.wait(SECONDS)
            self.process = None
        self.claimed.close()

# SPDX-License-Identifier: MIT
"""A private certificate authority: a server certificate for 127.0.0.1 and
client certificates whose common name is the user."""

import pathlib
import ssl
import subprocess


def openssl(*args):
    done = subprocess.run(["openssl", *map(str, args)], capture_output=True, text=True, timeout=60,
                          check=False, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise RuntimeError(f"openssl {args[0]}: {done.stderr}")


class Authority:
    """Lives in folder; all certificates have one key, which saves time."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(mode=0o755)
        self.key = self.folder / "key.pem"
        self.ca = self.folder / "ca.pem"
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256",
                "-out", self.key)
        openssl("req", "-x509", "-key", self.key, "-subj", "/CN=relaysentry tests", "-days", "2",
                "-addext", "keyUsage=critical,keyCertSign,cRLSign", "-out", self.ca)
        # Other users than root read it: Postfix, and Dovecot's login processes.
        self.key.chmod(0o644)
        self.server = self.issue("localhost", "subjectAltName=IP:127.0.0.1,DNS:localhost")

    def issue(self, name, extension="extendedKeyUsage=clientAuth"):
        """Returns the path of a certificate with this common name."""
        path = self.folder / f"{name}.pem"
        if not path.exists():
            openssl("req", "-x509", "-key", self.key, "-CA", self.ca, "-CAkey", self.key,
                    "-subj", f"/CN={name}", "-days", "2", "-addext", extension,
                    "-addext", "basicConstraints=critical,CA:FALSE", "-out", path)
        return path

    def context(self, name=None):
        """What a client needs that verifies the server; name: whose certificate it shows."""
        context = ssl.create_default_context(cafile=self.ca)
        if name is not None:
            context.load_cert_chain(self.issue(name), self.key)
        return context

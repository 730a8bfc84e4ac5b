# SPDX-License-Identifier: MIT
"""The SASL mechanism GSSAPI (RFC 4752) from the client's side."""

import sys

# Debian's package is found there also by a Python that is not Debian's. It loads
# when the version is the same.
DEBIAN = "/usr/lib/python3/dist-packages"
sys.path.append(DEBIAN)
try:
    import gssapi
    import gssapi.raw
except ImportError:  # said by missing()
    gssapi = None
finally:
    sys.path.remove(DEBIAN)


def missing():
    """Why there is no GSSAPI client here; None when there is one."""
    return "python3-gssapi is not installed for this Python" if gssapi is None else None


class Gssapi:
    """credential: what Kdc.credential() returned. service is the server's
    Kerberos principal. authzid: the user whose mail is wanted."""

    name = "GSSAPI"

    def __init__(self, authzid, credential, service):
        self.authzid = authzid.encode()
        target = gssapi.Name(service, gssapi.NameType.kerberos_principal)
        self.context = gssapi.SecurityContext(name=target, creds=credential, usage="initiate")
        self.initial = self.context.step()

    def respond(self, challenge):
        if not self.context.complete:
            return self.context.step(challenge) or b""
        # The server's offer of security layers; "none" is chosen.
        self.context.unwrap(challenge)
        return self.context.wrap(b"\1\0\0\0" + self.authzid, False).message

# SPDX-License-Identifier: MIT
"""A private OpenLDAP for the passdb of a test, on 127.0.0.1 and in a folder of its
own, with a schema for the fields that relaysentry reads."""

import base64
import pathlib
import pwd
import shutil

from cases import Skip
from dovecot import MODULE_DIR
from dovecotconf import Ports
from sqlservers import Server

BASE = "dc=example,dc=org"
ADMIN = f"cn=admin,{BASE}"
ADMIN_PASSWORD = "manager"
SCHEMA = pathlib.Path("/etc/ldap/schema")
# Numbers for examples (RFC 5612).
CONFIG = """
include {schema}/core.schema
include {schema}/cosine.schema
attributetype ( 1.3.6.1.4.1.32473.1.1 NAME 'relaysentryAllow' SUP name )
attributetype ( 1.3.6.1.4.1.32473.1.2 NAME 'relaysentryDeny' SUP name )
attributetype ( 1.3.6.1.4.1.32473.1.3 NAME 'relaysentryGroup' SUP name )
objectclass ( 1.3.6.1.4.1.32473.2.1 NAME 'relaysentryUser' AUXILIARY
  MAY ( relaysentryAllow $ relaysentryDeny $ relaysentryGroup ) )
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {folder}/pid
database mdb
suffix "{base}"
rootdn "{admin}"
rootpw {password}
directory {folder}/data
"""


def ldap_program(name):
    found = shutil.which(name, path="/usr/sbin:/usr/bin")
    if found is None or not SCHEMA.exists():
        raise Skip("OpenLDAP is not installed")
    return found


def ldif(dn, **attributes):
    """An entry; a value is a text, a list of them, or None."""
    lines = [("dn", dn)]
    for name, value in attributes.items():
        lines += [(name, item) for item in ([value] if isinstance(value, str) else value or ())]
    return "".join(f"{name}:: {base64.b64encode(value.encode()).decode()}\n"
                   for name, value in lines) + "\n"


class Slapd(Server):
    """entries: [attributes of one, as ldif() takes them]. Its client only asks, of
    whatever it is given, whether the server answers."""

    name = "OpenLDAP"

    def __init__(self, folder, entries):
        if not list(MODULE_DIR.glob("auth/libauthdb_ldap.so")):
            raise Skip("Dovecot's driver for LDAP is not installed")
        account = pwd.getpwnam("nobody")
        self.ports = Ports("ldap")
        self.uri = f"ldap://127.0.0.1:{self.ports.numbers['ldap']}"
        (folder / "data").mkdir()
        shutil.chown(folder / "data", account.pw_uid, account.pw_gid)
        config = folder / "slapd.conf"
        config.write_text(CONFIG.format(folder=folder, schema=SCHEMA, base=BASE, admin=ADMIN,
                                        password=ADMIN_PASSWORD))
        content = folder / "content.ldif"
        content.write_text(
            ldif(BASE, objectClass=["organization", "dcObject"], o="Example", dc="example") +
            "".join(ldif(f"ou=u{number},{BASE}", ou=f"u{number}", **attributes)
                    for number, attributes in enumerate(entries)))
        try:
            super().__init__(
                folder, account, [ldap_program("slapadd"), "-q", "-f", config, "-l", content],
                [ldap_program("slapd"), "-d", "0", "-f", config, "-h", self.uri],
                [ldap_program("ldapwhoami"), "-x", "-H", self.uri, "-D", ADMIN,
                 "-w", ADMIN_PASSWORD])
        except BaseException:
            self.ports.close()
            raise
        self.fill("")

    def close(self):
        super().close()
        self.ports.close()

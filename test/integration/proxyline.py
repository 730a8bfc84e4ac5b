# SPDX-License-Identifier: MIT
"""The PROXY protocol header that tells Dovecot another remote address
(haproxy.org, proxy-protocol.txt)."""

import ipaddress
import socket
import struct

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"


def header(remote, version=2, port=40000, local_port=143):
    """The header of version 1 or 2 for a client at the address `remote`;
    None: a header that reports no address (LOCAL, UNKNOWN)."""
    if remote is None:
        return SIGNATURE + b"\x20\0\0\0" if version == 2 else b"PROXY UNKNOWN\r\n"
    v4 = ipaddress.ip_address(remote).version == 4
    local = "192.0.2.1" if v4 else "2001:db8::1"
    if version == 1:
        family = "TCP4" if v4 else "TCP6"
        return f"PROXY {family} {remote} {local} {port} {local_port}\r\n".encode()
    family = socket.AF_INET if v4 else socket.AF_INET6
    body = socket.inet_pton(family, remote) + socket.inet_pton(family, local)
    body += struct.pack(">HH", port, local_port)
    return SIGNATURE + struct.pack(">BBH", 0x21, 0x11 if v4 else 0x21, len(body)) + body

# SPDX-License-Identifier: MIT
"""The golden log of bennet0496/dovecot_badclients: its own login.lua, whose path is
RELAYSENTRY_BADCLIENTS, in a private Dovecot. RELAYSENTRY_LUA: Dovecot's module for
Lua. What it asks of WHOIS and DNS is told to it by a script."""

import os
import pathlib
import subprocess

import scenes
from cases import Skip
from collect_dovecot import neutral
from dovecot import Dovecot
from trail import Trail
from world import AWS, GMAIL, HOME, OUTLOOK, PRIMARY_CONTINUES

PLACE = pathlib.Path("/etc/dovecot")
PASSDB = PRIMARY_CONTINUES + """
passdb {
  driver = lua
  args = file={login} blocking=yes
  skip = never
}
"""
SETTINGS = 'log_timestamp = "%b %d %H:%M:%S "\n'
CONF = {"list_path": PLACE / "lists", "asn_script_path": PLACE / "asn", "log_local": "yes",
        "result_success": "ok", "process_unknown": "yes"}
FACTS = """#!/bin/sh
case $1 in
%s) echo '{asn="AS8075", asn_country_code="US", asn_description="MICROSOFT-CORP-MSN-AS-BLOCK, US",
	net_name="MSFT", net_country_code="US", entities={"MSFT", "ABUSE231-ARIN"}}' ;;
%s) echo '{asn="AS15169", asn_country_code="US", asn_description="GOOGLE, US",
	net_name="GOOGLE", net_country_code="None", entities={"GOGL"}}' ;;
%s) echo '{asn="AS16509", asn_country_code="US", asn_description="AMAZON-02, US",
	net_name="AMAZON-FRA", net_country_code="DE", entities={"AT-88-Z"}}' ;;
*) echo '{asn="None", asn_country_code="ZZ", asn_description="IANA-RESERVED",
	net_name="Documentation (TEST-NET-3)", net_country_code="ZZ", entities={"None"}, reserved=true}' ;;
esac
""" % (OUTLOOK, GMAIL, AWS)
FILES = {
    "bad_clients.conf.ext": "",
    "asn": FACTS,
    "lists/asn.deny.lst": "# Microsoft\nAS8075\n",
    "lists/net_name.deny.lst": "AMAZON.*\n",
    "lua/inifile.lua": "return { parse = function() return { general = { %s } } end }\n" %
                       ", ".join(f'{name} = "{value}"' for name, value in CONF.items()),
    "lua/json.lua": 'return { decode = function(text) return load("return " .. text)() end }\n',
    "lua/socket.lua": 'local names = { ["%s"] = "mail-ej1-f41.google.com" }\n'
                      "return { dns = { tohostname = function(ip) return names[ip] end } }\n"
                      % GMAIL,
}
USERS = ("alice", "alice@example.org", "a>b", "x, service=imap, ip=1.1.1.1")


def place(root):
    """Where login.lua looks for everything, in this mount namespace alone."""
    folder = root / "etc"
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    subprocess.run(["mount", "--bind", folder, PLACE], check=True)


def needed(name):
    path = pathlib.Path(os.environ.get(name, "/nonexistent"))
    if not path.exists():
        raise Skip(f"{name} is not there")
    return path


def badclients(into):
    """Its lines before the end of the login, of refused ones and of others."""
    login, module = needed("RELAYSENTRY_BADCLIENTS"), needed("RELAYSENTRY_LUA")
    dovecot = Dovecot(PASSDB, users={name: "{PLAIN}secret" for name in USERS},
                      names={"login": login}, extra=SETTINGS, expected=["."])
    (dovecot.root / "mod" / module.name).symlink_to(module)
    place(dovecot.root)
    try:
        with dovecot:
            scene = scenes.Scene(dovecot, Trail(dovecot.log_path))
            logins(scene)
            scene.trail.write(into / "badclients.log", replace=neutral(dovecot))
    finally:
        subprocess.run(["umount", PLACE], check=True)


def logins(scene):
    for user in USERS:
        for address in (HOME, GMAIL, AWS, OUTLOOK):
            scene.login("imap", user, address, judged=True, hostile=user is USERS[-1])
    for service in ("pop3", "submission"):
        scene.login(service, "alice", GMAIL, judged=True)
    scene.wrong("imap", "alice", GMAIL)
    scene.wrong("imap", "nobody", GMAIL)


SAMPLES = {"badclients": badclients}

# SPDX-License-Identifier: MIT
"""Configuration for the Dovecot that is installed, from the words of 2.3.

The tests are written in 2.3's words. native(text) gives them to Dovecot 2.3 as
they are, and says the same to 2.4. A setting that is not known here is an
error: add it, or give the text for each release, {"2.3": ..., "2.4": ...}.
"""

import functools
import re
import subprocess

SAME = set("""
    auth_anonymous_username auth_cache_negative_ttl auth_cache_size auth_cache_ttl
    auth_cache_verify_password_with_worker auth_debug
    auth_failure_delay auth_gssapi_hostname auth_krb5_keytab auth_master_user_separator
    auth_mechanisms auth_policy_check_after_auth auth_policy_check_before_auth
    auth_policy_hash_mech auth_policy_hash_nonce auth_policy_log_only
    auth_policy_reject_on_fail
    auth_policy_report_after_auth auth_policy_server_url auth_realms
    auth_ssl_require_client_cert auth_ssl_username_from_cert auth_use_winbind
    auth_username_chars auth_username_translation auth_verbose base_dir
    default_client_limit default_process_limit driver executable first_valid_uid lmtp_proxy
    haproxy haproxy_timeout haproxy_trusted_networks hostname instance_name listen log_path
    log_timestamp
    login_trusted_networks mail_max_userip_connections master mode deny port postmaster_address
    process_limit process_min_avail client_limit protocols result_failure result_internalfail
    result_success skip ssl ssl_min_protocol state_dir submission_relay_host
    submission_relay_port use_worker user group username_filter""".split())
RENAMED = {"mechanisms": "mechanisms_filter", "ssl_ca": "ssl_server_ca_file",
           "ssl_cert": "ssl_server_cert_file", "ssl_key": "ssl_server_key_file",
           "ssl_verify_client_cert": "ssl_server_request_client_cert"}
EXPANDED = {"auth_username_format", "home", "login_log_format_elements", "mail", "user"}
VARIABLES = {"u": "user", "Lu": "user | lower", "n": "user | username", "d": "user | domain",
             "r": "remote_ip", "l": "local_ip", "m": "mechanism", "s": "protocol", "e": "mail_pid",
             "c": "secured", "h": "home", "w": "password"}
# The args of a driver that are settings of its block; others are fields.
ARGS = {"passwd-file": {"scheme": "default_password_scheme",
                        "username_format": "auth_username_format"},
        "static": {"password": "passdb_static_password"},
        "imap": {"host": "imapc_host", "port": "imapc_port"},
        "lua": {"file": "lua_file", "blocking": "use_worker"},
        "relaysentry": {"on_error": "relaysentry_on_error"}}
PATHS = {"passwd-file": "passwd_file_path", "relaysentry": "relaysentry_policy_file"}


@functools.cache
def version():
    """"2.4.1" of the Dovecot that is installed."""
    done = subprocess.run(["/usr/sbin/dovecot", "--version"], capture_output=True, text=True)
    found = re.match(r"[\d.]+", done.stdout)
    return found.group() if found else ""


def release():
    """"2.3" or "2.4"."""
    return ".".join(version().split(".")[:2])


def native(text):
    return text if release() == "2.3" else Writer().write(text)


def blocks(text):
    """What text says in the words of 2.4, to be put among others."""
    writer = Writer()
    writer.body(parse(iter(text.split("\n"))))
    return "\n".join(writer.lines) + "\n"


def expand(value):
    """%u and the like, as 2.4 writes them."""
    return re.sub(r"%(L?[a-z])(?![a-z]*\{)",
                  lambda m: "%{" + VARIABLES[m.group(1)] + "}" if m.group(1) in VARIABLES
                  else m.group(), value)


def parse(lines):
    """[(name, value)] where value is text, or a list for a block, up to its end."""
    found = []
    for line in lines:
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        if line == "}":
            return found
        if line.endswith("{"):
            found.append((line[:-1].strip(), parse(lines)))
        else:
            name, _, value = line.partition("=")
            found.append((name.strip(), value.strip()))
    return found


class Writer:
    def __init__(self):
        self.lines, self.names = [], {}

    def write(self, text):
        self.put(f"dovecot_config_version = {version()}", f"dovecot_storage_version = {version()}")
        self.body(parse(iter(text.split("\n"))))
        return "\n".join(self.lines) + "\n"

    def put(self, *lines):
        self.lines += lines

    def block(self, head, items):
        self.put(head + " {")
        self.body(items)
        self.put("}")

    def body(self, items):
        for name, value in items:
            kind = name.split()[0]
            if not isinstance(value, list):
                self.setting(name, value)
            elif kind in ("passdb", "userdb"):
                self.database(kind, value)
            elif kind == "metric":
                self.metric(name, value)
            else:
                self.block(name, value)

    def setting(self, name, value):
        special = getattr(self, "set_" + name, None)
        if special is not None:
            special(value)
        elif name in RENAMED:
            self.put(f"{RENAMED[name]} = {value.removeprefix('<')}")
        elif name in SAME or name in EXPANDED:
            self.put(f"{name} = {expand(value) if name in EXPANDED else value}")
        else:
            raise RuntimeError(f"dialect.py does not know the setting {name}")

    def set_disable_plaintext_auth(self, value):
        self.put("auth_allow_cleartext = " + {"no": "yes", "yes": "no"}[value])

    def set_mail_location(self, value):
        driver, path = value.split(":", 1)
        self.put(f"mail_driver = {driver}", f"mail_path = {expand(path)}")

    def set_auth_worker_max_count(self, value):
        """2.4 drops connections at the limit, where 2.3 waits: its default stays."""

    def set_service_count(self, value):
        self.put("restart_request_count = " + {"0": "unlimited"}.get(value, value))

    def set_vsz_limit(self, value):
        self.put("vsz_limit = " + {"0": "unlimited"}.get(value, value))

    def metric(self, head, items):
        self.put(head + " {")
        for name, value in items:
            if name == "group_by":
                for field in value.split():
                    self.put(f"group_by {field} {{", "method discrete {", "}", "}")
            else:
                self.put(f"{name} = {value}")
        self.put("}")

    # --- passdb and userdb ---

    def name(self, kind, driver):
        """A name of its own for each block; the driver's for the first."""
        count = self.names[kind, driver] = self.names.get((kind, driver), 0) + 1
        return driver if count == 1 else f"{driver}-{count}"

    def database(self, kind, items):
        items = dict(items)
        driver = items["driver"]
        fields = {}
        self.put(f"{kind} {self.name(kind, driver)} {{")
        for name, value in items.items():
            if name == "args":
                fields.update(self.args(driver, value))
            elif name in ("override_fields", "default_fields"):
                fields.update(item.split("=", 1) for item in value.split())
            else:
                self.setting(name, value)
        if fields:
            self.put("fields {")
            for name, value in fields.items():
                self.put(f"{name} = {expand(value)}")
            self.put("}")
        self.put("}")

    def args(self, driver, text):
        """Puts what are settings, and returns what are fields."""
        fields = {}
        for word in text.split():
            name, _, value = word.partition("=")
            if name == "cache_key":
                pass  # each driver of 2.4 knows its own
            elif word.startswith(("/", "{")):  # or a name that stands for a path
                self.put(f"{PATHS[driver]} = {word}")
            elif name in ARGS.get(driver, {}):
                self.put(f"{ARGS[driver][name]} = {expand(value)}")
            elif driver in ("relaysentry", "passwd-file", "imap"):
                raise RuntimeError(f"dialect.py does not know the arg {word} of {driver}")
            else:
                fields[name] = value
        return fields
